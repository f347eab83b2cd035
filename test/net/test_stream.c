/* SPDX-License-Identifier: MIT */
/* Streams on a loop: what is read and written, queues, half closes, resets, closing within callbacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/loop.h"
#include "net_test.h"
#include "on_a_loop.h"

/* Where in the life of a stream the owner closes it. */
typedef enum when { NEVER, IN_ALLOC, IN_DATA, IN_END, IN_ERROR, IN_DRAIN } when;

typedef struct end {
    og__stream *stream;
    when close;
    int datas, ends, errors, drains, closes;
    og_error error;
    og_buf got;
    uint8_t *room; /* for on_alloc; NULL: the shared buffer */
    size_t room_size;
    bool echo;
    size_t queued_at_drain;
} end;

static void close_if(end *e, when now)
{
    assert_int_equal(e->closes, 0);
    if (e->close == now) og__net_stream_close(e->stream);
}

static uint8_t *on_alloc(void *ctx, size_t *size)
{
    end *e = ctx;
    close_if(e, IN_ALLOC);
    if (e->room) *size = e->room_size;
    return e->room;
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
    end *e = ctx;
    e->datas++;
    assert_true(len > 0);
    if (e->room) assert_ptr_equal(data, e->room);
    if (!e->room)
        for (int i = 0; i < 64; i++)
            assert_int_equal(data[len + (size_t)i], 0);
    og_buf_put(&e->got, data, len);
    if (e->echo) assert_true(og__net_stream_write(e->stream, data, len, NULL) >= 0);
    close_if(e, IN_DATA);
}

static void on_end(void *ctx)
{
    end *e = ctx;
    e->ends++;
    if (e->echo) og__net_stream_shutdown(e->stream);
    close_if(e, IN_END);
}

static void on_error(void *ctx, const og_error *err)
{
    end *e = ctx;
    e->errors++;
    e->error = *err;
    close_if(e, IN_ERROR);
}

static void on_drain(void *ctx)
{
    end *e = ctx;
    e->drains++;
    e->queued_at_drain = og__net_stream_queued(e->stream);
    close_if(e, IN_DRAIN);
}

static void on_close(void *ctx)
{
    end *e = ctx;
    e->closes++;
    og_buf_free(&e->got);
}

/* Two streams, of which the first that gets something closes both. */
typedef struct pair_of_two {
    og__stream *streams[2];
    int datas, closes;
} pair_of_two;

static void close_both(void *ctx, const uint8_t *data, size_t len)
{
    pair_of_two *both = ctx;
    (void)data;
    (void)len;
    both->datas++;
    og__net_stream_close(both->streams[0]);
    og__net_stream_close(both->streams[1]);
}

static void count_close(void *ctx)
{
    ((pair_of_two *)ctx)->closes++;
}

static const og__stream_events closing_events = {.on_data = close_both, .on_close = count_close};

static const og__stream_events events = {.on_alloc = on_alloc,
                                         .on_data = on_data,
                                         .on_end = on_end,
                                         .on_error = on_error,
                                         .on_drain = on_drain,
                                         .on_close = on_close};

/* ---- Pairs ---- */

/* A stream on the loop and a blocking socket at its other end. */
static void open_ends(end *e, og__socket *far)
{
    og_endpoint endpoint = parse("tcp://127.0.0.1:0");
    og__socket listener;
    og__socket near;
    assert_int_equal(og__net_socket_listen(&listener, &endpoint, 0, NULL), OG_OK);
    assert_int_equal(og__net_socket_connect(far, &endpoint, LIMIT_MS, NULL), OG_OK);
    assert_int_equal(og__net_socket_accept(&listener, &near, LIMIT_MS, NULL), OG_OK);
    og__net_socket_close(&listener);
    small_buffers(&near);
    small_buffers(far);
    og_buf_init(&e->got, NULL);
    e->stream = og__net_stream_open(loop, &near, &events, e, NULL);
    assert_non_null(e->stream);
    og__net_stream_ask(e->stream, true);
    assert_int_equal(near.fd, -1);
    og__net_stream_read(e->stream, true);
}

