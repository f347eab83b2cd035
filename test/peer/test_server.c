/* SPDX-License-Identifier: MIT */
/* The server on loops, with and without workers: speaking, answering, starting and stopping. */
#include "server_test.h"

static og_error err;

/* ---- Speaking ---- */

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

/* ---- Answers from other threads ---- */

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
    keeps = 0;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "[1]", 3);
    wait_for(&keeps, 1);
    struct linger hard = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    while (t.closed == 0) {
        og_send(kept, og_int(1), &err);
        nap(1);
    }
    assert_int_equal(og_send(kept, og_int(1), &err), OG_ECLOSED);
    finish(server);
    assert_int_equal(og_send(kept, og_int(1), &err), OG_ECLOSED);
    assert_non_null(og_conn_peer(kept));
    og_conn_release(kept);
}

/* ---- Stopping ---- */

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

/* ---- Greeting, disconnecting, shutting down ---- */

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

static pthread_barrier_t together;

/* Returns when as many messages are in hand as the test has clients. */
static void on_message_together(og_conn *conn, og_value value, void *user)
{
    pthread_barrier_wait(&together);
    on_message(conn, value, user);
}

static void threads_are_added_while_all_are_busy(void **state)
{
    (void)state;
    enum { CLIENTS = 20 };
    tally t;
    og_server_options options = echoing(&t, 1, 2);
    options.more_workers = CLIENTS - 2;
    options.on_message = on_message_together;
    assert_int_equal(pthread_barrier_init(&together, NULL, CLIENTS), 0);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = plain(server);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < CLIENTS; i++)
            plain_send(fds[i], "[1]\n", 4);
        for (int i = 0; i < CLIENTS; i++)
            plain_expect(fds[i], "[1]\n");
    }
    for (int i = 0; i < CLIENTS; i++)
        close(fds[i]);
    finish(server);
    pthread_barrier_destroy(&together);
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
    options.more_workers = 1;
    assert_null(og_server_new(&options, &err));
    options.more_workers = 0;
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
        cmocka_unit_test(other_threads_answer),
        cmocka_unit_test(a_kept_connection_outlives_its_peer_and_server),
        cmocka_unit_test(stopping_finishes_what_is_in_hand),
        cmocka_unit_test(stopping_does_not_wait_for_ever),
        cmocka_unit_test(a_greeting_then_goodbye),
        cmocka_unit_test(one_message_each_way),
        cmocka_unit_test(threads_are_added_while_all_are_busy),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
