/* SPDX-License-Identifier: MIT */
/*
 * Receives the pickles of every client and prints them, as python/pickle_receiver.py does; but what a pickle
 * names is never imported or called: it is printed too.
 */
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

/* Reads one client to its end. */
static void receive(og_conn *client)
{
    og_error err = OG_ERROR_INIT;
    og_value value;
    int status;
    while ((status = og_recv(client, &value, &err)) > 0) {
        show(value);
    }
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", og_conn_peer(client), err.text);
    }
}

/* Usage: pickle_receiver [ENDPOINT [CLIENTS]]; without a number of clients it serves for ever. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:1234";
    long clients = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "pickle";
    options.recv_timeout_ms = 60000;
    og_error err = OG_ERROR_INIT;

    og_listener *server = og_listen(endpoint, &options, &err);
    if (server == NULL) {
        fprintf(stderr, "pickle_receiver: %s\n", err.text);
        return 1;
    }
    fprintf(stderr, "listening on %s\n", og_listener_endpoint(server));
    bool printed = true;
    while (clients != 0 && printed) {
        og_conn *client = og_accept(server, OG_FOREVER, &err);
        if (client == NULL) {
            fprintf(stderr, "pickle_receiver: %s\n", err.text);
            break;
        }
        receive(client);
        og_close(client);
        clients -= clients > 0;
        printed = fflush(stdout) == 0;
    }
    if (!printed) {
        perror("pickle_receiver: standard output");
    }
    og_listener_close(server);
    return clients == 0 && printed ? 0 : 1;
}
