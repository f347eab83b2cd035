/* SPDX-License-Identifier: MIT */
/*
 * The insides of a server. A loop is one event loop with its thread and the connections on it; a port is one
 * endpoint listened on; a served connection lives on one loop. server.c starts and stops it all, served.c is
 * a stream's connection on its loop, datagram.c datagrams, reply.c what other threads may do to either,
 * workers.c the threads for handlers that block.
 *
 * Ownership: the server owns loops and ports. A served connection is counted: the loop has one reference
 * until the connection is gone, og_conn_keep() makes others, and so does each call posted for it. Threads:
 * all belongs to the loop's thread, but for what is said to be shared.
 */
#ifndef ONGGI_PEER_SERVER_H
#define ONGGI_PEER_SERVER_H

#include "net/loop.h"
#include "peer/detect.h"
#include "peer/handle.h"
#include "peer/limit.h"
#include "peer/parts.h"

#include <pthread.h>
#include <stdatomic.h>

/* The states of a served connection: name, text. They only ever go down this list. */
#define OG__STATE_MAP(X)                                                                            \
    X(OG__OPENING, "opening") /* layers shake hands; on_open comes after it */                      \
    X(OG__OPEN, "open")                                                                             \
    X(OG__FINISHING, "finishing") /* nothing more is read; what is in hand is answered */           \
    X(OG__DRAINING, "draining")   /* what is queued is sent, then the connection is closed */       \
    X(OG__LINGERING, "lingering") /* all is sent; the peer may read it before it is closed on it */ \
    X(OG__CLOSED, "closed")

typedef enum og__state {
#define X(name, text) name,
    OG__STATE_MAP(X)
#undef X
} og__state;

typedef struct og__server_loop og__server_loop;
typedef struct og__port og__port;
typedef struct og__served og__served;
typedef struct og__workers og__workers;

/* A message on its way to a worker; its bytes stand behind the struct. */
typedef struct og__job {
    struct og__job *next;
    size_t size; /* of this allocation */
    og__message message;
} og__job;

/* What a connection has with the workers; belongs to the pool's lock. */
typedef struct og__work {
    og__job *first;
    og__job *last;
    size_t count; /* queued and running */
    size_t bytes;
    bool scheduled;         /* waits for a worker, or is with one */
    bool held;              /* no worker takes the next one until og__peer_workers_go_on() */
    bool tell;              /* post to the loop when the next job is done */
    og__served *next_ready; /* in the pool's queue */
} og__work;

struct og__served {
    og_conn conn; /* first: an og_conn of ours is one of these */
    og_server *server;
    og__server_loop *loop;
    og__port *port;
    og__stream *stream; /* NULL for datagrams */
    const og_allocator *alloc;
    bool is_datagram;
    og__served *prev; /* on the loop */
    og__served *next;
    og__limit limits[OG__LIMIT_KINDS];
    og_error *why; /* of the end */
    uint64_t put;  /* bytes given to the stream, and how many of them had left when that was last looked at */
    uint64_t sent;
    og__work work;
    uint8_t state;
    bool paused;      /* not read: too much is queued, or in the workers' hands */
    bool noted_pause; /* the log has a line about the first pause */
    bool pumping;     /* on_message and the like may be running, and what is put leaves together afterwards */
    bool told_open;   /* on_open was called, so on_close will be */
    bool gone;        /* the stream is closed; waits for a worker before on_close */
    bool failed; /* there was a reason for the end, though there may have been no memory to remember it */

    /* Shared: by `lock`, unless `refs` is 1, when only the loop can reach it. The core's writing half too. */
    pthread_mutex_t lock;
    atomic_uint refs;  /* of its memory */
    atomic_uint holds; /* og_conn_keep() and workers: who may still answer; counted down with the lock held */
    atomic_size_t queued; /* bytes in the stream's queue */
    bool posted;          /* og__peer_served_attend() is on its way, by `attend` */
    og__call attend;
    bool shut_wanted;
    atomic_bool bye_wanted;
    atomic_bool closed; /* nothing more can be sent */
    bool left;          /* the loop's part is over */
    bool told_release;  /* the loop wants to hear of each og_conn_release() */
    og__address to[];   /* one, of datagrams only: whom to answer */
};

struct og__port {
    og__port *next;
    og_server *server;
    og__server_loop *loop; /* that it listens on */
    og__setup setup;
    og__socket socket; /* until it is on the loop */
    og__listener *listener;
    og__datagrams *datagrams;
    og__served *idle; /* a connection to use again for the next datagram */
    size_t max_datagram;
    char endpoint[416];
};

struct og__server_loop {
    og_server *server;
    og__loop *net;
    pthread_t thread;
    og__limits limits;
    og__timer *stop_timer;
    og__call stop;
    og_doc *doc;     /* for the value being handled: one for all connections */
    og__parts parts; /* the same for messages of several parts */
    og_buf spare;    /* memory for the answers being written: one for all connections */
    og__served *first;
    size_t count; /* connections, and datagrams in hand */
    bool stopping;
    bool done;
    char seen[OG__SEEN_SIZE];
};

struct og_server {
    og_server_options options;
    const og_allocator *alloc;
    og__server_loop *loops;
    size_t loop_count;
    size_t next_loop;
    og__port *ports;
    og__workers *workers; /* NULL: handlers run on the loops */
    pthread_t thread;     /* of og_server_start() */
    bool started;
    int result;
    og_error error;
    atomic_bool stopping;
    atomic_bool accept_paused;
    atomic_bool resuming; /* `resume` is on its way */
    og__call resume;
    pthread_mutex_t layers_lock; /* of each port's setup.layers, which may be replaced */
    atomic_bool reload_wanted;
    atomic_size_t connections;
    atomic_uint_fast64_t ids;
};

