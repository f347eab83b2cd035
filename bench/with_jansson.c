/* SPDX-License-Identifier: MIT */
/* jansson, where it is installed. */
#include "bench.h"

#ifdef BENCH_HAVE_JANSSON
#    include <jansson.h>
#    include <stdlib.h>
#    include <string.h>

/* A parsed text, and how to write it. */
typedef struct parsed {
    const bench_set *set;
    json_t *tree;
    int flags;
} parsed;

static json_t *parse(const bench_set *set)
{
    return json_loadb(set->json, set->json_len, JSON_DECODE_ANY, NULL);
}

static double read_times(void *state, size_t times)
{
    const parsed *p = state;
    for (size_t i = 0; i < times; i++) {
        json_t *tree = parse(p->set);
        if (!tree) return -1;
        json_decref(tree);
    }
    return 0;
}

/* Writes the tree; returns the length, 0 when that failed. */
static size_t write_tree(const parsed *p)
{
    char *text = p->tree ? json_dumps(p->tree, (size_t)p->flags | JSON_ENCODE_ANY) : NULL;
    size_t len = text ? strlen(text) : 0;
    free(text);
    return len;
}

static double write_times(void *state, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        if (write_tree(state) == 0) return -1;
    }
    return 0;
}

static void done(void *state)
{
    parsed *p = state;
    json_decref(p->tree);
    free(p);
}

static void add(bench_task task, const bench_set *set, int flags)
{
    parsed *p = calloc(1, sizeof *p);
    if (!p) return;
    p->set = set;
    p->flags = flags;
    bench_row row = {.task = task, .who = "jansson", .state = p, .run = read_times, .done = done};
    if (task != BENCH_JSON_READ) {
        p->tree = parse(set);
        row.run = write_times;
        row.output = write_tree(p);
    }
    bench_add(row);
}

void bench_jansson(const bench_set *set)
{
    add(BENCH_JSON_READ, set, 0);
    add(BENCH_JSON_WRITE, set, JSON_COMPACT);
    add(BENCH_JSON_INDENTED, set, JSON_INDENT(2));
    add(BENCH_JSON_ASCII, set, JSON_COMPACT | JSON_ENSURE_ASCII);
    add(BENCH_JSON_SORTED, set, JSON_COMPACT | JSON_SORT_KEYS);
}

static void *read_tree(const bench_set *set)
{
    return parse(set);
}

static void free_tree(void *tree)
{
    json_decref(tree);
}

const bench_reader bench_read_jansson = {"jansson", "json", read_tree, free_tree};
#else
void bench_jansson(const bench_set *set)
{
    (void)set;
}

const bench_reader bench_read_jansson = {"jansson", "json", NULL, NULL};
#endif
