/* SPDX-License-Identifier: MIT */
/*
 * How many lines the log gets about one thing: five in ten seconds. Further ones are counted, and a line
 * tells how many.
 *
 * Threads: any number at once.
 */
#ifndef ONGGI_CLI_QUOTA_H
#define ONGGI_CLI_QUOTA_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cli_quota {
    pthread_mutex_t lock; /* of all below */
    int64_t since;
    size_t lines; /* logged and left out */
} cli_quota;

void cli_quota_init(cli_quota *quota);
void cli_quota_fini(cli_quota *quota);

/* True when one more line may be logged; `left_out` gets how many were not since the last one. */
bool cli_quota_take(cli_quota *quota, size_t *left_out);

/* How many lines were left out at last. */
size_t cli_quota_left_out(cli_quota *quota);

#endif
