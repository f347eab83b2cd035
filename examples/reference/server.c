/* SPDX-License-Identifier: MIT */
/* Shows: og_server_new, og_server_listen, og_server_endpoint, og_server_start, og_server_stop,
 * og_server_join, og_server_free. */
#include <onggi/onggi.h>

#include <stdio.h>

static void on_message(og_conn *client, og_value value, void *user)
{
    (void)user;
    og_send(client, value, NULL); /* answers in the codec and framing that the client speaks */
}

int main(void)
{
    og_error err = OG_ERROR_INIT;
    og_server_options options = OG_INIT;
    options.size = sizeof(options);
    options.on_message = on_message;
    og_server *server = og_server_new(&options, &err);
    if (server == NULL || og_server_listen(server, "tcp://127.0.0.1:0", &err) < 0 ||
        og_server_start(server, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    og_conn *client = og_connect(og_server_endpoint(server, 0), NULL, &err);
    og_value answer;
    int64_t number = 0;
    if (client != NULL && og_call(client, og_int(42), &answer, &err) == 0 &&
        og_as_int64(answer, &number) == 0) {
        printf("%d\n", (int)number);
    }
    og_close(client);
    og_server_stop(server);
    og_server_join(server, &err);
    og_server_free(server);
    return 0;
}

/* Prints: 42 */
