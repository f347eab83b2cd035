/* SPDX-License-Identifier: MIT */
/* yyjson, its memory used again, where it is installed. */
#include "bench.h"

#ifdef BENCH_HAVE_YYJSON
#    include <stdlib.h>
#    include <yyjson.h>

/* What is read stays in `pool`; what is written goes into `out`. */
typedef struct yy_state {
    const bench_set *set;
    yyjson_doc *doc;
    char *pool;
    size_t pool_len;
    char *out;
    size_t out_len;
} yy_state;

static yyjson_doc *read_once(yy_state *s)
{
    yyjson_alc alc;
    if (!yyjson_alc_pool_init(&alc, s->pool, s->pool_len)) return NULL;
    return yyjson_read_opts((char *)(uintptr_t)s->set->json, s->set->json_len, YYJSON_READ_NOFLAG, &alc,
                            NULL);
}

static size_t write_once(yy_state *s)
{
    yyjson_alc alc;
    size_t len = 0;
    if (!yyjson_alc_pool_init(&alc, s->out, s->out_len)) return 0;
    return yyjson_write_opts(s->doc, YYJSON_WRITE_NOFLAG, &alc, &len, NULL) ? len : 0;
}

static double yy_read(void *state, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        if (!read_once(state)) return -1;
    }
    return 0;
}

static double yy_write(void *state, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        if (!write_once(state)) return -1;
    }
    return 0;
}

static void yy_done(void *state)
{
    yy_state *s = state;
    free(s->pool);
    free(s->out);
    free(s);
}

static void add(const bench_set *set, bench_task task, double (*run)(void *state, size_t times), bool writes)
{
    yy_state *s = calloc(1, sizeof *s);
    if (!s) return;
    s->set = set;
    s->pool_len = yyjson_read_max_memory_usage(set->json_len, YYJSON_READ_NOFLAG);
    s->out_len = 16 * set->json_len + 4096;
    s->pool = malloc(s->pool_len);
    s->out = malloc(s->out_len);
    bench_row row = {.task = task, .who = "yyjson", .state = s, .run = run, .done = yy_done};
    if (!s->pool || !s->out || !(s->doc = read_once(s))) row.run = NULL; /* shows as failed */
    if (writes && row.run) row.output = write_once(s);
    bench_add(row);
}

void bench_yyjson(const bench_set *set)
{
    add(set, BENCH_JSON_READ, yy_read, false);
    add(set, BENCH_JSON_WRITE, yy_write, true);
}

static void *yy_document(const bench_set *set)
{
    return yyjson_read(set->json, set->json_len, YYJSON_READ_NOFLAG);
}

static void yy_free(void *document)
{
    yyjson_doc_free(document);
}

const bench_reader bench_read_yyjson = {"yyjson", "json", yy_document, yy_free};
#else
void bench_yyjson(const bench_set *set)
{
    (void)set;
}

const bench_reader bench_read_yyjson = {"yyjson", "json", NULL, NULL};
#endif
