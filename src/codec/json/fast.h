/* SPDX-License-Identifier: MIT */
/*
 * The steps of the JSON reader that are taken most often, to be inlined into a pass (pass_body.h). What they
 * do not know they leave to the functions of reader.h, which take any text and find the words for what is
 * wrong.
 */
#ifndef ONGGI_CODEC_JSON_FAST_H
#define ONGGI_CODEC_JSON_FAST_H

#include "base/number_digits.h"
#include "base/number_double.h"
#include "codec/json/reader.h"

/* True for white space, of the bytes up to ' '. */
static OG__HOT bool og__json_space_bit(uint8_t c)
{
    const uint64_t spaces = UINT64_C(1) << ' ' | 1u << '\n' | 1u << '\r' | 1u << '\t';
    return spaces >> c & 1;
}

/* The place of the first byte from `at` on that is not white space, or one from the end on. */
static OG__HOT const uint8_t *og__json_skip_space(const og__json_reader *r, const uint8_t *at)
{
    if ((OG__PADDED || at < r->end) && *at > ' ') return at;
    if ((OG__PADDED || r->end - at >= 2) && at[1] > ' ' && og__json_space_bit(*at)) return at + 1;
    for (; at <= r->fast_end; at += OG__WIDE) {
        uint64_t other = og__json_wide_other(at);
        if (!other) continue;
        return at + __builtin_ctzll(other);
    }
    return og__json_skip_space_slow(r, at);
}

/*
 * As og__json_skip_space(), where the run of white space is likely to be as long as `*guess`, the last one of
 * its kind: what comes next need not wait for its end to be found.
 */
static OG__HOT const uint8_t *og__json_skip_indent(const og__json_reader *r, const uint8_t *at,
                                                   uint8_t *guess)
{
    if ((OG__PADDED || at < r->end) && *at > ' ') return at;
    if (at > r->fast_end) return og__json_skip_space_slow(r, at);
    uint64_t other = og__json_wide_other(at);
    unsigned run = *guess;
    uint64_t first = UINT64_C(1) << run;
    if ((other & (first | (first - 1))) == first) return at + run;
    if (!other) return og__json_skip_space(r, at + OG__WIDE);
    run = (unsigned)__builtin_ctzll(other);
    *guess = (uint8_t)run;
    return at + run;
}

/* The first byte in a string that is not plain ASCII; NULL where 32 bytes may not be loaded. */
static OG__HOT const uint8_t *og__json_find_special(const og__json_reader *r, const uint8_t *at)
{
    for (; at <= r->fast_end; at += OG__WIDE) {
        uint64_t special = og__json_wide_special(at);
        if (special) return at + __builtin_ctzll(special);
    }
    return NULL;
}

/* Reads the rest of a string that is not plain ASCII. What is wrong is left to the slow twin. */
static OG__TARGET const uint8_t *og__json_read_mixed(og__json_reader *r, const uint8_t *start,
                                                     const uint8_t *at, og_value *out)
{
    const uint8_t *first = at;
    bool ascii = true;
    bool escapes = false;
    while (at && at < r->end && *at != '"') {
        if (*at >= 0x80) {
            ascii = false;
            at = og__json_wide_utf8(r, at);
        } else if (*at == '\\' && at[1] < 0x80) {
            escapes = true;
            at = og__json_find_special(r, at + 2);
        } else {
            at = NULL;
        }
    }
    if (!at || at >= r->end) return og__json_read_string_slow(r, start, first < r->end ? first : r->end, out);
    unsigned flags = ascii ? OG__F_ASCII : 0;
    if (escapes) return og__json_unescape(r, start, at, flags, out) < 0 ? NULL : at + 1;
    *out = og__value_make(OG_STR, OG__F_CLEAN | flags, (uint64_t)(at - start), start);
    return at + 1;
}

/* Reads a string; `at` is its first quote. */
static OG__HOT const uint8_t *og__json_read_string(og__json_reader *r, const uint8_t *at, og_value *out)
{
    const uint8_t *start = at + 1;
    at = og__json_find_special(r, start);
    if (!at) return og__json_read_string_slow(r, start, start, out);
    if (*at != '"' || at >= r->end) return og__json_read_mixed(r, start, at, out);
    *out = og__value_make(OG_STR, OG__F_CLEAN | OG__F_ASCII, (uint64_t)(at - start), start);
    return at + 1;
}

/*
 * The place after the string whose first byte is at `at` if it is the same as `key`, a str that was read
 * from this text; else NULL, which says nothing.
 */
