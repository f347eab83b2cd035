/* SPDX-License-Identifier: MIT */
/*
 * Doubles to their shortest text, laid out as Python's repr. The digits are found by Raffaello Giulietti's
 * Schubfach: of the decimals of a fitting scale, at most two lie between the neighbours' middles.
 */
#include "base/number.h"
#include "base/number_digits16.h"
#include "base/number_shortest.h"
#include "base/number_table.h"

/* floor(power * factor / 2**128), its lowest bit set when anything was cut off ("round to odd"). */
static inline uint64_t multiply_to_odd(og__u128 power, uint64_t factor)
{
    og__u128 high = og__base_u128_add(og__base_u128_product(power.high, factor),
                                      og__base_u128_product(power.low, factor).high);
    return high.high | (high.low > 1);
}

/* 10**exponent to 128 bits, rounded up. */
static inline og__u128 power_up(int exponent)
{
    const og__power *power = &og__base_powers[exponent - OG__POWER_FIRST];
    bool exact = exponent >= 0 && exponent <= OG__POWER_EXACT_LAST;
    return og__base_u128_add((og__u128){power->high, power->low}, !exact);
}

/* The shortest decimal that reads back as mantissa * 2**exponent, the nearest one of those. */
static og__shortest shortest(uint64_t mantissa, int exponent, bool lower_is_closer)
{
    /* In quarters: the number, and the middles between it and its neighbours. */
    uint64_t left = 4 * mantissa - 2 + lower_is_closer;
    uint64_t right = 4 * mantissa + 2;
    int k = (exponent * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22; /* floor(log10) of the spacing */
    int shift = exponent + og__base_power_log2(-k) + 1;
    og__u128 power = power_up(-k);
    uint64_t odd = mantissa & 1; /* the middles themselves round to even */
    uint64_t lower = multiply_to_odd(power, left << shift) + odd;
    uint64_t value = multiply_to_odd(power, 4 * mantissa << shift);
    uint64_t upper = multiply_to_odd(power, right << shift) - odd;

    uint64_t s = value / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool down = lower <= 40 * tens;
        bool up = 40 * tens + 40 <= upper;
        if (down != up) return (og__shortest){tens + up, k + 1};
    }
    bool down = lower <= 4 * s;
    bool up = 4 * s + 4 <= upper;
    if (down != up) return (og__shortest){s + up, k};
    uint64_t middle = 4 * s + 2;
    bool round_up = value > middle || (value == middle && (s & 1));
    return (og__shortest){s + round_up, k};
}

/* Appends zeros until there are 16 digits or 17. */
static og__shortest fill_up(og__shortest d)
{
    static const struct {
        uint64_t below;
        uint64_t factor;
        int zeros;
    } steps[] = {{UINT64_C(100000000), 100000000, 8},
                 {UINT64_C(1000000000000), 10000, 4},
                 {UINT64_C(100000000000000), 100, 2},
                 {UINT64_C(1000000000000000), 10, 1}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (d.digits >= steps[i].below) continue;
        d.digits *= steps[i].factor;
        d.exponent -= steps[i].zeros;
    }
    return d;
}

/* Seventeen digits, or sixteen where `head` is 0; `count` of the rest are not zeros at the end. */
typedef struct digit_run {
    og__digits16 rest;
    unsigned head;
    unsigned count;
} digit_run;

static inline digit_run take_apart(uint64_t number)
{
    uint64_t high = number / 100000000;
    uint32_t head = (uint32_t)(high / 100000000);
    digit_run run = {.rest = og__base_digits16_of((uint32_t)high - head * 100000000,
                                                  (uint32_t)(number - high * 100000000)),
                     .head = head};
    run.count = og__base_digits16_count(run.rest);
    return run;
}

/* These write after the `sign` bytes for it and return the length of all. */

/* 0.000123: there are `zeros` after the point, at most 3. */
static inline size_t lay_out_small(digit_run run, unsigned zeros, size_t sign, char *text)
{
    char *at = text + sign;
    memcpy(at, "0.000", 5);
    at += 2 + zeros;
    *at = (char)('0' + run.head);
    at += run.head != 0;
    og__base_digits16_put(run.rest, at);
    return (size_t)(at - text) + run.count;
}

/* 123.45, 12300.0: `point` digits before the point, 1 to 16. */
static inline size_t lay_out_fixed(digit_run run, unsigned point, size_t sign, char *text)
{
    unsigned first = run.head != 0;
    unsigned before = point - first;
    char *at = text + sign;
    at[0] = (char)('0' + run.head);
    og__base_digits16_put_point(run.rest, before, at + first);
    return sign + first + (run.count > before ? run.count + 1 : before + 2);
}

/* 1e-05, 1.5e+300. Not inline, so that the usual numbers need no room on the stack. */
__attribute__((noinline)) static size_t lay_out_exponent(uint64_t number, int exponent, size_t sign,
                                                         char *text)
{
    char digits[17];
    digit_run run = take_apart(number);
    digits[0] = (char)('0' + run.head);
    unsigned first = run.head != 0;
    og__base_digits16_put(run.rest, digits + first);
    unsigned count = first + run.count;
    char *at = text + sign;
    *at++ = digits[0];
    if (count > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, count - 1);
        at += count - 1;
    }
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size >= 100) *at++ = (char)('0' + size / 100);
    og__base_put2(at, size % 100);
    return (size_t)(at + 2 - text);
}

/* A decimal of 16 or 17 digits. */
__attribute__((always_inline)) static inline size_t lay_out(og__shortest d, size_t sign, char *text)
{
    digit_run run = take_apart(d.digits);
    int point = 16 + (run.head != 0) + d.exponent;
    if (point > 0 && point <= 16) return lay_out_fixed(run, (unsigned)point, sign, text);
    if (point > -4 && point <= 0) return lay_out_small(run, (unsigned)-point, sign, text);
    return lay_out_exponent(d.digits, point - 1, sign, text);
}

static size_t copy_text(char *text, const char *word, size_t len)
{
    memcpy(text, word, len);
    return len;
}

/* Infinity, NaN, 0, powers of two, and all for which og__base_shortest_fast() cannot tell. */
__attribute__((noinline)) static size_t write_unusual(uint64_t bits, char *text)
{
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int field = (int)(bits >> 52 & 2047);
    size_t sign = (size_t)(bits >> 63);
    if (field == 2047 && fraction) return copy_text(text, "nan", 3);
    if (field == 2047) return sign + copy_text(text + sign, "inf", 3);
    if (field == 0 && fraction == 0) return sign + copy_text(text + sign, "0.0", 3);
    uint64_t mantissa = field ? fraction | UINT64_C(1) << 52 : fraction;
    int exponent = (field ? field : 1) - 1075;
    bool whole = exponent <= 0 && exponent > -53 && (mantissa & ((UINT64_C(1) << -exponent) - 1)) == 0;
    og__shortest d = {0};
    if (whole)
        d = (og__shortest){mantissa >> -exponent, 0};
    else
        d = shortest(mantissa, exponent, fraction == 0 && field > 1);
    return lay_out(fill_up(d), sign, text);
}

size_t og__base_double_write(double number, char *text)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    unsigned field = bits >> 52 & 2047;
    og__shortest d;
    text[0] = '-'; /* written over where there is none */
    bool usual = field - 1 < 2046 && fraction;
    if (!usual || !og__base_shortest_fast(fraction | UINT64_C(1) << 52, (int)field - 1075, &d))
        return write_unusual(bits, text);
    return lay_out(d, (size_t)(bits >> 63), text);
}
