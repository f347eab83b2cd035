/* SPDX-License-Identifier: MIT */
/*
 * A line on the terminal about a transfer that takes long: bytes, rate, time left. It is on standard error,
 * comes when much was moved and nothing else was said for a second, and goes before anything else is printed.
 *
 * Threads: a thread of its own draws; all calls but cli_progress_clear() are of the main thread.
 */
#ifndef ONGGI_CLI_PROGRESS_H
#define ONGGI_CLI_PROGRESS_H

#include "cli/cli.h"

/* From now on a line is drawn, if standard error is a terminal and there is no --quiet. */
void cli_progress_start(const cli_options *options);

/* Erases the line, and draws no more. */
void cli_progress_stop(void);

/* Something else is printed to `fd` now: erases the line if that is a terminal too. Any thread. */
void cli_progress_clear(int fd);

/* The transfer is that over `conn`, which lives until another one, or NULL, is given. */
void cli_progress_conn(const og_conn *conn);

/* What is read now: `fd`, which may be a file of a known length. */
void cli_progress_file(int fd);

/* So many bytes more were read of it. */
void cli_progress_read(size_t bytes);

#endif