static void close_ends(end *e, og__socket *far)
{
    og__net_stream_close(e->stream);
    og__net_stream_close(e->stream);
    run_until(loop, &e->closes, 1);
    run_turns(loop, 3);
    assert_int_equal(e->closes, 1);
    og__net_socket_close(far);
}

static void test_echo(void **state)
{
    (void)state;
    end e = {.echo = true};
    og__socket far;
    char data[16];
    size_t got;
    open_ends(&e, &far);
    assert_int_equal(og__net_socket_write(&far, "hello", 5, LIMIT_MS, NULL), OG_OK);
    run_until(loop, &e.datas, 1);
    assert_int_equal(og__net_socket_read(&far, data, sizeof data, &got, LIMIT_MS, NULL), 1);
    assert_int_equal(got, 5);
    assert_memory_equal(data, "hello", 5);
    og__net_socket_shutdown(&far);
    run_until(loop, &e.ends, 1);
    assert_int_equal(og__net_socket_read(&far, data, sizeof data, &got, LIMIT_MS, NULL), 0);
    run_turns(loop, 5);
    assert_int_equal(e.ends, 1);
    assert_int_equal(og__net_stream_write(e.stream, "x", 1, &e.error), OG_ECLOSED);
    close_ends(&e, &far);
}

/* The stream ends its direction first; the other goes on. */
static void test_half_close(void **state)
{
    (void)state;
    end e = {0};
    og__socket far;
    char data[16];
    size_t got;
    open_ends(&e, &far);
    assert_int_equal(og__net_stream_write(e.stream, "bye", 3, NULL), OG_OK);
    og__net_stream_shutdown(e.stream);
    assert_int_equal(og__net_socket_read(&far, data, sizeof data, &got, LIMIT_MS, NULL), 1);
    assert_int_equal(got, 3);
    assert_int_equal(og__net_socket_read(&far, data, sizeof data, &got, LIMIT_MS, NULL), 0);
    assert_int_equal(og__net_socket_write(&far, "late", 4, LIMIT_MS, NULL), OG_OK);
    run_until(loop, &e.datas, 1);
    assert_memory_equal(e.got.data, "late", 4);
    og__net_socket_close(&far);
    run_until(loop, &e.ends, 1);
    assert_int_equal(e.errors, 0);
    close_ends(&e, &far);
}

static void test_own_room(void **state)
{
    (void)state;
    uint8_t room[10 + 64];
    end e = {.room = room, .room_size = 10};
    og__socket far;
    open_ends(&e, &far);
    assert_int_equal(og__net_socket_write(&far, "0123456789abcdefghijklmno", 25, LIMIT_MS, NULL), OG_OK);
    run_until(loop, &e.datas, 3);
    assert_int_equal(e.got.len, 25);
    assert_memory_equal(e.got.data, "0123456789abcdefghijklmno", 25);
    /* Not asked any more: all of it fits into the shared buffer. */
    og__net_stream_ask(e.stream, false);
    e.room = NULL;
    assert_int_equal(og__net_socket_write(&far, "0123456789abcdefghijklmno", 25, LIMIT_MS, NULL), OG_OK);
    run_until(loop, &e.datas, 4);
    assert_int_equal(e.got.len, 50);
    close_ends(&e, &far);
}

static void test_pause_reading(void **state)
{
    (void)state;
    end e = {0};
    og__socket far;
    open_ends(&e, &far);
    og__net_stream_read(e.stream, false);
    assert_int_equal(og__net_socket_write(&far, "wait", 4, LIMIT_MS, NULL), OG_OK);
    run_turns(loop, 20);
    assert_int_equal(e.datas, 0);
    og__net_stream_read(e.stream, true);
    run_until(loop, &e.datas, 1);
    assert_int_equal(e.got.len, 4);
    close_ends(&e, &far);
}

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 13));
}

typedef struct reader {
    og__socket *socket;
    size_t total;
    bool same;
    int done; /* the loop's */
} reader;

static void *read_all(void *arg)
{
    reader *r = arg;
    static uint8_t data[100000];
    size_t got;
    r->same = true;
    while (og__net_socket_read(r->socket, data, sizeof data, &got, LIMIT_MS, NULL) == 1)
        for (size_t i = 0; i < got; i++, r->total++)
            r->same = r->same && data[i] == pattern(r->total);
    return NULL;
}

