/* SPDX-License-Identifier: MIT */
/* Blocking clients against blocking listeners, and against peers that know nothing of us. */
#include <onggi/peer.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static og_error err;

static og_conn_options speaking(const char *codec, const char *framing)
{
    return (og_conn_options){.size = sizeof(og_conn_options), .codec = codec, .framing = framing};
}

/* A server with a thread per client: echoes until the client ends. */
static void *echo(void *arg)
{
    og_conn *conn = arg;
    og_value value;
    og_error why;
    while (og_recv(conn, &value, &why) > 0)
        if (og_send(conn, value, &why) < 0) break;
    og_close(conn);
    return NULL;
}

static void *accept_all(void *arg)
{
    og_listener *listener = arg;
    og_error why;
    og_conn *conn;
    while ((conn = og_accept(listener, OG_FOREVER, &why)) != NULL) {
        pthread_t thread;
        pthread_create(&thread, NULL, echo, conn);
        pthread_detach(thread);
    }
    return NULL;
}

typedef struct server {
    og_listener *listener;
    pthread_t thread;
} server;

static server serve(const char *endpoint)
{
    server s;
    s.listener = og_listen(endpoint, NULL, &err);
    if (!s.listener) fail_msg("%s", err.text);
    pthread_create(&s.thread, NULL, accept_all, s.listener);
    return s;
}

static void stop(server *s)
{
    og_listener_interrupt(s->listener);
    pthread_join(s->thread, NULL);
    og_listener_close(s->listener);
}

static og_conn *reach(const char *endpoint, const char *codec, const char *framing)
{
    og_conn_options options = speaking(codec, framing);
    options.recv_timeout_ms = 120000;
    og_conn *conn = og_connect(endpoint, &options, &err);
    if (!conn) fail_msg("%s: %s", endpoint, err.text);
    return conn;
}

static void ask(og_conn *conn)
{
    og_doc *doc = og_doc_new(NULL);
    og_value question = og_pack(doc, &err, "{s:s, s:i}", "name", "John", "age", 30);
    og_value answer;
    for (int i = 0; i < 3; i++) {
        if (og_send(conn, question, &err) < 0) fail_msg("%s", err.text);
        if (og_recv(conn, &answer, &err) != 1) fail_msg("%s", err.text);
        assert_int_equal(og_equal(question, answer), 1);
    }
    og_doc_free(doc);
}

/* Greets, and answers each message with an acknowledgement and with what came, in one packet each time; what
 * arrives as a string is answered once more. */
static void *greet_and_answer_twice(void *arg)
{
    og_error why;
    og_conn *conn = og_accept(arg, OG_FOREVER, &why);
    og_value value;
    og_send(conn, og_str_borrow("hello", 5), &why);
    while (og_recv(conn, &value, &why) > 0) {
        og_send(conn, og_str_borrow("ok", 2), &why);
        og_send(conn, value, &why);
        if (og_kind_of(value) == OG_STR) og_send(conn, value, &why);
    }
    og_close(conn);
    return NULL;
}

static void greetings_and_acknowledgements_are_passed_over(void **state)
{
    (void)state;
    og_listener *listener = og_listen("tcp://127.0.0.1:0", NULL, &err);
    pthread_t thread;
    pthread_create(&thread, NULL, greet_and_answer_twice, listener);
    og_conn_options options = speaking("json", "line");
    options.recv_timeout_ms = 120000;
    options.skip = 1;
    options.answers = 2;
    og_conn *conn = og_connect(og_listener_endpoint(listener), &options, &err);
    if (!conn) fail_msg("%s", err.text);
    og_value answer;
    int64_t number;
    for (int i = 1; i <= 3; i++) {
        if (og_call(conn, og_int(i), &answer, &err) != OG_OK) fail_msg("%s", err.text);
        assert_int_equal(og_as_int64(answer, &number), OG_OK);
        assert_int_equal(number, i);
    }
    /* One answer too many: nothing is sent until it has been taken. */
    assert_int_equal(og_poll(conn, 0, &err), 0);
    assert_int_equal(og_call(conn, og_str_borrow("x", 1), &answer, &err), OG_OK);
    assert_int_equal(og_poll(conn, OG_FOREVER, &err), 1);
    assert_int_equal(og_poll(conn, 0, &err), 1);
    assert_int_equal(og_call(conn, og_int(4), &answer, &err), OG_ETRAILING);
    assert_int_equal(og_recv(conn, &answer, &err), 1);
    assert_true(og_str_is(answer, "x"));
    assert_int_equal(og_call(conn, og_int(5), &answer, &err), OG_OK);
    assert_int_equal(og_as_int64(answer, &number), OG_OK);
    assert_int_equal(number, 5);
    assert_int_equal(og_shutdown(conn, &err), OG_OK);
    assert_int_equal(og_poll(conn, OG_FOREVER, &err), OG_ECLOSED);
    og_close(conn);
    pthread_join(thread, NULL);
    og_listener_close(listener);
}

