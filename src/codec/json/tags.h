/* SPDX-License-Identifier: MIT */
/* The tags of lossless form as they are in a raw tree, and what single ones mean. */
#ifndef ONGGI_CODEC_JSON_TAGS_H
#define ONGGI_CODEC_JSON_TAGS_H

#include "codec/json/reader.h"

/* Every tag: name, key. OBJECT, CALLABLE and MAKE begin an object, whose other keys are its parts. */
#define OG__TAG_MAP(X)           \
    X(NONE, "")                  \
    X(FLOAT, "py/float")         \
    X(STR, "py/str")             \
    X(B64, "py/b64")             \
    X(BYTEARRAY, "py/bytearray") \
    X(COMPLEX, "py/complex")     \
    X(TYPE, "py/type")           \
    X(TUPLE, "py/tuple")         \
    X(SET, "py/set")             \
    X(FROZENSET, "py/frozenset") \
    X(DICT, "py/dict")           \
    X(DEF, "py/def")             \
    X(REF, "py/ref")             \
    X(LATE, "py/late")           \
    X(OBJECT, "py/object")       \
    X(CALLABLE, "py/callable")   \
    X(MAKE, "py/make")

typedef enum og__json_tag {
#define X(name, key) OG__TAG_##name,
    OG__TAG_MAP(X)
#undef X
} og__json_tag;

static inline og__json_raw *og__json_raw_of(og_value value)
{
    union {
        const void *c;
        og__json_raw *raw;
    } u = {value.u.p};
    return u.raw;
}

static inline bool og__json_is_raw(og_value value)
{
    return og_kind_of(value) == OG_LIST || og_kind_of(value) == OG_DICT;
}

/* Fills the error with the position of `raw`; returns its status. */
int og__json_refuse_tag(og__json_reader *r, const og__json_raw *raw, const char *sentence);

/* Which tag an object of the text is; OG__TAG_NONE: none. Unknown and misplaced tags are refused. */
int og__json_find_tag(og__json_reader *r, const og__json_raw *raw, og__json_tag *tag);

/* The value of a FLOAT, STR, B64, BYTEARRAY, COMPLEX or TYPE tag. */
int og__json_tag_value(og__json_reader *r, og__json_tag tag, const og__json_raw *raw, og_value *out);

/* A class reference as it comes after "py/type" and "py/object": "module.name" or [module, name]. */
int og__json_read_class(og__json_reader *r, const og__json_raw *raw, og_value names, og_value *out);

/* The n of a DEF or REF tag. */
int og__json_tag_number(og__json_reader *r, const og__json_raw *raw, og_value number, size_t *n);

/* The raw [[key, value], …] as raw items key, value, …. NULL with the error filled. */
og__json_raw *og__json_flatten_pairs(og__json_reader *r, const og__json_raw *list);

/* How the object `raw` must be made. */
int og__json_object_make(og__json_reader *r, const og__json_raw *raw, og_make *make);

/* The raw values of an object's parts, one place for each, OG_INVALID where there is none. NULL with the
 * error filled. */
og__json_raw *og__json_object_parts(og__json_reader *r, const og__json_raw *raw);

/* Gives `object` its parts, made from `parts`. */
int og__json_fill_object(og__json_reader *r, const og__json_raw *parts, og_value object,
                         const og_value *values);

#endif
