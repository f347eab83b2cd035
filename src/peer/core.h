/* SPDX-License-Identifier: MIT */
/*
 * The sans-I/O heart of a connection, and the one place where codec and framing meet: bytes are fed in and
 * values come out; values are put in and bytes come out. It knows no sockets and no clocks; client.c and the
 * server join it to them.
 *
 * Ownership: the owner embeds an og__core, inits and finis it, and keeps the og__setup alive meanwhile.
 * Threads: one at a time. Reading can still change how answers are written, so an owner that reads in one
 * thread and puts in another locks both.
 */
#ifndef ONGGI_PEER_CORE_H
#define ONGGI_PEER_CORE_H

#include "layer/layer.h"
#include "peer/detect.h"
#include "peer/spares.h"

#include <onggi/peer.h>

#include <stdatomic.h>

/* Silence is counted in steps of so many milliseconds. One ends a number on a line, which might be a length;
 * OG__SILENT end a bare number or text; after OG__SILENCES nobody is thought to be in a header any more. */
enum { OG__SILENCE_MS = 10, OG__SILENT = 5, OG__SILENCES = 100 };

/* How one direction is written: a codec and a framing. */
typedef struct og__wire {
    const og_codec *codec;
    og_framing framing;
} og__wire;

/* The options, checked, with their defaults put in: what all connections of one endpoint have in common. */
typedef struct og__setup {
    og_codec_options codecs;
    size_t max_message;
    size_t max_written; /* of messages that are written; max_message but for a relay */
    int64_t connect_timeout_ms;
    int64_t send_timeout_ms;
    int64_t recv_timeout_ms;
    int64_t handshake_timeout_ms;
    og_role role;
    og__layers *layers; /* or NULL; a server's may be replaced: see og__peer_port_layers() */
    const og_allocator *alloc;
    const char *profile; /* the name of the kind of peer, or "" */
    bool has_layers;     /* for good, whatever replaces them */
    bool datagram;       /* whole messages are fed, one datagram a feed */
    bool codec_given;    /* by the options, not to be detected */
    bool framing_given;
    bool enforced;     /* nothing is passed over that may mean something to others */
    size_t skip_bytes; /* to pass over first */
    size_t skip;       /* messages to pass over after these */
    size_t answers;    /* to each value of og_call() */
    int note;          /* how to write before anything was read, or OG_CODEC_NO_NOTE */
    og__wire in;       /* as far as it is given */
    og__wire out;      /* until something was read */
} og__setup;

/* Checks the options and the endpoint's wishes. 0, OG_EINVAL, OG_ENOTFOUND, and whatever reading the files of
 * layers may say. On failure there is nothing to free. */
int og__peer_setup_init(og__setup *setup, const og_conn_options *options, og_endpoint *endpoint, og_role role,
                        og_error *err);
void og__peer_setup_fini(og__setup *setup);

/* Has messages read strictly: only as all of their readers read them. */
void og__peer_setup_enforce(og__setup *setup);

/* One message within what was fed. The bytes live until the next call; og__peer_core_feed() may come between,
 * og__peer_core_space() may not. */
typedef struct og__message {
    const og_codec *codec;
    const uint8_t *bytes;
    size_t len;
    uint64_t position;             /* of its first byte in the stream */
    const og__part_end *part_ends; /* where its parts end, if a layer delivered it */
    size_t parts;                  /* how many; 0: it is one piece */
    size_t parts_from;             /* what the first part_ends count from */
    bool more; /* og__peer_core_take() has more to do: find the next one, or let memory go */
} og__message;

typedef struct og__layered og__layered;

/* What the owner of many cores of one thread lends to each of them. */
typedef struct og__loan {
    char seen[OG__SEEN_SIZE]; /* what detection saw, once that is decided */
    og__spares spares;        /* memory for long messages and for answers */
    og_doc *judging;          /* for what is written and judged; NULL until it is needed */
} og__loan;

/* Bytes of a document that is kept for the next message; a larger one is freed. */
enum { OG__KEPT_DOC = 4 << 20 };

