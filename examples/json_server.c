/* SPDX-License-Identifier: MIT */
/* Accepts, receives an object, answers it in JSON, closes, and again, as python/json_server.py does. */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>

/* print('Received:', value) */
static void show(og_value value)
{
    og_buf text = OG_BUF_INIT;
    if (og_repr(value, &text, NULL, NULL) == 0) {
        printf("Received: %.*s\n", (int)text.len, (const char *)text.data);
    }
    og_buf_free(&text);
}

/* One client. Where its object ends is seen from the object itself: the client need not close or frame. */
static int answer(og_conn *client, og_doc *doc, og_error *err)
{
    og_value received;
    int got = og_recv(client, &received, err);
    if (got <= 0) {
        return got;
    }
    show(received);
    return og_send(client, og_pack(doc, err, "{s:s}", "message", "Hello from server"), err);
}

/* Usage: json_server [ENDPOINT [CLIENTS]]; without a number of clients it serves for ever. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:8080";
    long clients = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "json";
    options.recv_timeout_ms = 60000;
    og_error err = OG_ERROR_INIT;

    og_listener *server = og_listen(endpoint, &options, &err);
    if (server == NULL) {
        fprintf(stderr, "json_server: %s\n", err.text);
        return 1;
    }
    fprintf(stderr, "listening on %s\n", og_listener_endpoint(server));

    og_doc *doc = og_doc_new(NULL);
    while (clients != 0) {
        og_conn *client = og_accept(server, OG_FOREVER, &err);
        if (client == NULL) {
            fprintf(stderr, "json_server: %s\n", err.text);
            break;
        }
        if (answer(client, doc, &err) < 0) {
            fprintf(stderr, "%s: %s\n", og_conn_peer(client), err.text);
        }
        og_close(client);
        og_doc_reset(doc);
        clients -= clients > 0;
    }
    og_doc_free(doc);
    og_listener_close(server);
    if (fflush(stdout) != 0) {
        perror("json_server: standard output");
        return 1;
    }
    return clients == 0 ? 0 : 1;
}
