/* SPDX-License-Identifier: MIT */
/* The thread that writes standard output. */
#include "cli/writer.h"

#include <string.h>

/* Whoever prints waits once so much is queued. */
enum { QUEUE_MAX = 1 << 20 };

static void write_on(cli_writer *writer)
{
    og_buf batch = OG_BUF_INIT;
    pthread_mutex_lock(&writer->lock);
    for (;;) {
        while (writer->queue.len == 0 && !writer->closing)
            pthread_cond_wait(&writer->filled, &writer->lock);
        if (writer->queue.len == 0) break;
        og_buf full = writer->queue;
        writer->queue = batch;
        writer->queue.len = 0;
        batch = full;
        pthread_cond_broadcast(&writer->emptied);
        pthread_mutex_unlock(&writer->lock);
        int status = cli_write_out(batch.data, batch.len);
        if (status) writer->on_gone(writer->ctx);
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

int cli_writer_start(cli_writer *writer, const cli_output *output, void (*on_gone)(void *ctx), void *ctx)
{
    *writer = (cli_writer){.output = output, .on_gone = on_gone, .ctx = ctx};
    og_buf_init(&writer->queue, NULL);
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->filled, NULL);
    pthread_cond_init(&writer->emptied, NULL);
    int sys = pthread_create(&writer->thread, NULL, run, writer);
    if (sys == 0) return 0;
    cli_log(OG_LOG_ERROR, "no thread for standard output: error %d", sys);
    return CLI_UNREACHED;
}

static int append(cli_writer *writer, og_value value, const og_conn *conn, og_error *err)
{
    size_t before = writer->queue.len;
    int status = cli_format(writer->output, value, conn, &writer->queue, err);
    if (status < 0 || cli_is_binary(writer->output->form)) return status;
    if (og_buf_putc(&writer->queue, '\n') == 0) return 0;
    writer->queue.len = before;
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
}

void cli_writer_print(cli_writer *writer, og_value value, const og_conn *conn)
{
    og_error err;
    int status = 0;
    pthread_mutex_lock(&writer->lock);
    while (writer->queue.len > QUEUE_MAX && !writer->status)
        pthread_cond_wait(&writer->emptied, &writer->lock);
    if (!writer->status) {
        bool was_empty = writer->queue.len == 0;
        status = append(writer, value, conn, &err);
        if (was_empty) pthread_cond_signal(&writer->filled);
    }
    pthread_mutex_unlock(&writer->lock);
    if (status == 0) return;
    status = cli_not_printed(writer->output, &err);
    pthread_mutex_lock(&writer->lock);
    writer->refused = status;
    pthread_mutex_unlock(&writer->lock);
}

int cli_writer_finish(cli_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->closing = true;
    pthread_cond_signal(&writer->filled);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_cond_destroy(&writer->filled);
    pthread_cond_destroy(&writer->emptied);
    pthread_mutex_destroy(&writer->lock);
    og_buf_free(&writer->queue);
    return writer->status ? writer->status : writer->refused;
}
