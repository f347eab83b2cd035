/* SPDX-License-Identifier: MIT */
/* Comments in JSON, for callers who allow them: blanked out before reading. */
#include "codec/json/reader.h"

/* How long the comment at `at` is, 0 when it does not end. */
static size_t comment_length(const uint8_t *at, size_t len)
{
    size_t n = 2;
    if (at[1] == '/') {
        while (n < len && at[n] != '\n')
            n++;
        return n;
    }
    for (; n + 1 < len; n++)
        if (at[n] == '*' && at[n + 1] == '/') return n + 2;
    return 0;
}

/* How long the string at `at` is, quotes included; all that there is when it does not end. */
static size_t string_length(const uint8_t *at, size_t len)
{
    size_t n = 1;
    while (n < len && at[n] != '"')
        n += at[n] == '\\' ? 2 : 1;
    return n < len ? n + 1 : len;
}

const uint8_t *og__json_blank_comments(og__json_reader *r, const uint8_t *text, size_t len)
{
    uint8_t *copy = og__value_doc_alloc(r->doc, len + 1, 1);
    if (!copy) return og__json_no_memory(r);
    if (len) memcpy(copy, text, len);
    for (size_t at = 0; at < len;) {
        if (copy[at] == '"') {
            at += string_length(copy + at, len - at);
        } else if (len - at >= 2 && copy[at] == '/' && (copy[at + 1] == '/' || copy[at + 1] == '*')) {
            size_t n = comment_length(copy + at, len - at);
            if (n == 0)
                return og__json_fail(r, OG_ETRUNCATED, r->end, "expected \"*/\" but the text ends here");
            memset(copy + at, ' ', n);
            at += n;
        } else {
            at++;
        }
    }
    return copy;
}