static void a_peer_that_closes_within_its_greetings(void **state)
{
    (void)state;
    server s = serve("tcp://127.0.0.1:0");
    og_conn_options options = speaking("json", "line");
    og_value answer;
    options.skip = 2;
    og_conn *conn = og_connect(og_listener_endpoint(s.listener), &options, &err);
    assert_int_equal(og_send(conn, og_int(1), &err), OG_OK);
    assert_int_equal(og_shutdown(conn, &err), OG_OK);
    assert_int_equal(og_recv(conn, &answer, &err), OG_ECLOSED);
    assert_string_equal(err.text, "the peer closed with 1 message still to pass over");
    og_close(conn);
    stop(&s);
}

/* What comes first on an accepted connection: bytes, then a line, then a message. */
static void accepted_connections_pass_over_what_comes_first(void **state)
{
    (void)state;
    og_conn_options options = speaking("json", NULL);
    og_conn_options plain = speaking("text", "raw");
    options.skip_bytes = 4;
    options.skip = 2;
    og_listener *listener = og_listen("tcp://127.0.0.1:0", &options, &err);
    if (!listener) fail_msg("%s", err.text);
    og_conn *client = og_connect(og_listener_endpoint(listener), &plain, &err);
    if (!client) fail_msg("%s", err.text);
    og_doc *doc = og_doc_new(NULL);
    og_value text = og_str(doc, "\1\2\3\4HELLO\n\"version 2\"\n[1]\n");
    assert_int_equal(og_send(client, text, &err), OG_OK);
    og_conn *conn = og_accept(listener, 120000, &err);
    if (!conn) fail_msg("%s", err.text);
    og_value value;
    int64_t number;
    if (og_recv(conn, &value, &err) != 1) fail_msg("%s", err.text);
    assert_int_equal(og_as_int64(og_item(value, 0), &number), OG_OK);
    assert_int_equal(number, 1);
    og_close(conn);
    og_close(client);
    og_doc_free(doc);
    og_listener_close(listener);
}

/* The endpoint's own numbers come before those of the options. */
static void an_endpoint_says_what_is_passed_over(void **state)
{
    (void)state;
    og_conn_options options = speaking("json", NULL);
    og_conn_options plain = speaking("text", "raw");
    options.skip_bytes = 1;
    options.skip = 5;
    og_listener *listener = og_listen("tcp://127.0.0.1:0?skip=0&skip-bytes=3", &options, &err);
    if (!listener) fail_msg("%s", err.text);
    og_conn *client = og_connect(og_listener_endpoint(listener), &plain, &err);
    if (!client) fail_msg("%s", err.text);
    assert_int_equal(og_send(client, og_str_borrow("abc[1]\n", 7), &err), OG_OK);
    og_conn *conn = og_accept(listener, 120000, &err);
    if (!conn) fail_msg("%s", err.text);
    og_value value;
    int64_t number;
    if (og_recv(conn, &value, &err) != 1) fail_msg("%s", err.text);
    assert_int_equal(og_as_int64(og_item(value, 0), &number), OG_OK);
    assert_int_equal(number, 1);
    og_close(conn);
    og_close(client);
    og_listener_close(listener);
}

