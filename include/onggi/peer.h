/* SPDX-License-Identifier: MIT */
/*
 * Connections, clients and servers: values over sockets.
 *
 * Three ways to serve: og_listen() and og_accept() with a thread per client; an og_server with a handler that
 * does not block, on as many loop threads as asked for; the same with handlers that may block, on a pool of
 * workers.
 *
 * Ownership: the caller owns what og_connect(), og_listen(), og_accept() and og_server_new() give and ends it
 * with og_close(), og_listener_close() and og_server_free(). A received value lives until the next og_recv()
 * on the connection, or until the handler returns: og_copy() keeps it longer. Threads: one thread may send on
 * a connection while another receives; all else about a blocking connection belongs to one thread at a time.
 * On a server's connection og_send(), og_shutdown(), og_disconnect(), og_conn_keep() and og_conn_release()
 * may be called by any thread.
 */
#ifndef ONGGI_PEER_H
#define ONGGI_PEER_H

#include <onggi/codec.h>
#include <onggi/frame.h>
#include <onggi/layer.h>
#include <onggi/net.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Two directions of messages with one peer; for datagrams: one remote address. */
typedef struct og_conn og_conn;

#define OG_FOREVER (-1) /* no time limit */

/*
 * A kind of peer: a row of the table of profiles. What it says holds unless the endpoint or the options say
 * otherwise.
 */
typedef struct og_profile {
    const char *name;    /* "logging": ?as=, og_conn_options.as, --as */
    const char *summary; /* one line for people */
    const char *codec;   /* NULL: told from the first bytes */
    const char *framing;
    const char *layers;  /* those that it may speak below its framing; NULL: none */
    bool parts;          /* its messages come in several parts */
    bool one_way;        /* it only sends, or only receives: there are no answers */
    size_t max_message;  /* 0: the usual limit */
    int note;            /* what og_codec calls so: how to write to it before anything was read */
    const char *opening; /* bytes that it is recognised by, `opening_at` bytes from the first; NULL: none */
    size_t opening_len;
    size_t opening_at;
    const char *quirks; /* what else to know; NULL: nothing */
} og_profile;

/* Row `index` of the table; NULL after the last. */
OG_API const og_profile *og_profile_at(size_t index);

/* The kind of peer called `name`, or NULL with `err` filled with the names that there are. */
OG_API const og_profile *og_profile_find(const char *name, og_error *err);

/* How to speak, and what to refuse. Zero is the defaults; the endpoint's own ?as=, ?codec= and
 * ?framing= come before these, and codec and framing before what the kind of peer says. */
typedef struct og_conn_options {
    size_t size; /* sizeof(og_conn_options) */

    const char *as; /* the kind of peer, as og_profile_find() names it; NULL: none in particular */

    /*
     * "json", "pickle", "repr", "text", "bytes", or "auto". NULL: what is read is detected; what is written
     * before anything was read is JSON. Framing as og_framing_find() names it, or "auto". NULL: what is read
     * is detected; what is written first is `line` for JSON, repr and text and `raw` for pickle and bytes,
     * over datagrams none. What was detected decides how answers are written.
     */
    const char *codec;
    const char *framing;

    /*
     * The network interface, by name or number. A multicast group is joined on it, and packets to a group
     * leave through it; it says which link an address of one link (fe80::…, ff02::…) is on. With all other
     * addresses, only what comes and goes through it counts. The endpoint's own ?interface= comes first.
     * NULL: the system chooses.
     */
    const char *interface;

    /* How values are read and written that the codec has no form for: "plain", "lossless" (doc/json.md). The
     * endpoint's own ?form= comes first. NULL: what `codecs` says. */
    const char *form;

    /* The options of each codec, e.g. og_json_of(&options.codecs)->read.allow_comments = true. */
    og_codec_options codecs;

    /* What to pass over first on each connection: so many bytes, such as a version or a magic number, then so
     * many messages, such as a greeting; a line of text before the first message counts as one. The
     * endpoint's own ?skip-bytes= and ?skip= come first. Not for relays, nor for servers of datagrams. */
    size_t skip_bytes;
    size_t skip;

    size_t answers; /* for og_connect() alone: how many answers og_call() takes to each value, such as an
                       acknowledgement and a result; 0: 1 */

    size_t max_message; /* bytes; 0: 64 MiB */
    size_t max_growth;  /* a value that was read may be sent with at most so many bytes for each byte that
                           it was read from, plus 64 KiB; 0: 64 */
    int64_t connect_timeout_ms; /* 0: 10,000 */
    int64_t send_timeout_ms;    /* for one message to leave; 0: 30,000 */
    int64_t recv_timeout_ms;    /* for one og_recv(); 0: none */
    const og_allocator *alloc;  /* NULL: the default */

    /*
     * Which classes arriving pickles may name: each is checked before its value is handed on, and refused
     * with OG_EPOLICY, class name and position. NULL: any; all are inert here. The policy must outlive the
     * connection. `policy_inert`: classes that no row of the policy names are passed on; those that a row
     * denies are refused.
     */
    const og_policy *policy;
    bool policy_inert;

    /*
     * The options of the layers between socket and framing, by the names of og_layer_option_at(). "authkey",
     * for example, adds the handshake of multiprocessing.connection. og_server_reload() reads them and the
     * files that they name again, so they must outlive the server.
     */
    const og_layer_option *layer_options;
    size_t layer_option_count;
    int64_t handshake_timeout_ms; /* for all layers to open; 0: 10,000 */
} og_conn_options;

