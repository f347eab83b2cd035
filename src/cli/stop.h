/* SPDX-License-Identifier: MIT */
/* When the command was asked to stop, and how long what it waits for may still take. */
#ifndef ONGGI_CLI_STOP_H
#define ONGGI_CLI_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* Begins the stop. May be called by a signal handler. */
void cli_stop_begin(void);

/* For commands that are no servers: SIGINT and SIGTERM begin the stop, and end the process, with status 3,
 * when it is still there after the grace time, whatever it waits for. A second signal ends it at once. */
void cli_stop_catch(void);

/* True when a stop began at least `ms` ago. Any thread. */
bool cli_stop_is_over(int64_t ms);

#endif
