/* SPDX-License-Identifier: MIT */
/* Framing netstring: "12:hello world!," */
#include "frame/frame.h"

#include <stdio.h>

static int refuse(size_t position, uint8_t byte, const char *expected, og_error *err)
{
    char text[8];
    return og_error_set(err, OG_ESYNTAX, position, "expected %s of a netstring but found %s", expected,
                        og__frame_byte(byte, text));
}

/* Takes the digits one by one: 1 after the colon, 0, OG_ESYNTAX or OG_ELIMIT. */
static int read_length(og_frame_reader *reader, const uint8_t *data, size_t len, og_error *err)
{
    for (; reader->at < len; reader->at++) {
        size_t i = reader->at;
        uint8_t byte = data[i];
        if (byte == ':' && i > 0) {
            reader->at = i + 1;
            return 1;
        }
        if (i == 1 && data[0] == '0') return refuse(i, byte, "':' after the length 0", err);
        if (byte < '0' || byte > '9')
            return refuse(i, byte, i > 0 ? "a digit or ':' in the length" : "the length", err);
        /* Once past the limit it need not be known any better. */
        if (reader->number > reader->max_message) return og__frame_passes_limit(reader, 0, err);
        if (reader->number > (UINT64_MAX - 9) / 10) return og__frame_passes_limit(reader, 0, err);
        reader->number = reader->number * 10 + (uint64_t)(byte - '0');
    }
    return 0;
}

static int netstring_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended,
                          og_frame *frame, og_error *err)
{
    if (reader->state == 0) {
        int status = read_length(reader, data, len, err);
        if (status < 0) return status;
        if (status == 0) return og__frame_header_wait(reader, len + 1, len, ended, err);
        reader->state = 1;
    }
    int status = og__frame_body(reader, reader->at, reader->number, 1, len, ended, frame, err);
    if (status > 0 && data[frame->size - 1] != ',')
        return refuse(frame->size - 1, data[frame->size - 1], "',' after the bytes", err);
    return status;
}

static int netstring_end(og_framing framing, og_buf *out, size_t mark, og_error *err)
{
    (void)framing;
    char text[24];
    int count = snprintf(text, sizeof text, "%zu:", out->len - mark);
    int status = og__frame_insert(out, mark, text, (size_t)count, err);
    return status < 0 ? status : og__frame_insert(out, out->len, ",", 1, err);
}

const og_frame_ops og__frame_netstring = {
    .name = "netstring",
    .summary = "the length in digits, a colon, the message, a comma",
    .next = netstring_next,
    .end = netstring_end,
};
