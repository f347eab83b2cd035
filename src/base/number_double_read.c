/* SPDX-License-Identifier: MIT */
/*
 * Decimal text to the nearest double. Most numbers are decided by one multiplication of their digits by a
 * power of ten of 128 bits (the method of Eisel and Lemire); the rest by exact arithmetic.
 */
#include "base/number.h"
#include "base/number_digits.h"
#include "base/number_double.h"

enum {
    EXPONENT_MIN = -342, /* 2**64 * 10**-343 is below half the smallest double */
    EXPONENT_MAX = 308,
    MANTISSA_BITS = 52,
    EXPONENT_BIAS = 1075, /* of the lowest bit of the mantissa */
    EXPONENT_INF = 2047,
    DIGITS_MAX = 19 /* that always fit 64 bits */
};
#define BITS_INF ((uint64_t)EXPONENT_INF << MANTISSA_BITS)

const double og__base_double_tens[OG__DOUBLE_TENS] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/*
 * digits * 10**exponent as product * 2**scale, rounded down: the top two words of a product of 192 bits. The
 * true value is less than 2 units of `mid` above it.
 */
typedef struct product {
    uint64_t high;
    uint64_t mid;
    uint64_t low;
    int drop;   /* lowest bits of high that do not fit the mantissa; may be 64 and more for subnormals */
    int biased; /* exponent field, 1 for subnormals too */
} product;

static void place_mantissa(product *p, int exponent, int leading_zeros)
{
    p->drop = 10 + (int)(p->high >> 63);
    p->biased = og__base_power_log2(exponent) + 1 - leading_zeros + p->drop + EXPONENT_BIAS;
    if (p->biased < 1) {
        p->drop += 1 - p->biased;
        p->biased = 1;
    }
}

static void multiply(uint64_t digits, int exponent, bool whole, product *p)
{
    int leading_zeros = __builtin_clzll(digits);
    uint64_t w = digits << leading_zeros;
    const og__power *power = &og__base_powers[exponent - OG__POWER_FIRST];
    og__u128 upper = og__base_u128_product(w, power->high);
    p->low = 0;
    if (whole) {
        og__u128 lower = og__base_u128_product(w, power->low);
        upper = og__base_u128_add(upper, lower.high);
        p->low = lower.low;
    }
    p->high = upper.high;
    p->mid = upper.low;
    place_mantissa(p, exponent, leading_zeros);
}

/* The bits of the double with the mantissa of `p`, plus `up`. A carry goes into the exponent. */
static uint64_t assemble(const product *p, uint64_t up)
{
    uint64_t mantissa = p->drop < 64 ? p->high >> p->drop : 0;
    if (p->biased >= EXPONENT_INF) return BITS_INF;
    return ((uint64_t)(p->biased - 1) << MANTISSA_BITS) + mantissa + up;
}

/*
 * What is dropped of `high` decides the rounding. All ones need no care: a carry from below would make the
 * mantissa one larger, and so does rounding. Only near one half can what lies below matter.
 */
bool og__base_double_nearest(uint64_t digits, int exponent, uint64_t *bits)
{
    *bits = 0;
    if (digits == 0 || exponent < EXPONENT_MIN) return true;
    *bits = BITS_INF;
    if (exponent > EXPONENT_MAX) return true;
    product p;
    multiply(digits, exponent, false, &p);
    if (p.drop >= 64) return false;
    uint64_t half = UINT64_C(1) << (p.drop - 1);
    uint64_t rest = p.high & (2 * half - 1);
    if (rest == half || rest == half - 1) {
        multiply(digits, exponent, true, &p);
        if (p.drop >= 64) return false;
        half = UINT64_C(1) << (p.drop - 1);
        rest = p.high & (2 * half - 1);
        if (rest == half - 1 && p.mid >= UINT64_MAX - 1) return false;
        bool exact = exponent >= 0 && exponent <= OG__POWER_EXACT_LAST;
        if (rest == half && p.mid == 0 && p.low == 0 && exact) {
            *bits = assemble(&p, p.high >> p.drop & 1);
            return true;
        }
    }
    *bits = assemble(&p, rest >= half);
    return true;
}

