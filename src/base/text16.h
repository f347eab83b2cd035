/* SPDX-License-Identifier: MIT */
/* Sixteen bytes of text at a time, with SSE2 or NEON; the scalar twins define each function. */
#ifndef ONGGI_BASE_TEXT16_H
#define ONGGI_BASE_TEXT16_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__SSE2__)
#    include <emmintrin.h>
#elif defined(__aarch64__)
#    include <arm_neon.h>
#endif

enum { OG__TEXT16 = 16, OG__TEXT16_ALL = 0xffff };

/* White space of JSON. */
static inline bool og__base_is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* True for a byte that ends a run of plain ASCII in a string: '"', '\\', controls, and all from 0x80. */
static inline bool og__base_is_special(uint8_t c)
{
    return c == '"' || c == '\\' || c < 0x20 || c >= 0x80;
}

/* A bit for each of 16 bytes, the first one lowest: those that are special. */
static inline unsigned og__base_special16_scalar(const uint8_t *text)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < OG__TEXT16; i++)
        mask |= (unsigned)og__base_is_special(text[i]) << i;
    return mask;
}

/* Likewise: those that are white space. */
static inline unsigned og__base_space16_scalar(const uint8_t *text)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < OG__TEXT16; i++)
        mask |= (unsigned)og__base_is_space(text[i]) << i;
    return mask;
}

/* Likewise: those that a writer must escape or that are not ASCII, with 0x7f among them. */
static inline unsigned og__base_ascii_special16_scalar(const uint8_t *text)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < OG__TEXT16; i++)
        mask |= (unsigned)(og__base_is_special(text[i]) || text[i] == 0x7f) << i;
    return mask;
}

/* Likewise: those that a writer of UTF-8 must escape. */
static inline unsigned og__base_escape16_scalar(const uint8_t *text)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < OG__TEXT16; i++)
        mask |= (unsigned)(og__base_is_special(text[i]) && text[i] < 0x80) << i;
    return mask;
}

/* Likewise: those that are the same in both texts. */
static inline unsigned og__base_same16_scalar(const uint8_t *a, const uint8_t *b)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < OG__TEXT16; i++)
        mask |= (unsigned)(a[i] == b[i]) << i;
    return mask;
}

/* Likewise: those that are `c`. */
static inline unsigned og__base_byte16_scalar(const uint8_t *text, uint8_t c)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < OG__TEXT16; i++)
        mask |= (unsigned)(text[i] == c) << i;
    return mask;
}

#if defined(__SSE2__)

static inline __m128i og__base_load16(const uint8_t *text)
{
    return _mm_loadu_si128((const __m128i *)(const void *)text);
}

static inline unsigned og__base_same16(const uint8_t *a, const uint8_t *b)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(og__base_load16(a), og__base_load16(b)));
}

static inline unsigned og__base_byte16(const uint8_t *text, uint8_t c)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(og__base_load16(text), _mm_set1_epi8((char)c)));
}

static inline __m128i og__base_quote_or_backslash16(__m128i x)
{
    return _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
}

static inline unsigned og__base_special16(const uint8_t *text)
{
    /* As signed numbers, bytes from 0x80 are below 0x20 too. */
    __m128i x = og__base_load16(text);
    __m128i low = _mm_cmplt_epi8(x, _mm_set1_epi8(0x20));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, og__base_quote_or_backslash16(x)));
}

static inline unsigned og__base_space16(const uint8_t *text)
{
    __m128i x = og__base_load16(text);
    __m128i a = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\n')));
    __m128i b = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\t')));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(a, b));
}

static inline unsigned og__base_ascii_special16(const uint8_t *text)
{
    __m128i x = og__base_load16(text);
    __m128i low =
        _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, og__base_quote_or_backslash16(x)));
}

static inline unsigned og__base_escape16(const uint8_t *text)
{
    __m128i x = og__base_load16(text);
    __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(x, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(control, og__base_quote_or_backslash16(x)));
}

#elif defined(__aarch64__)

/* A bit for each of 16 bytes that are all ones or 0. */
static inline unsigned og__base_mask16(uint8x16_t all_ones)
{
    static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t x = vandq_u8(all_ones, vld1q_u8(bits));
    return vaddv_u8(vget_low_u8(x)) | (unsigned)vaddv_u8(vget_high_u8(x)) << 8;
}

static inline uint8x16_t og__base_equal16(uint8x16_t x, uint8_t c)
{
    return vceqq_u8(x, vdupq_n_u8(c));
}

static inline unsigned og__base_same16(const uint8_t *a, const uint8_t *b)
{
    return og__base_mask16(vceqq_u8(vld1q_u8(a), vld1q_u8(b)));
}

static inline unsigned og__base_byte16(const uint8_t *text, uint8_t c)
{
    return og__base_mask16(og__base_equal16(vld1q_u8(text), c));
}

/* Quotes, backslashes and controls. */
static inline uint8x16_t og__base_to_escape16(uint8x16_t x)
{
    uint8x16_t control = vcltq_u8(x, vdupq_n_u8(0x20));
    return vorrq_u8(control, vorrq_u8(og__base_equal16(x, '"'), og__base_equal16(x, '\\')));
}

static inline unsigned og__base_special16(const uint8_t *text)
{
    uint8x16_t x = vld1q_u8(text);
    return og__base_mask16(vorrq_u8(og__base_to_escape16(x), vcgeq_u8(x, vdupq_n_u8(0x80))));
}

static inline unsigned og__base_space16(const uint8_t *text)
{
    uint8x16_t x = vld1q_u8(text);
    uint8x16_t a = vorrq_u8(og__base_equal16(x, ' '), og__base_equal16(x, '\n'));
    return og__base_mask16(vorrq_u8(a, vorrq_u8(og__base_equal16(x, '\r'), og__base_equal16(x, '\t'))));
}

static inline unsigned og__base_ascii_special16(const uint8_t *text)
{
    uint8x16_t x = vld1q_u8(text);
    return og__base_mask16(vorrq_u8(og__base_to_escape16(x), vcgeq_u8(x, vdupq_n_u8(0x7f))));
}

static inline unsigned og__base_escape16(const uint8_t *text)
{
    return og__base_mask16(og__base_to_escape16(vld1q_u8(text)));
}

#else

#    define og__base_special16       og__base_special16_scalar
#    define og__base_space16         og__base_space16_scalar
#    define og__base_ascii_special16 og__base_ascii_special16_scalar
#    define og__base_escape16        og__base_escape16_scalar
#    define og__base_same16          og__base_same16_scalar
#    define og__base_byte16          og__base_byte16_scalar

#endif

#endif
