/* SPDX-License-Identifier: MIT */
/*
 * Threads for handlers that may block. Each connection has a queue of its own and is with one worker at a
 * time, so that its messages stay in order; a connection with more to do goes to the end of the line after
 * each message.
 */
#include "base/plural.h"
#include "peer/server.h"

#include "base/alloc.h"
#include "base/thread.h"

#include <string.h>
#include <time.h>

enum {
    FULL = 4096,     /* datagrams in hand before more are dropped */
    REST_SECONDS = 5 /* after which a thread of those that were added ends, if it had nothing to do */
};

/* Connections that wait for a worker. */
typedef struct line {
    og__served *first;
    og__served *last;
    size_t count;
} line;

struct og__workers {
    og_server *server;
    pthread_t *threads;
    int count;
    pthread_mutex_t lock; /* all below, and each connection's og__work */
    pthread_cond_t ready;
    line streams;
    line datagrams;
    size_t datagrams_now; /* with a thread: at most `count`, as their senders can be forged */
    bool turn;            /* whose line is looked at first */
    size_t idle;          /* threads that wait for `ready` */
    size_t added_count;   /* threads that were added, and have not ended */
    pthread_cond_t left;  /* one of them has ended */
    pthread_t ended;      /* the last one that did; it has waited for those before it */
    bool has_ended;       /* there is one */
    bool cannot_add;      /* the log has a line about it */
    size_t jobs;
    bool stopping;
};

static void put_last(line *l, og__served *served)
{
    served->work->next_ready = NULL;
    if (l->last)
        l->last->work->next_ready = served;
    else
        l->first = served;
    l->last = served;
    l->count++;
}

static og__served *take_first(line *l)
{
    og__served *served = l->first;
    if (!served) return NULL;
    l->first = served->work->next_ready;
    if (!l->first) l->last = NULL;
    l->count--;
    return served;
}

static void line_up(og__workers *workers, og__served *served)
{
    put_last(served->is_datagram ? &workers->datagrams : &workers->streams, served);
    pthread_cond_signal(&workers->ready);
}

/* Datagrams' connections that may be with a thread besides those that are. */
static size_t datagrams_free(const og__workers *workers)
{
    return (size_t)workers->count - workers->datagrams_now;
}

/* Connections that threads could take now. */
static size_t waiting(const og__workers *workers)
{
    size_t room = datagrams_free(workers);
    size_t datagrams = workers->datagrams.count;
    return workers->streams.count + (datagrams < room ? datagrams : room);
}

static void *run_added(void *arg);

/* One more thread, where every one is busy and more may be. */
static void add_if_busy(og__workers *workers)
{
    pthread_t thread;
    og_error err;
    bool may = workers->added_count < workers->server->options.more_workers && !workers->stopping;
    if (!may || waiting(workers) <= workers->idle) return;
    int sys = og__base_start_thread(&thread, run_added, workers);
    if (sys == 0) workers->added_count++;
    if (sys == 0 || workers->cannot_add) return;
    workers->cannot_add = true;
    og_error_set_sys(&err, OG_EIO, sys, "no more than %zu worker%s can be started", workers->added_count,
                     og__base_plural(workers->added_count));
    og__peer_server_log(workers->server, OG_LOG_WARNING, NULL, "%s; some connections wait for others",
                        err.text);
}

/* Has a worker take the connection's next message. With the lock held. */
static void schedule(og__workers *workers, og__served *served)
{
    if (served->work->scheduled) return;
    served->work->scheduled = true;
    og__peer_served_hold(served);
    line_up(workers, served);
    add_if_busy(workers);
}

/* The next connection for a thread, streams and datagrams in turns; NULL: none may have one. */
static og__served *next_served(og__workers *workers)
{
    workers->turn = !workers->turn;
    bool datagram = datagrams_free(workers) > 0 && workers->datagrams.first;
    if (datagram && (workers->turn || !workers->streams.first)) {
        workers->datagrams_now++;
        return take_first(&workers->datagrams);
    }
    return take_first(&workers->streams);
}

/* Waits to be told of a connection. False: for so long that an added thread may end. */
static bool rest(og__workers *workers, bool added)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += REST_SECONDS;
    workers->idle++;
    int sys = added ? pthread_cond_timedwait(&workers->ready, &workers->lock, &until)
                    : pthread_cond_wait(&workers->ready, &workers->lock);
    workers->idle--;
    return sys == 0;
}

/* The connection that a thread serves next, and its job (NULL: it has none any more). False: the thread ends.
 */
static bool next_job(og__workers *workers, bool added, og__served **served, og__job **next)
{
    bool rested = false;
    while (!(*served = next_served(workers))) {
        if (workers->stopping || rested) return false;
        rested = !rest(workers, added);
    }
    og__work *work = (*served)->work;
    og__job *job = work->first;
    if (job) {
        work->first = job->next;
        if (!work->first) work->last = NULL;
    }
    *next = job;
    return true;
}

/* The job is done. With the lock held. */
static void count_off(og__workers *workers, const og__job *job)
{
    workers->jobs--;
    job->served->work->count--;
    job->served->work->bytes -= job->message.len;
}

