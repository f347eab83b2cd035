/* SPDX-License-Identifier: MIT */
/*
 * An og_server that reads each value and sends it back, or counts it. Prints its port; ends with its standard
 * input, and prints how many values came.
 *
 *     peer-onggi echo|count ENDPOINT [PEM]
 *
 * PEM: certificate and key for tls://.
 */
#include <inttypes.h>
#include <onggi/onggi.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static og_server *server;
static uint64_t count;

static void on_echo(og_conn *conn, og_value value, void *user)
{
    (void)user;
    count++;
    og_send(conn, value, NULL);
}

static void on_count(og_conn *conn, og_value value, void *user)
{
    (void)conn;
    (void)value;
    (void)user;
    count++;
}

static void *wait_for_end(void *arg)
{
    char byte;
    (void)arg;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    og_server_stop(server);
    return NULL;
}

int main(int argc, char **argv)
{
    og_error err;
    pthread_t thread;
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: peer-onggi echo|count ENDPOINT [PEM]\n");
        return 2;
    }
    og_server_options options = {.size = sizeof options, .max_connections = 20000, .max_rate = 1000000000};
    const og_layer_option cert = {"cert", argc == 4 ? argv[3] : NULL, 0};
    options.conn.layer_options = &cert;
    options.conn.layer_option_count = argc == 4;
    options.on_message = strcmp(argv[1], "echo") == 0 ? on_echo : on_count;
    server = og_server_new(&options, &err);
    if (!server || og_server_listen(server, argv[2], &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    int port = 0;
    sscanf(strrchr(og_server_endpoint(server, 0), ':'), ":%d", &port);
    printf("%d\n", port);
    fflush(stdout);
    pthread_create(&thread, NULL, wait_for_end, NULL);
    int status = og_server_run(server, &err);
    pthread_join(thread, NULL);
    og_server_free(server);
    printf("%" PRIu64 "\n", count);
    return status < 0;
}
