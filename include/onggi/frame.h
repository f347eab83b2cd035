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

/* The framings: each in a file of its own. */
typedef struct og_frame_ops og_frame_ops;

/* A framing chosen: copied freely. Zeroed it is none. */
typedef struct og_framing {
    const og_frame_ops *ops;
    uint32_t width; /* digits:N: N; else 0 */
} og_framing;

/* Where one message stands in the bytes that were looked at. */
typedef struct og_frame {
    size_t body;     /* offset of the message's first byte */
    size_t body_len; /* its length */
    size_t size;     /* bytes to consume, with header, trailer and what lay between messages */
} og_frame;

/* Reads the frames of one direction of one connection. The members are private; og_frame_reader_init() sets
 * it up. */
typedef struct og_frame_reader {
    og_framing framing;
    size_t max_message; /* refuse longer ones */
    size_t at;          /* bytes of the current frame already looked at */
    size_t need;        /* see og_frame_need() */
    uint64_t number;    /* what the framing remembers of a header */
    uint32_t state;
    og_scan_fn scan; /* raw and seq */
    void *scan_ctx;
} og_frame_reader;

/* The framing called `name`, e.g. "u32be" or "digits:10": 0, or OG_ENOTFOUND / OG_EINVAL with `err` filled
 * with the names that there are. */
OG_API int og_framing_find(og_framing *framing, const char *name, og_error *err);

/* The name as og_framing_find() takes it, written to `text` of `size` bytes (32 are enough); returns `text`.
 */
OG_API const char *og_framing_name(og_framing framing, char *text, size_t size);

/* Name (with ":N" for digits) and summary of framing `index`, for help texts: false from their number on. */
OG_API bool og_framing_at(size_t index, const char **name, const char **summary);

/* Ready for the first frame. `scan` is needed for raw; without it seq takes a message as whole only when the
 * next one starts. Others do not call it. */
OG_API void og_frame_reader_init(og_frame_reader *reader, og_framing framing, size_t max_message,
                                 og_scan_fn scan, void *scan_ctx);

/*
 * Looks for the next whole message in `data`: `len` bytes, all that came and was not consumed, the same bytes
 * as the last time with more behind them unless a frame was consumed. `ended` says that no more will come. 1:
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
 *     og_frame_begin(f, out, &mark, err); …append the message… ; og_frame_end(f, out, mark, err);
 * og_frame_end() puts length or terminator in place; when the framing cannot carry the message (too long for
 * its prefix, a line break in `line`, …) it fails with OG_EVALUE and `out` is as it was before
 * og_frame_begin(). Likewise when memory runs out. Between the two, on failure of the codec, call
 * og_frame_cancel().
 */
OG_API int og_frame_begin(og_framing framing, og_buf *out, size_t *mark, og_error *err);
OG_API int og_frame_end(og_framing framing, og_buf *out, size_t mark, og_error *err);
OG_API void og_frame_cancel(og_buf *out, size_t mark);

/* True for `eof`: one message per direction, after which the sender shuts its direction down. */
OG_API bool og_framing_ends_stream(og_framing framing);

/* True for `raw`: the message itself must tell where it ends. */
OG_API bool og_framing_is_raw(og_framing framing);

#ifdef __cplusplus
}
#endif

#endif
