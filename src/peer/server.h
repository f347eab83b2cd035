/* SPDX-License-Identifier: MIT */
/*
 * The insides of a server. Each loop is one event loop with its thread and the connections on it. A port is
 * one endpoint that is listened on. A served connection belongs to one loop for its life.
 *
 * The files, from the bottom up, each calling only those before it: server_loop.c, served.c (what other
 * threads may do), workers.c (threads for handlers that block), served_out.c, served_open.c, relay_pass.c (a
 * message from one side of a relay to the other), served_in.c and served_limits.c (a stream's connection on
 * its loop), datagram_guard.c, datagram.c, server.c (starting and stopping), relay.c.
 *
 * A relay is a server whose connections are in pairs: that of a client, in front, and one to the server
 * behind. Both are served connections of one loop. Each reads only while the other can take more.
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
#include "peer/message.h"

#include <onggi/relay.h>

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
typedef struct og__relay og__relay;

/* How many lines the log has had about one connection or endpoint in this period: what repeats is counted. */
typedef struct og__quota {
    uint32_t since; /* milliseconds of the loop's clock, without its upper half */
    uint32_t lines; /* logged and left out */
} og__quota;

/* What streams and datagrams do differently, on their loop's thread. */
typedef struct og__served_kind {
    const og__handle_ops *ops;

    /* Does what other threads have asked for, and ends what has come to its end. */
    void (*attend)(og__served *served);

    /* The turn of a refused message has come. `last`: there can be no next one. */
    void (*refused)(og__served *served, const og_error *err, bool last);
} og__served_kind;

/* A message on its way to a worker. Its bytes follow the struct, or why it was refused. */
typedef struct og__job {
    struct og__job *next;
    size_t size; /* of this allocation */
    og__served *served;
    og__message message;
    const og_error *refused; /* NULL: it was not */
    bool last;               /* and there can be no next message */
    og__call call;           /* takes a refused one to the loop */
} og__job;

/* Why no worker takes the next message of a connection: answers wait for the peer, or a refused message for
 * the loop. */
enum { OG__HELD_BEHIND = 1, OG__HELD_REFUSED = 2 };

/* What a connection has with the workers: by the pool's lock. `count` and `bytes` may be read without it. */
typedef struct og__work {
    og__job *first;
    og__job *last;
    atomic_size_t count; /* messages queued and running, and refused ones on their way to the loop */
    atomic_size_t bytes;
    atomic_bool tell;       /* post to the loop when the next job is done */
    bool scheduled;         /* waits for a worker, or is with one */
    _Atomic uint8_t held;   /* OG__HELD_…; written with the lock */
    og__served *next_ready; /* in the pool's queue */
} og__work;

/* What a connection of a relay has besides. */
typedef struct og__pair {
    og__served *other;          /* the connection on the other side, until one of both is gone; else NULL */
    og__connecting *connecting; /* until there is a stream; of connections behind */
    bool behind;                /* this one is to the server behind */
    bool cut;                   /* the other one did not end in order, so this one is reset */
    bool reply_due;             /* a refusal is to be answered when all before it has been; in front */
    uint64_t asked;             /* messages passed on to the server behind; in front */
    uint64_t answered;          /* and back */
} og__pair;

/* What the connection of a datagram knows of its sender. */
typedef struct og__sender {
    og__address address;
    bool in_hand;           /* it is in the port's table */
    bool muted;             /* its sender has had as many answers as it gets for now */
    size_t allowance;       /* bytes that may still be sent to it, headers included */
    og__served *next_there; /* in the table */
} og__sender;

/* Kept small, as a server holds thousands: what is needed at times only is made when it is. What each message
 * touches comes first. */
