/* SPDX-License-Identifier: MIT */
/* Numbers of JSON: ints of any size, and the nearest doubles, each digit looked at once where 19 suffice. */
#include "base/number.h"
#include "base/number_digits.h"
#include "base/number_double.h"
#include "codec/json/reader.h"

enum { DIGITS_THAT_FIT = OG__INT64_DIGITS, EXPONENT_CAP = 1000000000 };

/* Takes a run of digits into `number` (which wraps when there are too many). */
static inline const uint8_t *take_digits(const uint8_t *at, const uint8_t *end, uint64_t *number)
{
    uint64_t n = *number;
    while (end - at >= 8) {
        uint64_t word = og__base_load8(at);
        if (!og__base_all_digits(word)) break;
        n = n * 100000000 + og__base_eight_digits(word);
        at += 8;
    }
    while (at < end && og__base_is_digit(*at))
        n = n * 10 + (uint64_t)(*at++ - '0');
    *number = n;
    return at;
}

int og__json_big_int(og__json_reader *r, const uint8_t *digits, size_t len, bool negative, og_value *out)
{
    if (len > r->max_digits) {
        r->status =
            og_error_set(r->err, OG_ELIMIT, og__json_position(r, digits),
                         "an int of %zu digits is over the limit of %zu; raise max_digits to allow it", len,
                         r->max_digits);
        return r->status;
    }
    size_t room = og__base_limbs_for_digits(len) * sizeof(uint64_t);
    uint64_t *limbs = og__value_doc_alloc(r->doc, room, sizeof(uint64_t));
    if (!limbs) {
        og__json_no_memory(r);
        return r->status;
    }
    size_t count = og__base_limbs_from_digits((const char *)digits, len, limbs);
    *out = og__value_make(OG_INT, OG__F_BIG | (negative ? OG__F_NEGATIVE : 0u), count, limbs);
    return OG_OK;
}

/* An int of `len` digits whose value is `number` if they fit. */
static int make_int(og__json_reader *r, const uint8_t *digits, size_t len, uint64_t number, bool negative,
                    og_value *out)
{
    bool fits = len <= DIGITS_THAT_FIT && number <= (uint64_t)INT64_MAX + negative;
    if (fits && len <= r->max_digits) {
        *out = og__value_make_int((int64_t)(negative ? 0 - number : number));
        return OG_OK;
    }
    return og__json_big_int(r, digits, len, negative, out);
}

/* Reads the digits after 'e' or 'E' with their sign. */
static const uint8_t *read_exponent(og__json_reader *r, const uint8_t *at, int64_t *exponent)
{
    bool negative = at < r->end && *at == '-';
    if (at < r->end && (*at == '-' || *at == '+')) at++;
    if (at >= r->end || !og__base_is_digit(*at)) return og__json_unexpected(r, at, "a digit in an exponent");
    int64_t number = 0;
    for (; at < r->end && og__base_is_digit(*at); at++)
        if (number < EXPONENT_CAP) number = number * 10 + (*at - '0');
    *exponent = negative ? -number : number;
    return at;
}

/* The double of a decimal whose digits are `number` if they fit. */
static double make_double(const og__decimal *decimal, uint64_t number, bool negative)
{
    if (decimal->whole_len + decimal->fraction_len <= DIGITS_THAT_FIT) {
        int64_t exponent = decimal->exponent - (int64_t)decimal->fraction_len;
        double result;
        uint64_t bits;
        if (exponent >= -400 && exponent <= 400) {
            if (og__base_double_small(number, (int)exponent, &result)) return negative ? -result : result;
            if (og__base_double_nearest(number, (int)exponent, &bits))
                return og__base_double_from_bits(bits | (uint64_t)negative << 63);
        }
    }
    return og__base_double_from_bits(og__base_decimal_to_double(decimal) | (uint64_t)negative << 63);
}

const uint8_t *og__json_read_number(og__json_reader *r, const uint8_t *at, og_value *out)
{
    bool negative = *at == '-';
    const uint8_t *digits = at + negative;
    const uint8_t *end = r->end;
    if (digits >= end || !og__base_is_digit(*digits))
        return og__json_unexpected(r, digits, "a digit after '-'");
    uint64_t number = 0;
    at = take_digits(digits, end, &number);
    size_t len = (size_t)(at - digits);
    if (*digits == '0' && len > 1) {
        return og__json_fail(
            r, OG_ESYNTAX, digits + 1,
            "expected '.', 'e' or the end of the number after a leading 0 but found a digit");
    }
    uint8_t next = at < end ? *at : 0;
    if (next != '.' && (next | 0x20) != 'e')
        return make_int(r, digits, len, number, negative, out) < 0 ? NULL : at;

    og__decimal decimal = {(const char *)digits, len, (const char *)at, 0, 0};
    if (next == '.') {
        const uint8_t *fraction = ++at;
        at = take_digits(fraction, end, &number);
        if (at == fraction) return og__json_unexpected(r, at, "a digit after the decimal point");
        decimal.fraction = (const char *)fraction;
        decimal.fraction_len = (size_t)(at - fraction);
        next = at < end ? *at : 0;
    }
    if ((next | 0x20) == 'e') {
        at = read_exponent(r, at + 1, &decimal.exponent);
        if (!at) return NULL;
    }
    double value = make_double(&decimal, number, negative);
    if (r->refuse_huge && __builtin_isinf(value))
        return og__json_fail(
            r, OG_EVALUE, digits - negative,
            "this number is larger than a float can be (1.8e308): send it as an int or a str");
    *out = og__value_make_float(value);
    return at;
}
