/* SPDX-License-Identifier: MIT */
/* Every allocation of the loop failing in turn: reported, nothing lost, nothing leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "../support/failing_alloc.h"
#include "net/loop.h"
#include "net_test.h"

typedef struct owner {
    og__loop *loop;
    og__stream *stream;
    og__datagrams *datagrams;
    og__listener *listener;
    int status; /* the first that was negative */
    int posts_taken, posts_called;
    int opened, closed;
} owner;

static void note(owner *o, int status)
{
    if (status < 0 && o->status == 0) o->status = status;
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
    owner *o = ctx;
    og_error err = {0};
    note(o, og__net_stream_write(o->stream, data, len, &err));
}

static void on_close(void *ctx)
{
    owner *o = ctx;
    o->closed++;
}

static const og__stream_events events = {.on_data = on_data, .on_close = on_close};

static void on_accept(void *ctx, og__socket accepted)
{
    (void)ctx;
    og__net_socket_close(&accepted);
}

static void on_gram(void *ctx, const uint8_t *data, size_t len, const og__address *from)
{
    owner *o = ctx;
    note(o, og__net_datagrams_send(o->datagrams, data, len, from, NULL));
}

static void on_post(void *arg)
{
    ((owner *)arg)->posts_called++;
}

static void on_timer(void *ctx)
{
    og__net_loop_stop(((owner *)ctx)->loop);
}

static void write_much(owner *o)
{
    static char data[1 << 20];
    og_buf buf;
    og_buf_init(&buf, NULL);
    assert_int_equal(og_buf_put(&buf, data, sizeof data), OG_OK);
    for (int i = 0; i < 8; i++)
        note(o, og__net_stream_write(o->stream, data, sizeof data, NULL));
    note(o, og__net_stream_write(o->stream, "small", 5, NULL));
    note(o, og__net_stream_write_buf(o->stream, &buf, NULL));
    assert_int_equal(buf.len, 0);
    og_buf_free(&buf);
}

static void use_streams(owner *o, og_endpoint *endpoint)
{
    og__socket listener = open_listener("tcp://127.0.0.1:0", endpoint);
    og__socket client = open_client(endpoint);
    og__socket accepted;
    assert_int_equal(og__net_socket_accept(&listener, &accepted, LIMIT_MS, NULL), OG_OK);
    o->listener = og__net_listener_open(o->loop, &listener, on_accept, NULL, o, NULL);
    if (!o->listener) note(o, OG_ENOMEM);
    o->stream = og__net_stream_open(o->loop, &accepted, &events, o, NULL);
    assert_int_equal(accepted.fd, -1);
    assert_int_equal(listener.fd, -1);
    if (!o->stream) note(o, OG_ENOMEM);
    if (o->stream) {
        o->opened++;
        og__net_stream_read(o->stream, true);
        write_much(o);
    }
    og__net_socket_close(&client);
}

static void use_datagrams(owner *o)
{
    og_endpoint endpoint;
    og__socket bound = open_listener(temp_endpoint("unixgram", "memory"), &endpoint);
    og__socket client = open_client(&endpoint);
    o->datagrams = og__net_datagrams_open(o->loop, &bound, on_gram, NULL, on_close, o, NULL);
    assert_int_equal(bound.fd, -1);
    if (!o->datagrams) note(o, OG_ENOMEM);
    if (o->datagrams) o->opened++;
    for (int i = 0; o->datagrams && i < 4; i++)
        assert_int_equal(og__net_socket_send_to(&client, "ping", 4, NULL, LIMIT_MS, NULL), OG_OK);
    og__timer *timer = og__net_timer_open(o->loop, on_timer, o, NULL);
    if (timer) {
        og__net_timer_start(timer, 3);
        og__net_loop_run(o->loop, NULL);
    } else {
        note(o, OG_ENOMEM);
    }
    og__net_socket_close(&client);
}

static int scenario(const og_allocator *alloc, void *ctx)
{
    owner o = {0};
    og_endpoint endpoint;
    (void)ctx;
    o.loop = og__net_loop_new(alloc, NULL);
    if (!o.loop) return OG_ENOMEM;
    for (int i = 0; i < 20; i++) {
        int status = og__net_loop_post(o.loop, on_post, &o);
        o.posts_taken += status == OG_OK;
        note(&o, status);
    }
    use_streams(&o, &endpoint);
    use_datagrams(&o);
    og__net_loop_free(o.loop);
    assert_int_equal(o.posts_called, o.posts_taken);
    assert_int_equal(o.closed, o.opened);
    return o.status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_in_range(failing_alloc_run(scenario, NULL), 10, 200);
}

/* ---- Waiting for a turn ---- */

enum { PAIRS = 2, MUCH = 4096 };

typedef struct slow {
    og__stream *stream;
    int *got;               /* of all of them together */
    failing_alloc *failing; /* from then on; or NULL */
    int closed;
} slow;

/* Takes so long that the loop is late for the other one, which has sent as much. */
static void on_slow_data(void *ctx, const uint8_t *data, size_t len)
{
    const slow *s = ctx;
    (void)data;
    usleep(5000);
    if (s->failing) {
        s->failing->fail_at = s->failing->calls + 1;
        s->failing->fail_on = true;
    }
    *s->got += (int)len;
}

static void on_slow_close(void *ctx)
{
    slow *s = ctx;
    s->closed++;
}

static const og__stream_events slow_events = {.on_data = on_slow_data, .on_close = on_slow_close};

/* What waits for its turn needs memory; where there is none it is read at once. */
static void test_turns_without_memory(void **state)
{
    (void)state;
    static const char data[MUCH];
    failing_alloc f;
    slow all[PAIRS] = {0};
    og__socket far[PAIRS];
    int got = 0;
    failing_alloc_init(&f);
    og__loop *loop = og__net_loop_new(&f.allocator, NULL);
    for (int i = 0; i < PAIRS; i++) {
        og__socket near;
        open_pair("tcp://127.0.0.1:0", &near, &far[i]);
        all[i].got = &got;
        all[i].stream = og__net_stream_open(loop, &near, &slow_events, &all[i], NULL);
        assert_non_null(all[i].stream);
        og__net_stream_read(all[i].stream, true);
    }
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < PAIRS; i++) {
            all[i].failing = round == 2 ? &f : NULL;
            assert_int_equal(og__net_socket_write(&far[i], data, sizeof data, LIMIT_MS, NULL), OG_OK);
        }
        run_until(loop, &got, round * PAIRS * MUCH);
        f.fail_at = 0;
        f.fail_on = false;
    }
    assert_true(f.refused > 0);
    for (int i = 0; i < PAIRS; i++)
        og__net_socket_close(&far[i]);
    og__net_loop_free(loop);
    assert_int_equal(all[0].closed + all[1].closed, PAIRS);
    assert_int_equal(f.live_blocks, 0);
    assert_int_equal(f.mistakes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_failing_allocations),
                                       cmocka_unit_test(test_turns_without_memory)};
    return cmocka_run_group_tests_name("memory", tests, make_dir, remove_dir);
}
