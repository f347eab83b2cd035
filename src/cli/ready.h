/* SPDX-License-Identifier: MIT */
/* Waiting for standard output, standard error and the pipes of commands, but not for ever. */
#ifndef ONGGI_CLI_READY_H
#define ONGGI_CLI_READY_H

#include <stdbool.h>

/* True when a read returns at once, false when it would still wait after `ms` or a signal came. Any thread.
 */
bool cli_can_read(int fd, int ms);

/* The same for a write. */
bool cli_can_write(int fd, int ms);

/* Waits for either: a read of `in`, and a write to `out` unless that is < 0. */
void cli_can_either(int in, int out, int ms, bool *can_read, bool *can_write);

#endif
