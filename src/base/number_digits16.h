/* SPDX-License-Identifier: MIT */
/* Sixteen decimal digits in a register, with SSE2 where there is any; the scalar twins say what is meant. */
#ifndef ONGGI_BASE_NUMBER_DIGITS16_H
#define ONGGI_BASE_NUMBER_DIGITS16_H

#include "base/number_digits.h"
#include "base/u128.h"

#if defined(__SSE2__)
#    include <emmintrin.h>
#endif

/* Room that laying out needs: 16 digits, the point, and a zero after it. */
enum { OG__DIGITS16_SIZE = 18 };

/* A byte for each digit, 0 to 9, the first one lowest. */
typedef struct og__digits16_scalar {
    uint64_t high;
    uint64_t low;
} og__digits16_scalar;

/* The digits of two numbers below 10**8. */
static inline og__digits16_scalar og__base_digits16_scalar_of(uint32_t high, uint32_t low)
{
    return (og__digits16_scalar){og__base_split8(high), og__base_split8(low)};
}

/* How many digits there are without the zeros at the end. */
static inline unsigned og__base_digits16_scalar_count(og__digits16_scalar digits)
{
    if (digits.low) return 16 - (unsigned)__builtin_clzll(digits.low) / 8;
    return digits.high ? 8 - (unsigned)__builtin_clzll(digits.high) / 8 : 0;
}

static inline void og__base_digits16_scalar_put(og__digits16_scalar digits, char *text)
{
    og__base_store8(text, digits.high | OG__ZEROS8);
    og__base_store8(text + 8, digits.low | OG__ZEROS8);
}

/* Writes the digits with a point after the first `point` of them (0 to 16), and "0" after them all. */
static inline void og__base_digits16_scalar_put_point(og__digits16_scalar digits, unsigned point, char *text)
{
    char plain[16];
    og__base_digits16_scalar_put(digits, plain);
    memcpy(text + 1, plain, 16);
    memcpy(text, plain, point);
    text[point] = '.';
    text[17] = '0';
}

/* Writes the digits without leading zeros, at least one; returns how many. Always writes 16 bytes. */
static inline unsigned og__base_digits16_scalar_put_number(og__digits16_scalar digits, char *text)
{
    const uint64_t last = UINT64_C(1) << 56; /* the last digit stays even if it is 0 */
    unsigned zeros = digits.high ? (unsigned)__builtin_ctzll(digits.high)
                                 : 64 + (unsigned)__builtin_ctzll(digits.low | last);
    zeros /= 8;
    og__u128 all = {digits.low | OG__ZEROS8, digits.high | OG__ZEROS8};
    all = og__base_u128_shift_right(all, 8 * zeros);
    og__base_store8(text, all.low);
    og__base_store8(text + 8, all.high);
    return 16 - zeros;
}

#if defined(__SSE2__)

typedef __m128i og__digits16;

static inline og__digits16 og__base_digits16_of(uint32_t high, uint32_t low)
{
    /* Halved three times; the factors are reciprocals, rounded up. */
    __m128i eights = _mm_set_epi64x((long long)low, (long long)high);
    __m128i upper = _mm_srli_epi64(_mm_mul_epu32(eights, _mm_set1_epi64x(3518437209)), 45);
    __m128i lower = _mm_sub_epi64(eights, _mm_mul_epu32(upper, _mm_set1_epi64x(10000)));
    __m128i fours = _mm_or_si128(upper, _mm_slli_epi64(lower, 32));
    upper = _mm_srli_epi16(_mm_mulhi_epu16(fours, _mm_set1_epi16(5243)), 3);
    lower = _mm_sub_epi16(fours, _mm_madd_epi16(upper, _mm_set1_epi16(100)));
    __m128i twos = _mm_or_si128(upper, _mm_slli_epi32(lower, 16));
    /* What is left of a division by ten, as a fraction, times ten is the second digit. */
    const __m128i tenth = _mm_set1_epi16(6554);
    upper = _mm_mulhi_epu16(twos, tenth);
    lower = _mm_mulhi_epu16(_mm_mullo_epi16(twos, tenth), _mm_set1_epi16(10));
    return _mm_or_si128(upper, _mm_slli_epi16(lower, 8));
}

static inline unsigned og__base_digits16_count(og__digits16 digits)
{
    unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(digits, _mm_setzero_si128()));
    return 31 ^ (unsigned)__builtin_clz(mask << 1 | 1);
}

static inline void og__base_digits16_put(og__digits16 digits, char *text)
{
    __m128i ascii = _mm_or_si128(digits, _mm_set1_epi8('0'));
    _mm_storeu_si128((__m128i *)(void *)text, ascii);
}

/* The digits shifted by one and the digits as they are, joined at the point. */
static inline void og__base_digits16_put_point(og__digits16 digits, unsigned point, char *text)
{
    static const signed char window[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    __m128i ascii = _mm_or_si128(digits, _mm_set1_epi8('0'));
    __m128i shifted = _mm_slli_si128(ascii, 1);
    __m128i mask = _mm_loadu_si128((const __m128i *)(const void *)(window + 16 - point));
    __m128i joined = _mm_or_si128(_mm_and_si128(mask, ascii), _mm_andnot_si128(mask, shifted));
    text[17] = '0';
    _mm_storeu_si128((__m128i *)(void *)(text + 1), ascii);
    _mm_storeu_si128((__m128i *)(void *)text, joined);
    text[point] = '.';
}

static inline unsigned og__base_digits16_put_number(og__digits16 digits, char *text)
{
    unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(digits, _mm_setzero_si128()));
    unsigned zeros = (unsigned)__builtin_ctz(mask | 1u << 15); /* the last digit stays even if it is 0 */
    __m128i ascii = _mm_or_si128(digits, _mm_set1_epi8('0'));
    og__u128 all;
    memcpy(&all.low, &ascii, 8);
    memcpy(&all.high, (const char *)&ascii + 8, 8);
    all = og__base_u128_shift_right(all, 8 * zeros);
    og__base_store8(text, all.low);
    og__base_store8(text + 8, all.high);
    return 16 - zeros;
}

#else

typedef og__digits16_scalar og__digits16;
#    define og__base_digits16_of         og__base_digits16_scalar_of
#    define og__base_digits16_count      og__base_digits16_scalar_count
#    define og__base_digits16_put        og__base_digits16_scalar_put
#    define og__base_digits16_put_point  og__base_digits16_scalar_put_point
#    define og__base_digits16_put_number og__base_digits16_scalar_put_number

#endif

#endif
