/* SPDX-License-Identifier: MIT */
/* Connecting on a loop: one address after the other, why none answers, giving up at any time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "../support/failing_alloc.h"
#include "net/loop.h"
#include "net_test.h"
#include "on_a_loop.h"

/* What came of an attempt. */
typedef struct outcome {
    int done;
    og__socket socket;
    og_error err;
} outcome;

static void on_done(void *ctx, og__socket *socket, const og_error *err)
{
    outcome *o = ctx;
    o->done++;
    o->socket = (og__socket)OG__SOCKET_NONE;
    if (socket)
        o->socket = *socket;
    else
        o->err = *err;
    assert_true((socket != NULL) != (err != NULL));
}

static og__target *target_of(const og_endpoint *endpoint)
{
    og_error err;
    og__target *target = og__net_target_new(endpoint, LIMIT_MS, NULL, &err);
    if (!target) fail_msg("%s", err.text);
    return target;
}

static outcome connect_to(const og__target *target, int64_t timeout_ms)
{
    outcome o = {0};
    assert_non_null(og__net_connect(loop, target, timeout_ms, on_done, &o, NULL));
    assert_int_equal(o.done, 0); /* never before it returns */
    run_until(loop, &o.done, 1);
    assert_int_equal(o.done, 1);
    return o;
}

static void each_transport(void **state)
{
    (void)state;
    const char *const places[] = {"tcp://127.0.0.1:0", "unix", "tcp://[::1]:0"};
    for (size_t i = 0; i < sizeof places / sizeof *places - !have_ipv6(); i++) {
        og_endpoint endpoint;
        og__socket accepted;
        bool path = strcmp(places[i], "unix") == 0;
        og__socket listener = open_listener(path ? temp_endpoint("unix", "connect") : places[i], &endpoint);
        og__target *target = target_of(&endpoint);
        assert_true(og__net_target_is_near(target));
        outcome o = connect_to(target, LIMIT_MS);
        if (o.err.text[0]) fail_msg("%s", o.err.text);
        assert_int_equal(og__net_socket_accept(&listener, &accepted, LIMIT_MS, NULL), OG_OK);
        assert_int_equal(write(o.socket.fd, "x", 1), 1);
        char got;
        assert_int_equal(read(accepted.fd, &got, 1), 1);
        og__net_socket_close(&o.socket);
        og__net_socket_close(&accepted);
        og__net_socket_close(&listener);
        og__net_target_free(target);
    }
}

static void nobody_listens(void **state)
{
    (void)state;
    og_endpoint endpoint = parse("tcp://127.0.0.1:1");
    endpoint.port = DEAD_PORT;
    og__target *target = target_of(&endpoint);
    outcome o = connect_to(target, LIMIT_MS);
    assert_int_equal(o.socket.fd, -1);
    assert_int_equal(o.err.code, OG_ECONNECT);
    assert_non_null(strstr(o.err.text, "127.0.0.1"));
    og__net_target_free(target);

    og_endpoint path = parse(temp_endpoint("unix", "nobody"));
    target = target_of(&path);
    o = connect_to(target, -1);
    assert_int_equal(o.err.code, OG_ECONNECT);
    og__net_target_free(target);
}

/* A name with several addresses: the one that answers is found. */
static void one_address_after_the_other(void **state)
{
    (void)state;
    og_endpoint endpoint;
    og__socket listener = open_listener("tcp://127.0.0.1:0", &endpoint);
    og_endpoint named = parse("tcp://localhost:1");
    named.port = endpoint.port;
    og__target *target = target_of(&named);
    outcome o = connect_to(target, LIMIT_MS);
    if (o.err.text[0]) fail_msg("%s", o.err.text);
    og__net_socket_close(&o.socket);
    og__net_socket_close(&listener);
    og__net_target_free(target);
}

