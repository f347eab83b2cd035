/* SPDX-License-Identifier: MIT */
/* Framing digits:N: N characters that hold the length in decimal digits, padded, then the message. */
#include "frame/frame.h"

#include <stdio.h>
#include <string.h>

/* Where in the characters the reader is. */
enum { BEFORE, WITHIN, BEHIND };

static int refuse(const og_frame_reader *reader, uint8_t byte, og_error *err)
{
    char text[8];
    return og_error_set(err, OG_ESYNTAX, reader->at,
                        "expected %u characters that hold the length of a message but found %s in them",
                        (unsigned)reader->framing.width, og__frame_byte(byte, text));
}

/* One character: 0, OG_ESYNTAX or OG_ELIMIT. */
static int read_character(og_frame_reader *reader, uint8_t byte, og_error *err)
{
    if (byte == ' ') {
        if (reader->state == WITHIN) reader->state = BEHIND;
        return 0;
    }
    if (byte < '0' || byte > '9' || reader->state == BEHIND) return refuse(reader, byte, err);
    reader->state = WITHIN;
    if (reader->number > (UINT64_MAX - 9) / 10) return og__frame_passes_limit(reader, 0, err);
    reader->number = reader->number * 10 + (uint64_t)(byte - '0');
    return 0;
}

static int digits_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                       og_error *err)
{
    size_t width = reader->framing.width;
    for (; reader->at < width && reader->at < len; reader->at++) {
        int status = read_character(reader, data[reader->at], err);
        if (status < 0) return status;
    }
    if (reader->at < width) return og__frame_header_wait(reader, width, len, ended, err);
    if (reader->state == BEFORE)
        return og_error_set(err, OG_ESYNTAX, 0,
                            "expected the length of a message in %zu characters but found only spaces",
                            width);
    return og__frame_body(reader, width, reader->number, 0, len, ended, frame, err);
}

static size_t digits_lead(og_framing framing)
{
    return framing.width;
}

static int digits_end(og_framing framing, og_buf *out, size_t mark, og_error *err)
{
    char text[24];
    size_t length = out->len - mark - framing.width;
    size_t count = (size_t)snprintf(text, sizeof text, "%zu", length);
    if (count > framing.width)
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "the length of a message of %zu bytes does not fit %u characters: use a wider "
                            "digits:N, e.g. digits:10",
                            length, (unsigned)framing.width);
    memset(out->data + mark, ' ', framing.width);
    memcpy(out->data + mark, text, count);
    return OG_OK;
}

const og_frame_ops og__frame_digits = {
    .name = "digits:N",
    .summary = "the length in N characters, padded with spaces (f\"{n:<10}\") or zeros",
    .next = digits_next,
    .lead = digits_lead,
    .end = digits_end,
};