struct og__served {
    og_conn conn; /* first: an og_conn of ours is one of these */
    og__server_loop *loop;
    og__port *port;
    og__stream *stream; /* NULL for datagrams */
    og__work *work;     /* its own in a server with workers, else the loop's, which has never anything */
    og__pair *pair;     /* likewise, in a relay */
    og__limit *limits;  /* those that are set */
    size_t queued;      /* bytes in the stream's queue when that was last looked at */
    size_t counted;     /* of server->total */
    uint8_t state;
    bool is_datagram;
    bool midway; /* part of a message has come: it may have limits, and the stream asks where to put more */
    bool paused; /* not read: too much waits for the peer or the workers */
    bool unfinished; /* not read: its turn was over before all that had come was handled */
    bool last_turns; /* the server stops: what has come is handled, and no more is read */
    bool cut;        /* nothing can be sent any more; what has come is handled all the same */
    bool starved;    /* not read: all connections together hold too much, and this one most */
    bool pumping;    /* on_message and the like may be running, and what is put leaves together afterwards */
    bool noted_pause : 1; /* the log has a line about the first pause */
    bool told_open : 1;   /* on_open was called, so on_close will be */
    bool gone : 1;        /* the stream is closed; waits for a worker before on_close */
    bool failed : 1;      /* there was a reason for the end, though no memory to remember it perhaps */
    bool awake : 1;       /* among those of the loop that will rest when others have come */

    /* Shared, from here on: by `lock`, unless `refs` is 1, when only the loop can reach it. The core's
     * writing half too. */
    bool shut_wanted;
    bool left;          /* the loop's part is over, and it may be freed: written with the lock held */
    atomic_bool posted; /* `attend` is on its way */
    atomic_bool missed; /* the loop found the lock taken: it is posted to when the lock is free */
    atomic_bool bye_wanted;
    atomic_bool closed;       /* nothing more can be sent */
    atomic_bool told_release; /* the loop wants to hear of each og_conn_release() */
    atomic_uint refs;         /* of its memory */
    atomic_uint holds;        /* og_conn_keep() and workers: who may still answer */
    uint32_t size;            /* of this allocation; not shared */
    atomic_size_t waiting;    /* bytes put that the system has not taken */
    pthread_mutex_t lock;
    og__call attend;

    /* What messages do not touch; the loop's alone. */
    const og__served_kind *kind;
    const og_allocator *alloc;
    og__served *prev; /* on the loop */
    og__served *next;
    og_error *why; /* of the end */
    uint64_t sent; /* of the bytes given to the stream, those that had left when that was last looked at */
    og__quota refusals;
    og__sender sender[]; /* one, of datagrams only; work, pair and the peer's name may follow */
};

/* Counts bytes that wait, or wait no more (as a sum that wraps); `alone`: nobody else can at the same time.
 */
static inline void og__peer_served_add_waiting(og__served *served, size_t more, bool alone)
{
    if (alone)
        atomic_store_explicit(&served->waiting,
                              atomic_load_explicit(&served->waiting, memory_order_relaxed) + more,
                              memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&served->waiting, more, memory_order_relaxed);
}

/* How many more datagrams of one sender are answered. */
typedef struct og__bucket {
    uint64_t hash;        /* of its address */
    uint64_t at;          /* milliseconds of the loop's clock when that was counted last */
    uint64_t thousandths; /* of a datagram */
} og__bucket;

/* The lengths of a port's tables of senders: those in hand, and the rates of recent ones. */
enum { OG__CHAINS = 256, OG__BUCKETS = 1024 };

struct og__port {
    og__port *next;
    og_server *server;
    og__server_loop *loop;          /* that it listens on */
    const og_conn_options *options; /* that `setup` is made from */
    og__setup setup;
    og__socket socket; /* until it is on the loop */
    og__listener *listener;
    og__datagrams *datagrams;
    og__served *idle;     /* a connection to use again for the next datagram */
    og__served **senders; /* datagrams' connections that somebody has in hand, by their sender's hash */
    og__bucket *buckets;  /* by the same hash; NULL until one is needed */
    uint64_t seed;        /* of that hash; 0: there is none yet */
    og__address bound;    /* of datagrams: where they arrive */
    og__quota ours;       /* of lines about datagrams of our own */
    size_t max_datagram;
    og__quota refusals; /* of datagrams; of clients when it is crowded */
    char endpoint[416];
};

