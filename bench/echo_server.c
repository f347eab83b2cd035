/* SPDX-License-Identifier: MIT */
/* An og_server that reads each value and sends it back: what all of onggi costs beside echo_epoll.c. Prints
 * its port; ends with its standard input. With an argument it prints the memory for that many idle
 * connections instead, which have each been answered once. */
#include <malloc.h>
#include <onggi/onggi.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static og_server *server;
static int idle_wanted;
static int opened;
static size_t before;

static void on_open(og_conn *conn, void *user)
{
    (void)conn;
    (void)user;
    opened++;
    if (opened == 1) before = mallinfo2().uordblks;
    if (opened == idle_wanted) og_server_stop(server);
}

static void on_message(og_conn *conn, og_value value, void *user)
{
    (void)user;
    og_send(conn, value, NULL);
}

static void on_close(og_conn *conn, const og_error *why, void *user)
{
    (void)conn;
    (void)why;
    (void)user;
    if (opened < idle_wanted || idle_wanted == 0) return;
    double each = (double)(mallinfo2().uordblks - before) / (idle_wanted - 1);
    printf("%d idle connections: %.0f bytes each, the allocator's and libuv's share included\n", idle_wanted,
           each);
    idle_wanted = 0;
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
    if (argc > 1) idle_wanted = atoi(argv[1]);
    og_server_options options = {
        .size = sizeof options, .on_open = on_open, .on_message = on_message, .on_close = on_close};
    options.max_connections = 20000;
    server = og_server_new(&options, &err);
    if (!server || og_server_listen(server, "tcp://127.0.0.1:0", &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%s\n", strrchr(og_server_endpoint(server, 0), ':') + 1);
    fflush(stdout);
    pthread_create(&thread, NULL, wait_for_end, NULL);
    int status = og_server_run(server, &err);
    if (argc == 1) pthread_join(thread, NULL);
    if (argc == 1) og_server_free(server);
    return status < 0;
}
