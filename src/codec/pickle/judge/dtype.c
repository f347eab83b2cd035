/* SPDX-License-Identifier: MIT */
/*
 * States of numpy.dtype. numpy believes them: an alignment of 0 divides by zero, a time without its unit is
 * read through a null pointer. So a state must be the one that numpy itself writes for the type.
 */
#include "codec/pickle/judge/calls.h"

#include <onggi/known.h>

/* Flags of a numpy type, as its state has them. */
enum {
    NEEDS_INIT = 0x08,
    NEEDS_PYTHON = 0x10,
    OF_FIELDS = 0x1b, /* what a structure has of its fields */
    OF_OBJECT = 0x3f,
    ALIGNED = 0x80, /* a structure with align=True */
    FLAGS = 0xff    /* numpy 1 writes them as a signed byte */
};

/* Dimensions of an array, in numpy 1. */
enum { MOST_DIMS = 32 };

typedef struct state {
    og_value parts; /* (version, order, subarray, names, fields, size, alignment, flags[, metadata]) */
    og_dtype type;
    int64_t size;
    int64_t alignment;
    int64_t flags;
} state;

static bool is_sized(const state *s)
{
    return s->type.kind == 'S' || s->type.kind == 'U' || s->type.kind == 'V';
}

static bool is_time(const state *s)
{
    return s->type.kind == 'M' || s->type.kind == 'm';
}

static bool is_one(og_value v)
{
    return og_equal(v, og_int(1)) == 1;
}

/* Version 4 has metadata: a dict, and for times the unit as well, ({}, (b"ns", 1, 1, 1)). */
static bool metadata_fits(const state *s)
{
    int64_t version;
    if (og_as_int64(og_item(s->parts, 0), &version) < 0) return false;
    if (og_len(s->parts) == 8) return version == 3 && !is_time(s);
    og_value metadata = og_item(s->parts, 8);
    if (version != 4) return false;
    if (!is_time(s)) return og_kind_of(metadata) == OG_DICT || og_kind_of(metadata) == OG_NONE;
    og_value unit = og_item(metadata, 1);
    return og_kind_of(metadata) == OG_TUPLE && og_len(metadata) == 2 &&
           og_kind_of(og_item(metadata, 0)) == OG_DICT && og_kind_of(unit) == OG_TUPLE && og_len(unit) == 4 &&
           is_one(og_item(unit, 2)) && is_one(og_item(unit, 3));
}

/* The order of bytes that numpy has for the type: types of single bytes have none. */
static bool order_fits(const state *s)
{
    bool none = og_str_is(og_item(s->parts, 1), "|");
    return none == (s->type.order == '|');
}

static bool alignment_fits(const state *s)
{
    if (!is_sized(s)) return s->size == -1 && s->alignment == -1;
    if (s->size < 0) return false;
    if (s->type.kind == 'U') return s->alignment == 4;
    int64_t most = og_valid(s->type.fields) || og_valid(s->type.base) ? 16 : 1;
    return s->alignment > 0 && s->alignment <= most && (s->alignment & (s->alignment - 1)) == 0;
}

/* The flags of a type within another one, whose own state was looked at when it was set. */
static int64_t flags_within(og_value dtype, const og_dtype *type)
{
    int64_t flags = type->kind == 'U' ? NEEDS_INIT : 0;
    og_value parts = og_object_state(dtype);
    if (og_valid(parts)) og_as_int64(og_item(parts, 7), &flags);
    return flags & OF_FIELDS;
}

/* Items that are arrays have the flags of what is in them. */
static const char *why_base(const state *s)
{
    og_array array;
    if (og_dtype_base(&s->type, &array, NULL) < 0) return "gets arrays of another size than its items";
    if (array.dtype.kind == 'O') return "gets arrays of Python's objects";
    if (array.ndim > MOST_DIMS) return "gets arrays of more dimensions than numpy has";
    int64_t flags = flags_within(s->type.base, &array.dtype);
    return (s->flags & ~(int64_t)ALIGNED) == flags ? NULL : "gets flags that do not fit it";
}

/* Whether field `name` has a title, by which it is in the dict once more. */
static bool has_title(const og_dtype *type, og_value name)
{
    og_value field = og_dict_get(type->fields, name);
    og_value title = og_item(field, 2);
    if (og_len(field) != 3 || og_kind_of(title) != OG_STR || og_equal(title, name) != 0) return false;
    og_value again = og_dict_get(type->fields, title);
    return og_kind_of(again) == OG_TUPLE && og__value_node_of(again) == og__value_node_of(field);
}

static const char *why_fields(const state *s)
{
    int64_t flags = NEEDS_PYTHON;
    size_t titles = 0;
    const og_dtype *type = &s->type;
    for (size_t i = 0; i < og_len(type->names); i++) {
        og_dtype field;
        og_value name;
        if (og_dtype_field(type, i, &name, &field, NULL, NULL) < 0) return "gets fields beyond its items";
        if (field.kind == 'O') return "gets fields that are Python's objects";
        titles += has_title(type, name);
        flags |= flags_within(og_item(og_dict_get(type->fields, name), 0), &field);
    }
    if (og_len(type->names) + titles != og_len(type->fields)) return "gets fields without a name";
    return (s->flags & ~(int64_t)ALIGNED) == flags ? NULL : "gets flags that do not fit it";
}

static bool flags_fit(const state *s)
{
    switch (s->type.kind) {
    case 'O': return s->flags == OF_OBJECT;
    case 'U': return s->flags == NEEDS_INIT;
    default: return s->flags == 0;
    }
}

const char *og__pickle_dtype_why(og_value object)
{
    state s = {.parts = og_object_state(object)};
    if (og_as_dtype(object, &s.type, NULL) < 0) return "gets a state that is not known to be of data";
    if (og_len(s.parts) < 8 || !metadata_fits(&s)) return "gets a state of another version than its type has";
    if (!order_fits(&s)) return "gets an order of bytes that its type does not have";
    if (og_as_int64(og_item(s.parts, 5), &s.size) < 0 || og_as_int64(og_item(s.parts, 6), &s.alignment) < 0 ||
        !alignment_fits(&s))
        return "gets an alignment that its type does not have";
    if (og_as_int64(og_item(s.parts, 7), &s.flags) < 0) return "gets flags that are no number";
    if (s.flags < -128 || s.flags > FLAGS) return "gets flags that do not fit it";
    s.flags &= FLAGS;
    if (og_valid(s.type.base)) return why_base(&s);
    if (og_valid(s.type.fields)) return why_fields(&s);
    return flags_fit(&s) ? NULL : "gets flags that do not fit it";
}