/* So many connections of a loop keep what messages need, as the next one is likely to be theirs. */
enum { OG__AWAKE = 64 };

struct og__server_loop {
    og_server *server;
    og__loop *net;
    pthread_t thread;
    og__limits limits;
    og__timer *stop_timer;
    og__timer *forget; /* frees the memory of long messages; of relays */
    og__timer *relief; /* looks whether starved connections may be read again */
    unsigned pressed;  /* connections that were starved since it was over last */
    unsigned looks;    /* how often `relief` has found that it is not over */
    uint64_t relieved; /* when one was starved last */
    og__call stop;
    og__call pulse;
    atomic_bool pulse_wanted; /* `pulse` is on its way */
    og_doc *doc;              /* for the value being handled: one for all connections */
    og__parts parts;          /* the same for messages of several parts */
    og__served *first;
    size_t count; /* connections, and datagrams in hand */
    bool stopping;
    bool grace_over; /* nothing is read any more */
    bool done;
    og__loan loan;                /* to the connections */
    og__served *awake[OG__AWAKE]; /* a ring: the one at `next_awake` is there longest */
    size_t next_awake;
    og__work no_work; /* of those that have none; never with anything */
    og__pair no_pair;
};

/* What makes a server a relay. */
struct og__relay {
    og_relay_options options;
    og__passing passing;
    og_policy *plain;                           /* what is used where no policy is given */
    og__target *target;                         /* the server behind */
    og__port behind;                            /* how it speaks; not listened on */
    og__timer *reminder;                        /* of a dry run */
    atomic_size_t passed;                       /* messages that a dry run has let through */
    void (*on_open)(og_conn *conn, void *user); /* the user's */
};

struct og_server {
    og_server_options options;
    og__relay *relay; /* or NULL */
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
    atomic_size_t total; /* bytes that all connections hold */
    atomic_uint_fast64_t ids;
};

/* ---- server_loop.c ---- */

/* Tells people. Any thread. */
void og__peer_server_log(const og_server *server, og_log_level level, const og_conn *conn, const char *format,
                         ...) OG_PRINTF(4, 5);

/* True when one more line may be logged about something. Else it is counted, and the first line of the next
 * period gets the number in `left_out`. */
bool og__peer_quota_take(og__quota *quota, uint64_t now_ms, size_t *left_out);

/* How many lines were left out since the last one. */
size_t og__peer_quota_left_out(const og__quota *quota);

/* The layers that new connections of the port have, held for the caller; or NULL. Any thread. */
og__layers *og__peer_port_layers(og__port *port);

/* A connection of the loop's is gone. */
void og__peer_loop_left(og__server_loop *loop, bool was_stream);

/* ---- served.c: what all threads may do ---- */

/* A new connection in the loop's list, with one reference: the loop's. NULL without memory. */
og__served *og__peer_served_new(og__server_loop *loop, og__port *port, const og__served_kind *kind,
                                const og__address *peer);

/* What is between socket and user, or NULL: the connection rests. */
static inline og__core *og__peer_served_core(const og__served *served)
{
    return og__peer_core_of(&served->conn);
}

/* The same, made if the connection rests; NULL without memory. With the lock held, or on the loop's thread.
 */
og__core *og__peer_served_make_core(og__served *served);
static inline og__core *og__peer_served_wake(og__served *served)
{
    og__core *core = og__peer_served_core(served);
    return core ? core : og__peer_served_make_core(served);
}

/* Nothing more comes for now: the core may go, if nothing is in it that must be kept, when others have come.
 * On the loop's thread. */
void og__peer_served_stay_awake(og__served *served);
static inline void og__peer_served_rest(og__served *served)
{
    if (!served->awake) og__peer_served_stay_awake(served);
}

/* The loop's part is over: no more sending; the loop's reference is dropped. */
void og__peer_served_leave(og__served *served);

void og__peer_served_ref(og__served *served);
void og__peer_served_unref(og__served *served);

/* As og_conn_keep() and og_conn_release(). */
void og__peer_served_hold(og__served *served);
void og__peer_served_release(og__served *served);

