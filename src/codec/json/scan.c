/* SPDX-License-Identifier: MIT */
/*
 * Where a JSON text ends in a stream that comes in pieces. Each byte is looked at once: what must be known of
 * those before is in the scan's state. Only strings, brackets and bare words are told apart, and that
 * brackets match; the reader checks the rest.
 */
#include "base/text16.h"
#include "codec/json/begins.h"
#include <onggi/json.h>

#include <string.h>

enum { MAX_KNOWN = 64 };

/* The states. A comment is where white space may be: before the value, or in a container. STATE_WORD and up
 * is within word number (state - STATE_WORD) / WORD_SIZE at letter % WORD_SIZE.
 */
enum {
    STATE_START,  /* in the white space before the value */
    STATE_INSIDE, /* in a container, not in a string */
    STATE_STRING, /* in a string; at depth 0 the text ends with it */
    STATE_ESCAPE, /* after a backslash */
    STATE_MINUS,  /* after the '-' of a bare number */
    STATE_NUMBER, /* in a bare number, a digit came */
    STATE_SLASH,  /* after the slash that begins a comment */
    STATE_LINE,   /* in a comment that ends with the line */
    STATE_BLOCK,  /* in one that ends with a star and a slash */
    STATE_STAR,   /* in such a one, after a star */
    STATE_WORD,   /* in a bare word */
    WORD_SIZE = 16
};

static const char *const words[] = {"true", "false", "null", "NaN", "Infinity"};
enum { WORDS = sizeof words / sizeof words[0], WORD_INFINITY = 4 };

static int refuse(og_json_scan *scan, const uint8_t *data, size_t at, const char *expected, og_error *err)
{
    scan->at = at;
    uint8_t c = data[at];
    const char *more = !scan->allow_comments && (c == '#' || c == '/') ? "; JSON has no comments" : "";
    if (c > 0x20 && c < 0x7f)
        return og_error_set(err, OG_ESYNTAX, at, "not JSON: expected %s but found '%c' (0x%02x)%s", expected,
                            c, c, more);
    return og_error_set(err, OG_ESYNTAX, at, "not JSON: expected %s but found byte 0x%02x", expected, c);
}

