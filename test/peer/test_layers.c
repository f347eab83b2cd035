/* SPDX-License-Identifier: MIT */
/* Connections with layers: opening before the first message, refusals, time limits, keys read anew, parts. */
#include "server_test.h"

#include "../layer/toys.h"
#include "peer/client.h"
#include "peer/server.h"

#include <sys/stat.h>

static og_error err;

static const og_layer_option right[] = {{"authkey", "secret", 0}};
static const og_layer_option wrong[] = {{"authkey", "sesame", 0}};

/* What servers log, as far as it is a warning; the last one. */
static char logged[600];
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int warnings;

static void on_log(og_log_level level, const og_conn *conn, const char *text, void *user)
{
    (void)conn;
    (void)user;
    if (level < OG_LOG_WARNING && !strstr(text, "read anew")) return;
    pthread_mutex_lock(&log_lock);
    snprintf(logged, sizeof logged, "%s", text);
    pthread_mutex_unlock(&log_lock);
    warnings++;
}

static void assert_logged(const char *text)
{
    pthread_mutex_lock(&log_lock);
    if (!strstr(logged, text)) fail_msg("'%s' is not in '%s'", text, logged);
    pthread_mutex_unlock(&log_lock);
}

static og_server_options keyed(tally *t, const struct way *way)
{
    og_server_options options = echoing(t, way->threads, way->workers);
    options.on_log = on_log;
    options.conn.layer_options = right;
    options.conn.layer_option_count = 1;
    warnings = 0;
    return options;
}

static og_conn *reach_with(const char *endpoint, const og_layer_option *key)
{
    const og_conn_options options = {.size = sizeof options,
                                     .layer_options = key,
                                     .layer_option_count = key ? 1 : 0,
                                     .recv_timeout_ms = 120000};
    return og_connect(endpoint, &options, &err);
}

/* ---- Servers ---- */

static void opens_with_the_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        tally t;
        og_server_options options = keyed(&t, &ways[i]);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        og_conn *conn = reach_with(og_server_endpoint(server, 0), right);
        if (!conn) fail_msg("%s", err.text);
        for (int n = 0; n < 20; n++)
            ask(conn, n);
        assert_string_equal(og_conn_codec(conn), "pickle");
        assert_null(og_conn_property_at(conn, 0));
        og_close(conn);
        wait_for(&t.closed, 1);
        assert_int_equal(t.opened, 1);
        assert_int_equal(warnings, 0);
        finish(server);
    }
}

static void refuses_other_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        tally t;
        og_server_options options = keyed(&t, &ways[i]);
        og_server *server = start(&options, "tcp://127.0.0.1:0");
        assert_null(reach_with(og_server_endpoint(server, 0), wrong));
        assert_int_equal(err.code, OG_EPOLICY);
        assert_non_null(strstr(err.text, "refuses our key"));
        wait_for(&warnings, 1);
        assert_logged("the handshake failed: the peer has another key");
        /* One without a key, which sends a pickle at once. */
        int fd = plain(server);
        plain_send(fd, "\0\0\0\5\x80\x04K\x01.", 9);
        wait_for(&warnings, 2);
        assert_logged("the peer has no key, give it the same as authkey=");
        close(fd);
        assert_int_equal(t.opened, 0);
        assert_int_equal(t.closed, 0);
        finish(server);
    }
}

/* Whoever says nothing holds nobody up. */
static void waits_for_nobody(void **state)
{
    enum { SILENT = 20 };
    int fds[SILENT];
    tally t;
    (void)state;
    og_server_options options = keyed(&t, &ways[0]);
    options.conn.handshake_timeout_ms = OG_FOREVER;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    for (int i = 0; i < SILENT; i++)
        fds[i] = plain(server);
    og_conn *conn = reach_with(og_server_endpoint(server, 0), right);
    assert_non_null(conn);
    ask(conn, 1);
    for (int i = 0; i < SILENT; i++)
        close(fds[i]);
    og_close(conn);
    wait_for(&t.closed, 1);
    wait_for(&warnings, SILENT);
    assert_logged("the handshake failed: ");
    finish(server);
}

