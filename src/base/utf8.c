/* SPDX-License-Identifier: MIT */
/* Checking, decoding and encoding UTF-8. */
#include "base/utf8.h"

#include <string.h>

/* Bytes below 0x80 at the start of `text`. */
static size_t ascii_prefix(const uint8_t *text, size_t len)
{
    size_t i = 0;
    while (len - i >= 8) {
        uint64_t word;
        memcpy(&word, text + i, 8);
        if (word & UINT64_C(0x8080808080808080)) break;
        i += 8;
    }
    while (i < len && text[i] < 0x80)
        i++;
    return i;
}

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t og__base_utf8_decode(const uint8_t *text, size_t len, uint32_t *code)
{
    uint8_t lead = text[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4 || len < 2 || !is_tail(text[1])) return 0;
    uint32_t bits = text[1] & 0x3fu;
    if (lead < 0xe0) {
        *code = (lead & 0x1fu) << 6 | bits;
        return 2;
    }
    if (len < 3 || !is_tail(text[2])) return 0;
    bits = bits << 6 | (text[2] & 0x3fu);
    if (lead < 0xf0) {
        *code = (lead & 0x0fu) << 12 | bits;
        return *code < 0x800 ? 0 : 3;
    }
    if (len < 4 || !is_tail(text[3])) return 0;
    *code = (lead & 0x07u) << 18 | bits << 6 | (text[3] & 0x3fu);
    return *code < 0x10000 || *code > 0x10ffff ? 0 : 4;
}

static size_t valid(const uint8_t *text, size_t len, bool allow, bool *ascii, bool *surrogates)
{
    size_t i = 0;
    bool plain = true;
    bool lone = false;
    while (i < len) {
        if (text[i] < 0x80) {
            i += ascii_prefix(text + i, len - i);
            continue;
        }
        uint32_t code;
        size_t n = og__base_utf8_decode(text + i, len - i, &code);
        if (n == 0) break;
        if (n == 3 && code >= 0xd800 && code <= 0xdfff) {
            if (!allow) break;
            lone = true;
        }
        plain = false;
        i += n;
    }
    if (ascii) *ascii = plain;
    if (surrogates) *surrogates = lone;
    return i;
}

size_t og__base_utf8_valid(const uint8_t *text, size_t len, bool *ascii)
{
    return valid(text, len, false, ascii, NULL);
}

size_t og__base_utf8_valid_surrogates(const uint8_t *text, size_t len, bool *ascii, bool *surrogates)
{
    return valid(text, len, true, ascii, surrogates);
}

size_t og__base_utf8_encode(uint32_t code, uint8_t *text)
{
    if (code < 0x80) {
        text[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        text[0] = (uint8_t)(0xc0 | code >> 6);
        text[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        text[0] = (uint8_t)(0xe0 | code >> 12);
        text[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        text[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    text[0] = (uint8_t)(0xf0 | code >> 18);
    text[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    text[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    text[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}
