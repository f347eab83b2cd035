/* SPDX-License-Identifier: MIT */
/* The order of what one connection's messages are answered, refused ones included, while handlers wait. */
#include "server_test.h"

static og_error err;

/* ---- A door that handlers wait at ---- */

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool is_open;
static atomic_int at_door;

static void set_door(bool open)
{
    pthread_mutex_lock(&door);
    is_open = open;
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&door);
    if (!open) at_door = 0;
}

/* The handler of [1] waits. */
static void on_message_wait(og_conn *conn, og_value value, void *user)
{
    int64_t number = 0;
    og_as_int64(og_item(value, 0), &number);
    pthread_mutex_lock(&door);
    if (number == 1) at_door++;
    while (number == 1 && !is_open)
        pthread_cond_wait(&opened, &door);
    pthread_mutex_unlock(&door);
    on_message(conn, value, user);
}

static void on_refuse_no(og_conn *conn, const og_error *why, bool closing, void *user)
{
    tally *t = user;
    (void)why;
    og_send(conn, og_str_borrow("no", 2), NULL);
    if (closing) t->closings++;
    t->refused++;
}

/* ---- Streams ---- */

typedef struct row {
    const char *framing;
    const char *first; /* [1], which waits */
    const char *bad;   /* what is refused */
    const char *after; /* NULL: nothing, as the connection ends */
    const char *no;    /* the answer to what is refused */
    int64_t timeout_ms;
} row;

static const row rows[] = {
    /* The length is over the limit; a length that is none; the rest does not come in time. */
    {"netstring", "3:[1],", "99:", NULL, "4:\"no\",", 0},
    {"netstring", "3:[1],", "x", NULL, "4:\"no\",", 0},
    {"netstring", "3:[1],", "9:[", NULL, "4:\"no\",", 100},
    /* The worker refuses it. */
    {"netstring", "3:[1],", "3:[x],", "3:[3],", "4:\"no\",", 0},
    {"line", "[1]\n", "[x]\n", "[3]\n", "\"no\"\n", 0},
    {"raw", "[1]", "[x]", NULL, "\"no\"", 0},
    /* The codec's scanner does. */
    {"raw", "[1]", "]", NULL, "\"no\"", 0},
    /* No line's end within the limit. */
    {"line", "[1]\n", "[222222222222222222222222222222222222222222222222222222222222", NULL, "\"no\"\n", 0},
};

static og_server_options waiting(tally *t, const char *framing, int workers)
{
    og_server_options options = echoing(t, 1, workers);
    options.on_message = on_message_wait;
    options.on_refuse = on_refuse_no;
    options.conn.codec = "json";
    options.conn.framing = framing;
    options.conn.max_message = 50;
    return options;
}

static void send_text(int fd, const char *text)
{
    plain_send(fd, text, strlen(text));
}

/* One client's first message waits when what follows is refused. Another client, whose turn comes after that,
 * is refused meanwhile. */
static void check_row(const row *r)
{
    tally t;
    og_server_options options = waiting(&t, r->framing, 2);
    options.message_timeout_ms = r->timeout_ms;
    set_door(false);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    send_text(fd, r->first);
    send_text(fd, r->bad);
    if (r->after) send_text(fd, r->after);
    wait_for(&at_door, 1);
    int witness = plain(server);
    send_text(witness, r->bad);
    plain_expect(witness, r->no);
    wait_for(&t.refused, 1);
    assert_int_equal(t.refused, 1);
    assert_int_equal(t.messages, 0);
    set_door(true);
    plain_expect(fd, r->first);
    plain_expect(fd, r->no);
    if (r->after)
        plain_expect(fd, r->after);
    else
        plain_expect_end(fd);
    close(fd);
    close(witness);
    wait_for(&t.closed, 2);
    assert_int_equal(t.refused, 2);
    assert_int_equal(t.closings, r->after ? 0 : 2);
    assert_int_equal(t.failed, r->after ? 0 : 2);
    finish(server);
}

static void what_is_refused_waits_for_what_came_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
}

/* ---- Datagrams ---- */

static int datagram_socket(const og_server *server)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)atoi(strrchr(og_server_endpoint(server, 0), ':') + 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    struct timeval limit = {120, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

/* One datagram may hold several messages, the last of them bad. */
static void so_it_does_within_a_datagram(void **state)
{
    (void)state;
    static const char *const bad[] = {"3:[x],", "99:"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tally t;
        char text[40];
        og_server_options options = waiting(&t, "netstring", 2);
        options.max_amplification = 10; /* each of its messages is answered by a datagram */
        set_door(false);
        og_server *server = start(&options, "udp://127.0.0.1:0");
        int fd = datagram_socket(server);
        snprintf(text, sizeof text, "3:[1],3:[x],3:[3],%s", bad[i]);
        send_text(fd, text);
        wait_for(&at_door, 1);
        int witness = datagram_socket(server);
        send_text(witness, bad[i]);
        plain_expect(witness, "4:\"no\",");
        assert_int_equal(t.messages, 0);
        set_door(true);
        plain_expect(fd, "3:[1],");
        plain_expect(fd, "4:\"no\",");
        plain_expect(fd, "3:[3],");
        plain_expect(fd, "4:\"no\",");
        close(fd);
        close(witness);
        finish(server);
        assert_int_equal(t.refused, 3);
    }
}

/* ---- Answers that come later ---- */

static _Atomic(og_conn *) kept;

static void on_message_keep(og_conn *conn, og_value value, void *user)
{
    (void)value;
    (void)user;
    kept = og_conn_keep(conn);
}

/* Whoever keeps a connection can still answer what came before the refused message that ends it. */
static void who_keeps_a_connection_answers_before_its_end(void **state)
{
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = waiting(&t, "raw", ways[w].workers);
        options.threads = ways[w].threads;
        options.on_message = on_message_keep;
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int fd = plain(server);
        send_text(fd, "[1][x]");
        plain_expect(fd, "\"no\"");
        wait_for(&t.refused, 1);
        og_conn *conn = kept;
        if (og_send(conn, og_str_borrow("late", 4), &err) < 0) fail_msg("%s", err.text);
        og_conn_release(conn);
        plain_expect(fd, "\"late\"");
        plain_expect_end(fd);
        close(fd);
        wait_for(&t.closed, 1);
        assert_int_equal(t.failed, 1);
        finish(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused_waits_for_what_came_before),
        cmocka_unit_test(so_it_does_within_a_datagram),
        cmocka_unit_test(who_keeps_a_connection_answers_before_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
