/* SPDX-License-Identifier: MIT */
/* A bare echo on onggi's streams: what the net room costs. Prints its port; ends with its standard input. */
#include <net/loop.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct client {
    og__stream *stream;
} client;

static og__loop *loop;

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
    client *c = ctx;
    if (og__net_stream_write(c->stream, data, len, NULL) < 0) og__net_stream_close(c->stream);
}

static void on_end(void *ctx)
{
    og__net_stream_close(((client *)ctx)->stream);
}

static void on_error(void *ctx, const og_error *err)
{
    (void)err;
    og__net_stream_close(((client *)ctx)->stream);
}

static const og__stream_events events = {
    .on_data = on_data, .on_end = on_end, .on_error = on_error, .on_close = free};

static void on_accept(void *ctx, og__socket accepted)
{
    (void)ctx;
    client *c = malloc(sizeof *c);
    if (c) c->stream = og__net_stream_open(loop, &accepted, &events, c, NULL);
    if (!c || !c->stream) exit(1);
    og__net_stream_read(c->stream, true);
}

static void *wait_for_end(void *arg)
{
    char byte;
    (void)arg;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    og__net_loop_stop(loop);
    return NULL;
}

int main(void)
{
    og_endpoint endpoint;
    og__socket socket;
    og_error err = {0};
    pthread_t thread;
    loop = og__net_loop_new(NULL, &err);
    if (!loop || og_endpoint_parse(&endpoint, "tcp://127.0.0.1:0", &err) < 0 ||
        og__net_socket_listen(&socket, &endpoint, 0, &err) < 0 ||
        !og__net_listener_open(loop, &socket, on_accept, NULL, NULL, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%u\n", (unsigned)endpoint.port);
    fflush(stdout);
    pthread_create(&thread, NULL, wait_for_end, NULL);
    og__net_loop_run(loop, NULL);
    pthread_join(thread, NULL);
    og__net_loop_free(loop);
    return 0;
}
