/* SPDX-License-Identifier: MIT */
/* The server on loops, with and without workers, against our clients and against plain sockets. */
#include <onggi/peer.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static og_error err;

static void nap(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* ---- A server that echoes, and counts --------------------------------------------------------------------
 */

typedef struct tally {
    atomic_int opened;
    atomic_int closed;
    atomic_int failed; /* closed with a reason */
    atomic_int messages;
    atomic_int refused;
    atomic_int closings;
    atomic_int busy;
    atomic_int close_code;
    atomic_size_t refused_at;
    long delay_ms;
} tally;

static void on_open(og_conn *conn, void *user)
{
    (void)conn;
    ((tally *)user)->opened++;
}

static void on_message(og_conn *conn, og_value value, void *user)
{
    tally *t = user;
    og_error why;
    t->messages++;
    if (t->delay_ms) nap(t->delay_ms);
    if (og_send(conn, value, &why) == OG_EBUSY) t->busy++;
}

static void on_refuse(og_conn *conn, const og_error *why, bool closing, void *user)
{
    tally *t = user;
    t->refused++;
    t->refused_at = why->position;
    if (closing) t->closings++;
    og_send(conn, og_str_borrow("refused", 7), NULL);
}

static void on_close(og_conn *conn, const og_error *why, void *user)
{
    tally *t = user;
    (void)conn;
    if (why) {
        t->failed++;
        t->close_code = (int)why->code;
    }
    t->closed++;
}

static void on_log(og_log_level level, const og_conn *conn, const char *text, void *user)
{
    (void)user;
    if (getenv("ONGGI_TEST_LOG"))
        fprintf(stderr, "%d %llu %s\n", (int)level, conn ? (unsigned long long)og_conn_id(conn) : 0, text);
}

static og_server_options echoing(tally *t, int threads, int workers)
{
    memset(t, 0, sizeof *t);
    return (og_server_options){
        .size = sizeof(og_server_options),
        .user = t,
        .threads = threads,
        .workers = workers,
        .on_open = on_open,
        .on_message = on_message,
        .on_refuse = on_refuse,
        .on_close = on_close,
        .on_log = on_log,
    };
}

static og_server *start(const og_server_options *options, const char *endpoint)
{
    og_server *server = og_server_new(options, &err);
    if (!server) fail_msg("%s", err.text);
    if (og_server_listen(server, endpoint, &err) < 0) fail_msg("%s", err.text);
    if (og_server_start(server, &err) < 0) fail_msg("%s", err.text);
    return server;
}

static void finish(og_server *server)
{
    og_server_stop(server);
    if (og_server_join(server, &err) < 0) fail_msg("%s", err.text);
    assert_int_equal(og_server_connections(server), 0);
    og_server_free(server);
}

static og_conn *reach(const og_server *server, const char *codec, const char *framing)
{
    og_conn_options options = {
        .size = sizeof options, .codec = codec, .framing = framing, .recv_timeout_ms = 10000};
    og_conn *conn = og_connect(og_server_endpoint(server, 0), &options, &err);
    if (!conn) fail_msg("%s", err.text);
    return conn;
}

static void ask(og_conn *conn, int64_t number)
{
    og_doc *doc = og_doc_new(NULL);
    og_value question = og_pack(doc, &err, "{s:s, s:I}", "name", "John", "age", number);
    og_value answer;
    if (og_send(conn, question, &err) < 0) fail_msg("%s", err.text);
    if (og_recv(conn, &answer, &err) != 1) fail_msg("%s", err.text);
    assert_int_equal(og_equal(question, answer), 1);
    og_doc_free(doc);
}

static int plain(const og_server *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)atoi(strrchr(og_server_endpoint(server, 0), ':') + 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    struct timeval limit = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

static void plain_send(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static void plain_expect(int fd, const char *answer)
{
    char got[4096];
    size_t want = strlen(answer);
    size_t have = 0;
    while (have < want) {
        ssize_t n = recv(fd, got + have, want - have, 0);
        if (n <= 0) fail_msg("got '%.*s' (then %zd), expected '%s'", (int)have, got, n, answer);
        have += (size_t)n;
    }
    assert_memory_equal(got, answer, want);
}

static void plain_expect_end(int fd)
{
    char got[64];
    ssize_t n = recv(fd, got, sizeof got, 0);
    if (n > 0) fail_msg("got '%.*s', expected the end", (int)n, got);
    if (n < 0) assert_int_equal(errno, ECONNRESET);
}

static void wait_for(atomic_int *what, int least)
{
    for (int i = 0; i < 1000 && *what < least; i++)
        nap(5);
    if (*what < least) fail_msg("counted %d, expected %d", *what, least);
}

/* Each test that should hold in all ways of serving runs in these. */
static const struct way {
    int threads;
    int workers;
} ways[] = {{1, 0}, {4, 0}, {2, 3}};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* ---- Speaking --------------------------------------------------------------------------------------------
 */

static void answers_in_kind(void **state)
{
    (void)state;
    static const char *const wires[][2] = {
        {NULL, NULL},        {"json", "raw"},         {"json", "nul"},       {"json", "u32be"},
        {"json", "header"},  {"pickle", NULL},        {"pickle", "mp"},      {"json", "seq"},
        {"pickle", "u16le"}, {"pickle", "digits:10"}, {"json", "netstring"},
    };
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int count = sizeof wires / sizeof wires[0];
        for (int i = 0; i < count; i++) {
            og_conn *conn = reach(server, wires[i][0], wires[i][1]);
            for (int n = 0; n < 3; n++)
                ask(conn, n);
            og_close(conn);
        }
        wait_for(&t.closed, count);
        assert_int_equal(t.opened, count);
        assert_int_equal(t.failed, 0);
        assert_int_equal(t.messages, 3 * count);
        finish(server);
    }
}

static void tutorial_clients(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "{\"a\": 1}", 8);
    plain_expect(fd, "{\"a\":1}");
    plain_send(fd, "42", 2);
    plain_expect(fd, "42");
    close(fd);
    fd = plain(server); /* in single bytes, some of them with pauses */
    const char *text = "{\"a\": [1, 2]}";
    for (size_t i = 0; i < strlen(text); i++) {
        plain_send(fd, text + i, 1);
        if (i < 4) nap(70);
    }
    plain_expect(fd, "{\"a\":[1,2]}");
    close(fd);
    fd = plain(server); /* several in one packet, then shut down, then read */
    plain_send(fd, "[1]\n[2]\n[3]\n", 12);
    shutdown(fd, SHUT_WR);
    plain_expect(fd, "[1]\n[2]\n[3]\n");
    plain_expect_end(fd);
    close(fd);
    finish(server);
}

/* Clients on both codecs at once, one of them silent from the start. */
static void *ask_often(void *arg)
{
    og_conn *conn = arg;
    for (int i = 0; i < 20; i++)
        ask(conn, i);
    og_close(conn);
    return NULL;
}

static void a_hundred_clients_one_of_them_silent(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int silent = plain(server);
        pthread_t threads[100];
        for (int i = 0; i < 100; i++)
            pthread_create(&threads[i], NULL, ask_often, reach(server, i % 2 ? "pickle" : "json", NULL));
        for (int i = 0; i < 100; i++)
            pthread_join(threads[i], NULL);
        wait_for(&t.closed, 100);
        assert_int_equal(t.messages, 2000);
        assert_int_equal(og_server_connections(server), 1);
        close(silent);
        wait_for(&t.closed, 101);
        finish(server);
    }
}

