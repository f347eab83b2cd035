/* SPDX-License-Identifier: MIT */
/* Strings and numbers as processors with AVX-512 (with its byte instructions, VBMI and VBMI2) see them. */
#ifndef ONGGI_CODEC_JSON_TEXT_AVX512_H
#define ONGGI_CODEC_JSON_TEXT_AVX512_H

#include "base/number_double.h"
#include "codec/json/reader.h"

#include <immintrin.h>

#define OG__TARGET                                                                                           \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,bmi,bmi2,lzcnt,popcnt," \
                          "pclmul")))
#define OG__HOT inline __attribute__((always_inline)) OG__TARGET

/* Vectors that repeat something: made anew each time, they would take two instructions. */
typedef struct og__json_vector_bytes {
    uint8_t zeros[32]; /* '0' */
    uint8_t nines[32]; /* 9 */
    uint8_t spaces[64];
    uint8_t backslashes[64];
    uint8_t tens[32];      /* 10, 1, … */
    uint8_t hundreds[32];  /* 100, 1, … in 16 bits each */
    uint8_t thousands[32]; /* 10000, 1, … */
} og__json_vector_bytes;
extern const og__json_vector_bytes og__json_vectors __attribute__((visibility("hidden")));

static OG__HOT __m512i og__json_bytes64(const uint8_t *at)
{
    return _mm512_loadu_si512(at);
}