/* Locks what is shared, if anybody can share it; tells og__peer_served_unlock() whether it did. */
bool og__peer_served_lock(og__served *served);
void og__peer_served_unlock(og__served *served, bool locked);

/* For the loop, which must not wait while a worker formats a long answer: false when the lock is taken. The
 * loop attends to the connection when it is free. */
bool og__peer_served_try_lock(og__served *served, bool *locked);

/* Has the loop attend to the connection soon. By the loop's thread, or with the lock held. */
void og__peer_served_post(og__served *served);

/* As that, by the loop's thread, but after what has come for other connections. */
void og__peer_served_wait_turn(og__served *served);

/* A message was refused: tells user and log. */
void og__peer_served_refuse(og__served *served, const og_error *err, bool closing);

/* The public functions that streams and datagrams have in common. */
int og__peer_served_recv(og_conn *conn, const og_value **parts, size_t *count, og_error *err);
bool og__peer_served_usable(const og_conn *conn);
bool og__peer_served_lock_handle(const og_conn *conn);
void og__peer_served_unlock_handle(const og_conn *conn);
void og__peer_served_keep(og_conn *conn);
void og__peer_served_let_go(og_conn *conn);

/* ---- datagram_guard.c: against forged senders and loops ---- */

/* The hash of a sender in the tables of its port. */
uint64_t og__peer_sender_hash(og__port *port, const og__address *address);

/* True for a datagram that an endpoint of this server has sent itself; the log has a line. */
bool og__peer_datagram_is_ours(og__port *port, const og__address *from);

/* Counts a datagram of `len` bytes that has arrived: its sender may get so much more. `afresh`: nothing of
 * what came before it is still to be answered. */
void og__peer_datagram_allow(og__port *port, og__sender *sender, size_t len, bool afresh);

/* Takes `len` bytes of what may be sent to the sender. 0, OG_EBUSY or OG_ELIMIT. */
int og__peer_datagram_spend(const og__port *port, og__sender *sender, size_t len, og_error *err);

/* ---- workers.c ---- */

/* Starts `count` threads. NULL with `err` filled. */
og__workers *og__peer_workers_start(og_server *server, int count, og_error *err);

/* Ends them when all is done, and frees. NULL is allowed. */
void og__peer_workers_stop(og__workers *workers);

/* Messages go to the workers if all do, if this one is long, or if one before it has not returned. */
bool og__peer_is_for_workers(const og__served *served, const og__message *message);

/* Gives a copy of the message to the workers. 0 or OG_ENOMEM. */
int og__peer_workers_give(og__workers *workers, og__served *served, const og__message *message);

/* Lets the message, which was refused, have its turn after those that the workers have. 0 or OG_ENOMEM. */
int og__peer_workers_give_refused(og__workers *workers, og__served *served, const og_error *err, bool last);

/* Lets workers take the connection's next message if nothing but `reason` (OG__HELD_…) has held it. */
void og__peer_workers_go_on(og__workers *workers, og__served *served, uint8_t reason);

/* Takes back what no worker has begun. */
void og__peer_workers_drop(og__workers *workers, og__served *served);

/* True when datagrams should rather be dropped than pile up. */
bool og__peer_workers_full(og__workers *workers);

/* ---- served_out.c: a stream's way out ---- */

extern const og__handle_ops og__peer_stream_ops;

/* Puts a message of one side of a relay, which was read as `parts`, on the other one. */
int og__peer_served_pass(og__served *from, og__passing how, const og__message *message, const og_value *parts,
                         size_t count, og_error *err);

/* Sends what was put, and what layers have to say. */
void og__peer_served_flush(og__served *served);

/* The stream has taken more of what was queued. */
void og__peer_served_drained(og__served *served);

/* Bytes that were given to the stream. */
uint64_t og__peer_served_given(const og__served *served);

/* Sets, or starts anew, one of the connection's time limits; it is closed where there is no memory for that.
 */
void og__peer_served_limit(og__served *served, og__limit_kind kind);
void og__peer_served_unlimit(og__served *served, og__limit_kind kind);

