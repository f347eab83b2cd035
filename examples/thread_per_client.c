/* SPDX-License-Identifier: MIT */
/* One thread for every client, so that a silent one keeps nobody waiting, as python/thread_server.py does. */
#include <onggi/onggi.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* A client's thread: answers text after text until the client closes. */
static void *handle_client(void *argument)
{
    og_conn *client = (og_conn *)argument;
    og_error err = OG_ERROR_INIT;
    og_buf reply = OG_BUF_INIT;
    og_value text;
    int status;

    while ((status = og_recv(client, &text, &err)) > 0) {
        size_t len;
        const char *data = og_data(text, &len);
        reply.len = 0;
        if (og_buf_puts(&reply, "서버로부터 응답: ") != 0 || og_buf_put(&reply, data, len) != 0) {
            status = og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "no memory for an answer");
            break;
        }
        status = og_send(client, og_str_borrow((const char *)reply.data, reply.len), &err);
        if (status < 0) {
            break;
        }
    }
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", og_conn_peer(client), err.text);
    }
    og_buf_free(&reply);
    og_close(client);
    return NULL;
}

/* Accepts `clients` clients (-1: for ever), each with a thread, and waits for the threads. 0 or -1. */
static int serve(og_listener *server, long clients)
{
    og_error err = OG_ERROR_INIT;
    pthread_t *threads = clients > 0 ? (pthread_t *)calloc((size_t)clients, sizeof(pthread_t)) : NULL;
    long started = 0;
    bool well = threads != NULL || clients <= 0;

    while (well && started != clients) {
        pthread_t thread;
        og_conn *client = og_accept(server, OG_FOREVER, &err);
        if (client == NULL) {
            fprintf(stderr, "thread_per_client: %s\n", err.text);
            well = false;
        } else if (pthread_create(&thread, NULL, handle_client, client) != 0) {
            fprintf(stderr, "thread_per_client: no thread for %s\n", og_conn_peer(client));
            og_close(client);
            well = false;
        } else if (threads != NULL) {
            threads[started++] = thread;
        } else {
            pthread_detach(thread);
        }
    }
    for (long i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    free(threads);
    return well ? 0 : -1;
}

/* Usage: thread_per_client [ENDPOINT [CLIENTS]]; without a number of clients it serves for ever. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:12345";
    long clients = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "text";
    options.framing = "raw";
    og_error err = OG_ERROR_INIT;

    og_listener *server = og_listen(endpoint, &options, &err);
    if (server == NULL) {
        fprintf(stderr, "thread_per_client: %s\n", err.text);
        return 1;
    }
    fprintf(stderr, "listening on %s\n", og_listener_endpoint(server));
    int status = serve(server, clients);
    og_listener_close(server);
    return status == 0 ? 0 : 1;
}
