/* SPDX-License-Identifier: MIT */
/* Numbers of different kinds against each other: exact, with ints of any size. */
#ifndef ONGGI_VALUE_NUMBER_H
#define ONGGI_VALUE_NUMBER_H

#include "value/doc.h"

/* Limbs that the largest double needs. */
enum { OG__DOUBLE_LIMBS = 16 };

/* The double nearest to a big int (ties to even); OG_EVALUE when it is past the largest. */
int og__value_big_to_double(og_value big, double *out);

/* The magnitude of a double with an integral value in limbs; returns how many are used. */
size_t og__value_double_to_limbs(double integral, uint64_t limbs[OG__DOUBLE_LIMBS]);

/* True when the kind is bool, int, float or complex. */
static inline bool og__value_is_number(og_value v)
{
    og_kind kind = og_kind_of(v);
    return kind >= OG_BOOL && kind <= OG_COMPLEX;
}

/* The double as an int64_t when it is a whole number in its range. */
bool og__value_double_to_int64(double number, int64_t *out);

/* Python's == between two numbers of any kinds; NaN equals nothing. */
bool og__value_number_equal(og_value a, og_value b);

#endif
