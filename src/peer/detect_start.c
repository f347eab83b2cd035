/* SPDX-License-Identifier: MIT */
/* What a message can be, from its first bytes: JSON, or a pickle of which protocol. */
#include "peer/detect.h"

#include <string.h>

/* Longest line of text that an opcode's argument is looked for in; Python writes ints of 4,300 digits. */
enum { MAX_LINE = 4400, MAX_MARKS = 64 };

#define NEED_MORE 0
#define NOT_THIS  SIZE_MAX

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

/* ---- Pickles ---- */

/* What may follow a value that stands alone: STOP, or a PUT of whichever protocol. */
static bool follows_scalar(uint8_t c)
{
    return c == '.' || c == 'q' || c == 'r' || c == 'p' || c == 0x94;
}

/* An opcode that pushes a value by itself, in protocols 0 and 1. */
static bool pushes_value(uint8_t c)
{
    return c != 0 && strchr("()]}cILFGSUTVXKMJNPBC", c) != NULL;
}

/* What may follow a MARK, a container or a class. */
static bool follows_open(uint8_t c)
{
    return follows_scalar(c) || pushes_value(c) || c == 'd' || c == 'l' || c == 't' || c >= 0x80;
}

/* What a pickler may write right after PROTO. */
static bool follows_proto(uint8_t c)
{
    return pushes_value(c) || (c >= 0x82 && c <= 0x84) || (c >= 0x88 && c <= 0x8f) || c == 0x95 ||
           c == 0x96 || c == 0x97;
}

/* The end of the line that begins at `at`, its '\n' included. */
static size_t line_end(const uint8_t *data, size_t len, size_t at)
{
    size_t most = len - at > MAX_LINE ? MAX_LINE : len - at;
    const uint8_t *end = memchr(data + at, '\n', most);
    if (end) return (size_t)(end - data) + 1;
    return most == MAX_LINE ? NOT_THIS : NEED_MORE;
}

/* As line_end(), for lines in which only certain characters may stand, at least one of them. */
static size_t line_of(const uint8_t *data, size_t len, size_t at, const char *allowed)
{
    size_t i = at;
    while (i < len && data[i] != 0 && strchr(allowed, data[i]) != NULL)
        if (++i - at > MAX_LINE) return NOT_THIS;
    if (i == len) return NEED_MORE;
    return data[i] == '\n' && i > at ? i + 1 : NOT_THIS;
}

/* As line_end(), for one part of a class's name. */
static size_t name_line(const uint8_t *data, size_t len, size_t at)
{
    size_t i = at;
    while (i < len && data[i] != '\n') {
        uint8_t c = data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!letter && !(i > at && (is_digit(c) || c == '.' || c == '<' || c == '>'))) return NOT_THIS;
        if (++i - at > MAX_LINE) return NOT_THIS;
    }
    if (i == len) return NEED_MORE;
    return i > at ? i + 1 : NOT_THIS;
}

static size_t quoted_line(const uint8_t *data, size_t len, size_t at)
{
    if (at == len) return NEED_MORE;
    if (data[at] != '\'' && data[at] != '"') return NOT_THIS;
    size_t end = line_end(data, len, at);
    if (end == NEED_MORE || end == NOT_THIS) return end;
    return end - at >= 3 && data[end - 2] == data[at] ? end : NOT_THIS;
}

/* The end of `fixed` bytes of argument, and after them as many as their value says (least significant first)
 * if `counted`. */
static size_t counted_end(const uint8_t *data, size_t len, size_t at, size_t fixed, bool counted, size_t room)
{
    if (len - at < fixed) return NEED_MORE;
    uint64_t more = 0;
    if (counted)
        for (size_t i = fixed; i > 0; i--)
            more = more << 8 | data[at + i - 1];
    if (room < at + fixed || more >= room - at - fixed) return NOT_THIS; /* STOP must come after it */
    return at + fixed + (size_t)more;
}

/* Where the argument ends of the opcode just before `at`; protocol 1 if it is a binary one. */
static size_t argument_end(const uint8_t *data, size_t len, size_t at, size_t room, int *protocol)
{
    *protocol = 0;
    switch (data[at - 1]) {
    case 'I': return line_of(data, len, at, "-+0123456789");
    case 'L': return line_of(data, len, at, "-+0123456789L");
    case 'F': return line_of(data, len, at, "-+0123456789.einfa");
    case 'S': return quoted_line(data, len, at);
    case 'V':
    case 'P': return line_end(data, len, at);
    case 'c': {
        size_t name = name_line(data, len, at);
        return name == NEED_MORE || name == NOT_THIS ? name : name_line(data, len, name);
    }
    case 'N': return at;
    default: break;
    }
    *protocol = 1;
    switch (data[at - 1]) {
    case 'G': return counted_end(data, len, at, 8, false, room);
    case 'K': return counted_end(data, len, at, 1, false, room);
    case 'M': return counted_end(data, len, at, 2, false, room);
    case 'J': return counted_end(data, len, at, 4, false, room);
    case 'U':
    case 'C': return counted_end(data, len, at, 1, true, room);
    case 'T':
    case 'X':
    case 'B': return counted_end(data, len, at, 4, true, room);
    default: return at; /* ] } ) */
    }
}

/* A pickle without PROTO: protocol 0 or 1. Its first opcode's argument and what follows must make sense. */
static og__start old_pickle_start(const uint8_t *data, size_t len, size_t room, bool final, int *protocol)
{
    const og__start more = final ? OG__START_NO : OG__START_MORE;
    size_t at = 0;
    while (at < len && data[at] == '(' && at < MAX_MARKS)
        at++;
    bool marked = at > 0;
    if (at == len) return more;
    *protocol = 0;
    if (marked && (data[at] == 'd' || data[at] == 'l' || data[at] == 't')) return OG__START_PICKLE;
    if (!pushes_value(data[at]) || data[at] == '(') return OG__START_NO;
    bool open = marked || strchr("]}c", data[at]) != NULL;
    size_t end = argument_end(data, len, at + 1, room, protocol);
    if (end == NOT_THIS) return OG__START_NO;
    if (end == NEED_MORE || end >= len) return more;
    if (data[end] == 'q' || data[end] == 'r') *protocol = 1;
    if (data[end] == 'p') *protocol = 0;
    return (open ? follows_open(data[end]) : follows_scalar(data[end])) ? OG__START_PICKLE : OG__START_NO;
}

static og__start pickle_start(const uint8_t *data, size_t len, size_t room, bool final, int *protocol)
{
    if (data[0] != 0x80) return old_pickle_start(data, len, room, final, protocol);
    if (len < 3) {
        if (len == 2 && (data[1] < 2 || data[1] > 5)) return OG__START_NO;
        return final ? OG__START_NO : OG__START_MORE;
    }
    if (data[1] < 2 || data[1] > OG_PICKLE_HIGHEST_PROTOCOL || !follows_proto(data[2])) return OG__START_NO;
    *protocol = data[1];
    return OG__START_PICKLE;
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
