/* SPDX-License-Identifier: MIT */
/* Doubles from digits that have been collected already, for readers that look at each byte once. */
#ifndef ONGGI_BASE_NUMBER_DOUBLE_H
#define ONGGI_BASE_NUMBER_DOUBLE_H

#include "base/number_table.h"
#include "base/u128.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The double nearest (ties to even) to digits * 10**exponent: its bits in `bits`, without a sign. False when
 * 128 bits of the power of ten do not decide it, which is so for about one number in 10**18 and for ties;
 * then og__base_double_exact() does.
 */
bool og__base_double_nearest(uint64_t digits, int exponent, uint64_t *bits);

/* The double whose bits these are. */
static inline double og__base_double_from_bits(uint64_t bits)
{
    union {
        uint64_t bits;
        double number;
    } u = {bits};
    return u.number;
}

/*
 * As og__base_double_nearest() for exponents from -27 to 27, to be inlined: one multiplication. False when 64
 * bits of the power do not decide it, which is so for one number in 500.
 */
static inline bool og__base_double_near(uint64_t digits, int exponent, double *out)
{
    enum {
        MANTISSA = 52,
        BIAS = 1075,
        LOW = 11,              /* bits below the mantissa */
        HALF = 1 << (LOW - 1), /* of them */
        UNSURE = 2             /* what the product may lack, which is shifted by a bit at most */
    };
    *out = 0;
    if (digits == 0) return true;
    int zeros = __builtin_clzll(digits);
    uint64_t high =
        og__base_u128_product(digits << zeros, og__base_powers[exponent - OG__POWER_FIRST].high).high;
    int zero = high >> 63 == 0;
    high <<= zero;
    uint64_t rest = high & (2 * HALF - 1);
    if (rest - (HALF - UNSURE) <= UNSURE) return false;
    uint64_t biased = (uint64_t)(og__base_power_log2(exponent) + 1 - zeros - zero + LOW + BIAS - 1);
    *out = og__base_double_from_bits((biased << MANTISSA) + (((high >> (LOW - 1)) + 1) >> 1));
    return true;
}

/* A decimal number as it is in a text. */
typedef struct og__decimal {
    const char *whole; /* digits before the point */
    size_t whole_len;
    const char *fraction; /* digits after it */
    size_t fraction_len;
    int64_t exponent;
} og__decimal;

/* The bits of the double nearest to a decimal of any length. */
uint64_t og__base_decimal_to_double(const og__decimal *decimal);

/*
 * For og__base_decimal_to_double(): the first `count` digits of `decimal` from its first that is not zero are
 * `digits`; the double is `below` or the next one up. Decides by exact arithmetic which of the two is
 * nearest.
 */
uint64_t og__base_double_exact(const og__decimal *decimal, uint64_t below);

/* digits * 10**exponent when both are small enough for one exactly rounded operation; false when not. */
static inline bool og__base_double_small(uint64_t digits, int exponent, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (digits > UINT64_C(1) << 53 || exponent < -22 || exponent > 22) return false;
    double number = (double)digits;
    *out = exponent < 0 ? number / powers[-exponent] : number * powers[exponent];
    return true;
}

#endif
