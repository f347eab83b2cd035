/* SPDX-License-Identifier: MIT */
/*
 * What a process gives up once it listens and has read its files: its user, new privileges, the system calls
 * and the files that serving does not need.
 *
 * Threads: the main one, before it has started others, which then have no more rights than it.
 */
#ifndef ONGGI_CLI_PRIVILEGES_H
#define ONGGI_CLI_PRIVILEGES_H

#include "cli/cli.h"

/* What serving needs, as bits. */
enum {
    CLI_NEEDS_SERVING = 1 << 0,   /* always */
    CLI_NEEDS_CONNECT = 1 << 1,   /* an upstream */
    CLI_NEEDS_LOOK_UP = 1 << 2,   /* whose name is looked up for each connection */
    CLI_NEEDS_DATAGRAMS = 1 << 3, /* it asks which addresses are its own */
    CLI_NEEDS_ABSTRACT = 1 << 4   /* a Unix socket that is in no folder is connected to */
};

/* What cannot be done any more is written to `said`, of `size` bytes: "96 system calls"; else, why not. */
typedef enum cli_limited { CLI_LIMITED, CLI_NOT_HERE, CLI_LIMIT_FAILED } cli_limited;

/* Lets this thread, and those that it starts, make only the system calls that `needs` names; others fail as
 * if the kernel did not have them. */
cli_limited cli_limit_calls(unsigned needs, char *said, size_t size);

/* Lets it make no rings (io_uring), whose calls are among those that it gives up. A ring that exists can do
 * what system calls do, so none may be there. Failures show in cli_limit_calls(). */
void cli_limit_rings(void);

/* Lets it open only the files that options name, and those beside them. */
cli_limited cli_limit_files(unsigned needs, const cli_options *options, char *said, size_t size);

typedef struct cli_privileges {
    const cli_options *options;
    const char *upstream; /* that connections are made to while it serves, or NULL */
    bool looks_up;        /* for each one, the name of its host */
    bool changes;         /* --user or --group says who to be */
    unsigned user;
    unsigned group;
} cli_privileges;

/* Before any loop is made, which would make itself a ring. */
void cli_privileges_prepare(const cli_options *options);

/* Finds out whose --user and --group are. 0, or CLI_USAGE after saying why. */
int cli_privileges_find(cli_privileges *privileges, const cli_options *options, const char *upstream,
                        bool looks_up);

/* Gives up all; `said`, of `size` bytes, gets a line for the log about what is left, and why. 0, or the exit
 * status after saying why: when it cannot become another user. */
int cli_privileges_drop(const cli_privileges *privileges, char *said, size_t size);

#endif
