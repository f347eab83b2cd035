/* SPDX-License-Identifier: MIT */
/* What a relay holds after a long message: little. */
#include "server_test.h"

#include <onggi/pickle.h>
#include <onggi/relay.h>

static og_error err;

/* ---- How much is held ---- */

typedef struct counting_alloc {
    og_allocator allocator;
    atomic_size_t held;
    atomic_size_t most;
} counting_alloc;

static void *resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    counting_alloc *c = ctx;
    void *memory = NULL;
    if (new_size == 0)
        free(ptr);
    else
        memory = realloc(ptr, new_size);
    if (new_size > 0 && !memory) return NULL;
    size_t held = atomic_fetch_add(&c->held, new_size - old_size) + new_size - old_size;
    if (held > c->most) c->most = held; /* of one thread's */
    return memory;
}

static void counting_init(counting_alloc *c)
{
    memset(c, 0, sizeof *c);
    c->allocator = (og_allocator){resize, c};
}

/* ---- A relay before an echo ---- */

typedef struct pair {
    tally t;
    counting_alloc memory;
    og_server *upstream;
    og_server *relay;
} pair;

static og_conn_options pickles(const char *framing, const og_allocator *alloc)
{
    return (og_conn_options){.size = sizeof(og_conn_options),
                             .codec = "pickle",
                             .framing = framing,
                             .alloc = alloc,
                             .recv_timeout_ms = 120000};
}

static void start_pair(pair *p, og_rewrite rewrite, const char *framing, const char *behind)
{
    counting_init(&p->memory);
    og_server_options echo = echoing(&p->t, 1, 0);
    echo.conn = pickles(behind, NULL);
    p->upstream = start(&echo, "tcp://127.0.0.1:0");
    og_relay_options options = {.size = sizeof options, .rewrite = rewrite};
    options.front.size = sizeof options.front;
    options.front.threads = 1;
    options.front.conn = pickles(framing, &p->memory.allocator);
    options.behind = pickles(behind, &p->memory.allocator);
    options.upstream = og_server_endpoint(p->upstream, 0);
    p->relay = og_relay_new(&options, &err);
    if (!p->relay) fail_msg("%s", err.text);
    if (og_server_listen(p->relay, "tcp://127.0.0.1:0", &err) < 0) fail_msg("%s", err.text);
    if (og_server_start(p->relay, &err) < 0) fail_msg("%s", err.text);
}

static void finish_pair(pair *p)
{
    finish(p->relay);
    finish(p->upstream);
    assert_int_equal(p->memory.held, 0);
}

static void ask_value(og_conn *conn, og_value value)
{
    og_value answer;
    if (og_send(conn, value, &err) < 0) fail_msg("%s", err.text);
    if (og_recv(conn, &answer, &err) < 1) fail_msg("%s", err.text);
    assert_int_equal(og_len(answer), og_len(value));
}

/* ---- Tests ---- */

/* The documents of reading and of judging: they are as large as what is read needs, and not kept then. */
static void documents_of_long_messages_go(void **state)
{
    (void)state;
    enum { MANY = 200000, KEPT = 2 << 20 };
    pair p = {0};
    start_pair(&p, OG_REWRITE_ANEW, "u32be", "u32be");
    og_conn *conn = reach(p.relay, "pickle", "u32be");
    og_doc *doc = og_doc_new(NULL);
    og_value many = og_list(doc);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(og_list_append(doc, many, og_tuple(doc, NULL, 0), NULL), OG_OK);
    for (int round = 0; round < 2; round++) {
        ask_value(conn, many);
        ask(conn, round);
        assert_true(p.memory.most > KEPT);
        assert_true(p.memory.held < KEPT);
    }
    og_doc_free(doc);
    og_close(conn);
    finish_pair(&p);
}

