/* SPDX-License-Identifier: MIT */
/* Framing varint: the length as LEB128, seven bits a byte, lowest first; protobuf's delimited streams. */
#include "frame/frame.h"

enum { VARINT_MAX = 10 };

/* Padded lengths are taken, as protobuf does; what does not fit 64 bits is not. */
static int varint_head(const og_framing *framing, const uint8_t *data, size_t len, og_frame_head *head,
                       og_error *err)
{
    (void)framing;
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = data[i];
        if (i == VARINT_MAX - 1 && byte > 1)
            return og_error_set(
                err, OG_ESYNTAX, i,
                "a varint length goes on past 64 bits (byte 0x%02x): the peer seems not to frame "
                "as varint",
                byte);
        head->body |= (uint64_t)(byte & 0x7f) << (7 * i);
        head->size = i + 1;
        if (byte >= 0x80) continue;
        head->odd = i > 0 && byte == 0;
        return 1;
    }
    head->size = len + 1;
    return 0;
}

static int varint_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                       og_error *err)
{
    return og__frame_counted(varint_head, reader, data, len, ended, frame, err);
}

static int varint_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    (void)framing;
    uint8_t bytes[VARINT_MAX];
    size_t count = 0;
    uint64_t length = out->len - mark;
    for (; length >= 0x80; length >>= 7)
        bytes[count++] = (uint8_t)(length | 0x80);
    bytes[count++] = (uint8_t)length;
    return og__frame_insert(out, mark, bytes, count, err);
}

const og_frame_ops og__frame_varint = {
    .name = "varint",
    .summary = "the length as LEB128, as in protobuf's delimited streams",
    .before = "a length in LEB128",
    .head = varint_head,
    .next = varint_next,
    .end = varint_end,
};
