/* SPDX-License-Identifier: MIT */
/* JSON out of what people write instead of it. */
#include "cli/suggest.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* A text in quotes of either kind, as JSON; the place after it, or NULL. */
static const char *mend_quoted(const char *at, const char *end, og_buf *out)
{
    char quote = *at++;
    og_buf_putc(out, '"');
    for (; at < end && *at != quote; at++) {
        if (*at == '\\' && at + 1 < end) {
            at++;
            if (*at != '\'') og_buf_putc(out, '\\');
        } else if (*at == '"') {
            og_buf_putc(out, '\\');
        }
        og_buf_putc(out, (uint8_t)*at);
    }
    og_buf_putc(out, '"');
    return at < end ? at + 1 : NULL;
}

static bool is_json(const char *text, size_t len)
{
    og_doc *doc = og_doc_new(NULL);
    bool valid = doc && og_json_read(doc, text, len, NULL, NULL) == 0;
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
    const char *start = at;
    while (at < end && !strchr(",:{}[]\"'", *at))
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

/* A comma, unless a bracket follows it. */
static const char *mend_comma(const char *at, const char *end, og_buf *out)
{
    const char *next = skip_blanks(at + 1, end);
    if (next < end && !strchr("]}", *next)) og_buf_puts(out, ", ");
    return next;
}

bool cli_mend_json(const char *text, size_t len, og_buf *out)
{
    const char *end = text + len;
    const char *at = skip_blanks(text, end);
    size_t before = out->len;
    while (at && at < end) {
        if (*at == '"' || *at == '\'') {
            at = mend_quoted(at, end, out);
        } else if (*at == ',') {
            at = mend_comma(at, end, out);
        } else if (strchr(":{}[]", *at)) {
            og_buf_putc(out, (uint8_t)*at);
            if (*at++ == ':') og_buf_putc(out, ' ');
        } else {
            at = mend_bare(at, end, out);
        }
        if (at) at = skip_blanks(at, end);
    }
    bool mended = at && out->len > before && is_json((const char *)out->data + before, out->len - before);
    return og_buf_putc(out, '\0') == 0 && mended;
}
