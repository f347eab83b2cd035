/* SPDX-License-Identifier: MIT */
/* The text as processors with AVX2 see it: see text_any.h, whose functions are the twins of these. */
#ifndef ONGGI_CODEC_JSON_TEXT_AVX2_H
#define ONGGI_CODEC_JSON_TEXT_AVX2_H

#include "base/utf8_avx2.h"
#include "codec/json/reader.h"

enum { OG__WIDE = 32, OG__PADDED = 1, OG__WIDE_DIGITS = 16 };

static OG__HOT uint64_t og__json_wide_special(const uint8_t *text)
{
    return og__base_wide_mask(og__base_wide_special(og__base_load32(text)));
}

static OG__HOT uint64_t og__json_wide_other(const uint8_t *text)
{
    __m256i x = og__base_load32(text);
    __m256i a = _mm256_or_si256(og__base_wide_equal(x, ' '), og__base_wide_equal(x, '\n'));
    __m256i b = _mm256_or_si256(og__base_wide_equal(x, '\r'), og__base_wide_equal(x, '\t'));
    return og__base_wide_mask(_mm256_or_si256(a, b)) ^ UINT32_MAX;
}

/*
 * The first '"', '\\' or control byte from `at` on, a byte of 0x80 or more, after ASCII; NULL
 * where there is none, or what is up to there is not UTF-8, or not known to be.
 */
static OG__HOT const uint8_t *og__json_wide_utf8(const og__json_reader *r, const uint8_t *at)
{
    if (at - r->text < 3) return NULL;
    for (; at <= r->fast_end; at += OG__WIDE) {
        __m256i x = og__base_load32(at);
        __m256i control =
            _mm256_cmpeq_epi8(_mm256_max_epu8(x, _mm256_set1_epi8(0x1f)), _mm256_set1_epi8(0x1f));
        uint64_t stop = og__base_wide_mask(_mm256_or_si256(control, og__base_wide_quotes(x)));
        uint64_t wrong = og__base_wide_not_utf8(at);
        /* The bytes up to the first stop, with it: what was due there is missing. */
        if (wrong & (stop ^ (stop - 1))) return NULL;
        if (!stop) continue;
        return at + __builtin_ctzll(stop);
    }
    return NULL;
}

/* The number of the up to 16 digits at `text`: pairs, fours, eights are joined by multiplication. */
static OG__HOT uint64_t og__json_wide_number(const uint8_t *text, unsigned *count)
{
    /* From byte n on: 16 - n bytes of zeros, and then bytes 0 to n - 1. */
    static const uint8_t right[32] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                      0x80, 0x80, 0x80, 0x80, 0x80, 0,    1,    2,    3,    4,    5,
                                      6,    7,    8,    9,    10,   11,   12,   13,   14,   15};
    __m128i digits = _mm_sub_epi8(og__base_load16(text), _mm_set1_epi8('0'));
    __m128i good = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    unsigned n = (unsigned)__builtin_ctz(~(unsigned)_mm_movemask_epi8(good));
    digits = _mm_shuffle_epi8(digits, og__base_load16(right + n));
    __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010a));
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
    __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x00012710));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    *count = n;
    return (both & UINT32_MAX) * 100000000 + (both >> 32);
}

#endif
