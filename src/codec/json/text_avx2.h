/* SPDX-License-Identifier: MIT */
/* The text as processors with AVX2 see it: see text_any.h, whose functions are the twins of these. */
#ifndef ONGGI_CODEC_JSON_TEXT_AVX2_H
#define ONGGI_CODEC_JSON_TEXT_AVX2_H

#include "codec/json/reader.h"
#include "codec/json/text16.h"

#include <immintrin.h>

#define OG__TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt")))
#define OG__HOT    inline __attribute__((always_inline, target("avx2,bmi,bmi2,lzcnt")))

enum { OG__WIDE = 32, OG__PADDED = 1, OG__WIDE_DIGITS = 16 };

static OG__HOT __m256i og__load32(const uint8_t *text)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)text);
}

static OG__HOT uint64_t og__wide_mask(__m256i bytes)
{
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

static OG__HOT __m256i og__wide_equal(__m256i x, char c)
{
    return _mm256_cmpeq_epi8(x, _mm256_set1_epi8(c));
}

static OG__HOT uint64_t og__wide_other(const uint8_t *text)
{
    __m256i x = og__load32(text);
    __m256i a = _mm256_or_si256(og__wide_equal(x, ' '), og__wide_equal(x, '\n'));
    __m256i b = _mm256_or_si256(og__wide_equal(x, '\r'), og__wide_equal(x, '\t'));
    return og__wide_mask(_mm256_or_si256(a, b)) ^ UINT32_MAX;
}

static OG__HOT __m256i og__wide_quotes(__m256i x)
{
    return _mm256_or_si256(og__wide_equal(x, '"'), og__wide_equal(x, '\\'));
}

static OG__HOT uint64_t og__wide_special(const uint8_t *text)
{
    __m256i x = og__load32(text);
    __m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), x);
    return og__wide_mask(_mm256_or_si256(low, og__wide_quotes(x)));
}

/* What may be wrong with a byte and the one before it. */
enum {
    SHORT = 0x01,     /* no tail byte where one is due */
    LONG = 0x02,      /* a tail byte after ASCII */
    OVERLONG3 = 0x04, /* 0xe0, and then below 0xa0 */
    LARGE = 0x08,     /* 0xf4 and above, and then 0x90 and above */
    SURROGATE = 0x10, /* 0xed, and then 0xa0 and above */
    OVERLONG2 = 0x20, /* 0xc0 and 0xc1 */
    LARGER = 0x40,    /* 0xf5 and above, and then below 0x90 */
    OVERLONG4 = 0x40, /* 0xf0, and then below 0x90 */
    TAILS = 0x80,     /* two tail bytes: wrong, unless the third or fourth byte of a sequence is due */
    ANY_LOW = SHORT | LONG | TAILS
};

/* One of 16 bytes for each of the halves of bytes in `index`. */
static OG__HOT __m256i og__wide_look_up(__m256i index, const uint8_t table[16])
{
    __m128i half = og__load16(table);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(half), index);
}

static OG__HOT __m256i og__wide_upper(__m256i x)
{
    return _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(0x0f));
}

/* Those where UTF-8 goes wrong; of the text before, the last three bytes count. */
static OG__HOT uint64_t og__wide_not_utf8(const uint8_t *text)
{
    static const uint8_t before_upper[16] = {LONG,
                                             LONG,
                                             LONG,
                                             LONG,
                                             LONG,
                                             LONG,
                                             LONG,
                                             LONG,
                                             TAILS,
                                             TAILS,
                                             TAILS,
                                             TAILS,
                                             SHORT | OVERLONG2,
                                             SHORT,
                                             SHORT | OVERLONG3 | SURROGATE,
                                             SHORT | LARGE | LARGER | OVERLONG4};
    static const uint8_t before_lower[16] = {ANY_LOW | OVERLONG3 | OVERLONG2 | OVERLONG4,
                                             ANY_LOW | OVERLONG2,
                                             ANY_LOW,
                                             ANY_LOW,
                                             ANY_LOW | LARGE,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER | SURROGATE,
                                             ANY_LOW | LARGE | LARGER,
                                             ANY_LOW | LARGE | LARGER};
    enum { TAIL = LONG | OVERLONG2 | TAILS };
    static const uint8_t upper[16] = {SHORT,
                                      SHORT,
                                      SHORT,
                                      SHORT,
                                      SHORT,
                                      SHORT,
                                      SHORT,
                                      SHORT,
                                      TAIL | OVERLONG3 | LARGER | OVERLONG4,
                                      TAIL | OVERLONG3 | LARGE,
                                      TAIL | SURROGATE | LARGE,
                                      TAIL | SURROGATE | LARGE,
                                      SHORT,
                                      SHORT,
                                      SHORT,
                                      SHORT};
    __m256i one = og__load32(text - 1);
    __m256i wrong = _mm256_and_si256(
        _mm256_and_si256(og__wide_look_up(og__wide_upper(one), before_upper),
                         og__wide_look_up(_mm256_and_si256(one, _mm256_set1_epi8(0x0f)), before_lower)),
        og__wide_look_up(og__wide_upper(og__load32(text)), upper));
    /* The top bit stands where a third or fourth byte is due: there two tails must meet, and nowhere else. */
    __m256i third = _mm256_subs_epu8(og__load32(text - 2), _mm256_set1_epi8(0xe0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(og__load32(text - 3), _mm256_set1_epi8(0xf0 - 0x80));
    __m256i due = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
    __m256i good = _mm256_cmpeq_epi8(wrong, due);
    return og__wide_mask(good) ^ UINT32_MAX;
}

/*
 * The first '"', '\\' or control byte from `at` on, a byte of 0x80 or more that ASCII stands before; NULL
 * where there is none, or what is up to there is not UTF-8, or not known to be.
 */
static OG__HOT const uint8_t *og__wide_utf8(const og__json_reader *r, const uint8_t *at)
{
    if (at - r->text < 3) return NULL;
    for (; at <= r->fast_end; at += OG__WIDE) {
        __m256i x = og__load32(at);
        __m256i control =
            _mm256_cmpeq_epi8(_mm256_max_epu8(x, _mm256_set1_epi8(0x1f)), _mm256_set1_epi8(0x1f));
        uint64_t stop = og__wide_mask(_mm256_or_si256(control, og__wide_quotes(x)));
        uint64_t wrong = og__wide_not_utf8(at);
        /* The bytes up to the first stop, with it: what was due there is missing. */
        if (wrong & (stop ^ (stop - 1))) return NULL;
        if (!stop) continue;
        return at + __builtin_ctzll(stop);
    }
    return NULL;
}

/* The number of which up to 16 digits stand at `text`: pairs, fours, eights are joined by multiplication. */
static OG__HOT uint64_t og__wide_number(const uint8_t *text, unsigned *count)
{
    /* From byte n on: 16 - n bytes of zeros, and then bytes 0 to n - 1. */
    static const uint8_t right[32] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                      0x80, 0x80, 0x80, 0x80, 0x80, 0,    1,    2,    3,    4,    5,
                                      6,    7,    8,    9,    10,   11,   12,   13,   14,   15};
    __m128i digits = _mm_sub_epi8(og__load16(text), _mm_set1_epi8('0'));
    __m128i good = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    unsigned n = (unsigned)__builtin_ctz(~(unsigned)_mm_movemask_epi8(good));
    digits = _mm_shuffle_epi8(digits, og__load16(right + n));
    __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010a));
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
    __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x00012710));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    *count = n;
    return (both & UINT32_MAX) * 100000000 + (both >> 32);
}

#endif
