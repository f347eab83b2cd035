/* SPDX-License-Identifier: MIT */
/*
 * Standard output written by a thread of its own, so that nobody who answers waits for whoever reads our
 * output. The first value goes out at once; what comes within a millisecond of a write goes out in one piece.
 *
 * Ownership: a writer owns its queue and thread until cli_writer_finish(). Threads: any number may print.
 */
#ifndef ONGGI_CLI_WRITER_H
#define ONGGI_CLI_WRITER_H

#include "cli/output.h"
#include "cli/quota.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

typedef struct cli_writer {
    const cli_output *output;
    void (*on_gone)(void *ctx); /* writing failed: called once, by the thread */
    void *ctx;
    cli_when_full when_full;
    int64_t grace_ms;
    int out;              /* a descriptor of standard output, or another of the same pipe */
    struct timespec next; /* when the thread writes again; its own */
    pthread_t thread;
    cli_quota quota;        /* of lines about values that cannot be printed */
    og_buf line;            /* what is printed next: by one thread at a time, others have memory of theirs */
    atomic_flag line_taken; /* set by the thread that has `line` */
    pthread_mutex_t lock;   /* of all below */
    pthread_cond_t filled;
    pthread_cond_t emptied;
    og_buf queue;
    uint64_t dropped; /* values that were not printed since nobody reads */
    bool gathering;   /* the thread has something to write, but waits until `next` for more */
    bool closing;
    int status;  /* 0, CLI_OUTPUT_GONE or the exit status */
    int refused; /* the exit status for a value that could not be printed, or 0 */
} cli_writer;

/* Takes standard output, while it may still be opened. */
void cli_writer_open(cli_writer *writer, const cli_options *options, const cli_output *output,
                     void (*on_gone)(void *ctx), void *ctx);

/* Starts the thread. 0, or the exit status after saying why. */
int cli_writer_start(cli_writer *writer);

/* Ends a writer whose thread was not started. */
void cli_writer_close(cli_writer *writer);

/* Prints one value; when a lot is queued, does as --when-full says. A value that cannot be printed is said
 * and passed over.
 */
void cli_writer_print(cli_writer *writer, og_value value, const og_conn *conn);

/* Writes what is queued and ends the thread: 0, CLI_OUTPUT_GONE or the exit status. */
int cli_writer_finish(cli_writer *writer);

#endif
