/* SPDX-License-Identifier: MIT */
/* Taking a value apart by a format: the reverse of packing. */
#include "value/doc.h"

#include <stdio.h>

enum { DEEPEST = 64, PATH_SIZE = 120 };

/* A bracket of the format that is open. */
typedef struct level {
    og_value container; /* OG_INVALID: it is missing and allowed to be, its places are passed over */
    og_value current;   /* dict: the value under the key that came last */
    const char *key;
    size_t key_len;
    size_t index; /* list, tuple: of the next item; dict: keys found so far */
    char closing;
    bool have_key;
    bool more;   /* '*': further items are allowed */
    bool strict; /* '!': further keys are not */
} level;

typedef struct unpacker {
    og_error *err;
    const char *format;
    size_t at;
    og_value root;
    bool taken; /* the root */
    size_t depth;
    level levels[DEEPEST];
} unpacker;

/* A struct, so that the list can be handed to functions by address on every machine. */
typedef struct arguments {
    va_list list;
} arguments;

static level *top(unpacker *u)
{
    return u->depth ? &u->levels[u->depth - 1] : NULL;
}

static void write_path(const unpacker *u, char path[PATH_SIZE])
{
    size_t len = 0;
    path[0] = '\0';
    for (size_t i = 0; i < u->depth && len < PATH_SIZE; i++) {
        const level *l = &u->levels[i];
        int n = 0;
        if (l->closing == '}' && l->key)
            n = snprintf(path + len, PATH_SIZE - len, ".%.*s", (int)(l->key_len < 40 ? l->key_len : 40),
                         l->key);
        else if (l->closing != '}' && l->index > 0)
            n = snprintf(path + len, PATH_SIZE - len, "[%zu]", l->index - 1);
        if (n > 0) len += (size_t)n;
    }
    if (len == 0) memcpy(path, "the top", 8);
}

static int fail(const unpacker *u, og_status code, const char *what)
{
    char path[PATH_SIZE];
    write_path(u, path);
    return og_error_set(u->err, code, u->at, "at %s: %s", path, what);
}

static int fail_format(const unpacker *u, const char *what)
{
    return og_error_set(u->err, OG_EINVAL, u->at, "in the format: %s", what);
}

static int fail_kind(const unpacker *u, const char *want, og_value found)
{
    char what[64];
    snprintf(what, sizeof what, "expected %s, found %s", want, og_kind_name(og_kind_of(found)));
    return fail(u, OG_ETYPE, what);
}

/* The value that the next format character is for; `*skip` when it is missing and may be. */
static int next_value(unpacker *u, og_value *v, bool *skip)
{
    level *l = top(u);
    *skip = false;
    if (!l) {
        if (u->taken) return fail_format(u, "more than one value; put them into brackets");
        u->taken = true;
        *v = u->root;
        return OG_OK;
    }
    *skip = !og_valid(l->container);
    if (l->closing == '}') {
        if (!l->have_key) return fail_format(u, "expected 's' for a key");
        l->have_key = false;
        *v = l->current;
        if (!og_valid(*v)) *skip = true;
        return OG_OK;
    }
    size_t i = l->index++;
    if (*skip) return OG_OK;
    *v = og_item(l->container, i);
    return og_valid(*v) ? OG_OK : fail(u, OG_ENOTFOUND, "no such item");
}

static int open_bracket(unpacker *u, char c)
{
    og_value v = {0};
    bool skip;
    int status = next_value(u, &v, &skip);
    if (status < 0) return status;
    og_kind want = c == '[' ? OG_LIST : c == '(' ? OG_TUPLE : OG_DICT;
    if (!skip && og_kind_of(v) != want) return fail_kind(u, og_kind_name(want), v);
    if (u->depth == DEEPEST) return fail_format(u, "more than 64 brackets within each other");
    char closing = c == '[' ? ']' : c == '(' ? ')' : '}';
    u->levels[u->depth++] = (level){.container = skip ? (og_value){0} : v, .closing = closing};
    return OG_OK;
}

static int close_bracket(unpacker *u, char c)
{
    level *l = top(u);
    if (!l) return fail_format(u, "a closing bracket without an opening one");
    if (l->closing != c)
        return og_error_set(u->err, OG_EINVAL, u->at,
                            "in the format: expected '%c' to close the bracket, found '%c'", l->closing, c);
    if (l->have_key) return fail_format(u, "a key without a value");
    size_t len = og_len(l->container);
    size_t used = l->index;
    bool dict = c == '}';
    bool more = dict ? !l->strict : l->more;
    bool missing = !og_valid(l->container);
    u->depth--;
    if (missing || more || len <= used) return OG_OK;
    char what[128];
    snprintf(what, sizeof what, "expected %zu %s, found %zu%s", used, dict ? "keys" : "items", len,
             dict ? "" : "; put '*' before the bracket to allow more");
    return fail(u, OG_EVALUE, what);
}

/* The key of a pair: given, and looked up here. */
static int take_key(unpacker *u, level *l, arguments *args)
{
    if (u->format[u->at] != 's') return fail_format(u, "expected 's' for a key");
    l->key = va_arg(args->list, const char *);
    if (!l->key) return fail_format(u, "a key is a null pointer");
    l->key_len = strlen(l->key);
    if (u->format[u->at + 1] == '#') {
        l->key_len = va_arg(args->list, size_t);
        u->at++;
    }
    bool optional = u->format[u->at + 1] == '?';
    if (optional) u->at++;
    l->have_key = true;
    l->current = og_dict_get(l->container, og__value_make(OG_STR, 0, l->key_len, l->key));
    if (og_valid(l->current))
        l->index++;
    else if (!optional && og_valid(l->container))
        return fail(u, OG_ENOTFOUND, "no such key");
    return OG_OK;
}

