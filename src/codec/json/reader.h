/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the JSON reader share. Functions that read take the place to read from and return the
 * place after it, or NULL with the error filled; `status` is its code then.
 */
#ifndef ONGGI_CODEC_JSON_READER_H
#define ONGGI_CODEC_JSON_READER_H

#include "value/doc.h"
#include <onggi/json.h>

/* The ways to look at a text, the plainest first: the first two are for any processor. */
typedef enum og__json_kernel {
    OG__JSON_ANY,
    OG__JSON_SHORT, /* best for short texts; only padded ones */
    OG__JSON_AVX2,  /* only padded texts */
    OG__JSON_AVX512
} og__json_kernel;

/* The last one that this processor has. */
og__json_kernel og__json_best_kernel(void);

/* As og_json_read(), in one of the ways that the processor has. */
int og__json_read_by(og__json_kernel kernel, og_doc *doc, const char *text, size_t len,
                     const og_json_read_options *options, og_error *err);

enum { OG__SHAPES = 16, OG__FIRSTS = 32 };

/* Dicts that were read, whose keys therefore differ: what the next one of many a dict is like. */
typedef struct og__json_shapes {
    const og__node *by_count[OG__SHAPES][2]; /* of pairs: the last two shapes, the latest first */
    const og__node *by_first[OG__FIRSTS];    /* by the first bytes of the first key */
} og__json_shapes;

typedef struct og__json_reader {
    const uint8_t *text;
    const uint8_t *end;
    const uint8_t *vector_end; /* 16 bytes may be loaded from places up to here; NULL: from nowhere */
    const uint8_t *fast_end;   /* likewise 64 bytes */
    og_value *top; /* next free place of the document's stack; known to the pass only, until … */
    size_t frame;  /* where on the stack the innermost open container has its frame; likewise */
    size_t depth;
    size_t max_depth;
    size_t max_digits;
    og_doc *doc;
    og_doc *tree; /* where containers go that are still to be converted; NULL unless lossless */
    og_error *err;
    og__json_shapes *shapes; /* NULL: none are kept */
    int status;
    og__json_kernel kernel;
    bool allow_nan;
    bool allow_bom;
    bool refuse_huge;
    bool allow_surrogates;
    bool allow_trailing_comma;
    og__duplicate duplicate;
} og__json_reader;

/*
 * A container as it was in the text, before its tags are understood (lossless only): a value of kind
 * OG_LIST or OG_DICT points to this in place of a node.
 */
typedef struct og__json_raw {
    size_t position;
    size_t count; /* of items; keys and values both count */
    og_value items[];
} og__json_raw;

/* The slot in by_first for a key that is at `at` and is followed by a quote. */
static inline size_t og__json_first_slot(const uint8_t *at)
{
    return (at[0] * 5u + at[1]) % OG__FIRSTS;
}

/* The slot in by_count for dicts of so many pairs. */
static inline size_t og__json_count_slot(size_t count)
{
    return (count ^ count >> 4) % OG__SHAPES;
}

static inline size_t og__json_position(const og__json_reader *r, const uint8_t *at)
{
    return (size_t)(at - r->text);
}

/* Each of these fills the error and returns NULL. */
const uint8_t *og__json_fail(og__json_reader *r, og_status status, const uint8_t *at, const char *sentence);
const uint8_t *og__json_no_memory(og__json_reader *r);
/* "expected … but found …"; at the end of the text it is OG_ETRUNCATED. */
const uint8_t *og__json_unexpected(og__json_reader *r, const uint8_t *at, const char *expected);
/* The same where a value, a key or punctuation is expected. */
const uint8_t *og__json_unexpected_between(og__json_reader *r, const uint8_t *at, const char *expected);
/* `word` is not at `at`: the position is its first byte that differs. */
const uint8_t *og__json_not_word(og__json_reader *r, const uint8_t *at, const char *word);

/* Makes the str between `start` and `end`, which holds escapes; `flags` are those of all else in it. 0 or a
 * negative status (filled). */
int og__json_unescape(og__json_reader *r, const uint8_t *start, const uint8_t *end, unsigned flags,
                      og_value *out);

/* Reads the rest of a string that is not plain ASCII up to its quote; `start` is its first byte, `at` where
 * the plain part ends. */
const uint8_t *og__json_read_string_slow(og__json_reader *r, const uint8_t *start, const uint8_t *at,
                                         og_value *out);

/* An int of more digits than an int64_t or the limit has, `digits` of `len`. 0 or a negative status. */
int og__json_big_int(og__json_reader *r, const uint8_t *digits, size_t len, bool negative, og_value *out);

/* As og__json_skip_space(), byte by byte. */
const uint8_t *og__json_skip_space_slow(const og__json_reader *r, const uint8_t *at);

/* Reads any value that is neither a container nor a string, or says what is wrong. */
const uint8_t *og__json_read_other(og__json_reader *r, const uint8_t *at, og_value *out);

/* Remembers a dict for others of its shape. */
void og__json_keep_shape(og__json_shapes *shapes, const og__node *dict);

/* True when the keys of `items` are those of `shape`, in the same order. NULL is like nothing. */
bool og__json_is_like(const og__node *shape, const og_value *items, size_t count);

/* Makes the innermost open container, that of r->frame, from the values up to r->top. OG_INVALID with the
 * error filled. */
og_value og__json_make_container(og__json_reader *r);

/* Reads the text; the value is left on the stack above its lowest place. 0 or a negative status. */
int og__json_pass(og__json_reader *r);

/* Likewise a padded text, best a short one. False when it is not right, or something in it is not known: then
 * all that was read must be forgotten. */
bool og__json_pass_short(og__json_reader *r);

#if defined(__x86_64__) && defined(__GNUC__)
#    define OG__JSON_X86 1
/* Likewise, with AVX2, BMI and BMI2. */
int og__json_pass_avx2(og__json_reader *r);

/* Likewise a padded text, with AVX-512 (VBMI2). False when it is not right, or something in it is not known:
 * then all that was read must be forgotten. */
bool og__json_pass_avx512(og__json_reader *r);
#endif

/* Reads a number; `at` is '-' or a digit. */
const uint8_t *og__json_read_number(og__json_reader *r, const uint8_t *at, og_value *out);

/* Copies the text with comments blanked out; the places of all else stay. NULL with the error filled. */
const uint8_t *og__json_blank_comments(og__json_reader *r, const uint8_t *text, size_t len);

/* Turns the raw tree that reading left at `raw` into the value that its tags mean. 0 or a negative status. */
int og__json_from_tags(og__json_reader *r, og_value raw, og_value *out);

#endif
