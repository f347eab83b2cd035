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

/* The peer hears soon why bytes that cannot even be a length are nonsense, not after a minute. */
static void nonsense_that_stops_is_refused(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "\xfe\x03\x91\xff\xff", 5);
    plain_expect(fd, "\"refused\"\n");
    plain_expect_end(fd);
    close(fd);
    fd = plain(server); /* half-closed: at once */
    plain_send(fd, "\xfe\x03\x91\xff\xff", 5);
    shutdown(fd, SHUT_WR);
    plain_expect(fd, "\"refused\"\n");
    plain_expect_end(fd);
    close(fd);
    assert_int_equal(t.closings, 2);
    finish(server);
}

/* An allocator that counts what is held, and the most that ever was. */
typedef struct meter {
    og_allocator allocator;
    atomic_size_t now;
    atomic_size_t most;
} meter;

static void *resize_metered(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    meter *m = ctx;
    void *memory = new_size ? realloc(ptr, new_size) : NULL;
    if (new_size && !memory) return NULL;
    if (!new_size) free(ptr);
    size_t now = atomic_fetch_add(&m->now, new_size - old_size) + new_size - old_size;
    size_t most = atomic_load(&m->most);
    while (now > most && !atomic_compare_exchange_weak(&m->most, &most, now))
        continue;
    return memory;
}

/* Sends lines of 1 KiB until the server has closed. */
static void flood(int fd, tally *t)
{
    char line[1024];
    memset(line, 'x', sizeof line);
    line[0] = line[sizeof line - 2] = '"';
    line[sizeof line - 1] = '\n';
    for (size_t at = 0; t->failed == 0;) {
        ssize_t n = send(fd, line + at, sizeof line - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) return;
        if (n < 0) nap(1);
        if (n > 0) at = (at + (size_t)n) % sizeof line;
    }
}

/* A peer that sends and sends and never reads: it costs little however much the system takes for it, and is
 * closed in the end; others go on. */
static void a_peer_that_never_reads_its_answers(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        meter m = {.allocator = {resize_metered, &m}};
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.conn.alloc = &m.allocator;
        options.max_queued = 65536;
        options.conn.send_timeout_ms = 300;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        og_conn *good = reach(server, NULL, NULL);
        ask(good, 0);
        int fd = plain(server);
        size_t before = m.now;
        flood(fd, &t);
        ask(good, 1);
        wait_for(&t.failed, 1);
        assert_int_equal(t.close_code, OG_ETIMEOUT);
        assert_true(m.most - before < (size_t)1 << 20);
        ask(good, 2);
        close(fd);
        og_close(good);
        finish(server);
        assert_int_equal(m.now, 0);
    }
}

static void on_message_long_answer(og_conn *conn, og_value value, void *user)
{
    (void)value;
    tally *t = user;
    static char text[50000];
    t->messages++;
    if (og_send(conn, og_bytes_borrow(text, sizeof text), NULL) < 0) t->busy++;
}

/* Each answer is longer than all that may wait; none is lost, however many messages come at once. */
static void answers_longer_than_the_limit(void **state)
{
    (void)state;
    enum { COUNT = 400 };
    static char answer[50000];
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.on_message = on_message_long_answer;
        options.conn.codec = "bytes";
        options.conn.framing = "u32be";
        options.max_queued = 1000;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int fd = plain(server);
        for (int i = 0; i < COUNT; i++)
            plain_send(fd, "\0\0\0\1x", 5);
        for (int i = 0; i < COUNT; i++) {
            unsigned char head[4];
            assert_int_equal(recv(fd, head, 4, MSG_WAITALL), 4);
            assert_int_equal(recv(fd, answer, sizeof answer, MSG_WAITALL), sizeof answer);
        }
        close(fd);
        assert_int_equal(t.busy, 0);
        assert_int_equal(t.messages, COUNT);
        finish(server);
    }
}

