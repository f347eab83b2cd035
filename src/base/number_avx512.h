/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text on processors with AVX-512 and its IFMA, VBMI and VBMI2: twins of what number.h has for
 * any, to be inlined. Sixteen digits are made at once, and laid out by expanding and compressing.
 */
#ifndef ONGGI_BASE_NUMBER_AVX512_H
#define ONGGI_BASE_NUMBER_AVX512_H

#include "base/number.h"

#if defined(__x86_64__) && defined(__GNUC__)
#    define OG__AVX512_NUMBERS 1

#    include "base/number_shortest.h"

#    include <immintrin.h>
#    include <string.h>

/* The functions that these are inlined into, and the functions themselves. */
#    define OG__AVX512_TARGET \
        __attribute__((target("avx512f,avx512bw,avx512vl,avx512ifma,avx512vbmi,avx512vbmi2,bmi,bmi2,lzcnt")))
#    define OG__AVX512_INLINE inline __attribute__((always_inline)) OG__AVX512_TARGET

#    define OG__TEN_8  UINT64_C(100000000)
#    define OG__TEN_16 UINT64_C(10000000000000000)

/* Whether the processor has what these need. */
static inline bool og__base_avx512_numbers(void)
{
    return __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2");
}

/* What the vectors are made of. */
typedef struct og__avx512_digits {
    uint64_t reciprocals[8];
    uint64_t lacking[8];
    uint64_t ten;
    uint64_t zero;
    uint8_t lowest_bytes[16];
    uint8_t zeros[32];
    uint8_t points[32];
} og__avx512_digits;

/* In memory that the compiler does not see through: it would make these in registers for each number. */
static OG__AVX512_INLINE const og__avx512_digits *og__base_avx512_digits_get(void)
{
    static const og__avx512_digits all = {
        {45035996, 450359963, 4503599628, 45035996274, 450359962738, 4503599627371, 45035996273705,
         450359962737050},
        {27370496},
        10,
        '0',
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120},
        {'0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0',
         '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0'},
        {'.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.',
         '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.', '.'},
    };
    const og__avx512_digits *c = &all;
    __asm__("" : "+r"(c));
    return c;
}

static OG__AVX512_INLINE __m128i og__base_avx512_load16(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

static OG__AVX512_INLINE __m256i og__base_avx512_load32(const uint8_t *bytes)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

/*
 * The sixteen digits of two numbers below 10**8. A lane for each digit k from the left, from 0 on, holds
 * number / 10**(8 - k) as a fraction of 52 bits: its whole part is cut off, and ten times the rest has the
 * digit as its whole part. The reciprocals are rounded up, which is too much by less than 10**8 / 2**52, and
 * that is less than the next digits count; except before the first one, where it would be more: that is
 * rounded down, and what is lacking at most is added, 27370496 / 2**52 or less than 10**-8.
 */
static OG__AVX512_INLINE __m128i og__base_avx512_digits_of(const og__avx512_digits *c, uint64_t high,
                                                           uint64_t low)
{
    const __m512i reciprocals = _mm512_loadu_si512(c->reciprocals);
    const __m512i lacking = _mm512_loadu_si512(c->lacking);
    const __m512i ten = _mm512_set1_epi64((int64_t)c->ten);
    const __m512i zero = _mm512_set1_epi64((int64_t)c->zero);
    __m512i rest_high = _mm512_madd52lo_epu64(lacking, _mm512_set1_epi64((int64_t)high), reciprocals);
    __m512i rest_low = _mm512_madd52lo_epu64(lacking, _mm512_set1_epi64((int64_t)low), reciprocals);
    __m512i digits_high = _mm512_madd52hi_epu64(zero, rest_high, ten);
    __m512i digits_low = _mm512_madd52hi_epu64(zero, rest_low, ten);
    const __m512i lowest_bytes = _mm512_castsi128_si512(og__base_avx512_load16(c->lowest_bytes));
    return _mm512_castsi512_si128(_mm512_permutex2var_epi8(digits_high, lowest_bytes, digits_low));
}

/* The bits of those that are not '0'. */
static OG__AVX512_INLINE unsigned og__base_avx512_not_zero(const og__avx512_digits *c, __m128i digits)
{
    return _mm_cmpneq_epi8_mask(digits, og__base_avx512_load16(c->zeros));
}

/* As og__base_double_write(). Numbers with a point among their digits, or one zero after them, go the fast
 * way.
 */
static OG__AVX512_INLINE size_t og__base_avx512_double_write(const og__avx512_digits *c, double number,
                                                             char *text)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    unsigned field = bits >> 52 & 2047;
    og__shortest d;
    if (field - 1 >= 2046 || fraction == 0) return og__base_double_write(number, text);
    if (!og__base_shortest_fast(fraction | UINT64_C(1) << 52, (int)field - 1075, &d))
        return og__base_double_write(number, text);
    /* There are 16 or 17 digits: 17 from here on, of which the first one is apart. */
    bool one_less = d.digits < OG__TEN_16;
    uint64_t all = d.digits * (one_less ? 10 : 1);
    unsigned before =
        (unsigned)(d.exponent + 16 - one_less); /* digits before the point, without the first one */
    if (before > 15) return og__base_double_write(number, text);
    uint64_t high = all / OG__TEN_8;
    uint64_t head = high / OG__TEN_8;
    __m128i digits = og__base_avx512_digits_of(c, high - head * OG__TEN_8, all - high * OG__TEN_8);
    uint32_t point = UINT32_C(1) << before;
    __m256i wide = _mm256_inserti128_si256(og__base_avx512_load32(c->zeros), digits, 0);
    wide = _mm256_mask_expand_epi8(og__base_avx512_load32(c->points), ~point, wide);
    text[0] = '-'; /* written over where there is none */
    size_t sign = bits >> 63;
    text[sign] = (char)('0' + head);
    _mm256_storeu_si256((__m256i *)(void *)(text + sign + 1), wide);
    /* Up to the last digit that counts, or a zero after the point. */
    return sign + 34 - (unsigned)_lzcnt_u32(og__base_avx512_not_zero(c, digits) | point);
}

/* As og__base_int64_write(). */
static OG__AVX512_INLINE size_t og__base_avx512_int64_write(const og__avx512_digits *c, int64_t number,
                                                            char *text)
{
    size_t sign = number < 0;
    uint64_t size = sign ? 0 - (uint64_t)number : (uint64_t)number;
    if (size >= OG__TEN_16) return og__base_int64_write(number, text);
    uint64_t high = size / OG__TEN_8;
    __m128i digits = og__base_avx512_digits_of(c, high, size - high * OG__TEN_8);
    unsigned zeros =
        _tzcnt_u32(og__base_avx512_not_zero(c, digits) | 1u << 15); /* the last digit stays even if it is 0 */
    text[0] = '-';
    __m128i shifted = _mm_maskz_compress_epi8((__mmask16)(0xffffu << zeros), digits);
    _mm_storeu_si128((__m128i *)(void *)(text + sign), shifted);
    return sign + 16 - zeros;
}

#endif

#endif
