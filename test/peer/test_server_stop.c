/* SPDX-License-Identifier: MIT */
/* Stopping a server: from a signal handler, and while a handler does not return. */
#include "server_test.h"

#include <signal.h>

static og_error err;

static og_server *stopped_by_signal;

static void on_sigterm(int number)
{
    (void)number;
    og_server_stop(stopped_by_signal);
}

/* Asks, then ends the process as an operator would. */
static void *ask_then_terminate(void *arg)
{
    og_conn *conn = reach(arg, "json", NULL);
    for (int i = 0; i < 10; i++)
        ask(conn, i);
    kill(getpid(), SIGTERM);
    og_value value;
    assert_int_equal(og_recv(conn, &value, &err), 0);
    og_close(conn);
    return NULL;
}

static void sigterm_stops_a_server_in_the_foreground(void **state)
{
    (void)state;
    struct sigaction before;
    struct sigaction ours = {.sa_handler = on_sigterm};
    sigaction(SIGTERM, &ours, &before);
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        og_server *server = og_server_new(&options, &err);
        stopped_by_signal = server;
        assert_int_equal(og_server_listen(server, "tcp://127.0.0.1:0", &err), 0);
        pthread_t client;
        pthread_create(&client, NULL, ask_then_terminate, server);
        assert_int_equal(og_server_run(server, &err), 0);
        pthread_join(client, NULL);
        assert_int_equal(t.messages, 10);
        assert_int_equal(t.closed, 1);
        assert_int_equal(t.failed, 0);
        og_server_free(server);
    }
    sigaction(SIGTERM, &before, NULL);
}

/* ---- A handler that does not return ---- */

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static atomic_int inside;
static atomic_int told_of;

static void on_message_stuck(og_conn *conn, og_value value, void *user)
{
    (void)conn;
    (void)value;
    (void)user;
    inside++;
    pthread_mutex_lock(&door);
    pthread_mutex_unlock(&door);
}

static void on_log_waiting(og_log_level level, const og_conn *conn, const char *text, void *user)
{
    (void)user;
    if (level == OG_LOG_WARNING && conn && strstr(text, "has not returned")) told_of = (int)og_conn_id(conn);
}

static void a_handler_that_does_not_return_is_named(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 2);
    options.on_message = on_message_stuck;
    options.on_log = on_log_waiting;
    options.stop_timeout_ms = 50;
    inside = told_of = 0;
    pthread_mutex_lock(&door);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int idle = plain(server);
    wait_for(&t.opened, 1);
    int fd = plain(server);
    plain_send(fd, "[1]\n", 4);
    wait_for(&inside, 1);
    og_server_stop(server);
    wait_for(&told_of, 2); /* the second connection's number */
    plain_expect_end(fd);  /* its peer need not wait */
    pthread_mutex_unlock(&door);
    finish(server);
    assert_int_equal(t.closed, 2);
    close(fd);
    close(idle);
}

/* ---- What was sent before the stop, and while it goes on ---- */

static void what_was_sent_before_the_stop_is_answered(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        og_server *server = og_server_new(&options, &err);
        assert_int_equal(og_server_listen(server, "tcp://127.0.0.1:0", &err), 0);
        int fd = plain(server);
        for (int i = 0; i < COUNT; i++)
            plain_send(fd, "[1]\n", 4);
        assert_int_equal(og_server_start(server, &err), 0);
        og_server_stop(server);
        for (int i = 0; i < COUNT; i++)
            plain_expect(fd, "[1]\n");
        plain_expect_end(fd);
        close(fd);
        finish(server);
        assert_int_equal(t.messages, COUNT);
        assert_int_equal(t.failed, 0);
    }
}

static void *send_for_ever(void *arg)
{
    const int *fd = arg;
    while (send(*fd, "[1]\n", 4, MSG_NOSIGNAL) == 4)
        continue;
    return NULL;
}

/* However much a client goes on sending: what was taken is answered, and the client can read the answers. */
static void one_that_does_not_stop_sending_loses_no_answer(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.stop_timeout_ms = 200;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int fd = plain(server);
        pthread_t sender;
        pthread_create(&sender, NULL, send_for_ever, &fd);
        char got[65536];
        size_t answered = 0;
        ssize_t n;
        bool stopped = false;
        while ((n = recv(fd, got, sizeof got, 0)) > 0) {
            answered += (size_t)n;
            if (answered > 100000 && !stopped) {
                og_server_stop(server);
                stopped = true;
            }
        }
        assert_int_equal(n, 0);
        shutdown(fd, SHUT_RDWR);
        pthread_join(sender, NULL);
        close(fd);
        finish(server);
        assert_int_equal(answered, 4 * t.messages);
        assert_int_equal(t.failed, 0);
    }
}

/* ---- A slow answer ---- */

static void on_message_at_the_door(og_conn *conn, og_value value, void *user)
{
    inside++;
    pthread_mutex_lock(&door);
    pthread_mutex_unlock(&door);
    on_message(conn, value, user);
}

/* The limit for sending begins with the answer, not with the question. */
static void one_that_has_shut_down_waits_for_a_slow_answer(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 1);
    options.on_message = on_message_at_the_door;
    options.conn.send_timeout_ms = 20;
    inside = 0;
    pthread_mutex_lock(&door);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "[1]\n", 4);
    shutdown(fd, SHUT_WR);
    wait_for(&inside, 1);
    nap(200);
    pthread_mutex_unlock(&door);
    plain_expect(fd, "[1]\n");
    plain_expect_end(fd);
    close(fd);
    finish(server);
    assert_int_equal(t.failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigterm_stops_a_server_in_the_foreground),
        cmocka_unit_test(a_handler_that_does_not_return_is_named),
        cmocka_unit_test(what_was_sent_before_the_stop_is_answered),
        cmocka_unit_test(one_that_does_not_stop_sending_loses_no_answer),
        cmocka_unit_test(one_that_has_shut_down_waits_for_a_slow_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