/* With the lock held. */
static void go_on(og__workers *workers, og__served *served, uint8_t reason)
{
    served->work->held &= (uint8_t)~reason;
    if (served->work->first && !served->work->held) schedule(workers, served);
}

static void free_job(og__job *job)
{
    og__base_free(job->served->loop->server->alloc, job, job->size);
}

/* ---- Refused messages ---- */

/* On the loop. The workers go on with the connection after the user was told. */
static void on_refused(void *arg)
{
    og__job *job = arg;
    og__served *served = job->served;
    og__workers *workers = served->loop->server->workers;
    if (!served->left) {
        served->kind->refused(served, job->refused, job->last);
        pthread_mutex_lock(&workers->lock);
        count_off(workers, job);
        go_on(workers, served, OG__HELD_REFUSED);
        pthread_mutex_unlock(&workers->lock);
        served->kind->attend(served);
    }
    free_job(job);
    og__peer_served_unref(served);
}

/* Takes the job, which is not in the queue any more, to the loop. */
static void send_refused(og__job *job)
{
    og__peer_served_ref(job->served);
    job->call = (og__call){.fn = on_refused, .arg = job};
    og__net_loop_call(job->served->loop->net, &job->call);
}

/* The reason takes the place of the message's bytes. */
static void note_refused(og__job *job, const og_error *err)
{
    og_error *why = (og_error *)(job + 1);
    *why = *err;
    job->refused = why;
}

/* ---- The threads ---- */

/* After a job: the connection lines up again, is held, or leaves. True if it does not line up. With the lock
 * held. */
static bool put_away(og__workers *workers, og__served *served, uint8_t held)
{
    og__work *work = served->work;
    work->held |= held;
    if (work->first && !work->held) {
        line_up(workers, served);
        return false;
    }
    work->scheduled = false;
    return true;
}

static void tell_loop(og__served *served)
{
    bool locked = og__peer_served_lock(served);
    og__peer_served_post(served);
    og__peer_served_unlock(served, locked);
}

/* Why the connection's next message must wait (OG__HELD_…), or 0. */
static uint8_t held_by(const og__served *served, bool refused)
{
    if (refused) return OG__HELD_REFUSED;
    return served->waiting > served->loop->server->options.max_queued ? OG__HELD_BEHIND : 0;
}

/* True unless the message was refused, now or before it came here. */
static bool handle(og__job *job, og_doc **doc, og__parts *parts)
{
    og_error err;
    if (!job->refused && og__peer_message_hand(&job->served->conn, &job->served->loop->server->options,
                                               &job->message, doc, parts, &err) < 0)
        note_refused(job, &err);
    return !job->refused;
}

/* One message of a connection, with the lock held before and after. What the loop is told of comes after
 * `held` is set, since the loop takes it back. */
static void serve_one(og__workers *workers, og__job *job, og_doc **doc, og__parts *parts)
{
    og__served *served = job->served;
    pthread_mutex_unlock(&workers->lock);
    bool handled = handle(job, doc, parts);
    uint8_t held = held_by(served, !handled);
    og__peer_served_ref(served); /* another worker may be done with it before the loop is told */
    pthread_mutex_lock(&workers->lock);
    bool leaves = put_away(workers, served, held);
    if (handled) count_off(workers, job);
    pthread_mutex_unlock(&workers->lock);
    if (handled)
        free_job(job);
    else
        send_refused(job);
    if (atomic_exchange(&served->work->tell, false) || held == OG__HELD_BEHIND) tell_loop(served);
    if (leaves) og__peer_served_release(served);
    og__peer_served_unref(served);
    pthread_mutex_lock(&workers->lock);
}

/* It has nothing to do any more. With the lock held before and after. */
static void let_go(og__workers *workers, og__served *served)
{
    served->work->scheduled = false;
    pthread_mutex_unlock(&workers->lock);
    og__peer_served_release(served);
    pthread_mutex_lock(&workers->lock);
}

static void work(og__workers *workers, bool added)
{
    og_doc *doc = NULL;
    og__parts parts = {0};
    og__served *served;
    og__job *job;
    while (next_job(workers, added, &served, &job)) {
        bool datagram = served->is_datagram;
        if (job)
            serve_one(workers, job, &doc, &parts);
        else
            let_go(workers, served);
        workers->datagrams_now -= datagram;
    }
    og_doc_free(doc);
    og__peer_parts_fini(&parts, workers->server->alloc);
}

