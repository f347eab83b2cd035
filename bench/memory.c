/* SPDX-License-Identifier: MIT */
/*
 * What documents take: bytes held for one that was read, and the peak while it was read, beside the peers.
 * This program counts all that is asked of malloc; the text itself is not counted, a copy of it is. Prints
 * JSON.
 *
 *     onggi-bench-memory FOLDER
 */
#include "bench.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    size_t now;
    size_t peak;
} counted;

/* The C library's own, under names that stay when malloc is replaced. */
void *__libc_malloc(size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *bytes);

static void *came(void *bytes)
{
    counted.now += malloc_usable_size(bytes);
    if (counted.now > counted.peak) counted.peak = counted.now;
    return bytes;
}

static void goes(void *bytes)
{
    counted.now -= malloc_usable_size(bytes);
}

void *malloc(size_t size)
{
    return came(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return came(__libc_calloc(count, size));
}

void *aligned_alloc(size_t align, size_t size)
{
    return came(__libc_memalign(align, size));
}

int posix_memalign(void **bytes, size_t align, size_t size)
{
    *bytes = aligned_alloc(align, size);
    return *bytes ? 0 : ENOMEM;
}

void *realloc(void *old, size_t size)
{
    size_t before = malloc_usable_size(old);
    void *bytes = __libc_realloc(old, size);
    if (!bytes && size) return NULL;
    counted.now -= before;
    return came(bytes);
}

void free(void *bytes)
{
    goes(bytes);
    __libc_free(bytes);
}

/* Prints a row, the first one without a comma; whether the next one is the first. */
static bool measure(const bench_reader *reader, const bench_set *set, bool first)
{
    size_t before = counted.now;
    counted.peak = before;
    void *document = reader->read ? reader->read(set) : NULL;
    size_t held = counted.now - before;
    size_t peak = counted.peak - before;
    if (!document) return first;
    reader->free(document);
    printf("%s\n  {\"what\": \"%s\", \"who\": \"%s\", \"held\": %zu, \"peak\": %zu}", first ? "" : ",",
           reader->what, reader->who, held, peak);
    return false;
}

int main(int argc, char **argv)
{
    static const bench_reader *const readers[] = {
        &bench_read_onggi,   &bench_read_simdjson, &bench_read_yyjson, &bench_read_rapidjson,
        &bench_read_jansson, &bench_read_jsonc,    &bench_read_cjson,  &bench_read_onggi_pickle,
    };
    if (argc < 2) {
        fprintf(stderr, "usage: onggi-bench-memory FOLDER\n");
        return 2;
    }
    bench_sets sets = {.count = 0};
    printf("{");
    while (bench_next_set(&sets, argv[1])) {
        printf("%s\n \"%s\": [", sets.next == 1 ? "" : ",", sets.set.name);
        bool first = true;
        for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
            bool pickle = readers[i]->what[0] == 'p';
            if (pickle || sets.set.json_len > 0) first = measure(readers[i], &sets.set, first);
        }
        printf("]");
    }
    printf("}\n");
    return 0;
}

/* The timed tasks are not run here. */
void bench_add(bench_row row)
{
    row.done(row.state);
}
