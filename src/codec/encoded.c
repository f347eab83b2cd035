/* SPDX-License-Identifier: MIT */
/* Text that holds a pickle of protocol 0 or 1, in base64 or hexadecimal. */
#include "base/bytes.h"
#include "codec/pickle/begins.h"
#include "codec/signature.h"

enum { YES = 1, MORE = 0, NO = -1 };
enum { DECODED = 48, FEWEST = 6 /* decoded bytes that say enough */ };

/* The first bytes that a text holds. */
typedef struct decoded {
    uint8_t bytes[DECODED];
    size_t len;
    bool ended; /* the text has no more */
} decoded;

static int base64_digit(int c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* True for what may come after the digits: padding, and the ends of lines. */
static bool only_ends(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && i < 4; i++)
        if (data[i] != '=' && data[i] != '\r' && data[i] != '\n') return false;
    return true;
}

/* Decodes digits of `width` bits; lines may end where a group does. False when the text is something else. */
static bool decode(const uint8_t *data, size_t len, int (*digit)(int), unsigned width, decoded *out)
{
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < len && out->len < DECODED; i++) {
        int value = digit(data[i]);
        if (value < 0 && held == 0 && i > 0 && (data[i] == '\r' || data[i] == '\n')) continue;
        if (value < 0) {
            out->ended = true;
            return i > 0 && only_ends(data + i, len - i);
        }
        bits = bits << width | (uint32_t)value;
        held += width;
        if (held < 8) continue;
        held -= 8;
        out->bytes[out->len++] = (uint8_t)(bits >> held);
    }
    return true;
}

static int holds_pickle(const decoded *d)
{
    int protocol = 0;
    if (d->len == 0) return MORE;
    if (d->bytes[0] >= 0x80) return NO; /* protocol 2 and later have rows of their own */
    int begins = og__pickle_begins(d->bytes, d->len, SIZE_MAX, d->ended, &protocol);
    if (begins == YES && d->len < FEWEST) return d->ended ? NO : MORE;
    return begins;
}

int og__codec_base64_old_pickle(const uint8_t *data, size_t len)
{
    decoded d = {.len = 0};
    return decode(data, len, base64_digit, 6, &d) ? holds_pickle(&d) : NO;
}

int og__codec_hex_old_pickle(const uint8_t *data, size_t len)
{
    decoded d = {.len = 0};
    bool letter = false; /* other digits are a number as well, and so are some with an 'e' */
    for (size_t i = 0; i < len && i < (size_t)2 * DECODED; i++)
        letter = letter || ((data[i] | 0x20) >= 'a' && (data[i] | 0x20) != 'e');
    if (!decode(data, len, og__base_hex_digit, 4, &d)) return NO;
    int found = holds_pickle(&d);
    return found == YES && !letter ? MORE : found;
}
