/* SPDX-License-Identifier: MIT */
/* The progress of a long transfer, drawn by a thread of its own. */
#include "cli/progress.h"
#include "cli/colour.h"
#include "cli/thread.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_MS = 1000, EVERY_MS = 250, LONG_BYTES = 65536 };

/* One for the process: there is one terminal. */
static struct {
    bool runs;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t ended;
    bool ending;
    bool drawn;
    int64_t start_ms;
    int64_t quiet_ms;    /* since when nothing else was printed */
    uint64_t quiet_done; /* bytes until then */
    bool output;         /* standard output is a terminal too */
    const og_conn *conn;
    uint64_t read;  /* bytes of the input */
    uint64_t total; /* of the input; 0: unknown */
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void put_size(char *out, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double shown = (double)bytes / 1024;
    size_t unit = 0;
    while (shown >= 1000 && unit < sizeof units / sizeof units[0] - 1) {
        shown /= 1024;
        unit++;
    }
    snprintf(out, size, "%.1f %s", shown, units[unit]);
}

/* Bytes so far: of the wire, where there is one, in the direction that has more; else of the input. */
static uint64_t bytes_done(void)
{
    og_conn_counts counts;
    if (!all.conn) return all.read;
    og_conn_count(all.conn, &counts);
    return counts.bytes_in > counts.bytes_out ? counts.bytes_in : counts.bytes_out;
}

/* How long an object is on the wire shows only there: the length of its file is near it. */
static void put_rest(char *out, size_t size, uint64_t done, int64_t ms)
{
    char total[32];
    out[0] = '\0';
    if (all.total <= done || done == 0) return;
    uint64_t left = (uint64_t)((double)(all.total - done) / (double)done * (double)ms / 1000);
    put_size(total, sizeof total, all.total);
    snprintf(out, size, "%s%s, %llu:%02llu left", all.conn ? " of about " : " of ", total,
             (unsigned long long)(left / 60), (unsigned long long)(left % 60));
}

static void draw(int64_t now)
{
    char shown[192];
    char done[32];
    char rate[32];
    char rest[96];
    int64_t ms = now - all.start_ms;
    uint64_t bytes = bytes_done();
    put_size(done, sizeof done, bytes);
    put_size(rate, sizeof rate, (uint64_t)((double)bytes * 1000 / (double)(ms > 0 ? ms : 1)));
    put_rest(rest, sizeof rest, bytes, ms);
    int len = snprintf(shown, sizeof shown, "\r%s%s (%s/s)\033[K", done, rest, rate);
    all.drawn = write(STDERR_FILENO, shown, (size_t)len) == len;
}

static void erase(void)
{
    static const char text[] = "\r\033[K";
    if (all.drawn && write(STDERR_FILENO, text, sizeof text - 1) > 0) all.drawn = false;
}

static void *run(void *arg)
{
    pthread_mutex_lock(&all.lock);
    while (!all.ending) {
        cli_cond_wait(&all.ended, &all.lock, EVERY_MS);
        int64_t now = cli_now_ms();
        bool lasts = now - all.quiet_ms >= FIRST_MS && bytes_done() >= all.quiet_done + LONG_BYTES;
        if (lasts && !all.ending) draw(now);
    }
    erase();
    pthread_mutex_unlock(&all.lock);
    return arg;
}

void cli_progress_start(const cli_options *options)
{
    if (options->quiet || !cli_can_erase(STDERR_FILENO)) return;
    cli_cond_init(&all.ended);
    all.output = isatty(STDOUT_FILENO);
    all.start_ms = all.quiet_ms = cli_now_ms();
    all.runs = cli_thread_start(&all.thread, NULL, run, NULL) == 0;
}

void cli_progress_stop(void)
{
    if (!all.runs) return;
    pthread_mutex_lock(&all.lock);
    all.ending = true;
    pthread_cond_signal(&all.ended);
    pthread_mutex_unlock(&all.lock);
    pthread_join(all.thread, NULL);
    pthread_cond_destroy(&all.ended);
    all.runs = false;
}

void cli_progress_clear(int fd)
{
    if (!all.runs || (fd == STDOUT_FILENO && !all.output)) return;
    pthread_mutex_lock(&all.lock);
    erase();
    all.quiet_ms = cli_now_ms();
    all.quiet_done = bytes_done();
    pthread_mutex_unlock(&all.lock);
}

void cli_progress_conn(const og_conn *conn)
{
    if (!all.runs) return;
    pthread_mutex_lock(&all.lock);
    all.conn = conn;
    all.quiet_done = 0;
    pthread_mutex_unlock(&all.lock);
}

void cli_progress_file(int fd)
{
    struct stat info;
    if (!all.runs) return;
    pthread_mutex_lock(&all.lock);
    all.read = 0;
    all.total = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
    pthread_mutex_unlock(&all.lock);
}

void cli_progress_read(size_t bytes)
{
    if (!all.runs) return;
    pthread_mutex_lock(&all.lock);
    all.read += bytes;
    pthread_mutex_unlock(&all.lock);
}
