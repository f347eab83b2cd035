/* SPDX-License-Identifier: MIT */
/*
 * The steps of the JSON reader that are taken most often, to be inlined into a pass (pass.h). What they do not know they leave to
 * the functions of reader.h, which take any text and find the words for what is wrong.
 */
#ifndef ONGGI_CODEC_JSON_FAST_H
#define ONGGI_CODEC_JSON_FAST_H

#include "base/number_digits.h"
#include "base/number_double.h"
#include "codec/json/reader.h"

/* The place of the first byte from `at` on that is not white space, or one from the end on. */
static OG__HOT const uint8_t *og__json_skip_space(const og__json_reader *r, const uint8_t *at)
{
    if ((OG__PADDED || at < r->end) && *at > ' ') return at;
    if ((OG__PADDED || r->end - at >= 2) && at[1] > ' ' && og__json_is_space(*at)) return at + 1;
    for (; at <= r->fast_end; at += OG__WIDE) {
        uint64_t other = og__wide_other(at);
        if (!other) continue;
        return at + __builtin_ctzll(other);
    }
    return og__json_skip_space_slow(r, at);
}

/* Reads a string; `at` is its first quote. */
static OG__HOT const uint8_t *og__json_read_string(og__json_reader *r, const uint8_t *at, og_value *out)
{
    const uint8_t *start = at + 1;
    unsigned flags = OG__F_CLEAN | OG__F_ASCII;
    for (at = start; at <= r->fast_end; at += OG__WIDE) {
        uint64_t special = og__wide_special(at);
        if (!special) continue;
        at += __builtin_ctzll(special);
        const uint8_t *end = at;
        if (*at >= 0x80) {
            end = og__wide_utf8(r, at);
            flags = OG__F_CLEAN;
        }
        if (!end || *end != '"' || end >= r->end) break;
        *out = og__make(OG_STR, flags, (uint64_t)(end - start), start);
        return end + 1;
    }
    return og__json_read_string_slow(r, start, at < r->end ? at : r->end, out);
}

/*
 * The place after the string whose first byte stands at `at` if it is the same as `key`, a str that was read
 * from this text; else NULL, which says nothing.
 */
static OG__HOT const uint8_t *og__json_same_key(const og__json_reader *r, const uint8_t *at, og_value key)
{
    /* What is clean was not copied: its quote stands behind it. */
    if (!(key.meta & OG__F_CLEAN) || !(OG__PADDED || at <= r->vector_end)) return NULL;
    size_t len = og__value_len(key);
    const uint8_t *was = key.u.p;
    if (len >= OG__TEXT16) {
        if (len >= (size_t)(r->end - at) || memcmp(at, was, len + 1) != 0) return NULL;
        return at + len + 1;
    }
    unsigned wanted = (2u << len) - 1;
    if ((og__same16(at, was) & wanted) != wanted) return NULL;
    at += len + 1;
    return at <= r->end ? at : NULL;
}

/* ---- Numbers ---- */

/* Takes a run of digits into `sum`, which is right when all it was made from are at most 19; not all of a run
 * that is longer than that. Loads up to 16 bytes past those taken. */
static OG__HOT const uint8_t *og__json_take_digits(const uint8_t *at, uint64_t *sum)
{
    static const uint64_t tens[] = {
        UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000), UINT64_C(100000), UINT64_C(1000000), UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000), UINT64_C(10000000000), UINT64_C(100000000000), UINT64_C(1000000000000), UINT64_C(10000000000000), UINT64_C(100000000000000), UINT64_C(1000000000000000), UINT64_C(10000000000000000)};
    uint64_t number = *sum;
    unsigned count;
    enum { RUNS = OG__WIDE_DIGITS == 8 ? 3 : 2 };
    int run = 0;
    do {
        uint64_t part = og__wide_number(at, &count);
        number = number * tens[count] + part;
        at += count;
    } while (count == OG__WIDE_DIGITS && ++run < RUNS);
    *sum = number;
    return at;
}

/*
 * Reads a number of at most 18 digits, or 19 with a fraction, that has no exponent and ends within 48 bytes;
 * 64 bytes from `at` on may be read. NULL for any other, and for what is no number.
 */
static OG__HOT const uint8_t *og__json_fast_number(const uint8_t *at, og_value *out)
{
    bool negative = *at == '-';
    const uint8_t *digits = at + negative;
    uint64_t number = 0;
    at = digits;
    /* Few digits, one by one: where they end is then foretold, not computed. */
    while (at - digits < 4 && og__is_digit(*at))
        number = number * 10 + (uint64_t)(*at++ - '0');
    if (og__is_digit(*at)) at = og__json_take_digits(at, &number);
    ptrdiff_t len = at - digits;
    if (len == 0 || len > 18 || (*digits == '0' && len > 1)) return NULL;
    if (*at != '.') {
        if ((*at | 0x20) == 'e') return NULL;
        int64_t value = (int64_t)number;
        *out = og__make_int(negative ? -value : value);
        return at;
    }
    const uint8_t *fraction = ++at;
    at = og__json_take_digits(fraction, &number);
    ptrdiff_t behind = at - fraction;
    if (behind == 0 || len + behind > 19 || (*at | 0x20) == 'e') return NULL;
    double result;
    if (!og__double_near(number, (int)-behind, &result)) return NULL;
    *out = og__make_float(negative ? -result : result);
    return at;
}

#endif
