/* SPDX-License-Identifier: MIT */
/*
 * The insides of the frame room: what each framing provides, and what they share.
 *
 * A framing's reader works on the bytes from the start of the current frame on. reader->at says how many of
 * them it has looked at, so that the next call goes on there; og_frame_next() sets all of that to zero after
 * each frame.
 */
#ifndef ONGGI_FRAME_FRAME_H
#define ONGGI_FRAME_FRAME_H

#include <onggi/frame.h>

struct og_frame_ops {
    const char *name;    /* as og_framing_find() takes it; "digits:N" stands for all widths */
    const char *summary; /* one line for people */

    /* prefix.c only: bytes of the length, and their order. */
    uint8_t prefix;
    bool little_endian;

    /* suffix.c only: the byte after each message, and whether a '\r' before it is dropped. */
    uint8_t suffix;
    bool drops_cr;

    bool is_raw;
    bool ends_stream;

    /* See og_frame_next(). */
    int (*next)(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                og_error *err);

    /* Bytes that og_frame_begin() puts before the message, to be filled in by `end`. */
    size_t (*lead)(og_framing framing);

    /* Completes the frame that starts at `mark`. On failure og_frame_end() takes all of it back. */
    int (*end)(og_framing framing, og_buf *out, size_t mark, og_error *err);
};

extern const og_frame_ops og__frame_raw;
extern const og_frame_ops og__frame_eof;
extern const og_frame_ops og__frame_suffixes[2];
extern const og_frame_ops og__frame_seq;
extern const og_frame_ops og__frame_prefixes[7];
extern const og_frame_ops og__frame_varint;
extern const og_frame_ops og__frame_netstring;
extern const og_frame_ops og__frame_digits;
extern const og_frame_ops og__frame_header;
extern const og_frame_ops og__frame_mp;

/* No framing puts more than this around a message, and the limit of a reader stays this far below SIZE_MAX,
 * so that sums of the two cannot overflow. */
enum { OG__FRAME_OVERHEAD_MAX = 1 << 17 };

/* The longest length of a `header` block, and the widest `digits:N`. */
enum { OG__FRAME_HEADER_MAX = 8192, OG__FRAME_DIGITS_MAX = 256 };

/*
 * A message whose length is known, `header` bytes before it and `trailer` bytes behind: 1 when all came, 0
 * when not, OG_ELIMIT, OG_ETRUNCATED.
 */
int og__frame_body(og_frame_reader *reader, size_t header, uint64_t length, size_t trailer, size_t len,
                   bool ended, og_frame *frame, og_error *err);

/* The end of a step that still needs header bytes, `need` in all at least: 0, or what `ended` makes of it: a
 * clean end when nothing of a frame came, else OG_ETRUNCATED. */
int og__frame_header_wait(og_frame_reader *reader, size_t need, size_t len, bool ended, og_error *err);

/* OG_ELIMIT for a message of `length` bytes. */
int og__frame_too_long(const og_frame_reader *reader, uint64_t length, og_error *err);

/* OG_ELIMIT for a message that passes the limit, by how much is not known. */
int og__frame_passes_limit(const og_frame_reader *reader, size_t position, og_error *err);

/* Puts `count` bytes at offset `at` of `out` and moves what is behind. 0, OG_ENOMEM or OG_ELIMIT. */
int og__frame_insert(og_buf *out, size_t at, const void *bytes, size_t count, og_error *err);

/* A byte for an error message: 'x', or 0x1e; `text` has room for 8. Returns `text`. */
const char *og__frame_byte(uint8_t byte, char *text);

#endif
