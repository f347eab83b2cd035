/* SPDX-License-Identifier: MIT */
/* Strings as JSON: quotes, escapes, and \u for all that is not ASCII where that is asked for. */
#include "base/text16.h"
#include "base/utf8.h"
#include "codec/json/writer.h"

#include <string.h>

enum { ESCAPE_MAX = 12, BLOCK = OG__TEXT16, CHUNK = 512 };

/* \u and four hexadecimal digits, made at once: a digit in each byte, 39 more for those from ten on. */
static inline uint8_t *put_hex4(uint8_t *at, uint32_t code)
{
    uint32_t digits = (code & 0xf) << 24 | (code & 0xf0) << 12 | (code & 0xf00) | (code & 0xf000) >> 12;
    uint32_t letters = (digits + 0x06060606) >> 4 & 0x01010101;
    digits += 0x30303030 + letters * 39;
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) digits = __builtin_bswap32(digits);
    memcpy(at, "\\u", 2);
    memcpy(at + 2, &digits, 4);
    return at + 6;
}

static inline uint8_t *put_escaped(uint8_t *at, uint8_t c)
{
    static const char letters[128] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (!letters[c]) return put_hex4(at, c);
    *at++ = '\\';
    *at++ = (uint8_t)letters[c];
    return at;
}

static inline uint8_t *put_code(uint8_t *at, uint32_t code)
{
    if (code < 0x10000) return put_hex4(at, code);
    at = put_hex4(at, 0xd800 + ((code - 0x10000) >> 10));
    return put_hex4(at, 0xdc00 + ((code - 0x10000) & 0x3ff));
}

/* Writes the character at `text` as the rules for it are; returns its length in bytes. */
static size_t put_special(og__json_writer *w, const uint8_t *text, size_t len)
{
    uint32_t code;
    if (*text < 0x80) {
        w->at = put_escaped(w->at, *text);
        return 1;
    }
    size_t n = og__base_utf8_decode(text, len, &code);
    bool surrogate = code >= 0xd800 && code < 0xe000;
    if (w->o.ensure_ascii || surrogate) {
        w->at = put_code(w->at, code);
    } else {
        memcpy(w->at, text, n);
        w->at += n;
    }
    return n;
}

/* The bits of the bytes among 16 that cannot be copied as they are. */
static inline unsigned special_mask(const uint8_t *text, bool ascii, bool surrogates)
{
    if (ascii) return og__base_ascii_special16(text);
    return surrogates ? og__base_special16(text) : og__base_escape16(text);
}

static inline bool is_special(uint8_t c, bool ascii, bool surrogates)
{
    if (c >= 0x80) return ascii || surrogates;
    return c < 0x20 || c == '"' || c == '\\' || (ascii && c == 0x7f);
}

/* Copies what needs no escape from `text`; returns how much. There is room for len + 16 bytes. */
static inline size_t copy_plain(og__json_writer *w, const uint8_t *text, size_t len, bool ascii,
                                bool surrogates)
{
    size_t n = 0;
    while (len - n >= BLOCK) {
        unsigned mask = special_mask(text + n, ascii, surrogates);
        memcpy(w->at, text + n, BLOCK);
        if (mask) {
            n += (size_t)__builtin_ctz(mask);
            w->at += (size_t)__builtin_ctz(mask);
            return n;
        }
        w->at += BLOCK;
        n += BLOCK;
    }
    while (n < len && !is_special(text[n], ascii, surrogates))
        *w->at++ = text[n++];
    return n;
}

/* ---- With room for the worst ---- */

/* True when one of eight bytes is special. In the highest bit of each: it is below 0x20, or becomes 0. */
static inline bool any_special8(uint64_t x, bool ascii)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t quote = x ^ each * '"';
    uint64_t backslash = x ^ each * '\\';
    uint64_t found = ((x - each * 0x20) & ~x) | ((quote - each) & ~quote) | ((backslash - each) & ~backslash);
    if (ascii) found |= x | ((x ^ each * 0x7f) - each);
    return found & each * 0x80;
}

/* Copies up to 15 bytes, of which none is special; false when one is, or there are few. */
static inline bool copy_tail(uint8_t *at, const uint8_t *text, size_t len, bool ascii)
{
    uint64_t a;
    uint64_t b;
    uint32_t half;
    if (len >= 8) {
        memcpy(&a, text, 8);
        memcpy(&b, text + len - 8, 8);
        memcpy(at, &a, 8);
        memcpy(at + len - 8, &b, 8);
        return !any_special8(a, ascii) && !any_special8(b, ascii);
    }
    if (len < 4) return len == 0;
    memcpy(&half, text, 4);
    a = half;
    memcpy(at, &half, 4);
    memcpy(&half, text + len - 4, 4);
    memcpy(at + len - 4, &half, 4);
    return !any_special8(a << 32 | half, ascii);
}

