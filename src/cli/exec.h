/* SPDX-License-Identifier: MIT */
/* Running a shell command that reads a message and prints the answer. */
#ifndef ONGGI_CLI_EXEC_H
#define ONGGI_CLI_EXEC_H

#include "cli/cli.h"

/*
 * Runs the command of --exec in the shell with `input` as its standard input and appends its standard output
 * to `out` (whose limit holds). Where the input came from is in its environment: ONGGI_PEER,
 * ONGGI_CONNECTION, ONGGI_CODEC and ONGGI_FRAMING. 0, OG_EIO, OG_ELIMIT, OG_ENOMEM, OG_EVALUE when it ends
 * with another status than 0, or OG_ETIMEOUT and OG_ECANCELED when it was ended. Waits; any number of threads
 * at once.
 */
int cli_exec(const cli_options *options, const og_conn *conn, const og_buf *input, og_buf *out,
             og_error *err);

#endif
