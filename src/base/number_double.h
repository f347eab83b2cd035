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

/* The powers of ten that are doubles. */
enum { OG__DOUBLE_TENS = 23 };
extern const double og__base_double_tens[OG__DOUBLE_TENS] __attribute__((visibility("hidden")));

/* Whether a double has all of these digits. */
static inline bool og__base_double_holds(uint64_t digits)
{
    return digits <= UINT64_C(1) << 53;
}

/* digits * 10**exponent when both are small enough for one exactly rounded operation; false when not. */
static inline bool og__base_double_small(uint64_t digits, int exponent, double *out)
{
    if (!og__base_double_holds(digits) || exponent <= -OG__DOUBLE_TENS || exponent >= OG__DOUBLE_TENS)
        return false;
    double number = (double)(int64_t)digits;
    *out = exponent < 0 ? number / og__base_double_tens[-exponent] : number * og__base_double_tens[exponent];
    return true;
}

/* Likewise digits / 10**places, of less than OG__DOUBLE_TENS places. */
static inline bool og__base_double_fraction(uint64_t digits, size_t places, double *out)
{
    *out = (double)(int64_t)digits / og__base_double_tens[places];
    return og__base_double_holds(digits);
}

#endif
