/* SPDX-License-Identifier: MIT */
/*
 * Connections that are silent: what they hold, before anything has come and after a message was answered, and
 * that they go on as before.
 */
#include "server_test.h"

enum {
    MANY = 64,
    MOST = 480,  /* bytes that one takes: 512 with what an allocator adds to two blocks */
    SPARE = 256, /* bytes of an answer's memory */
    AWAKE = 64,  /* connections that a loop lets keep what messages need */
    SPARES = 8,  /* answers whose memory a loop keeps */
};

/* ---- Counting ---- */

typedef struct counting {
    og_allocator allocator;
    atomic_size_t live;
} counting;

static void *resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    counting *c = ctx;
    if (new_size == 0) {
        free(ptr);
        c->live -= old_size;
        return NULL;
    }
    void *memory = realloc(ptr, new_size);
    if (memory) c->live += new_size - old_size;
    return memory;
}

/* Returns when each loop has done all that it was about. */
static void settle(og_server *server)
{
    og_server_pulse(server);
    while (!og_server_pulse(server))
        nap(1);
}

/* ---- Kinds of peer ---- */

typedef struct kind {
    const char *as; /* what the server is told; NULL: it finds out */
    const char *codec;
    const char *framing;
    const char *client_codec; /* how the clients speak */
    const char *client_framing;
} kind;

static const kind kinds[] = {
    {"jsonl", NULL, NULL, "json", "line"},
    {NULL, NULL, NULL, "json", "line"},
    {NULL, NULL, NULL, "json", "crlf"},
    {NULL, NULL, NULL, "json", "raw"},
    {NULL, "json", "delim:||", "json", "delim:||"},
    {"digits", NULL, NULL, "json", "digits:10"},
    {NULL, NULL, NULL, "json", "digits:12"},
    {NULL, NULL, NULL, "json", "netstring"},
    {"logging", NULL, NULL, "pickle", "u32be"},
    {NULL, "pickle", "u32be", "pickle", "u32be"},
    {NULL, NULL, NULL, "pickle", "u32be"},
    {NULL, NULL, NULL, "pickle", "raw"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static og_server *start_counting(const kind *k, tally *t, int workers, counting *memory)
{
    *memory = (counting){.allocator = {resize, memory}};
    og_server_options options = echoing(t, 1, workers);
    options.conn.as = k->as;
    options.conn.codec = k->codec;
    options.conn.framing = k->framing;
    options.conn.alloc = &memory->allocator;
    return start(&options, "tcp://127.0.0.1:0");
}

/* Those that come first: what a loop has for all connections, and for the last ones, is there then. */
static void reach_first(const og_server *server, const kind *k, og_conn **first)
{
    for (int i = 0; i < AWAKE; i++) {
        first[i] = reach(server, k->client_codec, k->client_framing);
        ask(first[i], i);
    }
}

/* What each of them takes: before anything came, after a message, and after one more. */
static void check_kind(const kind *k)
{
    tally t;
    counting memory;
    og_conn *peers[MANY];
    og_server *server = start_counting(k, &t, 0, &memory);
    og_conn *first[AWAKE];
    reach_first(server, k, first);
    settle(server);
    size_t before = memory.live;
    for (int i = 0; i < MANY; i++)
        peers[i] = reach(server, k->client_codec, k->client_framing);
    wait_for(&t.opened, AWAKE + MANY);
    settle(server);
    assert_in_range(memory.live - before, MANY, (size_t)MANY * MOST);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++)
            ask(peers[i], i);
        settle(server);
        assert_in_range(memory.live - before, MANY, (size_t)MANY * MOST);
    }
    for (int i = 0; i < MANY; i++)
        og_close(peers[i]);
    for (int i = 0; i < AWAKE; i++)
        og_close(first[i]);
    finish(server);
    assert_int_equal(t.messages, AWAKE + 2 * MANY);
    assert_int_equal(memory.live, 0);
}

static void silent_connections_cost_little(void **state)
{
    (void)state;
    if (sizeof(void *) != 8) skip();
    for (size_t i = 0; i < KINDS; i++)
        check_kind(&kinds[i]);
}