/* Whoever listens but takes nobody on: the queue of a Unix socket is full, and that is tried again. */
static void a_full_queue(void **state)
{
    (void)state;
    enum { MOST = 20000 };
    static int waiting[MOST];
    int count = 0;
    og_endpoint endpoint;
    og__socket listener = open_listener(temp_endpoint("unix", "full"), &endpoint);
    og__target *target = target_of(&endpoint);
    og__socket client;
    while (count < MOST && og__net_socket_connect(&client, &endpoint, 0, NULL) == OG_OK)
        waiting[count++] = client.fd;
    bool full = count < MOST; /* not where descriptors run out first */
    outcome o = {0};
    if (full) {
        assert_non_null(og__net_connect(loop, target, LIMIT_MS, on_done, &o, NULL));
        run_turns(loop, 20);
    }
    while (o.done == 0 && full) {
        og__socket accepted;
        assert_int_equal(og__net_socket_accept(&listener, &accepted, LIMIT_MS, NULL), OG_OK);
        og__net_socket_close(&accepted);
        run_turns(loop, 20);
    }
    if (full) og__net_socket_close(&o.socket);
    while (count > 0)
        close(waiting[--count]);
    og__net_socket_close(&listener);
    og__net_target_free(target);
}

/* Given up at once, after any number of turns, and with the loop. */
static void cancelled(void **state)
{
    (void)state;
    og_endpoint endpoint;
    og__socket listener = open_listener("tcp://127.0.0.1:0", &endpoint);
    og__target *target = target_of(&endpoint);
    for (int turns = 0; turns < 4; turns++) {
        outcome o = {0};
        og__connecting *c = og__net_connect(loop, target, LIMIT_MS, on_done, &o, NULL);
        assert_non_null(c);
        if (turns > 0) run_turns(loop, turns);
        if (o.done == 0)
            og__net_connect_cancel(c);
        else
            og__net_socket_close(&o.socket);
        int before = o.done;
        run_turns(loop, 5);
        assert_int_equal(o.done, before);
    }
    og__net_connect_cancel(NULL);
    outcome left = {0};
    og__loop *short_lived = og__net_loop_new(NULL, NULL);
    assert_non_null(og__net_connect(short_lived, target, LIMIT_MS, on_done, &left, NULL));
    og__net_loop_free(short_lived);
    assert_int_equal(left.done, 0);
    og__net_socket_close(&listener);
    og__net_target_free(target);
}

static void targets(void **state)
{
    (void)state;
    og_error err;
    og_endpoint tied = parse("tcp://127.0.0.1:1?interface=nosuchif0");
    assert_null(og__net_target_new(&tied, LIMIT_MS, NULL, &err));
    og_endpoint far = parse("tcp://192.0.2.1:1");
    og__target *target = target_of(&far);
    assert_false(og__net_target_is_near(target));
    og__net_target_free(target);
}

typedef struct attempt {
    og__loop *loop;
    og__socket socket;
    og_error err;
} attempt;

static void on_decided(void *ctx, og__socket *socket, const og_error *err)
{
    attempt *a = ctx;
    if (socket)
        a->socket = *socket;
    else
        a->err = *err;
    og__net_loop_stop(a->loop);
}

static int connect_with(const og_allocator *alloc, void *ctx)
{
    const og_endpoint *endpoint = ctx;
    og_error err = {0};
    attempt a = {.socket = OG__SOCKET_NONE};
    a.loop = og__net_loop_new(alloc, &err);
    if (!a.loop) return (int)err.code;
    og__target *target = og__net_target_new(endpoint, LIMIT_MS, alloc, &err);
    if (target && og__net_connect(a.loop, target, LIMIT_MS, on_decided, &a, &err))
        og__net_loop_run(a.loop, NULL);
    og__net_loop_free(a.loop);
    og__net_target_free(target);
    og__net_socket_close(&a.socket);
    return (int)(err.code ? err.code : a.err.code);
}

static void without_memory(void **state)
{
    (void)state;
    og_endpoint endpoint;
    og__socket listener = open_listener("tcp://127.0.0.1:0", &endpoint);
    assert_true(failing_alloc_run(connect_with, &endpoint) > 1);
    og__net_socket_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_transport, make_loop, free_loop),
        cmocka_unit_test_setup_teardown(nobody_listens, make_loop, free_loop),
        cmocka_unit_test_setup_teardown(one_address_after_the_other, make_loop, free_loop),
        cmocka_unit_test_setup_teardown(a_full_queue, make_loop, free_loop),
        cmocka_unit_test_setup_teardown(cancelled, make_loop, free_loop),
        cmocka_unit_test(targets),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
