/* SPDX-License-Identifier: MIT */
/* Running a shell command. */
#include "cli/exec.h"
#include "cli/origin.h"
#include "cli/process.h"
#include "cli/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PIECE = 65536, VARIABLE_SIZE = CLI_PROPERTY_SIZE + 64, MOST_PROPERTIES = 16 };

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

static char *put_variable(char *text, const char *name, const char *value)
{
    int n = cli_origin_variable(name, text, VARIABLE_SIZE);
    snprintf(text + n, VARIABLE_SIZE - (size_t)n, "%s", value);
    return text;
}

/* The environment of this program and ONGGI_… of the connection; to be freed, its texts are in one piece. */
static char **make_environment(const og_conn *conn)
{
    enum { OURS = CLI_ORIGIN_FIELDS + MOST_PROPERTIES };
    char value[CLI_PROPERTY_SIZE];
    const char *name;
    size_t count = 0;
    while (environ[count])
        count++;
    size_t pointers = (count + OURS + 1) * sizeof(char *);
    char **all = malloc(pointers + (size_t)OURS * VARIABLE_SIZE);
    if (!all) return NULL;
    char *text = (char *)all + pointers;
    size_t used = 0;
    for (int i = CLI_ORIGIN_PEER; i < CLI_ORIGIN_FIELDS; i++, text += VARIABLE_SIZE)
        all[used++] =
            put_variable(text, cli_origin_names[i], cli_origin_text(conn, (cli_origin_field)i, value));
    for (size_t i = 0; used < OURS && (name = cli_origin_property(conn, &i, value)); text += VARIABLE_SIZE)
        all[used++] = put_variable(text, name, value);
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "ONGGI_", 6) != 0) all[used++] = environ[i];
    all[used] = NULL;
    return all;
}

static int start(const char *command, const og_conn *conn, int in, int out, pid_t *pid)
{
    char **environment = make_environment(conn);
    if (!environment) return ENOMEM;
    int sys = cli_process_start(command, environment, in, out, pid);
    free(environment);
    return sys;
}

static int read_output(pid_t pid, int fd, og_buf *out, const cli_patience *p, og_error *err)
{
    for (;;) {
        bool ready = cli_can_read(fd, CLI_LOOK_MS);
        int status = cli_patience_check(p, err);
        if (status < 0) return status;
        if (!ready) {
            cli_process_sweep(pid);
            continue;
        }
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
static int wait_end(pid_t pid, const cli_patience *p, og_error *err)
{
    int wait_status;
    for (long us = 100;; us = us < 50000 ? us * 2 : us) {
        if (cli_process_reap(pid, &wait_status)) return judge(wait_status, err);
        int status = cli_patience_check(p, err);
        if (status < 0) {
            cli_process_end(pid);
            return status;
        }
        nap_us(us);
    }
}

int cli_exec(const cli_options *options, const og_conn *conn, const og_buf *input, og_buf *out, og_error *err)
{
    int ends[2];
    pid_t pid;
    cli_patience p = cli_patience_begin(options);
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
    int status = sys ? failed(err, sys, "no process") : read_output(pid, ends[0], out, &p, err);
    close(ends[0]);
    if (sys) return status;
    if (status == 0) return wait_end(pid, &p, err);
    cli_process_end(pid);
    return status;
}