static void has_a_limit(void **state)
{
    tally t;
    (void)state;
    og_server_options options = keyed(&t, &ways[0]);
    options.conn.handshake_timeout_ms = 50;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    wait_for(&warnings, 1);
    assert_logged(
        "the handshake (mp-auth) took longer than 50 ms (handshake_timeout_ms), waiting for the peer's answer");
    close(fd);
    finish(server);
}

static void stops_while_opening(void **state)
{
    tally t;
    (void)state;
    og_server_options options = keyed(&t, &ways[0]);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    char challenge[8];
    assert_int_equal(recv(fd, challenge, sizeof challenge, MSG_WAITALL), sizeof challenge);
    finish(server);
    close(fd);
}

static void write_key(const char *path, const char *key)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(key, file);
    fclose(file);
    chmod(path, 0600);
}

/* New keys for whoever connects, while those who are there go on. */
static void reads_keys_anew(void **state)
{
    tally t;
    char path[] = "onggi_key_XXXXXX";
    (void)state;
    close(mkstemp(path));
    write_key(path, "secret\n");
    const og_layer_option file = {"authkey-file", path, 0};
    og_server_options options = keyed(&t, &ways[1]);
    options.conn.layer_options = &file;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    og_conn *old = reach_with(og_server_endpoint(server, 0), right);
    assert_non_null(old);
    write_key(path, "sesame\n");
    og_server_reload(server);
    wait_for(&warnings, 1);
    assert_logged("keys were read anew");
    og_conn *fresh = reach_with(og_server_endpoint(server, 0), wrong);
    if (!fresh) fail_msg("%s", err.text);
    ask(old, 1);
    ask(fresh, 2);
    chmod(path, 0644);
    og_server_reload(server);
    wait_for(&warnings, 2);
    assert_logged("the old keys stay: others can read");
    og_close(fresh);
    fresh = reach_with(og_server_endpoint(server, 0), wrong);
    if (!fresh) fail_msg("%s", err.text);
    ask(fresh, 3);
    og_close(old);
    og_close(fresh);
    wait_for(&t.closed, 3);
    finish(server);
    unlink(path);
}

static void refuses_what_cannot_be(void **state)
{
    static const og_layer_option unknown[] = {{"password", "secret", 0}};
    og_conn_options options = {.size = sizeof options, .layer_options = right, .layer_option_count = 1};
    (void)state;
    assert_null(og_listen("udp://127.0.0.1:0", &options, &err));
    assert_non_null(strstr(err.text, "udp:// carries datagrams, which have no handshake"));
    options.layer_options = unknown;
    assert_null(og_listen("tcp://127.0.0.1:0", &options, &err));
    assert_int_equal(err.code, OG_ENOTFOUND);
}

/* ---- Blocking ---- */

typedef struct blocking {
    og_listener *listener;
    int status;
    og_error err;
} blocking;

static void *echo_one(void *arg)
{
    blocking *b = arg;
    og_value value;
    og_conn *conn = og_accept(b->listener, 60000, &b->err);
    if (!conn) return NULL;
    while ((b->status = og_recv(conn, &value, &b->err)) > 0)
        og_send(conn, value, &b->err);
    og_close(conn);
    return NULL;
}

static void blocks_with_the_key(void **state)
{
    static const og_layer_option *const keys[] = {right, wrong};
    og_conn_options options = {.size = sizeof options, .layer_options = right, .layer_option_count = 1};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        blocking b = {.listener = og_listen("tcp://127.0.0.1:0", &options, &err)};
        pthread_t thread;
        assert_non_null(b.listener);
        /* og_accept() waits for no handshake: this one never says anything. */
        og_conn *silent;
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        to.sin_port = htons((uint16_t)atoi(strrchr(og_listener_endpoint(b.listener), ':') + 1));
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
        silent = og_accept(b.listener, 60000, &err);
        assert_non_null(silent);
        pthread_create(&thread, NULL, echo_one, &b);
        og_conn *conn = reach_with(og_listener_endpoint(b.listener), keys[i]);
        assert_int_equal(conn != NULL, i == 0);
        if (conn) ask(conn, 7);
        og_close(conn);
        pthread_join(thread, NULL);
        assert_int_equal(b.status, i == 0 ? 0 : OG_EPOLICY);
        close(fd);
        og_value value;
        assert_int_equal(og_recv(silent, &value, &err), OG_ECLOSED);
        assert_int_equal(og_recv(silent, &value, &err), OG_ECLOSED);
        assert_non_null(strstr(err.text, "during the handshake"));
        og_close(silent);
        og_listener_close(b.listener);
    }
}

