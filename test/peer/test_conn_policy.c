/* SPDX-License-Identifier: MIT */
/* A policy on real connections: what it refuses does not reach the program, whatever serves it. */
#include "server_test.h"

static og_error err;

static const char allowed[] = "\x80\x02"
                              "ccollections\nOrderedDict\n)R.";
static const char denied[] = "\x80\x02(K\x01"
                             "cos\nsystem\nU\x02id\x85Rl.";
static const char unknown[] = "\x80\x02("
                              "cshop\nOrder\n)\x81l.";

/* Errors tell the position in the stream, their texts that in the pickle. */
enum {
    HEAD = 4,
    FIRST = HEAD + sizeof allowed - 1,
    SECOND = HEAD + sizeof denied - 1,
    DENIED_AT = 5,
    UNKNOWN_AT = 3
};

static og_policy *make_policy(void)
{
    static const char text[] = "include plain-data\ndeny os.*\n";
    og_policy *policy = og_policy_new(NULL);
    assert_int_equal(og_policy_parse(policy, text, sizeof text - 1, &err), OG_OK);
    return policy;
}

static og_conn_options by_policy(const og_policy *policy, bool inert)
{
    return (og_conn_options){.size = sizeof(og_conn_options),
                             .codec = "pickle",
                             .framing = "u32be",
                             .policy = policy,
                             .policy_inert = inert,
                             .recv_timeout_ms = 120000};
}

/* The bytes after their length. */
static void send_framed(int fd, const char *bytes, size_t len)
{
    uint8_t head[4] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};
    plain_send(fd, head, sizeof head);
    plain_send(fd, bytes, len);
}

#define SEND_FRAMED(fd, literal) send_framed(fd, literal, sizeof(literal) - 1)

/* A blocking connection and the socket at its other end. */
static og_conn *accept_one(const og_conn_options *options, int *fd)
{
    og_listener *listener = og_listen("tcp://127.0.0.1:0", options, &err);
    if (!listener) fail_msg("%s", err.text);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)atoi(strrchr(og_listener_endpoint(listener), ':') + 1));
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(*fd, (struct sockaddr *)&to, sizeof to), 0);
    og_conn *conn = og_accept(listener, 120000, &err);
    if (!conn) fail_msg("%s", err.text);
    og_listener_close(listener);
    return conn;
}

static void a_framed_connection_goes_on(void **state)
{
    (void)state;
    int fd;
    og_value value;
    og_policy *policy = make_policy();
    og_conn_options options = by_policy(policy, false);
    og_conn *conn = accept_one(&options, &fd);
    SEND_FRAMED(fd, allowed);
    SEND_FRAMED(fd, denied);
    SEND_FRAMED(fd, unknown);
    SEND_FRAMED(fd, "N");    /* not whole */
    SEND_FRAMED(fd, "N.N."); /* two, where one is expected */
    SEND_FRAMED(fd, allowed);
    assert_int_equal(og_recv(conn, &value, &err), 1);
    assert_int_equal(og_recv(conn, &value, &err), OG_EPOLICY);
    assert_int_equal(err.position, FIRST + HEAD + DENIED_AT);
    assert_string_equal(err.text, "opcode GLOBAL: names os.system, which the policy does not allow");
    assert_true(og_conn_usable(conn));
    assert_int_equal(og_recv(conn, &value, &err), OG_EPOLICY);
    assert_int_equal(err.position, FIRST + SECOND + HEAD + UNKNOWN_AT);
    assert_non_null(strstr(err.text, "shop.Order"));
    assert_int_equal(og_recv(conn, &value, &err), OG_ETRUNCATED);
    assert_int_equal(og_recv(conn, &value, &err), OG_ETRAILING);
    assert_int_equal(og_recv(conn, &value, &err), 1);
    assert_true(og_class_is(og_object_class(value), "collections", "OrderedDict"));
    og_close(conn);
    close(fd);
    og_policy_free(policy);
}

/* Without a framing nobody knows where the next message starts once one was refused. */
static void a_raw_connection_ends(void **state)
{
    (void)state;
    int fd;
    og_value value;
    og_policy *policy = make_policy();
    og_conn_options options = by_policy(policy, false);
    options.framing = "raw";
    og_conn *conn = accept_one(&options, &fd);
    plain_send(fd, allowed, sizeof allowed - 1);
    plain_send(fd, denied, sizeof denied - 1);
    plain_send(fd, allowed, sizeof allowed - 1);
    assert_int_equal(og_recv(conn, &value, &err), 1);
    assert_int_equal(og_recv(conn, &value, &err), OG_EPOLICY);
    assert_false(og_conn_usable(conn));
    assert_true(og_recv(conn, &value, &err) < 0);
    og_close(conn);
    close(fd);
    og_policy_free(policy);
}

