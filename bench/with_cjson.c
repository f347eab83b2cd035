/* SPDX-License-Identifier: MIT */
/* cJSON, where it is installed. */
#include "bench.h"

#ifdef BENCH_HAVE_CJSON
#    include <cjson/cJSON.h>
#    include <stdlib.h>
#    include <string.h>

/* A parsed text. */
typedef struct parsed {
    const char *text;
    size_t len;
    cJSON *tree;
} parsed;

static parsed *parsed_new(const bench_set *set)
{
    parsed *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->text = set->json;
    p->len = set->json_len;
    return p;
}

static cJSON *parse(const parsed *p)
{
    return cJSON_ParseWithLength(p->text, p->len);
}

static double read_times(void *state, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        cJSON *tree = parse(state);
        if (!tree) return -1;
        cJSON_Delete(tree);
    }
    return 0;
}

static double write_times(void *state, size_t times)
{
    const parsed *p = state;
    for (size_t i = 0; i < times; i++) {
        char *text = cJSON_PrintUnformatted(p->tree);
        if (!text) return -1;
        free(text);
    }
    return 0;
}

static void done(void *state)
{
    parsed *p = state;
    cJSON_Delete(p->tree);
    free(p);
}

void bench_cjson(const bench_set *set)
{
    bench_add((bench_row){BENCH_JSON_READ, "cJSON", parsed_new(set), read_times, done, 0, 0});
    parsed *p = parsed_new(set);
    p->tree = parse(p);
    char *text = p->tree ? cJSON_PrintUnformatted(p->tree) : NULL;
    bench_add((bench_row){BENCH_JSON_WRITE, "cJSON", p, write_times, done, text ? strlen(text) : 0, 0});
    free(text);
}
#else
void bench_cjson(const bench_set *set)
{
    (void)set;
}
#endif
