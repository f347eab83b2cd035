/* SPDX-License-Identifier: MIT */
/*
 * Framings: a byte stream to messages and back. Pure: bytes in, message bounds out.
 *
 * Ownership: nothing here owns anything; bounds are offsets into the caller's bytes. Threads: an og_framing
 * is a constant that any thread may use; an og_frame_reader belongs to one thread at a time.
 */
#ifndef ONGGI_FRAME_H
#define ONGGI_FRAME_H

#include <onggi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Finds where a message ends by its content (framings raw and seq): see og_codec's scan. `ctx` is the
 * caller's, who starts the scan anew after each frame. */
typedef int (*og_scan_fn)(void *ctx, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                          og_error *err);

typedef struct og_frame_ops og_frame_ops;
typedef struct og_frame_reader og_frame_reader;
typedef struct og_frame og_frame;

/* The longest text of a framing: `delim:TEXT`. */
enum { OG_FRAMING_TEXT_MAX = 32 };

/* The framing that was chosen. It may be copied. All zero means none. */
typedef struct og_framing {
    const og_frame_ops *ops;
    uint32_t width;                          /* digits:N: N; else 0 */
    uint8_t text_len;                        /* bytes of `text` */
    unsigned char text[OG_FRAMING_TEXT_MAX]; /* delim:TEXT, digits:C: what ends the message or its length */
} og_framing;

/* Where one message is in the bytes that were looked at. */
struct og_frame {
    size_t body;     /* offset of the message's first byte */
    size_t body_len; /* its length */
    size_t size;     /* bytes to consume, with header, trailer and what lay between messages */
};

/* Reads the frames of one direction of one connection. The members are private; og_frame_reader_init() sets
 * it up. */
struct og_frame_reader {
    og_framing framing;
    size_t max_message; /* refuse longer ones */
    size_t at;          /* bytes of the current frame already looked at */
    size_t need;        /* see og_frame_need() */
    uint64_t number;    /* what the framing remembers of a header */
    uint32_t state;
    og_scan_fn scan; /* raw and seq */
    void *scan_ctx;
};

/* What a framing puts before a message. */
typedef struct og_frame_head {
    og_framing *shown; /* gets what the header shows of its framing (digits:N, digits:C); may be NULL */
    size_t size;       /* its bytes; while it is not whole: how many it has at least */
    uint64_t body;     /* the message's bytes; while it is not whole: how many there are at least */
    bool over;         /* the message has more bytes than 64 bits can say */
    bool odd;          /* no program writes it so, or another framing writes the same bytes */
    bool as_value;     /* the header alone may as well be a message: a number and white space */
} og_frame_head;

/* A row of the table of framings: all that others must know of one. */
struct og_frame_ops {
    const char *name;    /* as og_framing_find() takes it; "digits:N" for all N */
    const char *summary; /* one line for people */
    const char *example; /* a name as one writes it, where it has a parameter: "digits:10"; else NULL */

    bool is_raw;      /* nothing is on the wire: the message itself must tell where it ends */
    bool ends_stream; /* one message per direction, after which the sender shuts its direction down */

    const char *before; /* what comes before a message, in the words of the log; NULL: nothing does */
    bool in_text;       /* that is text, which may well be sent alone */
    uint8_t opener;     /* the byte that comes before a message, where no length does; else 0 */
    char closers[3];    /* either of these comes after such a message */
    char tail;          /* the byte after a message whose length is known; else 0 */
    const char *ending; /* these bytes after each message are all there is; NULL: it is not so */
    uint8_t ending_len;
    bool drops_cr;  /* a '\r' before the ending belongs to it */
    uint8_t prefix; /* bytes of a length of fixed width */
    bool little_endian;

    /* Takes the part of the name after the colon ("" if there is none). 0, OG_EINVAL, or OG_ENOTFOUND: the
     * next row of that name may take it. NULL: has none. */
    int (*set)(og_framing *framing, const char *parameter, og_error *err);

    /* Writes that part. NULL: has none. */
    void (*show)(const og_framing *framing, char *text, size_t size);

    /*
     * Reads the header from its first byte on: 1: whole; 0: needs more; < 0: not this framing. `framing` may
     * lack its parameter: the header shows it. NULL: has no header, or one without end (`opens`).
     */
    int (*head)(const og_framing *framing, const uint8_t *data, size_t len, og_frame_head *head,
                og_error *err);

