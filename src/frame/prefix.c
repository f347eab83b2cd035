/* SPDX-License-Identifier: MIT */
/* Framings u8 to u64be: the length as an integer of fixed width, then the message. */
#include "base/bytes.h"
#include "frame/frame.h"

static void put_length(const og_frame_ops *ops, uint8_t *data, uint64_t length)
{
    for (size_t i = 0; i < ops->prefix; i++) {
        data[ops->little_endian ? i : ops->prefix - 1u - i] = (uint8_t)length;
        length >>= 8;
    }
}

/* While bytes are missing, the first ones of a big-endian length already tell the least that it can be. */
static inline int prefix_head(const og_framing *framing, const uint8_t *data, size_t len, og_frame_head *head,
                              og_error *err)
{
    (void)err;
    size_t width = framing->ops->prefix;
    head->size = width;
    if (len >= 8) {
        uint64_t word = og__base_load8(data);
        if (framing->ops->little_endian)
            word <<= 64 - 8 * width;
        else
            word = __builtin_bswap64(word);
        head->body = word >> (64 - 8 * width);
        return 1;
    }
    if (framing->ops->little_endian) {
        for (size_t i = len < width ? 0 : width; i > 0; i--)
            head->body = head->body << 8 | data[i - 1];
    } else {
        for (size_t i = 0; i < width; i++)
            head->body = head->body << 8 | (i < len ? data[i] : 0);
    }
    return len >= width;
}

static int prefix_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                       og_error *err)
{
    return og__frame_counted(prefix_head, reader, data, len, ended, frame, err);
}

static size_t prefix_lead(const og_framing *framing)
{
    return framing->ops->prefix;
}

static int prefix_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    const og_frame_ops *ops = framing->ops;
    uint64_t length = out->len - mark - ops->prefix;
    uint64_t most = UINT64_MAX >> (64 - 8 * ops->prefix);
    if (length > most)
        return og_error_set(
            err, OG_EVALUE, OG_NO_POSITION,
            "a message of %llu bytes does not fit framing %s, which carries %llu at most: use a "
            "wider one, e.g. u32be or u64be",
            (unsigned long long)length, ops->name, (unsigned long long)most);
    put_length(ops, out->data + mark, length);
    return OG_OK;
}

#define PREFIX_CALLS .head = prefix_head, .next = prefix_next, .lead = prefix_lead, .end = prefix_end
#define BYTES(n, order)                                                    \
    .prefix = (n), .before = "a length in " #n " bytes, " order "-endian", \
    .little_endian = sizeof(order) == sizeof "little"

const og_frame_ops og__frame_prefixes[OG__FRAME_PREFIXES] = {
    {.name = "u8",
     .summary = "the length in one byte, then the message",
     .before = "a length in 1 byte",
     .prefix = 1,
     PREFIX_CALLS},
    {.name = "u16be", .summary = "the length in 2 bytes, highest first", BYTES(2, "big"), PREFIX_CALLS},
    {.name = "u16le", .summary = "the length in 2 bytes, lowest first", BYTES(2, "little"), PREFIX_CALLS},
    {.name = "u24be", .summary = "the length in 3 bytes, highest first", BYTES(3, "big"), PREFIX_CALLS},
    {.name = "u24le", .summary = "the length in 3 bytes, lowest first", BYTES(3, "little"), PREFIX_CALLS},
    {.name = "u32be",
     .summary = "the length in 4 bytes, highest first (struct \">I\")",
     BYTES(4, "big"),
     PREFIX_CALLS},
    {.name = "u32le",
     .summary = "the length in 4 bytes, lowest first (struct \"<I\")",
     BYTES(4, "little"),
     PREFIX_CALLS},
    {.name = "u64be",
     .summary = "the length in 8 bytes, highest first (struct \">Q\")",
     BYTES(8, "big"),
     PREFIX_CALLS},
    {.name = "u64le",
     .summary = "the length in 8 bytes, lowest first (struct \"<Q\")",
     BYTES(8, "little"),
     PREFIX_CALLS},
};
