/* SPDX-License-Identifier: MIT */
/* onggi at every task: documents and buffers are used again, as a connection does. */
#include "bench.h"

#include <onggi/onggi.h>

#include <stdlib.h>

/* One of these does every task; what it reads is in `text`. */
typedef struct worker {
    const char *text;
    size_t len;
    og_doc *doc;
    og_buf out;
    og_json_read_options read;
    og_json_write_options write;
    og_pickle_write_options dump;
    og_policy *policy;
} worker;

static int read_json(worker *w)
{
    return og_json_read(w->doc, w->text, w->len, &w->read, NULL);
}

static int write_json(worker *w)
{
    w->out.len = 0;
    return og_json_write(og_doc_root(w->doc), &w->out, &w->write, NULL);
}

static int read_pickle(worker *w)
{
    return og_pickle_read(w->doc, w->text, w->len, NULL, NULL, NULL);
}

static int read_allowed(worker *w)
{
    og_pickle_read_options options = {.size = sizeof options, .policy = w->policy};
    return og_pickle_read(w->doc, w->text, w->len, NULL, &options, NULL);
}

static int write_pickle(worker *w)
{
    w->out.len = 0;
    return og_pickle_write(og_doc_root(w->doc), &w->out, &w->dump, NULL);
}

typedef int (*step)(worker *w);

static double repeat(worker *w, size_t times, step first, step second)
{
    for (size_t i = 0; i < times; i++) {
        if (first(w) < 0 || (second && second(w) < 0)) return -1;
    }
    return 0;
}

static double json_read(void *state, size_t times)
{
    return repeat(state, times, read_json, NULL);
}

static double json_write(void *state, size_t times)
{
    return repeat(state, times, write_json, NULL);
}

static double json_both(void *state, size_t times)
{
    return repeat(state, times, read_json, write_json);
}

static double pickle_read(void *state, size_t times)
{
    return repeat(state, times, read_pickle, NULL);
}

static double pickle_allowed(void *state, size_t times)
{
    return repeat(state, times, read_allowed, NULL);
}

static double pickle_write(void *state, size_t times)
{
    return repeat(state, times, write_pickle, NULL);
}

static double pickle_to_json(void *state, size_t times)
{
    return repeat(state, times, read_pickle, write_json);
}

static double json_to_pickle(void *state, size_t times)
{
    return repeat(state, times, read_json, write_pickle);
}

static void done(void *state)
{
    worker *w = state;
    og_doc_free(w->doc);
    og_policy_free(w->policy);
    og_buf_free(&w->out);
    free(w);
}

/* Reads what is to be written. A document has read such messages before, as that of a connection has. */
static int prepare_again(worker *w, step prepare)
{
    enum { TIMES = 4 };
    int status = 0;
    for (int i = 0; i < TIMES && status >= 0; i++)
        status = prepare(w);
    return status;
}

static void add(bench_task task, bench_bytes text, int protocol, step prepare,
                double (*run)(void *state, size_t times), og_json_write_options how)
{
    worker *w = calloc(1, sizeof *w);
    if (!w || text.len == 0) {
        free(w);
        return;
    }
    w->text = text.at;
    w->len = text.len;
    w->doc = og_doc_new(NULL);
    w->policy = og_policy_builtin("plain-data", NULL);
    w->read = (og_json_read_options){.size = sizeof w->read, .padded = true};
    w->write = how;
    w->write.size = sizeof w->write;
    w->dump = (og_pickle_write_options){.size = sizeof w->dump, .protocol = protocol};
    bench_row row = {.task = task, .who = "onggi", .state = w, .run = run, .done = done};
    if (prepare_again(w, prepare) < 0 || run(w, 1) < 0) {
        row.run = NULL; /* shows as failed */
    }
    row.output = w->out.len;
    bench_add(row);
}

void bench_onggi(const bench_set *s)
{
    const og_json_write_options compact = {.form = OG_JSON_STRICT};
    const og_json_write_options indented = {.indent = 2};
    const og_json_write_options ascii = {.ensure_ascii = true};
    const og_json_write_options sorted = {.sort_keys = true};
    const bench_bytes json = {s->json, s->json_len};
    const bench_bytes *pickle4 = &s->pickle[BENCH_PROTOCOL_4];
    add(BENCH_JSON_READ, json, 4, read_json, json_read, compact);
    add(BENCH_JSON_WRITE, json, 4, read_json, json_write, compact);
    add(BENCH_JSON_INDENTED, json, 4, read_json, json_write, indented);
    add(BENCH_JSON_ASCII, json, 4, read_json, json_write, ascii);
    add(BENCH_JSON_SORTED, json, 4, read_json, json_write, sorted);
    add(BENCH_JSON_BOTH, json, 4, read_json, json_both, compact);
    for (int i = 0; i < BENCH_PROTOCOLS; i++) {
        static const struct {
            bench_task read;
            bench_task write;
            int protocol;
        } tasks[BENCH_PROTOCOLS] = {
            {BENCH_PICKLE2_READ, BENCH_PICKLE2_WRITE, 2},
            {BENCH_PICKLE4_READ, BENCH_PICKLE4_WRITE, 4},
            {BENCH_PICKLE5_READ, BENCH_PICKLE5_WRITE, 5},
        };
        add(tasks[i].read, s->pickle[i], tasks[i].protocol, read_pickle, pickle_read, compact);
        add(tasks[i].write, s->pickle[i], tasks[i].protocol, read_pickle, pickle_write, compact);
    }
    add(BENCH_PICKLE4_ALLOWED, *pickle4, 4, read_allowed, pickle_allowed, compact);
    if (json.len) add(BENCH_PICKLE_TO_JSON, *pickle4, 4, read_pickle, pickle_to_json, compact);
    add(BENCH_JSON_TO_PICKLE, json, 4, read_json, json_to_pickle, compact);
}

/* ---- Documents ---- */

static void *read_document(const bench_set *set)
{
    return og_json_loads(set->json, set->json_len, NULL, NULL);
}

static void *unpickle_document(const bench_set *set)
{
    return og_pickle_loads(set->pickle[BENCH_PROTOCOL_5].at, set->pickle[BENCH_PROTOCOL_5].len, NULL, NULL);
}

static void free_document(void *document)
{
    og_doc_free(document);
}

const bench_reader bench_read_onggi = {"onggi", "json", read_document, free_document};
const bench_reader bench_read_onggi_pickle = {"onggi", "pickle 5", unpickle_document, free_document};
