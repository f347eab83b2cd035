/* SPDX-License-Identifier: MIT */
/* Building numpy arrays and types in the forms of numpy 1, which all later ones read. */
#include "base/bytes.h"
#include "base/plural.h"
#include "known/known.h"

#include <stdio.h>

/* ---- Type ---- */

/* A type as it is built: its letter and number ("f8"), and what its state needs beside them. */
typedef struct item_type {
    char text[24];
    char order; /* '<', '>' or '|' */
    char kind;
    size_t size;
    const char *unit; /* of datetime64 and timedelta64: "ns", …; "generic" when none is given */
    size_t unit_len;
    int64_t unit_count;
} item_type;

/* Names as Python programs say them, and what numpy calls the same. */
static const char *const type_names[][2] = {
    {"?", "b1"},           {"bool", "b1"},      {"int8", "i1"},        {"int16", "i2"},
    {"int32", "i4"},       {"int64", "i8"},     {"uint8", "u1"},       {"uint16", "u2"},
    {"uint32", "u4"},      {"uint64", "u8"},    {"float16", "f2"},     {"float32", "f4"},
    {"float64", "f8"},     {"complex64", "c8"}, {"complex128", "c16"}, {"datetime64", "M8"},
    {"timedelta64", "m8"}, {"O", "O8"},         {"object", "O8"},
};

/* Where `text` begins with a name of the table, up to its end or '[': the other name, and what follows. */
static const char *other_name(const char *text, const char **rest)
{
    size_t len = strcspn(text, "[");
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
        if (strlen(type_names[i][0]) != len || memcmp(type_names[i][0], text, len) != 0) continue;
        *rest = text + len;
        return type_names[i][1];
    }
    return NULL;
}

/* Digits without a sign and leading zeros, at most `max`; -1 when there are none. */
static int64_t read_number(const char **text, int64_t max)
{
    int64_t number = **text >= '1' && **text <= '9' ? 0 : -1;
    for (; number >= 0 && **text >= '0' && **text <= '9'; (*text)++) {
        number = number * 10 + (**text - '0');
        if (number > max) return -1;
    }
    return number;
}

static bool number_fits(char kind, int64_t number)
{
    switch (kind) {
    case 'b': return number == 1;
    case 'i':
    case 'u': return number == 1 || number == 2 || number == 4 || number == 8;
    case 'f': return number == 2 || number == 4 || number == 8;
    case 'c': return number == 8 || number == 16;
    case 'm':
    case 'M':
    case 'O': return number == 8;
    case 'S':
    case 'V':
    case 'U': return true;
    default: return false;
    }
}

/* "[ns]", "[25s]": a count and a name of numpy's units. */
static bool read_unit(const char *text, item_type *t)
{
    static const char *const units[] = {"Y",  "M",  "W",  "D",  "h",  "m", "s",
                                        "ms", "us", "ns", "ps", "fs", "as"};
    t->unit = "generic";
    t->unit_len = 7;
    t->unit_count = 1;
    if (*text == '\0') return true;
    if (*text++ != '[') return false;
    if (*text >= '0' && *text <= '9') t->unit_count = read_number(&text, INT32_MAX);
    size_t len = strcspn(text, "]");
    if (t->unit_count < 1 || text[len] != ']' || text[len + 1] != '\0') return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strlen(units[i]) != len || memcmp(units[i], text, len) != 0) continue;
        t->unit = units[i];
        t->unit_len = len;
        return true;
    }
    return false;
}

static bool read_type(const char *text, item_type *t)
{
    t->order = '=';
    if (*text == '<' || *text == '>' || *text == '=' || *text == '|') t->order = *text++;
    const char *rest = NULL;
    const char *name = other_name(text, &rest);
    if (name && t->order != '=' && rest - text > 1) return false; /* ">float64" is none to numpy either */
    const char *at = name ? name : text;
    t->kind = *at;
    if (*at == '\0') return false;
    at++;
    int64_t number = read_number(&at, INT32_MAX / 4);
    if (number < 1 || !number_fits(t->kind, number)) return false;
    if (!name) rest = at;
    bool timed = t->kind == 'M' || t->kind == 'm';
    if (timed ? !read_unit(rest, t) : *rest != '\0') return false;
    t->size = t->kind == 'U' ? 4 * (size_t)number : (size_t)number;
    if (t->size == 1 || t->kind == 'O' || t->kind == 'S' || t->kind == 'V') {
        t->order = '|';
    } else if (t->order == '=' || t->order == '|') {
        t->order = OG__NATIVE_ORDER;
    }
    snprintf(t->text, sizeof t->text, "%c%lld", t->kind, (long long)number);
    return true;
}

/* ({}, (unit, count, 1, 1)) */
static og_value unit_value(og_doc *doc, const item_type *t)
{
    const og_value unit[] = {og_bytes_borrow(t->unit, t->unit_len), og_int(t->unit_count), og_int(1),
                             og_int(1)};
    const og_value parts[] = {og_dict(doc), og_tuple(doc, unit, 4)};
    return og_tuple(doc, parts, 2);
}

