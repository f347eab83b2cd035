/* SPDX-License-Identifier: MIT */
/*
 * A server whose handler may block (a database, a device, a long sum): four workers run it, and one client's
 * answers still come in the order of its questions. Ask {"sum": [1, 2, 3], "wait_ms": 100}.
 */
#include <onggi/onggi.h>

#include <signal.h>
#include <stdio.h>
#include <time.h>

static og_server *server;

static void stop(int signal_number)
{
    (void)signal_number;
    og_server_stop(server);
}

/* The slow part, here a nap of at most ten seconds. */
static void work(int wait_ms)
{
    wait_ms = wait_ms < 0 ? 0 : wait_ms > 10000 ? 10000 : wait_ms;
    struct timespec time = {wait_ms / 1000, (long)(wait_ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static void on_message(og_conn *client, og_value value, void *user)
{
    (void)user;
    og_error err = OG_ERROR_INIT;
    og_value numbers = OG_INIT;
    og_value item;
    int wait_ms = 0;
    double sum = 0;
    og_doc *doc = og_doc_new(NULL);

    int status = og_unpack(value, &err, "{s:v, s?:i}", "sum", &numbers, "wait_ms", &wait_ms);
    for (og_iter it = og_iter_of(numbers); status == 0 && og_iter_next(&it, NULL, &item);) {
        double number;
        if ((status = og_as_double(item, &number)) == 0) {
            sum += number;
        } else {
            og_error_set(&err, OG_ETYPE, OG_NO_POSITION, "sum takes numbers, not %s",
                         og_kind_name(og_kind_of(item)));
        }
    }
    work(status == 0 ? wait_ms : 0);
    og_value answer = status == 0 ? og_pack(doc, &err, "{s:f}", "sum", sum)
                                  : og_pack(doc, NULL, "{s:s}", "error", err.text);
    if (og_send(client, answer, &err) < 0) {
        fprintf(stderr, "%s: %s\n", og_conn_peer(client), err.text);
    }
    og_doc_free(doc);
}

/* Usage: worker_server [ENDPOINT]; Ctrl-C lets what is in hand be finished, then ends. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:8080";
    og_server_options options = OG_INIT;
    options.size = sizeof(options);
    options.workers = 4;
    options.on_message = on_message;
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
        fprintf(stderr, "worker_server: %s\n", err.text);
    }
    og_server_free(server);
    return status == 0 ? 0 : 1;
}