static OG__HOT const uint8_t *og__json_same_key(const og__json_reader *r, const uint8_t *at, og_value key)
{
    /* What is clean was not copied: its quote comes after it. */
    if (!(key.meta & OG__F_CLEAN) || !(OG__PADDED || at <= r->vector_end)) return NULL;
    size_t len = og__value_len(key);
    const uint8_t *was = key.u.p;
    if (len >= OG__TEXT16) {
        if (len >= (size_t)(r->end - at) || memcmp(at, was, len + 1) != 0) return NULL;
        return at + len + 1;
    }
    unsigned wanted = (2u << len) - 1;
    if ((og__base_same16(at, was) & wanted) != wanted) return NULL;
    at += len + 1;
    return at <= r->end ? at : NULL;
}

/* Reads one of the three words in a text that is padded; NULL for all else. */
static OG__HOT const uint8_t *og__json_fast_word(const og__json_reader *r, const uint8_t *at, og_value *out)
{
    size_t len = 4;
    if (memcmp(at, "null", 4) == 0) {
        *out = og__value_make(OG_NONE, 0, 0, NULL);
    } else if (memcmp(at, "true", 4) == 0) {
        *out = og__value_make_bool(true);
    } else if (memcmp(at, "false", 5) == 0) {
        *out = og__value_make_bool(false);
        len = 5;
    } else {
        return NULL;
    }
    return at + len <= r->end ? at + len : NULL;
}

/* ---- Numbers ---- */

/* Takes a run of digits into `sum`, which is right when all it was made from are at most 19; not all of a run
 * that is longer than that. Loads up to 16 bytes past those taken. */
static OG__HOT const uint8_t *og__json_take_digits(const uint8_t *at, uint64_t *sum)
{
    static const uint64_t tens[] = {UINT64_C(1),
                                    UINT64_C(10),
                                    UINT64_C(100),
                                    UINT64_C(1000),
                                    UINT64_C(10000),
                                    UINT64_C(100000),
                                    UINT64_C(1000000),
                                    UINT64_C(10000000),
                                    UINT64_C(100000000),
                                    UINT64_C(1000000000),
                                    UINT64_C(10000000000),
                                    UINT64_C(100000000000),
                                    UINT64_C(1000000000000),
                                    UINT64_C(10000000000000),
                                    UINT64_C(100000000000000),
                                    UINT64_C(1000000000000000),
                                    UINT64_C(10000000000000000)};
    uint64_t number = *sum;
    unsigned count;
    enum { RUNS = OG__WIDE_DIGITS == 8 ? 3 : 2 };
    int run = 0;
    do {
        uint64_t part = og__json_wide_number(at, &count);
        number = number * tens[count] + part;
        at += count;
    } while (count == OG__WIDE_DIGITS && ++run < RUNS);
    *sum = number;
    return at;
}

static OG__HOT double og__json_negate(double number, bool negative)
{
    union {
        double number;
        uint64_t bits;
    } u = {number};
    u.bits |= (uint64_t)negative << 63;
    return u.number;
}

/*
 * Reads a number of at most 18 digits, or 19 with a fraction, that has no exponent and ends within 48 bytes;
 * OG_PADDING bytes from `at` on may be read. NULL for any other, and for what is no number.
 */
_Static_assert(OG_PADDING >= 1 + 18 + 1 + 2 * 16 + 1, "a sign, 18 digits, a point, two loads, what follows");
static OG__HOT const uint8_t *og__json_fast_number(const uint8_t *at, og_value *out)
{
    bool negative = *at == '-';
    const uint8_t *digits = at + negative;
    uint64_t number = 0;
    /* A few digits, one by one: where they end is then predicted, not computed. */
    at = digits;
    if (og__base_is_digit(*at)) number = (uint64_t)(*at++ - '0');
    if (og__base_is_digit(*at)) number = number * 10 + (uint64_t)(*at++ - '0');
    if (og__base_is_digit(*at)) number = number * 10 + (uint64_t)(*at++ - '0');
    if (og__base_is_digit(*at)) at = og__json_take_digits(at, &number);
    ptrdiff_t len = at - digits;
    if (len == 0 || len > 18 || (*digits == '0' && len > 1)) return NULL;
    if (*at != '.') {
        if ((*at | 0x20) == 'e') return NULL;
        int64_t value = (int64_t)number;
        *out = og__value_make_int(negative ? -value : value);
        return at;
    }
    const uint8_t *fraction = ++at;
    at = og__json_take_digits(fraction, &number);
    ptrdiff_t places = at - fraction;
    if (places == 0 || len + places > 19 || (*at | 0x20) == 'e') return NULL;
    double result;
    if (!og__base_double_near(number, (int)-places, &result)) return NULL;
    *out = og__value_make_float(og__json_negate(result, negative));
    return at;
}

#endif