/* The characters at `text`, of which the first one is special. */
static inline const uint8_t *put_specials(uint8_t **to, const uint8_t *text, const uint8_t *end, bool ascii)
{
    uint8_t *at = *to;
    do {
        uint32_t code;
        if (*text < 0x80) {
            at = put_escaped(at, *text++);
        } else {
            text += og__base_utf8_decode(text, (size_t)(end - text), &code);
            at = put_code(at, code);
        }
    } while (text < end && is_special(*text, ascii, false));
    *to = at;
    return text;
}

/* As it is within quotes. There is room for 6 bytes for each byte, and BLOCK more. */
static inline uint8_t *put_roomy(uint8_t *at, const uint8_t *text, size_t len, bool ascii)
{
    const uint8_t *end = text + len;
    while (end - text >= BLOCK) {
        unsigned mask = special_mask(text, ascii, false);
        memcpy(at, text, BLOCK);
        size_t n = mask ? (size_t)__builtin_ctz(mask) : BLOCK;
        at += n;
        text += n;
        if (mask) text = put_specials(&at, text, end, ascii);
    }
    if (copy_tail(at, text, (size_t)(end - text), ascii)) return at + (end - text);
    while (text < end) {
        if (is_special(*text, ascii, false))
            text = put_specials(&at, text, end, ascii);
        else
            *at++ = *text++;
    }
    return at;
}

uint8_t *og__json_put_text(uint8_t *at, const char *text, size_t len, bool ascii)
{
    const uint8_t *from = (const uint8_t *)text;
    *at++ = '"';
    at = ascii ? put_roomy(at, from, len, true) : put_roomy(at, from, len, false);
    *at++ = '"';
    return at;
}

/* ---- With as much room as there is ---- */

/* Likewise, asking for room as it goes. */
static int write_careful(og__json_writer *w, const uint8_t *text, size_t len, bool surrogates)
{
    while (len > 0) {
        size_t n = copy_plain(w, text, len, w->o.ensure_ascii, surrogates);
        text += n;
        len -= n;
        if (len == 0) break;
        int status = og__json_reserve(w, len + ESCAPE_MAX + BLOCK + 1);
        if (status < 0) return status;
        n = put_special(w, text, len);
        text += n;
        len -= n;
    }
    return OG_OK;
}

/* Whether there is room for the worst that `len` bytes may become; asks for it within the limit. */
static bool make_room(og__json_writer *w, size_t len)
{
    size_t worst = 6 * len + BLOCK + 1;
    size_t used = og__json_length(w);
    if ((size_t)(w->end - w->at) >= worst) return true;
    return used <= w->limit && worst <= w->limit - used && og__json_reserve_slow(w, worst) == OG_OK;
}

/* How much of the text is taken at once: whole characters. */
static size_t chunk_of(const uint8_t *text, size_t len)
{
    if (len <= CHUNK) return len;
    size_t n = CHUNK;
    while ((text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

int og__json_write_text(og__json_writer *w, const char *text, size_t len, bool surrogates)
{
    const uint8_t *from = (const uint8_t *)text;
    bool ascii = w->o.ensure_ascii;
    if (len > SIZE_MAX / 2) return og__json_write_no_memory(w);
    int status = og__json_reserve(w, len + BLOCK + 2);
    if (status < 0) return status;
    *w->at++ = '"';
    while (len > 0 && status == OG_OK) {
        size_t n = chunk_of(from, len);
        status = og__json_reserve(w, len + BLOCK + 1);
        if (status == OG_OK && (ascii || !surrogates) && make_room(w, n))
            w->at = put_roomy(w->at, from, n, ascii);
        else if (status == OG_OK)
            status = write_careful(w, from, n, surrogates);
        from += n;
        len -= n;
    }
    if (status == OG_OK) status = og__json_reserve(w, 1);
    if (status == OG_OK) *w->at++ = '"';
    return status;
}

int og__json_write_string(og__json_writer *w, og_value string)
{
    size_t len = og__value_len(string);
    const char *text = string.u.p;
    bool surrogates = (string.meta & OG__F_SURROGATE) != 0;
    if (!(string.meta & OG__F_CLEAN) || w->o.ensure_ascii || surrogates) {
        if (surrogates && !w->o.ensure_ascii && !w->o.allow_surrogates && w->o.form == OG_JSON_STRICT)
            return og__json_refuse(
                w, OG_EVALUE,
                "a str with half of a surrogate pair cannot be carried by UTF-8; use ensure_ascii or allow_surrogates");
        return og__json_write_text(w, text, len, surrogates);
    }
    int status = og__json_reserve(w, len + 2);
    if (status < 0) return status;
    *w->at++ = '"';
    memcpy(w->at, text, len);
    w->at += len;
    *w->at++ = '"';
    return OG_OK;
}
