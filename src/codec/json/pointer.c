/* SPDX-License-Identifier: MIT */
/* JSON Pointer (RFC 6901): reaching into a value, step by step. */
#include "base/number.h"
#include "value/doc.h"
#include <onggi/json.h>
#include <onggi/known.h>
#include <onggi/text.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 60, KEYS_SHOWN = 5, KEY_SHOWN_MAX = 24, LISTED_SIZE = 192 };

typedef struct reach {
    const char *pointer;
    size_t at;     /* of the step in hand, after its slash */
    size_t len;    /* of that, as it is written */
    og_value name; /* the step as a str, escapes undone; OG_INVALID when it is not UTF-8 */
    og_buf memory; /* of the name, where it had escapes */
    og_error *err;
} reach;

/* ---- The text ---- */

static int check_syntax(const char *pointer, og_error *err)
{
    if (*pointer == '#')
        return og_error_set(err, OG_EINVAL, 0,
                            "a JSON Pointer begins with '/'; the form with '#' is for URLs");
    if (*pointer && *pointer != '/')
        return og_error_set(err, OG_EINVAL, 0, "a JSON Pointer is empty or begins with '/'");
    for (const char *at = pointer; (at = strchr(at, '~')); at++) {
        if (at[1] != '0' && at[1] != '1')
            return og_error_set(err, OG_EINVAL, (size_t)(at - pointer),
                                "after '~' expected 0 (for '~') or 1 (for '/')");
    }
    return OG_OK;
}

/* Takes the next step into r->name. */
static int take_step(reach *r)
{
    const char *text = r->pointer + r->at;
    r->len = strcspn(text, "/");
    if (!memchr(text, '~', r->len)) {
        r->name = og_str_borrow(text, r->len);
        return OG_OK;
    }
    r->memory.len = 0;
    if (og_buf_reserve(&r->memory, r->len) < 0)
        return og_error_set(r->err, OG_ENOMEM, OG_NO_POSITION, "no memory to follow a JSON Pointer");
    for (size_t i = 0; i < r->len; i++) {
        bool escape = text[i] == '~';
        i += escape;
        r->memory.data[r->memory.len++] = (uint8_t)(!escape ? text[i] : text[i] == '0' ? '~' : '/');
    }
    r->name = og_str_borrow((const char *)r->memory.data, r->memory.len);
    return OG_OK;
}

/* ---- Sentences ---- */

typedef struct shown {
    char text[SHOWN_MAX + 16];
} shown;

/* What was reached so far; of a long way its end. */
static shown show_way(const reach *r)
{
    shown s;
    const char *from = r->pointer;
    size_t len = r->at - 1;
    bool cut = len > SHOWN_MAX;
    if (cut) {
        from += len - SHOWN_MAX;
        while (((unsigned char)*from & 0xc0) == 0x80)
            from++;
        len = (size_t)(r->pointer + r->at - 1 - from);
    }
    if (len == 0)
        snprintf(s.text, sizeof s.text, "the top");
    else
        snprintf(s.text, sizeof s.text, "\"%s%.*s\"", cut ? "..." : "", (int)len, from);
    return s;
}

