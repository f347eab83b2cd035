/* SPDX-License-Identifier: MIT */
/*
 * Doubles to their shortest text, laid out as Python's repr. The digits are found by Raffaello Giulietti's
 * Schubfach: of the decimals of a fitting scale, at most two lie between the neighbours' middles.
 */
#include "base/number.h"
#include "base/number_digits.h"
#include "base/number_table.h"

__extension__ typedef unsigned __int128 u128;

typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* floor(power * factor / 2**128), its lowest bit set when anything was cut off ("round to odd"). */
static inline uint64_t multiply_to_odd(u128 power, uint64_t factor)
{
    u128 low = (u128)(uint64_t)power * factor;
    u128 high = (u128)(uint64_t)(power >> 64) * factor + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* 10**exponent to 128 bits, rounded up. */
static inline u128 power_up(int exponent)
{
    const og__power *power = &og__powers[exponent - OG__POWER_FIRST];
    bool exact = exponent >= 0 && exponent <= OG__POWER_EXACT_LAST;
    return (((u128)power->high << 64) | power->low) + !exact;
}

/* The shortest decimal that reads back as mantissa * 2**exponent, the nearest one of those. */
static decimal shortest(uint64_t mantissa, int exponent, bool lower_is_closer)
{
    /* In quarters: the number, and the middles between it and its neighbours. */
    uint64_t left = 4 * mantissa - 2 + lower_is_closer;
    uint64_t right = 4 * mantissa + 2;
    int k = (exponent * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22; /* floor(log10) of the spacing */
    int shift = exponent + og__power_log2(-k) + 1;
    u128 power = power_up(-k);
    uint64_t odd = mantissa & 1; /* the middles themselves round to even */
    uint64_t lower = multiply_to_odd(power, left << shift) + odd;
    uint64_t value = multiply_to_odd(power, 4 * mantissa << shift);
    uint64_t upper = multiply_to_odd(power, right << shift) - odd;

    uint64_t s = value / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool down = lower <= 40 * tens;
        bool up = 40 * tens + 40 <= upper;
        if (down != up) return (decimal){tens + up, k + 1};
    }
    bool down = lower <= 4 * s;
    bool up = 4 * s + 4 <= upper;
    if (down != up) return (decimal){s + up, k};
    uint64_t middle = 4 * s + 2;
    bool round_up = value > middle || (value == middle && (s & 1));
    return (decimal){s + round_up, k};
}

enum { DIGITS_MAX = 17 };

/* Decimal digits with zeros on both sides, so that a run of DIGITS_MAX can be copied from anywhere in them.
 */
typedef struct digit_run {
    char text[3 * DIGITS_MAX];
    unsigned first; /* the first that is not 0 */
    unsigned end;   /* after the last one */
} digit_run;

static uint64_t not_zeros(const char *text)
{
    return og__load8(text) ^ UINT64_C(0x3030303030303030);
}

/* `number` is not 0 and has at most DIGITS_MAX digits. */
static void take_apart(uint64_t number, digit_run *run)
{
    uint64_t high = number / 100000000;
    memset(run->text + DIGITS_MAX, '0', sizeof run->text - DIGITS_MAX);
    run->text[0] = (char)('0' + high / 100000000);
    og__put8(run->text + 1, (uint32_t)(high % 100000000));
    og__put8(run->text + 9, (uint32_t)(number % 100000000));
    uint64_t left = not_zeros(run->text + 1);
    uint64_t right = not_zeros(run->text + 9);
    if (run->text[0] != '0')
        run->first = 0;
    else
        run->first =
            left ? 1 + (unsigned)__builtin_ctzll(left) / 8 : 9 + (unsigned)__builtin_ctzll(right) / 8;
    if (right)
        run->end = 17 - (unsigned)__builtin_clzll(right) / 8;
    else
        run->end = left ? 9 - (unsigned)__builtin_clzll(left) / 8 : 1;
}

/* 0.000123, 123.45, 12300.0: `point` digits stand before the point. Behind `digits` there are zeros; more is
 * copied than counts, which is faster than to ask how much. */
static size_t lay_out_fixed(const char *digits, int count, int point, char *text)
{
    if (point <= 0) {
        memcpy(text, "0.000", 5);
        memcpy(text + 2 - point, digits, DIGITS_MAX);
        return (size_t)(2 - point + count);
    }
    memcpy(text, digits, DIGITS_MAX);
    memcpy(text + point + 1, digits + point, DIGITS_MAX);
    text[point] = '.';
    return point >= count ? (size_t)point + 2 : (size_t)count + 1;
}

/* 1e-05, 1.5e+300. */
static size_t lay_out_exponent(const char *digits, int count, int exponent, char *text)
{
    char *at = text;
    *at++ = digits[0];
    if (count > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, (size_t)count - 1);
        at += count - 1;
    }
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size >= 100) *at++ = (char)('0' + size / 100);
    og__put2(at, size % 100);
    return (size_t)(at + 2 - text);
}

static size_t copy_text(char *text, const char *word, size_t len)
{
    memcpy(text, word, len);
    return len;
}

size_t og__double_write(double number, char *text)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int field = (int)(bits >> 52 & 2047);
    if (field == 2047 && fraction) return copy_text(text, "nan", 3);
    size_t sign = bits >> 63;
    text[0] = '-';
    text += sign;
    if (field == 2047) return sign + copy_text(text, "inf", 3);
    if (field == 0 && fraction == 0) return sign + copy_text(text, "0.0", 3);

    uint64_t mantissa = field ? fraction | UINT64_C(1) << 52 : fraction;
    int exponent = (field ? field : 1) - 1075;
    decimal d;
    if (exponent <= 0 && exponent > -53 && (mantissa & ((UINT64_C(1) << -exponent) - 1)) == 0)
        d = (decimal){mantissa >> -exponent, 0};
    else
        d = shortest(mantissa, exponent, fraction == 0 && field > 1);

    digit_run run;
    take_apart(d.digits, &run);
    const char *digits = run.text + run.first;
    int count = (int)(run.end - run.first);
    int point = DIGITS_MAX - (int)run.first + d.exponent;
    if (point > -4 && point <= 16) return sign + lay_out_fixed(digits, count, point, text);
    return sign + lay_out_exponent(digits, count, point - 1, text);
}
