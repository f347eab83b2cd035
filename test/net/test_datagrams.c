/* SPDX-License-Identifier: MIT */
/* Datagrams on a loop: echo of many at once, sizes, refusals, full queues, closing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"
#include "net_test.h"
#include "on_a_loop.h"

typedef struct post_office {
    og__datagrams *datagrams;
    og_endpoint endpoint;
    int got;
    int stop_at; /* datagrams */
    int errors;
    int closes;
    size_t bytes;
    bool echo;
    bool close;
    og_error error;
    int refused; /* of the echoes */
} post_office;

static void on_data(void *ctx, const uint8_t *data, size_t len, const og__address *from)
{
    post_office *p = ctx;
    assert_int_equal(p->closes, 0);
    for (int i = 0; i < 64; i++)
        assert_int_equal(data[len + (size_t)i], 0);
    p->bytes += len;
    if (p->echo && og__net_datagrams_send(p->datagrams, data, len, from, NULL) < 0) p->refused++;
    if (++p->got == p->stop_at) og__net_loop_stop(loop);
    if (p->close) og__net_datagrams_close(p->datagrams);
}

static void on_error(void *ctx, const og_error *err)
{
    post_office *p = ctx;
    p->errors++;
    p->error = *err;
    og__net_loop_stop(loop);
}

static void on_close(void *ctx)
{
    post_office *p = ctx;
    p->closes++;
}

static void open_office(post_office *p, const char *scheme)
{
    og_error err = {0};
    char name[40];
    snprintf(name, sizeof name, "%p", (void *)p);
    bool udp = strcmp(scheme, "udp") == 0;
    og__socket socket = open_listener(udp ? "udp://127.0.0.1:0" : temp_endpoint(scheme, name), &p->endpoint);
    p->datagrams = og__net_datagrams_open(loop, &socket, on_data, on_error, on_close, p, &err);
    if (!p->datagrams) fail_msg("%s", err.text);
}

static void stop(void *ctx)
{
    (void)ctx;
    og__net_loop_stop(loop);
}

static void run_for(uint64_t ms)
{
    og__timer *end = og__net_timer_open(loop, stop, NULL, NULL);
    og__net_timer_start(end, ms);
    og__net_loop_run(loop, NULL);
    og__net_timer_close(end);
}

static const char *const schemes[] = {"udp", "unixgram"};

static void test_echo(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        post_office p = {.echo = true};
        open_office(&p, schemes[i]);
        og__socket client = open_client(&p.endpoint);
        char data[16];
        size_t got;
        /* More than one batch, so that some leave together; few enough for every queue. */
        for (int round = 0; round < 10; round++) {
            for (int n = 0; n < 9; n++)
                assert_int_equal(
                    og__net_socket_send_to(&client, "0123456789", (size_t)n, NULL, LIMIT_MS, NULL), 0);
            p.stop_at += 9;
            run_for(LIMIT_MS);
            for (int n = 0; n < 9; n++) {
                assert_int_equal(
                    og__net_socket_recv_from(&client, data, sizeof data, &got, NULL, LIMIT_MS, NULL), 1);
                assert_int_equal(got, n);
                assert_memory_equal(data, "0123456789", got);
            }
        }
        assert_int_equal(p.got, 90);
        assert_int_equal(p.errors, 0);
        og__net_socket_close(&client);
        og__net_datagrams_close(p.datagrams);
        og__net_datagrams_close(p.datagrams);
        run_until(loop, &p.closes, 1);
    }
    og__net_datagrams_close(NULL);
}

static void test_big_ones(void **state)
{
    (void)state;
    static char data[65537];
    for (int i = 0; i < 2; i++) {
        post_office p = {.echo = true, .stop_at = 1};
        open_office(&p, schemes[i]);
        og__socket client = open_client(&p.endpoint);
        size_t most = og__net_socket_max_datagram(p.endpoint.transport);
        size_t got;
        og_error err = {0};
        memset(data, 'b', sizeof data);
        assert_int_equal(og__net_socket_send_to(&client, data, most, NULL, LIMIT_MS, NULL), OG_OK);
        run_for(LIMIT_MS);
        assert_int_equal(p.bytes, most);
        assert_int_equal(og__net_socket_recv_from(&client, data, sizeof data, &got, NULL, LIMIT_MS, NULL), 1);
        assert_int_equal(got, most);
        assert_int_equal(og__net_datagrams_send(p.datagrams, data, most + 1, &client.peer, &err), OG_EVALUE);
        if (i == 1) {
            /* Longer than any room for it: lost, and told so. */
            assert_int_equal(send(client.fd, data, 65537, 0), 65537);
            run_for(LIMIT_MS);
            assert_int_equal(p.errors, 1);
            assert_int_equal(p.error.code, OG_ELIMIT);
        }
        og__net_socket_close(&client);
        og__net_datagrams_close(p.datagrams);
        run_for(2);
    }
}

