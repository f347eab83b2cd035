/* SPDX-License-Identifier: MIT */
/* Framings line and nul: one byte after each message. */
#include "base/text16.h"
#include "frame/frame.h"

#include <string.h>

/* The bytes before the suffix, without a '\r' that belongs to it. */
static size_t body_length(const og_frame_ops *ops, const uint8_t *data, size_t len)
{
    return ops->drops_cr && len > 0 && data[len - 1] == '\r' ? len - 1 : len;
}

static int found(const og_frame_reader *reader, size_t body_len, size_t size, og_frame *frame, og_error *err)
{
    if (body_len > reader->max_message) return og__frame_passes_limit(reader, reader->max_message, err);
    *frame = (og_frame){.body = 0, .body_len = body_len, .size = size};
    return 1;
}

/* The first such byte from `at` on, or `end`. Most messages are short: to call a function takes longer. */
static inline const uint8_t *find_byte(const uint8_t *at, const uint8_t *end, char byte)
{
    enum { SHORT = 8 * OG__TEXT16 };
    const uint8_t *near = end - at < SHORT ? end : at + SHORT;
    for (; near - at >= OG__TEXT16; at += OG__TEXT16) {
        unsigned mask = og__base_byte16(at, (uint8_t)byte);
        if (mask) return at + __builtin_ctz(mask);
    }
    const uint8_t *place = memchr(at, byte, (size_t)(end - at));
    return place ? place : end;
}

static int suffix_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                       og_error *err)
{
    const og_frame_ops *ops = reader->framing.ops;
    /* The longest message, a '\r' and the suffix: whatever has no suffix by then is too long. */
    size_t most = reader->max_message + 2;
    size_t end = len < most ? len : most;
    if (end > reader->at) {
        const uint8_t *at = find_byte(data + reader->at, data + end, ops->ending[0]);
        if (at < data + end) {
            size_t before = (size_t)(at - data);
            return found(reader, body_length(ops, data, before), before + 1, frame, err);
        }
        reader->at = end;
    }
    if (len >= most) return og__frame_passes_limit(reader, reader->max_message, err);
    reader->need = len + 1;
    if (!ended || len == 0) return 0;
    /* Many senders (echo -n, printf, send() by hand) leave the last suffix out. */
    return found(reader, body_length(ops, data, len), len, frame, err);
}

static int suffix_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    const og_frame_ops *ops = framing->ops;
    size_t len = out->len - mark;
    const uint8_t *body = len ? out->data + mark : NULL;
    const uint8_t *bad = len ? memchr(body, ops->ending[0], len) : NULL;
    if (!bad && ops->drops_cr && len && body[len - 1] == '\r') bad = body + len - 1;
    if (bad)
        return og_error_set(
            err, OG_EVALUE, (size_t)(bad - body),
            "the message holds %s, which framing %s ends messages with: leave it out, or use a "
            "framing that counts bytes, e.g. u32be",
            *bad == '\0'   ? "a NUL byte"
            : *bad == '\r' ? "a carriage return at its end"
                           : "a line break",
            ops->name);
    int status = og_buf_putc(out, (uint8_t)ops->ending[0]);
    return status < 0 ? og__frame_no_room(status, err) : OG_OK;
}

const og_frame_ops og__frame_suffixes[OG__FRAME_SUFFIXES] = {
    {
        .name = "line",
        .summary = "a line feed after each message (a carriage return before it is dropped)",
        .ending = "\n",
        .ending_len = 1,
        .drops_cr = true,
        .next = suffix_next,
        .end = suffix_end,
    },
    {
        .name = "nul",
        .summary = "a NUL byte after each message",
        .ending = "",
        .ending_len = 1,
        .next = suffix_next,
        .end = suffix_end,
    },
};