/* Small writes, big ones and given-away buffers, to a peer that does not read at first: all arrives, in
 * order, once; the high-water mark is told of when half of it is left. */
static void test_slow_reader(void **state)
{
    (void)state;
    enum { SMALL = 20000, BIG = 3 << 20 };
    end e = {0};
    og__socket far;
    open_ends(&e, &far);
    og__net_loop_set_high_water(loop, 1 << 20);
    size_t total = 0;
    bool queued = false;
    while (total < 24u << 20) {
        uint8_t small[SMALL];
        for (size_t i = 0; i < SMALL; i++)
            small[i] = pattern(total + i);
        int status = og__net_stream_write(e.stream, small, SMALL, NULL);
        assert_true(status == 0 || status == 1);
        queued = queued || status == 1;
        total += SMALL;
        og_buf big = OG_BUF_INIT;
        assert_int_equal(og_buf_reserve(&big, BIG), OG_OK);
        for (size_t i = 0; i < BIG; i++)
            big.data[i] = pattern(total + i);
        big.len = BIG;
        status = og__net_stream_write_buf(e.stream, &big, NULL);
        assert_true(status == 0 || status == 1);
        assert_int_equal(big.len, 0);
        og_buf_free(&big);
        total += BIG;
    }
    assert_true(queued);
    assert_true(og__net_stream_queued(e.stream) > 1 << 20);
    og__net_stream_shutdown(e.stream);
    run_turns(loop, 10);
    assert_int_equal(e.drains, 0);
    reader r = {.socket = &far};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_all, &r), 0);
    run_until(loop, &e.drains, 1);
    assert_true(e.queued_at_drain < 1 << 19);
    run_until(loop, &e.drains, e.queued_at_drain ? 2 : 1);
    assert_int_equal(og__net_stream_queued(e.stream), 0);
    pthread_join(thread, NULL);
    assert_true(r.same);
    assert_int_equal(r.total, total);
    close_ends(&e, &far);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

typedef struct writer {
    og__socket *socket;
    int status;
} writer;

enum { BIG_ECHO = 8 << 20 };

static void *write_all(void *arg)
{
    writer *w = arg;
    uint8_t *data = malloc(BIG_ECHO);
    for (size_t i = 0; i < BIG_ECHO; i++)
        data[i] = pattern(i);
    w->status = og__net_socket_write(w->socket, data, BIG_ECHO, LIMIT_MS, NULL);
    og__net_socket_shutdown(w->socket);
    free(data);
    return NULL;
}

static void *read_then_tell(void *arg)
{
    reader *r = arg;
    read_all(r);
    og__net_loop_post(loop, count, &r->done);
    return NULL;
}

static void test_big_echo(void **state)
{
    (void)state;
    end e = {.echo = true};
    og__socket far;
    open_ends(&e, &far);
    reader r = {.socket = &far};
    writer w = {.socket = &far};
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, read_then_tell, &r), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, write_all, &w), 0);
    run_until(loop, &r.done, 1);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    assert_int_equal(w.status, OG_OK);
    assert_int_equal(e.ends, 1);
    assert_true(r.same);
    assert_int_equal(r.total, BIG_ECHO);
    close_ends(&e, &far);
}

static void reset(og__socket *socket)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    og__net_socket_close(socket);
}

static void test_reset(void **state)
{
    (void)state;
    end e = {0};
    og__socket far;
    open_ends(&e, &far);
    reset(&far);
    run_until(loop, &e.errors, 1);
    assert_int_equal(e.error.code, OG_ECLOSED);
    assert_int_equal(e.error.sys, ECONNRESET);
    assert_int_equal(e.ends, 1); /* nothing more comes */
    assert_int_equal(og__net_stream_write(e.stream, "x", 1, &e.error), OG_ECLOSED);
    assert_int_equal(og__net_stream_write(e.stream, "x", 1, &e.error), OG_ECLOSED);
    run_turns(loop, 5);
    assert_int_equal(e.errors, 1);
    close_ends(&e, &far);
}

