/* SPDX-License-Identifier: MIT */
/* Text in blocks of 32 bytes, for processors with AVX2: special bytes, and where it is not UTF-8. */
#ifndef ONGGI_BASE_UTF8_AVX2_H
#define ONGGI_BASE_UTF8_AVX2_H

#include "base/text16.h"
#include "base/utf8_tables.h"

#include <immintrin.h>

#define OG__TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt")))
#define OG__HOT    inline __attribute__((always_inline, target("avx2,bmi,bmi2,lzcnt")))

static OG__HOT __m256i og__base_load32(const uint8_t *text)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)text);
}

static OG__HOT uint64_t og__base_wide_mask(__m256i bytes)
{
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

static OG__HOT __m256i og__base_wide_equal(__m256i x, char c)
{
    return _mm256_cmpeq_epi8(x, _mm256_set1_epi8(c));
}

static OG__HOT __m256i og__base_wide_quotes(__m256i x)
{
    return _mm256_or_si256(og__base_wide_equal(x, '"'), og__base_wide_equal(x, '\\'));
}

/* Bytes of all ones where x ends a run of plain ASCII: quotes, backslashes, controls, and all from 0x80. */
static OG__HOT __m256i og__base_wide_special(__m256i x)
{
    /* As signed numbers, bytes from 0x80 are below 0x20 too. */
    __m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), x);
    return _mm256_or_si256(low, og__base_wide_quotes(x));
}

/* For each byte of `index`, below 16: that byte of the table. */
static OG__HOT __m256i og__base_wide_look_up(__m256i index, const uint8_t table[16])
{
    __m128i half = og__base_load16(table);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(half), index);
}

static OG__HOT __m256i og__base_wide_upper(__m256i x)
{
    return _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(0x0f));
}

/* A bit for each byte of `here` where UTF-8 is wrong. `one`, `two`, `three`: the bytes that far before. */
static OG__HOT uint64_t og__base_wide_wrong(__m256i here, __m256i one, __m256i two, __m256i three)
{
    __m256i wrong = _mm256_and_si256(
        _mm256_and_si256(
            og__base_wide_look_up(og__base_wide_upper(one), og__base_utf8_before_upper),
            og__base_wide_look_up(_mm256_and_si256(one, _mm256_set1_epi8(0x0f)), og__base_utf8_before_lower)),
        og__base_wide_look_up(og__base_wide_upper(here), og__base_utf8_upper));
    /* The top bit is set where a third or fourth byte is due: two tails must meet there, and nowhere else. */
    __m256i third = _mm256_subs_epu8(two, _mm256_set1_epi8(0xe0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(three, _mm256_set1_epi8(0xf0 - 0x80));
    __m256i due = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
    __m256i good = _mm256_cmpeq_epi8(wrong, due);
    return og__base_wide_mask(good) ^ UINT32_MAX;
}

/* The same for 32 bytes of a text; the three bytes before them are read too. */
static OG__HOT uint64_t og__base_wide_not_utf8(const uint8_t *text)
{
    return og__base_wide_wrong(og__base_load32(text), og__base_load32(text - 1), og__base_load32(text - 2),
                               og__base_load32(text - 3));
}

#endif