static void nothing_is_passed_over_or_answered_twice_where_it_cannot_be(void **state)
{
    (void)state;
    og_conn_options options = speaking("json", "line");
    options.answers = 2;
    assert_null(og_listen("tcp://127.0.0.1:0", &options, &err));
    assert_int_equal(err.code, OG_EINVAL);
    options = speaking("json", NULL);
    assert_null(og_listen("udp://127.0.0.1:0?skip=1", &options, &err));
    assert_int_equal(err.code, OG_EINVAL);
    options.skip = 1;
    assert_null(og_listen("udp://127.0.0.1:0", &options, &err));
    assert_int_equal(err.code, OG_EINVAL);
    options.skip = 0;
    options.skip_bytes = 1;
    assert_null(og_connect("udp://127.0.0.1:9", &options, &err));
    assert_int_equal(err.code, OG_EINVAL);
}

static void each_framing_is_answered_in_kind(void **state)
{
    (void)state;
    static const char *const wires[][2] = {
        {NULL, NULL},        {"json", "raw"},         {"json", "line"},      {"json", "nul"},
        {"json", "u32be"},   {"json", "header"},      {"json", "netstring"}, {"pickle", NULL},
        {"pickle", "u32be"}, {"pickle", "u16le"},     {"pickle", "mp"},      {"json", "seq"},
        {"json", "u64be"},   {"pickle", "digits:10"}, {"json", "digits:20"},
    };
    server s = serve("tcp://127.0.0.1:0");
    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        og_conn *conn = reach(og_listener_endpoint(s.listener), wires[i][0], wires[i][1]);
        ask(conn);
        og_close(conn);
    }
    stop(&s);
}

static void what_went_over_a_connection_is_counted(void **state)
{
    (void)state;
    server s = serve("tcp://127.0.0.1:0");
    og_conn *conn = reach(og_listener_endpoint(s.listener), "json", "line");
    og_conn_counts counts;
    ask(conn);
    og_conn_count(conn, &counts);
    size_t len = strlen("{\"name\":\"John\",\"age\":30}\n");
    assert_int_equal(counts.messages_out, 3);
    assert_int_equal(counts.messages_in, 3);
    assert_int_equal(counts.bytes_out, 3 * len);
    assert_int_equal(counts.bytes_in, 3 * len);
    assert_int_equal(counts.refused, 0);
    assert_true(counts.age_ms >= 0);
    assert_false(counts.ended);
    assert_string_equal(og_conn_profile(conn), "");
    og_close(conn);
    stop(&s);
}

static void unix_sockets(void **state)
{
    (void)state;
    char endpoint[80];
    snprintf(endpoint, sizeof endpoint, "unix:///tmp/onggi-test-%d.sock", (int)getpid());
    server s = serve(endpoint);
    og_conn *conn = reach(endpoint, NULL, NULL);
    ask(conn);
    og_close(conn);
    stop(&s);
    assert_int_not_equal(access(endpoint + 7, F_OK), 0);
}

static void *serve_datagrams(void *arg)
{
    og_listener *listener = arg;
    og_error why;
    og_conn *conn;
    while ((conn = og_accept(listener, OG_FOREVER, &why)) != NULL) {
        og_value value;
        if (og_recv(conn, &value, &why) == 1) {
            og_send(conn, value, &why);
            if (og_recv(conn, &value, &why) != 0) why.code = OG_OK;
        }
        og_close(conn);
    }
    return NULL;
}

static void datagrams(void **state)
{
    (void)state;
    server s;
    s.listener = og_listen("udp://127.0.0.1:0", NULL, &err);
    if (!s.listener) fail_msg("%s", err.text);
    pthread_create(&s.thread, NULL, serve_datagrams, s.listener);
    og_conn *conn = reach(og_listener_endpoint(s.listener), NULL, NULL);
    ask(conn);
    og_close(conn);
    conn = reach(og_listener_endpoint(s.listener), "pickle", "u32be");
    ask(conn);
    /* Nothing of what is too long is sent. */
    char *big = calloc(1, 70000);
    memset(big, 'x', 70000);
    assert_int_equal(og_send(conn, og_str_borrow(big, 70000), &err), OG_EVALUE);
    ask(conn);
    free(big);
    og_close(conn);
    stop(&s);
}

/* ---- Peers that know nothing of us ---- */

static int plain_connect(const char *endpoint)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void plain_ask(int fd, const char *text, size_t len, const char *answer)
{
    char got[1024];
    assert_int_equal(send(fd, text, len, 0), len);
    ssize_t n = recv(fd, got, sizeof got, 0);
    assert_int_equal(n, strlen(answer));
    assert_memory_equal(got, answer, strlen(answer));
}