/* The peer asks for a key that was not given. */
static void names_the_missing_key(void **state)
{
    tally t;
    (void)state;
    og_server_options options = keyed(&t, &ways[0]);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    og_value value;
    for (size_t i = 0; i < 2; i++) {
        const og_conn_options plain_options = {
            .size = sizeof plain_options, .framing = i ? "mp" : NULL, .recv_timeout_ms = 120000};
        og_conn *conn = og_connect(og_server_endpoint(server, 0), &plain_options, &err);
        assert_non_null(conn);
        assert_int_equal(og_recv(conn, &value, &err), OG_EPOLICY);
        assert_non_null(strstr(err.text, "the peer asks for a key"));
        assert_false(og_conn_usable(conn));
        og_close(conn);
    }
    finish(server);
}

/* ---- Layers of toys ---- */

static const og__layer *const toys[] = {&toy_veil, &toy_multi};

static og_server *start_toys(const og_server_options *options, size_t count)
{
    const og__layer_given given = {.role = OG_ROLE_SERVER, .host = ""};
    og_server *server = og_server_new(options, &err);
    assert_int_equal(og_server_listen(server, "tcp://127.0.0.1:0", &err), OG_OK);
    assert_int_equal(og__layer_set_of(&server->ports->setup.layers, toys, count, &given, NULL), OG_OK);
    assert_int_equal(og_server_start(server, &err), OG_OK);
    return server;
}

static og_conn *reach_toys(const og_server *server, og_conn_options options, size_t count)
{
    const og__layer_given given = {.role = OG_ROLE_CLIENT, .host = ""};
    og_endpoint where;
    og__setup setup;
    og__socket socket = OG__SOCKET_NONE;
    options.size = sizeof options;
    options.recv_timeout_ms = 120000;
    assert_int_equal(og_endpoint_parse(&where, og_server_endpoint(server, 0), NULL), OG_OK);
    assert_int_equal(og__peer_setup_init(&setup, &options, &where, OG_ROLE_CLIENT, NULL), OG_OK);
    assert_int_equal(og__layer_set_of(&setup.layers, toys, count, &given, NULL), OG_OK);
    assert_int_equal(og__net_socket_connect(&socket, &where, 10000, NULL), OG_OK);
    og_conn *conn = og__peer_client_new(&setup, &socket, 0, NULL);
    og__peer_setup_fini(&setup);
    assert_non_null(conn);
    return conn;
}

/* Long ones are read straight to where the rest of them is, at both ends. */
static void carries_long_messages(void **state)
{
    static const size_t sizes[] = {10, 20000, 70001, 0, 1000003, 17, 300000, 1};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    static char text[1000003 + SIZES];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 2654435761U >> 13);
    for (size_t i = 0; i < WAYS; i++) {
        tally t;
        og_server_options options = echoing(&t, ways[i].threads, ways[i].workers);
        const og_conn_options wire = {.codec = "bytes", .framing = "u32be"};
        options.conn.codec = wire.codec;
        options.conn.framing = wire.framing;
        og_server *server = start_toys(&options, 1);
        og_conn *conn = reach_toys(server, wire, 1);
        for (size_t n = 0; n < SIZES; n++) {
            og_value back;
            assert_int_equal(og_send(conn, og_bytes_borrow(text + n, sizes[n]), &err), OG_OK);
            if (og_recv(conn, &back, &err) != 1) fail_msg("%s", err.text);
            size_t len = 0;
            const char *data = og_data(back, &len);
            assert_int_equal(len, sizes[n]);
            assert_memory_equal(data, text + n, len);
        }
        og_close(conn);
        wait_for(&t.closed, 1);
        assert_int_equal(t.failed, 0);
        finish(server);
    }
}

