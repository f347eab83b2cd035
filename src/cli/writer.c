/* SPDX-License-Identifier: MIT */
/* The thread that writes standard output. */
#include "cli/writer.h"
#include "cli/ready.h"
#include "cli/stop.h"
#include "cli/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * Whoever prints waits once QUEUE_MAX bytes are queued. Between two writes there are GATHER_NS or BATCH
 * bytes: else the threads would take turns at each small value, which costs more than the value does.
 */
enum { QUEUE_MAX = 1 << 20, BATCH = 1 << 16, GATHER_NS = 1000000, LOOK_MS = 100, LINE_KEPT = 1 << 20 };

/* A pipe that nobody reads must not keep the thread: it is opened anew, so that our writes alone do not wait.
 */
static int open_out(void)
{
    struct stat file;
    if (fstat(STDOUT_FILENO, &file) < 0 || !S_ISFIFO(file.st_mode)) return STDOUT_FILENO;
    int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? STDOUT_FILENO : fd;
}

/* Writes all; gives up when the server has stopped and the grace is over. 0 or the exit status. */
static int write_all(cli_writer *writer, const uint8_t *data, size_t len)
{
    while (len > 0) {
        if (!cli_can_write(writer->out, LOOK_MS)) {
            if (!cli_stop_is_over(writer->grace_ms)) continue;
            cli_log(OG_LOG_WARNING, "nobody reads standard output: %zu byte%s of it lost", len,
                    len == 1 ? " is" : "s are");
            return CLI_UNREACHED;
        }
        ssize_t n = write(writer->out, data, len);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0 && errno == EPIPE) return CLI_OUTPUT_GONE;
        if (n < 0) {
            cli_log(OG_LOG_ERROR, "standard output: %s", strerror(errno));
            return CLI_UNREACHED;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Waits for something to write, and until it may be written or nothing comes any more. With the lock held. */
static void gather(cli_writer *writer)
{
    while (writer->queue.len == 0 && !writer->closing)
        pthread_cond_wait(&writer->filled, &writer->lock);
    writer->gathering = true;
    while (writer->queue.len < BATCH && !writer->closing &&
           pthread_cond_timedwait(&writer->filled, &writer->lock, &writer->next) == 0)
        ;
    writer->gathering = false;
}

/* By the thread that writes. */
static void set_next(cli_writer *writer)
{
    clock_gettime(CLOCK_MONOTONIC, &writer->next);
    writer->next.tv_nsec += GATHER_NS;
    if (writer->next.tv_nsec < 1000000000) return;
    writer->next.tv_nsec -= 1000000000;
    writer->next.tv_sec++;
}

static void write_on(cli_writer *writer)
{
    og_buf batch = OG_BUF_INIT;
    pthread_mutex_lock(&writer->lock);
    for (;;) {
        gather(writer);
        if (writer->queue.len == 0) break;
        og_buf full = writer->queue;
        writer->queue = batch;
        writer->queue.len = 0;
        batch = full;
        pthread_cond_broadcast(&writer->emptied);
        pthread_mutex_unlock(&writer->lock);
        int status = write_all(writer, batch.data, batch.len);
        if (status) writer->on_gone(writer->ctx);
        set_next(writer);
        pthread_mutex_lock(&writer->lock);
        if (status) {
            writer->status = status;
            break;
        }
    }
    pthread_cond_broadcast(&writer->emptied);
    pthread_mutex_unlock(&writer->lock);
    og_buf_free(&batch);
}

static void *run(void *arg)
{
    write_on(arg);
    return NULL;
}

void cli_writer_open(cli_writer *writer, const cli_options *options, const cli_output *output,
                     void (*on_gone)(void *ctx), void *ctx)
{
    *writer = (cli_writer){.output = output, .on_gone = on_gone, .ctx = ctx, .when_full = options->when_full};
    writer->grace_ms = options->grace_ms ? options->grace_ms : CLI_GRACE_MS;
    writer->out = open_out();
    og_buf_init(&writer->queue, NULL);
    og_buf_init(&writer->line, NULL);
    atomic_flag_clear(&writer->line_taken);
    pthread_mutex_init(&writer->lock, NULL);
    cli_quota_init(&writer->quota);
    cli_cond_init(&writer->filled);
    cli_cond_init(&writer->emptied);
}

int cli_writer_start(cli_writer *writer)
{
    int sys = cli_thread_start(&writer->thread, NULL, run, writer);
    if (sys == 0) return 0;
    cli_log(OG_LOG_ERROR, "no thread for standard output: error %d", sys);
    return CLI_UNREACHED;
}

/* Waits for room, or does what else --when-full says. True when there is room. With the lock held. */
static bool make_room(cli_writer *writer)
{
    while (writer->queue.len > QUEUE_MAX && !writer->status) {
        if (writer->when_full == CLI_STOP) {
            cli_log(OG_LOG_ERROR, "nobody reads standard output: the server stops (see --when-full)");
            writer->status = CLI_UNREACHED;
            writer->on_gone(writer->ctx);
            return false;
        }
        /* A stop is not held up by whoever does not read. */
        if (writer->when_full == CLI_DROP || cli_stop_is_over(writer->grace_ms / 2)) {
            writer->dropped++;
            return false;
        }
        cli_cond_wait(&writer->emptied, &writer->lock, LOOK_MS);
    }
    return !writer->status;
}

/* The value as a line. Formatting takes its time, so the lock is not held. */
static int format(const cli_writer *writer, og_value value, const og_conn *conn, og_buf *line, og_error *err)
{
    int status = cli_format(writer->output, value, conn, line, err);
    if (status < 0 || cli_is_binary(writer->output->form)) return status;
    if (og_buf_putc(line, '\n') == 0) return 0;
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
}

/* Appends the line to what the thread writes, if there is room. 0 or OG_ENOMEM. */
static int enqueue(cli_writer *writer, const og_buf *line)
{
    int status = OG_OK;
    pthread_mutex_lock(&writer->lock);
    if (make_room(writer)) {
        size_t most = writer->gathering ? BATCH - 1 : 0;
        bool waits = writer->queue.len <= most;
        status = og_buf_put(&writer->queue, line->data, line->len);
        if (waits && writer->queue.len > most) pthread_cond_signal(&writer->filled);
    }
    pthread_mutex_unlock(&writer->lock);
    return status;
}

static void note_refused(cli_writer *writer, const og_conn *conn, const og_error *err)
{
    size_t left_out;
    bool told = cli_quota_take(&writer->quota, &left_out);
    if (left_out > 0)
        cli_log(OG_LOG_WARNING, "not printed before this: %zu more object%s", left_out, cli_plural(left_out));
    int status = told ? cli_not_printed(writer->output, conn, err) : cli_exit_status(err->code);
    pthread_mutex_lock(&writer->lock);
    writer->refused = status;
    pthread_mutex_unlock(&writer->lock);
}

void cli_writer_print(cli_writer *writer, og_value value, const og_conn *conn)
{
    og_error err;
    og_buf own = OG_BUF_INIT;
    bool taken = !atomic_flag_test_and_set(&writer->line_taken);
    og_buf *line = taken ? &writer->line : &own;
    line->len = 0;
    int status = format(writer, value, conn, line, &err);
    if (status == 0 && enqueue(writer, line) < 0)
        status = og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    if (line->cap > LINE_KEPT || !taken) og_buf_free(line);
    if (taken) atomic_flag_clear(&writer->line_taken);
    if (status != 0) note_refused(writer, conn, &err);
}

void cli_writer_close(cli_writer *writer)
{
    pthread_cond_destroy(&writer->filled);
    pthread_cond_destroy(&writer->emptied);
    pthread_mutex_destroy(&writer->lock);
    og_buf_free(&writer->queue);
    og_buf_free(&writer->line);
    if (writer->out != STDOUT_FILENO) close(writer->out);
    cli_quota_fini(&writer->quota);
}

int cli_writer_finish(cli_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->closing = true;
    pthread_cond_signal(&writer->filled);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    size_t left_out = cli_quota_left_out(&writer->quota);
    cli_writer_close(writer);
    if (left_out > 0)
        cli_log(OG_LOG_WARNING, "%zu more object%s could not be printed", left_out, cli_plural(left_out));
    if (writer->dropped > 0)
        cli_log(OG_LOG_WARNING, "nobody read standard output: %llu object%s not printed",
                (unsigned long long)writer->dropped, cli_plural(writer->dropped));
    return writer->status ? writer->status : writer->refused;
}
