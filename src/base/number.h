/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text: doubles exactly, both ways, and integers of any size. Limbs are uint64_t, least
 * significant first.
 */
#ifndef ONGGI_BASE_NUMBER_H
#define ONGGI_BASE_NUMBER_H

#include <onggi/base.h>

/*
 * Reads the double nearest (ties to even) to the decimal number at the start of `text`: [-] digits [. digits]
 * [e [+-] digits]. Returns the bytes read, 0 when it is no such number. Too large gives infinity, too small
 * 0.
 */
size_t og__base_double_read(const char *text, size_t len, double *out);

/* Room that og__base_double_write() needs. */
enum { OG__DOUBLE_SIZE = 40 };

/* Writes the shortest text that reads back, as Python's repr(float) does ("1.0", "1e+16", "nan", "-inf");
 * returns its length. Not NUL-terminated. */
size_t og__base_double_write(double number, char *text);

enum { OG__INT64_SIZE = 20, OG__INT64_DIGITS = 19 };

/* Writes a decimal; returns its length. Not NUL-terminated. */
size_t og__base_int64_write(int64_t number, char *text);

/* Limbs that `digits` decimal digits may need. */
size_t og__base_limbs_for_digits(size_t digits);

/* Converts decimal digits (nothing else) to limbs, room for og__base_limbs_for_digits(len) in `limbs`;
 * returns how many are used, without leading zeros. */
size_t og__base_limbs_from_digits(const char *digits, size_t len, uint64_t *limbs);

/* An upper bound of the decimal digits of `count` limbs. */
size_t og__base_digits_for_limbs(size_t count);

/* Writes limbs (count > 0, top limb not 0) as decimal digits to `text` (room for
 * og__base_digits_for_limbs()); `limbs` is used up as scratch. Returns the length. */
size_t og__base_limbs_to_digits(uint64_t *limbs, size_t count, char *text);

#endif
