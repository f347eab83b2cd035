/* SPDX-License-Identifier: MIT */
/*
 * The sockets that a service manager has opened and passed on: LISTEN_FDS and its like, as sd_listen_fds(3)
 * has them.
 *
 * Ownership: cli_inherited owns the endpoints that it makes. Threads: before any is started, for it changes
 * the environment.
 */
#ifndef ONGGI_CLI_INHERIT_H
#define ONGGI_CLI_INHERIT_H

#include "cli/cli.h"

typedef struct cli_inherited {
    char **args; /* the endpoints to listen on */
    size_t arg_count;
    char **made; /* those of them that are not of the command line */
    size_t made_count;
} cli_inherited;

/*
 * Takes the endpoints of the command line: fd://NAME becomes fd://N for each descriptor of that name, and
 * without any endpoint all that were passed are meant. Takes the variables out of the environment and keeps
 * the descriptors from commands. 0, or the exit status after saying why; cli_inherit_fini() in either case.
 */
int cli_inherit(cli_inherited *inherited, const cli_options *options);
void cli_inherit_fini(cli_inherited *inherited);

/* The descriptor that an endpoint names, or -1. */
int cli_inherit_descriptor(const char *endpoint);

#endif
