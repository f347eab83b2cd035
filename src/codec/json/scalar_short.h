/* SPDX-License-Identifier: MIT */
/*
 * Common scalars as they are read where nothing is made ready before: byte by byte or 16 bytes at a time, on
 * any processor. The others are left to the functions of reader.h. OG_PADDING bytes after the text may be
 * read; what begins in the text ends within the padding, so that it is enough to ask afterwards.
 *
 *   needs  OG__HOT
 */
#ifndef ONGGI_CODEC_JSON_SCALAR_SHORT_H
#define ONGGI_CODEC_JSON_SCALAR_SHORT_H

#include "base/number_digits.h"
#include "base/number_double.h"
#include "base/text16.h"
#include "codec/json/reader.h"

static OG__HOT void og__json_put(og_value *to, uint64_t meta, const void *p)
{
    to->meta = meta;
    to->u.p = p;
}

/*
 * The first byte from `at` on that ends a run of plain ASCII; any place after the text when there is none.
 * It is likely as far away as in the value that was in `before`, which the message before left there: where
 * it is, what comes next need not wait until the place is computed.
 */
static OG__HOT const uint8_t *og__json_short_special(const uint8_t *at, const uint8_t *end,
                                                     const og_value *before)
{
    size_t guess = og__value_len(*before) % OG__TEXT16;
    unsigned special = og__base_special16(at);
    while (__builtin_expect(!special, 0)) {
        at += OG__TEXT16;
        if (at >= end) return at;
        special = og__base_special16(at);
    }
    if (__builtin_expect((special & (0 - special)) == 1u << guess, 1)) return at + guess;
    return at + __builtin_ctz(special);
}

/* Reads the string whose first quote is at `at` in a text up to `end`. The place after it; NULL when it is
 * not ASCII, has escapes, or is not right. */
static OG__HOT const uint8_t *og__json_short_string(const uint8_t *at, const uint8_t *end, og_value *out)
{
    const uint8_t *start = at + 1;
    at = og__json_short_special(start, end, out);
    if (__builtin_expect(*at != '"', 0)) return NULL;
    og__json_put(out, (uint64_t)(at - start) << OG__META_LEN_SHIFT | OG_STR | OG__F_CLEAN | OG__F_ASCII,
                 start);
    return at + 1;
}

/* Takes a digit into `number`; false when there is none. */
static OG__HOT bool og__json_take_digit(const uint8_t **at, uint64_t *number)
{
    unsigned digit = **at - (unsigned)'0';
    if (digit > 9) return false;
    *number = *number * 10 + digit;
    ++*at;
    return true;
}

/* Takes some 20 digits, the first ones uncounted: where they end is then predicted, not computed. */
static OG__HOT const uint8_t *og__json_short_digits(const uint8_t *at, uint64_t *number)
{
    enum { COUNTED = 16 };
    if (!og__json_take_digit(&at, number)) return at;
    if (!og__json_take_digit(&at, number)) return at;
    if (!og__json_take_digit(&at, number)) return at;
    if (!og__json_take_digit(&at, number)) return at;
    for (int i = 0; i < COUNTED && og__json_take_digit(&at, number); i++)
        ;
    return at;
}

/* Reads a number of at most 18 digits that has no exponent. The place after it, or NULL. */
static OG__HOT const uint8_t *og__json_short_number(const uint8_t *at, og_value *out)
{
    bool negative = *at == '-';
    const uint8_t *digits = at + negative;
    uint64_t number = 0;
    at = og__json_short_digits(digits, &number);
    ptrdiff_t len = at - digits;
    if (len == 0 || len > 18 || (*digits == '0' && len > 1)) return NULL;
    if (*at != '.') {
        if ((*at | 0x20) == 'e') return NULL;
        int64_t value = (int64_t)number;
        out->meta = OG_INT;
        out->u.i = negative ? -value : value;
        return at;
    }
    const uint8_t *fraction = ++at;
    at = og__json_short_digits(fraction, &number);
    ptrdiff_t places = at - fraction;
    double result;
    if (places == 0 || len + places > 18 || (*at | 0x20) == 'e') return NULL;
    if (!og__base_double_fraction(number, (size_t)places, &result)) {
        if (!og__base_double_near(number, (int)-places, &result)) return NULL;
    }
    out->meta = OG_FLOAT;
    out->u.f = negative ? -result : result;
    return at;
}

/* Reads the scalar at `at`; what `out` held is a hint. The place after it; NULL for what is none, and for
 * what is not common. */
static OG__HOT const uint8_t *og__json_short_scalar(const uint8_t *at, const uint8_t *end, og_value *out)
{
    uint8_t c = *at;
    if (c == '"') return og__json_short_string(at, end, out);
    if (c <= '9') return og__json_short_number(at, out);
    if (memcmp(at, "null", 4) == 0) {
        og__json_put(out, OG_NONE, NULL);
    } else if (memcmp(at, "true", 4) == 0) {
        *out = og__value_make_bool(true);
    } else if (memcmp(at, "false", 5) == 0) {
        *out = og__value_make_bool(false);
        at++;
    } else {
        return NULL;
    }
    return at + 4;
}

#endif