/* Waits until no long message is held any more. */
static void wait_until_free(counting_alloc *memory)
{
    enum { LITTLE = 9 << 20, TRIES = 6000 }; /* what is not long is kept */
    for (int i = 0; memory->held > LITTLE; i++) {
        if (i == TRIES) fail_msg("%zu bytes are still held", (size_t)memory->held);
        nap(10);
    }
}

/* What came is what goes, in the same memory; and that is kept for the next one for a while only. */
static void memory_of_long_messages_goes(void **state)
{
    (void)state;
    enum { LONG = 12 << 20, TWICE = 2 * LONG };
    static const og_rewrite rewrites[] = {OG_REWRITE_VERBATIM, OG_REWRITE_ANEW};
    uint8_t *bytes = calloc(LONG, 1);
    for (int i = 0; i < 2; i++) {
        pair p = {0};
        start_pair(&p, rewrites[i], "u32be", "u32be");
        og_conn *conn = reach(p.relay, "pickle", "u32be");
        og_doc *doc = og_doc_new(NULL);
        for (int round = 0; round < 3; round++) {
            ask_value(conn, og_bytes(doc, bytes, LONG));
            ask(conn, round);
        }
        if (rewrites[i] == OG_REWRITE_VERBATIM) assert_true(p.memory.most < TWICE);
        wait_until_free(&p.memory);
        ask_value(conn, og_bytes(doc, bytes, LONG));
        og_doc_free(doc);
        og_close(conn);
        finish_pair(&p);
    }
    free(bytes);
}

/* ---- Long messages among others ---- */

static const size_t lengths[] = {1,      65536, 200000, 3,       70000, 300,     65300, 66000,
                                 200000, 5,     20,     1000000, 12,    3000000, 80000, 2500000};
enum { LENGTHS = sizeof lengths / sizeof lengths[0], LONGEST = 3000000 };

static uint8_t text[LONGEST + LENGTHS];

static og_value message(og_doc *doc, size_t i)
{
    og_value parts[2] = {og_int((int64_t)i), og_bytes(doc, text + i, lengths[i])};
    return og_tuple(doc, parts, 2);
}

static void *send_all(void *arg)
{
    og_conn *conn = arg;
    og_doc *doc = og_doc_new(NULL);
    og_error failed = {0};
    for (size_t i = 0; i < LENGTHS; i++)
        if (og_send(conn, message(doc, i), &failed) < 0) break;
    og_doc_free(doc);
    return NULL;
}

static void converse(const og_server *relay, const char *framing)
{
    pthread_t sender;
    og_value answer;
    og_conn *conn = reach(relay, "pickle", framing);
    og_doc *doc = og_doc_new(NULL);
    assert_int_equal(pthread_create(&sender, NULL, send_all, conn), 0);
    for (size_t i = 0; i < LENGTHS; i++) {
        if (og_recv(conn, &answer, &err) < 1) fail_msg("message %zu: %s", i, err.text);
        assert_int_equal(og_equal(answer, message(doc, i)), 1);
    }
    pthread_join(sender, NULL);
    og_doc_free(doc);
    og_close(conn);
}

/* All that was sent together arrives whole and in order, whatever stands before and after it. */
static void long_and_short_ones_in_a_row(void **state)
{
    (void)state;
    static const char *const framings[][2] = {
        {"u32be", "u32be"},         {"u64le", "u64le"},   {"u32be", "u64be"},  {"netstring", "netstring"},
        {"digits:10", "digits:10"}, {"varint", "varint"}, {"varint", "u32le"}, {"u24be", "u24be"}};
    static const og_rewrite rewrites[] = {OG_REWRITE_VERBATIM, OG_REWRITE_ANEW};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t f = 0; f < sizeof framings / sizeof framings[0]; f++)
        for (int i = 0; i < 2; i++) {
            pair p = {0};
            start_pair(&p, rewrites[i], framings[f][0], framings[f][1]);
            converse(p.relay, framings[f][0]);
            finish_pair(&p);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_of_long_messages_go),
        cmocka_unit_test(memory_of_long_messages_goes),
        cmocka_unit_test(long_and_short_ones_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
