/* SPDX-License-Identifier: MIT */
/* How often each time was measured. */
#include "cli/histogram.h"

/* Buckets are as wide as the power of two that the time's highest bits leave: times below 64 have their own.
 */
enum { PART_BITS = 6 };

static size_t bucket_of(uint64_t time)
{
    if (time < CLI_HISTOGRAM_PARTS) return (size_t)time;
    unsigned shift = 63 - PART_BITS - (unsigned)__builtin_clzll(time);
    return (size_t)(shift + 1) * CLI_HISTOGRAM_PARTS + (size_t)(time >> shift) - CLI_HISTOGRAM_PARTS;
}

/* The longest time that goes into a bucket. */
static uint64_t end_of(size_t bucket)
{
    if (bucket < CLI_HISTOGRAM_PARTS) return bucket;
    unsigned shift = (unsigned)(bucket / CLI_HISTOGRAM_PARTS) - 1;
    uint64_t first = (uint64_t)(CLI_HISTOGRAM_PARTS + bucket % CLI_HISTOGRAM_PARTS) << shift;
    return first + ((UINT64_C(1) << shift) - 1);
}

void cli_histogram_add(cli_histogram *histogram, uint64_t time)
{
    if (histogram->count == 0 || time < histogram->least) histogram->least = time;
    if (time > histogram->most) histogram->most = time;
    histogram->count++;
    histogram->sum += time;
    histogram->buckets[bucket_of(time)]++;
}

void cli_histogram_join(cli_histogram *histogram, const cli_histogram *other)
{
    if (other->count == 0) return;
    if (histogram->count == 0 || other->least < histogram->least) histogram->least = other->least;
    if (other->most > histogram->most) histogram->most = other->most;
    histogram->count += other->count;
    histogram->sum += other->sum;
    for (size_t i = 0; i < CLI_HISTOGRAM_BUCKETS; i++)
        histogram->buckets[i] += other->buckets[i];
}

uint64_t cli_histogram_at(const cli_histogram *histogram, double share)
{
    double wanted = share * (double)histogram->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < CLI_HISTOGRAM_BUCKETS && histogram->count > 0; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && (double)seen >= wanted) {
            uint64_t end = end_of(i);
            return end < histogram->least ? histogram->least : end > histogram->most ? histogram->most : end;
        }
    }
    return histogram->most;
}

double cli_histogram_mean(const cli_histogram *histogram)
{
    return histogram->count ? (double)histogram->sum / (double)histogram->count : 0;
}
