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

#endif
