/* SPDX-License-Identifier: MIT */
/* Long-lived processes that answer, for --exec-pool. */
#include "cli/pool.h"
#include "cli/process.h"
#include "cli/ready.h"
#include "cli/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    PIECE = 65536,
    TRIES = 3,            /* processes that one object may cost with --exec-retry */
    FIRST_PAUSE_MS = 100, /* before a process that died young is started again; twice as long each time */
    MOST_PAUSE_MS = 10000,
    GROWN_UP_MS = 10000, /* a process that lived so long did not die young */
    LAST_MS = 1000       /* how long processes have to end after their input is closed */
};

typedef struct process {
    pid_t pid; /* 0: it does not run */
    int in;
    int out;
    bool busy;
    int64_t started_ms;
    int64_t not_before_ms; /* when it may be started again */
    int64_t pause_ms;      /* the last one */
    bool spoiled;          /* it has said more than it was asked */
} process;

struct cli_pool {
    const cli_options *options;
    pthread_mutex_t lock; /* of `busy` of each process; the rest belongs to whoever made it busy */
    pthread_cond_t free;
    size_t count;
    process all[];
};

/* ---- One process ---- */

static void close_both(process *p)
{
    close(p->in);
    close(p->out);
    p->in = p->out = -1;
}

static int start(const cli_pool *pool, process *p, og_error *err)
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    int sys = 0;
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) sys = errno;
    if (!sys) sys = cli_process_start(pool->options->pool.command, environ, in[0], out[1], &p->pid);
    if (in[0] >= 0) close(in[0]);
    if (out[1] >= 0) close(out[1]);
    p->in = in[1];
    p->out = out[0];
    p->started_ms = cli_now_ms();
    p->spoiled = false;
    if (!sys) {
        fcntl(p->in, F_SETFL, O_NONBLOCK);
        fcntl(p->out, F_SETFL, O_NONBLOCK);
        return 0;
    }
    close_both(p);
    p->pid = 0;
    return og_error_set_sys(err, OG_EIO, sys, "a process of --exec-pool cannot be started");
}

/* How the process ended, for people. */
static void describe_end(int wait_status, char *text, size_t size)
{
    if (WIFSIGNALED(wait_status))
        snprintf(text, size, "was ended by signal %d", WTERMSIG(wait_status));
    else
        snprintf(text, size, "ended with status %d", WEXITSTATUS(wait_status));
}

/* When a process of this age may be started again. */
static void plan_restart(process *p)
{
    int64_t now = cli_now_ms();
    bool young = now - p->started_ms < GROWN_UP_MS;
    bool before = p->pause_ms > 0;
    p->pause_ms = !young ? 0 : before ? 2 * p->pause_ms : FIRST_PAUSE_MS;
    if (p->pause_ms > MOST_PAUSE_MS) p->pause_ms = MOST_PAUSE_MS;
    p->not_before_ms = now + p->pause_ms;
}

