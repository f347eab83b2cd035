/* SPDX-License-Identifier: MIT */
/* When a server of the command was asked to stop, and how long its helpers may still take. */
#ifndef ONGGI_CLI_STOP_H
#define ONGGI_CLI_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* Begins the stop. May be called by a signal handler. */
void cli_stop_begin(void);

/* True when a stop began at least `ms` ago. Any thread. */
bool cli_stop_is_over(int64_t ms);

#endif
