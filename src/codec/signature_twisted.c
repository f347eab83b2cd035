/* SPDX-License-Identifier: MIT */
/* What Twisted's own protocols send: AMP, and the banana of Perspective Broker. */
#include "codec/signature.h"

enum { YES = 1, NO = -1 };

/* ---- AMP ---- */

/* Goes past two bytes of length and as many bytes as they say. False when these are not here. */
static bool pass_counted(const uint8_t *data, size_t len, size_t *at, size_t *size)
{
    if (len - *at < 2) return false;
    *size = (size_t)data[*at] << 8 | data[*at + 1];
    if (*size > len - *at - 2) return false;
    *at += 2 + *size;
    return true;
}

/* Pairs of a key, which is text of up to 255 bytes, and a value; an empty key ends a box. */
int og__codec_amp(const uint8_t *data, size_t len)
{
    enum { KEY_MAX = 255 };
    size_t pairs = 0;
    for (size_t at = 0; at < len;) {
        size_t size;
        if (!pass_counted(data, len, &at, &size) || size > KEY_MAX) return NO;
        if (size == 0) return pairs > 0 && (at == len || data[at] == 0) ? YES : NO;
        if (!og__codec_is_text(data + at - size, size) || !pass_counted(data, len, &at, &size)) return NO;
        pairs++;
    }
    return NO;
}

/* ---- Banana ---- */

/* What follows a number of seven bits a byte, lowest first. */
enum { LIST = 0x80, STRING = 0x82, FLOAT = 0x84, LAST_TYPE = 0x87 };

/* One item: its bytes, and in `*count` how many items it holds. False when it is none, or cut. */
static bool pass_item(const uint8_t *data, size_t len, size_t *at, uint64_t *count)
{
    enum { DIGITS = 9, FLOAT_SIZE = 8 };
    unsigned digits = 0;
    uint64_t number = 0;
    for (; *at < len && data[*at] < LIST && digits < DIGITS; digits++)
        number |= (uint64_t)data[(*at)++] << 7 * digits;
    if (*at == len || data[*at] < LIST || data[*at] > LAST_TYPE) return false;
    uint8_t type = data[(*at)++];
    uint64_t size = type == STRING ? number : type == FLOAT ? FLOAT_SIZE : 0;
    if ((digits == 0) != (type == FLOAT) || size > len - *at) return false;
    *at += (size_t)size;
    *count = type == LIST ? number : 0;
    return true;
}

int og__codec_banana(const uint8_t *data, size_t len)
{
    size_t at = 0;
    uint64_t left;
    if (len < 3 || data[0] >= LIST || (data[1] != LIST && data[1] != STRING)) return NO;
    if (!pass_item(data, len, &at, &left) || (data[1] == STRING && !og__codec_is_text(data + 2, at - 2)))
        return NO;
    while (left > 0) {
        uint64_t inner;
        if (!pass_item(data, len, &at, &inner) || inner > len) return NO;
        left += inner - 1;
    }
    return at == len ? YES : NO;
}