/* The peer goes while much is queued for it and nothing is read. */
static void test_reset_while_writing(void **state)
{
    (void)state;
    end e = {0};
    og__socket far;
    open_ends(&e, &far);
    og__net_stream_read(e.stream, false);
    size_t size = 32u << 20;
    char *data = calloc(1, size);
    assert_int_equal(og__net_stream_write(e.stream, data, size, NULL), 1);
    free(data);
    reset(&far);
    run_until(loop, &e.errors, 1);
    assert_int_equal(e.error.code, OG_ECLOSED);
    assert_int_equal(og__net_stream_queued(e.stream), 0);
    assert_int_equal(e.drains, 0);
    close_ends(&e, &far);
}

static void test_close_in_callbacks(void **state)
{
    (void)state;
    const when places[] = {IN_ALLOC, IN_DATA, IN_END, IN_ERROR, IN_DRAIN};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        end e = {.close = places[i]};
        og__socket far;
        reader r = {.socket = &far};
        pthread_t thread;
        bool drain = places[i] == IN_DRAIN;
        open_ends(&e, &far);
        if (drain) {
            og_buf big = OG_BUF_INIT;
            og_buf_reserve(&big, 16u << 20);
            memset(big.data, 0, 16u << 20);
            big.len = 16u << 20;
            assert_int_equal(og__net_stream_write_buf(e.stream, &big, NULL), 1);
            assert_int_equal(pthread_create(&thread, NULL, read_all, &r), 0);
        }
        if (places[i] == IN_DATA || places[i] == IN_ALLOC)
            assert_int_equal(og__net_socket_write(&far, "x", 1, LIMIT_MS, NULL), OG_OK);
        if (places[i] == IN_END) og__net_socket_shutdown(&far);
        if (places[i] == IN_ERROR) reset(&far);
        run_until(loop, &e.closes, 1);
        if (drain) pthread_join(thread, NULL);
        run_turns(loop, 3);
        assert_int_equal(e.closes, 1);
        assert_int_equal(e.datas + e.ends + e.errors + e.drains, places[i] != IN_ALLOC);
        og__net_socket_close(&far);
    }
}

/* What is left on a loop is closed with it, and told so. */
static void test_loop_closes_streams(void **state)
{
    (void)state;
    end e[3] = {{0}};
    og__socket far[3];
    for (int i = 0; i < 3; i++)
        open_ends(&e[i], &far[i]);
    og__net_stream_close(e[1].stream);
    og__net_loop_stop(loop);
    og__net_loop_free(loop);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(e[i].closes, 1);
        og__net_socket_close(&far[i]);
    }
    loop = og__net_loop_new(NULL, NULL);
}

/* Of two that are ready at the same time the first closes the second: that is told of nothing more. */
static void test_close_other(void **state)
{
    (void)state;
    pair_of_two both = {0};
    og__socket far[2];
    for (int i = 0; i < 2; i++) {
        og__socket near;
        open_pair("tcp://127.0.0.1:0", &near, &far[i]);
        both.streams[i] = og__net_stream_open(loop, &near, &closing_events, &both, NULL);
        assert_non_null(both.streams[i]);
        og__net_stream_read(both.streams[i], true);
        assert_int_equal(og__net_socket_write(&far[i], "x", 1, LIMIT_MS, NULL), OG_OK);
    }
    run_until(loop, &both.closes, 2);
    run_turns(loop, 3);
    assert_int_equal(both.datas, 1);
    assert_int_equal(both.closes, 2);
    og__net_socket_close(&far[0]);
    og__net_socket_close(&far[1]);
}

#define ON_A_LOOP(test) cmocka_unit_test_setup_teardown(test, make_loop, free_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOOP(test_echo),
        ON_A_LOOP(test_half_close),
        ON_A_LOOP(test_close_other),
        ON_A_LOOP(test_own_room),
        ON_A_LOOP(test_pause_reading),
        ON_A_LOOP(test_slow_reader),
        ON_A_LOOP(test_big_echo),
        ON_A_LOOP(test_reset),
        ON_A_LOOP(test_reset_while_writing),
        ON_A_LOOP(test_close_in_callbacks),
        ON_A_LOOP(test_loop_closes_streams),
    };
    return cmocka_run_group_tests_name("stream", tests, make_dir, remove_dir);
}