static bool in_number(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

/* True for what comes after a number in words, dates and hexadecimal, but begins no text. */
static bool is_no_next(uint8_t c)
{
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return c == ',' || c == ':' || (letter && !strchr("tfnNI", c));
}

/* True for what may be between the brackets of JSON outside of strings, NaN and Infinity included. */
static bool may_be_inside(uint8_t c)
{
    static const uint8_t allowed[128] = {
        ['\t'] = 1, ['\n'] = 1, ['\r'] = 1, [' '] = 1, ['"'] = 1, ['+'] = 1, [','] = 1, ['-'] = 1,
        ['.'] = 1,  ['0'] = 1,  ['1'] = 1,  ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1,
        ['7'] = 1,  ['8'] = 1,  ['9'] = 1,  [':'] = 1, ['E'] = 1, ['I'] = 1, ['N'] = 1, ['['] = 1,
        [']'] = 1,  ['a'] = 1,  ['e'] = 1,  ['f'] = 1, ['i'] = 1, ['l'] = 1, ['n'] = 1, ['r'] = 1,
        ['s'] = 1,  ['t'] = 1,  ['u'] = 1,  ['y'] = 1, ['{'] = 1, ['}'] = 1,
    };
    return c < 128 && allowed[c];
}

static int open_one(og_json_scan *scan, uint8_t bracket, size_t at, og_error *err)
{
    size_t max = scan->max_depth ? scan->max_depth : OG_MAX_DEPTH_DEFAULT;
    if (scan->depth >= max) {
        scan->at = at;
        return og_error_set(
            err, OG_ELIMIT, at,
            "arrays and objects are in one another more than %zu deep; raise max_depth to allow it", max);
    }
    scan->depth++;
    scan->kinds = scan->kinds << 1 | (bracket == '{');
    if (scan->known < MAX_KNOWN) scan->known++;
    scan->state = STATE_INSIDE;
    return 0;
}

/*
 * Closes the innermost container. A bracket of the wrong kind is worth telling at once: the sender may
 * wait for an answer, and the right one may never come.
 */
static int close_one(og_json_scan *scan, const uint8_t *data, size_t at, og_error *err)
{
    if (scan->known > 0) {
        bool object = scan->kinds & 1;
        if (data[at] != (object ? '}' : ']')) return refuse(scan, data, at, object ? "'}'" : "']'", err);
        scan->kinds >>= 1;
        scan->known--;
    }
    scan->depth--;
    return 0;
}

/* Takes the first byte of the value. */
static int scan_first(og_json_scan *scan, const uint8_t *data, size_t at, og_error *err)
{
    uint8_t c = data[at];
    scan->start = at;
    if (c == '[' || c == '{') return open_one(scan, c, at, err);
    if (c == '"') {
        scan->state = STATE_STRING;
    } else if (c == '/' && scan->allow_comments) {
        scan->state = STATE_SLASH;
    } else if (c == '-') {
        scan->state = STATE_MINUS;
    } else if (c >= '0' && c <= '9') {
        scan->state = STATE_NUMBER;
    } else {
        unsigned word = 0;
        while (word < WORDS && (uint8_t)words[word][0] != c)
            word++;
        if (word == WORDS) return refuse(scan, data, at, "the start of a value", err);
        scan->state = (uint8_t)(STATE_WORD + word * WORD_SIZE + 1);
    }
    return 0;
}

/* Steps over the plain part of a string: to a quote, a backslash, a control byte or the end. */
static size_t skip_string(const uint8_t *data, size_t at, size_t len)
{
    while (len - at >= OG__TEXT16) {
        unsigned mask = og__base_escape16(data + at);
        if (mask) return at + (size_t)__builtin_ctz(mask);
        at += OG__TEXT16;
    }
    while (at < len && data[at] != '"' && data[at] != '\\' && data[at] >= 0x20)
        at++;
    return at;
}

/* Within a string. 1 when the text ends with it, at scan->at; 0 when to go on. */
static int scan_string(og_json_scan *scan, const uint8_t *data, size_t len, og_error *err)
{
    size_t at = skip_string(data, scan->at, len);
    scan->at = at;
    if (at == len) return 0;
    if (data[at] < 0x20) return refuse(scan, data, at, "no control character in a string", err);
    scan->at = at + 1;
    if (data[at] == '\\') {
        scan->state = STATE_ESCAPE;
        return 0;
    }
    scan->state = STATE_INSIDE;
    return scan->depth == 0;
}

/* Within a container, outside of strings. As scan_string(). */
static int scan_inside(og_json_scan *scan, const uint8_t *data, size_t len, og_error *err)
{
    size_t at = scan->at;
    while (at < len) {
        uint8_t c = data[at];
        if (c == '/' && scan->allow_comments) {
            scan->state = STATE_SLASH;
            at++;
            break;
        }
        if (!may_be_inside(c)) return refuse(scan, data, at, "a value or punctuation", err);
        if (c == '[' || c == '{') {
            if (open_one(scan, c, at, err) < 0) return OG_ELIMIT;
        } else if ((c == ']' || c == '}') && close_one(scan, data, at, err) < 0) {
            return OG_ESYNTAX;
        }
        at++;
        if (c == '"') {
            scan->state = STATE_STRING;
            break;
        }
        if (scan->depth == 0) {
            scan->at = at;
            return 1;
        }
    }
    scan->at = at;
    return 0;
}

/* In a comment. As scan_string(), but that no text ends here. */
static int scan_comment(og_json_scan *scan, const uint8_t *data, size_t len, og_error *err)
{
    uint8_t c = data[scan->at];
    const uint8_t *found = data + scan->at;
    switch (scan->state) {
    case STATE_SLASH:
        if (c != '/' && c != '*')
            return refuse(scan, data, scan->at, "'/' or '*' after the '/' of a comment", err);
        scan->state = c == '/' ? STATE_LINE : STATE_BLOCK;
        break;
    case STATE_STAR:
        if (c != '*') scan->state = STATE_BLOCK;
        if (c == '/') scan->state = scan->depth ? STATE_INSIDE : STATE_START;
        break;
    default:
        found = memchr(found, scan->state == STATE_LINE ? '\n' : '*', len - scan->at);
        if (found && scan->state == STATE_BLOCK)
            scan->state = STATE_STAR;
        else if (found)
            scan->state = scan->depth ? STATE_INSIDE : STATE_START;
    }
    scan->at = found ? (size_t)(found - data) + 1 : len;
    return 0;
}

/* Within a bare word. As scan_string(). */
static int scan_word(og_json_scan *scan, const uint8_t *data, size_t at, og_error *err)
{
    const char *word = words[(scan->state - STATE_WORD) / WORD_SIZE];
    size_t letter = (size_t)(scan->state - STATE_WORD) % WORD_SIZE;
    if (data[at] != (uint8_t)word[letter]) return refuse(scan, data, at, word, err);
    scan->at = at + 1;
    scan->state++;
    return word[letter + 1] == '\0';
}

/* Takes what is at scan->at in its state. 1 when the text ends before scan->at, 0 to go on, or an error. */
static int scan_some(og_json_scan *scan, const uint8_t *data, size_t len, og_error *err)
{
    size_t at = scan->at;
    switch (scan->state) {
    case STATE_START:
        scan->at = at + 1;
        return og__base_is_space(data[at]) ? 0 : scan_first(scan, data, at, err);
    case STATE_INSIDE: return scan_inside(scan, data, len, err);
    case STATE_STRING: return scan_string(scan, data, len, err);
    case STATE_ESCAPE:
        scan->at = at + 1;
        scan->state = STATE_STRING;
        return 0;
    case STATE_MINUS:
        scan->at = at + 1;
        scan->state = data[at] == 'I' ? STATE_WORD + WORD_INFINITY * WORD_SIZE + 1 : STATE_NUMBER;
        if (data[at] == 'I' || (data[at] >= '0' && data[at] <= '9')) return 0;
        return refuse(scan, data, at, "a digit after '-'", err);
    case STATE_NUMBER:
        while (at < len && in_number(data[at]))
            at++;
        scan->at = at;
        if (at < len && is_no_next(data[at])) return refuse(scan, data, at, "the end of a number", err);
        return at < len;
    case STATE_SLASH:
    case STATE_LINE:
    case STATE_BLOCK:
    case STATE_STAR: return scan_comment(scan, data, len, err);
    default: return scan_word(scan, data, at, err);
    }
}

/* The stream ends and the text has not. */
static int end_early(const og_json_scan *scan, size_t len, og_error *err)
{
    bool comment = scan->state >= STATE_SLASH && scan->state <= STATE_STAR;
    return og_error_set(err, OG_ETRUNCATED, len, "the stream ends %s",
                        comment                       ? "within a comment"
                        : scan->state == STATE_STRING ? "within a string: expected '\"'"
                        : scan->state == STATE_START  ? "before a JSON text"
                                                      : "within a JSON text");
}

/* Passes over a byte order mark, if it may be there. False when more bytes must tell. */
static bool pass_mark(og_json_scan *scan, const uint8_t *data, size_t len, bool ended)
{
    size_t most = len < OG__JSON_BOM_LEN ? len : OG__JSON_BOM_LEN;
    if (!scan->allow_bom || memcmp(data, OG__JSON_BOM, most) != 0) return true;
    if (most == OG__JSON_BOM_LEN) scan->at = OG__JSON_BOM_LEN;
    return ended || most == OG__JSON_BOM_LEN;
}

int og_json_scan_end(og_json_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *start,
                     size_t *end, og_error *err)
{
    int done = 0;
    if (scan->at == 0 && len > 0 && data[0] == (uint8_t)OG__JSON_BOM[0] && !pass_mark(scan, data, len, ended))
        return 0;
    while (done == 0 && scan->at < len)
        done = scan_some(scan, data, len, err);
    if (done < 0) return done;
    if (!done) {
        if (!ended) return 0;
        bool blank = scan->state == STATE_START || scan->state == STATE_LINE;
        if (blank && scan->depth == 0 && scan->allow_comments)
            scan->start = len;
        else if (scan->state != STATE_NUMBER)
            return end_early(scan, len, err);
    }
    *start = scan->start;
    *end = scan->at;
    return 1;
}
