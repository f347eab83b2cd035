/* SPDX-License-Identifier: MIT */
/* What a peer has sent before it resets its connection is handled, though nobody gets the answers. */
#include "server_test.h"

/* ---- A door that the handler of [1] waits at ---- */

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool is_open;
static atomic_int at_door;
static _Atomic(og_conn *) kept;
static int64_t last;
static atomic_int misplaced;

static void set_door(bool open)
{
    pthread_mutex_lock(&door);
    is_open = open;
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&door);
}

static void on_message_wait(og_conn *conn, og_value value, void *user)
{
    int64_t number = 0;
    og_as_int64(og_item(value, 0), &number);
    if (number == 1) kept = og_conn_keep(conn);
    pthread_mutex_lock(&door);
    if (number == 1) at_door++;
    while (number == 1 && !is_open)
        pthread_cond_wait(&opened, &door);
    pthread_mutex_unlock(&door);
    if (number != last + 1) misplaced++;
    last = number;
    on_message(conn, value, user);
}

static void reset(int fd)
{
    struct linger at_once = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

/* ---- What is handled ---- */

typedef struct row {
    const char *framing;
    int count;        /* messages; more than 16 are not all read at first */
    const char *rest; /* and a part of one that never comes whole */
} row;

static const row rows[] = {
    {"line", 1, ""}, {"line", 5, ""}, {"line", 5, "[6"}, {"line", 100, ""}, {"raw", 5, "6"}};

static void send_rows(int fd, const row *r)
{
    char text[4096] = "";
    size_t len = 0;
    for (int i = 1; i <= r->count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "[%d]\n", i);
    plain_send(fd, text, len);
    plain_send(fd, r->rest, strlen(r->rest));
}

/* The server has heard of the reset: nobody can send on the connection any more. */
static void wait_for_the_reset(void)
{
    while (og_conn_usable(kept))
        nap(1);
}

static void check_row(const row *r, const struct way *way, size_t long_message)
{
    tally t;
    og_server_options options = echoing(&t, way->threads, way->workers);
    options.long_message = long_message;
    options.on_message = on_message_wait;
    options.conn.codec = "json";
    options.conn.framing = r->framing;
    is_open = false;
    at_door = misplaced = 0;
    last = 0;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    send_rows(fd, r);
    wait_for(&at_door, 1);
    reset(fd);
    if (way->workers > 0 && long_message == 0 && r->count < 16) wait_for_the_reset();
    set_door(true);
    wait_for(&t.closed, 1);
    og_conn_release(kept);
    finish(server);
    assert_int_equal(t.messages, r->count);
    assert_int_equal(misplaced, 0);
    assert_int_equal(t.refused, 0);
    assert_int_equal(t.failed, 1);
}

static void what_came_before_a_reset_is_handled(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t w = 0; w < WAYS; w++)
            check_row(&rows[i], &ways[w], 0);
}

/* The first message is long enough for the workers, and the others wait for it. */
static void so_it_is_after_a_long_message(void **state)
{
    (void)state;
    static const struct way way = {1, 2};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i], &way, 2);
}

/* A refusal that ends a connection still ends it. */
static void what_comes_after_the_last_refusal_is_not_handled(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 2);
    options.on_message = on_message_wait;
    options.conn.codec = "json";
    options.conn.framing = "raw";
    is_open = false;
    at_door = misplaced = 0;
    last = 0;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    plain_send(fd, "[1][2][x][3]", 12);
    wait_for(&at_door, 1);
    reset(fd);
    set_door(true);
    wait_for(&t.closed, 1);
    og_conn_release(kept);
    finish(server);
    assert_int_equal(t.messages, 2);
    assert_int_equal(t.refused, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_before_a_reset_is_handled),
        cmocka_unit_test(so_it_is_after_a_long_message),
        cmocka_unit_test(what_comes_after_the_last_refusal_is_not_handled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
