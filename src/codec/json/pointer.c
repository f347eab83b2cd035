/* SPDX-License-Identifier: MIT */
/* JSON Pointer (RFC 6901): reaching into a value. */
#include "value/doc.h"
#include <onggi/json.h>

#include <string.h>

/* One step of a pointer, between two slashes. */
typedef struct token {
    const char *text;
    size_t len;
    size_t position; /* in the pointer */
} token;

static og_value refuse(og_error *err, og_status status, size_t position, const char *sentence)
{
    og_error_set(err, status, position, "%s", sentence);
    return (og_value){0};
}

/* Where a '~' stands that is neither ~0 nor ~1; SIZE_MAX: nowhere. */
static size_t find_bad_escape(token t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.text[i] == '~' && (i + 1 == t.len || (t.text[i + 1] != '0' && t.text[i + 1] != '1'))) return i;
    return SIZE_MAX;
}

/* The index that a token is: digits without a leading zero. False when it is none. */
static bool read_index(token t, size_t *index)
{
    *index = 0;
    if (t.len == 0 || (t.text[0] == '0' && t.len > 1)) return false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.text[i] < '0' || t.text[i] > '9' || *index > (SIZE_MAX - 9) / 10) return false;
        *index = *index * 10 + (size_t)(t.text[i] - '0');
    }
    return true;
}

static og_value step_into_sequence(og_value value, token t, og_error *err)
{
    size_t index;
    if (t.len == 1 && t.text[0] == '-')
        return refuse(err, OG_ENOTFOUND, t.position,
                      "'-' names the item after the last one, which is not there");
    if (!read_index(t, &index)) {
        og_error_set(err, OG_ENOTFOUND, t.position, "\"%.*s\" is not an index into a %s",
                     (int)(t.len < 80 ? t.len : 80), t.text, og_kind_name(og_kind_of(value)));
        return (og_value){0};
    }
    og_value item = og_item(value, index);
    if (!og_valid(item))
        og_error_set(err, OG_ENOTFOUND, t.position, "there is no item %zu in a %s of %zu", index,
                     og_kind_name(og_kind_of(value)), og_len(value));
    return item;
}

/* True when `key` is what the token means once ~1 and ~0 are undone. */
static bool is_key(og_value key, token t)
{
    size_t len;
    const char *text = og_kind_of(key) == OG_STR ? og_data(key, &len) : NULL;
    size_t at = 0;
    if (!text) return false;
    for (size_t i = 0; i < t.len; i++, at++) {
        char c = t.text[i];
        if (c == '~') c = t.text[++i] == '0' ? '~' : '/';
        if (at == len || text[at] != c) return false;
    }
    return at == len;
}

static og_value step_into_dict(og_value dict, token t, og_error *err)
{
    og_value key;
    og_value item;
    if (!memchr(t.text, '~', t.len)) {
        item = og_dict_get(dict, og_str_borrow(t.text, t.len));
        if (og_valid(item)) return item;
    } else {
        og_iter it = og_iter_of(dict);
        while (og_iter_next(&it, &key, &item))
            if (is_key(key, t)) return item;
    }
    og_error_set(err, OG_ENOTFOUND, t.position, "there is no key \"%.*s\"", (int)(t.len < 80 ? t.len : 80),
                 t.text);
    return (og_value){0};
}

og_value og_json_pointer(og_value value, const char *pointer, og_error *err)
{
    size_t at = 0;
    if (*pointer && *pointer != '/')
        return refuse(err, OG_EINVAL, 0, "a JSON Pointer is empty or begins with '/'");
    while (pointer[at]) {
        const char *text = pointer + at + 1;
        token t = {text, strcspn(text, "/"), at + 1};
        size_t bad = find_bad_escape(t);
        if (bad != SIZE_MAX)
            return refuse(err, OG_EINVAL, t.position + bad, "after '~' expected 0 (for '~') or 1 (for '/')");
        og_kind kind = og_kind_of(value);
        if (kind == OG_DICT) {
            value = step_into_dict(value, t, err);
        } else if (kind == OG_LIST || kind == OG_TUPLE) {
            value = step_into_sequence(value, t, err);
        } else {
            og_error_set(err, OG_ENOTFOUND, at, "cannot reach into a value of kind %s", og_kind_name(kind));
            return (og_value){0};
        }
        if (!og_valid(value)) return value;
        at = t.position + t.len;
    }
    return value;
}
