/* SPDX-License-Identifier: MIT */
/* JSON out of what people write instead of it. */
#include "cli/suggest.h"

#include <string.h>

/* What editors and other keyboards make of the marks of JSON. */
static const struct {
    const char *text;
    char mark;
} lookalikes[] = {
    {"\u201c", '"'},  {"\u201d", '"'},  {"\u201e", '"'},  {"\u201f", '"'},  {"\u00ab", '"'},
    {"\u00bb", '"'},  {"\uff02", '"'},  {"\u2018", '\''}, {"\u2019", '\''}, {"\u201a", '\''},
    {"\u201b", '\''}, {"\uff07", '\''}, {"\u00a0", ' '},  {"\u3000", ' '},  {"\uff1a", ':'},
    {"\uff0c", ','},  {"\uff5b", '{'},  {"\uff5d", '}'},  {"\uff3b", '['},  {"\uff3d", ']'},
};

/* The mark that is at this place or is meant there, and its size in bytes. */
static char mark_at(const char *at, const char *end, size_t *size)
{
    *size = 1;
    if ((unsigned char)*at < 0x80) return *at;
    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++) {
        size_t len = strlen(lookalikes[i].text);
        if ((size_t)(end - at) < len || memcmp(at, lookalikes[i].text, len) != 0) continue;
        *size = len;
        return lookalikes[i].mark;
    }
    return *at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_blanks(const char *at, const char *end)
{
    size_t size;
    while (at < end && is_blank(mark_at(at, end, &size)))
        at += size;
    return at;
}

/* The size of what ends a text in quotes here, or 0. Quotes that are not of JSON are within texts too. */
static size_t closing(const char *at, const char *end, char quote, bool ascii)
{
    size_t size;
    size_t next;
    if (ascii) return *at == quote;
    if (mark_at(at, end, &size) != quote) return 0;
    const char *after = skip_blanks(at + size, end);
    return after == end || strchr(",:{}[]", mark_at(after, end, &next)) ? size : 0;
}

/* A text in quotes of any kind, as JSON; the place after it, or NULL. */
static const char *mend_quoted(const char *at, const char *end, og_buf *out)
{
    size_t size;
    size_t closed = 0;
    char quote = mark_at(at, end, &size);
    bool ascii = size == 1;
    at += size;
    og_buf_putc(out, '"');
    for (; at < end && !(closed = closing(at, end, quote, ascii)); at++) {
        if (*at == '\\' && at + 1 < end) {
            at++;
            if (*at != '\'') og_buf_putc(out, '\\');
        } else if (*at == '"') {
            og_buf_putc(out, '\\');
        }
        og_buf_putc(out, (uint8_t)*at);
    }
    og_buf_putc(out, '"');
    return at < end ? at + closed : NULL;
}

/* As commands read it: 1e400 is none. */
static bool is_json(const char *text, size_t len)
{
    og_json_read_options options = OG_INIT;
    options.size = sizeof options;
    options.allow_nan = true;
    options.refuse_huge = true;
    og_doc *doc = og_doc_new(NULL);
    bool valid = doc && og_json_read(doc, text, len, &options, NULL) == 0;
    og_doc_free(doc);
    return valid;
}

/* What Python and JavaScript call otherwise. */
static const struct {
    const char *word;
    const char *json;
} names[] = {{"True", "true"}, {"False", "false"}, {"None", "null"}, {"undefined", "null"}};

/* A name, number or text without quotes, up to what can only be punctuation; the place after it. */
static const char *mend_bare(const char *at, const char *end, og_buf *out)
{
    size_t size;
    const char *start = at;
    while (at < end && !strchr(",:{}[]\"'", *at) && !strchr(",:{}[]", mark_at(at, end, &size)))
        at++;
    size_t len = (size_t)(at - start);
    while (len > 0 && is_blank(start[len - 1]))
        len--;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].word) == len && memcmp(names[i].word, start, len) == 0) {
            og_buf_puts(out, names[i].json);
            return at;
        }
    }
    bool plain = is_json(start, len);
    if (!plain) og_buf_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (start[i] == '\\') og_buf_putc(out, '\\');
        og_buf_putc(out, (uint8_t)start[i]);
    }
    if (!plain) og_buf_putc(out, '"');
    return at;
}

/* A comma, unless a bracket follows it. `at` is after it. */
static const char *mend_comma(const char *at, const char *end, og_buf *out)
{
    size_t size;
    const char *next = skip_blanks(at, end);
    if (next < end && !strchr("]}", mark_at(next, end, &size))) og_buf_puts(out, ", ");
    return next;
}

bool cli_mend_json(const char *text, size_t len, og_buf *out)
{
    const char *end = text + len;
    const char *at = skip_blanks(text, end);
    size_t before = out->len;
    while (at && at < end) {
        size_t size;
        char mark = mark_at(at, end, &size);
        if (mark == '"' || mark == '\'') {
            at = mend_quoted(at, end, out);
        } else if (mark == ',') {
            at = mend_comma(at + size, end, out);
        } else if (strchr(":{}[]", mark)) {
            og_buf_putc(out, (uint8_t)mark);
            if (mark == ':') og_buf_putc(out, ' ');
            at += size;
        } else {
            at = mend_bare(at, end, out);
        }
        if (at) at = skip_blanks(at, end);
    }
    bool mended = at && out->len > before && is_json((const char *)out->data + before, out->len - before);
    return og_buf_putc(out, '\0') == 0 && mended;
}
