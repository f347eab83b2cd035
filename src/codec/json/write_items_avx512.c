/* SPDX-License-Identifier: MIT */
/* The writer's fast way for processors with AVX-512. */
#include "base/number_avx512.h"

#if defined(OG__AVX512_NUMBERS)
#    include "codec/json/writer.h"

#    define OG__HOT OG__AVX512_INLINE

enum { PIECE = 32, SHORT_TEXT = PIECE - 1 };

/* Writes up to PIECE bytes after the end. */
static OG__HOT void og__copy_text(uint8_t *to, const char *from, size_t len)
{
    for (; len > PIECE; to += PIECE, from += PIECE, len -= PIECE)
        _mm256_storeu_si256((__m256i *)(void *)to, _mm256_loadu_si256((const __m256i *)(const void *)from));
    __mmask32 within = (__mmask32)_bzhi_u32(UINT32_MAX, (unsigned)len);
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_maskz_loadu_epi8(within, from));
}

#    define BITS(n)    (uint32_t)((UINT64_C(2) << (n)) - 2)
#    define FOUR(n)    BITS(n), BITS((n) + 1), BITS((n) + 2), BITS((n) + 3)
#    define SIXTEEN(n) FOUR(n), FOUR((n) + 4), FOUR((n) + 8), FOUR((n) + 12)
#    define QUOTES8    '"', '"', '"', '"', '"', '"', '"', '"'

typedef struct og__constants {
    uint8_t quotes[PIECE];
    uint32_t after_quote[PIECE]; /* bits of so many bytes after the first one */
} og__constants;

/* In memory that the compiler does not see through: it would make these anew for each string. */
static OG__HOT const og__constants *og__constants_get(void)
{
    static const og__constants all = {{QUOTES8, QUOTES8, QUOTES8, QUOTES8}, {SIXTEEN(0), SIXTEEN(16)}};
    const og__constants *c = &all;
    __asm__("" : "+r"(c));
    return c;
}

/* The text is loaded from the byte before it on, which is masked and becomes the quote. */
static OG__HOT void og__put_short(const og__constants *c, uint8_t *to, const char *from, size_t len)
{
    union {
        uintptr_t number;
        const char *at;
    } before = {(uintptr_t)from - 1}; /* which may be no place of the text's memory */
    __m256i quotes = _mm256_loadu_si256((const __m256i *)(const void *)c->quotes);
    __m256i text = _mm256_mask_loadu_epi8(quotes, (__mmask32)c->after_quote[len], before.at);
    _mm256_storeu_si256((__m256i *)(void *)to, text);
}

/* Not inline: that takes registers from all the rest, and longer. */
__attribute__((noinline)) static OG__AVX512_TARGET size_t og__put_int(int64_t number, char *text)
{
    return og__base_avx512_int64_write(og__base_avx512_digits_get(), number, text);
}

static OG__HOT size_t og__json_put_double(double number, char *text)
{
    return og__base_avx512_double_write(og__base_avx512_digits_get(), number, text);
}

#    define OG__CALLED OG__AVX512_TARGET
#    define OG__ITEMS  OG__AVX512_TARGET og__json_write_items_avx512
#    include "codec/json/items_body.h"
#endif
