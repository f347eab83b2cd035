/* SPDX-License-Identifier: MIT */
/*
 * Datagrams that begin as texts do. Each datagram is detected on its own, and most are texts: few
 * instructions tell that no framing is before the text. Read as a length, characters are more than a datagram
 * carries, but for lengths of one or two bytes, which would have to be those of this datagram.
 */
#include "peer/detect_text.h"

#include <string.h>

enum {
    HEADER = 16,     /* no length is longer, nor what comes with it */
    LONGEST = 65536, /* of datagrams; below 0x090909, the least that three characters are as a length */
};

static bool is_character(uint8_t byte)
{
    return (byte >= ' ' && byte <= '~') || byte == '\n' || byte == '\r' || byte == '\t';
}

/* True when none of eight bytes is below ' ' or above '~'. */
static bool are_letters(const uint8_t *data)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return (((word - ' ' * ones) | (word + ones) | word) & 0x80 * ones) == 0;
}

static bool are_characters(const uint8_t *data, size_t len)
{
    if (len == HEADER && are_letters(data) && are_letters(data + HEADER / 2)) return true;
    for (size_t i = 0; i < len; i++)
        if (!is_character(data[i])) return false;
    return true;
}

/* Brackets and quotes: no length in digits, no mark and no word begins so. */
static bool opens_text(uint8_t byte)
{
    return byte == '{' || byte == '[' || byte == '"';
}

static bool has_own_length(const uint8_t *data, size_t len)
{
    size_t one = data[0];
    size_t two = data[1];
    return len == 1 + one || len == 2 + (one << 8 | two) || len == 2 + (two << 8 | one);
}

/* Of the other protocols one alone begins so: any four bytes, then this. */
static bool may_be_challenge(const uint8_t *data, size_t len)
{
    return len > 4 && data[4] == '#';
}

bool og__peer_detect_is_text(const og__look *look)
{
    size_t len = look->len;
    if (!look->datagram || len < 2 || len > LONGEST || !opens_text(look->data[0])) return false;
    if (!are_characters(look->data, len < HEADER ? len : HEADER)) return false;
    return !has_own_length(look->data, len) && !may_be_challenge(look->data, len);
}