static og_value type_value(og_doc *doc, const item_type *t, og_error *err)
{
    enum { OBJECT_FLAGS = 63, TEXT_FLAGS = 8 };
    const og_value args[] = {og_str(doc, t->text), og_bool(false), og_bool(true)};
    og_value dtype = og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("numpy"), OG__KNOWN_LITERAL("dtype"),
                                    args, 3, err);
    bool timed = t->kind == 'M' || t->kind == 'm';
    bool sized = t->kind == 'S' || t->kind == 'U' || t->kind == 'V';
    int64_t size = sized ? (int64_t)t->size : -1;
    int64_t align = !sized ? -1 : t->kind == 'U' ? 4 : 1;
    int64_t flags = t->kind == 'O' ? OBJECT_FLAGS : t->kind == 'U' ? TEXT_FLAGS : 0;
    const og_value state[] = {og_int(timed ? 4 : 3),
                              og_strn(doc, &t->order, 1),
                              og_none(),
                              og_none(),
                              og_none(),
                              og_int(size),
                              og_int(align),
                              og_int(flags),
                              timed ? unit_value(doc, t) : og_none()};
    if (!og_valid(dtype)) return dtype;
    if (og_object_build(doc, dtype, og_tuple(doc, state, timed ? 9 : 8), NULL) < 0)
        return og__known_no_room(err);
    return dtype;
}

/* ---- Array ---- */

static og_value refuse(og_error *err, const char *what)
{
    return og__known_no_value(err, OG_TYPE_NDARRAY, what);
}

/* The number of items; false when no machine can address them. */
static bool count_items(const size_t *shape, size_t ndim, size_t size, size_t *count)
{
    size_t all = size;
    *count = 1;
    for (size_t i = 0; i < ndim; i++) {
        if (shape[i] > PTRDIFF_MAX) return false;
        if (shape[i] && (__builtin_mul_overflow(all, shape[i], &all) || all > PTRDIFF_MAX)) return false;
        *count *= shape[i]; /* at most `all` */
    }
    return true;
}

/* The data when they are what the shape and type say; else OG_INVALID with `err` filled. */
static og_value checked_data(og_value data, const item_type *t, size_t count, char order, og_error *err)
{
    og_kind kind = og_kind_of(data);
    if (t->kind == 'O') {
        if (kind != OG_LIST) return og__known_no_kind(err, OG_TYPE_NDARRAY, "a list of values", data);
        if (og_len(data) != count) return refuse(err, "it has not as many values as its shape says");
        return order == 'C' ? data : refuse(err, "values are given in order 'C' only");
    }
    if (kind == OG_OBJECT && og_object_make(data) == OG_MAKE_BUFFER) return data;
    if (kind != OG_BYTES && kind != OG_BYTEARRAY)
        return og__known_no_kind(err, OG_TYPE_NDARRAY, "bytes, a bytearray or a buffer", data);
    if (og_len(data) == count * t->size) return data;
    og_value refused = refuse(err, "its data are not as long as its shape and type say");
    og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                 "a %s cannot be built: its shape and type need %zu byte%s, its data have %zu",
                 og_type_name(OG_TYPE_NDARRAY), count * t->size, og__base_plural(count * t->size),
                 og_len(data));
    return refused;
}

/* _reconstruct(ndarray, (0,), b'b'), then (1, shape, type, is it Fortran's order, data). */
static og_value with_state(og_doc *doc, og_value shape, og_value dtype, bool fortran, og_value data,
                           og_error *err)
{
    const og_value zero = og_int(0);
    const og_value args[] = {
        og__value_class_from(doc, OG__KNOWN_LITERAL("numpy"), OG__KNOWN_LITERAL("ndarray")),
        og_tuple(doc, &zero, 1), og_bytes_borrow("b", 1)};
    og_value array = og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("numpy.core.multiarray"),
                                    OG__KNOWN_LITERAL("_reconstruct"), args, 3, err);
    if (!og_valid(array)) return array;
    const og_value parts[] = {og_int(1), shape, dtype, og_bool(fortran), data};
    if (og_object_build(doc, array, og_tuple(doc, parts, 5), NULL) < 0) return og__known_no_room(err);
    return array;
}

og_value og_ndarray(og_doc *doc, const char *dtype, const size_t *shape, size_t ndim, char order,
                    og_value data, og_error *err)
{
    og_value dims[OG_NDARRAY_DIMS];
    item_type type;
    size_t count;
    if (!read_type(dtype, &type))
        return refuse(err, "its type is not one like \"<f8\", \"float64\", \"S5\" or \"<M8[ns]\"");
    if (ndim > OG_NDARRAY_DIMS) return refuse(err, "it has more than 64 dimensions");
    if (order != 'C' && order != 'F') return refuse(err, "its order is neither 'C' nor 'F'");
    if (!count_items(shape, ndim, type.size, &count)) return refuse(err, "its shape is larger than memory");
    data = checked_data(data, &type, count, order, err);
    if (!og_valid(data)) return data;
    for (size_t i = 0; i < ndim; i++)
        dims[i] = og_int((int64_t)shape[i]);
    og_value sizes = og_tuple(doc, dims, ndim);
    og_value item = type_value(doc, &type, err);
    if (!og_valid(item)) return item;
    if (!og_valid(sizes)) return og__known_no_room(err);
    bool fortran = order == 'F' && ndim > 1;
    if (og_kind_of(data) == OG_BYTES || og_kind_of(data) == OG_LIST)
        return with_state(doc, sizes, item, fortran, data, err);
    const og_value args[] = {data, item, sizes, fortran ? OG__KNOWN_LITERAL("F") : OG__KNOWN_LITERAL("C")};
    return og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("numpy.core.numeric"),
                          OG__KNOWN_LITERAL("_frombuffer"), args, 4, err);
}