/* Together they may hold less than each may: those that hold most are closed, others go on. */
static void many_peers_that_never_read_their_answers(void **state)
{
    (void)state;
    enum { PEERS = 8 };
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        meter m = {.allocator = {resize_metered, &m}};
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.conn.alloc = &m.allocator;
        options.max_queued = (size_t)4 << 20;
        options.max_total = (size_t)2 << 20;
        options.conn.send_timeout_ms = OG_FOREVER;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        og_conn *good = reach(server, NULL, NULL);
        ask(good, 0);
        char line[1024];
        memset(line, 'x', sizeof line);
        line[0] = line[sizeof line - 2] = '"';
        line[sizeof line - 1] = '\n';
        size_t at[PEERS] = {0};
        int fds[PEERS];
        for (int i = 0; i < PEERS; i++)
            fds[i] = plain(server);
        while (t.failed == 0) {
            bool sent = false;
            for (int i = 0; i < PEERS; i++) {
                size_t from = at[i] % sizeof line;
                ssize_t n = send(fds[i], line + from, sizeof line - from, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (n > 0) at[i] += (size_t)n;
                sent = sent || n > 0;
            }
            if (!sent) nap(1);
        }
        assert_int_equal(t.close_code, OG_ELIMIT);
        assert_true(m.most < (size_t)8 << 20);
        ask(good, 1);
        for (int i = 0; i < PEERS; i++)
            close(fds[i]);
        og_close(good);
        finish(server);
        assert_int_equal(m.now, 0);
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
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "{\"a\"", 4);
    plain_expect(fd, "\"refused\"");
    plain_expect_end(fd);
    close(fd);
    wait_for(&t.closed, 1);
    assert_int_equal(t.close_code, OG_ETIMEOUT);
    finish(server);
    options.message_timeout_ms = 0;
    options.idle_timeout_ms = 100;
    server = start(&options, "tcp://127.0.0.1:0");
    fd = plain(server);
    plain_expect_end(fd);
    close(fd);
    wait_for(&t.closed, 2);
    assert_int_equal(t.close_code, OG_ETIMEOUT);
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

static void connections_over_the_limit_are_turned_away_when_told_so(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        tally t;
        og_server_options options = echoing(&t, threads, 0);
        options.max_connections = 1;
        options.when_crowded = OG_CROWDED_REFUSE;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        og_conn *one = reach(server, NULL, NULL);
        ask(one, 1);
        for (int i = 0; i < 3; i++) {
            int fd = plain(server);
            plain_send(fd, "[3]\n", 4); /* unread, and no reset for all that */
            char byte;
            assert_int_equal(recv(fd, &byte, 1, 0), 0);
            close(fd);
        }
        ask(one, 2);
        assert_int_equal(t.opened, 1);
        og_close(one);
        while (og_server_connections(server) > 0)
            nap(5);
        one = reach(server, NULL, NULL);
        ask(one, 3);
        og_close(one);
        finish(server);
        assert_int_equal(t.closed, 2);
    }
}

/* ---- Logs ---- */

static atomic_int lines;    /* about a refused message */
static atomic_int left_out; /* as a line said */

static void on_log_count(og_log_level level, const og_conn *conn, const char *text, void *user)
{
    (void)level;
    (void)conn;
    (void)user;
    const char *more = strstr(text, "refused ");
    if (strstr(text, "refused a message"))
        lines++;
    else if (more)
        left_out += atoi(more + 8);
}

static void on_refuse_count(og_conn *conn, const og_error *why, bool closing, void *user)
{
    (void)conn;
    (void)why;
    (void)closing;
    ((tally *)user)->refused++;
}

/* Five lines in ten seconds, and how many there were besides. */
static void refused_messages_do_not_fill_the_log(void **state)
{
    (void)state;
    enum { BAD = 5000, DATAGRAMS = 100 };
    static const char *const endpoints[] = {"tcp://127.0.0.1:0", "udp://127.0.0.1:0"};
    for (int datagrams = 0; datagrams < 2; datagrams++) {
        tally t;
        og_server_options options = echoing(&t, 1, 0);
        options.on_log = on_log_count;
        options.on_refuse = on_refuse_count;
        options.conn.codec = "json";
        options.conn.framing = "line";
        lines = left_out = 0;
        og_server *server = start(&options, endpoints[datagrams]);
        time_t began = time(NULL);
        int total = datagrams ? DATAGRAMS : BAD;
        og_conn_options text = {.size = sizeof text, .codec = "text", .framing = "line"};
        og_conn *conn = og_connect(og_server_endpoint(server, 0), &text, &err);
        for (int i = 0; i < total; i++) {
            assert_int_equal(og_send(conn, og_str_borrow("[x]", 3), &err), 0);
            if (datagrams) wait_for(&t.refused, i + 1); /* so that none is lost */
        }
        wait_for(&t.refused, total);
        og_close(conn);
        if (!datagrams) wait_for(&t.closed, 1);
        finish(server);
        assert_int_equal(lines + left_out, total);
        assert_true(lines <= 5 * ((time(NULL) - began) / 10 + 2));
    }
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
        cmocka_unit_test(answers_longer_than_the_limit),
        cmocka_unit_test(many_peers_that_never_read_their_answers),
        cmocka_unit_test(a_peer_that_reads_late),
        cmocka_unit_test(slow_messages_and_idle_peers_are_closed),
        cmocka_unit_test(connections_over_the_limit_wait),
        cmocka_unit_test(connections_over_the_limit_are_turned_away_when_told_so),
        cmocka_unit_test(refused_messages_do_not_fill_the_log),
        cmocka_unit_test(a_message_of_a_hundred_megabytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
