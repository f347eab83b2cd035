/* SPDX-License-Identifier: MIT */
/* UTF-8 checks against decoding one code point at a time. */
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes up to the first fault, by decoding and encoding again. */
static size_t slow_valid(const uint8_t *data, size_t size, bool allow, bool *ascii, bool *surrogates)
{
    size_t at = 0;
    *ascii = true;
    *surrogates = false;
    while (at < size) {
        uint32_t code;
        uint8_t again[4];
        size_t len = og__base_utf8_decode(data + at, size - at, &code);
        if (len == 0) return at;
        if (og__base_utf8_encode(code, again) != len || memcmp(again, data + at, len) != 0) abort();
        bool lone = code >= 0xd800 && code < 0xe000;
        if (lone && !allow) return at;
        *surrogates |= lone;
        *ascii &= code < 0x80;
        at += len;
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool ascii;
    bool lone;
    bool slow_ascii;
    bool slow_lone;
    if (og__base_utf8_valid(data, size, &ascii) != slow_valid(data, size, false, &slow_ascii, &slow_lone))
        abort();
    if (ascii != slow_ascii) abort();
    size_t valid = og__base_utf8_valid_surrogates(data, size, &ascii, &lone);
    if (valid != slow_valid(data, size, true, &slow_ascii, &slow_lone)) abort();
    if (ascii != slow_ascii || lone != slow_lone) abort();
    return 0;
}