/* ---- Blocking ---- */

/* Connects. NULL with `err` filled: OG_EADDRESS, OG_ECONNECT (says which address refused), OG_ETIMEOUT,
 * OG_EINVAL. */
OG_API og_conn *og_connect(const char *endpoint, const og_conn_options *options, og_error *err);

/*
 * Sends one value as one message. 0 when the system has taken all of it (a server's connection: when it is
 * queued), or OG_EVALUE, OG_ETYPE, OG_ELIMIT (it cannot be carried: nothing was sent, the connection is as
 * before), OG_ETIMEOUT, OG_ECLOSED, OG_EIO (the connection is of no more use), OG_EBUSY (a server's
 * connection whose peer does not read: twice `max_queued` bytes wait for it).
 */
OG_API int og_send(og_conn *conn, og_value value, og_error *err);

/* Waits for one value. 1: it is in `*value`, which lives until the next call. 0: the peer has closed after
 * its last whole message. < 0: why not; after OG_ESYNTAX and the like in framings that still know where the
 * next message starts, the next call goes on with it (og_conn_usable() tells). OG_ETIMEOUT loses nothing.
 * Blocking connections only. */
OG_API int og_recv(og_conn *conn, og_value *value, og_error *err);

/*
 * As og_send() and og_recv(), for messages of several parts, which some layers carry: each part is a value of
 * its own, and the array of those received lives until the next call. A message of one part is what
 * og_send() and og_recv() send and give. Where no layer carries parts, more than one is OG_EINVAL.
 */
OG_API int og_send_parts(og_conn *conn, const og_value *parts, size_t count, og_error *err);
OG_API int og_recv_parts(og_conn *conn, const og_value **parts, size_t *count, og_error *err);

/* Waits until og_recv() would return at once, at most `timeout_ms` (OG_FOREVER: without end). 1: a message is
 * there; 0: none has come; < 0: OG_ECLOSED when the peer has closed, or another error of og_recv(), which
 * then does not report it again. Blocking connections only. */
OG_API int og_poll(og_conn *conn, int64_t timeout_ms, og_error *err);

/*
 * Sends one value and waits for its answer, the last one where `answers` says that there are several; it
 * lives until the next call. 0 or a negative status, as og_send() and og_recv(); OG_ECLOSED when the peer
 * closes instead; OG_ETRAILING when a message is there already, which would be taken for the answer: nothing
 * was sent then, and og_recv() gives that message. After OG_ECLOSED og_conn_untaken() tells whether the value
 * may be sent again. Blocking connections only.
 */
OG_API int og_call(og_conn *conn, og_value value, og_value *answer, og_error *err);