/* The largest double that is not above digits * 10**exponent, or the one below that. */
static uint64_t double_below(uint64_t digits, int exponent)
{
    product p;
    multiply(digits, exponent, true, &p);
    return assemble(&p, 0);
}

/* The first 19 digits from the first that is not zero. */
typedef struct leading {
    uint64_t digits;
    size_t count;
    size_t skipped; /* leading zeros */
} leading;

static void take_digits(const char *text, size_t len, leading *lead)
{
    for (size_t i = 0; i < len && lead->count < DIGITS_MAX; i++) {
        if (lead->count == 0 && text[i] == '0') {
            lead->skipped++;
            continue;
        }
        lead->digits = lead->digits * 10 + (uint64_t)(text[i] - '0');
        lead->count++;
    }
}

uint64_t og__base_decimal_to_double(const og__decimal *decimal)
{
    leading lead = {0, 0, 0};
    take_digits(decimal->whole, decimal->whole_len, &lead);
    take_digits(decimal->fraction, decimal->fraction_len, &lead);
    if (lead.digits == 0) return 0;
    /* Lengths are below 2**62 and the exponent was capped well below that, so this cannot overflow. */
    int64_t exponent = decimal->exponent + (int64_t)decimal->whole_len - (int64_t)(lead.skipped + lead.count);
    if (exponent < EXPONENT_MIN) return 0;
    if (exponent > EXPONENT_MAX) return BITS_INF;
    bool all = lead.skipped + lead.count == decimal->whole_len + decimal->fraction_len;
    uint64_t bits;
    uint64_t upper;
    if (og__base_double_nearest(lead.digits, (int)exponent, &bits)) {
        if (all) return bits;
        if (og__base_double_nearest(lead.digits + 1, (int)exponent, &upper) && upper == bits) return bits;
    }
    return og__base_double_exact(decimal, double_below(lead.digits, (int)exponent));
}

static size_t digits_at(const char *text, size_t len, size_t at)
{
    size_t from = at;
    while (at < len && og__base_is_digit(text[at]))
        at++;
    return at - from;
}

/* Reads "e-12" if it is at `at`; returns its length. Exponents beyond any double's are capped. */
static size_t read_exponent(const char *text, size_t len, size_t at, int64_t *exponent)
{
    const int64_t cap = INT64_C(1) << 61;
    size_t start = at;
    *exponent = 0;
    if (at >= len || (text[at] | 0x20) != 'e') return 0;
    at++;
    bool negative = at < len && text[at] == '-';
    if (at < len && (text[at] == '-' || text[at] == '+')) at++;
    size_t digits = digits_at(text, len, at);
    if (digits == 0) return 0;
    int64_t number = 0;
    for (size_t i = 0; i < digits; i++)
        if (number < cap / 16) number = number * 10 + (text[at + i] - '0');
    *exponent = negative ? -number : number;
    return at + digits - start;
}

size_t og__base_double_read(const char *text, size_t len, double *out)
{
    size_t at = len > 0 && text[0] == '-';
    og__decimal decimal = {text + at, 0, text, 0, 0};
    decimal.whole_len = digits_at(text, len, at);
    if (decimal.whole_len == 0) return 0;
    bool negative = at != 0;
    at += decimal.whole_len;
    if (at < len && text[at] == '.') {
        decimal.fraction = text + at + 1;
        decimal.fraction_len = digits_at(text, len, at + 1);
        if (decimal.fraction_len) at += 1 + decimal.fraction_len;
    }
    at += read_exponent(text, len, at, &decimal.exponent);
    uint64_t bits = og__base_decimal_to_double(&decimal);
    *out = og__base_double_from_bits(bits | (uint64_t)negative << 63);
    return at;
}
