/* SPDX-License-Identifier: MIT */
/* Making the index of a text (index.h) on processors with AVX-512. */
#include "codec/json/index.h"
#include "codec/json/reader.h"

#if defined(OG__JSON_X86)
#    include "codec/json/text_avx512.h"

/* Stores 16 places that are given as bytes. */
static OG__HOT void put_sixteen(uint32_t *out, __m128i places, __m512i base)
{
    _mm512_storeu_si512(out, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(places)));
}

/* Stores the places of the bits after `base`, and some rubbish; returns where the next ones go. */
static OG__HOT uint32_t *put_entries(uint32_t *out, uint64_t bits, __m512i base)
{
    static const uint8_t places[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                       16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                       32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                       48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i all = _mm512_maskz_compress_epi8(bits, og__json_bytes64(places));
    uint64_t count = (uint64_t)_mm_popcnt_u64(bits);
    put_sixteen(out, _mm512_castsi512_si128(all), base);
    if (__builtin_expect(count > 16, 0)) {
        put_sixteen(out + 16, _mm512_extracti32x4_epi32(all, 1), base);
        if (count > 32) {
            put_sixteen(out + 32, _mm512_extracti32x4_epi32(all, 2), base);
            put_sixteen(out + 48, _mm512_extracti32x4_epi32(all, 3), base);
        }
    }
    return out + count;
}

/*
 * Indexes 64 bytes. A byte of 0x80 or more has the kind of the one without its top bit and is other besides:
 * outside strings it is wrong, and an entry or a part of a token that leads the reader to it.
 */
static OG__HOT uint32_t *index_block(og__json_index *ix, __m512i x, __m512i base, uint32_t *out)
{
    enum { O = 0x80 /* neither sign, space nor quote */, SIGN = 1 };
    static const uint8_t low[64] = {O,    O, O, O, O, O, O, O, O, 0, 0, O, O, 0, O,    O, O, O, O, O, O, O,
                                    O,    O, O, O, O, O, O, O, O, O, 0, O, 0, O, O,    O, O, O, O, O, O, O,
                                    SIGN, O, O, O, O, O, O, O, O, O, O, O, O, O, SIGN, O, O, O, O, O};
    static const uint8_t high[64] = {
        O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, SIGN, O, SIGN, O, O,
        O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, SIGN, O, SIGN, O, O};
    __m512i kinds = _mm512_permutex2var_epi8(og__json_bytes64(low), x, og__json_bytes64(high));
    uint64_t other = _mm512_movepi8_mask(_mm512_or_si512(kinds, x));
    uint64_t sign = _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(SIGN));
    uint64_t quotes = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('"'));
    uint64_t backslashes = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('\\'));
    if (__builtin_expect((backslashes | ix->escape) != 0, 0))
        quotes &= ~og__json_escaped64(backslashes, &ix->escape);
    /* From each first quote up to the last one, without that. */
    __m128i sums = _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)quotes), _mm_set1_epi8((char)0xff), 0);
    uint64_t inside = (uint64_t)_mm_cvtsi128_si64(sums) ^ ix->in_string;
    ix->in_string = (uint64_t)((int64_t)inside >> 63);
    uint64_t begins = other & ~(other << 1 | ix->in_other);
    ix->in_other = other >> 63;
    return put_entries(out, quotes | ((sign | begins) & ~inside), base);
}

/* Indexes a run of whole blocks. */
static OG__HOT uint32_t *index_run(og__json_index *ix, size_t at, size_t blocks, uint32_t *out)
{
    og__json_index state;
    state.in_string = ix->in_string;
    state.in_other = ix->in_other;
    state.escape = ix->escape;
    const uint8_t *text = ix->text + at;
    __m512i base = _mm512_set1_epi32((int)at);
    for (; blocks; blocks--, text += OG__BLOCK) {
        out = index_block(&state, og__json_bytes64(text), base, out);
        base = _mm512_add_epi32(base, _mm512_set1_epi32(OG__BLOCK));
    }
    ix->in_string = state.in_string;
    ix->in_other = state.in_other;
    ix->escape = state.escape;
    return out;
}

OG__TARGET bool og__json_index_more_avx512(og__json_index *ix, const uint32_t *from)
{
    size_t left = (size_t)(ix->end - from);
    if (left) memmove(ix->entries, from, left * sizeof *from);
    uint32_t *out = ix->entries + left;
    size_t at = ix->done;
    while (ix->stop - at >= OG__BLOCK && out < ix->entries + OG__INDEX_ROOM) {
        size_t blocks = (ix->stop - at) / OG__BLOCK;
        if (blocks > OG__INDEX_RUN) blocks = OG__INDEX_RUN;
        out = index_run(ix, at, blocks, out);
        at += blocks * OG__BLOCK;
    }
    size_t rest = ix->stop - at;
    if (rest < OG__BLOCK && ix->stop == ix->len) {
        __m512i last = _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), og__json_low_bits(rest), ix->text + at);
        if (rest) out = index_block(ix, last, _mm512_set1_epi32((int)at), out);
        at = ix->len;
        for (int i = 0; i < OG__INDEX_AHEAD; i++)
            out[i] = (uint32_t)at - 1;
    }
    ix->done = at;
    ix->end = out;
    return at < ix->len || !ix->in_string;
}

#endif
