/* SPDX-License-Identifier: MIT */
/* Decimal digits, several at a time. */
#ifndef ONGGI_BASE_NUMBER_DIGITS_H
#define ONGGI_BASE_NUMBER_DIGITS_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* "00" to "99". */
extern const char og__base_digit_pairs[201];

/* "000" to "999", and how many of the three are left without the zeros at their end: one at least. */
extern const uint8_t og__base_digit_triples[1000][4];

static inline bool og__base_is_digit(int c)
{
    return (unsigned)(c - '0') < 10;
}

/* True when all eight bytes are '0' to '9'. */
static inline bool og__base_all_digits(uint64_t word)
{
    const uint64_t high = UINT64_C(0xf0f0f0f0f0f0f0f0);
    return ((word & high) | (((word + UINT64_C(0x0606060606060606)) & high) >> 4)) ==
           UINT64_C(0x3333333333333333);
}

/* The number that eight digits stand for. Pairs, then fours, then all eight are joined by multiplication. */
static inline uint32_t og__base_eight_digits(uint64_t word)
{
    word = (word & UINT64_C(0x0f0f0f0f0f0f0f0f)) * 2561 >> 8;
    word = (word & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
    return (uint32_t)((word & UINT64_C(0x0000ffff0000ffff)) * UINT64_C(42949672960001) >> 32);
}

/* Writes exactly two digits of a number below 100. */
static inline void og__base_put2(char *text, uint32_t number)
{
    memcpy(text, og__base_digit_pairs + 2 * (size_t)number, 2);
}

/* Writes exactly three digits of a number below 1,000, and a byte after them that counts for nothing. */
static inline void og__base_put3(char *text, uint32_t number)
{
    memcpy(text, og__base_digit_triples[number], 4);
}

#define OG__ZEROS8 UINT64_C(0x3030303030303030) /* "00000000" */

/* The eight digits of a number below 10**8, a byte for each, the first one lowest. Fours, then twos, then
 * ones are split off side by side; the factors are reciprocals, rounded up. */
static inline uint64_t og__base_split8(uint32_t number)
{
    uint64_t upper = number / 10000;
    uint64_t fours = upper | (uint64_t)(number % 10000) << 32;
    upper = fours * 10486 >> 20 & UINT64_C(0x0000007f0000007f);
    uint64_t twos = upper | (fours - 100 * upper) << 16;
    upper = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    return upper | (twos - 10 * upper) << 8;
}

/* Writes exactly eight digits of a number below 10**8. */
static inline void og__base_put8(char *text, uint32_t number)
{
    og__base_store8(text, og__base_split8(number) | OG__ZEROS8);
}

/* Writes a number without leading zeros ("0" for 0) to `text`, which has room for 20 bytes whatever the
 * number is; returns its length. */
unsigned og__base_uint64_write(uint64_t number, char *text);

#endif