static void inert_lets_pass_what_no_row_names(void **state)
{
    (void)state;
    int fd;
    og_value value;
    og_policy *policy = make_policy();
    og_conn_options options = by_policy(policy, true);
    og_conn *conn = accept_one(&options, &fd);
    SEND_FRAMED(fd, unknown);
    SEND_FRAMED(fd, denied);
    SEND_FRAMED(fd, allowed);
    assert_int_equal(og_recv(conn, &value, &err), 1);
    assert_true(og_class_is(og_object_class(og_item(value, 0)), "shop", "Order"));
    assert_int_equal(og_recv(conn, &value, &err), OG_EPOLICY);
    assert_int_equal(og_recv(conn, &value, &err), 1);
    og_close(conn);
    close(fd);
    og_policy_free(policy);
}

/* What is detected is checked like what was told. */
static void detection_changes_nothing(void **state)
{
    (void)state;
    int fd;
    og_value value;
    og_policy *policy = make_policy();
    og_conn_options options = by_policy(policy, false);
    options.codec = options.framing = NULL;
    og_conn *conn = accept_one(&options, &fd);
    SEND_FRAMED(fd, denied);
    shutdown(fd, SHUT_WR);
    assert_int_equal(og_recv(conn, &value, &err), OG_EPOLICY);
    og_close(conn);
    close(fd);
    og_policy_free(policy);
}

static void a_server_hands_nothing_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        tally t;
        og_policy *policy = make_policy();
        og_server_options options = echoing(&t, ways[i].threads, ways[i].workers);
        options.conn = by_policy(policy, false);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int fd = plain(server);
        SEND_FRAMED(fd, denied);
        wait_for(&t.refused, 1);
        assert_int_equal(t.messages, 0);
        assert_int_equal(t.refused_at, HEAD + DENIED_AT);
        assert_int_equal(t.closings, 0);
        SEND_FRAMED(fd, allowed);
        wait_for(&t.messages, 1);
        close(fd);
        finish(server);
        assert_int_equal(t.refused, 1);
        og_policy_free(policy);
    }
}

static og_policy *policy_of(const char *text)
{
    og_policy *policy = og_policy_new(NULL);
    assert_int_equal(og_policy_parse(policy, text, strlen(text), &err), OG_OK);
    return policy;
}

/* On a connection that is open: what was refused is handed on, and what was handed on is refused. */
static void a_policy_is_replaced_under_a_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        tally t;
        og_policy *policy = make_policy();
        og_server_options options = echoing(&t, ways[i].threads, ways[i].workers);
        options.conn = by_policy(policy, false);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        int fd = plain(server);
        SEND_FRAMED(fd, denied);
        wait_for(&t.refused, 1);
        og_policy_replace(policy, policy_of("allow-unsafe os.system\nallow-unsafe posix.system\nlenient\n"));
        SEND_FRAMED(fd, denied);
        wait_for(&t.messages, 1);
        og_policy_replace(policy, policy_of(""));
        SEND_FRAMED(fd, denied);
        wait_for(&t.refused, 2);
        close(fd);
        finish(server);
        assert_int_equal(t.messages, 1);
        og_policy_free(policy);
    }
}

/* While messages are being read by it, on loops and workers. */
static void a_policy_is_replaced_under_load(void **state)
{
    (void)state;
    enum { CLIENTS = 3, ROUNDS = 200 };
    for (size_t i = 0; i < WAYS; i++) {
        tally t;
        int fds[CLIENTS];
        og_policy *policy = make_policy();
        og_server_options options = echoing(&t, ways[i].threads, ways[i].workers);
        options.conn = by_policy(policy, false);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        for (int c = 0; c < CLIENTS; c++)
            fds[c] = plain(server);
        for (int round = 0; round < ROUNDS; round++) {
            for (int c = 0; c < CLIENTS; c++)
                SEND_FRAMED(fds[c], denied);
            og_policy_replace(policy, round % 2 ? make_policy() : policy_of("nested 8\n"));
        }
        wait_for(&t.refused, CLIENTS * ROUNDS);
        for (int c = 0; c < CLIENTS; c++)
            close(fds[c]);
        finish(server);
        assert_int_equal(t.messages, 0);
        og_policy_free(policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_framed_connection_goes_on),
        cmocka_unit_test(a_raw_connection_ends),
        cmocka_unit_test(inert_lets_pass_what_no_row_names),
        cmocka_unit_test(detection_changes_nothing),
        cmocka_unit_test(a_server_hands_nothing_on),
        cmocka_unit_test(a_policy_is_replaced_under_a_connection),
        cmocka_unit_test(a_policy_is_replaced_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