/* The process has closed its output: `how` says why for people. */
static void bury(process *p, char *how, size_t size)
{
    int wait_status = 0;
    int64_t until = cli_now_ms() + LAST_MS;
    close_both(p);
    while (!cli_process_reap(p->pid, &wait_status)) {
        if (cli_now_ms() >= until) {
            cli_process_end(p->pid);
            snprintf(how, size, "closed its output");
            p->pid = 0;
            plan_restart(p);
            return;
        }
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    describe_end(wait_status, how, size);
    p->pid = 0;
    plan_restart(p);
}

/* Ends a process that cannot be used any more. */
static void give_up(process *p)
{
    cli_process_end(p->pid);
    close_both(p);
    p->pid = 0;
    plan_restart(p);
}

/* A free process has nothing to say. What it says belongs to no object, and may be its end. */
static bool is_quiet(const process *p)
{
    return !p->spoiled && !cli_can_read(p->out, 0);
}

/* Writes what the process takes: false when it takes no more for ever. */
static bool write_some(const process *p, const og_buf *line, size_t *at)
{
    ssize_t n = write(p->in, line->data + *at, line->len - *at);
    if (n > 0) *at += (size_t)n;
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* Reads what has come: 1 after the whole line, 0, or < 0; OG_ECLOSED at the end. */
static int read_some(process *p, og_buf *out, size_t from, og_error *err)
{
    int status = og_buf_reserve(out, out->limit && out->limit - out->len < PIECE ? 1 : PIECE);
    if (status < 0)
        return og_error_set(err, (og_status)status, OG_NO_POSITION, "the command's answer: %s",
                            og_status_text(status));
    ssize_t n = read(p->out, out->data + out->len, out->cap - out->len);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
    if (n <= 0) return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the command has closed its output");
    out->len += (size_t)n;
    const uint8_t *end = memchr(out->data + out->len - n, '\n', (size_t)n);
    if (!end) return 0;
    p->spoiled = end + 1 < out->data + out->len;
    out->len = (size_t)(end - out->data);
    if (out->len > from && out->data[out->len - 1] == '\r') out->len--;
    return 1;
}

/* One object and its answer. OG_ECLOSED: the process died; other errors: it must be ended. */
static int talk(process *p, const og_buf *line, og_buf *out, const cli_patience *patience, og_error *err)
{
    size_t from = out->len;
    size_t at = 0;
    bool takes = true;
    for (;;) {
        bool can_read;
        bool can_write;
        bool more = takes && at < line->len;
        cli_can_either(p->out, more ? p->in : -1, CLI_LOOK_MS, &can_read, &can_write);
        int status = cli_patience_check(patience, err);
        if (status < 0) return status;
        if (can_write) takes = write_some(p, line, &at);
        if (!can_read) cli_process_sweep(p->pid);
        status = can_read ? read_some(p, out, from, err) : 0;
        if (status != 0) return status;
    }
}

/* ---- The pool ---- */

/* Of the processes that are free, the one that may be started first, or runs. NULL: none is free. */
static process *find_free(cli_pool *pool)
{
    process *found = NULL;
    for (size_t i = 0; i < pool->count; i++)
        if (!pool->all[i].busy && (!found || pool->all[i].not_before_ms < found->not_before_ms))
            found = &pool->all[i];
    return found;
}

/* A process that is free and runs, or may be started; NULL, `err`: there was none for too long. */
static process *take(cli_pool *pool, const cli_patience *patience, og_error *err)
{
    process *found;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        found = find_free(pool);
        int64_t pause = found ? found->not_before_ms - cli_now_ms() : CLI_LOOK_MS;
        if (found && pause <= 0) break;
        found = NULL;
        if (cli_patience_check(patience, err) < 0) break;
        cli_cond_wait(&pool->free, &pool->lock, pause < CLI_LOOK_MS ? pause : CLI_LOOK_MS);
    }
    if (found) found->busy = true;
    pthread_mutex_unlock(&pool->lock);
    return found;
}

static void put_back(cli_pool *pool, process *p)
{
    pthread_mutex_lock(&pool->lock);
    p->busy = false;
    pthread_cond_signal(&pool->free);
    pthread_mutex_unlock(&pool->lock);
}

/* A process that runs and waits for an object, or NULL with `err` filled. */
static process *take_ready(cli_pool *pool, const cli_patience *patience, og_error *err)
{
    for (;;) {
        process *p = take(pool, patience, err);
        if (!p) return NULL;
        if (p->pid ? is_quiet(p) : start(pool, p, err) == 0) return p;
        if (!p->pid) {
            put_back(pool, p);
            return NULL;
        }
        cli_log(OG_LOG_WARNING, "process %d of --exec-pool %s: it is started again", (int)p->pid,
                p->spoiled ? "said more than one line to one object"
                           : "ended, or said what nobody asked for");
        give_up(p);
        put_back(pool, p); /* until it may be started again, others are asked */
    }
}

/* The process died or had to be ended with an object in hand: says so. */
static int lose(process *p, int status, const char *then, og_error *err)
{
    char how[64] = "";
    int pid = (int)p->pid;
    if (status != OG_ECLOSED) {
        give_up(p);
        return status;
    }
    bury(p, how, sizeof how);
    cli_log(OG_LOG_WARNING, "process %d of --exec-pool %s with an object in hand: %s", pid, how, then);
    return og_error_set(err, OG_EVALUE, OG_NO_POSITION, "the process %s", how);
}

int cli_pool_ask(cli_pool *pool, const og_buf *line, og_buf *out, og_error *err)
{
    size_t from = out->len;
    const cli_patience patience = cli_patience_begin(pool->options);
    for (int tries = 1;; tries++) {
        process *p = take_ready(pool, &patience, err);
        if (!p) return err->code;
        int status = talk(p, line, out, &patience, err);
        bool again = status == OG_ECLOSED && pool->options->exec_retry && tries < TRIES;
        if (status < 0) status = lose(p, status, again ? "another one gets it" : "it is refused", err);
        put_back(pool, p);
        if (status >= 0) return 0;
        out->len = from;
        if (!again) return status;
    }
}

/* ---- Beginning and end ---- */

cli_pool *cli_pool_new(const cli_options *options)
{
    og_error err;
    size_t count = (size_t)options->pool.count;
    cli_pool *pool = calloc(1, sizeof *pool + count * sizeof pool->all[0]);
    if (!pool) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return NULL;
    }
    pool->options = options;
    pool->count = count;
    pthread_mutex_init(&pool->lock, NULL);
    cli_cond_init(&pool->free);
    for (size_t i = 0; i < count; i++) {
        if (start(pool, &pool->all[i], &err) == 0) continue;
        cli_log(OG_LOG_ERROR, "%s", err.text);
        cli_pool_free(pool);
        return NULL;
    }
    return pool;
}

static bool has_ended(process *p)
{
    int wait_status;
    if (p->pid && cli_process_reap(p->pid, &wait_status)) p->pid = 0;
    return p->pid == 0;
}

void cli_pool_free(cli_pool *pool)
{
    if (!pool) return;
    for (size_t i = 0; i < pool->count; i++)
        if (pool->all[i].pid) close(pool->all[i].in); /* all at once, so that they end side by side */
    int64_t until = cli_now_ms() + LAST_MS;
    for (size_t i = 0; i < pool->count; i++) {
        process *p = &pool->all[i];
        if (!p->pid) continue;
        while (!has_ended(p) && cli_now_ms() < until)
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        if (p->pid) cli_process_end(p->pid);
        close(p->out);
    }
    pthread_cond_destroy(&pool->free);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
