/* SPDX-License-Identifier: MIT */
/*
 * How often each time was measured: counts in buckets that are at most 1/64 wide of what is in them, so any
 * number of times takes the same memory.
 *
 * Threads: one at a time.
 */
#ifndef ONGGI_CLI_HISTOGRAM_H
#define ONGGI_CLI_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { CLI_HISTOGRAM_PARTS = 64, CLI_HISTOGRAM_BUCKETS = CLI_HISTOGRAM_PARTS * (64 - 6 + 1) };

/* Times are nanoseconds. Zero is: nothing was measured. */
typedef struct cli_histogram {
    uint64_t count;
    uint64_t sum;
    uint64_t least;
    uint64_t most;
    uint64_t buckets[CLI_HISTOGRAM_BUCKETS];
} cli_histogram;

void cli_histogram_add(cli_histogram *histogram, uint64_t time);

/* Adds all that `other` has. */
void cli_histogram_join(cli_histogram *histogram, const cli_histogram *other);

/* The time that `share` (0 to 1) of all are no longer than; 0 when there are none. */
uint64_t cli_histogram_at(const cli_histogram *histogram, double share);

double cli_histogram_mean(const cli_histogram *histogram);

#endif
