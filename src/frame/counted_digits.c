/* SPDX-License-Identifier: MIT */
/* Framing digits:C: the length in decimal digits, as many as it takes, the characters C, then the message. */
#include "frame/frame.h"

#include <stdio.h>
#include <string.h>

/* The most characters after the digits; the most digits and blanks of a length. */
enum { MARK_MAX = 4, LENGTH_MAX = 64 };

/* A message of one byte is nobody's: "1\n" is a number on a line. */
enum { LEAST_SEEN = 2 };

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Where the digits are, [*from, *to): 1 when a byte came that is none, 0 when not, or OG_ESYNTAX. */
static int find_digits(const uint8_t *data, size_t len, size_t *from, size_t *to)
{
    size_t at = 0;
    while (at < len && at < LENGTH_MAX && data[at] == ' ')
        at++;
    *from = at;
    while (at < len && at < LENGTH_MAX && is_digit(data[at]))
        at++;
    *to = at;
    if (at == LENGTH_MAX || (at < len && at == *from)) return OG_ESYNTAX;
    return at < len;
}

static void add_digits(og_frame_head *head, const uint8_t *digits, size_t count)
{
    for (size_t i = 0; i < count && !head->over; i++) {
        if (head->body > (UINT64_MAX - 9) / 10)
            head->over = true;
        else
            head->body = head->body * 10 + (uint64_t)(digits[i] - '0');
    }
}

/* True for a byte that people put after a length, and no value begins with. */
static bool is_mark(uint8_t byte)
{
    return byte == 0 || byte == '\t' || byte == '\n' || byte == ' ' ||
           (byte < 0x7f && strchr("!#$%&'*,/:;<=>?@\\^_`|~", byte));
}

/* Without a text: the characters that come after the digits show it. */
static int see_mark(const uint8_t *data, size_t len, og_frame_head *head, og_framing *shown)
{
    size_t at = head->size;
    bool cr = data[at] == '\r';
    head->as_value = cr;
    if (cr && at + 1 == len) return 0;
    if (cr ? data[at + 1] != '\n' : !is_mark(data[at])) return OG_ESYNTAX;
    /* The blanks of a length of fixed width are that framing's. */
    if (data[at] == ' ' && data[0] == ' ') return OG_ESYNTAX;
    if (data[at] == ' ' && at + 1 == len) return 0;
    if (data[at] == ' ' && data[at + 1] == ' ') return OG_ESYNTAX;
    if (head->body < LEAST_SEEN) return OG_ESYNTAX;
    head->as_value = cr || data[at] == '\t' || data[at] == '\n' || data[at] == ' ' || data[at] == 0;
    size_t size = cr ? 2 : 1;
    if (shown) {
        shown->text_len = (uint8_t)size;
        memcpy(shown->text, data + at, size);
    }
    head->size = at + size;
    return 1;
}

static int counted_head(const og_framing *framing, const uint8_t *data, size_t len, og_frame_head *head,
                        og_error *err)
{
    size_t from;
    size_t to;
    char text[8];
    int found = find_digits(data, len, &from, &to);
    head->size = to;
    add_digits(head, data + from, to - from);
    if (head->over) return 0; /* whatever follows: it may not have come yet */
    if (to == LENGTH_MAX)
        return og_error_set(err, OG_ESYNTAX, to,
                            "expected the length of a message in fewer than %d characters", LENGTH_MAX);
    if (found < 0)
        return og_error_set(err, OG_ESYNTAX, to, "expected the length of a message in digits but found %s",
                            og__frame_byte(data[to], text));
    if (framing->text_len == 0) {
        int seen = found ? see_mark(data, len, head, head->shown) : 0;
        if (seen == 0) head->size = len + 1;
        return seen;
    }
    for (size_t i = 0; i < framing->text_len && to + i < len; i++)
        if (data[to + i] != framing->text[i])
            return og_error_set(err, OG_ESYNTAX, to + i,
                                "expected a digit of a message's length, or what ends it, but found %s",
                                og__frame_byte(data[to + i], text));
    head->size = to + framing->text_len;
    if (len >= head->size) return 1;
    head->size = len + 1;
    return 0;
}

static int counted_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                        og_error *err)
{
    return og__frame_counted(counted_head, reader, data, len, ended, frame, err);
}

static int counted_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    char text[24 + OG_FRAMING_TEXT_MAX];
    int count = snprintf(text, sizeof text, "%zu", out->len - mark);
    memcpy(text + count, framing->text, framing->text_len);
    return og__frame_insert(out, mark, text, (size_t)count + framing->text_len, err);
}

/* Digits alone are a width: digits:N. */
static int counted_set(og_framing *framing, const char *parameter, og_error *err)
{
    int status = og__frame_take_text(framing, parameter, MARK_MAX, err);
    bool digits = false;
    for (size_t i = 0; status == OG_OK && i < framing->text_len; i++)
        digits = digits || is_digit(framing->text[i]);
    if (!digits) return status;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "framing 'digits:%.32s' needs a width or what comes after the digits: e.g. digits:10 "
                        "or digits:\\n",
                        parameter);
}

const og_frame_ops og__frame_counted_digits = {
    .name = "digits:C",
    .summary = "the length in digits, as many as it takes, and the character C: digits:\\n, digits:#",
    .example = "digits:#",
    .before = "a length in decimal digits and its mark",
    .in_text = true,
    .set = counted_set,
    .show = og__frame_show_text,
    .head = counted_head,
    .next = counted_next,
    .end = counted_end,
};