/* Messages of one connection are handled one after the other, and answered in order. */
static void answers_keep_their_order(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        og_conn *conn = reach(server, "json", NULL);
        for (int i = 0; i < 500; i++)
            assert_int_equal(og_send(conn, og_int(i), &err), 0);
        for (int i = 0; i < 500; i++) {
            og_value value;
            int64_t number = -1;
            if (og_recv(conn, &value, &err) != 1) fail_msg("%s", err.text);
            og_as_int64(value, &number);
            assert_int_equal(number, i);
        }
        og_close(conn);
        finish(server);
    }
}

static void datagrams(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        og_server *server = start(&options, "udp://127.0.0.1:0");
        og_conn *one = reach(server, NULL, NULL);
        og_conn *two = reach(server, "pickle", "u32be");
        for (int i = 0; i < 20; i++) {
            ask(one, i);
            ask(two, i);
        }
        og_conn *three = reach(server, "text", NULL);
        assert_int_equal(og_send(three, og_str_borrow("nonsense", 8), &err), 0);
        og_value value;
        assert_int_equal(og_recv(three, &value, &err), 1); /* "refused", as JSON: nothing was detected */
        assert_int_equal(t.refused, 1);
        ask(one, 1);
        og_close(one);
        og_close(two);
        og_close(three);
        finish(server);
    }
}

