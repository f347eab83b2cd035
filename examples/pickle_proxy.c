/* SPDX-License-Identifier: MIT */
/*
 * Protects a Python server that unpickles what arrives, such as python/sum_server.py: it passes on
 * only what is plain data. What would run something there never reaches it.
 */
#include <onggi/onggi.h>

#include <signal.h>
#include <stdio.h>

static og_server *relay;

static void stop(int signal_number)
{
    (void)signal_number;
    og_server_stop(relay);
}

static void on_refusal(const og_refusal *refusal, void *user)
{
    (void)user;
    fprintf(stderr, "%s: refused: %s\n", og_conn_peer(refusal->conn), refusal->why->text);
}

/* Usage: pickle_proxy [ENDPOINT [SERVER]]; Ctrl-C ends it. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:5555";
    og_relay_options options = OG_INIT;
    options.size = sizeof(options);
    options.front.size = sizeof(options.front);
    options.front.conn.size = sizeof(options.front.conn);
    options.behind.size = sizeof(options.behind);
    options.upstream = argc > 2 ? argv[2] : "tcp://127.0.0.1:5556";
    options.front.conn.codec = options.behind.codec = "pickle";
    options.front.conn.framing = options.behind.framing = "u32be";
    options.on_refusal = on_refusal; /* the policy of both sides is plain-data, as none is given */
    og_error err = OG_ERROR_INIT;

    relay = og_relay_new(&options, &err);
    int status = relay != NULL ? og_server_listen(relay, endpoint, &err) : err.code;
    if (status == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        fprintf(stderr, "listening on %s\n", og_server_endpoint(relay, 0));
        status = og_server_run(relay, &err);
    }
    if (status < 0) {
        fprintf(stderr, "pickle_proxy: %s\n", err.text);
    }
    og_server_free(relay);
    return status == 0 ? 0 : 1;
}
