/* SPDX-License-Identifier: MIT */
/* Processes of shell commands that answer. */
#include "cli/process.h"
#include "cli/stop.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long a process that was asked to end has for it. */
enum { END_LOOKS = 20, END_LOOK_MS = 10 };

/* ---- Patience ---- */

cli_patience cli_patience_begin(const cli_options *options)
{
    cli_patience p = {
        .limit_ms = options->answer_timeout_ms ? options->answer_timeout_ms : CLI_ANSWER_MS,
        .grace_ms = options->grace_ms ? options->grace_ms : CLI_GRACE_MS,
    };
    p.end = cli_now_ms() + p.limit_ms;
    return p;
}

int cli_patience_check(const cli_patience *patience, og_error *err)
{
    if (cli_stop_is_over(patience->grace_ms))
        return og_error_set(err, OG_ECANCELED, OG_NO_POSITION,
                            "the command was ended, since the server stops");
    if (patience->limit_ms < 0 || cli_now_ms() < patience->end) return 0;
    return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION,
                        "the command was ended, since it took longer than %lld ms (see --answer-timeout)",
                        (long long)patience->limit_ms);
}

/* ---- Beginning and end ---- */

int cli_process_start(const char *command, char *const *environment, int in, int out, pid_t *pid)
{
    char shell[] = "sh";
    char dash_c[] = "-c";
    union {
        const char *c;
        char *m;
    } text = {command};
    char *argv[] = {shell, dash_c, text.m, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigset_t none;
    sigemptyset(&defaults);
    sigemptyset(&none);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none); /* workers block all signals */
    posix_spawnattr_setpgroup(&attributes, 0);      /* so that its children can be ended with it */
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int sys = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return sys;
}

void cli_process_end(pid_t pid)
{
    const struct timespec look = {0, END_LOOK_MS * 1000000L};
    kill(-pid, SIGTERM);
    for (int i = 0; i < END_LOOKS; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0) break;
        nanosleep(&look, NULL);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* True when the process has ended; it stays to be waited for, so that nobody else gets its number. */
static bool has_ended(pid_t pid, bool *killed)
{
    siginfo_t info = {.si_pid = 0};
    int status = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    *killed = status == 0 && info.si_pid != 0 && info.si_code != CLD_EXITED;
    return status < 0 || info.si_pid != 0;
}

void cli_process_sweep(pid_t pid)
{
    bool killed;
    if (has_ended(pid, &killed) && killed) kill(-pid, SIGKILL);
}

bool cli_process_reap(pid_t pid, int *wait_status)
{
    bool killed;
    *wait_status = 0;
    if (!has_ended(pid, &killed)) return false;
    if (killed) kill(-pid, SIGKILL);
    while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR)
        continue;
    return true;
}
