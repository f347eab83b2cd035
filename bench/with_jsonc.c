/* SPDX-License-Identifier: MIT */
/* json-c, where it is installed. */
#include "bench.h"

#ifdef BENCH_HAVE_JSONC
#    include <json.h>
#    include <stdlib.h>
#    include <string.h>

/* A parsed text. */
typedef struct parsed {
    const char *text;
    size_t len;
    struct json_object *tree;
} parsed;

static parsed *parsed_new(const bench_set *set)
{
    parsed *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->text = set->json;
    p->len = set->json_len;
    return p;
}

static struct json_object *parse(const parsed *p)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *tree = json_tokener_parse_ex(tokener, p->text, (int)p->len);
    json_tokener_free(tokener);
    return tree;
}

static double read_times(void *state, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        struct json_object *tree = parse(state);
        if (!tree) return -1;
        json_object_put(tree);
    }
    return 0;
}

static double write_times(void *state, size_t times)
{
    const parsed *p = state;
    for (size_t i = 0; i < times; i++) {
        const char *text = json_object_to_json_string_ext(p->tree, JSON_C_TO_STRING_PLAIN);
        if (!text) return -1;
    }
    return 0;
}

static void done(void *state)
{
    parsed *p = state;
    json_object_put(p->tree);
    free(p);
}

void bench_jsonc(const bench_set *set)
{
    bench_add((bench_row){BENCH_JSON_READ, "json-c", parsed_new(set), read_times, done, 0, 0});
    parsed *p = parsed_new(set);
    p->tree = parse(p);
    const char *text = p->tree ? json_object_to_json_string_ext(p->tree, JSON_C_TO_STRING_PLAIN) : NULL;
    bench_add((bench_row){BENCH_JSON_WRITE, "json-c", p, write_times, done, text ? strlen(text) : 0, 0});
}
#else
void bench_jsonc(const bench_set *set)
{
    (void)set;
}
#endif