/* False when nothing more can be received on the connection. */
OG_API bool og_conn_usable(const og_conn *conn);

/*
 * True when the peer has certainly not taken the last message that was sent, so that it can be sent on
 * another connection: none of it left this machine, since the connection was gone. False when that is not
 * known: a peer that closes or resets may have read what has left. Nothing confirms that a message was taken
 * but its answer. Blocking connections, when og_send() has failed or og_recv() has said that the peer has
 * closed.
 */
OG_API bool og_conn_untaken(const og_conn *conn);

/* True when a peer that has closed refuses what was sent to it: it has lost the last message, or reset the
 * connection after it had read it (TCP; this may take a second to show). As og_conn_untaken(), after
 * og_recv() has said that the peer has closed. */
OG_API bool og_conn_refused(const og_conn *conn);

/* True when the stream has ended without the end that a layer promises (TLS: close_notify): all messages that
 * came are whole, but more may have been cut off; `err`, which may be NULL, says so. Many peers never send
 * that end, so the program must decide what it means. Blocking connections, after og_recv() has said that the
 * peer has closed; a server logs it. */
OG_API bool og_conn_cut_off(const og_conn *conn, og_error *err);

/* Tells the peer that nothing more will be sent; receiving goes on. With the framing `eof` this is what ends
 * the message. 0 or a negative status. */
OG_API int og_shutdown(og_conn *conn, og_error *err);

/* Closes a blocking connection and frees it. NULL is allowed. */
OG_API void og_close(og_conn *conn);

/* Remote address as text, e.g. "127.0.0.1:5000"; lives as long as the connection. */
OG_API const char *og_conn_peer(const og_conn *conn);

/* The codec and framing in use, e.g. "pickle" and "u32be"; "auto" as long as undecided. Written to `text` of
 * `size` bytes (OG_FRAMING_NAME_MAX are enough); returns `text`. */
OG_API const char *og_conn_codec(const og_conn *conn);
OG_API const char *og_conn_framing(const og_conn *conn, char *text, size_t size);

/*
 * What the connection's layers know of the peer, e.g. its certificate: the text of property `name`, cut to
 * `size`, UTF-8 without control characters, and its whole length; 0 when there is none. og_conn_property_at()
 * lists the names; NULL after the last. Any thread; on a blocking connection, those that may send or
 * receive.
 */
OG_API size_t og_conn_property(const og_conn *conn, const char *name, char *text, size_t size);
OG_API const char *og_conn_property_at(const og_conn *conn, size_t index);

/* A number for logs: unique among the connections of one server or listener, from 1; 0 when it was made with
 * og_connect(). */
OG_API uint64_t og_conn_id(const og_conn *conn);

/* The kind of peer that the options or the endpoint name, e.g. "logging", or "". */
OG_API const char *og_conn_profile(const og_conn *conn);

/* What has gone over a connection so far. */
typedef struct og_conn_counts {
    uint64_t bytes_in;     /* that came from the peer, counted below all layers */
    uint64_t bytes_out;    /* that the system has taken, counted there too */
    uint64_t messages_in;  /* that were read; those that were refused do not count */
    uint64_t messages_out; /* that were sent, or are queued to be */
    uint64_t refused;      /* messages of the peer that were refused */
    int64_t age_ms;        /* since it was made */
    bool ended;            /* the peer has ended its side */
} og_conn_counts;

/* Fills `counts`. Any thread; a server's on_close is the place to note them. */
OG_API void og_conn_count(const og_conn *conn, og_conn_counts *counts);

/* A pointer of the user's, kept with the connection. */
OG_API void og_conn_set_user(og_conn *conn, void *user);
OG_API void *og_conn_user(const og_conn *conn);

typedef struct og_listener og_listener;

/*
 * Listens. On success the listener owns the socket of an endpoint such as fd://3. It closes that socket at
 * its end but does not shut it down: other processes that have it go on, and clients that wait in its queue
 * are not refused. NULL with `err` filled: OG_EADDRESS, OG_EBIND, OG_EINVAL.
 */
