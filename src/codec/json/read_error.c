/* SPDX-License-Identifier: MIT */
/* The sentences of the JSON reader: what was found, what was expected. */
#include "codec/json/reader.h"

#include <stdio.h>

enum { FOUND_SIZE = 32 };

static void describe_byte(uint8_t c, char *found)
{
    if (c >= 0x20 && c < 0x7f)
        snprintf(found, FOUND_SIZE, c == '\'' ? "\"%c\" (0x%02x)" : "'%c' (0x%02x)", c, c);
    else
        snprintf(found, FOUND_SIZE, "byte 0x%02x", c);
}

const uint8_t *og__json_fail(og__json_reader *r, og_status status, const uint8_t *at, const char *sentence)
{
    r->status = og_error_set(r->err, status, og__json_position(r, at), "%s", sentence);
    return NULL;
}

const uint8_t *og__json_no_memory(og__json_reader *r)
{
    r->status = og_error_set(r->err, OG_ENOMEM, OG_NO_POSITION, "out of memory while reading JSON");
    return NULL;
}

const uint8_t *og__json_unexpected(og__json_reader *r, const uint8_t *at, const char *expected)
{
    if (at >= r->end) {
        r->status = og_error_set(r->err, OG_ETRUNCATED, og__json_position(r, r->end),
                                 "expected %s but the text ends here", expected);
        return NULL;
    }
    char found[FOUND_SIZE];
    describe_byte(*at, found);
    r->status = og_error_set(r->err, OG_ESYNTAX, og__json_position(r, at), "expected %s but found %s",
                             expected, found);
    return NULL;
}

const uint8_t *og__json_not_word(og__json_reader *r, const uint8_t *at, const char *word)
{
    const char *expected = word;
    while (at < r->end && *word && *at == (uint8_t)*word) {
        at++;
        word++;
    }
    return og__json_unexpected(r, at, expected);
}
