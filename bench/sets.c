/* SPDX-License-Identifier: MIT */
/* The sets of data that bench/run has put into a folder. */
#include "bench.h"

#include <onggi/base.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file's bytes, followed by padding; NULL and length 0 if there is none. */
static char *load(const char *folder, const char *name, const char *ending, size_t *len)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending);
    *len = 0;
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = size < 0 ? NULL : calloc(1, (size_t)size + OG_PADDING);
    if (bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size) *len = (size_t)size;
    fclose(file);
    return bytes;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_names(bench_sets *sets, const char *folder)
{
    size_t most = sizeof sets->names / sizeof sets->names[0];
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && sets->count < most && (entry = readdir(dir));) {
        char *dot = strrchr(entry->d_name, '.');
        if (dot && strcmp(dot, ".p4") == 0)
            sets->names[sets->count++] = strndup(entry->d_name, (size_t)(dot - entry->d_name));
    }
    if (dir) closedir(dir);
    qsort(sets->names, sets->count, sizeof *sets->names, by_name);
}

bool bench_next_set(bench_sets *sets, const char *folder)
{
    if (sets->count == 0) find_names(sets, folder);
    for (size_t i = 0; i < sizeof sets->bytes / sizeof sets->bytes[0]; i++)
        free(sets->bytes[i]);
    if (sets->next > 0) free(sets->names[sets->next - 1]);
    if (sets->next >= sets->count) return false;
    bench_set *set = &sets->set;
    set->name = sets->names[sets->next++];
    set->json = sets->bytes[0] = load(folder, set->name, "json", &set->json_len);
    for (int i = 0; i < BENCH_PROTOCOLS; i++) {
        static const char *const endings[BENCH_PROTOCOLS] = {"p2", "p4", "p5"};
        bench_bytes *pickle = &set->pickle[i];
        pickle->at = sets->bytes[1 + i] = load(folder, set->name, endings[i], &pickle->len);
    }
    return true;
}