OG_API og_listener *og_listen(const char *endpoint, const og_conn_options *options, og_error *err);

/* The endpoint listened on, with the port that the system picked. */
OG_API const char *og_listener_endpoint(const og_listener *listener);

/*
 * Waits for a client, at most `timeout_ms` (OG_FOREVER: without end). The connection is the caller's to
 * og_close(), in this thread or another. For datagrams each one that arrives is a connection: og_recv() gives
 * its value, then 0, and og_send() answers its sender. NULL with `err` filled: OG_ETIMEOUT, OG_ECANCELED,
 * OG_EIO.
 */
OG_API og_conn *og_accept(og_listener *listener, int64_t timeout_ms, og_error *err);

/* Lets an og_accept() in another thread return OG_ECANCELED. Any thread. */
OG_API void og_listener_interrupt(og_listener *listener);

/* Closes and frees. NULL is allowed. Connections that were accepted stay open, but those of datagrams must be
 * closed first. */
OG_API void og_listener_close(og_listener *listener);

/* ---- Serving ---- */

typedef struct og_server og_server;

typedef enum og_log_level { OG_LOG_DEBUG, OG_LOG_INFO, OG_LOG_WARNING, OG_LOG_ERROR } og_log_level;

/* What becomes of clients when `max_connections` are open. */
typedef enum og_when_crowded {
    OG_CROWDED_WAIT,  /* they wait in the system's queue */
    OG_CROWDED_REFUSE /* they are accepted, and their connections are ended in order at once */
} og_when_crowded;

/* The most that busy_poll_us may be. */
enum { OG_BUSY_POLL_MAX = 1000 };

/* What a server asks of its user. Zero is the defaults. Every function gets `user`; NULL functions are not
 * called. */
typedef struct og_server_options {
    size_t size; /* sizeof(og_server_options) */
    og_conn_options conn;
    void *user;

    int threads; /* loops, each with a thread; connections are dealt out in turn; 0: 1 */
    int workers; /* threads on which on_message may block; 0: it runs on the loop's thread and must not */

    size_t long_message; /* with workers: only messages of so many bytes, and what the connection sends after
                            one, are handled on them; all others on the loop's thread, where on_message must
                            not block. 0: all on workers */

    size_t max_connections;       /* 0: 10,000 */
    og_when_crowded when_crowded; /* what becomes of further ones */
    size_t max_queued;            /* bytes of answers to one peer after which it is not read; 0: 1 MiB */
    size_t max_total; /* bytes of unfinished messages and answers for all connections together; past it those
                         that hold most are not read, then closed; 0: 1 GiB, or a quarter of the memory if
                         that is less */
    /* Of datagrams, whose senders anybody can pretend to be: answers are at most so many times as large as
     * what they answer, headers included (Unix sockets: without limit), and one sender gets so many datagrams
     * answered in a second. 0: 2 and 10,000. */
    size_t max_amplification;
    size_t max_rate;

    int64_t idle_timeout_ms;    /* nothing arrives and nothing is in hand; 0: none */
    int64_t message_timeout_ms; /* from the first byte of a message to its last; 0: 60,000; OG_FOREVER */
    int64_t stop_timeout_ms;    /* after og_server_stop(): how long clients that go on sending are read;
                                   0: 5,000. A handler on a worker that has not returned then is waited for
                                   all the same, since nothing can end it; on_log names its connection */

    /* A client has connected, and its layers have shaken hands (streams only). On the loop's thread. */
    void (*on_open)(og_conn *conn, void *user);

    /*
     * A value has arrived; it lives until the function returns. og_send() answers, now or later from any
     * thread after og_conn_keep(). Answers leave in the order in which they were sent; one connection's
     * values come one after the other, never two at once.
     */
    void (*on_message)(og_conn *conn, og_value value, void *user);

    /* As on_message, for messages of several parts, which some layers deliver. NULL: they are refused. */
    void (*on_parts)(og_conn *conn, const og_value *parts, size_t count, void *user);

    /*
     * A message was refused: `err` says why and where, `closing` whether the connection ends or goes on with
     * the next message. It is called when the handlers of the messages before it have returned. A connection
     * that is kept (og_conn_keep()) ends when it is released, so that earlier messages can still be answered.
     * og_send() may be called here. On the loop's thread.
     */
    void (*on_refuse)(og_conn *conn, const og_error *err, bool closing, void *user);

    /* The connection is gone: `why` is NULL for a clean end; og_conn_count() tells what has gone over it. The
     * last call for it. On the loop's thread. */
    void (*on_close)(og_conn *conn, const og_error *why, void *user);

    /* og_server_reload() was called: before anything is read anew, and when all has been (`done`). On the
     * first loop's thread. The first call is the place to read a policy anew: og_policy_replace(). */
    void (*on_reload)(bool done, void *user);

    /* A line for the log. `conn` may be NULL. Any thread. */
    void (*on_log)(og_log_level level, const og_conn *conn, const char *text, void *user);

    /* Threads that are started besides `workers` when all of these are busy and more connections wait, so
     * that a handler that blocks holds up nobody but its own connection. One that has had nothing to do for
     * some seconds ends. Datagrams get no more than `workers` at a time. 0: none. */
    size_t more_workers;

    /* Microseconds for which a loop looks again and again whether anything has come, before it sleeps until
     * something does; 0 to OG_BUSY_POLL_MAX. Being woken takes tens of microseconds on many machines. It
     * takes a processor of its own while messages come as often as that. 0: it sleeps at once. */
    unsigned busy_poll_us;
} og_server_options;

