/* SPDX-License-Identifier: MIT */
/* Checks the UTF-8 of a str in a pickle: blocks of ASCII in vectors, the rest by whole sequences. */
#include "codec/pickle/read/text.h"

#include "base/utf8.h"

static bool needs_escape(uint8_t byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

static uint32_t load32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Passes over sequences of two and three bytes that need no second look, while four bytes may be read. */
static const uint8_t *skip_common(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 4) {
        uint32_t word = load32(at);
        if ((word & 0xc0c0f0) == 0x8080e0) {
            /* 0xe0 may be too long a form, 0xed a surrogate: 0x0 and 0xd in the lower half. */
            if ((word & 0x200f) == 0 || (word & 0x200f) == 0x200d) return at;
            at += 3;
        } else if ((word & 0xc0e0) == 0x80c0 && (word & 0x1e)) {
            at += 2;
        } else {
            return at;
        }
    }
    return at;
}

/* Passes over what is not ASCII from `at` on; NULL when it is malformed. */
static const uint8_t *skip_sequences(const uint8_t *at, const uint8_t *end, unsigned *flags)
{
    while (at < end && *at >= 0x80) {
        const uint8_t *next = skip_common(at, end);
        if (next == at) {
            uint32_t code;
            size_t n = og__base_utf8_decode(at, (size_t)(end - at), &code);
            if (n == 0) return NULL;
            if (code >= 0xd800 && code <= 0xdfff) *flags |= OG__F_SURROGATE;
            next = at + n;
        }
        at = next;
    }
    return at;
}

/* Passes over ASCII up to the next byte that is not, or needs an escape; past it when it needs one. */
static const uint8_t *skip_ascii(const uint8_t *at, const uint8_t *end, unsigned *flags)
{
    unsigned special = 0;
    while (end - at >= OG__TEXT16 && (special = og__base_special16(at)) == 0)
        at += OG__TEXT16;
    if (special) at += __builtin_ctz(special);
    while (at < end && *at < 0x80) {
        if (needs_escape(*at++)) {
            *flags &= ~(unsigned)OG__F_CLEAN;
            break;
        }
    }
    return at;
}

unsigned og__pickle_text_flags(const uint8_t *text, size_t len)
{
    const uint8_t *at = text;
    const uint8_t *end = text + len;
    unsigned flags = OG__F_ASCII | OG__F_CLEAN;
    while (at < end) {
        at = skip_ascii(at, end, &flags);
        if (at == end || *at < 0x80) continue;
        flags &= ~(unsigned)OG__F_ASCII;
        at = skip_sequences(at, end, &flags);
        if (!at) return OG__TEXT_BAD;
    }
    return flags;
}
