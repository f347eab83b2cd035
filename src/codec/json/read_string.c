/* SPDX-License-Identifier: MIT */
/* Strings of JSON that are more than plain ASCII: UTF-8 is checked, escapes are taken out. */
#include "base/bytes.h"
#include "base/text16.h"
#include "base/utf8.h"
#include "codec/json/reader.h"

static const uint8_t *not_utf8(og__json_reader *r, const uint8_t *at)
{
    if (at >= r->end) return og__json_unexpected(r, at, "'\"' at the end of a string");
    r->status =
        og_error_set(r->err, OG_ESYNTAX, og__json_position(r, at), "byte 0x%02x is not UTF-8 here", *at);
    return NULL;
}

static const uint8_t *half_a_pair(og__json_reader *r, const uint8_t *at)
{
    r->status = og_error_set(r->err, OG_ESYNTAX, og__json_position(r, at),
                             "bytes %02x %02x %02x are half of a surrogate pair, which is not UTF-8; "
                             "allow_surrogates would take it as Python does",
                             at[0], at[1], at[2]);
    return NULL;
}

static inline bool is_tail(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

/* Half of a surrogate pair in three bytes, as Python's 'surrogatepass' writes it. */
static inline bool is_half(const uint8_t *at)
{
    return at[0] == 0xed && at[1] >= 0xa0;
}

/* The length of the well-formed sequence at `at`, whose first byte is 0x80 or more; 0 when there is none.
 * Halves of surrogate pairs count as well-formed. */
static inline size_t sequence(const uint8_t *at, size_t len)
{
    uint8_t lead = at[0];
    if (lead >= 0xe0 && lead <= 0xef) {
        if (len < 3 || !is_tail(at[1]) || !is_tail(at[2])) return 0;
        bool overlong = lead == 0xe0 && at[1] < 0xa0;
        return overlong ? 0 : 3;
    }
    if (lead < 0xc2) return 0;
    if (lead < 0xe0) return len >= 2 && is_tail(at[1]) ? 2 : 0;
    if (lead > 0xf4 || len < 4 || !is_tail(at[1]) || !is_tail(at[2]) || !is_tail(at[3])) return 0;
    bool overlong = lead == 0xf0 && at[1] < 0x90;
    bool too_large = lead == 0xf4 && at[1] >= 0x90;
    return overlong || too_large ? 0 : 4;
}

/* True when the text ends within a sequence that is well-formed as far as it goes. */
static bool is_cut(const uint8_t *at, size_t len)
{
    uint8_t padded[4] = {0x80, 0x80, 0x80, 0x80};
    if (len >= 4) return false;
    memcpy(padded, at, len);
    /* What follows may be what makes the second byte good: 0xa0 is good after 0xe0, 0x90 after 0xf0. */
    if (len == 1) padded[1] = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    return sequence(padded, 4) > len;
}

/* Reads well-formed UTF-8 sequences of more than one byte up to the first byte below 0x80. */
static const uint8_t *read_utf8(og__json_reader *r, const uint8_t *at, unsigned *flags)
{
    *flags &= ~OG__F_ASCII;
    while (at < r->end && *at >= 0x80) {
        size_t left = (size_t)(r->end - at);
        size_t n = sequence(at, left);
        if (n == 0) return not_utf8(r, is_cut(at, left) ? r->end : at);
        if (is_half(at)) {
            if (!r->allow_surrogates) return half_a_pair(r, at);
            *flags |= OG__F_SURROGATE;
        }
        at += n;
    }
    return at;
}

/* The first special byte from `at` on, or the end. */
static inline const uint8_t *skip_plain(const og__json_reader *r, const uint8_t *at)
{
    while (at <= r->vector_end) {
        unsigned special = og__base_special16(at);
        if (special) {
            at += __builtin_ctz(special);
            return at < r->end ? at : r->end;
        }
        at += OG__TEXT16;
    }
    while (at < r->end && !og__base_is_special(*at))
        at++;
    return at < r->end ? at : r->end;
}

const uint8_t *og__json_read_string_slow(og__json_reader *r, const uint8_t *start, const uint8_t *at,
                                         og_value *out)
{
    unsigned flags = OG__F_ASCII;
    bool escapes = false;
    for (;;) {
        at = skip_plain(r, at);
        if (at == r->end) return og__json_unexpected(r, at, "'\"' at the end of a string");
        if (*at == '"') break;
        if (*at >= 0x80) {
            at = read_utf8(r, at, &flags);
            if (!at) return NULL;
        } else if (*at == '\\') {
            escapes = true;
            at++;
            if (at < r->end && *at < 0x80) at++;
        } else {
            return og__json_unexpected(r, at,
                                       "'\"', or an escape such as \\n or \\u0000 for a control character,");
        }
    }
    if (escapes) return og__json_unescape(r, start, at, flags, out) < 0 ? NULL : at + 1;
    if (!(flags & OG__F_SURROGATE)) flags |= OG__F_CLEAN;
    *out = og__value_make(OG_STR, flags, (uint64_t)(at - start), start);
    return at + 1;
}

/* Reads four hexadecimal digits; the place after them, or NULL (filled). `end` is the string's quote. */
static const uint8_t *read_hex4(og__json_reader *r, const uint8_t *at, const uint8_t *end, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, at++) {
        int digit = at < end ? og__base_hex_digit(*at) : -1;
        if (digit < 0) return og__json_unexpected(r, at, "four hexadecimal digits after \\u");
        *code = *code << 4 | (uint32_t)digit;
    }
    return at;
}