static void tutorial_clients(void **state)
{
    (void)state;
    server s = serve("tcp://127.0.0.1:0");
    int fd = plain_connect(og_listener_endpoint(s.listener));
    plain_ask(fd, "{\"a\": 1}", 8, "{\"a\":1}");
    plain_ask(fd, "42", 2, "42 "); /* after 50 ms of silence */
    close(fd);
    fd = plain_connect(og_listener_endpoint(s.listener));
    plain_ask(fd, "{\"a\": 1}\n", 9, "{\"a\":1}\n");
    plain_ask(fd, "[1]\n", 4, "[1]\n");
    close(fd);
    /* Asking, shutting down, then waiting for the answer. */
    fd = plain_connect(og_listener_endpoint(s.listener));
    assert_int_equal(send(fd, "[1,2,3]", 7, 0), 7);
    shutdown(fd, SHUT_WR);
    char got[64];
    assert_int_equal(recv(fd, got, sizeof got, MSG_WAITALL), 7);
    close(fd);
    stop(&s);
}

static void a_line_in_two_packets_is_answered_by_a_line(void **state)
{
    (void)state;
    server s = serve("tcp://127.0.0.1:0");
    int fd = plain_connect(og_listener_endpoint(s.listener));
    plain_ask(fd, "{\"a\": 1}", 8, "{\"a\":1}");
    plain_ask(fd, "\n", 1, "\n");
    plain_ask(fd, "[2]\n", 4, "[2]\n");
    close(fd);
    stop(&s);
}

/* ---- Time limits and ends ---- */

static void time_limits(void **state)
{
    (void)state;
    og_listener *listener = og_listen("tcp://127.0.0.1:0", NULL, &err);
    assert_non_null(listener);
    assert_null(og_accept(listener, 20, &err));
    assert_int_equal(err.code, OG_ETIMEOUT);
    og_conn_options options = speaking(NULL, NULL);
    options.recv_timeout_ms = 30;
    og_conn *conn = og_connect(og_listener_endpoint(listener), &options, &err);
    og_conn *other = og_accept(listener, 120000, &err);
    assert_non_null(other);
    og_value value;
    assert_int_equal(og_recv(conn, &value, &err), OG_ETIMEOUT);
    assert_true(og_conn_usable(conn));
    assert_int_equal(og_send(other, og_bool(true), &err), 0);
    assert_int_equal(og_recv(conn, &value, &err), 1); /* nothing was lost */
    og_close(other);
    assert_int_equal(og_recv(conn, &value, &err), 0);
    assert_int_equal(og_recv(conn, &value, &err), 0);
    assert_false(og_conn_usable(conn));
    og_close(conn);
    og_listener_close(listener);
    assert_null(og_connect("tcp://127.0.0.1:1", NULL, &err));
    assert_int_equal(err.code, OG_ECONNECT);
    assert_non_null(strstr(err.text, "127.0.0.1:1"));
}

/* However often the wait was cut in pieces. */
static void a_time_limit_is_named_as_it_was_set(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        const char *text;
    } cases[] = {{"", "nothing has arrived within 60 ms"},
                 {"{\"a\":", "only a part of a message has arrived within 60 ms"},
                 {"\"ab", "only a part of a message has arrived within 60 ms"}};
    og_conn_options options = {.size = sizeof options, .recv_timeout_ms = 60};
    og_listener *listener = og_listen("tcp://127.0.0.1:0", &options, &err);
    assert_non_null(listener);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = plain_connect(og_listener_endpoint(listener));
        og_conn *conn = og_accept(listener, 120000, &err);
        assert_non_null(conn);
        size_t len = strlen(cases[i].bytes);
        assert_int_equal(write(fd, cases[i].bytes, len), len);
        og_value value;
        assert_int_equal(og_recv(conn, &value, &err), OG_ETIMEOUT);
        assert_string_equal(err.text, cases[i].text);
        og_close(conn);
        close(fd);
    }
    og_listener_close(listener);
}

