/* SPDX-License-Identifier: MIT */
/*
 * pickle, protocols 0 to 5: bytes to values and back. A pickle is data here, never code: nothing that it
 * names is imported, looked up or called; it becomes a class reference or an inert object.
 *
 * Ownership: og_pickle_loads() gives a document that the caller frees; og_pickle_read() fills one that the
 * caller has and leaves strings in the input, which must outlive them; og_pickle_dumps() gives bytes that the
 * caller frees with free(). Threads: any number of calls at once, each with its own document and buffer.
 */
#ifndef ONGGI_PICKLE_H
#define ONGGI_PICKLE_H

#include <onggi/policy.h>
#include <onggi/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OG_PICKLE_HIGHEST_PROTOCOL 5
#define OG_PICKLE_DEFAULT_PROTOCOL 4

/* Protocol 0 in options, where 0 stands for the default. */
#define OG_PICKLE_PROTOCOL_0 (-1)

/* How Python 2's str (STRING, BINSTRING) becomes a value: encoding= of pickle.loads. */
typedef enum og_pickle_encoding {
    OG_PICKLE_ASCII, /* as pickle.loads by default: refuse other bytes */
    OG_PICKLE_LATIN1,
    OG_PICKLE_UTF8,
    OG_PICKLE_BYTES
} og_pickle_encoding;

/* A code of copyreg's registry (EXT1, EXT2, EXT4) and the class that it stands for. */
typedef struct og_pickle_extension {
    int32_t code; /* above 0 */
    const char *module;
    const char *qualname;
} og_pickle_extension;

typedef struct og_pickle_read_options {
    size_t size;       /* sizeof(og_pickle_read_options) */
    size_t max_depth;  /* containers in one another; 0: 1,000 */
    size_t max_digits; /* of an int in text; 0: 4,300 */
    og_pickle_encoding encoding;
    bool allow_trailing;     /* leave alone what comes after STOP; else OG_ETRAILING. White space and NULs are
                                left alone in any case, unless the reading or the policy is strict */
    const og_value *buffers; /* out-of-band buffers (bytes or bytearray), for NEXT_BUFFER, in order */
    size_t buffer_count;
    bool strict; /* refuse what Python's readers take for different things: doc/pickle.md lists the cases */
    const og_pickle_extension *extensions; /* their texts must outlive the document; NULL: codes are inert */
    size_t extension_count;
    const og_policy *policy; /* which classes it may name (OG_EPOLICY); NULL: any, all are inert here */
    bool policy_inert;       /* let pass what no row of the policy names; what a row denies is refused */
    bool padded; /* at least OG_PADDING bytes after the pickle may be read (their content does not matter) */
} og_pickle_read_options;

typedef struct og_pickle_write_options {
    size_t size;       /* sizeof(og_pickle_write_options) */
    int protocol;      /* 1 to 5; 0: the default, 4; OG_PICKLE_PROTOCOL_0 */
    size_t max_depth;  /* 0: 1,000 */
    size_t max_bytes;  /* 0: what the buffer's limit says */
    size_t max_growth; /* as that of og_json_write_options */
    /* Which classes it may name (OG_EPOLICY): judged before a byte is passed on. NULL: any. */
    const og_policy *policy;
    bool policy_inert;   /* let pass what no row of the policy names; what a row denies is refused */
    bool self_contained; /* read alike by an Unpickler that has read others before: doc/pickle.md says how.
                            Refused (OG_EVALUE) is what depends on more than the pickle: persistent ids,
                            extension codes, out-of-band buffers */
    og_doc *judging; /* with a policy: the pickle is read into it to be judged; it is empty afterwards. Used
                        for one pickle after the other, it makes that faster, as with og_pickle_read(). It is
                        not the document of the value, and belongs to one thread. NULL: a new one each time */
} og_pickle_write_options;

/* Both, as connections have them. */
typedef struct og_pickle_options {
    og_pickle_read_options read;
    og_pickle_write_options write;
} og_pickle_options;

/* The options of pickle among those of all codecs (onggi/codec.h), to be set there. They live as long as
 * `all`. */
struct og_codec_options;
OG_API og_pickle_options *og_pickle_of(struct og_codec_options *all);

/* Reads one pickle into a new document. NULL with `err` filled (position: the byte of the opcode or argument)
 * when it is not one. */
OG_API og_doc *og_pickle_loads(const void *bytes, size_t len, const og_pickle_read_options *options,
                               og_error *err);

/*
 * As og_pickle_loads() into `doc`, which is reset first; strings stay in `bytes`. `used` (may be NULL) gets
 * the bytes read. 0 or a negative status. `doc` keeps what short pickles of plain data have taught, at most
 * 1.5 MB (none with og_doc_set_memory_limit()): those that are like them are read and written faster.
 */
OG_API int og_pickle_read(og_doc *doc, const void *bytes, size_t len, size_t *used,
                          const og_pickle_read_options *options, og_error *err);

/* The value as a pickle in memory from malloc(), its length in `len`. NULL with `err` filled when memory or a
 * limit ran out. */
OG_API void *og_pickle_dumps(og_value value, size_t *len, const og_pickle_write_options *options,
                             og_error *err);

/* Appends the value as a pickle to `out`. 0 or a negative status; on failure `out` is as before. */
OG_API int og_pickle_write(og_value value, og_buf *out, const og_pickle_write_options *options,
                           og_error *err);

/*
 * Appends the one canonical pickle of `value`, in protocol 4: made from the tree alone, so that identical
 * values (og_identical()) give identical bytes, however they were spelled, where calls saw the same in their
 * arguments. Nodes are in the memo only when they are in several places, strings and bytes when an equal
 * one came before. Sets keep their order. Of `options` the protocol must be 0 or 4. Out-of-band buffers are
 * refused. 0 or a negative status; on failure `out` is as before.
 */
OG_API int og_pickle_canonical(og_value value, og_buf *out, const og_pickle_write_options *options,
                               og_error *err);

/*
 * Whether a pickle that was read strictly may go on as it arrived to a reader that keeps its memo: it has no
 * GET beside a MEMOIZE (unless each pickle gets a `fresh` reader), its names are in the bytes right before
 * STACK_GLOBAL, and it asks for nothing from outside: persistent ids, extension codes, out-of-band buffers.
 * What `self_contained` writes has that form. 0; OG_EPOLICY with the position of the opcode; OG_ESYNTAX: not
 * a whole pickle.
 */
OG_API int og_pickle_check_contained(const void *bytes, size_t len, bool fresh, og_error *err);

/* Finds where a pickle ends in a stream that comes in pieces; looks at each byte once and reads none after
 * STOP. Zero-initialise. */
typedef struct og_pickle_scan {
    size_t at;     /* bytes looked at so far */
    size_t skip;   /* bytes of an argument still to pass over */
    uint8_t state; /* private */
} og_pickle_scan;

/*
 * `data` is all that came so far of this pickle, `len` bytes, the same bytes as before with more after them;
 * `ended` says that no more will come. 1: the pickle ends at `*end`; 0: needs more; < 0: cannot be a pickle.
 */
OG_API int og_pickle_scan_end(og_pickle_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *end,
                              og_error *err);

#ifdef __cplusplus
}
#endif

#endif
