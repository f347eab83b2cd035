/* SPDX-License-Identifier: MIT */
/* JSON in UTF-16 or UTF-32 without a byte order mark, in either order: its first characters, narrowed to a
 * byte each, begin JSON. */
#include "codec/json/begins.h"
#include "codec/signature.h"

#include <onggi/json.h>

enum { YES = 1, MORE = 0, NO = -1 };
enum { LOOKED_AT = 32, ASCII_END = 0x80, NOT_ASCII = 0xff /* begins nothing */ };

/* What no text has: NUL, half of a pair in UTF-32, private characters, what is no character. */
static bool is_no_text(uint32_t code, size_t width)
{
    bool half = code >= 0xd800 && code < 0xe000;
    return code == 0 || code > 0x10ffff || (code >= 0xe000 && code < 0xf900) || (code & 0xfff0) == 0xfff0 ||
           (half && width == 4);
}

static uint32_t unit(const uint8_t *at, size_t width, bool little)
{
    uint32_t code = 0;
    for (size_t i = 0; i < width; i++)
        code = code << 8 | at[little ? width - 1 - i : i];
    return code;
}

/* Whether the characters begin JSON; a single one says too little. */
static int narrow_begins(const uint8_t *narrow, size_t count)
{
    const og_opening opening = {narrow, count, SIZE_MAX, false, false};
    og_json_scan scan = {0};
    size_t start;
    size_t end;
    int note;
    int begins = og__json_begins(&opening, &note);
    if (begins > 0 && og_json_scan_end(&scan, narrow, count, false, &start, &end, NULL) < 0) return NO;
    return begins > 0 && count < 2 ? MORE : begins > 0 ? YES : begins;
}

static int begins_wide(const uint8_t *data, size_t len, size_t width, bool little)
{
    uint8_t narrow[LOOKED_AT];
    size_t count = len / width < LOOKED_AT ? len / width : LOOKED_AT;
    for (size_t i = 0; i < count; i++) {
        uint32_t code = unit(data + i * width, width, little);
        if (is_no_text(code, width)) return NO;
        narrow[i] = (uint8_t)(code < ASCII_END ? code : NOT_ASCII);
    }
    if (count > 0 || len == 0) return count > 0 ? narrow_begins(narrow, count) : MORE;
    return little ? narrow_begins(data, 1) : data[0] == 0 ? MORE : NO;
}

static int begins_of(const uint8_t *data, size_t len, size_t width)
{
    int little = begins_wide(data, len, width, true);
    int big = begins_wide(data, len, width, false);
    return little > big ? little : big;
}

int og__codec_utf16_json(const uint8_t *data, size_t len)
{
    return begins_of(data, len, 2);
}

int og__codec_utf32_json(const uint8_t *data, size_t len)
{
    return begins_of(data, len, 4);
}