    /* Knows its header by its first bytes, which begin nothing else: 1, 0 needs more, -1 no. NULL: cannot. */
    int (*opens)(const uint8_t *data, size_t len);

    /* See og_frame_next(). */
    int (*next)(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                og_error *err);

    /* Bytes that og_frame_begin() puts before the message, to be filled in by `end`. NULL: none. */
    size_t (*lead)(const og_framing *framing);

    /* Completes the frame that starts at `mark`. On failure og_frame_end() takes all of it back. NULL: as is.
     */
    int (*end)(const og_framing *framing, og_buf *out, size_t mark, og_error *err);
};

/* True for `eof`: one message per direction, after which the sender shuts its direction down. */
static inline bool og_framing_ends_stream(og_framing framing)
{
    return framing.ops && framing.ops->ends_stream;
}

/* True for `raw`: the message itself must tell where it ends. */
static inline bool og_framing_is_raw(og_framing framing)
{
    return framing.ops && framing.ops->is_raw;
}

/* Framing `index` of the table, in the order of the help: NULL after the last. */
OG_API const og_frame_ops *og_framing_at(size_t index);

/* The framing called `name`, e.g. "u32be" or "digits:10": 0, or OG_ENOTFOUND / OG_EINVAL with `err` filled
 * with the names that there are. */
OG_API int og_framing_find(og_framing *framing, const char *name, og_error *err);

/* The name as og_framing_find() takes it, written to `text` of `size` bytes (OG_FRAMING_NAME_MAX are enough);
 * returns `text`. */
enum { OG_FRAMING_NAME_MAX = 8 + 4 * OG_FRAMING_TEXT_MAX };
OG_API const char *og_framing_name(og_framing framing, char *text, size_t size);

/* The framing that puts nothing around messages. */
OG_API og_framing og_framing_bare(void);

/* The framing whose messages end with what `data` begins with, the longest such end: 1 with its bytes in
 * `size`, 0 needs more, -1 there is none. */
OG_API int og_framing_after(og_framing *framing, const uint8_t *data, size_t len, size_t *size);

/* Ready for the first frame. `scan` is needed for raw; without it seq takes a message as whole only when the
 * next one starts. Others do not call it. */
OG_API void og_frame_reader_init(og_frame_reader *reader, og_framing framing, size_t max_message,
                                 og_scan_fn scan, void *scan_ctx);

/*
 * Looks for the next whole message in `data`: `len` bytes, all that came and was not consumed, the same bytes
 * as the last time with more after them unless a frame was consumed. `ended` says that no more will come. 1:
 * found, `frame` tells where, and the caller goes on after frame->size bytes. 0: needs more (with `ended`:
 * all was consumed, clean end). < 0: OG_ESYNTAX, OG_ELIMIT (longer than max_message; before anything is
 * allocated), OG_ETRUNCATED (with `ended`, bytes of an unfinished message are left), with the position from
 * `data`. Each byte is looked at once, however the stream is cut.
 */
OG_API int og_frame_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended,
                         og_frame *frame, og_error *err);

/* After 0: how many bytes in all (from `data`) the current frame is known to need at least. A claim of the
 * peer's: memory should follow what really came. */
OG_API size_t og_frame_need(const og_frame_reader *reader);

/*
 * Writes one frame around a message that the caller appends to `out` between the two calls:
 *
 *     og_frame_begin(&framing, out, &mark, err);
 *     og_buf_puts(out, "the message");
 *     og_frame_end(&framing, out, mark, err);
 *
 * og_frame_end() puts length or terminator in place; when the framing cannot carry the message (too long for
 * its prefix, a line break in `line`, …) it fails with OG_EVALUE and `out` is as it was before
 * og_frame_begin(). Likewise when memory runs out. Between the two, on failure of the codec, call
 * og_frame_cancel().
 */
OG_API int og_frame_begin(const og_framing *framing, og_buf *out, size_t *mark, og_error *err);
OG_API int og_frame_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err);
OG_API void og_frame_cancel(og_buf *out, size_t mark);

#ifdef __cplusplus
}
#endif

#endif