typedef struct og__core {
    const og__setup *setup;
    og_doc *doc;      /* values are read into it; made on first use unless the owner puts one here */
    og__loan *loan;   /* or NULL */
    bool doc_lent;    /* `doc` is the owner's */
    bool detected;    /* `in` is decided */
    bool settled;     /* and so is how answers end: raw, or a line, as the bytes after the first value tell */
    bool ended;       /* the peer will send no more */
    bool broken;      /* no next message can be found */
    bool wrote;       /* something was put before anything was detected */
    bool begun;       /* the first bytes were looked at, and are no layer's */
    bool skips;       /* something is still passed over */
    bool greeted;     /* a message has come, so what comes is no line of text before the first one */
    bool steady;      /* all is decided, and each message is found by its framing alone */
    bool spans_lines; /* a bare value did: lines can end answers then, but not what is read */
    uint8_t end_begun; /* the first byte of what may end the first message: '\r'; or 0 */
    uint8_t silences;  /* noticed since anything came, up to OG__SILENCES */
    atomic_int note;   /* what the last message said about how to answer, or OG_CODEC_NO_NOTE */
    uint32_t unsettled_answers;
    og__wire in;
    og__wire out_wire; /* follows `in` once that is decided */
    og_frame_reader reader;
    og_codec_scan scan;
    og_buf pending;     /* bytes of an unfinished message, kept from earlier feeds */
    size_t at;          /* bytes of `pending` already consumed */
    const uint8_t *fed; /* bytes of the latest feed, in the feeder's memory, not yet consumed */
    size_t fed_len;
    size_t lent;       /* that many of them stand at the end of `pending` as well */
    size_t skip_bytes; /* still to pass over */
    size_t skip;       /* messages */
    size_t looked;     /* length at which detection looked last */
    uint64_t consumed; /* bytes of the stream before these, so that errors can name the stream's position */
    og_buf out;        /* framed messages to be sent */
    og_doc *judging;   /* the owner's, while it puts: what is written is judged there; or NULL */
    og__layered *layered; /* what is between the socket and this, or NULL */
} og__core;

/* A codec and a framing in few bytes. */
typedef struct og__short_wire {
    const og_codec *codec;
    const og_frame_ops *framing;
} og__short_wire;

typedef struct og__short_text {
    uint16_t width;
    unsigned char text;
    bool has_text : 1;
    bool asked : 1; /* the framing is the setup's */
} og__short_text;

/* What must be known of a core while nothing has come and nothing is to go: ten thousand silent peers have
 * no more than this. */
typedef struct og__rested {
    og__short_wire in;
    og__short_wire out;
    uint64_t consumed;
    int note;
    uint32_t unsettled_answers;
    og__short_text in_text; /* what the framings have besides */
    og__short_text out_text;
    uint8_t end_begun;
    bool detected : 1;
    bool settled : 1;
    bool ended : 1;
    bool broken : 1;
    bool wrote : 1;
    bool begun : 1;
    bool skips : 1;
    bool greeted : 1;
    bool steady : 1;
    bool spans_lines : 1;
} og__rested;

/* Notes what must be known of a core that may go if nothing is in it; false when it must stay. */
bool og__peer_core_rest(const og__core *core, og__rested *rested);

/* The same of a core that goes whatever is in it; false when that cannot be noted. */
bool og__peer_core_note(const og__core *core, og__rested *rested);

/* As og__peer_core_init(), for what has rested. */
void og__peer_core_wake(og__core *core, const og__setup *setup, const og__rested *rested);

/* What rests before anything has come. */
void og__peer_rested_init(og__rested *rested, const og__setup *setup);

/* As og__peer_core_codec() and og__peer_core_framing(). */
const char *og__peer_rested_codec(const og__rested *rested, const og__setup *setup);
const char *og__peer_rested_framing(const og__rested *rested, const og__setup *setup, char *text,
                                    size_t size);

/* Ready for a peer of `setup`'s kind. Cannot fail. */
void og__peer_core_init(og__core *core, const og__setup *setup);
void og__peer_core_fini(og__core *core);

/* Forgets what was read and detected, for another peer; keeps memory. */
void og__peer_core_reset(og__core *core);

