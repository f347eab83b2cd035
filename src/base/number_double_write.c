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

/* The digits without trailing zeros to `text`; returns how many, and how many zeros went in `zeros`. */
static unsigned write_digits(uint64_t digits, char *text, int *zeros)
{
    unsigned n = og__uint64_write(digits, text);
    unsigned all = n;
    while (n > 1 && text[n - 1] == '0')
        n--;
    *zeros = (int)(all - n);
    return n;
}

/* 0.000123, 123.45, 12300.0: `point` digits stand before the point. */
static size_t lay_out_fixed(const char *digits, int count, int point, char *text)
{
    char *at = text;
    if (point <= 0) {
        memcpy(at, "0.000", 5);
        at += 2 - point;
        memcpy(at, digits, (size_t)count);
        return (size_t)(at + count - text);
    }
    if (point >= count) {
        memcpy(at, digits, (size_t)count);
        memset(at + count, '0', (size_t)(point - count));
        memcpy(at + point, ".0", 2);
        return (size_t)point + 2;
    }
    memcpy(at, digits, (size_t)point);
    at[point] = '.';
    memcpy(at + point + 1, digits + point, (size_t)(count - point));
    return (size_t)count + 1;
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

    char digits[20];
    int zeros;
    int count = (int)write_digits(d.digits, digits, &zeros);
    int point = count + zeros + d.exponent;
    if (point > -4 && point <= 16) return sign + lay_out_fixed(digits, count, point, text);
    return sign + lay_out_exponent(digits, count, point - 1, text);
}