/* ---- server.c ---- */

/* Tells people. Any thread. */
void og__peer_server_log(const og_server *server, og_log_level level, const og_conn *conn, const char *format,
                         ...) OG_PRINTF(4, 5);

/* Starts a thread that leaves all signals to the program's own threads. 0 or an errno. */
int og__peer_start_thread(pthread_t *thread, void *(*fn)(void *), void *arg);

/* The layers that new connections of the port have, held for the caller; or NULL. Any thread. */
og__layers *og__peer_port_layers(og__port *port);

/* A connection of the loop's is gone. */
void og__peer_loop_left(og__server_loop *loop, bool was_stream);

/* ---- served.c ---- */

/* Takes an accepted socket on. On failure it is closed. */
void og__peer_served_open(og__server_loop *loop, og__port *port, og__socket *socket);

/* Sends what was put, does what was asked for meanwhile, and ends what has come to its end. */
void og__peer_served_attend(og__served *served);

/* The server stops: nothing more is read. */
void og__peer_served_stop(og__served *served);

/* True while a worker has a message of the connection's. */
bool og__peer_served_is_with_worker(og__served *served);

/* Closes at once. `why` may be NULL. */
void og__peer_served_close(og__served *served, const og_error *why);

/* Sends what was put, and what layers have to say. */
void og__peer_served_flush(og__served *served);

/* Ends because of `why`, after what is queued has gone. */
void og__peer_served_end(og__served *served, const og_error *why);

/* Reads a message of several parts and hands it to the user. 0 or < 0. */
int og__peer_served_hand_parts(og__served *served, const og__message *message, og__parts *parts,
                               og_error *err);

/* A message was refused: tells user and log. */
void og__peer_served_refuse(og__served *served, const og_error *err, bool closing);

/* A worker could not read a message. */
void og__peer_served_refused(og__served *served, const og_error *err);

/* Hands a message to the user: reads it here and calls the handler, or gives it to the workers. 0, or < 0: it
 * was refused. */
int og__peer_served_deliver(og__served *served, const og__message *message, og_error *err);

void og__peer_served_expired(void *ctx, og__limit_kind kind);

/* ---- served_open.c ---- */

/* The stream is there: the layers shake hands if there are any, then on_open is called. */
void og__peer_served_begin(og__served *served);

/* Bytes for a connection with layers. True when it is open after that. */
bool og__peer_served_arrive(og__served *served, const uint8_t *data, size_t len);

/* The stream of a connection with layers is over. False when that was an error, and the connection ends. */
bool og__peer_served_hangup(og__served *served);

/* The stream failed during the handshake. */
void og__peer_served_lost(og__served *served, const og_error *err);

/* The layers' time has come. */
void og__peer_served_layers_due(og__served *served);

/* ---- reply.c ---- */

extern const og__handle_ops og__peer_served_ops;

/* A new connection in the loop's list, for a datagram or a stream as the port is, with one reference: the
 * loop's. NULL without memory. */
og__served *og__peer_served_new(og__server_loop *loop, og__port *port, const og__address *peer);

/* The loop's part is over: no more sending; the loop's reference is dropped. */
void og__peer_served_leave(og__served *served);

void og__peer_served_ref(og__served *served);
void og__peer_served_unref(og__served *served);

/* As og_conn_keep(). */
void og__peer_served_hold(og__served *served);

/* True when more answers than `max_queued` wait for the peer. Any thread. */
bool og__peer_served_is_behind(og__served *served);

/* True while anybody holds it; if so, the loop is told when they let go. */
bool og__peer_served_is_held(og__served *served);

/* Locks what is shared, if anybody can share it; tells og__peer_served_unlock() whether it did. */
bool og__peer_served_lock(og__served *served);
void og__peer_served_unlock(og__served *served, bool locked);

/* Has the loop attend to the connection soon. With the lock held. */
void og__peer_served_post(og__served *served);

/* ---- datagram.c ---- */

void og__peer_datagram_received(void *ctx, const uint8_t *data, size_t len, const og__address *from);
void og__peer_datagram_error(void *ctx, const og_error *err);
void og__peer_datagram_closed(void *ctx);

/* As og_send(), for a datagram's connection. */
int og__peer_datagram_send(og__served *served, const og_value *parts, size_t count, og_error *err);

/* A datagram's connection that nobody holds any more goes. */
void og__peer_datagram_attend(og__served *served);

/* ---- workers.c ---- */

/* Starts `count` threads. NULL with `err` filled. */
og__workers *og__peer_workers_start(og_server *server, int count, og_error *err);

/* Ends them when all is done, and frees. NULL is allowed. */
void og__peer_workers_stop(og__workers *workers);

/* Gives a copy of the message to the workers. 0 or OG_ENOMEM. */
int og__peer_workers_give(og__workers *workers, og__served *served, const og__message *message);

/* How much of the connection's is with the workers; if anything is, the loop is told of the next that is
 * done. */
void og__peer_workers_load(og__workers *workers, og__served *served, size_t *count, size_t *bytes);

/* Lets workers take the connection's next message, after answers that its peer had not read held it back. */
void og__peer_workers_go_on(og__workers *workers, og__served *served);

/* Takes back what no worker has begun. */
void og__peer_workers_drop(og__workers *workers, og__served *served);

/* True when datagrams should rather be dropped than pile up. */
bool og__peer_workers_full(og__workers *workers);

#endif