/* What comes before the first message of a peer that greets in text. */
typedef enum og__greeting {
    OG__NO_GREETING,
    OG__GREETING_PART, /* a line that is not whole yet */
    OG__GREETING
} og__greeting;

/* Passes over a line of text where the first message is awaited. Without memory the core is broken. */
og__greeting og__peer_core_pass_greeting(og__core *core);

/*
 * Bytes that have arrived (a datagram: all of one). They are not copied until og__peer_core_next() or
 * og__peer_core_take() has said 0, and must stay until then. OG_PADDING bytes behind them may be read. Only
 * after 0.
 */
void og__peer_core_feed(og__core *core, const uint8_t *data, size_t len);

/* Where the transport should best put the next bytes when a long message is under way, to spare a copy: NULL
 * when anywhere will do. Then og__peer_core_feed() them from there. */
uint8_t *og__peer_core_space(og__core *core, size_t *size);

/* What has come of a long message, with room for `least` bytes more: NULL when none is under way. What is put
 * after it must be fed from there, and `len` left as it was; as og__peer_core_space() otherwise. */
og_buf *og__peer_core_growing(og__core *core, size_t least);

/* Copies what was fed and is not consumed, so that the feeder's memory may go. 0 or OG_ENOMEM. */
int og__peer_core_hold(og__core *core);

/* The peer will send no more. */
void og__peer_core_end(og__core *core);

/* True when (more) silence would mean something: a bare number or text in raw framing may be whole, or what
 * has come may be no beginning of anything. After each OG__SILENCE_MS of it call og__peer_core_idle(), then
 * og__peer_core_next(). */
bool og__peer_core_wants_idle(const og__core *core);
void og__peer_core_idle(og__core *core);

/* True when a message has begun and is not whole: its time limit runs. */
bool og__peer_core_midway(const og__core *core);

/*
 * The next message, not yet read: 1, 0 needs more bytes (or, after og__peer_core_end(), clean end), < 0 it
 * was refused: `broken` tells whether there can be a next one. Positions count from the start of the stream.
 */
int og__peer_core_take(og__core *core, og__message *message, og_error *err);

/* To be told when og__peer_message_read() has failed. True in raw framing: nothing after that can be trusted,
 * and the core is broken. */
bool og__peer_core_refused(og__core *core);

/* The next value: og__peer_core_take() and og__peer_message_read() into the connection's document. It lives
 * until the next call. */
int og__peer_core_next(og__core *core, og_value *value, og_error *err);

/* Appends a value's framed message to `out`. On failure `out` is as before. */
int og__peer_core_put(og__core *core, og_value value, og_error *err);

/* Appends one message of `count` parts, as above. More than one only where a layer carries them. */
int og__peer_core_put_parts(og__core *core, const og_value *values, size_t count, og_error *err);

/* Appends a message as it is, which was read by the same codec. */
int og__peer_core_put_bytes(og__core *core, const uint8_t *bytes, size_t len, og_error *err);

/* How a relay passes on what it has read. */
typedef enum og__passing {
    OG__ANEW,          /* written from the values, in the version that arrived */
    OG__VERBATIM,      /* as it arrived, if it means the same to a reader that has read others before */
    OG__VERBATIM_FRESH /* or to one that has read nothing */
} og__passing;

/* Appends the message that `from` has read as `values`. A long one that is passed on as it arrived takes its
 * memory along: only its bytes may be used afterwards, until something is sent. */
int og__peer_core_pass(og__core *from, og__core *core, og__passing how, const og__message *message,
                       const og_value *values, size_t count, og_error *err);

/* Moves what is for the socket to `out`, an empty buffer. 0, or < 0 when a layer failed: `out` is sent all
 * the same. */
int og__peer_core_out(og__core *core, og_buf *out, og_error *err);

/* True when there is something for the socket. */
bool og__peer_core_owes(const og__core *core);

/* Names of codec and framing, "auto" while undecided. */
const char *og__peer_core_codec(const og__core *core);
const char *og__peer_core_framing(const og__core *core, char *text, size_t size);

#endif
