/* SPDX-License-Identifier: MIT */
/*
 * Event loops: streams, datagrams and timers on them. Bytes and addresses only; what they mean is the peer
 * room's.
 *
 * Ownership: whoever makes a thing closes it; its memory goes when its `on_close` has been called. Threads: a
 * loop is run by one thread, and everything on it is touched by that thread alone, but for
 * og__net_loop_post() and og__net_loop_stop(), which any thread, and og__net_loop_stop() also a signal
 * handler, may call. Callbacks run on the loop's thread, must not block, and may close the thing that they
 * were called for.
 */
#ifndef ONGGI_NET_LOOP_H
#define ONGGI_NET_LOOP_H

#include "net/socket.h"

typedef struct og__loop og__loop;
typedef struct og__listener og__listener;
typedef struct og__stream og__stream;
typedef struct og__timer og__timer;

og__loop *og__net_loop_new(const og_allocator *alloc, og_error *err);

/* Runs until og__net_loop_stop(). 0 or OG_EIO. May be run again. */
int og__net_loop_run(og__loop *loop, og_error *err);

/* Before the loop waits, it looks for so many microseconds whether anything is ready; 0, as at first: it does
 * not. */
void og__net_loop_set_busy_poll(og__loop *loop, unsigned us);

/* Ends the run, or if there is none the next one, after the turn in which it is noticed. */
void og__net_loop_stop(og__loop *loop);

/*
 * Calls what was posted and has not yet run, closes what is left on the loop, runs it until all is closed
 * (on_close is called for each) and nothing more is posted, frees it. Not from a callback; nobody may post
 * from another thread any more. NULL is allowed.
 */
void og__net_loop_free(og__loop *loop);

/* Milliseconds of a clock that never goes back, as of this turn of the loop. */
uint64_t og__net_loop_now(const og__loop *loop);

/*
 * Lets the loop's thread call `fn(arg)` soon, in the order of posting. 0 or OG_ENOMEM. Any thread; wakes the
 * loop. Each post that was taken is called once: what is posted after the stop, by the next run or by
 * og__net_loop_free().
 */
int og__net_loop_post(og__loop *loop, void (*fn)(void *arg), void *arg);

/* A call that whoever makes it keeps, so that posting it needs no memory. */
typedef struct og__call {
    struct og__call *next; /* the loop's */
    void (*fn)(void *arg);
    void *arg;
} og__call;

/* As og__net_loop_post(), but cannot fail. `call` must stay, and not be posted again, until its `fn` is
 * called.
 */
void og__net_loop_call(og__loop *loop, og__call *call);

/*
 * Lets `call` have its turn when what has come from outside meanwhile has been handled. Turns go round, a few
 * milliseconds of them at a time, so that many of them hold up nothing new. As og__net_loop_call(), but for
 * the loop's thread alone.
 */
void og__net_loop_turn(og__loop *loop, og__call *call);

/* True when the loop has been busy for some milliseconds since it last looked for what has come: what takes
 * long should wait for its turn. */
bool og__net_loop_is_late(const og__loop *loop);

/* ---- Connecting ---- */

/* Where to connect to: an endpoint whose name was looked up. */
typedef struct og__target og__target;
typedef struct og__connecting og__connecting;

/* Looks the endpoint's name up, within `timeout_ms`. NULL with `err` filled. Any thread. */
og__target *og__net_target_new(const og_endpoint *endpoint, int64_t timeout_ms, const og_allocator *alloc,
                               og_error *err);
void og__net_target_free(og__target *target);

/* Its first address. */
const og__address *og__net_target_address(const og__target *target);

/* True when all of its addresses are of this machine, so that no network is between. */
bool og__net_target_is_near(const og__target *target);

/*
 * Tries the target's addresses in turn. `done` is called once, never before this returns: with the connected
 * socket, which it owns from then on, or with NULL and why not. `target` must outlive that. NULL with `err`
 * filled without memory.
 */
og__connecting *og__net_connect(og__loop *loop, const og__target *target, int64_t timeout_ms,
                                void (*done)(void *ctx, og__socket *socket, const og_error *err), void *ctx,
                                og_error *err);

/* Stops it, before `done` is called. */
void og__net_connect_cancel(og__connecting *connecting);

/* ---- Listening for streams ---- */

/*
 * Takes over a listening stream socket (it is closed with the listener). `on_accept` gets each new
 * connection's socket, which it owns from then on: it may hand it to another loop with og__net_loop_post()
 * and og__net_stream_open() there. `on_error` (may be NULL) tells that accepting fails, out of descriptors,
 * say: the listener tries again ten times a second, and tells again only after it has gone well in between.
 */
og__listener *og__net_listener_open(og__loop *loop, og__socket *socket,
                                    void (*on_accept)(void *ctx, og__socket accepted),
                                    void (*on_error)(void *ctx, const og_error *err), void *ctx,
                                    og_error *err);

/* Stops accepting for now (too many connections); the system's backlog holds whoever comes. */
void og__net_listener_pause(og__listener *listener, bool pause);

/* Takes those whom the system has connected by now, unless the socket is inherited: whoever has it next takes
 * them. */
void og__net_listener_accept_last(og__listener *listener);
void og__net_listener_close(og__listener *listener);

/* ---- Streams ---- */

/* The high-water mark of what a stream of the loop has queued; 1 MiB unless it is set. */
void og__net_loop_set_high_water(og__loop *loop, size_t bytes);

