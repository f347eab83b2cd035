/* SPDX-License-Identifier: MIT */
/*
 * Does each of onggi's tasks on each set under valgrind's callgrind, which dumps its counters whenever
 * counted_task() returns. Prints the rows in that order, one a line; tools/check-instructions joins the two.
 *
 *     valgrind --tool=callgrind --toggle-collect=counted_task --dump-after=counted_task onggi-bench-count
 * FOLDER
 */
#include "bench.h"

#include <stdio.h>

enum { WARM = 8, COUNTED = 16 };

static const char *set_name;

static const char *const task_names[] = {
#define X(name, text) text,
    BENCH_TASKS(X)
#undef X
};

double counted_task(const bench_row *row);

__attribute__((noinline)) double counted_task(const bench_row *row)
{
    return row->run(row->state, COUNTED);
}

/* The first times are not counted: they make the memory that later ones use again. */
void bench_add(bench_row row)
{
    if (row.run && row.run(row.state, WARM) >= 0 && counted_task(&row) >= 0)
        printf("%d %s, %s\n", COUNTED, task_names[row.task], set_name);
    row.done(row.state);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: onggi-bench-count FOLDER\n");
        return 2;
    }
    bench_sets sets = {.count = 0};
    while (bench_next_set(&sets, argv[1])) {
        set_name = sets.set.name;
        bench_onggi(&sets.set);
    }
    return 0;
}
