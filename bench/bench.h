/* SPDX-License-Identifier: MIT */
/*
 * What a codec benchmark is made of: sets of data, and tasks that contenders do with them.
 * One thread; a task owns its `state` from bench_add() until its `done`.
 */
#ifndef ONGGI_BENCH_BENCH_H
#define ONGGI_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The pickle protocols that are measured. */
enum { BENCH_PROTOCOL_2, BENCH_PROTOCOL_4, BENCH_PROTOCOL_5, BENCH_PROTOCOLS };

typedef struct bench_bytes {
    const char *at;
    size_t len;
} bench_bytes;

/* One set of data in its forms. Each form is followed by 64 bytes that may be read; length 0: there is none.
 */
typedef struct bench_set {
    const char *name;
    const char *json;
    size_t json_len;
    bench_bytes pickle[BENCH_PROTOCOLS];
} bench_set;

/* What is measured: name, what a row's bytes are counted in. */
#define BENCH_TASKS(X)                                \
    X(JSON_READ, "json read")                         \
    X(JSON_WRITE, "json write")                       \
    X(JSON_INDENTED, "json indented")                 \
    X(JSON_ASCII, "json in ascii")                    \
    X(JSON_SORTED, "json sorted")                     \
    X(JSON_BOTH, "json read and write")               \
    X(PICKLE2_READ, "pickle 2 read")                  \
    X(PICKLE2_WRITE, "pickle 2 write")                \
    X(PICKLE4_READ, "pickle 4 read")                  \
    X(PICKLE4_WRITE, "pickle 4 write")                \
    X(PICKLE5_READ, "pickle 5 read")                  \
    X(PICKLE5_WRITE, "pickle 5 write")                \
    X(PICKLE4_ALLOWED, "pickle 4 read by plain-data") \
    X(PICKLE_TO_JSON, "pickle to json")               \
    X(JSON_TO_PICKLE, "json to pickle")

typedef enum bench_task {
#define X(name, text) BENCH_##name,
    BENCH_TASKS(X)
#undef X
} bench_task;

/* One contender at one task. */
typedef struct bench_row {
    bench_task task;
    const char *who;
    void *state;

    /* Does the task `times` times; seconds taken if the contender measures itself, else 0. < 0: it failed. */
    double (*run)(void *state, size_t times);
    void (*done)(void *state);
    size_t output; /* bytes that it wrote, 0 if it only reads; set by bench_add's caller */
} bench_row;

/* One way of reading a set to a document, for measuring its memory. */
typedef struct bench_reader {
    const char *who;
    const char *what;                    /* the form that it reads */
    void *(*read)(const bench_set *set); /* the document, or NULL when it failed */
    void (*free)(void *document);
} bench_reader;

extern const bench_reader bench_read_onggi;
extern const bench_reader bench_read_onggi_pickle;
extern const bench_reader bench_read_jansson;
extern const bench_reader bench_read_jsonc;
extern const bench_reader bench_read_cjson;
extern const bench_reader bench_read_simdjson;
extern const bench_reader bench_read_yyjson;
extern const bench_reader bench_read_rapidjson;

/* The sets in a folder that holds NAME.p2, .p4, .p5 and mostly NAME.json, in the order of their names; each
 * lives until the next one is asked for. False after the last one. Zero-initialise. */
typedef struct bench_sets {
    char *names[64];
    size_t count;
    size_t next;
    bench_set set;
    char *bytes[1 + BENCH_PROTOCOLS];
} bench_sets;
bool bench_next_set(bench_sets *sets, const char *folder);

/* Adds a row to the set that is being prepared. */
void bench_add(bench_row row);

/* The contenders: each adds its rows for `set`. */
void bench_onggi(const bench_set *set);
void bench_jansson(const bench_set *set);
void bench_jsonc(const bench_set *set);
void bench_cjson(const bench_set *set);
void bench_simdjson(const bench_set *set);
void bench_yyjson(const bench_set *set);
void bench_rapidjson(const bench_set *set);
void bench_python(const bench_set *set, const char *folder);

#ifdef __cplusplus
}
#endif

#endif
