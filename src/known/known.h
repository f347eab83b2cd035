/* SPDX-License-Identifier: MIT */
/* What the files that read known Python types from inert objects share, and what such an object shows as. */
#ifndef ONGGI_KNOWN_KNOWN_H
#define ONGGI_KNOWN_KNOWN_H

#include "value/doc.h"

#include <onggi/known.h>

/*
 * What a known object shows as in plain JSON: a simpler value, made in `scratch`. It may point into the
 * original's memory, and its items are those of the original as they are. 1 and the value in `*shown`; 0
 * when the object is not of a known type, is damaged, or would take more than 64 bytes a byte of its data;
 * OG_ENOMEM.
 */
int og__known_plain_of(og_doc *scratch, og_value value, og_value *shown, og_error *err);

/* OG_ETYPE: another type was expected. */
int og__known_refuse_type(og_error *err, og_type want, og_value found);

/* OG_EVALUE: the type is right, but not what is in it. `what` says what was expected where. */
int og__known_refuse_content(og_error *err, og_type type, const char *what);

/* OG_ENOMEM. */
int og__known_refuse_memory(og_error *err);

/* Checks the type, and that the object is as CPython leaves it. 0, OG_ETYPE, OG_EVALUE. */
int og__known_expect_type(og_value value, og_type type, og_error *err);

/* ---- Building ---- */

/* A str of a literal: neither copied nor checked. */
#define OG__KNOWN_LITERAL(text) og__value_make(OG_STR, OG__F_ASCII | OG__F_ENDED, sizeof(text) - 1, text)

/* The class `module`.`name`, both literals, called with `count` arguments. OG_INVALID: OG_ENOMEM in `err`. */
og_value og__known_made(og_doc *doc, og_make how, og_value module, og_value name, const og_value *args,
                        size_t count, og_error *err);

/* Fill `err`, and give OG_INVALID: OG_EVALUE, OG_ETYPE (or why `found` could not be made), OG_ENOMEM. `what`
 * is a literal. */
og_value og__known_no_value(og_error *err, og_type type, const char *what);
og_value og__known_no_kind(og_error *err, og_type type, const char *what, og_value found);
og_value og__known_no_room(og_error *err);

/* ---- Reading ---- */

/* An int within [low, high]. */
bool og__known_int_within(og_value value, int64_t low, int64_t high, int64_t *out);

/* True when `value` is bytes of exactly `len`, or a str of so many characters up to U+00FF, as Python 2 wrote
 * bytes; they are copied to `out`. */
bool og__known_fixed_bytes(og_value value, uint8_t *out, size_t len);

/* An int from 0 to 2**128 - 1, most significant byte first. */
bool og__known_int_of_128_bits(og_value number, uint8_t out[16]);

/* Classes in one another that are looked for. */
enum { OG__NEST_MAX = 8 };

/* True for a class reference, and for getattr(class, name), which is how nested classes are pickled. */
bool og__known_is_class_like(og_value value);

/* True for copyreg._reconstructor(class, base, value), where the base is a builtin: what protocols 0 and 1
 * make of an instance of a class that derives from str, list, tuple, … */
bool og__known_is_rebuilt(og_value object);

/* True for what sets attributes: a dict, or a pair of one (or None) and the dict of slots. */
bool og__known_is_attributes(og_value state);

/* True for None, bool, numbers, str and bytes. */
static inline bool og__known_is_scalar(og_value value)
{
    return og_kind_of(value) >= OG_NONE && og_kind_of(value) <= OG_BYTES;
}

/* Appends an offset as isoformat() writes it: +HH:MM[:SS[.ffffff]]. */
int og__known_put_offset(const og_moment *t, og_buf *out);

/* The class of an object, also where protocols 0 and 1 make it by copyreg._reconstructor(class, tzinfo, …).
 */
og_value og__known_class_of_zone(og_value object);

/* Sets the offset that a timedelta says, which is less than a day. */
int og__known_offset_from(og_value delta, og_zone *t, og_error *err);

/* What a zone of dateutil, of class `cls`, says of itself: its offset, or its name alone. */
int og__known_dateutil_zone(og_value cls, og_value zone, og_zone *t, og_error *err);

/* Sets the offset at a time of the wall clock, if the zone is a tzfile of dateutil. */
int og__known_dateutil_at(og_value zone, const og_moment *when, og_zone *t, og_error *err);

/* True for an enum of Python's standard library. */
bool og__known_is_standard_enum(og_value cls);

/* Which flavour of path a class makes. */
bool og__known_is_windows_path(og_value object);

/* A str of what is in `buf`, in `doc`; frees the buffer. OG_INVALID without memory or if it is not UTF-8. */
og_value og__known_str_of_buf(og_doc *doc, og_buf *buf);

/* The nested lists of an array. 1; 0 when they take more than 64 bytes a byte; OG_EVALUE, OG_ENOMEM. */
int og__known_ndarray_lists(const og_array *array, og_doc *doc, og_value *out, og_error *err);

#endif