static void *run_steady(void *arg)
{
    og__workers *workers = arg;
    pthread_mutex_lock(&workers->lock);
    work(workers, false);
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* Each that ends waits for the one that did so before it, so that one is left to be waited for. */
static void *run_added(void *arg)
{
    og__workers *workers = arg;
    pthread_mutex_lock(&workers->lock);
    work(workers, true);
    pthread_t before = workers->ended;
    bool wait = workers->has_ended;
    workers->ended = pthread_self();
    workers->has_ended = true;
    workers->added_count--;
    pthread_cond_signal(&workers->left);
    pthread_mutex_unlock(&workers->lock);
    if (wait) pthread_join(before, NULL);
    return NULL;
}

/* ---- For the loops ---- */

bool og__peer_is_for_workers(const og__served *served, const og__message *message)
{
    size_t least = served->loop->server->options.long_message;
    if (!served->loop->server->workers) return false;
    return least == 0 || message->len >= least || served->work->count > 0;
}

/* A job with `size` bytes after it, or as many as a reason to refuse it takes. NULL without memory. */
static og__job *new_job(og__served *served, size_t size)
{
    if (size < sizeof(og_error)) size = sizeof(og_error);
    if (size > SIZE_MAX - sizeof(og__job)) return NULL;
    size += sizeof(og__job);
    og__job *job = og__base_alloc(served->loop->server->alloc, size);
    if (job) *job = (og__job){.size = size, .served = served};
    return job;
}

static void give(og__workers *workers, og__job *job)
{
    og__work *queue = job->served->work;
    pthread_mutex_lock(&workers->lock);
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    queue->count++;
    queue->bytes += job->message.len;
    workers->jobs++;
    if (!queue->held) schedule(workers, job->served);
    pthread_mutex_unlock(&workers->lock);
}

int og__peer_workers_give(og__workers *workers, og__served *served, const og__message *message)
{
    size_t ends = message->parts * sizeof(og__part_end) + OG_PADDING;
    og__job *job = message->len > SIZE_MAX - ends ? NULL : new_job(served, ends + message->len);
    if (!job) return OG_ENOMEM;
    og__part_end *part_ends = (og__part_end *)(job + 1);
    uint8_t *bytes = (uint8_t *)(part_ends + message->parts);
    if (message->parts > 0) memcpy(part_ends, message->part_ends, message->parts * sizeof *part_ends);
    memcpy(bytes, message->bytes, message->len);
    memset(bytes + message->len, 0, OG_PADDING);
    job->message = *message;
    job->message.bytes = bytes;
    job->message.part_ends = part_ends;
    give(workers, job);
    return OG_OK;
}

int og__peer_workers_give_refused(og__workers *workers, og__served *served, const og_error *err, bool last)
{
    og__job *job = new_job(served, 0);
    if (!job) return OG_ENOMEM;
    note_refused(job, err);
    job->last = last;
    give(workers, job);
    return OG_OK;
}

void og__peer_workers_go_on(og__workers *workers, og__served *served, uint8_t reason)
{
    pthread_mutex_lock(&workers->lock);
    go_on(workers, served, reason);
    pthread_mutex_unlock(&workers->lock);
}

void og__peer_workers_drop(og__workers *workers, og__served *served)
{
    pthread_mutex_lock(&workers->lock);
    og__job *job = served->work->first;
    served->work->first = served->work->last = NULL;
    for (og__job *j = job; j; j = j->next)
        count_off(workers, j);
    pthread_mutex_unlock(&workers->lock);
    while (job) {
        og__job *next = job->next;
        free_job(job);
        job = next;
    }
}

bool og__peer_workers_full(og__workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    bool full = workers->jobs >= FULL;
    pthread_mutex_unlock(&workers->lock);
    return full;
}

/* ---- Starting and stopping ---- */

og__workers *og__peer_workers_start(og_server *server, int count, og_error *err)
{
    og__workers *workers = og__base_alloc(server->alloc, sizeof *workers);
    pthread_t *threads = og__base_alloc(server->alloc, (size_t)count * sizeof *threads);
    if (!workers || !threads) {
        og__base_free(server->alloc, workers, sizeof *workers);
        og__base_free(server->alloc, threads, (size_t)count * sizeof *threads);
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for %d workers", count);
        return NULL;
    }
    memset(workers, 0, sizeof *workers);
    workers->server = server;
    workers->threads = threads;
    pthread_mutex_init(&workers->lock, NULL);
    og__base_cond_init(&workers->ready);
    pthread_cond_init(&workers->left, NULL);
    int sys = 0;
    pthread_mutex_lock(&workers->lock); /* the threads read how many they are */
    while (workers->count < count && sys == 0) {
        sys = og__base_start_thread(&threads[workers->count], run_steady, workers);
        workers->count += sys == 0;
    }
    pthread_mutex_unlock(&workers->lock);
    if (sys != 0) {
        og_error_set_sys(err, OG_EIO, sys, "cannot start worker %d of %d", workers->count + 1, count);
        og__peer_workers_stop(workers);
        return NULL;
    }
    return workers;
}

void og__peer_workers_stop(og__workers *workers)
{
    if (!workers) return;
    og_server *server = workers->server;
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->ready);
    while (workers->added_count > 0)
        pthread_cond_wait(&workers->left, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
    if (workers->has_ended) pthread_join(workers->ended, NULL);
    for (int i = 0; i < workers->count; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->ready);
    pthread_cond_destroy(&workers->left);
    og__base_free(server->alloc, workers->threads,
                  (size_t)server->options.workers * sizeof *workers->threads);
    og__base_free(server->alloc, workers, sizeof *workers);
}
