/* SPDX-License-Identifier: MIT */
/* Framings u8 to u64be: the length as an integer of fixed width, then the message. */
#include "frame/frame.h"

static uint64_t get_length(const og_frame_ops *ops, const uint8_t *data)
{
    uint64_t length = 0;
    for (size_t i = 0; i < ops->prefix; i++)
        length = length << 8 | data[ops->little_endian ? ops->prefix - 1u - i : i];
    return length;
}

static void put_length(const og_frame_ops *ops, uint8_t *data, uint64_t length)
{
    for (size_t i = 0; i < ops->prefix; i++) {
        data[ops->little_endian ? i : ops->prefix - 1u - i] = (uint8_t)length;
        length >>= 8;
    }
}

/* A length that is text gives away a peer that does not count its bytes: say what it reads. */
static int refuse_length(const og_frame_reader *reader, const uint8_t *data, uint64_t length, og_error *err)
{
    size_t width = reader->framing.ops->prefix;
    for (size_t i = 0; i < width; i++) {
        if (data[i] < 0x20 || data[i] > 0x7e) return og__frame_too_long(reader, length, err);
    }
    return og_error_set(
        err, OG_ELIMIT, 0,
        "a message of %llu bytes is announced, but the limit is %zu; the length reads \"%.*s\": "
        "the peer seems not to frame as %s",
        (unsigned long long)length, reader->max_message, (int)width, (const char *)data,
        reader->framing.ops->name);
}

static int prefix_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                       og_error *err)
{
    size_t width = reader->framing.ops->prefix;
    if (reader->at == 0) {
        if (len < width) return og__frame_header_wait(reader, width, len, ended, err);
        reader->number = get_length(reader->framing.ops, data);
        if (reader->number > reader->max_message) return refuse_length(reader, data, reader->number, err);
        reader->at = width;
    }
    return og__frame_body(reader, width, reader->number, 0, len, ended, frame, err);
}

static size_t prefix_lead(og_framing framing)
{
    return framing.ops->prefix;
}

static int prefix_end(og_framing framing, og_buf *out, size_t mark, og_error *err)
{
    const og_frame_ops *ops = framing.ops;
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

#define PREFIX_CALLS .next = prefix_next, .lead = prefix_lead, .end = prefix_end

const og_frame_ops og__frame_prefixes[7] = {
    {.name = "u8", .summary = "the length in one byte, then the message", .prefix = 1, PREFIX_CALLS},
    {.name = "u16be", .summary = "the length in 2 bytes, highest first", .prefix = 2, PREFIX_CALLS},
    {.name = "u16le",
     .summary = "the length in 2 bytes, lowest first",
     .prefix = 2,
     .little_endian = true,
     PREFIX_CALLS},
    {.name = "u32be",
     .summary = "the length in 4 bytes, highest first (struct \">I\")",
     .prefix = 4,
     PREFIX_CALLS},
    {.name = "u32le",
     .summary = "the length in 4 bytes, lowest first (struct \"<I\")",
     .prefix = 4,
     .little_endian = true,
     PREFIX_CALLS},
    {.name = "u64be",
     .summary = "the length in 8 bytes, highest first (struct \">Q\")",
     .prefix = 8,
     PREFIX_CALLS},
    {.name = "u64le",
     .summary = "the length in 8 bytes, lowest first (struct \"<Q\")",
     .prefix = 8,
     .little_endian = true,
     PREFIX_CALLS},
};
