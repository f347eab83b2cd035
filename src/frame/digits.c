/* SPDX-License-Identifier: MIT */
/* Framing digits:N: N characters that hold the length in decimal digits, padded, then the message. */
#include "frame/frame.h"

#include "base/plural.h"

#include <stdio.h>
#include <string.h>

/* The widest header that is recognised without being told its width. */
enum { WIDEST_SEEN = OG__FRAME_DIGITS_MAX };

/* Where in the characters the digits are. */
typedef enum place { BEFORE, WITHIN, AFTER } place;

static int refuse(const og_framing *framing, size_t at, uint8_t byte, og_error *err)
{
    char text[8];
    bool one = framing->width == 1;
    return og_error_set(err, OG_ESYNTAX, at,
                        "expected %u character%s the length of a message but found %s in %s",
                        (unsigned)framing->width, one ? " that holds" : "s that hold",
                        og__frame_byte(byte, text), one ? "it" : "them");
}

static void add_digit(og_frame_head *head, uint8_t byte)
{
    if (head->body > (UINT64_MAX - 9) / 10) head->over = true;
    if (!head->over) head->body = head->body * 10 + (uint64_t)(byte - '0');
}

/* What pads a length: blanks and NULs. */
static bool is_padding(uint8_t byte)
{
    return byte == ' ' || byte == 0 || byte == '\t' || byte == '\n' || byte == '\r';
}

/* One character: 0, or -1 when it is none of a length. */
static int read_character(og_frame_head *head, place *where, uint8_t byte)
{
    if (is_padding(byte)) {
        if (*where == WITHIN) *where = AFTER;
        return 0;
    }
    if (byte < '0' || byte > '9' || *where == AFTER) return -1;
    *where = WITHIN;
    add_digit(head, byte);
    return 0;
}

/* How many of `byte` there are from `at` on, up to one more than the widest header has. */
static size_t count_of(const uint8_t *data, size_t len, size_t at, uint8_t byte)
{
    size_t n = 0;
    while (at + n < len && n <= WIDEST_SEEN && data[at + n] == byte)
        n++;
    return n;
}

static size_t count_digits(const uint8_t *data, size_t len, size_t at)
{
    size_t n = 0;
    while (at + n < len && n <= WIDEST_SEEN && data[at + n] >= '0' && data[at + n] <= '9')
        n++;
    return n;
}

/* The padding before the digits: blanks, or NULs. */
static size_t count_left(const uint8_t *data, size_t len)
{
    size_t blanks = count_of(data, len, 0, ' ');
    return blanks > 0 ? blanks : count_of(data, len, 0, 0);
}

/* The padding after the digits: blanks and tabs, perhaps with a line's end; or NULs. */
static size_t count_right(const uint8_t *data, size_t len, size_t at)
{
    size_t n = count_of(data, len, at, 0);
    if (n > 0) return n;
    while (at + n < len && n <= WIDEST_SEEN && data[at + n] && is_padding(data[at + n]))
        n++;
    return n;
}

/* The blanks after digits with `left` blanks before them: they belong to the header where they centre it. */
static size_t centring(const uint8_t *data, size_t len, size_t at, size_t left)
{
    size_t right = count_of(data, len, at, data[0]);
    return right + 1 >= left && right <= left + 1 ? right : 0;
}

/* True when the padding has a line's end: then the digits may as well be a number on a line. */
static bool ends_line(const uint8_t *padding, size_t len)
{
    return memchr(padding, '\n', len) || memchr(padding, '\r', len);
}

/* True for a line's end alone, and for one character: these are the mark of a length of any width (digits:C).
 */
static bool is_mark(const uint8_t *padding, size_t len)
{
    size_t ends = 0;
    while (ends < len && (padding[ends] == '\n' || padding[ends] == '\r'))
        ends++;
    return len == 1 || (len > 0 && ends == len);
}

/* Without a width: digits with their padding tell it, as soon as something else comes after them. */
static int see_head(const uint8_t *data, size_t len, og_frame_head *head)
{
    size_t left = count_left(data, len);
    size_t digits = count_digits(data, len, left);
    size_t end = left + digits;
    head->size = len + 1;
    if (end == len) return len > WIDEST_SEEN ? OG_ESYNTAX : 0;
    if (digits == 0) return OG_ESYNTAX;
    size_t right = left > 0 ? centring(data, len, end, left) : count_right(data, len, end);
    size_t padding = left > 0 ? count_of(data, len, end, data[0]) : right;
    if (end + right > WIDEST_SEEN) return OG_ESYNTAX;
    head->as_value = left == 0 && ends_line(data + end, right);
    if (end + padding == len) return data[end] == '\n' || data[end] == '\r' ? OG_ESYNTAX : 0;
    if (left == 0 && is_mark(data + end, right)) return OG_ESYNTAX;
    for (size_t at = left; at < end; at++)
        add_digit(head, data[at]);
    head->size = end + right;
    if (head->shown) head->shown->width = (uint32_t)head->size;
    return 1;
}

static int digits_head(const og_framing *framing, const uint8_t *data, size_t len, og_frame_head *head,
                       og_error *err)
{
    size_t width = framing->width;
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
                            "expected the length of a message in %zu character%s but found only spaces",
                            width, og__base_plural(width));
    return 1;
}

static int digits_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                       og_error *err)
{
    return og__frame_counted(digits_head, reader, data, len, ended, frame, err);
}

static size_t digits_lead(const og_framing *framing)
{
    return framing->width;
}

static int digits_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    char text[24];
    size_t length = out->len - mark - framing->width;
    size_t count = (size_t)snprintf(text, sizeof text, "%zu", length);
    if (count > framing->width)
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "the length of a message of %zu bytes does not fit %u character%s: use a wider "
                            "digits:N, e.g. digits:10",
                            length, (unsigned)framing->width, og__base_plural(framing->width));
    memset(out->data + mark, ' ', framing->width);
    memcpy(out->data + mark, text, count);
    return OG_OK;
}

static int digits_set(og_framing *framing, const char *parameter, og_error *err)
{
    if (parameter[0] && (parameter[0] < '0' || parameter[0] > '9')) return OG_ENOTFOUND;
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

static void digits_show(const og_framing *framing, char *text, size_t size)
{
    snprintf(text, size, "%u", (unsigned)framing->width);
}

const og_frame_ops og__frame_digits = {
    .name = "digits:N",
    .summary = "the length in N characters, padded with spaces (f\"{n:<10}\"), zeros or NULs",
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
