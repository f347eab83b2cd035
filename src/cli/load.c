/* SPDX-License-Identifier: MIT */
/*
 * Load on a server. Each connection has a thread that sends and one that receives, so that neither waits for
 * the other when both ends have much to say; one object in flight needs one thread alone.
 */
#include "cli/load.h"
#include "cli/stop.h"
#include "cli/thread.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum { STACK = 128 << 10, LEAD_NS = 20000000, TICK_NS = 50000000 };
#define SECOND_NS INT64_C(1000000000)

/* An open loop sends so long after its end what was due before it. */
#define LATE_NS SECOND_NS

/* What all connections share. */
typedef struct shared {
    const cli_load *load;
    int64_t start;       /* of the first objects */
    int64_t measured;    /* what is due from then on counts */
    _Atomic int64_t end; /* nothing is sent from then on */
    atomic_bool failed;
    atomic_size_t running; /* connections that have not had all their answers */
    pthread_mutex_t lock;
    og_error why; /* of the first failure */
} shared;

/* One connection. */
typedef struct lane {
    shared *all;
    size_t number;
    og_conn *conn;
    pthread_t sender;
    pthread_t receiver;
    bool has_sender;
    bool has_receiver;
    sem_t free;     /* places in flight */
    sem_t sent;     /* objects whose answers are to be waited for */
    int64_t *due;   /* of those in flight, by number */
    uint64_t quota; /* objects that it sends at most */
    uint64_t asked;
    uint64_t unsent;
    uint64_t unanswered;
    uint64_t answers;          /* while it was measured */
    _Atomic uint64_t progress; /* answers so far */
    atomic_bool done;          /* nothing more is sent */
    cli_histogram times;
} lane;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void sleep_until(int64_t time)
{
    const struct timespec at = {(time_t)(time / SECOND_NS), (long)(time % SECOND_NS)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void take(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0 && errno == EINTR) {
    }
}

/* ---- Failing ---- */

/* Remembers the first reason, and lets both threads of each connection see that it is over. */
static void fail(lane *l, const og_error *why)
{
    shared *all = l->all;
    pthread_mutex_lock(&all->lock);
    if (!all->failed) all->why = *why;
    all->failed = true;
    pthread_mutex_unlock(&all->lock);
    sem_post(&l->free);
    sem_post(&l->sent);
}

static void fail_closed(lane *l)
{
    og_error why;
    og_error_set(&why, OG_ECLOSED, OG_NO_POSITION,
                 "the server closed a connection before it had answered all");
    fail(l, &why);
}

/* ---- Sending and receiving ---- */

static og_value object_at(const lane *l, uint64_t number)
{
    const cli_load *load = l->all->load;
    return load->objects[number % load->object_count];
}

/* When object `number` of an open loop is due: connections take turns. */
static int64_t due_at(const lane *l, uint64_t number)
{
    const cli_load *load = l->all->load;
    double turn = (double)number * (double)load->connections + (double)l->number;
    return l->all->start + (int64_t)(turn * (double)SECOND_NS / (double)load->rate);
}

/* Sends the next object, due at `due`. False at the end, or after a failure. */
static bool send_next(lane *l, int64_t due)
{
    og_error err;
    l->due[l->asked % l->all->load->in_flight] = due;
    if (og_send(l->conn, object_at(l, l->asked), &err) < 0) {
        fail(l, &err);
        return false;
    }
    l->asked++;
    return true;
}

/* Takes the answer to object `number`. False after a failure. */
static bool receive_next(lane *l, uint64_t number)
{
    const shared *all = l->all;
    og_value answer;
    og_error err;
    int status = og_recv(l->conn, &answer, &err);
    if (status == OG_ETIMEOUT && all->load->datagram) {
        l->unanswered++;
        return true;
    }
    if (status < 0) fail(l, &err);
    if (status == 0) fail_closed(l);
    if (status <= 0) return false;
    int64_t now = now_ns();
    int64_t due = l->due[number % all->load->in_flight];
    atomic_fetch_add_explicit(&l->progress, 1, memory_order_relaxed);
    if (due >= all->measured) cli_histogram_add(&l->times, now > due ? (uint64_t)(now - due) : 0);
    if (now >= all->measured && now < all->end) l->answers++;
    return true;
}

/* One object in flight. */
static void *ask_in_turn(void *user)
{
    lane *l = user;
    shared *all = l->all;
    sleep_until(all->start);
    for (uint64_t n = 0; n < l->quota && !all->failed; n++) {
        int64_t now = now_ns();
        if (now >= all->end || !send_next(l, now) || !receive_next(l, n)) break;
    }
    all->running--;
    return NULL;
}

static void *send_closed(void *user)
{
    lane *l = user;
    shared *all = l->all;
    sleep_until(all->start);
    while (l->asked < l->quota) {
        take(&l->free);
        int64_t now = now_ns();
        if (all->failed || now >= all->end || !send_next(l, now)) break;
        sem_post(&l->sent);
    }
    l->done = true;
    sem_post(&l->sent);
    return NULL;
}

static void *send_open(void *user)
{
    lane *l = user;
    shared *all = l->all;
    prctl(PR_SET_TIMERSLACK, 1UL);
    uint64_t n = 0;
    for (int64_t due; n < l->quota && (due = due_at(l, n)) < all->end; n++) {
        sleep_until(due);
        take(&l->free);
        if (all->failed || now_ns() >= all->end + LATE_NS || !send_next(l, due)) break;
        sem_post(&l->sent);
    }
    for (; n < l->quota && due_at(l, n) < all->end; n++)
        l->unsent++;
    l->done = true;
    sem_post(&l->sent);
    return NULL;
}

static void *receive_all(void *user)
{
    lane *l = user;
    for (uint64_t n = 0; !l->all->failed; n++) {
        take(&l->sent);
        if (l->done && n == l->asked) break;
        if (l->all->failed || !receive_next(l, n)) break;
        sem_post(&l->free);
    }
    sem_post(&l->free); /* the sender may wait for it */
    l->all->running--;
    return NULL;
}

/* ---- Connections ---- */

static int lane_open(lane *l, shared *all, size_t number, og_error *err)
{
    const cli_load *load = all->load;
    l->all = all;
    l->number = number;
    size_t turns = load->connections;
    l->quota = load->count ? load->count / turns + (number < load->count % turns) : UINT64_MAX;
    sem_init(&l->free, 0, (unsigned)load->in_flight);
    sem_init(&l->sent, 0, 0);
    l->due = calloc(load->in_flight, sizeof *l->due);
    if (!l->due) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    l->conn = og_connect(load->endpoint, &load->conn, err);
    return l->conn ? OG_OK : (int)err->code;
}

static void lane_close(lane *l)
{
    if (!l->all) return;
    og_close(l->conn);
    free(l->due);
    sem_destroy(&l->free);
    sem_destroy(&l->sent);
}

static bool start_thread(pthread_t *thread, void *(*run)(void *), lane *l)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    bool started = cli_thread_start(thread, &attributes, run, l) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

/* The threads of a connection; those that started must be joined. */
static int lane_start(lane *l, const cli_load *load, og_error *err)
{
    bool alone = load->rate == 0 && load->in_flight == 1;
    l->has_receiver = alone || start_thread(&l->receiver, receive_all, l);
    if (l->has_receiver)
        l->has_sender = start_thread(&l->sender,
                                     alone        ? ask_in_turn
                                     : load->rate ? send_open
                                                  : send_closed,
                                     l);
    if (alone) l->has_receiver = false;
    if (l->has_sender) return OG_OK;
    og_error_set(err, OG_ENOMEM, OG_NO_POSITION,
                 "the system starts no more threads: use fewer --connections");
    fail(l, err);
    return err->code;
}

static void lane_join(lane *l, cli_load_result *result)
{
    og_conn_counts counts;
    if (l->has_sender) pthread_join(l->sender, NULL);
    if (l->has_receiver) pthread_join(l->receiver, NULL);
    if (!l->conn) return;
    og_conn_count(l->conn, &counts);
    cli_histogram_join(&result->times, &l->times);
    result->answers += l->answers;
    result->unanswered += l->unanswered;
    result->unsent += l->unsent;
    result->bytes_in += counts.bytes_in;
    result->bytes_out += counts.bytes_out;
}

/* ---- The whole ---- */

static uint64_t answers_of(lane *lanes, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += atomic_load_explicit(&lanes[i].progress, memory_order_relaxed);
    return sum;
}

/* Waits for the end, which a signal or a failure brings nearer. */
static void wait_for_end(shared *all, lane *lanes)
{
    const cli_load *load = all->load;
    int64_t shown = all->start;
    uint64_t before = 0;
    while (all->running > 0 && now_ns() < all->end && !all->failed) {
        int64_t next = now_ns() + TICK_NS;
        sleep_until(next < all->end ? next : all->end);
        int64_t now = now_ns();
        if (cli_stop_is_over(0) && now < all->end) all->end = now;
        if (!load->progress || now < shown + SECOND_NS) continue;
        uint64_t answers = answers_of(lanes, load->connections);
        load->progress(load, (double)(now - all->start) / (double)SECOND_NS,
                       (uint64_t)((double)(answers - before) * (double)SECOND_NS / (double)(now - shown)),
                       load->user);
        shown = now;
        before = answers;
    }
}

static void run_lanes(shared *all, lane *lanes)
{
    const cli_load *load = all->load;
    og_error err;
    for (size_t i = 0; i < load->connections && !all->failed; i++)
        if (lane_open(&lanes[i], all, i, &err) < 0) {
            all->why = err;
            all->failed = true;
        }
    if (all->failed) return;
    all->start = now_ns() + LEAD_NS;
    all->measured = all->start + load->warm_up_ms * 1000000;
    all->end = load->count ? INT64_MAX / 2 : all->measured + load->duration_ms * 1000000;
    all->running = load->connections;
    for (size_t i = 0; i < load->connections && !all->failed; i++)
        lane_start(&lanes[i], load, &err);
    wait_for_end(all, lanes);
}

int cli_load_run(const cli_load *load, cli_load_result *result)
{
    shared all = {.load = load, .lock = PTHREAD_MUTEX_INITIALIZER};
    lane *lanes = calloc(load->connections, sizeof *lanes);
    memset(result, 0, sizeof *result);
    if (!lanes) {
        cli_log(OG_LOG_ERROR, "no memory for %zu connections: use fewer --connections", load->connections);
        return CLI_REFUSED;
    }
    cli_stop_catch();
    run_lanes(&all, lanes);
    for (size_t i = 0; i < load->connections; i++)
        lane_join(&lanes[i], result);
    for (size_t i = 0; i < load->connections; i++)
        lane_close(&lanes[i]);
    free(lanes);
    pthread_mutex_destroy(&all.lock);
    int64_t now = now_ns();
    int64_t measured = (now < all.end ? now : all.end) - all.measured;
    result->interrupted = cli_stop_is_over(0);
    result->seconds = measured > 0 ? (double)measured / (double)SECOND_NS : 0;
    return all.failed ? cli_fail(load->endpoint, &all.why) : 0;
}
