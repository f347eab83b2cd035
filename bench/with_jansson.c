/* SPDX-License-Identifier: MIT */
/* jansson, where it is installed. */
#include "bench.h"

#ifdef BENCH_HAVE_JANSSON
#    include <jansson.h>
#    include <stdlib.h>
#    include <string.h>

/* A parsed text. */
typedef struct parsed {
    const char *text;
    size_t len;
    json_t *tree;
} parsed;

static parsed *parsed_new(const bench_set *set)
{
    parsed *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->text = set->json;
    p->len = set->json_len;
    return p;
}

static json_t *parse(const parsed *p)
{
    return json_loadb(p->text, p->len, JSON_DECODE_ANY, NULL);
}

static double read_times(void *state, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        json_t *tree = parse(state);
        if (!tree) return -1;
        json_decref(tree);
    }
    return 0;
}

static double write_times(void *state, size_t times)
{
    const parsed *p = state;
    for (size_t i = 0; i < times; i++) {
        char *text = json_dumps(p->tree, JSON_COMPACT | JSON_ENCODE_ANY);
        if (!text) return -1;
        free(text);
    }
    return 0;
}

static void done(void *state)
{
    parsed *p = state;
    json_decref(p->tree);
    free(p);
}

void bench_jansson(const bench_set *set)
{
    bench_add((bench_row){BENCH_JSON_READ, "jansson", parsed_new(set), read_times, done, 0, 0});
    parsed *p = parsed_new(set);
    p->tree = parse(p);
    char *text = p->tree ? json_dumps(p->tree, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    bench_add((bench_row){BENCH_JSON_WRITE, "jansson", p, write_times, done, text ? strlen(text) : 0, 0});
    free(text);
}
#else
void bench_jansson(const bench_set *set)
{
    (void)set;
}
#endif
