/* SPDX-License-Identifier: MIT */
/* Framing digits:N: N characters that hold the length in decimal digits, padded, then the message. */
#include "frame/frame.h"

#include <stdio.h>
#include <string.h>

/* The widest header that is recognised without being told its width. */
enum { WIDEST_SEEN = 32 };

/* Where in the characters the digits are. */
typedef enum place { BEFORE, WITHIN, AFTER } place;

static int refuse(og_framing framing, size_t at, uint8_t byte, og_error *err)
{
    char text[8];
    return og_error_set(err, OG_ESYNTAX, at,
                        "expected %u characters that hold the length of a message but found %s in them",
                        (unsigned)framing.width, og__frame_byte(byte, text));
}

static void add_digit(og_frame_head *head, uint8_t byte)
{
    if (head->body > (UINT64_MAX - 9) / 10) head->over = true;
    if (!head->over) head->body = head->body * 10 + (uint64_t)(byte - '0');
}

/* One character: 0, or -1 when it is none of a length. */
static int read_character(og_frame_head *head, place *where, uint8_t byte)
{
    if (byte == ' ') {
        if (*where == WITHIN) *where = AFTER;
        return 0;
    }
    if (byte < '0' || byte > '9' || *where == AFTER) return -1;
    *where = WITHIN;
    add_digit(head, byte);
    return 0;
}

/* Without a width: digits padded on one side tell it, as soon as something else comes after them. */
static int see_head(const uint8_t *data, size_t len, og_frame_head *head)
{
    place where = BEFORE;
    size_t at = 0;
    bool left = len > 0 && data[0] == ' ';
    while (at < len && at <= WIDEST_SEEN && !(left && where == WITHIN && data[at] == ' ') &&
           read_character(head, &where, data[at]) == 0)
        at++;
    if (at > WIDEST_SEEN || (where == BEFORE && at < len)) return OG_ESYNTAX;
    head->size = at < len ? at : len + 1;
    head->framing.width = (uint32_t)at;
    return at < len;
}

static int digits_head(og_framing framing, const uint8_t *data, size_t len, og_frame_head *head,
                       og_error *err)
{
    size_t width = framing.width;
    place where = BEFORE;
    if (width == 0) return see_head(data, len, head);
    for (size_t at = 0; at < width && at < len; at++) {
        if (read_character(head, &where, data[at]) < 0) return refuse(framing, at, data[at], err);
        if (head->over) return 0;
    }
    head->size = width;
    if (len < width) return 0;
    if (where == BEFORE)
        return og_error_set(err, OG_ESYNTAX, 0,
                            "expected the length of a message in %zu characters but found only spaces",
                            width);
    return 1;
}

static int digits_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                       og_error *err)
{
    return og__frame_counted(digits_head, reader, data, len, ended, frame, err);
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

static int digits_set(og_framing *framing, const char *parameter, og_error *err)
{
    uint32_t width = 0;
    size_t count = 0;
    for (; count < 4 && parameter[count] >= '0' && parameter[count] <= '9'; count++)
        width = width * 10 + (uint32_t)(parameter[count] - '0');
    if (count == 0 || parameter[count] != '\0' || width < 1 || width > OG__FRAME_DIGITS_MAX)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "framing 'digits:%.32s' needs the number of characters that hold the length, "
                            "from 1 to %d: e.g. digits:10",
                            parameter, OG__FRAME_DIGITS_MAX);
    framing->width = width;
    return OG_OK;
}

static void digits_show(og_framing framing, char *text, size_t size)
{
    snprintf(text, size, "%u", (unsigned)framing.width);
}

const og_frame_ops og__frame_digits = {
    .name = "digits:N",
    .summary = "the length in N characters, padded with spaces (f\"{n:<10}\") or zeros",
    .example = "digits:10",
    .before = "a length in decimal digits",
    .in_text = true,
    .set = digits_set,
    .show = digits_show,
    .head = digits_head,
    .next = digits_next,
    .lead = digits_lead,
    .end = digits_end,
};
