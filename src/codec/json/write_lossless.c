/* SPDX-License-Identifier: MIT */
/* Lossless form: what JSON has no form for gets a tag; what appears more than once gets a number. */
#include "codec/json/writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Read back, a high surrogate followed by a low one would become one character. */
static bool needs_tag(og_value string)
{
    if (!(string.meta & OG__F_SURROGATE)) return false;
    size_t len;
    const char *text = og_data(string, &len);
    for (size_t i = 0; i + 6 <= len; i++) {
        bool high = (uint8_t)text[i] == 0xed && ((uint8_t)text[i + 1] & 0xf0) == 0xa0;
        bool low = (uint8_t)text[i + 3] == 0xed && ((uint8_t)text[i + 4] & 0xf0) == 0xb0;
        if (high && low) return true;
    }
    return false;
}

static int write_string_tag(og__json_writer *w, og_value string)
{
    int status = og__json_open_tag(w, "py/str");
    return status < 0 ? status : og__json_write_base64(w, string);
}

/* nan, inf, -inf; a NaN with other bits than Python's own tells them. */
static int write_float_tag(og__json_writer *w, double number)
{
    char text[32];
    const char *word = text;
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (isinf(number))
        word = number < 0 ? "-inf" : "inf";
    else if (bits == UINT64_C(0x7ff8000000000000))
        word = "nan";
    else
        snprintf(text, sizeof text, "nan:%016llx", (unsigned long long)bits);
    int status = og__json_open_tag(w, "py/float");
    return status < 0 ? status : og__json_write_text(w, word, strlen(word), false);
}

/* NaN and the infinities only where Python's words for them say all. */
static int write_float(og__json_writer *w, double number)
{
    if (!isfinite(number)) {
        const uint64_t usual = UINT64_C(0x7ff8000000000000);
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        if (!w->o.allow_nan || (isnan(number) && bits != usual)) return write_float_tag(w, number);
    }
    return og__json_write_float(w, number);
}

static bool begins(og_value string, const char *with)
{
    size_t len = strlen(with);
    return og__value_len(string) >= len && memcmp(string.u.p, with, len) == 0;
}

/* What others take for more than a key: jsonpickle reads the JSON text in a key that begins with "json://".
 */
static bool is_tag(og_value key)
{
    return begins(key, "py/") || begins(key, "json://");
}

/* A dict stays an object if its keys are strings that are no tags. */
static bool is_ordinary(const og__node *dict)
{
    const og_value *items = dict->items;
    for (size_t i = 0; i < dict->count; i++) {
        og_value key = items[2 * i];
        if (og_kind_of(key) != OG_STR || needs_tag(key) || is_tag(key)) return false;
    }
    return true;
}

static int write_complex(og__json_writer *w, og_value value)
{
    const double *parts = value.u.p;
    int status = og__json_open_tag(w, "py/complex");
    if (status == OG_OK) status = og__json_open(w, OG__FRAME_DEF, NULL, 0);
    for (int i = 0; status == OG_OK && i < 2; i++) {
        size_t depth = w->depth;
        status = og__json_begin_item(w);
        if (status == OG_OK) status = write_float(w, parts[i]);
        while (status == OG_OK && w->depth > depth)
            status = og__json_close(w);
    }
    return status;
}

static int open_tagged(og__json_writer *w, const char *tag, og__json_frame_kind kind, const og_value *items,
                       size_t count)
{
    int status = og__json_open_tag(w, tag);
    return status < 0 ? status : og__json_open(w, kind, items, count);
}

static int open_body(og__json_writer *w, og_value value)
{
    const og__node *node = og__value_node_of(value);
    int status;
    switch (og_kind_of(value)) {
    case OG_LIST: return og__json_open(w, OG__FRAME_LIST, node->items, node->count);
    case OG_TUPLE: return open_tagged(w, "py/tuple", OG__FRAME_LIST, node->items, node->count);
    case OG_SET: return open_tagged(w, "py/set", OG__FRAME_LIST, node->items, node->count);
    case OG_FROZENSET: return open_tagged(w, "py/frozenset", OG__FRAME_LIST, node->items, node->count);
    case OG_DICT:
        if (is_ordinary(node)) return og__json_open_dict(w, value);
        return open_tagged(w, "py/dict", OG__FRAME_PAIRS, node->items, 2 * (size_t)node->count);
    case OG_BYTEARRAY:
        status = og__json_open_tag(w, "py/bytearray");
        return status < 0 ? status : og__json_write_base64(w, value);
    case OG_CLASS:
        status = og__json_open_tag(w, "py/type");
        return status < 0 ? status : og__json_write_class_name(w, value);
    default: return og__json_open_object(w, value);
    }
}

static int write_number_item(og__json_writer *w, uint64_t number)
{
    int status = og__json_begin_item(w);
    return status < 0 ? status : og__json_write_int(w, og_int((int64_t)number));
}

/* What was referred to before it was filled says so, where a call may have seen that. */
static int open_new(og__json_writer *w, og_value value)
{
    int status = OG_OK;
    if (w->late && (og__value_node_of(value)->flags & OG__N_LATE)) status = og__json_open_tag(w, "py/late");
    return status < 0 ? status : open_body(w, value);
}

static int write_node(og__json_writer *w, og_value value)
{
    uint64_t *mark = og__json_find_mark(w, value);
    if (!mark || *mark == 0) return open_new(w, value);
    int status;
    if (*mark > 1) {
        status = og__json_open_tag(w, "py/ref");
        return status < 0 ? status : og__json_write_int(w, og_int((int64_t)(*mark - 1)));
    }
    *mark = ++w->defined + 1;
    status = og__json_open_tag(w, "py/def");
    if (status == OG_OK) status = og__json_open(w, OG__FRAME_DEF, NULL, 0);
    if (status == OG_OK) status = write_number_item(w, w->defined);
    if (status == OG_OK) status = og__json_begin_item(w);
    return status < 0 ? status : open_new(w, value);
}

int og__json_write_lossless(og__json_writer *w, og_value value)
{
    int status;
    switch (og_kind_of(value)) {
    case OG_FLOAT: return write_float(w, value.u.f);
    case OG_STR: return needs_tag(value) ? write_string_tag(w, value) : og__json_write_string(w, value);
    case OG_COMPLEX: return write_complex(w, value);
    case OG_BYTES:
        status = og__json_open_tag(w, "py/b64");
        return status < 0 ? status : og__json_write_base64(w, value);
    case OG_INVALID:
    case OG_NONE:
    case OG_BOOL:
    case OG_INT: return og__json_write_scalar(w, value);
    default: return write_node(w, value);
    }
}
