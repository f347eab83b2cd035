/* SPDX-License-Identifier: MIT */
/* What a str in a pickle is made of, as processors with AVX2 see it: the twin of what text.h has for any. */
#ifndef ONGGI_CODEC_PICKLE_READ_TEXT_AVX2_H
#define ONGGI_CODEC_PICKLE_READ_TEXT_AVX2_H

#include "base/utf8_avx2.h"
#include "codec/pickle/read/text.h"

enum { OG__WIDE = 32 };

/* As og__pickle_text_at() for text that is not all ASCII without escapes. */
__attribute__((noinline)) static OG__TARGET unsigned
og__wide_text_flags(const uint8_t *start, const uint8_t *text, size_t len, size_t room)
{
    static const uint8_t none_before[64] = {[32] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff,        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff,        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff,        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    unsigned flags = OG__F_ASCII | OG__F_CLEAN;
    if (room - len < OG__WIDE || text - start < 3) return og__pickle_text_flags(text, len);
    for (size_t i = 0; i < len; i += OG__WIDE) {
        const uint8_t *at = text + i;
        __m256i here = og__base_load32(at);
        __m256i one = og__base_load32(at - 1);
        __m256i two = og__base_load32(at - 2);
        __m256i three = og__base_load32(at - 3);
        if (i == 0) {
            one = _mm256_and_si256(one, og__base_load32(none_before + 31));
            two = _mm256_and_si256(two, og__base_load32(none_before + 30));
            three = _mm256_and_si256(three, og__base_load32(none_before + 29));
        }
        uint32_t within =
            (uint32_t)_bzhi_u64(UINT32_MAX, (unsigned)(len - i < OG__WIDE ? len - i : OG__WIDE));
        __m256i control =
            _mm256_cmpeq_epi8(_mm256_max_epu8(here, _mm256_set1_epi8(0x1f)), _mm256_set1_epi8(0x1f));
        if (og__base_wide_mask(_mm256_or_si256(control, og__base_wide_quotes(here))) & within)
            flags &= ~(unsigned)OG__F_CLEAN;
        if (og__base_wide_mask(here) & within) flags &= ~(unsigned)OG__F_ASCII;
        if (og__base_wide_wrong(here, one, two, three) & within) return og__pickle_text_flags(text, len);
    }
    bool cut =
        text[len - 1] >= 0xc0 || (len > 1 && text[len - 2] >= 0xe0) || (len > 2 && text[len - 3] >= 0xf0);
    return cut ? OG__TEXT_BAD : flags;
}

/* As og__pickle_text_flags(), where `start` to `text` + `room` may be read; `room` is at least `len`. */
static OG__HOT unsigned og__pickle_text_at(const uint8_t *start, const uint8_t *text, size_t len, size_t room)
{
    if (room < OG__WIDE) return og__pickle_text_flags(text, len);
    uint64_t special;
    if (len <= OG__WIDE) {
        special = _bzhi_u64(og__base_wide_mask(og__base_wide_special(og__base_load32(text))), (unsigned)len);
    } else {
        __m256i last = og__base_load32(text + len - OG__WIDE);
        __m256i any = og__base_wide_special(last);
        for (size_t i = 0; i < len - OG__WIDE; i += OG__WIDE)
            any = _mm256_or_si256(any, og__base_wide_special(og__base_load32(text + i)));
        special = og__base_wide_mask(any);
    }
    return special == 0 ? OG__F_ASCII | OG__F_CLEAN : og__wide_text_flags(start, text, len, room);
}

#endif
