/* SPDX-License-Identifier: MIT */
/* What onggi bench has measured, and the forms that it is shown in. */
#ifndef ONGGI_CLI_BENCH_H
#define ONGGI_CLI_BENCH_H

#include "cli/load.h"

/* The shares of all answers that times are given for: the median and what is above it. */
#define CLI_BENCH_SHARES(X)   \
    X("50", 0.5, "p50")       \
    X("90", 0.9, "p90")       \
    X("99", 0.99, "p99")      \
    X("99.9", 0.999, "p99.9") \
    X("99.99", 0.9999, "p99.99")

/* One run. */
typedef struct cli_bench_row {
    uint64_t size; /* bytes of the object as JSON text; 0: of objects that were given */
    const cli_load *load;
    cli_load_result result;
} cli_bench_row;

/* What is above the table, and one row of it, for people. */
void cli_bench_print_head(const cli_load *load);
void cli_bench_print_row(const cli_bench_row *row);

/* The same as a line of JSON: 0, or the exit status after saying why. */
int cli_bench_print_json(const cli_bench_row *row);

/* Draws how long the answers took, a curve for each row, in an SVG file: 0, or the exit status after saying
 * why. */
int cli_bench_draw(const char *path, const cli_bench_row *rows, size_t count);

#endif