/* The step in hand as it is written; of a long one its beginning. */
static shown show_step(const reach *r)
{
    shown s;
    const char *text = r->pointer + r->at;
    size_t len = r->len;
    if (len > SHOWN_MAX) {
        len = SHOWN_MAX;
        while (((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    snprintf(s.text, sizeof s.text, "\"%.*s%s\"", (int)len, text, len < r->len ? "..." : "");
    return s;
}

static og_value refuse(const reach *r, const char *format, ...) OG_PRINTF(2, 3);

static og_value refuse(const reach *r, const char *format, ...)
{
    char text[sizeof r->err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    og_error_set(r->err, OG_ENOTFOUND, r->at, "%s", text);
    return (og_value){0};
}

/* Lists the first few keys that are short texts: `, which has "a", "b", …`. */
static void list_keys(og_mapping keys, char *text)
{
    size_t n = 0;
    size_t listed = 0;
    og_value key;
    text[0] = '\0';
    for (size_t i = 0; i < KEYS_SHOWN && og_mapping_next(&keys, &key, NULL); i++) {
        size_t len;
        const char *name = og_kind_of(key) == OG_STR ? og_data(key, &len) : NULL;
        if (!name || len > KEY_SHOWN_MAX) continue;
        n += (size_t)snprintf(text + n, LISTED_SIZE - n, "%s \"%.*s\"", listed++ ? "," : ", which has",
                              (int)len, name);
    }
    if (listed && listed < keys.count) snprintf(text + n, LISTED_SIZE - n, ", ...");
}

static og_value no_such_key(const reach *r, og_value value, const og_mapping *keys)
{
    char listed[LISTED_SIZE];
    list_keys(*keys, listed);
    return refuse(r, "no key %s in the %s at %s%s", show_step(r).text, og_kind_name(og_kind_of(value)),
                  show_way(r).text, keys->count ? listed : ", which is empty");
}

/* ---- Into mappings ---- */

static int put_key(og_value key, size_t limit, og_buf *out)
{
    double number;
    bool truth = false;
    switch (og_kind_of(key)) {
    case OG_NONE: return og_buf_puts(out, "null");
    case OG_BOOL: og_as_bool(key, &truth); return og_buf_puts(out, truth ? "true" : "false");
    case OG_INT: return og_int_to_text(key, limit, out, NULL);
    case OG_FLOAT:
        og_as_double(key, &number);
        if (isnan(number)) return og_buf_puts(out, "NaN");
        if (isinf(number)) return og_buf_puts(out, number < 0 ? "-Infinity" : "Infinity");
        if (og_buf_reserve(out, OG__DOUBLE_SIZE) < 0) return OG_ENOMEM;
        out->len += og__base_double_write(number, (char *)out->data + out->len);
        return OG_OK;
    default:
        return og_repr(key, out, &(og_repr_options){.size = sizeof(og_repr_options), .max_bytes = limit},
                       NULL);
    }
}

/* True when plain form writes `key`, which is no str, as the step. */
static int is_written_so(const reach *r, og_value key)
{
    size_t len;
    const char *name = og_data(r->name, &len);
    og_buf text = OG_BUF_INIT;
    if (len == 0) return 0;
    int status = put_key(key, len, &text);
    int same = status == OG_OK && text.len == len && memcmp(text.data, name, len) == 0;
    og_buf_free(&text);
    return status == OG_ENOMEM ? status : same;
}

/* The last value under the key that is the step, or, if there is none, under one that is written as it. */
static int find_key(const reach *r, og_mapping keys, og_value *found)
{
    og_value key;
    og_value item;
    bool exact = false;
    *found = (og_value){0};
    while (og_mapping_next(&keys, &key, &item)) {
        if (og_kind_of(key) == OG_STR) {
            if (og_equal(key, r->name) <= 0) continue;
            exact = true;
        } else {
            int same = exact ? 0 : is_written_so(r, key);
            if (same < 0)
                return og_error_set(r->err, same, OG_NO_POSITION, "no memory to follow a JSON Pointer");
            if (!same) continue;
        }
        *found = item;
    }
    return OG_OK;
}

static og_value step_into_mapping(const reach *r, og_value value, const og_mapping *keys)
{
    og_value found = og_kind_of(value) == OG_DICT ? og_dict_get(value, r->name) : (og_value){0};
    if (og_valid(found)) return found;
    if (og_valid(r->name) && find_key(r, *keys, &found) < 0) return found;
    return og_valid(found) ? found : no_such_key(r, value, keys);
}

/* ---- Into sequences ---- */

/* The index of a step: digits without a leading zero; SIZE_MAX when too large. False when it is none. */
static bool read_index(const char *text, size_t len, size_t *index)
{
    *index = 0;
    if (len == 0 || (text[0] == '0' && len > 1)) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        bool huge = *index > (SIZE_MAX - 9) / 10;
        *index = huge ? SIZE_MAX : *index * 10 + (size_t)(text[i] - '0');
    }
    return true;
}

/* Into `count` items of `items` (a list, tuple or set) from `first`; `value` is what they belong to. */
static og_value step_into_items(const reach *r, og_value value, og_value items, size_t first, size_t count)
{
    size_t index;
    const char *text = r->pointer + r->at;
    const char *kind = og_kind_name(og_kind_of(value));
    og_value item = {0};
    if (r->len == 1 && *text == '-')
        return refuse(r, "\"-\" names the item after the last one of the %s at %s, which is not there", kind,
                      show_way(r).text);
    if (!read_index(text, r->len, &index))
        return refuse(r, "%s is no index into the %s at %s", show_step(r).text, kind, show_way(r).text);
    if (index >= count)
        return refuse(r, "no item %s in the %s at %s, which has %zu", show_step(r).text, kind,
                      show_way(r).text, count);
    og_iter it = {items, first + index};
    og_iter_next(&it, NULL, &item);
    return item;
}

/* ---- Into values ---- */

/* Objects: what collections hold, what a named tuple was made from, else attributes. */
static og_value step_into_object(const reach *r, og_value object)
{
    og_mapping keys;
    og_deque deque;
    og_value inner;
    og_type type = og_type_of(object);
    if (og_as_mapping(object, &keys, NULL) == OG_OK) return step_into_mapping(r, object, &keys);
    if (og_as_deque(object, &deque, NULL) == OG_OK)
        return step_into_items(r, object, deque.items, deque.first, deque.count);
    if (type == OG_TYPE_NAMED_TUPLE && og_as_wrapped(object, NULL, &inner, NULL) == OG_OK)
        return step_into_items(r, object, inner, 0, og_len(inner));
    og_value state = og_object_state(object);
    og_value slots = og_kind_of(state) == OG_TUPLE ? og_item(state, 1) : (og_value){0};
    if (og_kind_of(state) == OG_TUPLE) state = og_item(state, 0);
    if (og_kind_of(state) != OG_DICT) state = slots;
    og_value found = og_dict_get(slots, r->name);
    if (!og_valid(found)) found = og_dict_get(state, r->name);
    if (og_valid(found)) return found;
    if (og_as_mapping(state, &keys, NULL) == OG_OK) return step_into_mapping(r, object, &keys);
    return refuse(r, "cannot reach into the object at %s", show_way(r).text);
}

static og_value step_into(const reach *r, og_value value)
{
    og_mapping keys;
    switch (og_kind_of(value)) {
    case OG_DICT: og_as_mapping(value, &keys, NULL); return step_into_mapping(r, value, &keys);
    case OG_LIST:
    case OG_TUPLE:
    case OG_SET:
    case OG_FROZENSET: return step_into_items(r, value, value, 0, og_len(value));
    case OG_OBJECT: return step_into_object(r, value);
    default:
        return refuse(r, "cannot reach into the %s at %s", og_kind_name(og_kind_of(value)), show_way(r).text);
    }
}

og_value og_json_pointer(og_value value, const char *pointer, og_error *err)
{
    if (check_syntax(pointer, err) < 0) return (og_value){0};
    reach r = {.pointer = pointer, .memory = OG_BUF_INIT, .err = err};
    while (og_valid(value) && pointer[r.at]) {
        r.at++;
        value = take_step(&r) < 0 ? (og_value){0} : step_into(&r, value);
        r.at += r.len;
    }
    og_buf_free(&r.memory);
    return value;
}
