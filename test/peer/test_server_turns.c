/* SPDX-License-Identifier: MIT */
/* Whose turn it is: busy peers, long messages and refused ones, and the order of what they are answered. */
#include "server_test.h"

static og_error err;

/* A server that listens but does not serve yet: what its clients send waits for it. */
static og_server *prepare(const og_server_options *options)
{
    og_server *server = og_server_new(options, &err);
    if (!server) fail_msg("%s", err.text);
    if (og_server_listen(server, "tcp://127.0.0.1:0", &err) < 0) fail_msg("%s", err.text);
    return server;
}

/* ---- One that sends much ---- */

enum { MANY = 20000 };

static atomic_int handled;
static atomic_int others_turn; /* how many messages were handled before the other client's one */

static void on_message_count(og_conn *conn, og_value value, void *user)
{
    int64_t number = 0;
    (void)conn;
    (void)user;
    og_as_int64(value, &number);
    if (number == -2) others_turn = handled;
    handled++;
}

static void one_that_sends_much_does_not_hold_the_others_up(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    options.on_message = on_message_count;
    handled = others_turn = 0;
    og_server *server = prepare(&options);
    int busy = plain(server);
    char *lines = malloc(2 * MANY);
    for (int i = 0; i < MANY; i++)
        memcpy(lines + 2 * i, "1\n", 2);
    plain_send(busy, lines, 2 * MANY);
    free(lines);
    int other = plain(server);
    plain_send(other, "-2\n", 3);
    assert_int_equal(og_server_start(server, &err), 0);
    wait_for(&handled, MANY + 1);
    assert_true(others_turn < MANY);
    close(busy);
    close(other);
    finish(server);
}

/* ---- Many that send much ---- */

enum { CROWD = 20 };

/* What each of them sends, and when another client comes. */
typedef struct crowd {
    size_t len;  /* of a message, its line feed not counted */
    bool fits;   /* all of one waits with the system before the server starts */
    int each;    /* messages of one */
    int takes;   /* milliseconds, each message */
    int call_at; /* messages that were handled before the other client comes; all have had a turn then */
    int soon;    /* fewer messages than this may be handled before its one: less than one round of all */
} crowd;

static const crowd *present;
static og_server *called;
static int caller = -1;

/* From the loop's thread, so that it is known what was handled before the other client came. */
static void on_message_call(og_conn *conn, og_value value, void *user)
{
    nap(present->takes);
    on_message_count(conn, value, user);
    if (handled != present->call_at) return;
    caller = plain(called);
    plain_send(caller, "-2\n", 3);
}

static void *send_all(void *arg)
{
    const int *fd = arg;
    size_t size = present->len + 1;
    size_t each = (size_t)present->each;
    char *text = malloc(each * size);
    memset(text, '1', each * size);
    for (size_t i = 0; i < each; i++) {
        char *message = text + i * size;
        if (size > 2) message[0] = message[size - 2] = '"';
        message[size - 1] = '\n';
    }
    plain_send(*fd, text, each * size);
    free(text);
    return NULL;
}

static void join(const pthread_t *senders)
{
    for (int i = 0; i < CROWD; i++)
        pthread_join(senders[i], NULL);
}

/* Who comes while many wait for their next turn waits for a few of them, not for all. */
static void check_crowd(const crowd *who)
{
    tally t;
    og_server_options options = echoing(&t, 1, 0);
    options.on_message = on_message_call;
    handled = others_turn = 0;
    present = who;
    called = prepare(&options);
    int fds[CROWD];
    pthread_t senders[CROWD];
    for (int i = 0; i < CROWD; i++) {
        fds[i] = plain(called);
        pthread_create(&senders[i], NULL, send_all, &fds[i]);
    }
    if (who->fits) join(senders);
    assert_int_equal(og_server_start(called, &err), 0);
    wait_for(&handled, CROWD * who->each + 1);
    assert_true(others_turn >= who->call_at);
    assert_true(others_turn < who->call_at + who->soon);
    if (!who->fits) join(senders);
    for (int i = 0; i < CROWD; i++)
        close(fds[i]);
    close(caller);
    finish(called);
}

static void many_that_send_much_do_not_hold_a_new_one_up(void **state)
{
    const crowd short_ones = {.len = 1, .fits = true, .each = 100, .takes = 1, .call_at = 700, .soon = 320};
    (void)state;
    check_crowd(&short_ones);
}

/* Each of them is a turn. */
static void many_long_messages_do_not_hold_a_new_one_up(void **state)
{
    const crowd long_ones = {.len = 40000, .each = 6, .takes = 4, .call_at = 3 * CROWD, .soon = CROWD};
    (void)state;
    check_crowd(&long_ones);
}

/* ---- A long message ---- */

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;

static void on_message_slow_if_long(og_conn *conn, og_value value, void *user)
{
    if (og_len(value) > 100) {
        pthread_mutex_lock(&door);
        pthread_mutex_unlock(&door);
        value = og_str_borrow("long", 4);
    }
    on_message(conn, value, user);
}

/* A long message is handled on a worker: other connections are answered meanwhile, and what its own
 * connection sent after it is answered after it. */
