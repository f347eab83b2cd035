/* SPDX-License-Identifier: MIT */
/* Running a shell command. */
#include "cli/exec.h"
#include "cli/origin.h"
#include "cli/ready.h"
#include "cli/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PIECE = 65536, LOOK_MS = 100, VARIABLE_SIZE = CLI_ORIGIN_SIZE + 24 };

static int failed(og_error *err, int sys, const char *what)
{
    return og_error_set_sys(err, OG_EIO, sys, "the command cannot be run: %s", what);
}

/* A file in memory with the message in it: unlike a pipe it cannot fill up while the command writes. */
static int open_input(const og_buf *input, og_error *err)
{
    int fd = memfd_create("onggi", MFD_CLOEXEC);
    if (fd < 0) return failed(err, errno, "no file for its input");
    for (size_t at = 0; at < input->len;) {
        ssize_t n = write(fd, input->data + at, input->len - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            int sys = errno;
            close(fd);
            return failed(err, sys, "its input cannot be written");
        }
        at += (size_t)n;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

/* The environment of this program and ONGGI_… of the connection; to be freed, its texts are in one piece. */
static char **make_environment(const og_conn *conn)
{
    size_t count = 0;
    while (environ[count])
        count++;
    size_t pointers = (count + CLI_ORIGIN_FIELDS + 1) * sizeof(char *);
    char **all = malloc(pointers + (size_t)CLI_ORIGIN_FIELDS * VARIABLE_SIZE);
    if (!all) return NULL;
    char *text = (char *)all + pointers;
    size_t used = 0;
    for (int i = CLI_ORIGIN_PEER; i < CLI_ORIGIN_FIELDS; i++, text += VARIABLE_SIZE) {
        char value[CLI_ORIGIN_SIZE];
        int n = snprintf(text, VARIABLE_SIZE, "ONGGI_%s=", cli_origin_names[i]);
        for (char *c = text + 6; *c; c++)
            if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
        snprintf(text + n, VARIABLE_SIZE - (size_t)n, "%s",
                 cli_origin_text(conn, (cli_origin_field)i, value));
        all[used++] = text;
    }
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "ONGGI_", 6) != 0) all[used++] = environ[i];
    all[used] = NULL;
    return all;
}

static int start(const char *command, const og_conn *conn, int in, int out, pid_t *pid)
{
    char shell[] = "sh";
    char dash_c[] = "-c";
    union {
        const char *c;
        char *m;
    } text = {command};
    char *argv[] = {shell, dash_c, text.m, NULL};
    char **environment = make_environment(conn);
    if (!environment) return ENOMEM;
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
    free(environment);
    return sys;
}

/* How long a command may take. */
typedef struct patience {
    int64_t limit_ms; /* < 0: without end */
    int64_t end;
    int64_t grace_ms;
} patience;

/* 0, or why the command is not waited for any longer. */
static int check_patience(const patience *p, og_error *err)
{
    if (cli_stop_is_over(p->grace_ms))
        return og_error_set(err, OG_ECANCELED, OG_NO_POSITION,
                            "the command was ended, since the server stops");
    if (p->limit_ms < 0 || cli_now_ms() < p->end) return 0;
    return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION,
                        "the command was ended, since it took longer than %lld ms (see --answer-timeout)",
                        (long long)p->limit_ms);
}

static int read_output(int fd, og_buf *out, const patience *p, og_error *err)
{
    for (;;) {
        bool ready = cli_can_read(fd, LOOK_MS);
        int status = check_patience(p, err);
        if (status < 0) return status;
        if (!ready) continue;
        status = og_buf_reserve(out, out->limit && out->limit - out->len < PIECE ? 1 : PIECE);
        if (status < 0)
            return og_error_set(err, (og_status)status, OG_NO_POSITION, "the command's answer: %s",
                                og_status_text(status));
        ssize_t n = read(fd, out->data + out->len, out->cap - out->len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(err, errno, "its output cannot be read");
        if (n == 0) return 0;
        out->len += (size_t)n;
    }
}

static void nap_us(long us)
{
    struct timespec t = {0, us * 1000};
    nanosleep(&t, NULL);
}

/* Ends the command and what it has started. */
static void end_command(pid_t pid)
{
    kill(-pid, SIGTERM);
    for (int i = 0; i < 20; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0) break;
        nap_us(10000);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static int judge(int wait_status, og_error *err)
{
    if (WIFSIGNALED(wait_status))
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION, "the command was ended by signal %d",
                            WTERMSIG(wait_status));
    if (WEXITSTATUS(wait_status) != 0)
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION, "the command ended with status %d",
                            WEXITSTATUS(wait_status));
    return 0;
}

/* The command has closed its output and should end now. */
static int wait_end(pid_t pid, const patience *p, og_error *err)
{
    int wait_status;
    for (long us = 100;; us = us < 50000 ? us * 2 : us) {
        pid_t ended = waitpid(pid, &wait_status, WNOHANG);
        if (ended == pid) return judge(wait_status, err);
        if (ended < 0 && errno != EINTR) return failed(err, errno, "its end cannot be seen");
        int status = check_patience(p, err);
        if (status < 0) {
            end_command(pid);
            return status;
        }
        nap_us(us);
    }
}

int cli_exec(const cli_options *options, const og_conn *conn, const og_buf *input, og_buf *out, og_error *err)
{
    int ends[2];
    pid_t pid;
    patience p = {
        .limit_ms = options->answer_timeout_ms ? options->answer_timeout_ms : CLI_ANSWER_MS,
        .grace_ms = options->grace_ms ? options->grace_ms : CLI_GRACE_MS,
    };
    p.end = cli_now_ms() + p.limit_ms;
    int in = open_input(input, err);
    if (in < 0) return in;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        int sys = errno;
        close(in);
        return failed(err, sys, "no pipe for its output");
    }
    int sys = start(options->exec, conn, in, ends[1], &pid);
    close(in);
    close(ends[1]);
    int status = sys ? failed(err, sys, "no process") : read_output(ends[0], out, &p, err);
    close(ends[0]);
    if (sys) return status;
    if (status == 0) return wait_end(pid, &p, err);
    end_command(pid);
    return status;
}