/* A connected socket whose peer is not there is told so, and goes on. */
static void test_refused(void **state)
{
    (void)state;
    post_office p = {0};
    og_endpoint nobody = parse("udp://127.0.0.1:1");
    og__socket socket;
    assert_int_equal(og__net_socket_connect(&socket, &nobody, LIMIT_MS, NULL), OG_OK);
    p.datagrams = og__net_datagrams_open(loop, &socket, on_data, on_error, on_close, &p, NULL);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(og__net_datagrams_send(p.datagrams, "x", 1, NULL, NULL), OG_OK);
        run_for(LIMIT_MS);
        assert_int_equal(p.errors, i);
        assert_int_equal(p.error.code, OG_ECLOSED);
        assert_non_null(strstr(p.error.text, "nobody listens at udp 127.0.0.1:"));
    }
    og__net_datagrams_close(p.datagrams);
    run_until(loop, &p.closes, 1);
}

/* A reader that has stopped: what waits is bounded, the rest refused; when it reads on, all that was taken
 * arrives, in order. */
static void test_queue(void **state)
{
    (void)state;
    post_office p = {0};
    open_office(&p, "unixgram");
    og__socket client = open_client(&p.endpoint);
    og__address to;
    uint32_t data[500] = {0};
    size_t got;
    assert_int_equal(og__net_socket_send_to(&client, "hello", 5, NULL, LIMIT_MS, NULL), OG_OK);
    run_until(loop, &p.got, 1);
    to.len = sizeof to.u.bytes;
    assert_int_equal(getsockname(client.fd, (struct sockaddr *)(void *)to.u.bytes, &to.len), 0);
    uint32_t sent = 0;
    int status = OG_OK;
    while (sent < 10000) {
        data[0] = sent;
        status = og__net_datagrams_send(p.datagrams, data, sizeof data, &to, NULL);
        if (status != OG_OK) break;
        sent++;
    }
    assert_int_equal(status, OG_EBUSY);
    assert_in_range(sent, 500, 9999);
    for (uint32_t i = 0; i < sent; i++) {
        while (og__net_socket_recv_from(&client, data, sizeof data, &got, NULL, 0, NULL) != 1)
            run_for(2);
        assert_int_equal(data[0], i);
    }
    assert_int_equal(p.errors, 0);
    /* A client that is gone: the datagram is lost, and told so. */
    og__net_socket_close(&client);
    og_error err = {0};
    assert_int_equal(og__net_datagrams_send(p.datagrams, "x", 1, &to, &err), OG_ECLOSED);
    assert_non_null(strstr(err.text, "nobody listens"));
    og__net_datagrams_close(p.datagrams);
    run_for(2);
}

/* Answers that were sent before the close within the same call still leave. */
static void test_close_in_data(void **state)
{
    (void)state;
    post_office p = {.echo = true, .close = true};
    open_office(&p, "udp");
    og__socket client = open_client(&p.endpoint);
    char data[16];
    size_t got;
    for (int i = 0; i < 3; i++)
        assert_int_equal(og__net_socket_send_to(&client, "ping", 4, NULL, LIMIT_MS, NULL), OG_OK);
    run_until(loop, &p.closes, 1);
    assert_int_equal(p.got, 1);
    assert_int_equal(og__net_socket_recv_from(&client, data, sizeof data, &got, NULL, LIMIT_MS, NULL), 1);
    assert_int_equal(got, 4);
    og__net_socket_close(&client);
}

static void test_left_to_the_loop(void **state)
{
    (void)state;
    post_office p[2] = {{0}};
    for (int i = 0; i < 2; i++)
        open_office(&p[i], schemes[i]);
    og__net_loop_free(loop);
    assert_int_equal(p[0].closes, 1);
    assert_int_equal(p[1].closes, 1);
    assert_int_not_equal(access(p[1].endpoint.path, F_OK), 0);
    loop = og__net_loop_new(NULL, NULL);
}

#define ON_A_LOOP(test) cmocka_unit_test_setup_teardown(test, make_loop, free_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOOP(test_echo),  ON_A_LOOP(test_big_ones),      ON_A_LOOP(test_refused),
        ON_A_LOOP(test_queue), ON_A_LOOP(test_close_in_data), ON_A_LOOP(test_left_to_the_loop),
    };
    return cmocka_run_group_tests_name("datagrams", tests, make_dir, remove_dir);
}
