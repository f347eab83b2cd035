/* SPDX-License-Identifier: MIT */
/* The line of the log about a connection that has ended: what it spoke, what has gone over it, and why it
 * ended. */
#ifndef ONGGI_CLI_ENDED_H
#define ONGGI_CLI_ENDED_H

#include "cli/cli.h"

/* Logs it; `why` is NULL for a clean end. */
void cli_log_ended(const og_conn *conn, const og_error *why);

#endif
