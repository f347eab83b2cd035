/* SPDX-License-Identifier: MIT */
/*
 * Servers and clients that run out of memory: each allocation of a small conversation fails in turn. Whoever
 * it hits is told or closed, nothing leaks, and others go on.
 */
#include "../support/failing_alloc.h"
#include "server_test.h"

static og_error err;

/* The failing allocator, for several threads. */
typedef struct shared_alloc {
    og_allocator allocator;
    pthread_mutex_t lock;
    failing_alloc inner;
} shared_alloc;

static void *resize_locked(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    shared_alloc *s = ctx;
    pthread_mutex_lock(&s->lock);
    void *memory = s->inner.allocator.resize(&s->inner, ptr, old_size, new_size);
    pthread_mutex_unlock(&s->lock);
    return memory;
}

static void shared_init(shared_alloc *s)
{
    s->allocator = (og_allocator){resize_locked, s};
    pthread_mutex_init(&s->lock, NULL);
    failing_alloc_init(&s->inner);
}

/* From now on call `n` fails (0: none). */
static void fail_at(shared_alloc *s, size_t n)
{
    pthread_mutex_lock(&s->lock);
    s->inner.calls = 0;
    s->inner.fail_at = n;
    pthread_mutex_unlock(&s->lock);
}

static bool has_failed(shared_alloc *s)
{
    pthread_mutex_lock(&s->lock);
    bool failed = s->inner.refused > 0;
    pthread_mutex_unlock(&s->lock);
    return failed;
}

static void assert_all_given_back(shared_alloc *s)
{
    assert_int_equal(s->inner.mistakes, 0);
    assert_int_equal(s->inner.live_blocks, 0);
    assert_int_equal(s->inner.live_bytes, 0);
    pthread_mutex_destroy(&s->lock);
}

/* Who cannot answer closes, as otherwise the peer would wait. */
static void on_message_or_close(og_conn *conn, og_value value, void *user)
{
    (void)user;
    if (og_send(conn, value, NULL) < 0) og_disconnect(conn);
}

static void on_refuse_close(og_conn *conn, const og_error *why, bool closing, void *user)
{
    (void)why;
    (void)closing;
    (void)user;
    og_disconnect(conn);
}