/* Something came or went: the limit for silence starts anew. Of a pair it is that of the client's
 * connection. */
void og__peer_served_note_life(og__served *served);

/* Closes at once. `why` may be NULL. */
void og__peer_served_close(og__served *served, const og_error *why);

/* Nothing can be sent any more, because of `why`. What has come is handled all the same; its answers go
 * nowhere. */
void og__peer_served_cut(og__served *served, const og_error *why);

/* Reads no more, handles what has come, then ends. `why` may be NULL. */
void og__peer_served_stop_reading(og__served *served, const og_error *why);

/* Nothing more is read; what is in hand is answered. */
void og__peer_served_finish(og__served *served, const og_error *why);

/* Nothing more is read or put; what is queued goes, then the connection. */
void og__peer_served_drain(og__served *served, const og_error *why);

/* Refuses a message when those before it have been handled. The `last` one ends the connection. */
void og__peer_served_refuse_in_turn(og__served *served, const og_error *err, bool last);

/* Ends because of `why`, after what is queued has gone. */
void og__peer_served_end(og__served *served, const og_error *why);

/* Does what remains to be done before the connection may go. */
void og__peer_served_check_end(og__served *served);

/* The stream is closed: unless a worker still has a message, the user hears of it, and that is all. */
void og__peer_served_finish_gone(og__served *served);

/* ---- served_open.c: a stream's layers ---- */

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

/* ---- relay_pass.c: from one side of a relay to the other ---- */

/* True when the next message of the connection has to wait: what is allowed, or half of it, is with the other
 * side already, or that is not open yet. */
bool og__peer_relay_is_loaded(const og__served *served, bool half);

/* Reads the message and passes it on to the other side. 0, or < 0: it was refused. */
int og__peer_relay_pass(og__served *served, const og__message *message, og_error *err);

/* Tells of a refusal, and answers it if that is wanted. `message` is NULL where there was no whole one. True
 * when the connection must be closed: there can be no next message (`last`), or that is what is wanted. */
bool og__peer_relay_refuse(og__served *served, const og__message *message, const og_error *err, bool last);

/* Checks how an endpoint of a relay is spoken, and has it read strictly. 0 or OG_EINVAL. */
int og__peer_relay_check(const og__relay *relay, og__port *port, og_error *err);

/* Frees what makes the server a relay. NULL is allowed. */
void og__peer_relay_free(og_server *server);

/* ---- served_in.c: a stream's way in ---- */

/* Takes an accepted socket on. On failure it is closed. `crowded`: there are too many, and it is ended in
 * order at once. */
void og__peer_served_open(og__server_loop *loop, og__port *port, og__socket *socket, bool crowded);

/* A connection to the server behind, for a client's one: as yet without a stream. NULL without memory. */
og__served *og__peer_served_behind(og__served *front, og__port *port, const og__address *address);

/* Takes the socket of a connection on. On failure it is closed, and so is the connection. */
void og__peer_served_adopt(og__served *served, og__socket *socket);

/* One turn: handles the messages that are there, as many as fit into a turn, then sends the answers together.
 */
void og__peer_served_pump(og__served *served);

/* Sends what was put, does what was asked for meanwhile, reads on. */
void og__peer_served_attend(og__served *served);

/* The server stops: the connection is read until its peer is silent. */
void og__peer_served_stop(og__served *served);

/* ---- served_total.c: what all connections hold together ---- */

/* Counts what the connection holds now. Past the limit, those of the loop that hold most are not read. */
void og__peer_served_count(og__served *served);

/* For the loop's timer `relief`. */
void og__peer_total_relief(void *loop);

/* ---- served_limits.c ---- */

/* A time limit of the connection `ctx` has run out. */
void og__peer_served_expired(void *ctx, og__limit_kind kind);

/* ---- datagram.c ---- */

void og__peer_datagram_received(void *ctx, const uint8_t *data, size_t len, const og__address *from);
void og__peer_datagram_error(void *ctx, const og_error *err);
void og__peer_datagram_closed(void *ctx);

#endif
