/* SPDX-License-Identifier: MIT */
/*
 * Short numbers as text. Their digits are counted by branches: most numbers in one place of many messages are
 * as long as the one before, and what is written after the number need not wait then until its length is
 * computed.
 */
#ifndef ONGGI_BASE_NUMBER_SHORT_H
#define ONGGI_BASE_NUMBER_SHORT_H

#include "base/number_digits.h"

#include <math.h>

/* Writes a number below 10**4 without leading zeros; returns its length. */
static inline unsigned og__base_write_up_to4(uint32_t number, char *text)
{
    if (number < 10) {
        text[0] = (char)('0' + number);
        return 1;
    }
    if (number < 100) {
        og__base_put2(text, number);
        return 2;
    }
    uint32_t high = number / 100;
    if (high < 10) {
        text[0] = (char)('0' + high);
        og__base_put2(text + 1, number - 100 * high);
        return 3;
    }
    og__base_put2(text, high);
    og__base_put2(text + 2, number - 100 * high);
    return 4;
}

#define OG__SHORT_INTS UINT64_C(100000000) /* are below this */

/* Likewise a number below OG__SHORT_INTS. */
static inline unsigned og__base_short_int_write(uint32_t number, char *text)
{
    if (number < 10000) return og__base_write_up_to4(number, text);
    uint32_t high = number / 10000;
    uint32_t low = number - 10000 * high;
    unsigned len = og__base_write_up_to4(high, text);
    og__base_put2(text + len, low / 100);
    og__base_put2(text + len + 2, low % 100);
    return len + 4;
}

/* Writes three digits of a number below 1,000; returns how many of them are not zeros at the end. */
static inline unsigned og__base_put3(char *text, uint32_t number)
{
    uint32_t high = number / 100;
    uint32_t low = number - 100 * high;
    text[0] = (char)('0' + high);
    og__base_put2(text + 1, low);
    return low == 0 ? 1 : low % 10 == 0 ? 2 : 3;
}

/*
 * Writes a double that has at most six digits after the point and 15 in all, as og__base_double_write() does;
 * 0 for any other. Of decimals of up to 15 digits no two are read as the same double, so the one that is
 * found is the shortest; and up to 2**53 both its digits and their division by 10**6 are exact, or rounded as
 * reading rounds.
 */
static inline unsigned og__base_short_double_write(double number, char *text)
{
    double size = fabs(number);
    if (!(size < 9e9)) return 0;
    uint64_t all = (uint64_t)(size * 1e6 + 0.5);
    uint64_t whole = all / 1000000;
    uint32_t part = (uint32_t)(all - 1000000 * whole);
    bool longer = whole >= 1000000000 && part % 10 != 0;
    bool tiny = all < 100 && all != 0; /* is written with an exponent */
    if ((double)all / 1e6 != size || longer || tiny) return 0;
    text[0] = '-'; /* written over where there is none */
    char *at = text + (signbit(number) != 0);
    at += whole < OG__SHORT_INTS ? og__base_short_int_write((uint32_t)whole, at)
                                 : og__base_uint64_write(whole, at);
    *at = '.';
    uint32_t high = part / 1000;
    uint32_t low = part - 1000 * high;
    unsigned places = og__base_put3(at + 1, high);
    if (low != 0) places = 3 + og__base_put3(at + 4, low);
    return (unsigned)(at - text) + 1 + places;
}

#endif