static OG__HOT __m256i og__json_bytes32(const uint8_t *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

static OG__HOT __m128i og__json_bytes16(const uint8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* The lowest `n` bits, at most 64. */
static OG__HOT uint64_t og__json_low_bits(size_t n)
{
    return _bzhi_u64(~UINT64_C(0), (unsigned)n);
}

/* Which of 64 bytes a backslash escapes. `*next`: 1 when the first one is; then, when the byte after is. */
static OG__HOT uint64_t og__json_escaped64(uint64_t backslashes, uint64_t *next)
{
    const uint64_t odd = UINT64_C(0xaaaaaaaaaaaaaaaa);
    uint64_t first = backslashes & ~*next;
    /* A run's end is where a carry stops: on an odd place or an even one. */
    uint64_t ends = (((first << 1) | odd) - first) ^ odd;
    uint64_t escaped = ends ^ (backslashes | *next);
    *next = (ends & backslashes) >> 63;
    return escaped;
}

/* ---- Strings ---- */

/* True when a run of at most 64 bytes is plain ASCII without backslashes and control characters. */
static OG__HOT bool og__json_is_plain(const uint8_t *at, size_t len)
{
    __mmask64 some = og__json_low_bits(len);
    __m512i x = _mm512_maskz_loadu_epi8(some, at);
    /* As signed numbers, bytes from 0x80 are below ' ' too. */
    __mmask64 low = _mm512_mask_cmplt_epi8_mask(some, x, og__json_bytes64(og__json_vectors.spaces));
    return _kortestz_mask64_u8(low,
                               _mm512_cmpeq_epi8_mask(x, og__json_bytes64(og__json_vectors.backslashes)));
}

/* Makes the str of the `len` bytes from `start` on, before a quote, whatever they are. False when they are no
 * JSON, or with r->status set. */
bool og__json_string_avx512(og__json_reader *r, const uint8_t *start, size_t len, og_value *out);

/*
 * True when `key`, a str of the same text, is in quotes at `at`, if it is short; 32 bytes may be read.
 * Only what is clean was not copied from the text: its quotes are around it, and it may be there again.
 */
static OG__HOT bool og__json_is_short_key(const uint8_t *at, og_value key)
{
    enum { ALL_BUT_QUOTES = 30 };
    size_t len = og__value_len(key);
    if (len > ALL_BUT_QUOTES || !(key.meta & OG__F_CLEAN)) return false;
    __m256i same = _mm256_cmpeq_epi8(og__json_bytes32(at), og__json_bytes32((const uint8_t *)key.u.p - 1));
    return _bzhi_u32(~(uint32_t)_mm256_movemask_epi8(same), (unsigned)len + 2) == 0;
}

/* ---- Numbers ---- */

/* The number that 16 digits stand for. */
static OG__HOT uint64_t og__json_join16(__m128i digits)
{
    __m128i pairs = _mm_maddubs_epi16(digits, og__json_bytes16(og__json_vectors.tens));
    __m128i fours = _mm_madd_epi16(pairs, og__json_bytes16(og__json_vectors.hundreds));
    __m128i eights =
        _mm_madd_epi16(_mm_packus_epi32(fours, fours), og__json_bytes16(og__json_vectors.thousands));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    return (both & UINT32_MAX) * 100000000 + (both >> 32);
}

/* The number that 32 digits stand for, of which the first 13 are 0. */
static OG__HOT uint64_t og__json_join32(__m256i digits)
{
    __m256i pairs = _mm256_maddubs_epi16(digits, og__json_bytes32(og__json_vectors.tens));
    __m256i fours = _mm256_madd_epi16(pairs, og__json_bytes32(og__json_vectors.hundreds));
    __m256i eights =
        _mm256_madd_epi16(_mm256_packus_epi32(fours, fours), og__json_bytes32(og__json_vectors.thousands));
    uint64_t upper = (uint64_t)_mm_cvtsi128_si64(_mm256_castsi256_si128(eights)) >> 32;
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(_mm256_extracti128_si256(eights, 1));
    return (upper * 100000000 + (both & UINT32_MAX)) * 100000000 + (both >> 32);
}

/* Stores a value in one piece: one that was stored in two cannot be loaded in one for a while. */
static OG__HOT void og__json_put_value(og_value *out, uint64_t meta, uint64_t word)
{
    _mm_storeu_si128((__m128i *)(void *)out, _mm_set_epi64x((int64_t)word, (int64_t)meta));
}

/*
 * Makes the double of the number that ends at `end`, whose 32 last bytes have the values `digits` after '0',
 * 0 before the first digit, except for the one in `point`; its digits are `some` with the point.
 */
static OG__HOT bool og__json_put_double(const uint8_t *end, __m256i digits, uint32_t some, uint32_t point,
                                        bool negative, og_value *out)
{
    /* The digits before the point move up by one, into its place. */
    uint32_t moved = some << 1;
    __asm__("" : "+r"(moved)); /* not from the mask, where it would take longer */
    __m256i before = _mm256_maskz_loadu_epi8(moved, end - 33);
    digits =
        _mm256_mask_subs_epu8(digits, _blsmsk_u32(point), before, og__json_bytes32(og__json_vectors.zeros));
    double number;
    if (!og__base_double_near(og__json_join32(digits), (int)_tzcnt_u32(point) - 31, &number)) return false;
    union {
        double number;
        uint64_t bits;
    } u = {number};
    og__json_put_value(out, OG_FLOAT, u.bits | (uint64_t)negative << 63);
    return true;
}

/* Reads the number that fills the bytes from `at` to `end`. False when it is a long one or has an exponent,
 * and for all that is none. */
static OG__HOT bool og__json_whole_number(const uint8_t *at, const uint8_t *end, og_value *out)
{
    enum { MOST = 20 /* 19 digits and a point */ };
    bool negative = *at == '-';
    at += negative;
    size_t len = (size_t)(end - at);
    if (len - 1 > MOST - 1) return false;
    uint32_t some = ~UINT32_C(0) << (32 - len);
    __m256i zeros = og__json_bytes32(og__json_vectors.zeros);
    __m256i digits = _mm256_sub_epi8(_mm256_mask_loadu_epi8(zeros, some, end - 32), zeros);
    uint32_t other = _mm256_cmpgt_epu8_mask(digits, og__json_bytes32(og__json_vectors.nines));
    __asm__("" : "+r"(other)); /* in a register that can do more than a mask's */
    if (other == 0) {
        if (*at == '0' && len > 1) return false;
        uint64_t number;
        if (len <= 16)
            number = og__json_join16(_mm256_extracti128_si256(digits, 1));
        else if (len <= 18)
            number = og__json_join32(digits);
        else
            return false;
        og__json_put_value(out, OG_INT, negative ? 0 - number : number);
        return true;
    }
    size_t whole = _tzcnt_u32(other) + len - 32;
    if (at[whole] != '.' || _blsr_u32(other) != 0 || other >> 31) return false;
    if ((*at == '0' && whole > 1) || whole == 0) return false;
    return og__json_put_double(end, digits, some, other, negative, out);
}

#endif