/*
 * What a stream tells its owner. All are called with `ctx`; any but on_data may be NULL; none but on_close is
 * called after og__net_stream_close(). The struct is not copied: it must outlive its streams.
 */
typedef struct og__stream_events {
    /*
     * Where the next bytes should go, `*size` of them at most; called only after og__net_stream_ask(). Else,
     * and after NULL, they go to the loop's shared buffer and are gone when on_data returns. At least
     * OG_PADDING readable bytes must follow; in the shared buffer they are zeros.
     */
    uint8_t *(*on_alloc)(void *ctx, size_t *size);
    void (*on_data)(void *ctx, const uint8_t *data, size_t len);
    /* The peer will send no more; writing goes on. Or reading failed, which on_error has told before. */
    void (*on_end)(void *ctx);
    /* Reading or writing failed (`err`: OG_ECLOSED reset by peer, OG_EIO). What came before a reset can still
     * be read, after which on_end is called. Called once, and never from within og__net_stream_write(), which
     * says so itself. */
    void (*on_error)(void *ctx, const og_error *err);
    /* What was queued has been written, or fell below half of the high-water mark after it had been above. */
    void (*on_drain)(void *ctx);
    void (*on_close)(void *ctx);
    /* What was handed over by og__net_stream_write_buf() and queued has all been written: its memory may be
     * taken out of `buf`, which is freed else. Must not close the stream. */
    void (*on_sent)(void *ctx, og_buf *buf);
    /* The peer's address as text, for sentences of errors. NULL: the system is asked, which may have
     * forgotten it. */
    const char *(*peer)(void *ctx);
} og__stream_events;

/* Takes over a connected stream socket (closed on failure as well). Not reading yet. */
og__stream *og__net_stream_open(og__loop *loop, og__socket *socket, const og__stream_events *events,
                                void *ctx, og_error *err);

void og__net_stream_read(og__stream *stream, bool on);

/* Has on_alloc asked before each read from now on, or no more. */
void og__net_stream_ask(og__stream *stream, bool on);

/*
 * Writes `len` bytes: at once as far as the socket takes them, the rest is copied and queued. 0 when all is
 * gone, 1 when some is queued (on_drain will tell), or OG_ENOMEM / OG_ECLOSED.
 */
int og__net_stream_write(og__stream *stream, const void *data, size_t len, og_error *err);

/* As og__net_stream_write(), but takes `buf`'s memory over instead of copying. `buf` is left empty either
 * way, with its memory where all was written at once. For big messages. */
int og__net_stream_write_buf(og__stream *stream, og_buf *buf, og_error *err);

/* Bytes queued and not yet taken by the system. */
size_t og__net_stream_queued(const og__stream *stream);
/* True when the peer's system has all that was written, and nothing has come that was not read: closing loses
 * nothing then. */
bool og__net_stream_is_quiet(const og__stream *stream);

/* Shuts the writing direction down when what is queued has gone. */
void og__net_stream_shutdown(og__stream *stream);

/* Drops what is queued; nothing more can be written. */
void og__net_stream_discard(og__stream *stream);

/* Closes: at once, dropping what is queued. on_close comes later, once. */
void og__net_stream_close(og__stream *stream);

/* Has og__net_stream_close() reset the connection, so that the peer knows that it did not end in order. */
void og__net_stream_spoil(const og__stream *stream);

/* ---- Datagrams ---- */

typedef struct og__datagrams og__datagrams;

/*
 * Takes over a bound or connected datagram socket. `on_data` gets each datagram whole and its sender; the
 * bytes are gone when it returns, and OG_PADDING zeros after them may be read. `on_error` (may be NULL) tells
 * of one datagram that was lost in sending or receiving, and why; the socket goes on.
 */
og__datagrams *og__net_datagrams_open(og__loop *loop, og__socket *socket,
                                      void (*on_data)(void *ctx, const uint8_t *data, size_t len,
                                                      const og__address *from),
                                      void (*on_error)(void *ctx, const og_error *err),
                                      void (*on_close)(void *ctx), void *ctx, og_error *err);

/*
 * Sends one datagram (NULL `to`: the connected peer). What is sent within on_data leaves together when all
 * that had arrived has been handed out; when the system is busy it is queued. 0, OG_EVALUE (too long),
 * OG_EBUSY (more than 1 MiB queued: dropped), OG_ENOMEM, OG_ECLOSED or OG_EIO.
 */
int og__net_datagrams_send(og__datagrams *datagrams, const void *data, size_t len, const og__address *to,
                           og_error *err);
/* Hands out what has come, unless the socket is inherited (whoever has it next reads that), and then reads no
 * more; sending goes on. Not from on_data. */
void og__net_datagrams_read_last(og__datagrams *datagrams);
void og__net_datagrams_close(og__datagrams *datagrams);

/* ---- Timers ---- */

/* A timer that calls `fn(ctx)` once each time it was started and has run out. Not running yet. */
og__timer *og__net_timer_open(og__loop *loop, void (*fn)(void *ctx), void *ctx, og_error *err);

/* Starts it, or starts it anew, from now on. Restarting for every message costs an assignment. */
void og__net_timer_start(og__timer *timer, uint64_t ms);
void og__net_timer_stop(og__timer *timer);

/* Frees it at once; `fn` is not called any more. */
void og__net_timer_close(og__timer *timer);

#endif
