/* SPDX-License-Identifier: MIT */
/* Finds out what is around the messages of a file. */
#include "cli/frames.h"

#include <stdio.h>
#include <string.h>

enum { PROTO = 0x80, FIRST = 2, SEPARATOR = 0x1e, ENOUGH = 1 << 20 };

bool cli_framing_given(const cli_options *options, og_framing *framing)
{
    if (!options->framing || strcmp(options->framing, "auto") == 0) return false;
    return og_framing_find(framing, options->framing, NULL) == OG_OK;
}

cli_form cli_form_of(const uint8_t *data, size_t len)
{
    uint8_t first = data[0];
    /* NaN and Infinity; no pickle goes on so after its opcodes N and I. */
    if (len > 1 && ((first == 'N' && data[1] == 'a') || (first == 'I' && data[1] == 'n')))
        return CLI_FORM_JSON;
    /* A comment or a text in other quotes is no JSON, but less a pickle. */
    return first && strchr(" \t\r\n{[\"-0123456789tfn\xef/#'`", first) ? CLI_FORM_JSON : CLI_FORM_PICKLE;
}

static uint32_t wide_unit(const uint8_t *at, size_t width, bool little)
{
    uint32_t code = 0;
    for (size_t i = 0; i < width; i++)
        code = code << 8 | at[little ? width - 1 - i : i];
    return code;
}

/* Whether the data are characters with `zeros` NULs before or after each that is ASCII: the first one begins
 * JSON, the second one goes on. Any letter may follow a quote. */
static bool is_wide(const uint8_t *data, size_t len, size_t zeros, bool little)
{
    size_t width = zeros + 1;
    if (len < width) return false;
    uint32_t first = wide_unit(data, width, little);
    uint32_t second = len < 2 * width ? ' ' : wide_unit(data + width, width, little);
    bool goes_on = first == '"' ? second >= ' ' && second <= 0x10ffff : second > 0 && second < 0x80;
    return first > 0 && first < 0x80 && strchr(" \t\r\n{[\"-0123456789tfnNI", (int)first) != NULL && goes_on;
}

const char *cli_wide_text(const uint8_t *data, size_t len)
{
    static const struct {
        const char *name;
        const char *mark;
        size_t zeros;
        bool little;
    } rows[] = {{"UTF-32LE", "\xff\xfe\0", 3, true},
                {"UTF-32BE", "\0\0\xfe\xff", 3, false},
                {"UTF-16LE", "\xff\xfe", 1, true},
                {"UTF-16BE", "\xfe\xff", 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = rows[i].zeros + 1;
        if (len >= n && memcmp(data, rows[i].mark, n) == 0) return rows[i].name;
        if (is_wide(data, len, rows[i].zeros, rows[i].little)) return rows[i].name;
    }
    return NULL;
}

/* JSON that begins with a bracket ends with one. */
static bool is_closed(const uint8_t *data, size_t len)
{
    while (len > 2 && (data[len - 1] == 0 || strchr(" \t\r\n", data[len - 1])))
        len--;
    return data[0] == PROTO || data[len - 1] == (data[0] == '{' ? '}' : ']');
}

static bool begins_message(const uint8_t *data, size_t len)
{
    if (len < 2) return false;
    if (data[0] == PROTO) return data[1] >= FIRST && data[1] <= OG_PICKLE_HIGHEST_PROTOCOL;
    return data[0] == '{' || data[0] == '[';
}

/* A pickle of any protocol, to its end: those of protocols 0 and 1 have no first byte of their own. */
static bool is_pickle(const uint8_t *data, size_t len, bool alone)
{
    og_pickle_scan scan = {0};
    size_t end = 0;
    bool whole = og_pickle_scan_end(&scan, data, len, true, &end, NULL) == 1;
    return whole && end > 1 && (!alone || end == len);
}

/* Whether the header, of which the message is not all here, comes before something that begins as one. */
static bool fits_head(og_framing framing, const uint8_t *data, size_t len)
{
    og_frame_head head = {0};
    og_error err;
    if (!framing.ops->head || framing.ops->head(&framing, data, len, &head, &err) != 1) return false;
    return head.size < len && begins_message(data + head.size, len - head.size);
}

/* How many messages follow one another to the end of the data; 0 when that is not what the bytes are. */
static size_t count_messages(og_framing framing, const uint8_t *data, size_t len, bool ended)
{
    og_frame_reader reader;
    og_error err;
    size_t count = 0;
    size_t at = 0;
    og_frame_reader_init(&reader, framing, SIZE_MAX / 4, NULL, NULL);
    for (; at < len; count++) {
        og_frame frame;
        int status = og_frame_next(&reader, data + at, len - at, ended, &frame, &err);
        if (status < 0) return 0;
        if (status == 0) return ended ? 0 : count;
        const uint8_t *body = data + at + frame.body;
        bool message = begins_message(body, frame.body_len) && is_closed(body, frame.body_len);
        if (!message && !is_pickle(body, frame.body_len, true)) return 0;
        at += frame.size;
    }
    return count;
}

/* Bytes of a length may look like the start of a JSON text. */
static bool is_text(const og_frame_ops *ops, const uint8_t *data)
{
    if (ops->in_text || ops->opener || cli_form_of(data, 1) != CLI_FORM_JSON) return false;
    return ops->prefix < 2 || data[1] >= ' ';
}

/* The number that the data begin with: what comes before its digits, and after them and their padding. */
typedef struct digits {
    size_t end;
    size_t body;
} digits;

static bool read_digits(const uint8_t *data, size_t len, digits *d)
{
    size_t start = 0;
    while (start < len && (data[start] == ' ' || data[start] == 0))
        start++;
    d->end = start;
    while (d->end < len && data[d->end] >= '0' && data[d->end] <= '9')
        d->end++;
    d->body = d->end;
    while (d->body < len && (data[d->body] == 0 || strchr(" \t\r\n", data[d->body])))
        d->body++;
    return d->end > start && d->end < len;
}

/* A length in digits, padded or with a character after it, of JSON or a pickle as long as it says: 1, -1, or
 * 0: that looks so, and the rest of the data will tell. */
static int find_digits(const uint8_t *data, size_t len, bool ended, og_framing *framing)
{
    digits d;
    char names[2][24];
    if (!read_digits(data, len, &d)) return -1;
    bool crlf = len - d.end > 1 && data[d.end] == '\r' && data[d.end + 1] == '\n';
    bool marked = data[0] > '0' && d.body - d.end == 1U + crlf; /* one mark, which no padding shows */
    snprintf(names[marked], sizeof names[0], "digits:%zu", d.body);
    snprintf(names[!marked], sizeof names[0], crlf ? "digits:\\r\\n" : "digits:\\x%02x", data[d.end]);
    for (size_t i = 0; i < 2; i++) {
        og_framing one;
        if (og_framing_find(&one, names[i], NULL) < 0 || count_messages(one, data, len, ended) == 0) continue;
        *framing = one;
        return ended || len >= ENOUGH ? 1 : 0;
    }
    return -1;
}

int cli_framing_of(const uint8_t *data, size_t len, bool ended, og_framing *framing)
{
    const og_frame_ops *ops;
    og_framing by_head = {0};
    if (len == 0 || begins_message(data, len)) return ended || len ? -1 : 0;
    if (data[0] == SEPARATOR && len > 1 && cli_form_of(data + 1, len - 1) == CLI_FORM_JSON)
        return og_framing_find(framing, "seq", NULL) == OG_OK ? 1 : -1;
    if (len < 3) return ended || cli_form_of(data, len) == CLI_FORM_JSON ? -1 : 0;
    int found = find_digits(data, len, ended, framing);
    if (found >= 0) return found;
    if (is_pickle(data, len, false)) return -1;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        og_framing one;
        if (!ops->before || ops->set || is_text(ops, data) || og_framing_find(&one, ops->name, NULL) != OG_OK)
            continue;
        if (count_messages(one, data, len, ended) > 0) {
            *framing = one;
            return 1;
        }
        if (!by_head.ops && fits_head(one, data, len)) by_head = one;
    }
    if (!by_head.ops || ended) return -1;
    if (len < ENOUGH) return 0;
    *framing = by_head;
    return 1;
}

