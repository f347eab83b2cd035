/* SPDX-License-Identifier: MIT */
/* One loop that accepts, two that serve, clients that come, talk, leave and break off in every way at once:
 * every byte that is echoed is right, and what was opened is closed, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/loop.h"
#include "net_test.h"

enum { LOOPS = 2, CLIENTS = 3, ROUNDS = 120, BIG = 300000 };

typedef struct server server;

typedef struct room {
    server *server;
    og__loop *loop;
    pthread_t thread;
} room;

struct server {
    og__loop *loop; /* that accepts */
    room rooms[LOOPS];
    unsigned next;
    atomic_int opened;
    atomic_int closed;
};

typedef struct guest {
    room *room;
    og__socket socket;
    og__stream *stream;
    og__timer *timer;
    unsigned number;
    unsigned datas;
} guest;

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
    guest *g = ctx;
    og__net_timer_start(g->timer, 5000);
    int status = og__net_stream_write(g->stream, data, len, NULL);
    /* Some are closed by the server at once, some read no further until what is queued has gone. */
    if (status < 0 || (g->number % 7 == 3 && ++g->datas == 3))
        og__net_stream_close(g->stream);
    else if (status > 0)
        og__net_stream_read(g->stream, false);
}

static void on_end(void *ctx)
{
    guest *g = ctx;
    og__net_stream_shutdown(g->stream);
    if (og__net_stream_queued(g->stream) == 0) og__net_stream_close(g->stream);
}

static void on_error(void *ctx, const og_error *err)
{
    guest *g = ctx;
    assert_int_not_equal(err->code, OG_OK);
    og__net_stream_close(g->stream);
}

static void on_drain(void *ctx)
{
    guest *g = ctx;
    og__net_stream_read(g->stream, true);
}

static void on_close(void *ctx)
{
    guest *g = ctx;
    atomic_fetch_add(&g->room->server->closed, 1);
    if (g->timer) og__net_timer_close(g->timer);
    free(g);
}

static void on_timer(void *ctx)
{
    og__net_stream_close(((guest *)ctx)->stream);
}

static const og__stream_events events = {
    .on_data = on_data, .on_end = on_end, .on_error = on_error, .on_drain = on_drain, .on_close = on_close};

static void enter(void *arg)
{
    guest *g = arg;
    g->stream = og__net_stream_open(g->room->loop, &g->socket, &events, g, NULL);
    if (!g->stream) {
        on_close(g);
        return;
    }
    g->timer = og__net_timer_open(g->room->loop, on_timer, g, NULL);
    og__net_timer_start(g->timer, 5000);
    og__net_stream_read(g->stream, true);
}

static void on_accept(void *ctx, og__socket accepted)
{
    server *s = ctx;
    guest *g = calloc(1, sizeof *g);
    g->number = s->next++;
    g->room = &s->rooms[g->number % LOOPS];
    g->socket = accepted;
    atomic_fetch_add(&s->opened, 1);
    assert_int_equal(og__net_loop_post(g->room->loop, enter, g), OG_OK);
}

static void *run_loop(void *arg)
{
    og__net_loop_run(arg, NULL);
    return NULL;
}

typedef struct visitor {
    const og_endpoint *endpoint;
    unsigned seed;
    int wrong;
    int whole; /* echoes that came back to the last byte */
} visitor;

/* Sends `len` bytes and reads them again; stops early when the server closes. */
static void talk(visitor *v, og__socket *socket, size_t len)
{
    static const size_t piece = 3000;
    uint8_t data[3000];
    uint8_t back[3000];
    size_t sent = 0;
    size_t read = 0;
    while (read < len) {
        size_t n = len - sent < piece ? len - sent : piece;
        for (size_t i = 0; i < n; i++)
            data[i] = (uint8_t)((sent + i) * 31 >> 3);
        if (n && og__net_socket_write(socket, data, n, LIMIT_MS, NULL) < 0) return;
        sent += n;
        size_t got;
        if (og__net_socket_read(socket, back, sizeof back, &got, LIMIT_MS, NULL) != 1) return;
        for (size_t i = 0; i < got; i++, read++)
            v->wrong += back[i] != (uint8_t)(read * 31 >> 3);
    }
    v->whole++;
}

static void leave(og__socket *socket, unsigned how)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    char data[100];
    size_t got;
    if (how == 0) setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (how == 1) {
        og__net_socket_shutdown(socket);
        while (og__net_socket_read(socket, data, sizeof data, &got, LIMIT_MS, NULL) == 1)
            ;
    }
    if (how == 2) og__net_socket_write(socket, "unanswered", 10, LIMIT_MS, NULL);
    og__net_socket_close(socket);
}

static void *visit(void *arg)
{
    visitor *v = arg;
    for (int i = 0; i < ROUNDS; i++) {
        og__socket socket;
        if (og__net_socket_connect(&socket, v->endpoint, LIMIT_MS, NULL) < 0) {
            v->wrong++;
            return NULL;
        }
        unsigned dice = (unsigned)rand_r(&v->seed);
        if (dice % 4) talk(v, &socket, dice % 16 == 1 ? BIG : dice % 5000 + 1);
        leave(&socket, dice / 16 % 4);
    }
    return NULL;
}

static void start_server(server *s, og_endpoint *endpoint)
{
    og__socket listener = open_listener("tcp://127.0.0.1:0", endpoint);
    s->loop = og__net_loop_new(NULL, NULL);
    assert_non_null(s->loop);
    assert_non_null(og__net_listener_open(s->loop, &listener, on_accept, NULL, s, NULL));
    for (int i = 0; i < LOOPS; i++) {
        s->rooms[i].server = s;
        s->rooms[i].loop = og__net_loop_new(NULL, NULL);
        assert_non_null(s->rooms[i].loop);
        assert_int_equal(pthread_create(&s->rooms[i].thread, NULL, run_loop, s->rooms[i].loop), 0);
    }
}

static void test_storm(void **state)
{
    (void)state;
    server s = {0};
    og_endpoint endpoint;
    pthread_t acceptor;
    pthread_t threads[CLIENTS];
    visitor visitors[CLIENTS];
    start_server(&s, &endpoint);
    assert_int_equal(pthread_create(&acceptor, NULL, run_loop, s.loop), 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        visitors[i] = (visitor){.endpoint = &endpoint, .seed = 100 + i};
        assert_int_equal(pthread_create(&threads[i], NULL, visit, &visitors[i]), 0);
    }
    int whole = 0;
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(visitors[i].wrong, 0);
        whole += visitors[i].whole;
    }
    /* Some are still open, or on their way from loop to loop: freeing the loops closes them, too. */
    og__net_loop_stop(s.loop);
    pthread_join(acceptor, NULL);
    og__net_loop_free(s.loop);
    for (int i = 0; i < LOOPS; i++) {
        og__net_loop_stop(s.rooms[i].loop);
        pthread_join(s.rooms[i].thread, NULL);
        og__net_loop_free(s.rooms[i].loop);
    }
    assert_in_range(whole, CLIENTS * ROUNDS / 3, CLIENTS * ROUNDS);
    assert_in_range(atomic_load(&s.opened), CLIENTS * ROUNDS / 2, CLIENTS * ROUNDS);
    assert_int_equal(atomic_load(&s.opened), atomic_load(&s.closed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_storm)};
    return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
