/* SPDX-License-Identifier: MIT */
/* How JSON texts begin. */
#include "codec/json/begins.h"

#include <string.h>

enum { SURE = 2, YES = 1, MORE = 0, NO = -1 };

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The next byte after white space from `at`; `len` when there is none. */
static size_t skip_space(const uint8_t *data, size_t len, size_t at)
{
    while (at < len && is_space(data[at]))
        at++;
    return at;
}

/* True for a byte that a JSON value may begin with. */
static bool opens_value(uint8_t c)
{
    return c != 0 && (is_digit(c) || strchr("{[\"-tfn", c) != NULL);
}

bool og__json_may_follow(uint8_t byte)
{
    return is_space(byte) || byte == 0 || opens_value(byte);
}

/* Whether the bytes are those of `word`, as far as they go: YES, NO, or MORE when the word is not whole. */
static int spells(const uint8_t *data, size_t len, const char *word)
{
    size_t n = strlen(word);
    if (memcmp(data, word, len < n ? len : n) != 0) return NO;
    return len < n ? MORE : YES;
}

/* True for a byte that a value may begin with, and for NaN and Infinity whole: prose begins with N and I. */
static bool opens_next(const uint8_t *data, size_t len)
{
    return opens_value(data[0]) || spells(data, len, "NaN") >= 0 || spells(data, len, "Infinity") >= 0;
}

/* True when no value can follow what ends at `end`: "true story", "12 monkeys", "5:". A mark or the first
 * byte of a pickle would make it a length. */
static bool is_prose(const uint8_t *data, size_t len, size_t end)
{
    size_t next = skip_space(data, len, end);
    if (next == len || is_space(data[next]) || data[next] == 0) return false;
    return !opens_next(data + next, len - next) && data[next] != '(' && data[next] != 0x80;
}

static int number_begins(const uint8_t *data, size_t len)
{
    size_t end = 1;
    while (end < len && data[end] != 0 && strchr("+-.0123456789eE", data[end]) != NULL)
        end++;
    return is_prose(data, len, end) ? NO : YES;
}

static int word_begins(const uint8_t *data, size_t len, const char *word, bool whole)
{
    int spelt = spells(data, len, word);
    if (spelt == MORE) return whole ? NO : MORE;
    return spelt == NO || is_prose(data, len, strlen(word)) ? NO : YES;
}

/* What may come after an opening bracket. */
static int item_begins(const uint8_t *data, size_t len, bool whole)
{
    if (len == 0 || data[0] == ']' || opens_value(data[0])) return YES;
    int nan = spells(data, len, "NaN");
    int spelt = nan == NO ? spells(data, len, "Infinity") : nan;
    return spelt == MORE && whole ? NO : spelt;
}

static int value_begins(const uint8_t *data, size_t len, bool whole)
{
    size_t next = skip_space(data, len, 1);
    switch (data[0]) {
    case '{': return next == len || data[next] == '"' || data[next] == '}' ? YES : NO;
    case '[': return item_begins(data + next, len - next, whole);
    case '"': return len > 1 && data[1] < ' ' ? NO : YES;
    case 't': return word_begins(data, len, "true", whole);
    case 'f': return word_begins(data, len, "false", whole);
    case 'n': return word_begins(data, len, "null", whole);
    case 'N': return word_begins(data, len, "NaN", whole);
    case 'I': return word_begins(data, len, "Infinity", whole);
    case '-':
        if (len == 1) return whole ? NO : MORE;
        if (data[1] == 'I') return word_begins(data, len, "-Infinity", whole);
        return is_digit(data[1]) ? number_begins(data, len) : NO;
    default: return is_digit(data[0]) ? number_begins(data, len) : NO;
    }
}

/* The bytes of a byte order mark; of a part of one that is not whole, all there are. */
static size_t mark_size(const uint8_t *data, size_t len)
{
    size_t most = len < OG__JSON_BOM_LEN ? len : OG__JSON_BOM_LEN;
    return memcmp(data, OG__JSON_BOM, most) == 0 ? most : 0;
}

int og__json_begins(const og_opening *opening, int *note)
{
    size_t mark = mark_size(opening->data, opening->len);
    size_t at = skip_space(opening->data, opening->len, mark);
    *note = OG_CODEC_NO_NOTE;
    if (at == opening->len) return opening->whole ? NO : MORE;
    int begins = value_begins(opening->data + at, opening->len - at, opening->whole);
    return mark > 0 && begins == YES ? SURE : begins;
}

bool og__json_claims(const uint8_t *data, size_t len, int *note)
{
    size_t at = skip_space(data, len, mark_size(data, len));
    *note = OG_CODEC_NO_NOTE;
    if (at < len && data[at] == '"') return at + 1 == len || data[at + 1] >= ' ';
    return at < len && (data[at] == '{' || data[at] == '[');
}
