/* SPDX-License-Identifier: MIT */
/*
 * Measures the codecs beside their peers: every contender does every task on every set, in turns within one
 * run, so that what slows the machine slows all of them. Prints JSON; bench/run makes tables and a plot of
 * it.
 *
 *     onggi-bench FOLDER ROUNDS [TASK]     FOLDER holds NAME.p2, .p4, .p5 and mostly NAME.json;
 * PYTHON_TASKS is the path of python_tasks.py
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ROWS = 64, MAX_ROUNDS = 101 };

/* A turn lasts about this long, so that the clock's grain does not show. */
static const double turn_seconds = 0.01;

static bench_row rows[MAX_ROWS];
static size_t row_count;
static double seconds[MAX_ROWS][MAX_ROUNDS]; /* of one time, by round */
static const char *only;

static const char *const task_names[] = {
#define X(name, text) text,
    BENCH_TASKS(X)
#undef X
};

void bench_add(bench_row row)
{
    bool wanted = row_count < MAX_ROWS && (!only || strstr(task_names[row.task], only));
    if (wanted)
        rows[row_count++] = row;
    else
        row.done(row.state);
}

/* Time on the processor: what else the machine does then costs caches, not turns. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds that `times` times take; < 0 when the contender failed. One time goes before them, for every
 * contender: in the turns of the others its memory went out of the caches, or altogether. */
static double measure(const bench_row *row, size_t times)
{
    if (row->run(row->state, 1) < 0) return -1;
    double start = now();
    double own = row->run(row->state, times);
    return own != 0 ? own : now() - start;
}

static size_t times_for(const bench_row *row)
{
    size_t times = 1;
    for (;;) {
        double taken = measure(row, times);
        if (taken < 0) return 0;
        if (taken >= turn_seconds / 4) return (size_t)(1 + (double)times * turn_seconds / taken);
        times *= 4;
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_row(const bench_row *row, double *times, size_t rounds, bool first)
{
    qsort(times, rounds, sizeof *times, by_size);
    printf("%s\n  {\"task\": \"%s\", \"who\": \"%s\", ", first ? "" : ",", task_names[row->task], row->who);
    if (times[0] < 0)
        printf("\"failed\": true}");
    else
        printf("\"best\": %.4g, \"median\": %.4g, \"low\": %.4g, \"high\": %.4g, \"output\": %zu}", times[0],
               times[rounds / 2], times[rounds / 4], times[rounds - 1 - rounds / 4], row->output);
}

static void run_set(const bench_set *set, const char *folder, size_t rounds, bool first_set)
{
    row_count = 0;
    bench_onggi(set);
    if (set->json_len > 0) {
        bench_simdjson(set);
        bench_yyjson(set);
        bench_rapidjson(set);
        bench_jansson(set);
        bench_jsonc(set);
        bench_cjson(set);
    }
    bench_python(set, folder);
    size_t times[MAX_ROWS];
    for (size_t i = 0; i < row_count; i++)
        times[i] = rows[i].run ? times_for(&rows[i]) : 0;
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < row_count; i++)
            seconds[i][round] = times[i] ? measure(&rows[i], times[i]) / (double)times[i] : -1;
    }
    printf(
        "%s\n {\"set\": \"%s\", \"json\": %zu, \"pickle 2\": %zu, \"pickle 4\": %zu, \"pickle 5\": %zu, \"rows\": [",
        first_set ? "" : ",", set->name, set->json_len, set->pickle[BENCH_PROTOCOL_2].len,
        set->pickle[BENCH_PROTOCOL_4].len, set->pickle[BENCH_PROTOCOL_5].len);
    for (size_t i = 0; i < row_count; i++) {
        print_row(&rows[i], seconds[i], rounds, i == 0);
        rows[i].done(rows[i].state);
    }
    printf("]}");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: onggi-bench FOLDER ROUNDS [TASK]\n");
        return 2;
    }
    size_t rounds = strtoul(argv[2], NULL, 10);
    if (rounds < 1 || rounds > MAX_ROUNDS) rounds = 11;
    only = argc > 3 ? argv[3] : NULL;
    bench_sets sets = {.count = 0};
    printf("{\"absent\": \"%s\", \"sets\": [", BENCH_ABSENT);
    while (bench_next_set(&sets, argv[1]))
        run_set(&sets.set, argv[1], rounds, sets.next == 1);
    printf("]}\n");
    return 0;
}
