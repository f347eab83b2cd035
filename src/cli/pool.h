/* SPDX-License-Identifier: MIT */
/*
 * Long-lived processes that answer: one line of JSON for each object on their standard input, one line on
 * their standard output for the answer. Threads: any number at once, but for making and freeing.
 */
#ifndef ONGGI_CLI_POOL_H
#define ONGGI_CLI_POOL_H

#include "cli/cli.h"

typedef struct cli_pool cli_pool;

/* Starts as many processes as --exec-pool says. NULL after saying why. */
cli_pool *cli_pool_new(const cli_options *options);

/* Closes their input, and ends those that do not end by themselves. NULL is allowed. */
void cli_pool_free(cli_pool *pool);

/*
 * Has one of the processes answer `line`, which ends with a line feed, and appends its answer to `out` (whose
 * limit holds), without its line feed. Waits for a process that is free. A process that dies is started
 * again, after a while if it dies often; with --exec-retry the object in hand goes to another one. 0, OG_EIO,
 * OG_ELIMIT, OG_ENOMEM, OG_EVALUE when the process died, or OG_ETIMEOUT and OG_ECANCELED.
 */
int cli_pool_ask(cli_pool *pool, const og_buf *line, og_buf *out, og_error *err);

#endif