static void a_long_message_holds_nobody_up(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 1);
    options.on_message = on_message_slow_if_long;
    options.long_message = 200;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    char text[302];
    memset(text, 'x', sizeof text);
    text[0] = text[299] = '"';
    text[300] = '\n';
    pthread_mutex_lock(&door);
    int slow = plain(server);
    plain_send(slow, text, 301);
    plain_send(slow, "[1]\n", 4);
    og_conn *other = reach(server, "json", NULL);
    for (int i = 0; i < 20; i++)
        ask(other, i);
    assert_int_equal(t.messages, 20);
    pthread_mutex_unlock(&door);
    plain_expect(slow, "\"long\"\n[1]\n");
    close(slow);
    og_close(other);
    finish(server);
}

/* Datagrams have no connection, but what one sender sends is handled in order all the same. */
static void datagrams_of_one_sender_stay_in_order(void **state)
{
    (void)state;
    for (size_t least = 0; least <= 200; least += 200) { /* all go to the workers, or long ones only */
        tally t;
        og_server_options options = echoing(&t, 1, 4);
        options.on_message = on_message_slow_if_long;
        options.long_message = least;
        og_server *server = start(&options, "udp://127.0.0.1:0");
        char text[300];
        memset(text, 'x', sizeof text);
        pthread_mutex_lock(&door);
        og_conn *slow = reach(server, "json", NULL);
        og_conn *other = reach(server, "json", NULL);
        assert_int_equal(og_send(slow, og_str_borrow(text, sizeof text), &err), 0);
        for (int i = 0; i < 20; i++)
            assert_int_equal(og_send(slow, og_int(i), &err), 0);
        for (int i = 0; i < 20; i++)
            ask(other, i);
        assert_int_equal(t.messages, 20);
        pthread_mutex_unlock(&door);
        og_value value;
        assert_int_equal(og_recv(slow, &value, &err), 1);
        assert_true(og_equal(value, og_str_borrow("long", 4)));
        for (int i = 0; i < 20; i++) {
            int64_t number = -1;
            assert_int_equal(og_recv(slow, &value, &err), 1);
            assert_int_equal(og_as_int64(value, &number), OG_OK);
            assert_int_equal(number, i);
        }
        og_close(slow);
        og_close(other);
        finish(server);
    }
}

/* ---- Refused messages ---- */

static atomic_int inside;   /* handlers running */
static atomic_int together; /* how often two were */

static void on_message_alone(og_conn *conn, og_value value, void *user)
{
    if (inside++ > 0) together++;
    nap(1);
    inside--;
    on_message(conn, value, user);
}

static void on_refuse_alone(og_conn *conn, const og_error *why, bool closing, void *user)
{
    tally *t = user;
    (void)why;
    if (inside++ > 0) together++;
    nap(5);
    t->refused++;
    if (closing) t->closings++;
    og_send(conn, og_str_borrow("no", 2), NULL);
    inside--;
}

static void a_refusal_keeps_its_place(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.on_message = on_message_alone;
        options.on_refuse = on_refuse_alone;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        together = 0;
        int fd = plain(server);
        for (int i = 0; i < 20; i++) {
            plain_send(fd, "[1]\n[x]\n[2]\n[y]\n[3]\n", 20);
            plain_expect(fd, "[1]\n\"no\"\n[2]\n\"no\"\n[3]\n");
        }
        assert_int_equal(together, 0);
        close(fd);
        finish(server);
        assert_int_equal(t.closings, 0);
    }
}

/* In a stream without a framing nothing after a refused message can be trusted. */
static void nothing_is_handled_after_the_last_refusal(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        options.on_refuse = on_refuse_alone;
        options.conn.codec = "json";
        options.conn.framing = "raw";
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int fd = plain(server);
        plain_send(fd, "[1][x][2][3]", 12);
        plain_expect(fd, "[1]\"no\"");
        plain_expect_end(fd);
        close(fd);
        wait_for(&t.closed, 1);
        assert_int_equal(t.messages, 1);
        assert_int_equal(t.refused, 1);
        assert_int_equal(t.closings, 1);
        finish(server);
    }
}

/* ---- Asking what is spoken ---- */

static void on_message_framing(og_conn *conn, og_value value, void *user)
{
    char text[40];
    if (strcmp(og_conn_codec(conn), "json") != 0 || !*og_conn_framing(conn, text, sizeof text)) return;
    on_message(conn, value, user);
}

/* While the loop still finds it out: for the thread sanitizer. */
static void a_handler_asks_what_is_spoken(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 3);
    options.on_message = on_message_framing;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    for (int i = 0; i < 50; i++) {
        int fd = plain(server);
        plain_send(fd, "[1]", 3);
        plain_expect(fd, "[1]");
        plain_send(fd, "\n[2]\n", 5);
        plain_expect(fd, "\n[2]\n");
        close(fd);
    }
    finish(server);
    assert_int_equal(t.messages, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_sends_much_does_not_hold_the_others_up),
        cmocka_unit_test(many_that_send_much_do_not_hold_a_new_one_up),
        cmocka_unit_test(many_long_messages_do_not_hold_a_new_one_up),
        cmocka_unit_test(a_long_message_holds_nobody_up),
        cmocka_unit_test(datagrams_of_one_sender_stay_in_order),
        cmocka_unit_test(a_refusal_keeps_its_place),
        cmocka_unit_test(nothing_is_handled_after_the_last_refusal),
        cmocka_unit_test(a_handler_asks_what_is_spoken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
