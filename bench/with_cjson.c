/* SPDX-License-Identifier: MIT */
/* cJSON, where it is installed. */
#include "bench.h"

#ifdef BENCH_HAVE_CJSON
#    include <cjson/cJSON.h>
#    include <stdlib.h>
#    include <string.h>

/* A parsed text, and how to write it. */
typedef struct parsed {
    const bench_set *set;
    cJSON *tree;
    int flags;
} parsed;

static cJSON *parse(const bench_set *set)
{
    return cJSON_ParseWithLength(set->json, set->json_len);
}

static double read_times(void *state, size_t times)
{
    const parsed *p = state;
    for (size_t i = 0; i < times; i++) {
        cJSON *tree = parse(p->set);
        if (!tree) return -1;
        cJSON_Delete(tree);
    }
    return 0;
}

/* Writes the tree; returns the length, 0 when that failed. */
static size_t write_tree(const parsed *p)
{
    char *text = p->tree ? (p->flags ? cJSON_Print(p->tree) : cJSON_PrintUnformatted(p->tree)) : NULL;
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
    cJSON_Delete(p->tree);
    free(p);
}

static void add(bench_task task, const bench_set *set, int flags)
{
    parsed *p = calloc(1, sizeof *p);
    if (!p) return;
    p->set = set;
    p->flags = flags;
    bench_row row = {.task = task, .who = "cJSON", .state = p, .run = read_times, .done = done};
    if (task != BENCH_JSON_READ) {
        p->tree = parse(set);
        row.run = write_times;
        row.output = write_tree(p);
    }
    bench_add(row);
}

void bench_cjson(const bench_set *set)
{
    add(BENCH_JSON_READ, set, 0);
    add(BENCH_JSON_WRITE, set, 0);
    add(BENCH_JSON_INDENTED, set, 1);
}

static void *read_tree(const bench_set *set)
{
    return parse(set);
}

static void free_tree(void *tree)
{
    cJSON_Delete(tree);
}

const bench_reader bench_read_cjson = {"cJSON", "json", read_tree, free_tree};
#else
void bench_cjson(const bench_set *set)
{
    (void)set;
}

const bench_reader bench_read_cjson = {"cJSON", "json", NULL, NULL};
#endif
