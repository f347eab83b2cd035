/* SPDX-License-Identifier: MIT */
/*
 * The steps of the JSON reader that are taken most often, to be inlined. What they do not know they leave to
 * the functions of reader.h, which take any text and find the words for what is wrong.
 */
#ifndef ONGGI_CODEC_JSON_FAST_H
#define ONGGI_CODEC_JSON_FAST_H

#include "base/number_digits.h"
#include "base/number_double.h"
#include "codec/json/reader.h"
#include "codec/json/text16.h"

#define OG__HOT inline __attribute__((always_inline))

/* The place of the first byte from `at` on that is not white space, or the end. */
static OG__HOT const uint8_t *og__json_skip_space(const og__json_reader *r, const uint8_t *at)
{
    if (at<r->end && * at> ' ') return at;
    if (r->end - at >= 2 && *at == ' ' && at[1] > ' ') return at + 1;
    while (at <= r->vector_end) {
        unsigned other = og__space16(at) ^ OG__TEXT16_ALL;
        if (other) {
            at += __builtin_ctz(other);
            return at < r->end ? at : r->end;
        }
        at += OG__TEXT16;
    }
    return og__json_skip_space_slow(r, at);
}

/* Reads a string; `at` is its first quote. */
static OG__HOT const uint8_t *og__json_read_string(og__json_reader *r, const uint8_t *at, og_value *out)
{
    const uint8_t *start = at + 1;
    at = start;
    while (at <= r->vector_end) {
        unsigned special = og__special16(at);
        if (!special) {
            at += OG__TEXT16;
            continue;
        }
        at += __builtin_ctz(special);
        if (*at != '"' || at >= r->end) break;
        *out = og__make(OG_STR, OG__F_CLEAN | OG__F_ASCII, (uint64_t)(at - start), start);
        return at + 1;
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
    if (!(key.meta & OG__F_CLEAN) || at > r->vector_end) return NULL;
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

/* How many of the eight bytes from the lowest on are digits. */
static OG__HOT unsigned og__json_count_digits(uint64_t word)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t off = word ^ each * '0';
    uint64_t bad = ((off + each * 0x76) | off) & each * 0x80;
    return bad ? (unsigned)__builtin_ctzll(bad) / 8 : 8;
}

/* Takes a run of up to 24 digits into `number`, which is right when there are at most 19. */
static OG__HOT const uint8_t *og__json_take_digits(const uint8_t *at, uint64_t *number)
{
    static const uint32_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    uint64_t n = *number;
    uint64_t word = og__load8(at);
    unsigned count = og__json_count_digits(word);
    if (count == 8) {
        n = n * 100000000 + og__eight_digits(word);
        at += 8;
        word = og__load8(at);
        count = og__json_count_digits(word);
        if (count == 8) {
            n = n * 100000000 + og__eight_digits(word);
            at += 8;
            word = og__load8(at);
            count = og__json_count_digits(word);
            if (count == 8) return at + 8;
        }
    }
    if (count) n = n * tens[count] + og__eight_digits(word << (64 - 8 * count));
    *number = n;
    return at + count;
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
    at = og__json_take_digits(digits, &number);
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
