/* SPDX-License-Identifier: MIT */
/* The writer's fast way for processors with AVX-512. */
#include "base/number_avx512.h"

#if defined(OG__AVX512_NUMBERS)
#    include "codec/json/writer.h"

#    define OG__HOT OG__AVX512_INLINE

enum { PIECE = 32 };

/* Writes up to PIECE bytes after the end. */
static OG__HOT void og__copy_text(uint8_t *to, const char *from, size_t len)
{
    for (; len > PIECE; to += PIECE, from += PIECE, len -= PIECE)
        _mm256_storeu_si256((__m256i *)(void *)to, _mm256_loadu_si256((const __m256i *)(const void *)from));
    __mmask32 within = (__mmask32)_bzhi_u32(UINT32_MAX, (unsigned)len);
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_maskz_loadu_epi8(within, from));
}

typedef og__avx512_digits og__numbers;

static OG__HOT const og__numbers *og__numbers_get(void)
{
    return og__base_avx512_digits_get();
}

/* Not inline: that takes registers from all the rest, and longer. */
__attribute__((noinline)) static OG__AVX512_TARGET size_t og__put_int(const og__numbers *numbers,
                                                                      int64_t number, char *text)
{
    return og__base_avx512_int64_write(numbers, number, text);
}

static OG__HOT size_t og__json_put_double(const og__numbers *numbers, double number, char *text)
{
    return og__base_avx512_double_write(numbers, number, text);
}

#    define OG__CALLED OG__AVX512_TARGET
#    define OG__ITEMS  OG__AVX512_TARGET og__json_write_items_avx512
#    include "codec/json/items_body.h"
#endif