/* ---- Bad peers -------------------------------------------------------------------------------------------
 */

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
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    og_conn_options mine = {.size = sizeof mine,
                            .codec = "json",
                            .max_message = options.conn.max_message,
                            .recv_timeout_ms = 30000};
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

/* ---- Answers from other threads --------------------------------------------------------------------------
 */

typedef struct later {
    og_conn *conn;
    int64_t number;
} later;

static void *answer_later(void *arg)
{
    later *l = arg;
    nap(20);
    og_send(l->conn, og_int(l->number + 1), NULL);
    og_conn_release(l->conn);
    free(l);
    return NULL;
}

static void on_message_later(og_conn *conn, og_value value, void *user)
{
    (void)user;
    later *l = malloc(sizeof *l);
    l->conn = og_conn_keep(conn);
    og_as_int64(value, &l->number);
    pthread_t thread;
    pthread_create(&thread, NULL, answer_later, l);
    pthread_detach(thread);
}

static void other_threads_answer(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.on_message = on_message_later;
        for (int datagram = 0; datagram < 2; datagram++) {
            og_server *server = start(&options, datagram ? "udp://127.0.0.1:0" : "tcp://127.0.0.1:0");
            og_conn *conn = reach(server, "json", NULL);
            for (int i = 0; i < 5; i++) {
                og_value value;
                int64_t number = 0;
                assert_int_equal(og_send(conn, og_int(i), &err), 0);
                if (og_recv(conn, &value, &err) != 1) fail_msg("%s", err.text);
                og_as_int64(value, &number);
                assert_int_equal(number, i + 1);
            }
            if (!datagram) { /* one that has shut down still gets its answer */
                int fd = plain(server);
                plain_send(fd, "7\n", 2);
                shutdown(fd, SHUT_WR);
                plain_expect(fd, "8\n");
                plain_expect_end(fd);
                close(fd);
            }
            /* And one that the server waits for while it stops. */
            assert_int_equal(og_send(conn, og_int(9), &err), 0);
            nap(5);
            finish(server);
            og_close(conn);
        }
    }
}

static og_conn *kept;
static atomic_int keeps;

static void on_message_keep(og_conn *conn, og_value value, void *user)
{
    (void)value;
    (void)user;
    kept = og_conn_keep(conn);
    keeps++;
}

static void a_kept_connection_outlives_its_peer_and_server(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    options.on_message = on_message_keep;
    options.conn.send_timeout_ms = 50;
    keeps = 0;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "[1]", 3);
    wait_for(&keeps, 1);
    close(fd);
    wait_for(&t.closed, 1);
    assert_int_equal(og_send(kept, og_int(1), &err), OG_ECLOSED);
    finish(server);
    assert_int_equal(og_send(kept, og_int(1), &err), OG_ECLOSED);
    assert_non_null(og_conn_peer(kept));
    og_conn_release(kept);
}

/* ---- Stopping --------------------------------------------------------------------------------------------
 */

static void stopping_finishes_what_is_in_hand(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 2, 2);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    og_conn *conn = reach(server, "json", NULL);
    ask(conn, 0);
    t.delay_ms = 100;
    assert_int_equal(og_send(conn, og_int(7), &err), 0);
    wait_for(&t.messages, 2);
    finish(server);
    og_value value;
    assert_int_equal(og_recv(conn, &value, &err), 1);
    assert_int_equal(og_recv(conn, &value, &err), 0);
    og_close(conn);
    assert_int_equal(t.closed, 1);
}

