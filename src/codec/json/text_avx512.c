/* SPDX-License-Identifier: MIT */
/* Strings that are more than plain ASCII, 64 bytes at a time, on processors with AVX-512. */
#include "codec/json/reader.h"

#if defined(OG__JSON_X86)
#    include "base/utf8_tables.h"
#    include "codec/json/text_avx512.h"

#    define TWICE(x)   x, x
#    define FOUR(x)    TWICE(x), TWICE(x)
#    define EIGHT(x)   FOUR(x), FOUR(x)
#    define SIXTEEN(x) EIGHT(x), EIGHT(x)
#    define THIRTY2(x) SIXTEEN(x), SIXTEEN(x)

const og__json_vector_bytes og__json_vectors = {
    .zeros = {THIRTY2('0')},
    .nines = {THIRTY2(9)},
    .spaces = {THIRTY2(' '), THIRTY2(' ')},
    .backslashes = {THIRTY2('\\'), THIRTY2('\\')},
    .tens = {10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1,
             10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1},
    .hundreds = {100, 0, 1, 0, 100, 0, 1, 0, 100, 0, 1, 0, 100, 0, 1, 0,
                 100, 0, 1, 0, 100, 0, 1, 0, 100, 0, 1, 0, 100, 0, 1, 0},
    .thousands = {16, 39, 1, 0, 16, 39, 1, 0, 16, 39, 1, 0, 16, 39, 1, 0,
                  16, 39, 1, 0, 16, 39, 1, 0, 16, 39, 1, 0, 16, 39, 1, 0},
};

/* One of 16 bytes for each of the lower halves of bytes. */
static OG__HOT __m512i look_up(__m512i index, const uint8_t table[16])
{
    __m512i half = _mm512_and_si512(index, _mm512_set1_epi8(0x0f));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(og__json_bytes16(table)), half);
}

/* The places among 64 bytes, of which there are `some`, where UTF-8 goes wrong; the three bytes before them
 * count, those of `known`. */
static OG__HOT uint64_t not_utf8(const uint8_t *at, uint64_t some, uint64_t known)
{
    __m512i x = _mm512_maskz_loadu_epi8(some, at);
    __m512i one = _mm512_maskz_loadu_epi8(some << 1 | (known & 1), at - 1);
    __m512i two = _mm512_maskz_loadu_epi8(some << 2 | (known & 3), at - 2);
    __m512i three = _mm512_maskz_loadu_epi8(some << 3 | (known & 7), at - 3);
    __m512i wrong = _mm512_and_si512(look_up(_mm512_srli_epi16(one, 4), og__base_utf8_before_upper),
                                     _mm512_and_si512(look_up(one, og__base_utf8_before_lower),
                                                      look_up(_mm512_srli_epi16(x, 4), og__base_utf8_upper)));
    /* The top bit is where a third or fourth byte is due: there two tails must meet, and nowhere else. */
    __m512i third = _mm512_subs_epu8(two, _mm512_set1_epi8(0xe0 - 0x80));
    __m512i fourth = _mm512_subs_epu8(three, _mm512_set1_epi8(0xf0 - 0x80));
    __m512i due = _mm512_and_si512(_mm512_or_si512(third, fourth), _mm512_set1_epi8((char)0x80));
    return _mm512_cmpneq_epi8_mask(wrong, due);
}

/* What there is in a string. */
typedef struct look {
    uint64_t not_ascii; /* not 0: bytes of 0x80 and more */
    uint64_t escapes;   /* backslashes */
    uint64_t wrong;     /* control characters, or what is not UTF-8 */
} look;

/* Looks through a string up to the quote after its `len` bytes, and with it: a sequence may be cut there. */
static OG__HOT look look_through(const uint8_t *at, size_t len)
{
    look all = {0, 0, 0};
    uint64_t known = 0;
    uint64_t open = 0; /* the last bytes before are not ASCII */
    for (size_t left = len + 1;; left -= 64, at += 64) {
        uint64_t some = og__json_low_bits(left < 64 ? left : 64);
        __m512i x = _mm512_maskz_loadu_epi8(some, at);
        uint64_t not_ascii = _mm512_movepi8_mask(x);
        all.wrong |= _mm512_mask_cmplt_epu8_mask(some, x, og__json_bytes64(og__json_vectors.spaces));
        all.escapes |= _mm512_cmpeq_epi8_mask(x, og__json_bytes64(og__json_vectors.backslashes));
        all.not_ascii |= not_ascii;
        if (not_ascii | open) all.wrong |= not_utf8(at, some, known);
        if (left <= 64) return all;
        open = not_ascii >> 61;
        known = 7;
    }
}

/*
 * Writes what the `len` bytes from `at` on mean, with escapes of two bytes, to `out`; returns where that
 * ends, or NULL when there are other escapes.
 */
static OG__HOT uint8_t *unescape(const uint8_t *at, size_t len, uint8_t *out)
{
    static const uint8_t low[64] = {['"'] = '"', ['/'] = '/'};
    static const uint8_t high[64] = {['\\' - 64] = '\\', ['b' - 64] = '\b', ['f' - 64] = '\f',
                                     ['n' - 64] = '\n',  ['r' - 64] = '\r', ['t' - 64] = '\t'};
    uint64_t next = 0;
    for (;; at += 64, len -= 64) {
        uint64_t some = og__json_low_bits(len < 64 ? len : 64);
        __m512i x = _mm512_maskz_loadu_epi8(some, at);
        uint64_t backslashes = _mm512_cmpeq_epi8_mask(x, og__json_bytes64(og__json_vectors.backslashes));
        uint64_t escaped = og__json_escaped64(backslashes, &next);
        __m512i meant = _mm512_permutex2var_epi8(og__json_bytes64(low), x, og__json_bytes64(high));
        uint64_t known = _mm512_test_epi8_mask(meant, meant) & ~_mm512_movepi8_mask(x);
        if (escaped & some & ~known) return NULL;
        uint64_t kept = some & ~(backslashes & ~escaped);
        x = _mm512_maskz_compress_epi8(kept, _mm512_mask_mov_epi8(x, escaped, meant));
        size_t count = (size_t)_mm_popcnt_u64(kept);
        _mm512_mask_storeu_epi8(out, og__json_low_bits(count), x);
        out += count;
        if (len <= 64) return out;
    }
}

OG__TARGET bool og__json_string_avx512(og__json_reader *r, const uint8_t *start, size_t len, og_value *out)
{
    if (len > (size_t)(r->end - start)) return false;
    look all = look_through(start, len);
    if (all.wrong) return false;
    unsigned flags = all.not_ascii ? 0 : OG__F_ASCII;
    if (!all.escapes) {
        og__json_put_value(out, (uint64_t)len << OG__META_LEN_SHIFT | OG_STR | OG__F_CLEAN | flags,
                           (uint64_t)(uintptr_t)start);
        return true;
    }
    uint8_t *copy = og__value_doc_alloc(r->doc, len, 1);
    uint8_t *end = copy ? unescape(start, len, copy) : NULL;
    if (end) {
        *out = og__value_make(OG_STR, flags, (uint64_t)(end - copy), copy);
        if (r->doc->at == copy + len) r->doc->at = end;
        return true;
    }
    if (copy) og__value_doc_release(r->doc, copy, len);
    return og__json_unescape(r, start, start + len, flags, out) == OG_OK;
}

#endif
