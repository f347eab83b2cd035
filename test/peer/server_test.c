/* SPDX-License-Identifier: MIT */
/* A server that echoes and counts, and peers of both kinds, for the server's tests. */
#include "server_test.h"

static og_error err;

const struct way ways[WAYS] = {{1, 0}, {4, 0}, {2, 3}};

void nap(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* ---- A server that echoes, and counts ---- */

void on_open(og_conn *conn, void *user)
{
    (void)conn;
    ((tally *)user)->opened++;
}

void on_message(og_conn *conn, og_value value, void *user)
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

og_server_options echoing(tally *t, int threads, int workers)
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

og_server *start(const og_server_options *options, const char *endpoint)
{
    og_server *server = og_server_new(options, &err);
    if (!server) fail_msg("%s", err.text);
    if (og_server_listen(server, endpoint, &err) < 0) fail_msg("%s", err.text);
    if (og_server_start(server, &err) < 0) fail_msg("%s", err.text);
    return server;
}

void finish(og_server *server)
{
    og_server_stop(server);
    if (og_server_join(server, &err) < 0) fail_msg("%s", err.text);
    assert_int_equal(og_server_connections(server), 0);
    og_server_free(server);
}

og_conn *reach(const og_server *server, const char *codec, const char *framing)
{
    og_conn_options options = {
        .size = sizeof options, .codec = codec, .framing = framing, .recv_timeout_ms = 120000};
    og_conn *conn = og_connect(og_server_endpoint(server, 0), &options, &err);
    if (!conn) fail_msg("%s", err.text);
    return conn;
}

void ask(og_conn *conn, int64_t number)
{
    og_doc *doc = og_doc_new(NULL);
    og_value question = og_pack(doc, &err, "{s:s, s:I}", "name", "John", "age", number);
    og_value answer;
    if (og_send(conn, question, &err) < 0) fail_msg("%s", err.text);
    if (og_recv(conn, &answer, &err) != 1) fail_msg("%s", err.text);
    assert_int_equal(og_equal(question, answer), 1);
    og_doc_free(doc);
}

int plain(const og_server *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)atoi(strrchr(og_server_endpoint(server, 0), ':') + 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    struct timeval limit = {120, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

void plain_send(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

void plain_expect(int fd, const char *answer)
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

void plain_expect_end(int fd)
{
    char got[64];
    ssize_t n = recv(fd, got, sizeof got, 0);
    if (n > 0) fail_msg("got '%.*s', expected the end", (int)n, got);
    if (n < 0) assert_int_equal(errno, ECONNRESET);
}

void wait_for(atomic_int *what, int least)
{
    for (int i = 0; i < 12000 && *what < least; i++)
        nap(5);
    if (*what < least) fail_msg("counted %d, expected %d", *what, least);
}