/* A server that does nothing yet. NULL with `err` filled. */
OG_API og_server *og_server_new(const og_server_options *options, og_error *err);

/* Listens on one more endpoint, before og_server_run() or og_server_start(); as og_listen(). 0 or a negative
 * status. */
OG_API int og_server_listen(og_server *server, const char *endpoint, og_error *err);

/* Endpoint `index` listened on, with the port that the system picked; NULL after the last. */
OG_API const char *og_server_endpoint(const og_server *server, size_t index);

/* Serves, with the calling thread as one of the loops', until og_server_stop(). 0 or a negative status. */
OG_API int og_server_run(og_server *server, og_error *err);

/* Serves in the background. og_server_join() waits until it has stopped, and tells why if that was not asked
 * for. */
OG_API int og_server_start(og_server *server, og_error *err);
OG_API int og_server_join(og_server *server, og_error *err);

/*
 * Stops. Clients that wait to be accepted still are; then each connection is read until it is silent for 100
 * ms or `stop_timeout_ms` is over, what was read is answered, and the connection ends in order. Datagrams
 * that have come are handled, but those of an inherited socket stay there for the next process. Returns at
 * once: og_server_run() and og_server_join() return when it is done. Any thread, and signal handlers. Once is
 * enough.
 */
OG_API void og_server_stop(og_server *server);

/*
 * Reads the files of layer options anew (keys, certificates), for clients that connect from then on;
 * connections that are open keep what they have. on_log tells how it went; when a file cannot be used the old
 * ones stay. Returns at once. Any thread, and signal handlers, while the server runs.
 */
OG_API void og_server_reload(og_server *server);

/*
 * True when every loop has had a turn since the last call: a watchdog calls it now and then. A handler that
 * does not return, on a loop's thread, makes it false. Any thread, one at a time, until og_server_free().
 */
OG_API bool og_server_pulse(og_server *server);

/* Connections open now. Any thread. */
OG_API size_t og_server_connections(const og_server *server);

/* Frees a server that is not running (any more). NULL is allowed. */
OG_API void og_server_free(og_server *server);

/* Keeps a server's connection usable after its handler has returned, until released; og_send() says
 * OG_ECLOSED once the peer is gone. Any thread. */
OG_API og_conn *og_conn_keep(og_conn *conn);
OG_API void og_conn_release(og_conn *conn);

/* Closes a server's connection when what is queued for it has been sent. Any thread. */
OG_API void og_disconnect(og_conn *conn);

#ifdef __cplusplus
}
#endif

#endif