/* Workers have a queue for each connection, and give back what they had for its message. */
static void silent_connections_of_workers_cost_little(void **state)
{
    (void)state;
    enum { QUEUE = 48 };
    tally t;
    counting memory;
    og_conn *peers[MANY];
    if (sizeof(void *) != 8) skip();
    const kind lines = {.client_codec = "json", .client_framing = "line"};
    og_server *server = start_counting(&lines, &t, 2, &memory);
    og_conn *first[AWAKE];
    reach_first(server, &lines, first);
    settle(server);
    size_t before = memory.live;
    for (int i = 0; i < MANY; i++)
        peers[i] = reach(server, "json", "line");
    for (int i = 0; i < MANY; i++)
        ask(peers[i], i);
    settle(server);
    /* A worker that has answered may not have given all back yet, and a loop keeps some memory. */
    while (memory.live - before > (size_t)MANY * (MOST + QUEUE) + SPARES * SPARE)
        nap(1);
    for (int i = 0; i < MANY; i++)
        og_close(peers[i]);
    for (int i = 0; i < AWAKE; i++)
        og_close(first[i]);
    finish(server);
    assert_int_equal(memory.live, 0);
}

/* ---- Those that are known to others ---- */

static og_conn *kept;

static void on_open_keep(og_conn *conn, void *user)
{
    if (!kept) kept = og_conn_keep(conn); /* the first one */
    on_open(conn, user);
}

static og_server *start_keeping(const kind *k, tally *t, counting *memory)
{
    *memory = (counting){.allocator = {resize, memory}};
    kept = NULL;
    og_server_options options = echoing(t, 1, 0);
    options.on_open = on_open_keep;
    options.conn.codec = k->codec;
    options.conn.framing = k->framing;
    options.conn.alloc = &memory->allocator;
    return start(&options, "tcp://127.0.0.1:0");
}

enum { OTHERS = AWAKE + 1 };

/* Others who have a message each, so that whoever is silent rests. */
static void talk(const og_server *server, int *others)
{
    for (int i = 0; i < OTHERS; i++) {
        if (others[i] < 0) others[i] = plain(server);
        plain_send(others[i], "[1]\n", 4);
        plain_expect(others[i], "[1]\n");
    }
}

static void assert_speaks(const char *codec, const char *framing)
{
    char text[40];
    assert_string_equal(og_conn_codec(kept), codec);
    assert_string_equal(og_conn_framing(kept, text, sizeof text), framing);
}

/* Other threads may ask a silent connection what it speaks, and send on it. */
static void silent_connections_may_be_used(void **state)
{
    (void)state;
    tally t;
    counting memory;
    og_error err;
    og_server *server = start_keeping(&(kind){0}, &t, &memory);
    int fd = plain(server);
    wait_for(&t.opened, 1);
    int others[OTHERS];
    for (int i = 0; i < OTHERS; i++)
        others[i] = -1;
    assert_speaks("auto", "auto");
    talk(server, others);
    assert_speaks("auto", "auto");
    plain_send(fd, "[1]\r\n", 5);
    plain_expect(fd, "[1]\r\n");
    talk(server, others);
    assert_speaks("json", "crlf");
    size_t before = 0;
    for (int i = 0; i < SPARES + 3; i++) {
        assert_int_equal(og_send(kept, og_str_borrow("hello", 5), &err), OG_OK);
        plain_expect(fd, "\"hello\"\r\n");
        talk(server, others);
        settle(server);
        if (i <= SPARES) before = memory.live; /* the loop keeps the memory of some answers */
        assert_int_equal(memory.live, before);
    }
    plain_send(fd, "[2]\n", 4);
    plain_expect(fd, "[2]\r\n");
    close(fd);
    for (int i = 0; i < OTHERS; i++)
        close(others[i]);
    og_conn_release(kept);
    wait_for(&t.closed, 1 + OTHERS);
    finish(server);
    assert_int_equal(memory.live, 0);
}

/* What part of a message needs goes when the rest has come: its bytes, and its time limits. */
static void parts_of_messages_are_given_back(void **state)
{
    (void)state;
    tally t;
    counting memory;
    og_server *server = start_keeping(&(kind){0}, &t, &memory);
    int fd = plain(server);
    plain_send(fd, "[1]\n", 4);
    plain_expect(fd, "[1]\n");
    settle(server);
    size_t before = memory.live;
    for (int round = 1; round <= 3; round++) {
        og_conn_counts counts = {0};
        plain_send(fd, "[1", 2);
        while (counts.bytes_in < (uint64_t)round * 4 + 2) {
            nap(1);
            og_conn_count(kept, &counts);
        }
        settle(server);
        assert_true(memory.live > before);
        plain_send(fd, "]\n", 2);
        plain_expect(fd, "[1]\n");
        settle(server);
        assert_int_equal(memory.live, before);
    }
    close(fd);
    og_conn_release(kept);
    finish(server);
    assert_int_equal(memory.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_connections_cost_little),
        cmocka_unit_test(silent_connections_of_workers_cost_little),
        cmocka_unit_test(silent_connections_may_be_used),
        cmocka_unit_test(parts_of_messages_are_given_back),
    };
    return cmocka_run_group_tests_name("server_idle", tests, NULL, NULL);
}