static void a_peer_that_reads_nothing_times_out(void **state)
{
    (void)state;
    og_listener *listener = og_listen("tcp://127.0.0.1:0", NULL, &err);
    og_conn_options options = speaking("bytes", "u32be");
    options.send_timeout_ms = 100;
    og_conn *conn = og_connect(og_listener_endpoint(listener), &options, &err);
    og_conn *other = og_accept(listener, 120000, &err);
    size_t len = (size_t)8 << 20;
    char *big = calloc(1, len);
    int status = 0;
    for (int i = 0; i < 1000 && status == 0; i++) /* however much the system takes */
        status = og_send(conn, og_bytes_borrow(big, len), &err);
    assert_int_equal(status, OG_ETIMEOUT);
    free(big);
    og_close(other);
    og_close(conn);
    og_listener_close(listener);
}

static void half_a_message_is_refused_with_its_position(void **state)
{
    (void)state;
    og_listener *listener = og_listen("tcp://127.0.0.1:0", NULL, &err);
    int fd = plain_connect(og_listener_endpoint(listener));
    og_conn *conn = og_accept(listener, 120000, &err);
    assert_int_equal(send(fd, "{\"a\": [1, 2", 11, 0), 11);
    close(fd);
    og_value value;
    assert_int_equal(og_recv(conn, &value, &err), OG_ETRUNCATED);
    assert_int_equal(err.position, 11);
    assert_false(og_conn_usable(conn));
    og_close(conn);
    og_listener_close(listener);
}

/* `eof`: one message each way, ended by shutdown. */
static void one_message_each_way(void **state)
{
    (void)state;
    og_conn_options options = speaking("json", "eof");
    og_listener *listener = og_listen("tcp://127.0.0.1:0", &options, &err);
    og_conn *conn = og_connect(og_listener_endpoint(listener), &options, &err);
    og_conn *other = og_accept(listener, 120000, &err);
    og_value value;
    assert_int_equal(og_send(conn, og_int(1), &err), 0);
    assert_int_equal(og_recv(other, &value, &err), 1);
    assert_int_equal(og_send(other, value, &err), 0);
    assert_int_equal(og_recv(conn, &value, &err), 1);
    assert_int_equal(og_recv(conn, &value, &err), 0);
    og_close(conn);
    og_close(other);
    og_listener_close(listener);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    og_conn_options options = {0};
    assert_null(og_connect("tcp://127.0.0.1:1", &options, &err));
    assert_int_equal(err.code, OG_EINVAL);
    options = speaking("xml", NULL);
    assert_null(og_connect("tcp://127.0.0.1:1", &options, &err));
    assert_int_equal(err.code, OG_ENOTFOUND);
    assert_non_null(strstr(err.text, "pickle"));
    options = speaking(NULL, "u33");
    assert_null(og_listen("tcp://127.0.0.1:0", &options, &err));
    assert_int_equal(err.code, OG_ENOTFOUND);
    /* The endpoint's own wishes come first. */
    og_listener *listener = og_listen("tcp://127.0.0.1:0?codec=json&framing=line", &options, &err);
    assert_non_null(listener);
    og_listener_close(listener);
}

static void *send_many(void *arg)
{
    og_error why;
    for (int i = 0; i < 2000; i++)
        if (og_send(arg, og_int(i), &why) < 0) break;
    return NULL;
}

/* One thread sends while another receives. */
static void both_directions_at_once(void **state)
{
    (void)state;
    server s = serve("tcp://127.0.0.1:0");
    og_conn *conn = reach(og_listener_endpoint(s.listener), "pickle", NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, send_many, conn);
    og_value value;
    for (int i = 0; i < 2000; i++) {
        int64_t number = 0;
        if (og_recv(conn, &value, &err) != 1) fail_msg("%s", err.text);
        assert_int_equal(og_as_int64(value, &number), 0);
        assert_int_equal(number, i);
    }
    pthread_join(thread, NULL);
    og_close(conn);
    stop(&s);
}

static void a_hundred_clients_one_of_them_silent(void **state)
{
    (void)state;
    server s = serve("tcp://127.0.0.1:0");
    int silent = plain_connect(og_listener_endpoint(s.listener));
    og_conn *conns[100];
    for (int i = 0; i < 100; i++)
        conns[i] = reach(og_listener_endpoint(s.listener), i % 2 ? "pickle" : NULL, NULL);
    for (int i = 0; i < 100; i++)
        ask(conns[i]);
    for (int i = 0; i < 100; i++)
        og_close(conns[i]);
    close(silent);
    stop(&s);
}