static int store_int(unpacker *u, og_value v, int64_t low, int64_t high, int64_t *out)
{
    int status = og_as_int64(v, out);
    if (status == OG_ETYPE) return fail_kind(u, "int", v);
    if (status < 0 || *out < low || *out > high) return fail(u, OG_EVALUE, "the int does not fit its place");
    return OG_OK;
}

static int store_number(unpacker *u, char c, og_value v, void *place)
{
    int64_t i = 0;
    int status;
    switch (c) {
    case 'i':
        status = store_int(u, v, INT32_MIN, INT32_MAX, &i);
        if (status == OG_OK) *(int *)place = (int)i;
        return status;
    case 'I':
        status = store_int(u, v, INT64_MIN, INT64_MAX, &i);
        if (status == OG_OK) *(int64_t *)place = i;
        return status;
    case 'U': status = og_as_uint64(v, place); break;
    default: status = og_as_double(v, place); break;
    }
    if (status == OG_ETYPE) return fail_kind(u, c == 'f' ? "float" : "int", v);
    return status < 0 ? fail(u, OG_EVALUE, "the int does not fit its place") : OG_OK;
}

static int store_data(unpacker *u, char c, bool sized, og_value v, const char **place, size_t *len)
{
    og_kind kind = og_kind_of(v);
    if (c == 's' && kind != OG_STR) return fail_kind(u, "str", v);
    if (c == 'y' && kind != OG_BYTES && kind != OG_BYTEARRAY) return fail_kind(u, "bytes", v);
    size_t n;
    const char *data = og_data(v, &n);
    bool ended = n == 0 || (v.meta & OG__F_ENDED);
    if (!sized && !ended)
        return fail(u, OG_EVALUE, "no NUL follows a str that was read or borrowed; take it with 's#'");
    if (!sized && memchr(data, '\0', n)) return fail(u, OG_EVALUE, "the str holds a NUL; take it with 's#'");
    *place = data;
    if (sized) *len = n;
    return OG_OK;
}

static int take_data(unpacker *u, char c, arguments *args)
{
    bool sized = u->format[u->at + 1] == '#';
    if (c == 'y' && !sized) return fail_format(u, "'y' needs '#' after it");
    og_value v = {0};
    bool skip;
    int status = next_value(u, &v, &skip);
    if (status < 0) return status;
    const char **place = va_arg(args->list, const char **);
    size_t *len = sized ? va_arg(args->list, size_t *) : NULL;
    if (!skip) status = store_data(u, c, sized, v, place, len);
    u->at += sized;
    return status;
}

static int take_scalar(unpacker *u, char c, arguments *args)
{
    og_value v = {0};
    bool skip;
    int status = next_value(u, &v, &skip);
    if (status < 0) return status;
    if (c == 'n') return skip || og_kind_of(v) == OG_NONE ? OG_OK : fail_kind(u, "None", v);
    void *place = va_arg(args->list, void *);
    if (skip) return OG_OK;
    if (c == 'v') {
        *(og_value *)place = v;
        return OG_OK;
    }
    if (c != 'b') return store_number(u, c, v, place);
    return og_as_bool(v, place) == OG_OK ? OG_OK : fail_kind(u, "bool", v);
}

static int take_flag(unpacker *u, char c)
{
    level *l = top(u);
    bool dict = l && l->closing == '}';
    if (!l || dict != (c == '!')) return fail_format(u, "'*' belongs in lists and tuples, '!' in dicts");
    if (dict)
        l->strict = true;
    else
        l->more = true;
    return OG_OK;
}

static int take_one(unpacker *u, arguments *args)
{
    char c = u->format[u->at];
    if (strchr(" \t\n\r,:", c)) return OG_OK;
    if (c == ']' || c == ')' || c == '}') return close_bracket(u, c);
    if (c == '*' || c == '!') return take_flag(u, c);
    level *l = top(u);
    if (l && l->closing == '}' && !l->have_key) return take_key(u, l, args);
    switch (c) {
    case '[':
    case '(':
    case '{': return open_bracket(u, c);
    case 's':
    case 'y': return take_data(u, c, args);
    case 'n':
    case 'b':
    case 'i':
    case 'I':
    case 'U':
    case 'f':
    case 'v': return take_scalar(u, c, args);
    default:
        return og_error_set(
            u->err, OG_EINVAL, u->at,
            "in the format: unknown character '%c'; known are n b i I U f s s# y# v [] () {}, and v for sets",
            c);
    }
}

int og_vunpack(og_value value, og_error *err, const char *format, va_list args)
{
    unpacker u;
    u.err = err;
    u.format = format;
    u.at = 0;
    u.root = value;
    u.taken = false;
    u.depth = 0;
    arguments copy;
    va_copy(copy.list, args);
    int status = OG_OK;
    for (; status == OG_OK && format[u.at]; u.at++)
        status = take_one(&u, &copy);
    va_end(copy.list);
    if (status < 0) return status;
    if (u.depth) return fail_format(&u, "it ends inside a bracket");
    return u.taken ? OG_OK : fail_format(&u, "it is empty");
}

int og_unpack(og_value value, og_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int status = og_vunpack(value, err, format, args);
    va_end(args);
    return status;
}
