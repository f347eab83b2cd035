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

/* How many framings the files of several have. */
enum { OG__FRAME_SUFFIXES = 2, OG__FRAME_DELIMITERS = 2, OG__FRAME_PREFIXES = 9 };

extern const og_frame_ops og__frame_raw;
extern const og_frame_ops og__frame_eof;
extern const og_frame_ops og__frame_suffixes[OG__FRAME_SUFFIXES];
extern const og_frame_ops og__frame_delimiters[OG__FRAME_DELIMITERS];
extern const og_frame_ops og__frame_seq;
extern const og_frame_ops og__frame_prefixes[OG__FRAME_PREFIXES];
extern const og_frame_ops og__frame_varint;
extern const og_frame_ops og__frame_netstring;
extern const og_frame_ops og__frame_digits;
extern const og_frame_ops og__frame_counted_digits;
extern const og_frame_ops og__frame_header;
extern const og_frame_ops og__frame_mp;

/* No framing puts more than this around a message, and the limit of a reader stays this far below SIZE_MAX,
 * so that sums of the two cannot overflow. */
enum { OG__FRAME_OVERHEAD_MAX = 1 << 17 };

/* The longest length of a `header` block, and the widest `digits:N`. */
enum { OG__FRAME_HEADER_MAX = 8192, OG__FRAME_DIGITS_MAX = 256 };

/* The end of a step that still needs header bytes, `need` in all at least: 0, or what `ended` makes of it: a
 * clean end when nothing of a frame came, else OG_ETRUNCATED. */
int og__frame_header_wait(og_frame_reader *reader, size_t need, size_t len, bool ended, og_error *err);

/* OG_ELIMIT for a message of `length` bytes, which its header `head` of `size` bytes announces. */
int og__frame_too_long(const og_frame_reader *reader, const uint8_t *head, size_t size, uint64_t length,
                       og_error *err);

/* OG_ELIMIT for a message that passes the limit, by how much is not known. */
int og__frame_passes_limit(const og_frame_reader *reader, size_t position, og_error *err);

/* The stream ended within a message. OG_ETRUNCATED. */
int og__frame_cut(size_t header, uint64_t length, size_t len, og_error *err);

/* OG_ESYNTAX: the byte after a message, where the framing has one, is another. */
int og__frame_bad_tail(const og_frame_reader *reader, size_t position, uint8_t byte, og_error *err);

/* The message after a header of `header` bytes, `reader->number` bytes long: 1 when all came, 0 when not,
 * OG_ELIMIT, OG_ETRUNCATED, OG_ESYNTAX. */
static inline int og__frame_body(og_frame_reader *reader, size_t header, const uint8_t *data, size_t len,
                                 bool ended, og_frame *frame, og_error *err)
{
    uint64_t length = reader->number;
    char tail = reader->framing.ops->tail;
    if (length > reader->max_message) return og__frame_too_long(reader, data, header, length, err);
    size_t size = header + (size_t)length + (tail != 0);
    reader->need = size;
    if (len < size) return ended ? og__frame_cut(header, length, len, err) : 0;
    if (tail && data[size - 1] != (uint8_t)tail)
        return og__frame_bad_tail(reader, size - 1, data[size - 1], err);
    *frame = (og_frame){.body = header, .body_len = (size_t)length, .size = size};
    return 1;
}

/* The `next` of a framing with a header `head` (its row's) and then the message. */
static inline int og__frame_counted(int (*head)(const og_framing *, const uint8_t *, size_t, og_frame_head *,
                                                og_error *),
                                    og_frame_reader *reader, const uint8_t *data, size_t len, bool ended,
                                    og_frame *frame, og_error *err)
{
    if (reader->at == 0) {
        og_frame_head found = {0};
        int status = head(&reader->framing, data, len, &found, err);
        if (status < 0) return status;
        if (found.over) return og__frame_passes_limit(reader, 0, err);
        if (status == 0) return og__frame_header_wait(reader, found.size, len, ended, err);
        reader->at = found.size;
        reader->number = found.body;
    }
    return og__frame_body(reader, reader->at, data, len, ended, frame, err);
}

/* Says that `out` did not grow, and why (`status`, which is the result). */
int og__frame_no_room(int status, og_error *err);

/* Puts `count` bytes at offset `at` of `out` and moves what follows. 0, OG_ENOMEM or OG_ELIMIT. */
int og__frame_insert(og_buf *out, size_t at, const void *bytes, size_t count, og_error *err);

/* The framing whose messages each end with a text. OG_EINVAL when it is empty or too long. */
int og__frame_delim(og_framing *framing, const uint8_t *text, size_t len);

/* The text of a parameter, C escapes in it, to framing->text: 1 to `most` bytes. 0 or OG_EINVAL. */
int og__frame_take_text(og_framing *framing, const char *parameter, size_t most, og_error *err);

/* That text as og__frame_take_text() takes it. */
void og__frame_show_text(const og_framing *framing, char *text, size_t size);

/* A byte for an error message: 'x', or 0x1e; `text` has room for 8. Returns `text`. */
const char *og__frame_byte(uint8_t byte, char *text);

#endif
