/* SPDX-License-Identifier: MIT */
/*
 * The sans-I/O heart of a connection, and the one place where codec and framing meet: bytes are fed in and
 * values come out; values are put in and bytes come out. It knows no sockets and no clocks; client.c and
 * server.c join it to them.
 *
 * Ownership: the owner embeds an og__conn, inits and finis it. Threads: the reading half (feed, end, idle,
 * next) and the writing half (put, out) may be used by two threads at once, once the wire is decided; see
 * og__conn_decided().
 */
#ifndef ONGGI_PEER_CONN_H
#define ONGGI_PEER_CONN_H

#include <onggi/peer.h>

/* How one direction is written: a codec and a framing. */
typedef struct og__wire {
    const og_codec *codec;
    og_framing framing;
} og__wire;

typedef struct og__conn {
    og_codec_options codecs;
    size_t max_message;
    bool datagram;    /* whole messages are fed, one a feed */
    bool codec_given; /* by the options, not to be detected */
    bool framing_given;
    bool detected; /* `in` is decided */
    bool ended;    /* the peer will send no more */
    bool broken;   /* no next message can be found */
    og__wire in;
    og__wire out_wire; /* follows `in` once that is decided */
    char seen[96];     /* what detection saw and why, for the log; "" when nothing was to be detected */
    og_doc *doc;
    og_frame_reader reader;
    og_codec_scan scan;
    og_buf pending;      /* bytes of an unfinished message, kept from earlier feeds */
    const uint8_t *view; /* bytes fed and not yet consumed, in `pending` or in the feeder's own memory */
    size_t view_len;
    uint64_t consumed; /* bytes of the stream before `view`, so that errors can name the stream's position */
    og_buf out;        /* framed messages to be sent */
} og__conn;

/* Checks the options and the endpoint's wishes and gets ready. 0, OG_EINVAL, OG_ENOTFOUND, OG_ENOMEM. */
int og__conn_init(og__conn *conn, const og_conn_options *options, const og_endpoint *endpoint, og_error *err);
void og__conn_fini(og__conn *conn);

/*
 * Bytes that have arrived (a datagram: all of one). They are not copied until og__conn_next() has said 0, and
 * must stay until then. `len` 64 bytes more may be read. 0 or OG_ENOMEM.
 */
int og__conn_feed(og__conn *conn, const uint8_t *data, size_t len, og_error *err);

/* Where the transport should best put the next bytes when a long message is under way, to spare a copy: NULL
 * when anywhere will do. Then og__conn_feed() them from there. */
uint8_t *og__conn_space(og__conn *conn, size_t *size);

/* The peer will send no more. */
void og__conn_end(og__conn *conn);

/* True when silence would mean something: a bare number or text in raw framing may be whole. After 50 ms of
 * it call og__conn_idle(), then og__conn_next(). */
bool og__conn_wants_idle(const og__conn *conn);
void og__conn_idle(og__conn *conn);

/* True when a message has begun and is not whole: its time limit runs. */
bool og__conn_midway(const og__conn *conn);

/*
 * The next value: 1 (it lives until the next call), 0 needs more bytes (or, after og__conn_end(), clean end),
 * < 0 a message was refused: `broken` tells whether there can be a next one.
 */
int og__conn_next(og__conn *conn, og_value *value, og_error *err);

/* Appends a value's framed message to `out`. On failure `out` is as before. */
int og__conn_put(og__conn *conn, og_value value, og_error *err);

#endif
