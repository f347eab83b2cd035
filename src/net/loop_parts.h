/* SPDX-License-Identifier: MIT */
/* What the files of the loop share: the loop itself, streams, the queue of what must be written. For this
 * room only; ownership and threads as in net/loop.h. */
#ifndef ONGGI_NET_LOOP_PARTS_H
#define ONGGI_NET_LOOP_PARTS_H

#include "base/alloc.h"
#include "net/fd.h"
#include "net/loop.h"

#include <pthread.h>
#include <uv.h>

enum {
    OG__SHARED_SIZE = 65536, /* of the loop's read buffer: what a socket usually holds at most */
};

/* What a stream waits for. */
enum { OG__READABLE = 1, OG__WRITABLE = 2 };

/* What the `data` of a libuv handle begins with, so that og__net_loop_free() can close what is left. */
typedef struct og__handle {
    void (*close)(struct og__handle *handle);
} og__handle;

/* One call that was posted. */
typedef struct og__post {
    void (*fn)(void *arg);
    void *arg;
} og__post;

typedef struct og__posts {
    og__post *list;
    size_t count;
    size_t cap;
} og__posts;

/* All timers of a loop, those that do not run included: a heap by `due`, which may lag behind the timers'
 * own deadlines. */
typedef struct og__timers {
    struct og__timer_entry *heap;
    size_t count;
    size_t cap;
    uint64_t armed; /* when the clock will ring */
} og__timers;

typedef struct og__batch og__batch;

struct og__loop {
    uv_loop_t uv;
    const og_allocator *alloc;
    int epoll;                /* of the streams' sockets, and of all that libuv looks at */
    og__batch *batch;         /* what is being told of, or NULL */
    og__stream *first_stream; /* those that are open */
    og__stream *first_closed; /* on_close is still to be called */
    void (*on_ready)(og__stream *stream, bool readable, bool writable,
                     bool failed); /* of stream.c, as are: */
    void (*close_stream)(og__stream *stream);
    void (*end_stream)(og__stream *stream); /* calls on_close */
    uv_async_t wake;
    uv_timer_t clock;
    uv_idle_t rest; /* runs while calls wait for their turn */
    og__timers timers;
    atomic_bool stopping;
    bool stopped; /* the run ends after this turn */
    uint64_t busy_poll_ns;
    bool turning;         /* within og__net_loop_run(): the time is fresh */
    pthread_mutex_t lock; /* guards `posted` */
    og__posts posted;
    og__posts running;    /* the loop's own, swapped with `posted` */
    og__call *first_call; /* posted too, and guarded by the lock */
    og__call *last_call;
    og__call *first_turn; /* the loop thread's own; first in, first out */
    og__call *last_turn;
    uint8_t *shared;
    size_t high_water;          /* of what a stream has queued */
    og__connecting *connecting; /* attempts that are not over */
    void *datagram_area;        /* where datagrams arrive: made for the first socket that needs it */
    size_t datagram_area_size;
};

void og__net_timers_init(og__loop *loop);

/* Frees every timer that was not closed. */
void og__net_timers_free(og__loop *loop);
void og__net_timers_ring(uv_timer_t *clock);

/* Fills `err` (OG_EIO or OG_ENOMEM) from a libuv status. */
int og__net_uv_error(og_error *err, int status, const char *doing);

/* ---- What must be written ---- */

typedef struct og__chunk og__chunk;

typedef struct og__queue {
    og__chunk *first;
    og__chunk *last;
    size_t bytes;
} og__queue;

/* Appends a copy. 0 or OG_ENOMEM. */
int og__net_queue_copy(og__queue *queue, const og_allocator *alloc, const void *data, size_t len);

/* Appends the bytes of `buf` from `start` on, taking its memory over. 0 or OG_ENOMEM (`buf` is as before). */
int og__net_queue_take(og__queue *queue, const og_allocator *alloc, og_buf *buf, size_t start);

/* Who gets memory that was taken over, once its bytes have gone; what is left in `buf` is freed. */
typedef struct og__sent {
    void (*fn)(void *ctx, og_buf *buf); /* or NULL */
    void *ctx;
} og__sent;

/* Writes until all is gone (1), the socket takes no more or enough was written for one turn (0), or it fails
 * (a negative errno). */
int og__net_queue_write(og__queue *queue, const og_allocator *alloc, int fd, og__sent sent);
void og__net_queue_free(og__queue *queue, const og_allocator *alloc);

/* ---- Streams ---- */

/* Kept small: a server holds thousands. */
struct og__stream {
    og__loop *loop;
    const og__stream_events *events;
    void *ctx;
    int fd;
    uint8_t interest;  /* that epoll knows of: OG__READABLE | OG__WRITABLE */
    bool reading;      /* wanted by the owner */
    bool asks;         /* on_alloc is called before each read */
    bool ended;        /* the peer has sent all */
    bool broken;       /* on_error was called or is not due any more */
    bool write_broken; /* writes fail from now on */
    bool shut;         /* shutdown was asked for */
    bool above;        /* the high-water mark was passed */
    bool closing;
    bool heavy;       /* the last read took much */
    bool freed;       /* once its turn has come */
    og__queue *queue; /* NULL: nothing is queued */
    og__stream *prev; /* on the loop: of those that are open, or whose on_close is still to be called */
    og__stream *next;
    og__call *turn; /* while it waits for its turn to be read */
};

/* ---- Which of them are ready (ready.c) ---- */

/* 0 or a negative errno. */
int og__net_ready_init(og__loop *loop);
void og__net_ready_fini(og__loop *loop);

/* Nothing is wanted yet. 0 or a negative errno. */
int og__net_ready_add(og__loop *loop, int fd, og__stream *stream);

/* What is wanted from now on. Cannot fail. */
void og__net_ready_want(og__loop *loop, int fd, og__stream *stream, uint8_t interest);
void og__net_ready_remove(og__loop *loop, int fd, const og__stream *stream);

/* Waits until something is to be done, and does it: one turn. */
void og__net_ready_turn(og__loop *loop);

#endif
