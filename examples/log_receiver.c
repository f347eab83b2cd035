/* SPDX-License-Identifier: MIT */
/*
 * Collects the log records of any number of Python programs, as python/log_sender.py sends them, and prints
 * each as Python's logging does: LEVEL:logger:message. A record that names more than plain data is refused.
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

/* A record is a dict; SocketHandler has put its arguments into the message already. */
static void on_message(og_conn *program, og_value record, void *user)
{
    (void)user;
    og_error err = OG_ERROR_INIT;
    const char *level;
    const char *name;
    const char *message;
    size_t level_len;
    size_t name_len;
    size_t message_len;
    if (og_unpack(record, &err, "{s:s#, s:s#, s:s#}", "levelname", &level, &level_len, "name", &name,
                  &name_len, "msg", &message, &message_len) < 0) {
        fprintf(stderr, "%s: %s\n", og_conn_peer(program), err.text);
        return;
    }
    printf("%.*s:%.*s:%.*s\n", (int)level_len, level, (int)name_len, name, (int)message_len, message);
    fflush(stdout);
}

static void on_refuse(og_conn *program, const og_error *why, bool closing, void *user)
{
    (void)user;
    (void)closing;
    fprintf(stderr, "%s: %s\n", og_conn_peer(program), why->text);
}

/* Usage: log_receiver [ENDPOINT]; Ctrl-C ends it. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:9020";
    og_error err = OG_ERROR_INIT;
    og_policy *policy = og_policy_builtin("plain-data", &err);
    og_server_options options = OG_INIT;
    options.size = sizeof(options);
    options.conn.as = "logging"; /* pickles, each after its length in four bytes */
    options.conn.policy = policy;
    options.on_message = on_message;
    options.on_refuse = on_refuse;

    server = policy != NULL ? og_server_new(&options, &err) : NULL;
    int status = server != NULL ? og_server_listen(server, endpoint, &err) : err.code;
    if (status == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        fprintf(stderr, "listening on %s\n", og_server_endpoint(server, 0));
        status = og_server_run(server, &err);
    }
    if (status < 0) {
        fprintf(stderr, "log_receiver: %s\n", err.text);
    }
    og_server_free(server);
    og_policy_free(policy);
    if (fflush(stdout) != 0) {
        perror("log_receiver: standard output");
        return 1;
    }
    return status == 0 ? 0 : 1;
}
