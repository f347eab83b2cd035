/* SPDX-License-Identifier: MIT */
/* What follows a number shows that it is no value: something that is no value either, or a value that is just
 * as long as the number says. */
#include "peer/detect_number.h"

#include <string.h>

/* More white space than that pads no length, and nobody writes it between values. */
enum { WIDEST_PADDING = 256 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The number in [from, to), or 0 when it has more digits than a size. */
static size_t number_of(const uint8_t *data, size_t from, size_t to)
{
    enum { MOST_DIGITS = 9 };
    size_t number = 0;
    if (to - from > MOST_DIGITS) return 0;
    for (size_t at = from; at < to && is_digit(data[at]); at++)
        number = number * 10 + (size_t)(data[at] - '0');
    return number;
}

/* True when the bytes at `at` begin a message of another codec. */
static bool begins_another(const og__look *look, const og_codec *codec, size_t at)
{
    const og_opening opening = {look->data + at, look->len - at, look->len - at, look->ended, false};
    const og_codec *other;
    int note;
    for (size_t i = 0; (other = og_codec_at(i)); i++)
        if (other != codec && !other->asked && other->begins && other->begins(&opening, &note) > 0)
            return true;
    return false;
}

/* Where the value at `at` ends: 1 with its end, 0 when it is not whole, below 0 when there is none. */
static int value_end(const og__look *look, const og_codec *codec, size_t at, size_t *end)
{
    og_codec_scan scan;
    size_t start = 0;
    memset(&scan, 0, sizeof scan);
    bool last = look->ended || look->datagram;
    int found = codec->scan(&scan, NULL, look->data + at, look->len - at, last, &start, end, NULL);
    if (found <= 0) return found;
    *end += at;
    bool goes_on = *end < look->len && codec->may_follow && !codec->may_follow(look->data[*end]);
    return goes_on ? -1 : 1;
}

/* True when the line after the number is just as long as the number says, and set off as no two lines are. */
static bool counts_line(const og__look *look, size_t number, size_t end, size_t at, size_t to)
{
    const uint8_t *data = look->data;
    bool cr = data[end] == '\r';
    bool blank_line = at - end > 1 + (size_t)cr;
    bool chunk = cr && to < look->len && data[to] == '\r';
    return number == to - at && !is_digit(data[to - 1]) && (blank_line || chunk);
}

bool og__peer_number_stands(const og__look *look, const og_codec *codec, size_t first, size_t end, size_t at)
{
    const uint8_t *data = look->data;
    size_t to = 0;
    bool line = memchr(data + end, '\n', at - end) || memchr(data + end, '\r', at - end);
    int found = value_end(look, codec, at, &to);
    if (found < 0) return line && !begins_another(look, codec, at);
    if (line) return found == 0 || !counts_line(look, number_of(data, first, end), end, at, to);
    size_t blanks = at - end;
    bool padded = first > 1 && data[first - 1] == ' ';
    if (padded && blanks != 1) return blanks > 0 && at <= WIDEST_PADDING;
    return blanks <= WIDEST_PADDING;
}
