/* SPDX-License-Identifier: MIT */
/* Greets every client with a pickled dict and closes, as python/pickle_server.py does. */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>

/* Usage: pickle_server [ENDPOINT [CLIENTS]]; without a number of clients it serves for ever. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:1234";
    long clients = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "pickle";
    options.framing = "raw";
    og_error err = OG_ERROR_INIT;

    og_listener *server = og_listen(endpoint, &options, &err);
    if (server == NULL) {
        fprintf(stderr, "pickle_server: %s\n", err.text);
        return 1;
    }
    fprintf(stderr, "listening on %s\n", og_listener_endpoint(server));

    og_doc *doc = og_doc_new(NULL);
    og_value person = og_pack(doc, &err, "{s:s, s:i}", "name", "John", "age", 30);
    while (clients != 0) {
        og_conn *client = og_accept(server, OG_FOREVER, &err);
        if (client == NULL) {
            fprintf(stderr, "pickle_server: %s\n", err.text);
            break;
        }
        printf("Connection from %s has been established.\n", og_conn_peer(client));
        if (og_send(client, person, &err) < 0) {
            fprintf(stderr, "%s: %s\n", og_conn_peer(client), err.text);
        }
        og_close(client);
        clients -= clients > 0;
    }
    og_doc_free(doc);
    og_listener_close(server);
    if (fflush(stdout) != 0) {
        perror("pickle_server: standard output");
        return 1;
    }
    return clients == 0 ? 0 : 1;
}
