/* SPDX-License-Identifier: MIT */
/*
 * Codecs by name: the bytes of one message to a value and back, and what a connection must know of each. The
 * one table of them, for code that takes the codec from its user. Everything here is constant and may be used
 * by any thread.
 */
#ifndef ONGGI_CODEC_H
#define ONGGI_CODEC_H

#include <onggi/policy.h>
#include <onggi/value.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_codec og_codec;

/*
 * The options of all codecs. Each codec has a place in it, which is made when it is first asked for:
 *
 *     og_codec_options options = OG_INIT;
 *     og_json_of(&options)->read.allow_comments = true;
 *     og_pickle_of(&options)->write.protocol = 2;
 *
 * All zero means the defaults. It may be copied.
 */
enum { OG_CODEC_OPTIONS_ROOM = 512 };
typedef struct og_codec_options {
    union {
        unsigned char bytes[OG_CODEC_OPTIONS_ROOM];
        const void *pointer; /* for the alignment */
        uint64_t number;
    } room; /* private */
} og_codec_options;

/* How far the end of a message was looked for in a stream. Zero-initialise. */
enum { OG_CODEC_SCAN_ROOM = 64 };
typedef struct og_codec_scan {
    union {
        unsigned char bytes[OG_CODEC_SCAN_ROOM];
        uint64_t number; /* for the alignment */
    } room;              /* private: each codec's own */
} og_codec_scan;

/* The first bytes of what may be a message. */
typedef struct og_opening {
    const uint8_t *data;
    size_t len;
    size_t room; /* the most bytes that the message can have */
    bool whole;  /* no more of it will come */
    bool quiet;  /* nothing has come for a while, and what came looks like text */
} og_opening;

/* What a connection asks of every codec. */
typedef struct og_codec_limits {
    size_t max_message;      /* bytes of a message that is written */
    size_t max_growth;       /* bytes that are written for each byte that was read; 0: the usual limit */
    bool self_contained;     /* write what a reader that was used before reads in the same way */
    bool strict;             /* read only what all readers read alike, and nothing after it */
    bool padded;             /* 64 bytes after each message may be read */
    const og_policy *policy; /* as og_conn_options has it */
    bool policy_inert;
} og_codec_limits;

/* No note: see `begins`. */
#define OG_CODEC_NO_NOTE (-1)

/* A row of the table. Functions may be NULL where the comment says so. */
struct og_codec {
    const char *name;    /* "json" */
    const char *noun;    /* "JSON", as in "expected JSON" */
    const char *summary; /* one line for people */

    /* One whole message to the root of `doc` (reset first); strings may stay in `bytes`. */
    int (*read)(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                og_error *err);

    /* Appends the message for `value`; on failure `out` is as before. */
    int (*write)(og_value value, og_buf *out, const og_codec_options *options, og_error *err);

    /*
     * Finds the end of the first message in what came so far: 1 and its bounds [*start, *end), 0 needs more,
     * < 0 error. As og_json_scan_end(); for text and bytes all that is there is the message.
     */
    int (*scan)(og_codec_scan *scan, const og_codec_options *options, const uint8_t *data, size_t len,
                bool ended, size_t *start, size_t *end, og_error *err);

    /* Puts a connection's limits in the options, where the user has set none. NULL: it has no options. */
    void (*limit)(og_codec_options *options, const og_codec_limits *limits);

    /* Sets how it writes values that it has no form for, by name: "plain", "lossless". 0, or OG_ENOTFOUND
     * with the names that there are. NULL: it has one form. */
    int (*form)(og_codec_options *options, const char *name, og_error *err);

    /* ---- In streams ---- */

    const char *stream;   /* the framing of what is written before anything was read */
    const char *datagram; /* the same in datagrams */
    bool opaque;          /* any bytes are a message, and silence ends it */
    bool lines;           /* messages are text: what ends the first one (a line, a NUL) may end each */
    uint64_t blanks;      /* bytes below 64, a bit each, that mean nothing around a message */

    /* True for bytes that may be a whole message although the next byte might belong to it: silence ends
     * it then. NULL: never. */
    bool (*may_be_whole)(const uint8_t *data, size_t len);

    /* The byte that must follow a bare `value`, so that the next one is not read as part of it; -1: none.
     * NULL: never one. */
    int (*separator)(og_value value);

    /* ---- In detection ---- */

    bool blanks_after; /* they come after a message only */

    /* True when the options let nothing come after a message. NULL: never. */
    bool (*exact)(const og_codec_options *options);

    bool asked; /* never detected: read only where it is asked for by name */

    /*
     * Whether a message may begin so: 2: yes, and nothing else does; 1: yes; 0: needs more; -1: no. `note`
     * gets what the bytes say about the message (0 and up; the protocol of a pickle), or OG_CODEC_NO_NOTE.
     * NULL: any bytes do.
     */
    int (*begins)(const og_opening *opening, int *note);

    const char *note; /* what the note is, for the log; NULL: there are none */

    /* True when no other codec begins so, even if what comes then is broken. NULL: never. */
    bool (*claims)(const uint8_t *data, size_t len, int *note);

    bool is_no_length; /* what it claims, or what begins as it does, cannot be a length */
    uint16_t proof;    /* after so many bytes that begin well they cannot be a length; 0: never */

    /* True when `byte` may come after a bare message. NULL: any may. */
    bool (*may_follow)(uint8_t byte);

    /* ---- In what is passed on ---- */

    /* Whether a message that was read strictly reads alike, as it arrived, by a reader that has read others
     * before, or by a `fresh` one. 0 or < 0. NULL: messages do not go on as they arrived. */
    int (*contained)(const uint8_t *message, size_t len, bool fresh, og_error *err);

    /* ---- In answers ---- */

    /* What a whole message says about how to answer it, as `begins` does. NULL: nothing. */
    int (*learn)(const uint8_t *message, size_t len);

    /* The options to answer with after such a note: `given`, or `own`, which it fills in. NULL: `given`. */
    const og_codec_options *(*answer)(const og_codec_options *given, int note, og_codec_options *own);

    /* The options to write with when a policy judges what is written: `given`, or `own`, which it fills in so
     * that `doc` is used for judging. `doc` may be used for the next message too, and `own` may be `given`.
     * NULL: `given`. */
    const og_codec_options *(*judge_in)(const og_codec_options *given, og_doc *doc, og_codec_options *own);
};

/* The codec called `name`, or NULL with `err` filled with the names that there are. */
OG_API const og_codec *og_codec_find(const char *name, og_error *err);

/* Codec `index`, in the order of the help; NULL after the last. */
OG_API const og_codec *og_codec_at(size_t index);

/* Another protocol, which is named when it arrives: a row of the table of signatures. */
typedef struct og_signature {
    const char *bytes;  /* how it begins: hexadecimal, .. for any byte, 'text'; or words */
    const char *what;   /* "a TLS handshake" */
    const char *advice; /* what to do: "write tls:// instead of tcp://" */
    bool unsure;        /* a message may begin so as well: asked only when nothing else fits */
} og_signature;

/* Row `index` of the table; NULL after the last. */
OG_API const og_signature *og_signature_at(size_t index);

/* The row of a text that holds a pickle or JSON in base64 or hexadecimal, as its first `len` bytes show; NULL
 * for any other. */
OG_API const og_signature *og_signature_of_text(const void *bytes, size_t len);

#ifdef __cplusplus
}
#endif

#endif
