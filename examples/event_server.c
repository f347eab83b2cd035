/* SPDX-License-Identifier: MIT */
/*
 * An event-driven server: any number of clients on a few threads, JSON and pickle on the same port, each
 * answered in kind. The handler must not block; see worker_server.c for handlers that may.
 */
#include <onggi/onggi.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static og_server *server;

static void stop(int signal_number)
{
    (void)signal_number;
    og_server_stop(server);
}

/* Answers {"id": …, "you": what arrived}. */
static void on_message(og_conn *client, og_value value, void *user)
{
    (void)user;
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_doc_new(NULL);
    og_value answer = og_pack(doc, &err, "{s:U, s:v}", "id", og_conn_id(client), "you", og_copy(doc, value));
    if (og_send(client, answer, &err) < 0) {
        fprintf(stderr, "%s: %s\n", og_conn_peer(client), err.text);
    }
    og_doc_free(doc);
}

/* Nonsense arrived. The client is told why; the others notice nothing. */
static void on_refuse(og_conn *client, const og_error *why, bool closing, void *user)
{
    (void)user;
    fprintf(stderr, "%s: %s; the connection %s\n", og_conn_peer(client), why->text,
            closing ? "ends" : "goes on");
}

/* Usage: event_server [ENDPOINT [THREADS]]; Ctrl-C lets what is in hand be finished, then ends. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:8080";
    og_server_options options = OG_INIT;
    options.size = sizeof(options);
    options.threads = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 2;
    options.on_message = on_message;
    options.on_refuse = on_refuse;
    og_error err = OG_ERROR_INIT;

    server = og_server_new(&options, &err);
    int status = server != NULL ? og_server_listen(server, endpoint, &err) : err.code;
    if (status == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        fprintf(stderr, "listening on %s\n", og_server_endpoint(server, 0));
        status = og_server_run(server, &err);
    }
    if (status < 0) {
        fprintf(stderr, "event_server: %s\n", err.text);
    }
    og_server_free(server);
    return status == 0 ? 0 : 1;
}
