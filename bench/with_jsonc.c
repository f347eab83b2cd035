/* SPDX-License-Identifier: MIT */
/* json-c, where it is installed. */
#include "bench.h"

#ifdef BENCH_HAVE_JSONC
#    include <json.h>
#    include <stdlib.h>
#    include <string.h>

/* A parsed text, and how to write it. */
typedef struct parsed {
    const bench_set *set;
    struct json_object *tree;
    int flags;
} parsed;

static struct json_object *parse(const bench_set *set)
{
    enum { DEEP = 2000 };
    struct json_tokener *tokener = json_tokener_new_ex(DEEP);
    struct json_object *tree = json_tokener_parse_ex(tokener, set->json, (int)set->json_len);
    json_tokener_free(tokener);
    return tree;
}

static double read_times(void *state, size_t times)
{
    const parsed *p = state;
    for (size_t i = 0; i < times; i++) {
        struct json_object *tree = parse(p->set);
        if (!tree) return -1;
        json_object_put(tree);
    }
    return 0;
}

/* Writes the tree; returns the length, 0 when that failed. */
static size_t write_tree(const parsed *p)
{
    const char *text = p->tree ? json_object_to_json_string_ext(p->tree, p->flags) : NULL;
    size_t len = text ? strlen(text) : 0;
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
    json_object_put(p->tree);
    free(p);
}

static void add(bench_task task, const bench_set *set, int flags)
{
    parsed *p = calloc(1, sizeof *p);
    if (!p) return;
    p->set = set;
    p->flags = flags;
    bench_row row = {.task = task, .who = "json-c", .state = p, .run = read_times, .done = done};
    if (task != BENCH_JSON_READ) {
        p->tree = parse(set);
        row.run = write_times;
        row.output = write_tree(p);
    }
    bench_add(row);
}

void bench_jsonc(const bench_set *set)
{
    add(BENCH_JSON_READ, set, 0);
    add(BENCH_JSON_WRITE, set, JSON_C_TO_STRING_PLAIN);
    add(BENCH_JSON_INDENTED, set, JSON_C_TO_STRING_PRETTY);
}

static void *read_tree(const bench_set *set)
{
    return parse(set);
}

static void free_tree(void *tree)
{
    json_object_put(tree);
}

const bench_reader bench_read_jsonc = {"json-c", "json", read_tree, free_tree};
#else
void bench_jsonc(const bench_set *set)
{
    (void)set;
}

const bench_reader bench_read_jsonc = {"json-c", "json", NULL, NULL};
#endif
