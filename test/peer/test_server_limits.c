/* SPDX-License-Identifier: MIT */
/* The server's limits, and peers that come up against them. */
#include "server_test.h"

static og_error err;

/* ---- Bad peers ---- */

static void bad_messages_harm_nobody_else(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        og_conn *good = reach(server, NULL, NULL);
        ask(good, 1);
        int fd = plain(server);
        plain_send(fd, "hello there\n", 12);
        plain_expect(fd, "\"refused\"\n");
        plain_expect_end(fd);
        close(fd);
        wait_for(&t.closings, 1);
        fd = plain(server);
        plain_send(fd, "[1]\n[x]\n[2]\n", 12); /* lines go on */
        plain_expect(fd, "[1]\n");
        wait_for(&t.refused, 2);
        assert_int_equal(t.refused_at, 5);
        assert_int_equal(t.closings, 1);
        nap(30);
        close(fd);
        fd = plain(server);
        plain_send(fd, "{\"a\": [1, 2", 11);
        close(fd);
        wait_for(&t.refused, 3);
        assert_int_equal(t.refused_at, 11);
        wait_for(&t.closed, 3);
        fd = plain(server); /* reset */
        struct linger hard = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        plain_send(fd, "[1", 2);
        nap(20);
        close(fd);
        wait_for(&t.closed, 4);
        ask(good, 2);
        og_close(good);
        finish(server);
    }
}

/* The peer hears soon why three bytes are nonsense, not when a message's time is over. */
static void nonsense_that_stops_is_refused(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "\xfe\x03\x91", 3);
    plain_expect(fd, "\"refused\"\n");
    plain_expect_end(fd);
    close(fd);
    fd = plain(server); /* half-closed: at once */
    plain_send(fd, "\xfe\x03\x91", 3);
    shutdown(fd, SHUT_WR);
    plain_expect(fd, "\"refused\"\n");
    plain_expect_end(fd);
    close(fd);
    assert_int_equal(t.closings, 2);
    finish(server);
}

/* A peer that sends and sends and never reads: it is not read further, and in the end closed; others go on.
 */
static void a_peer_that_never_reads_its_answers(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.max_queued = 65536;
        options.conn.send_timeout_ms = 300;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        og_conn *good = reach(server, NULL, NULL);
        int fd = plain(server);
        int small = 4096;
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        char line[1024];
        memset(line, 'x', sizeof line);
        line[0] = line[sizeof line - 2] = '"';
        line[sizeof line - 1] = '\n';
        size_t sent = 0;
        for (int i = 0; i < 100000 && t.failed == 0; i++) {
            size_t at = sent % sizeof line;
            ssize_t n = send(fd, line + at, sizeof line - at, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n > 0) sent += (size_t)n;
            if (n <= 0) nap(1);
        }
        ask(good, 1);
        wait_for(&t.failed, 1);
        assert_int_equal(t.close_code, OG_ETIMEOUT);
        assert_true(sent < (size_t)64 << 20); /* it was not read without end */
        ask(good, 2);
        close(fd);
        og_close(good);
        finish(server);
    }
}

/* One that reads late gets everything. */
static void a_peer_that_reads_late(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.max_queued = 20000;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int fd = plain(server);
        enum { COUNT = 20000 };
        char *all = malloc(COUNT * 110);
        size_t len = 0;
        for (int i = 0; i < COUNT; i++)
            len += (size_t)sprintf(all + len, "\"%099d\"\n", i);
        size_t sent = 0;
        size_t got = 0;
        char buffer[65536];
        while (got < len) {
            if (sent < len) {
                ssize_t n = send(fd, all + sent, len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (n > 0) {
                    sent += (size_t)n;
                    continue;
                }
            }
            ssize_t n = recv(fd, buffer, sizeof buffer, 0);
            if (n <= 0) fail_msg("after %zu of %zu bytes: %zd", got, len, n);
            assert_memory_equal(buffer, all + got, (size_t)n);
            got += (size_t)n;
        }
        free(all);
        close(fd);
        assert_int_equal(t.busy, 0);
        finish(server);
    }
}

static void slow_messages_and_idle_peers_are_closed(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    options.message_timeout_ms = 100;
    options.idle_timeout_ms = 300;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "{\"a\"", 4);
    plain_expect(fd, "\"refused\"");
    plain_expect_end(fd);
    close(fd);
    wait_for(&t.closed, 1);
    assert_int_equal(t.close_code, OG_ETIMEOUT);
    fd = plain(server);
    plain_send(fd, "[1]", 3);
    plain_expect(fd, "[1]");
    plain_expect_end(fd);
    close(fd);
    wait_for(&t.closed, 2);
    finish(server);
}

static void connections_over_the_limit_wait(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 2, 0);
    options.max_connections = 2;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    og_conn *one = reach(server, NULL, NULL);
    og_conn *two = reach(server, NULL, NULL);
    ask(one, 1);
    ask(two, 1);
    int fd = plain(server);
    plain_send(fd, "[3]", 3);
    nap(100);
    assert_int_equal(t.opened, 2);
    og_close(one);
    plain_expect(fd, "[3]");
    close(fd);
    og_close(two);
    finish(server);
}

static void a_message_of_a_hundred_megabytes(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    options.conn.max_message = (size_t)128 << 20;
    options.message_timeout_ms = OG_FOREVER; /* the machine may be busy: the test's own limit is enough */
    options.conn.send_timeout_ms = OG_FOREVER;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    og_conn_options mine = {.size = sizeof mine,
                            .codec = "json",
                            .max_message = options.conn.max_message,
                            .send_timeout_ms = OG_FOREVER,
                            .recv_timeout_ms = OG_FOREVER};
    og_conn *conn = og_connect(og_server_endpoint(server, 0), &mine, &err);
    size_t len = 100000000;
    char *big = malloc(len);
    memset(big, 'x', len);
    assert_int_equal(og_send(conn, og_str_borrow(big, len), &err), 0);
    og_value value;
    if (og_recv(conn, &value, &err) != 1) fail_msg("%s", err.text);
    assert_int_equal(og_len(value), len);
    og_close(conn);
    free(big);
    finish(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_messages_harm_nobody_else),
        cmocka_unit_test(nonsense_that_stops_is_refused),
        cmocka_unit_test(a_peer_that_never_reads_its_answers),
        cmocka_unit_test(a_peer_that_reads_late),
        cmocka_unit_test(slow_messages_and_idle_peers_are_closed),
        cmocka_unit_test(connections_over_the_limit_wait),
        cmocka_unit_test(a_message_of_a_hundred_megabytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