/* ---- What is known of a message when the connection is gone ---- */

/* A client of a listening socket of the test's own, and the descriptor of its connection there. */
static og_conn *client_of_plain(int *accepted)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    char where[40];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    snprintf(where, sizeof where, "tcp://127.0.0.1:%u", (unsigned)ntohs(any.sin_port));
    og_conn *conn = reach(where, "json", "line");
    *accepted = accept(fd, NULL, NULL);
    close(fd);
    return conn;
}

static void what_is_known_of_the_last_message(void **state)
{
    (void)state;
    int peer;
    char byte;
    og_value value;

    /* Closed before it arrives: refused by the system, which looks as what comes next does. */
    og_conn *conn = client_of_plain(&peer);
    close(peer);
    assert_int_equal(og_send(conn, og_int(1), &err), 0);
    assert_int_equal(og_recv(conn, &value, &err), 0);
    assert_false(og_conn_untaken(conn));
    assert_true(og_conn_refused(conn));
    /* And the next one does not leave at all. */
    assert_true(og_send(conn, og_int(2), &err) < 0);
    assert_true(og_conn_untaken(conn));
    og_close(conn);

    /* Its side ended, the message read, and reset before that was acknowledged. */
    conn = client_of_plain(&peer);
    shutdown(peer, SHUT_WR);
    assert_int_equal(og_send(conn, og_int(1), &err), 0);
    assert_int_equal(recv(peer, &byte, 1, 0), 1);
    assert_int_equal(recv(peer, &byte, 1, 0), 1);
    struct linger at_once = {1, 0};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(peer);
    assert_int_equal(og_recv(conn, &value, &err), 0);
    assert_false(og_conn_untaken(conn));
    og_close(conn);

    /* Read, then closed. */
    conn = client_of_plain(&peer);
    assert_int_equal(og_send(conn, og_int(1), &err), 0);
    assert_int_equal(recv(peer, &byte, 1, 0), 1);
    assert_int_equal(recv(peer, &byte, 1, 0), 1);
    close(peer);
    assert_int_equal(og_recv(conn, &value, &err), 0);
    assert_false(og_conn_untaken(conn));
    og_close(conn);

    /* Arrived, not read, reset: it could have been read. */
    conn = client_of_plain(&peer);
    assert_int_equal(og_send(conn, og_int(1), &err), 0);
    assert_int_equal(recv(peer, &byte, 1, MSG_PEEK), 1);
    close(peer);
    assert_int_equal(og_recv(conn, &value, &err), OG_ECLOSED);
    assert_false(og_conn_untaken(conn));
    og_close(conn);

    /* Its side alone was ended: it reads on. */
    conn = client_of_plain(&peer);
    shutdown(peer, SHUT_WR);
    assert_int_equal(og_send(conn, og_int(1), &err), 0);
    assert_int_equal(og_recv(conn, &value, &err), 0);
    assert_int_equal(recv(peer, &byte, 1, 0), 1);
    assert_false(og_conn_untaken(conn));
    assert_false(og_conn_refused(conn));
    og_close(conn);
    close(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_framing_is_answered_in_kind),
        cmocka_unit_test(what_went_over_a_connection_is_counted),
        cmocka_unit_test(unix_sockets),
        cmocka_unit_test(datagrams),
        cmocka_unit_test(tutorial_clients),
        cmocka_unit_test(a_line_in_two_packets_is_answered_by_a_line),
        cmocka_unit_test(time_limits),
        cmocka_unit_test(a_time_limit_is_named_as_it_was_set),
        cmocka_unit_test(a_peer_that_reads_nothing_times_out),
        cmocka_unit_test(half_a_message_is_refused_with_its_position),
        cmocka_unit_test(one_message_each_way),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(both_directions_at_once),
        cmocka_unit_test(greetings_and_acknowledgements_are_passed_over),
        cmocka_unit_test(a_peer_that_closes_within_its_greetings),
        cmocka_unit_test(accepted_connections_pass_over_what_comes_first),
        cmocka_unit_test(an_endpoint_says_what_is_passed_over),
        cmocka_unit_test(nothing_is_passed_over_or_answered_twice_where_it_cannot_be),
        cmocka_unit_test(a_hundred_clients_one_of_them_silent),
        cmocka_unit_test(what_is_known_of_the_last_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
