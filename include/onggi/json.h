/* SPDX-License-Identifier: MIT */
/*
 * JSON (RFC 8259): text to values and back, as Python's json module does it.
 *
 * Ownership: og_json_loads() gives a document that the caller frees; og_json_read() fills one that the caller
 * has and leaves strings in the text, which must outlive them; og_json_dumps() gives text that the caller
 * frees with free(). Threads: any number of calls at once, each with its own document and buffer.
 */
#ifndef ONGGI_JSON_H
#define ONGGI_JSON_H

#include <onggi/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How values show that JSON has no form for (doc/json.md has the table). */
typedef enum og_json_form {
    OG_JSON_STRICT,  /* refuse them, as Python's json.dumps does (tuples are arrays, keys are coerced) */
    OG_JSON_PLAIN,   /* for people and translation: bytes as base64, sets as arrays, … */
    OG_JSON_LOSSLESS /* tagged, reads back to the same value */
} og_json_form;

#define OG_JSON_INDENT_0 (-1)

typedef struct og_json_read_options {
    size_t size;           /* sizeof(og_json_read_options) */
    size_t max_depth;      /* containers in one another; 0: 1,000 */
    size_t max_digits;     /* digits of an int; 0: 4,300 */
    bool allow_nan;        /* NaN, Infinity, -Infinity */
    bool allow_bom;        /* a byte order mark before the text is passed over */
    bool allow_surrogates; /* lone \ud800 escapes, and such halves in three bytes, as Python does */
    bool allow_comments;   /* slash-slash and slash-star */
    bool allow_trailing_comma;
    bool refuse_duplicates; /* of keys; else the last wins */
    bool refuse_huge;       /* floats like 1e400, which Python reads as infinity */
    bool lossless;          /* read the tags that OG_JSON_LOSSLESS writes */
    bool padded; /* at least OG_PADDING bytes after the text may be read (their content does not matter) */
} og_json_read_options;

typedef struct og_json_write_options {
    size_t size; /* sizeof(og_json_write_options) */
    og_json_form form;
    int indent; /* spaces a level; 0: all on one line; OG_JSON_INDENT_0: line breaks alone (indent=0) */
    const char
        *indent_text;  /* a level's text in the place of spaces, e.g. "\t" (indent='\t'); NULL: `indent` */
    bool sort_keys;    /* by code point */
    bool ensure_ascii; /* \uXXXX for all that is not ASCII; else UTF-8 */
    bool allow_surrogates; /* lone surrogates as \ud800 escapes, as Python does; else strict refuses them */
    bool allow_nan; /* write NaN and Infinity; else strict refuses, plain writes null, lossless a tag */
    const char *item_separator; /* NULL: "," */
    const char *key_separator;  /* NULL: ":", and ": " with indent */
    size_t max_depth;           /* 0: 1,000 */
    size_t max_digits;          /* 0: 4,300 */
    size_t max_bytes;           /* refuse to write more; 0: what the buffer's limit says */
    size_t max_growth;          /* likewise, for each byte that the value was read from, and 64 KiB; 0: 64 */
} og_json_write_options;

struct og_policy;

/* Both, as connections have them. Connections read and write what Python's json module does, NaN, Infinity,
 * lone surrogates and a byte order mark too, unless `strict` asks for RFC 8259. Floats like 1e400 are
 * refused: Python writes none, and as infinity they would be lost. */
typedef struct og_json_options {
    bool strict;
    bool policy_inert; /* as og_conn_options has it */

    /* Which classes the tags of lossless form may name when it is read or written; in other forms they are
     * only keys. NULL: any. */
    const struct og_policy *policy;
    og_json_read_options read;
    og_json_write_options write;
} og_json_options;

/* JSON's options among those of all codecs (onggi/codec.h), to be set there. They live as long as `all`. */
struct og_codec_options;
OG_API og_json_options *og_json_of(struct og_codec_options *all);

/* Reads one JSON text, nothing but white space around it, into a new document. NULL with `err` filled
 * (position: the byte) when it is not one. */
OG_API og_doc *og_json_loads(const char *text, size_t len, const og_json_read_options *options,
                             og_error *err);

/* As og_json_loads() into `doc`, which is reset first; strings without escapes stay in `text`. 0 or a
 * negative status. `doc` keeps what short texts have taught, as og_pickle_read() says. */
OG_API int og_json_read(og_doc *doc, const char *text, size_t len, const og_json_read_options *options,
                        og_error *err);

/* The value as JSON text in memory from malloc(), NUL-terminated, its length in `len` (may be NULL). NULL
 * with `err` filled when it cannot be carried. */
OG_API char *og_json_dumps(og_value value, size_t *len, const og_json_write_options *options, og_error *err);

/* Appends the value as JSON text to `out`. 0 or a negative status; on failure `out` is as before. */
OG_API int og_json_write(og_value value, og_buf *out, const og_json_write_options *options, og_error *err);

/* Finds where a JSON text ends in a stream that comes in pieces; looks at each byte once. Zero-initialise,
 * set the options. */
typedef struct og_json_scan {
    size_t at; /* bytes looked at so far */
    size_t depth;
    size_t max_depth;    /* option; 0: 1,000 */
    bool allow_comments; /* option, as that of og_json_read_options */
    bool allow_bom;      /* option, likewise */
    uint8_t known;       /* private: how many bits of `kinds` count */
    uint8_t state;       /* private */
    size_t start;        /* private: where the text begins */
    uint64_t kinds;      /* private: which of the innermost containers are objects, a bit each */
} og_json_scan;

/*
 * `data` is all that came so far of this text, `len` bytes, the same bytes as before with more after them;
 * `ended` says that no more will come. 1: the text ends at `*end` (which leaves white space after it alone;
 * `*start` is its first byte, after white space); 0: needs more; < 0: cannot be JSON. It checks only as much
 * as finding the end takes, and that the innermost 64 brackets match. A bare number, true, false or null ends
 * at whatever follows it, or at the end. With comments allowed, a stream that ends after nothing but them is
 * no error but an empty text: 1 with `*start` equal to `*end`.
 */
OG_API int og_json_scan_end(og_json_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *start,
                            size_t *end, og_error *err);

/*
 * The value that JSON Pointer (RFC 6901) `pointer` names within `value`, which goes on owning it. OG_INVALID
 * with `err` filled: OG_EINVAL when the pointer is malformed, whatever the value; OG_ENOTFOUND when there is
 * no such value (position: the step in the pointer; the sentence says what was there); OG_ENOMEM.
 *
 * Beyond JSON: a key that is no str is named as plain form writes it (1 by "/1"), after str keys; sets and
 * deques are indexed in their order, named tuples too; the mappings of collections are reached into by key,
 * other objects by attribute. Keys that hold NUL cannot be named.
 */
OG_API og_value og_json_pointer(og_value value, const char *pointer, og_error *err);

#ifdef __cplusplus
}
#endif

#endif
