/* SPDX-License-Identifier: MIT */
/* What a message can be, from its first bytes: JSON, or a pickle of which protocol. */
#include "peer/detect.h"

#include "codec/pickle/begins.h"

#include <string.h>

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* ---- JSON ---- */

/* The next byte after white space from `at`; `len` when there is none. */
static size_t skip_space(const uint8_t *data, size_t len, size_t at)
{
    while (at < len && is_space(data[at]))
        at++;
    return at;
}

/* True for a byte that a JSON value may begin with. */
static bool opens_json(uint8_t c)
{
    return c != 0 && (is_digit(c) || strchr("{[\"-tfn", c) != NULL);
}

/* True when no value can follow what ends at `end`: "true story", "12 monkeys", "5:". */
static bool is_prose(const uint8_t *data, size_t len, size_t end)
{
    size_t next = skip_space(data, len, end);
    if (next == len || data[next] == 0) return false;
    return !opens_json(data[next]) && data[next] != '(' && data[next] != 0x80;
}

static og__start number_start(const uint8_t *data, size_t len)
{
    size_t end = 1;
    while (end < len && data[end] != 0 && strchr("+-.0123456789eE", data[end]) != NULL)
        end++;
    return is_prose(data, len, end) ? OG__START_NO : OG__START_JSON;
}

static og__start word_start(const uint8_t *data, size_t len, const char *word, bool final)
{
    size_t n = strlen(word);
    if (memcmp(data, word, len < n ? len : n) != 0) return OG__START_NO;
    if (len < n) return final ? OG__START_NO : OG__START_MORE;
    return is_prose(data, len, n) ? OG__START_NO : OG__START_JSON;
}

static og__start json_start(const uint8_t *data, size_t len, bool final)
{
    size_t next = skip_space(data, len, 1);
    switch (data[0]) {
    case '{': return next == len || data[next] == '"' || data[next] == '}' ? OG__START_JSON : OG__START_NO;
    case '[':
        return next == len || data[next] == ']' || opens_json(data[next]) ? OG__START_JSON : OG__START_NO;
    case '"': return OG__START_JSON;
    case 't': return word_start(data, len, "true", final);
    case 'f': return word_start(data, len, "false", final);
    case 'n': return word_start(data, len, "null", final);
    case '-':
        if (len == 1) return final ? OG__START_NO : OG__START_MORE;
        return is_digit(data[1]) ? number_start(data, len) : OG__START_NO;
    default: return is_digit(data[0]) ? number_start(data, len) : OG__START_NO;
    }
}

/* ---- All of them ---- */

static og__start pickle_start(const uint8_t *data, size_t len, size_t room, bool final, int *protocol)
{
    int status = og__pickle_begins(data, len, room, final, protocol);
    return status > 0 ? OG__START_PICKLE : status == 0 ? OG__START_MORE : OG__START_NO;
}

og__start og__peer_start_of(const uint8_t *data, size_t len, size_t room, og__come come, int *protocol)
{
    bool final = come == OG__COME_ALL;
    *protocol = OG__PROTOCOL_UNKNOWN;
    size_t at = skip_space(data, len, 0);
    if (at == len) return final ? OG__START_NO : OG__START_MORE;
    og__start start = json_start(data + at, len - at, final);
    if (start != OG__START_NO || at > 0) return start;
    bool text = come == OG__COME_TEXT && data[0] != 0x80; /* which no text begins with */
    return pickle_start(data, len, room, final || text, protocol);
}
