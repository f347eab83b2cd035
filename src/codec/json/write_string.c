/* SPDX-License-Identifier: MIT */
/* Strings as JSON: quotes, escapes, and \u for all that is not ASCII where that is asked for. */
#include "base/utf8.h"
#include "codec/json/text16.h"
#include "codec/json/writer.h"

enum { ESCAPE_MAX = 12, BLOCK = OG__TEXT16 };

static uint8_t *put_hex4(uint8_t *at, uint32_t code)
{
    static const char hex[] = "0123456789abcdef";
    *at++ = '\\';
    *at++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *at++ = (uint8_t)hex[code >> shift & 15];
    return at;
}

static uint8_t *put_escaped(uint8_t *at, uint8_t c)
{
    static const char letters[128] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (!letters[c]) return put_hex4(at, c);
    *at++ = '\\';
    *at++ = (uint8_t)letters[c];
    return at;
}

static uint8_t *put_code(uint8_t *at, uint32_t code)
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
    size_t n = og__utf8_decode(text, len, &code);
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
    if (ascii) return og__ascii_special16(text);
    return surrogates ? og__special16(text) : og__escape16(text);
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

int og__json_write_text(og__json_writer *w, const char *text, size_t len, bool surrogates)
{
    const uint8_t *from = (const uint8_t *)text;
    bool ascii = w->o.ensure_ascii;
    if (len > SIZE_MAX / 2) return og__json_write_no_memory(w);
    int status = og__json_reserve(w, len + BLOCK + 2);
    if (status < 0) return status;
    *w->at++ = '"';
    while (len > 0) {
        size_t n = copy_plain(w, from, len, ascii, surrogates);
        from += n;
        len -= n;
        if (len == 0) break;
        status = og__json_reserve(w, len + ESCAPE_MAX + BLOCK + 1);
        if (status < 0) return status;
        n = put_special(w, from, len);
        from += n;
        len -= n;
    }
    *w->at++ = '"';
    return OG_OK;
}

int og__json_write_string(og__json_writer *w, og_value string)
{
    size_t len = og__value_len(string);
    const char *text = string.u.p;
    bool surrogates = (string.meta & OG__F_SURROGATE) != 0;
    if (!(string.meta & OG__F_CLEAN) || w->o.ensure_ascii || surrogates) {
        if (surrogates && !w->o.ensure_ascii && w->o.form != OG_JSON_LOSSLESS)
            return og__json_refuse(
                w, OG_EVALUE,
                "a str with half of a surrogate pair cannot be carried by UTF-8; use ensure_ascii");
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