bool cli_ended_by_nul(const uint8_t *data, size_t len)
{
    og_json_scan scan = {0};
    size_t start;
    size_t end;
    if (len < 3 || data[0] == 0 || !strchr("{[\"tfn", data[0])) return false;
    return og_json_scan_end(&scan, data, len, false, &start, &end, NULL) > 0 && end < len && data[end] == 0;
}

/* A bracket too many, and a comment. */
static bool is_slip(const uint8_t *data, size_t len)
{
    if (len > 0 && strchr("]})", data[0]) && data[0]) return true;
    if (len > 1 && data[0] == '#' && data[1] == ' ') return true;
    return len > 1 && data[0] == '/' && (data[1] == '/' || data[1] == '*');
}

bool cli_delim_of(const uint8_t *data, size_t len, og_framing *framing)
{
    enum { LONGEST = 24 };
    char name[sizeof "delim:" + (size_t)4 * LONGEST] = "delim:";
    size_t at = strlen(name);
    size_t count = 0;
    while (count < len && count <= LONGEST && data[count] != '\n' && data[count] != '"' &&
           !begins_message(data + count, len - count))
        count++;
    if (count == 0 || count > LONGEST || is_slip(data, len)) return false;
    for (size_t i = 0; i < count; i++) {
        bool plain = data[i] > ' ' && data[i] <= '~' && data[i] != '\\';
        at += (size_t)snprintf(name + at, sizeof name - at, plain ? "%c" : "\\x%02x", data[i]);
    }
    return og_framing_find(framing, name, NULL) == OG_OK;
}

size_t cli_before_json(const uint8_t *data, size_t len)
{
    enum { LONGEST = 64 };
    og_json_scan scan = {0};
    size_t start;
    size_t end;
    size_t at = 0;
    while (at < len && at < LONGEST && data[at] != '{' && data[at] != '[')
        at++;
    if (at == 0 || at == len || !begins_message(data + at, len - at)) return 0;
    if (og_json_scan_end(&scan, data + at, len - at, true, &start, &end, NULL) <= 0) return 0;
    return at + end == len || strchr(" \t\r\n", data[at + end]) ? at : 0;
}
