/* SPDX-License-Identifier: MIT */
/* The digits of doubles, as Raffaello Giulietti's Schubfach finds them, in the usual case. */
#ifndef ONGGI_BASE_NUMBER_SHORTEST_H
#define ONGGI_BASE_NUMBER_SHORTEST_H

#include "base/number_table.h"
#include "base/u128.h"

#include <stdbool.h>
#include <stdint.h>

/* digits * 10**exponent */
typedef struct og__shortest {
    uint64_t digits;
    int exponent;
} og__shortest;

/*
 * The shortest decimal that reads back as mantissa * 2**exponent, the nearest one of those, for a number that
 * is neither subnormal nor a power of two, so that its neighbours are equally far away. False where what can
 * be seen of two numbers is too little to tell them apart; the caller finds another way then.
 *
 * 10**k is the largest power of ten that is not above the spacing. The number over 10**k is a whole part of
 * 16 or 17 digits and a fraction. What is less than `half` away from it reads back: one multiple of ten at
 * most, and the nearest whole number.
 */
static inline bool og__base_shortest_fast(uint64_t mantissa, int exponent, og__shortest *out)
{
    const uint64_t doubt = 4; /* `beyond` and `half`, which count in 2**-60, are off by less */
    int k = (exponent * 1262611) >> 22;
    int shift = exponent + og__base_power_log2(-k) + 1; /* 1 to 4 */
    const og__power *power = &og__base_powers[-k - OG__POWER_FIRST];
    uint64_t factor = mantissa << shift;
    og__u128 scaled = og__base_u128_add(og__base_u128_product(factor, power->high),
                                        og__base_u128_product(factor, power->low).high);
    uint64_t whole = scaled.high;
    uint64_t fraction = scaled.low;

    uint64_t half = power->high >> (5 - shift);
    uint64_t tens = (whole + 5) / 10 * 10; /* the multiple of ten that is nearest */
    int64_t beyond = (int64_t)((whole - tens) << 60 | fraction >> 4);
    uint64_t distance = beyond < 0 ? 0 - (uint64_t)beyond : (uint64_t)beyond;
    uint64_t nearest = whole + (fraction >> 63);
    *out = (og__shortest){distance < half ? tens : nearest, k};
    uint64_t over_middle = fraction - (UINT64_C(1) << 63);
    return (distance - half + doubt > 2 * doubt) & (over_middle + doubt > 2 * doubt);
}

#endif