/* ---- Parts ---- */

static atomic_int parts_came;

static void echo_parts(og_conn *conn, const og_value *parts, size_t count, void *user)
{
    (void)user;
    parts_came += (int)count;
    og_send_parts(conn, parts, count, NULL);
}

static void exchange_parts(og_conn *conn)
{
    og_doc *doc = og_doc_new(NULL);
    const og_value *back;
    og_value one;
    size_t count = 0;
    const og_value parts[] = {og_int(1), og_str_borrow("two", 3), og_pack(doc, NULL, "[i, i]", 3, 4)};
    for (int n = 0; n < 3; n++) {
        assert_int_equal(og_send_parts(conn, parts, 3, &err), OG_OK);
        assert_int_equal(og_recv_parts(conn, &back, &count, &err), 1);
        assert_int_equal(count, 3);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(og_equal(parts[i], back[i]), 1);
    }
    /* One part is a message as before. */
    assert_int_equal(og_send(conn, parts[2], &err), OG_OK);
    assert_int_equal(og_recv(conn, &one, &err), 1);
    assert_int_equal(og_equal(one, parts[2]), 1);
    assert_int_equal(og_send_parts(conn, parts, 2, &err), OG_OK);
    assert_int_equal(og_recv(conn, &one, &err), OG_EVALUE);
    assert_non_null(strstr(err.text, "of 2 parts"));
    char text[4];
    assert_int_equal(og_conn_property(conn, "toy.greeting", text, sizeof text), 1);
    assert_string_equal(text, ">");
    assert_string_equal(og_conn_property_at(conn, 0), "toy.greeting");
    og_doc_free(doc);
}

static void carries_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        tally t;
        og_server_options options = echoing(&t, ways[i].threads, ways[i].workers);
        options.on_parts = echo_parts;
        options.conn.codec = "json";
        parts_came = 0;
        og_server *server = start_toys(&options, 2);
        og_conn *conn = reach_toys(server, (og_conn_options){.codec = "json"}, 2);
        exchange_parts(conn);
        assert_int_equal(parts_came, 11);
        og_close(conn);
        wait_for(&t.closed, 1);
        assert_int_equal(t.failed, 0);
        finish(server);
    }
}

static void without_on_parts(void **state)
{
    tally t;
    const og_value parts[] = {og_int(1), og_int(2)};
    og_value answer;
    (void)state;
    og_server_options options = echoing(&t, 1, 0);
    options.conn.codec = "json";
    og_server *server = start_toys(&options, 2);
    og_conn *conn = reach_toys(server, (og_conn_options){.codec = "json"}, 2);
    assert_int_equal(og_send_parts(conn, parts, 2, &err), OG_OK);
    assert_int_equal(og_recv(conn, &answer, &err), 1);
    assert_int_equal(t.refused, 1);
    assert_int_equal(og_send(conn, parts[0], &err), OG_OK);
    assert_int_equal(og_recv(conn, &answer, &err), 1);
    og_close(conn);
    finish(server);
    server = start(&options, "tcp://127.0.0.1:0");
    conn = reach(server, "json", "line");
    assert_int_equal(og_send_parts(conn, parts, 2, &err), OG_EINVAL);
    assert_int_equal(og_send_parts(conn, parts, 1, &err), OG_OK);
    og_close(conn);
    finish(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_with_the_key),     cmocka_unit_test(refuses_other_keys),
        cmocka_unit_test(waits_for_nobody),       cmocka_unit_test(has_a_limit),
        cmocka_unit_test(stops_while_opening),    cmocka_unit_test(reads_keys_anew),
        cmocka_unit_test(refuses_what_cannot_be), cmocka_unit_test(blocks_with_the_key),
        cmocka_unit_test(names_the_missing_key),  cmocka_unit_test(carries_parts),
        cmocka_unit_test(carries_long_messages),  cmocka_unit_test(without_on_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
