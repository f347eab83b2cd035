/* SPDX-License-Identifier: MIT */
/* The codec repr: messages are what Python's repr() prints and ast.literal_eval() reads. */
#include "codec/codec.h"
#include <onggi/text.h>

#include <string.h>

og_repr_options *og_repr_of(og_codec_options *all)
{
    og_repr_options *own = og__codec_put(all, &og__text_repr_codec, sizeof *own);
    own->size = sizeof *own;
    return own;
}

static int repr_read(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                     og_error *err)
{
    return og_literal_read(doc, (const char *)bytes, len, og__codec_get(options, &og__text_repr_codec), err);
}

static int repr_write(og_value value, og_buf *out, const og_codec_options *options, og_error *err)
{
    return og_repr(value, out, og__codec_get(options, &og__text_repr_codec), err);
}

static void repr_limit(og_codec_options *options, const og_codec_limits *limits)
{
    og_repr_options *own = og_repr_of(options);
    if (own->max_bytes == 0) own->max_bytes = limits->max_message;
    if (own->max_growth == 0) own->max_growth = limits->max_growth;
}

static bool is_space(uint8_t c)
{
    return c <= ' ' && (OG__CODEC_SPACE >> c & 1);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* A byte of a number or a name. */
static bool in_word(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
           c == '+' || c == '-';
}

/* ---- Where a literal ends ---- */

/* Which comes before the next byte. */
enum { START, WORD, OUTSIDE, STRING, ESCAPE };

typedef struct literal_scan {
    size_t at;
    size_t start;
    size_t depth;
    uint8_t state;
    uint8_t quote;
} literal_scan;

_Static_assert(sizeof(literal_scan) <= OG_CODEC_SCAN_ROOM, "a scan of a literal must fit its room");

/* A byte outside of strings: 1 when the literal ends before scan->at, 0 to go on, or an error. */
static int scan_outside(literal_scan *scan, uint8_t c, og_error *err)
{
    if (c == '\'' || c == '"') {
        scan->quote = c;
        scan->state = STRING;
    } else if (c == '(' || c == '[' || c == '{') {
        scan->depth++;
        scan->state = OUTSIDE;
    } else if (scan->depth > 0) {
        bool closes = c == ')' || c == ']' || c == '}';
        if (closes && --scan->depth == 0) return scan->at++, 1;
    } else if (in_word(c)) {
        scan->state = WORD;
    } else if (scan->state == WORD) {
        return 1;
    } else {
        return og_error_set(err, OG_ESYNTAX, scan->at, "expected a Python literal but found byte 0x%02x", c);
    }
    scan->at++;
    return 0;
}

/* One byte. As scan_outside(). */
static int scan_byte(literal_scan *scan, uint8_t c, og_error *err)
{
    if (scan->state == START) {
        if (is_space(c)) return scan->at++, 0;
        scan->start = scan->at;
        scan->state = OUTSIDE;
    }
    if (scan->state == ESCAPE) {
        scan->state = STRING;
    } else if (scan->state == STRING && c == '\\') {
        scan->state = ESCAPE;
    } else if (scan->state == STRING && c == scan->quote) {
        scan->state = OUTSIDE;
        if (scan->depth == 0) return scan->at++, 1;
    } else if (scan->state != STRING) {
        return scan_outside(scan, c, err);
    }
    scan->at++;
    return 0;
}

static int repr_scan(og_codec_scan *room, const og_codec_options *options, const uint8_t *data, size_t len,
                     bool ended, size_t *start, size_t *end, og_error *err)
{
    (void)options;
    literal_scan *scan = (void *)room;
    int done = 0;
    while (done == 0 && scan->at < len)
        done = scan_byte(scan, data[scan->at], err);
    if (done < 0) return done;
    if (done == 0 && !ended) return 0;
    if (done == 0 && scan->state != WORD)
        return og_error_set(err, OG_ETRUNCATED, len, "the stream ends within a Python literal");
    *start = scan->start;
    *end = scan->at;
    return 1;
}

/* Another digit or letter may come. */
static bool repr_may_be_whole(const uint8_t *data, size_t len)
{
    return in_word(data[len - 1]);
}

static int repr_separator(og_value value)
{
    og_kind kind = og_kind_of(value);
    return kind == OG_NONE || kind == OG_BOOL || kind == OG_INT || kind == OG_FLOAT ? ' ' : -1;
}

/* ---- How a literal begins ---- */

enum { YES = 1, MORE = 0, NO = -1 };

/* Names that a literal may begin with, and what comes after them. */
static const char *const names[] = {"None", "True", "False", "set(", "frozenset(", "bytearray(",
                                    "inf",  "nan",  "b'",    "b\"",  "-inf"};

static int name_begins(const uint8_t *data, size_t len, size_t *end)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        if (memcmp(data, names[i], len < n ? len : n) != 0) continue;
        if (in_word((uint8_t)names[i][n - 1])) *end = n;
        return len < n ? MORE : YES;
    }
    return NO;
}

/* The first thing inside the brackets; `end` is where it stops being a number or name. */
static int item_begins(const uint8_t *data, size_t len, size_t *end)
{
    if (data[0] == '\'' || data[0] == '"') return YES;
    bool minus = data[0] == '-' && len > 1 && is_digit(data[1]);
    if (!minus && !is_digit(data[0])) return name_begins(data, len, end);
    while (*end < len && (is_digit(data[*end]) || (data[*end] && strchr("+-.eEj", data[*end]))))
        ++*end;
    return YES;
}

static size_t skip_space(const uint8_t *data, size_t len, size_t at)
{
    while (at < len && is_space(data[at]))
        at++;
    return at;
}

static int repr_begins(const og_opening *opening, int *note)
{
    const uint8_t *data = opening->data;
    size_t len = opening->len;
    const int more = opening->whole || opening->quiet ? NO : MORE;
    size_t at = skip_space(data, len, 0);
    size_t first = at;
    *note = OG_CODEC_NO_NOTE;
    while (at < len && data[at] && strchr("([{ ", data[at]))
        at++;
    if (at == len) return at > first ? YES : more;
    bool inside = at > first;
    if (inside && data[at] && strchr(")]}", data[at])) return YES;
    size_t end = 0;
    int begins = item_begins(data + at, len - at, &end);
    if (begins != YES || inside || end == 0) return begins == MORE ? more : begins;
    /* A number or a name on its own: prose comes after it, or the next literal. */
    at = skip_space(data, len, at + end);
    return at == len || (data[at] && strchr("([{'\"-0123456789NTFbfsin", data[at]) && is_space(data[at - 1]))
               ? YES
               : NO;
}

const og_codec og__text_repr_codec = {
    .name = "repr",
    .noun = "Python's repr()",
    .summary = "what Python's repr() prints, e.g. {'name': 'John'}",
    .read = repr_read,
    .write = repr_write,
    .scan = repr_scan,
    .limit = repr_limit,
    .stream = "line",
    .datagram = "raw",
    .lines = true,
    .blanks = OG__CODEC_SPACE,
    .may_be_whole = repr_may_be_whole,
    .separator = repr_separator,
    .asked = true,
    .begins = repr_begins,
};
