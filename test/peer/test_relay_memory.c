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

static og_conn_options pickles(const og_allocator *alloc)
{
    return (og_conn_options){.size = sizeof(og_conn_options),
                             .codec = "pickle",
                             .framing = "u32be",
                             .alloc = alloc,
                             .recv_timeout_ms = 120000};
}

static void start_pair(pair *p, og_rewrite rewrite)
{
    counting_init(&p->memory);
    og_server_options echo = echoing(&p->t, 1, 0);
    echo.conn = pickles(NULL);
    p->upstream = start(&echo, "tcp://127.0.0.1:0");
    og_relay_options options = {.size = sizeof options, .rewrite = rewrite};
    options.front.size = sizeof options.front;
    options.front.threads = 1;
    options.front.conn = options.behind = pickles(&p->memory.allocator);
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
    start_pair(&p, OG_REWRITE_ANEW);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_of_long_messages_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
