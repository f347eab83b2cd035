/* SPDX-License-Identifier: MIT */
/* The sentences of the JSON reader: what was found, what was expected. */
#include "base/utf8.h"
#include "codec/json/reader.h"

#include <stdio.h>

enum { FOUND_SIZE = 64 };

/* Characters that editors and other keyboards put in the place of those of JSON. */
static const struct {
    uint32_t first;
    uint32_t last;
    const char *what;
} lookalikes[] = {
    {0xa0, 0xa0, ", a space that does not break, not ' '"},
    {0xab, 0xab, ", a quote that is not '\"'"},
    {0xbb, 0xbb, ", a quote that is not '\"'"},
    {0x2018, 0x201f, ", a curly quote, not '\"'"},
    {0x3000, 0x3000, ", a wide space, not ' '"},
    {0xff02, 0xff5d, ", a wide character, not one of ASCII"},
};

static void describe_character(uint32_t code, char *found)
{
    const char *what = "";
    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++)
        if (code >= lookalikes[i].first && code <= lookalikes[i].last) what = lookalikes[i].what;
    snprintf(found, FOUND_SIZE, "U+%04X%s", (unsigned)code, what);
}

static void describe(const uint8_t *at, const uint8_t *end, char *found)
{
    uint32_t code;
    uint8_t c = *at;
    if (c >= 0x20 && c < 0x7f)
        snprintf(found, FOUND_SIZE, c == '\'' ? "\"%c\" (0x%02x)" : "'%c' (0x%02x)", c, c);
    else if (c >= 0x80 && og__base_utf8_decode(at, (size_t)(end - at), &code) > 0)
        describe_character(code, found);
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

/* What is to be said besides of what stands between values: other languages have comments there. */
static const char *between_values(const uint8_t *at, const uint8_t *end)
{
    bool comment = *at == '#' || (*at == '/' && end - at > 1 && (at[1] == '/' || at[1] == '*'));
    return comment ? "; JSON has no comments" : "";
}

static const uint8_t *unexpected(og__json_reader *r, const uint8_t *at, const char *expected, bool between)
{
    if (at >= r->end) {
        r->status = og_error_set(r->err, OG_ETRUNCATED, og__json_position(r, r->end),
                                 "expected %s but the text ends here", expected);
        return NULL;
    }
    char found[FOUND_SIZE];
    describe(at, r->end, found);
    r->status = og_error_set(r->err, OG_ESYNTAX, og__json_position(r, at), "expected %s but found %s%s",
                             expected, found, between ? between_values(at, r->end) : "");
    return NULL;
}

const uint8_t *og__json_unexpected(og__json_reader *r, const uint8_t *at, const char *expected)
{
    return unexpected(r, at, expected, false);
}

const uint8_t *og__json_unexpected_between(og__json_reader *r, const uint8_t *at, const char *expected)
{
    return unexpected(r, at, expected, true);
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