/* Two messages on a stream, one of them in two packets, one long. True when both were answered in full. */
static bool converse(const og_server *server, size_t long_message)
{
    char *text = malloc(long_message);
    char *got = malloc(long_message);
    memset(text, 'x', long_message);
    memcpy(text, "[1]\n\"", 5);
    text[long_message - 2] = '"';
    text[long_message - 1] = '\n';
    int fd = plain(server);
    size_t sent = 0;
    size_t have = 0;
    bool gone = false;
    while (have < long_message && !gone) {
        size_t part = sent == 0 ? 2 : long_message - sent;
        ssize_t n = part ? send(fd, text + sent, part, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        if (n > 0) sent += (size_t)n;
        if (n < 0 && errno != EAGAIN) break;
        if (sent == 2) nap(1);
        n = recv(fd, got + have, long_message - have, sent < long_message ? MSG_DONTWAIT : 0);
        if (n > 0) have += (size_t)n;
        gone = n == 0 || (n < 0 && errno == ECONNRESET);
        if (n < 0 && sent == long_message && errno == EAGAIN) fail_msg("hangs after %zu bytes", have);
    }
    bool whole = have == long_message && memcmp(text, got, have) == 0;
    close(fd);
    free(text);
    free(got);
    return whole;
}

/* One run with call `n` after the start failing. True when it was reached. */
static bool serve_failing(size_t n, struct way way, size_t long_message)
{
    tally t;
    shared_alloc memory;
    shared_init(&memory);
    og_server_options options = echoing(&t, way.threads, way.workers);
    options.conn.alloc = &memory.allocator;
    options.on_message = on_message_or_close;
    options.on_refuse = on_refuse_close;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    og_conn *other = reach(server, "json", NULL);
    ask(other, 1);
    fail_at(&memory, n);
    bool whole = converse(server, long_message);
    bool failed = has_failed(&memory);
    if (!failed) assert_true(whole);
    fail_at(&memory, 0);
    ask(other, 2);
    assert_true(converse(server, long_message));
    og_close(other);
    finish(server);
    assert_int_equal(t.closed, t.opened);
    assert_all_given_back(&memory);
    return failed;
}

static void every_allocation_of_a_server_fails(void **state)
{
    (void)state;
    static const size_t lengths[] = {300, 200000};
    for (size_t w = 0; w < WAYS; w++)
        for (size_t i = 0; i < 2; i++) {
            size_t n = 1;
            while (serve_failing(n, ways[w], lengths[i]))
                n++;
            assert_true(n > 2);
        }
}

/* ---- Starting, datagrams, clients ---- */

static int start_and_stop(const og_allocator *alloc, int workers)
{
    og_server_options options = {
        .size = sizeof options, .threads = 2, .workers = workers, .conn.alloc = alloc};
    og_server *server = og_server_new(&options, &err);
    if (!server) return -1;
    int status = og_server_listen(server, "tcp://127.0.0.1:0", &err);
    if (status == 0) status = og_server_listen(server, "udp://127.0.0.1:0", &err);
    if (status == 0) status = og_server_start(server, &err);
    if (status == 0) {
        og_server_stop(server);
        status = og_server_join(server, &err);
    }
    og_server_free(server);
    return status;
}

static void every_allocation_of_starting_fails(void **state)
{
    (void)state;
    for (int workers = 0; workers < 4; workers += 3)
        for (size_t n = 1;; n++) {
            shared_alloc memory;
            shared_init(&memory);
            fail_at(&memory, n);
            int status = start_and_stop(&memory.allocator, workers);
            bool failed = has_failed(&memory);
            if (!failed) assert_int_equal(status, 0);
            assert_all_given_back(&memory);
            if (!failed) break;
        }
}

/* One run with call `n` after the start failing; a datagram may be lost, the next one is answered. */
static bool serve_datagrams_failing(size_t n, int workers)
{
    tally t;
    shared_alloc memory;
    shared_init(&memory);
    og_server_options options = echoing(&t, 1, workers);
    options.conn.alloc = &memory.allocator;
    og_server *server = og_server_new(&options, &err);
    assert_int_equal(og_server_listen(server, "tcp://127.0.0.1:0", &err), 0);
    assert_int_equal(og_server_listen(server, "udp://127.0.0.1:0", &err), 0);
    assert_int_equal(og_server_start(server, &err), 0);
    og_conn *stream = reach(server, "json", NULL);
    ask(stream, 1); /* so that the server is up */
    og_close(stream);
    wait_for(&t.closed, 1);
    og_conn_options mine = {.size = sizeof mine, .codec = "json", .recv_timeout_ms = 100};
    fail_at(&memory, n);
    og_conn *conn = og_connect(og_server_endpoint(server, 1), &mine, &err);
    og_value value;
    assert_int_equal(og_send(conn, og_int(1), &err), 0);
    int got = 0;
    bool failed = false;
    for (int i = 0; i < 1000 && got != 1 && !failed; i++) {
        got = og_recv(conn, &value, &err);
        failed = has_failed(&memory);
    }
    if (got != 1 && !failed) fail_msg("%s", err.text);
    fail_at(&memory, 0);
    og_close(conn);
    mine.recv_timeout_ms = 120000;
    conn = og_connect(og_server_endpoint(server, 1), &mine, &err);
    ask(conn, 2);
    og_close(conn);
    finish(server);
    assert_all_given_back(&memory);
    return failed;
}

static void every_allocation_for_datagrams_fails(void **state)
{
    (void)state;
    for (int workers = 0; workers < 4; workers += 3) {
        size_t n = 1;
        while (serve_datagrams_failing(n, workers))
            n++;
        assert_true(n > 2);
    }
}

static int call_once(const og_allocator *alloc, void *ctx)
{
    og_conn_options options = {
        .size = sizeof options, .codec = "pickle", .alloc = alloc, .recv_timeout_ms = 120000};
    og_conn *conn = og_connect(og_server_endpoint(ctx, 0), &options, &err);
    if (!conn) return -1;
    og_value value;
    char text[3000] = "x";
    int status = og_send(conn, og_str_borrow(text, sizeof text), &err);
    if (status == 0) status = og_recv(conn, &value, &err) == 1 ? 0 : -1;
    og_close(conn);
    return status;
}

static int listen_once(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_conn_options options = {.size = sizeof options, .alloc = alloc};
    og_listener *listener = og_listen("udp://127.0.0.1:0", &options, &err);
    if (!listener) return -1;
    og_conn *conn = og_connect(og_listener_endpoint(listener), NULL, &err);
    assert_int_equal(og_send(conn, og_int(1), &err), 0);
    og_value value;
    og_conn *accepted = og_accept(listener, 120000, &err);
    int status = accepted && og_recv(accepted, &value, &err) == 1 ? og_send(accepted, value, &err) : -1;
    og_close(accepted);
    og_close(conn);
    og_listener_close(listener);
    return status;
}

static void every_allocation_of_blocking_ends_fails(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    assert_true(failing_alloc_run(call_once, server) > 3);
    assert_true(failing_alloc_run(listen_once, NULL) > 3);
    finish(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_a_server_fails),
        cmocka_unit_test(every_allocation_of_starting_fails),
        cmocka_unit_test(every_allocation_for_datagrams_fails),
        cmocka_unit_test(every_allocation_of_blocking_ends_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