static bool is_high_surrogate(uint32_t code)
{
    return (code & 0xfffffc00) == 0xd800;
}

static bool is_low_surrogate(uint32_t code)
{
    return (code & 0xfffffc00) == 0xdc00;
}

/* Reads what follows "\u", and the second half when it is the first half of a pair. */
static const uint8_t *read_unicode(og__json_reader *r, const uint8_t *at, const uint8_t *end, uint32_t *code)
{
    const uint8_t *escape = at - 2;
    at = read_hex4(r, at, end, code);
    if (!at) return NULL;
    if (is_high_surrogate(*code) && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        uint32_t low;
        const uint8_t *after = read_hex4(r, at + 2, end, &low);
        if (!after) return NULL;
        if (is_low_surrogate(low)) {
            *code = 0x10000 + ((*code & 0x3ff) << 10) + (low & 0x3ff);
            return after;
        }
    }
    bool lone = is_high_surrogate(*code) || is_low_surrogate(*code);
    if (!lone || r->allow_surrogates) return at;
    r->status = og_error_set(r->err, OG_ESYNTAX, og__json_position(r, escape),
                             "\\u%04x is half of a surrogate pair, and the other half is missing; "
                             "allow_surrogates would take it as Python does",
                             (unsigned)*code);
    return NULL;
}

/* Reads the escape whose backslash is at `at` and appends what it means to `*out`. */
static const uint8_t *read_escape(og__json_reader *r, const uint8_t *at, const uint8_t *end, uint8_t **out,
                                  unsigned *flags)
{
    uint8_t plain;
    uint32_t code;
    switch (at[1]) {
    case '"':
    case '\\':
    case '/': plain = at[1]; break;
    case 'b': plain = '\b'; break;
    case 'f': plain = '\f'; break;
    case 'n': plain = '\n'; break;
    case 'r': plain = '\r'; break;
    case 't': plain = '\t'; break;
    case 'u':
        at = read_unicode(r, at + 2, end, &code);
        if (!at) return NULL;
        *out += og__base_utf8_encode(code, *out);
        if (code >= 0x80) *flags &= ~OG__F_ASCII;
        if (code >= 0xd800 && code < 0xe000) *flags |= OG__F_SURROGATE;
        return at;
    default: return og__json_unexpected(r, at + 1, "one of \"\\/bfnrtu after a backslash");
    }
    *(*out)++ = plain;
    return at + 2;
}

int og__json_unescape(og__json_reader *r, const uint8_t *start, const uint8_t *end, unsigned flags,
                      og_value *out)
{
    size_t room = (size_t)(end - start) + OG__TEXT16; /* so that 16 bytes may be stored anywhere */
    uint8_t *copy = og__value_doc_alloc(r->doc, room, 1);
    if (!copy) {
        og__json_no_memory(r);
        return r->status;
    }
    uint8_t *to = copy;
    for (const uint8_t *at = start; at < end;) {
        if (*at == '\\') {
            at = read_escape(r, at, end, &to, &flags);
            if (!at) return r->status;
            continue;
        }
        if (at > r->vector_end) {
            *to++ = *at++;
            continue;
        }
        memcpy(to, at, OG__TEXT16);
        unsigned stop = og__base_byte16(at, '\\');
        size_t run = stop ? (size_t)__builtin_ctz(stop) : OG__TEXT16;
        if (run > (size_t)(end - at)) run = (size_t)(end - at);
        to += run;
        at += run;
    }
    /* An escape is longer than what it means: the rest of the room goes back. */
    if (r->doc->at == copy + room) r->doc->at = to;
    *out = og__value_make(OG_STR, flags, (uint64_t)(to - copy), copy);
    return OG_OK;
}
