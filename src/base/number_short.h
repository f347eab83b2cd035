/* SPDX-License-Identifier: MIT */
/*
 * Short numbers as text. Their digits are counted by branches: most numbers in one place of many messages are
 * as long as the one before, and what is written after the number need not wait then until its length is
 * computed. All may write a byte more than they say.
 */
#ifndef ONGGI_BASE_NUMBER_SHORT_H
#define ONGGI_BASE_NUMBER_SHORT_H

#include "base/number_digits.h"

#include <math.h>

/* Writes a number below 1,000 without leading zeros; returns what is after it. */
static inline char *og__base_put_up_to3(char *at, uint32_t number)
{
    if (number < 10) {
        *at = (char)('0' + number);
        return at + 1;
    }
    if (number < 100) {
        og__base_put2(at, number);
        return at + 2;
    }
    og__base_put3(at, number);
    return at + 3;
}

/* Likewise a number below 10**6. */
static inline char *og__base_put_up_to6(char *at, uint32_t number)
{
    if (number < 1000) return og__base_put_up_to3(at, number);
    at = og__base_put_up_to3(at, number / 1000);
    og__base_put3(at, number % 1000);
    return at + 3;
}

#define OG__SHORT_INTS UINT64_C(1000000000) /* are below this */

/* Likewise a number below OG__SHORT_INTS. */
static inline char *og__base_short_int_put(char *at, uint32_t number)
{
    if (number < 1000000) return og__base_put_up_to6(at, number);
    at = og__base_put_up_to3(at, number / 1000000);
    og__base_put3(at, number / 1000 % 1000);
    og__base_put3(at + 3, number % 1000);
    return at + 6;
}

/* Writes three digits of a number below 1,000 without the zeros at their end, but for the first digit. */
static inline char *og__base_put_places3(char *at, uint32_t number)
{
    const uint8_t *digits = og__base_digit_triples[number];
    if (digits[3] == 1) {
        *at = (char)digits[0];
        return at + 1;
    }
    if (digits[3] == 2) {
        memcpy(at, digits, 2);
        return at + 2;
    }
    memcpy(at, digits, 4);
    return at + 3;
}

/* Likewise six digits of a number below 10**6. */
static inline char *og__base_put_places6(char *at, uint32_t number)
{
    uint32_t high = number / 1000;
    uint32_t low = number - 1000 * high;
    if (low == 0) return og__base_put_places3(at, high);
    og__base_put3(at, high);
    return og__base_put_places3(at + 3, low);
}

/* Likewise a number below 10**10. */
static inline char *og__base_put_whole(char *at, uint64_t number)
{
    if (number < OG__SHORT_INTS) return og__base_short_int_put(at, (uint32_t)number);
    uint32_t head = (uint32_t)(number / OG__SHORT_INTS);
    uint32_t rest = (uint32_t)(number - head * OG__SHORT_INTS);
    *at = (char)('0' + head);
    og__base_put3(at + 1, rest / 1000000);
    og__base_put3(at + 4, rest / 1000 % 1000);
    og__base_put3(at + 7, rest % 1000);
    return at + 10;
}

/*
 * The millionths of a double that has at most six digits after the point and 15 in all, and is not so small
 * that it is written with an exponent; OG__NOT_SHORT for any other. Of decimals of up to 15 digits no two are
 * read as the same double, so the one that is found is the shortest; and up to 2**53 both its digits and
 * their division by 10**6 are exact, or rounded as reading rounds.
 */
#define OG__NOT_SHORT UINT64_MAX
__attribute__((always_inline)) static inline uint64_t og__base_millionths_of(double number)
{
    double size = fabs(number);
    if (!(size < 9e9)) return OG__NOT_SHORT;
    int64_t all = (int64_t)(size * 1e6 + 0.5); /* signed: processors have one instruction for it */
    if ((double)all / 1e6 != size) return OG__NOT_SHORT;
    bool longer = all >= INT64_C(1000000000000000) && all % 10 != 0;
    bool tiny = (uint64_t)all - 1 < 99;
    return longer || tiny ? OG__NOT_SHORT : (uint64_t)all;
}

/* Writes such a double as og__base_double_write() does; returns what is after it. */
static inline char *og__base_millionths_put(char *at, uint64_t all, bool negative)
{
    uint64_t whole = all / 1000000;
    *at = '-'; /* written over where there is none */
    at = og__base_put_whole(at + negative, whole);
    *at = '.';
    return og__base_put_places6(at + 1, (uint32_t)(all - 1000000 * whole));
}

#endif