static void stopping_does_not_wait_for_ever(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    options.on_message = on_message_keep;
    options.stop_timeout_ms = 50;
    keeps = 0;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "[1]", 3);
    wait_for(&keeps, 1);
    finish(server);
    assert_int_equal(t.closed, 1);
    og_conn_release(kept);
    close(fd);
    /* One that never ran. */
    server = og_server_new(&options, &err);
    assert_int_equal(og_server_listen(server, "tcp://127.0.0.1:0", &err), 0);
    og_server_free(server);
    /* One stopped before it runs. */
    server = og_server_new(&options, &err);
    assert_int_equal(og_server_run(server, &err), OG_EINVAL);
    assert_int_equal(og_server_listen(server, "tcp://127.0.0.1:0", &err), 0);
    og_server_stop(server);
    assert_int_equal(og_server_run(server, &err), 0);
    og_server_free(server);
}

/* ---- Greeting, disconnecting, shutting down --------------------------------------------------------------
 */

static void on_open_greet(og_conn *conn, void *user)
{
    (void)user;
    og_send(conn, og_str_borrow("welcome", 7), NULL);
    og_disconnect(conn);
}

static void a_greeting_then_goodbye(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 2, 0);
    options.on_open = on_open_greet;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    for (int i = 0; i < 4; i++) {
        int fd = plain(server);
        plain_expect(fd, "\"welcome\"\n");
        plain_expect_end(fd);
        close(fd);
    }
    wait_for(&t.closed, 4);
    assert_int_equal(t.failed, 0);
    finish(server);
}

static void one_message_each_way(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.conn.framing = "eof";
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int fd = plain(server);
        plain_send(fd, "{\"a\"", 4);
        nap(10);
        plain_send(fd, ":1}", 3);
        shutdown(fd, SHUT_WR);
        plain_expect(fd, "{\"a\":1}");
        plain_expect_end(fd);
        close(fd);
        finish(server);
    }
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    og_server_options options = {0};
    assert_null(og_server_new(&options, &err));
    assert_int_equal(err.code, OG_EINVAL);
    options.size = sizeof options;
    options.conn.codec = "xml";
    assert_null(og_server_new(&options, &err));
    assert_int_equal(err.code, OG_ENOTFOUND);
    options.conn.codec = NULL;
    options.threads = -1;
    assert_null(og_server_new(&options, &err));
    options.threads = 0;
    og_server *server = og_server_new(&options, &err);
    assert_non_null(server);
    assert_int_equal(og_server_listen(server, "tcp://127.0.0.1:0?framing=nonsense", &err), OG_ENOTFOUND);
    assert_int_equal(og_server_join(server, &err), OG_EINVAL);
    assert_null(og_server_endpoint(server, 0));
    og_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_kind),
        cmocka_unit_test(tutorial_clients),
        cmocka_unit_test(a_hundred_clients_one_of_them_silent),
        cmocka_unit_test(answers_keep_their_order),
        cmocka_unit_test(datagrams),
        cmocka_unit_test(bad_messages_harm_nobody_else),
        cmocka_unit_test(a_peer_that_never_reads_its_answers),
        cmocka_unit_test(a_peer_that_reads_late),
        cmocka_unit_test(slow_messages_and_idle_peers_are_closed),
        cmocka_unit_test(connections_over_the_limit_wait),
        cmocka_unit_test(a_message_of_a_hundred_megabytes),
        cmocka_unit_test(other_threads_answer),
        cmocka_unit_test(a_kept_connection_outlives_its_peer_and_server),
        cmocka_unit_test(stopping_finishes_what_is_in_hand),
        cmocka_unit_test(stopping_does_not_wait_for_ever),
        cmocka_unit_test(a_greeting_then_goodbye),
        cmocka_unit_test(one_message_each_way),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
