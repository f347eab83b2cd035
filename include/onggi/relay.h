/* SPDX-License-Identifier: MIT */
/*
 * Relays: a server that passes each message on to another one, after it has read and checked the whole of it,
 * and the answers back. For each client there is one connection to the server behind. Put in front of a
 * program that unpickles what arrives, it lets through only pickles whose names a policy allows, and writes
 * them anew (doc/firewall.md).
 *
 * Ownership: og_relay_new() gives an og_server: og_server_listen(), og_server_run(), og_server_stop(),
 * og_server_reload() and og_server_free() are for it too. Options, and what they point to, must outlive it.
 * Threads: as a server's.
 */
#ifndef ONGGI_RELAY_H
#define ONGGI_RELAY_H

#include <onggi/peer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What happens to a connection when one of its messages is refused. */
typedef enum og_when_refused {
    OG_REFUSED_CLOSE, /* both of its sides are closed */
    OG_REFUSED_DROP,  /* it goes on without the message, where the next one can be found */
    OG_REFUSED_REPLY  /* as above, and the client gets `reply` where the answer would be */
} og_when_refused;

/* How the program behind finds the end of what it reads, where no framing tells (raw). */
typedef enum og_reader {
    OG_READER_UNKNOWN,
    OG_READER_STREAM, /* it reads pickle after pickle from the stream: pickle.load(file) */
    OG_READER_WHOLE,  /* it reads to the end, then loads one: a second message is refused */
    OG_READER_RECV    /* it loads what one recv() gives: longer messages are refused, and the next one
                         waits for the answer. Only on this machine, where no network cuts what is sent */
} og_reader;

/* In which bytes a message is passed on. */
typedef enum og_rewrite {
    OG_REWRITE_ANEW,    /* written from what was read, so that no trick of its opcodes survives */
    OG_REWRITE_VERBATIM /* as it arrived: only pickles that og_pickle_check_contained() lets pass */
} og_rewrite;

/* A message that was refused. */
typedef struct og_refusal {
    og_conn *conn;       /* the client's connection */
    bool answer;         /* it came from the server behind */
    const og_error *why; /* the position counts from the start of its stream */
    const char *codec;   /* "pickle", or "auto" while that is unknown */
    const void *bytes;   /* the message without its framing; NULL: there was no whole one */
    size_t len;
    bool closing;    /* the connection ends */
    bool passed;     /* a dry run: it was passed on all the same */
    bool quiet;      /* this client has had many in a short time: the log should leave this one out */
    size_t left_out; /* how many quiet ones there were before this one, which is not quiet */
} og_refusal;

/* Zero is the defaults, but `upstream` must be said. */
typedef struct og_relay_options {
    size_t size; /* sizeof(og_relay_options) */

    /* Clients, limits and the log. `front.conn` is how clients speak. on_message, on_parts and on_refuse are
     * not called, and there are no workers. */
    og_server_options front;

    /* The server behind: its endpoint, and how it speaks. Its name is looked up once, by og_relay_new(). */
    const char *upstream;
    og_conn_options behind;

    /*
     * Codec and framing must be given for both sides, by endpoint or options. They are never detected: the
     * sender would choose how its bytes are read. The policy of a side is "plain-data" when none is given:
     * `front.conn.policy` judges what clients send, `behind.policy` the answers, and both what is written.
     */
    og_reader raw_reader; /* must be said where the server behind speaks raw */
    size_t recv_size;     /* of OG_READER_RECV: the bytes that it asks for */

    og_rewrite rewrite;
    bool fresh_unpickler; /* of OG_REWRITE_VERBATIM: the server behind reads each message with a new Unpickler
                             (pickle.loads), so that GET beside MEMOIZE may pass */

    og_when_refused when_refused;
    og_value reply; /* of OG_REFUSED_REPLY */

    /* Passes on what would be refused, as it arrived, and reports it. Codec and framing may be detected. The
     * log says once a minute that nothing is protected. */
    bool dry_run;

    /* A message was refused; it is called for each of them, also when there are many (`quiet`). On its loop's
     * thread. */
    void (*on_refusal)(const og_refusal *refusal, void *user); /* gets `front.user` */
} og_relay_options;

/* A server that relays, which listens nowhere yet. NULL with `err` filled: OG_EINVAL, OG_ENOTFOUND,
 * OG_EADDRESS, OG_ETIMEOUT, OG_ENOMEM. */
OG_API og_server *og_relay_new(const og_relay_options *options, og_error *err);

#ifdef __cplusplus
}
#endif

#endif
