/* SPDX-License-Identifier: MIT */
/*
 * Telling a service manager how the server is: the messages of sd_notify(3). Without NOTIFY_SOCKET nothing is
 * told.
 *
 * Threads: cli_notify_init() before any is started, for it changes the environment; the rest from any.
 */
#ifndef ONGGI_CLI_NOTIFY_H
#define ONGGI_CLI_NOTIFY_H

#include "cli/cli.h"

/* Takes what the manager wants out of the environment. True when somebody wants to be told. */
bool cli_notify_init(void);

/* From now on the manager hears, twice in the time of its watchdog, that the server is alive, as long as all
 * its loops turn. Before the signal handlers are set. */
void cli_notify_begin(og_server *server);

/* It serves; `status`, for people, says what. When the signal handlers are set. */
void cli_notify_ready(const char *status);

/* It reads its files anew, or is done with that. */
void cli_notify_reload(bool done, const char *status);

/* It stops. For signal handlers too. */
void cli_notify_stopping(void);

/* Nothing more is told. Before the server is freed. */
void cli_notify_end(void);

#endif
