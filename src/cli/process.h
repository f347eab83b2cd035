/* SPDX-License-Identifier: MIT */
/* Processes of shell commands that answer: how they begin and end, and how long they may take. Any thread. */
#ifndef ONGGI_CLI_PROCESS_H
#define ONGGI_CLI_PROCESS_H

#include "cli/cli.h"

#include <sys/types.h>

/* How often to look whether a command is still waited for. */
enum { CLI_LOOK_MS = 100 };

/* How long an answer may take. */
typedef struct cli_patience {
    int64_t limit_ms; /* < 0: without end */
    int64_t end;
    int64_t grace_ms;
} cli_patience;

/* From now on, as the options say. */
cli_patience cli_patience_begin(const cli_options *options);

/* 0, or OG_ECANCELED or OG_ETIMEOUT: the answer is not waited for any longer. */
int cli_patience_check(const cli_patience *patience, og_error *err);

/* Runs `command` in the shell, in a process group of its own, with these descriptors as its standard input
 * and output. 0 or an errno. */
int cli_process_start(const char *command, char *const *environment, int in, int out, pid_t *pid);

/* Ends the process and what it has started: asks, then kills. Waits for it. */
void cli_process_end(pid_t pid);

/* If a signal has ended the process, ends what it has started too, which may keep its output open. */
void cli_process_sweep(pid_t pid);

/* True after the process has ended: it is waited for, and swept after. False while it runs. */
bool cli_process_reap(pid_t pid, int *wait_status);

#endif
