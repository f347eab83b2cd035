/* SPDX-License-Identifier: MIT */
/* Shows: og_listen, og_accept, og_connect, og_call, og_send, og_recv, og_close. */
#include <onggi/onggi.h>

#include <pthread.h>
#include <stdio.h>

/* Answers what one client sends with the same. */
static void *echo(void *argument)
{
    og_error err = OG_ERROR_INIT;
    og_conn *client = og_accept((og_listener *)argument, 10000, &err);
    og_value value;
    while (client != NULL && og_recv(client, &value, &err) > 0) {
        og_send(client, value, &err);
    }
    og_close(client);
    return NULL;
}

int main(void)
{
    og_error err = OG_ERROR_INIT;
    og_listener *listener = og_listen("tcp://127.0.0.1:0", NULL, &err);
    pthread_t thread;
    if (listener == NULL || pthread_create(&thread, NULL, echo, listener) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    og_conn *server = og_connect(og_listener_endpoint(listener), NULL, &err);
    og_value answer;
    if (server != NULL && og_call(server, og_str_borrow("hello", 5), &answer, &err) == 0) {
        printf("%s\n", og_str_is(answer, "hello") ? "hello came back" : "something else came back");
    }
    og_close(server);
    pthread_join(thread, NULL);
    og_listener_close(listener);
    return 0;
}

/* Prints: hello came back */
