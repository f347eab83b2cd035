/* SPDX-License-Identifier: MIT */
/*
 * Which of two neighbouring doubles a decimal number is nearest to, by exact arithmetic: the decimal and the
 * middle between the two are compared as integers. Sizes are bounded, whatever the length of the text.
 */
#include "base/number_digits.h"
#include "base/number_double.h"

/*
 * The middle between two doubles has at most 767 digits, so no more than that many digits of the decimal
 * decide, and one more that says whether anything follows. The larger side is then below 10**801 * 2**64, and
 * the other one about as large: under 3,000 bits.
 */
enum { DIGITS_CAP = 800, LIMBS = 64 };

typedef struct big {
    unsigned count;
    uint64_t limbs[LIMBS];
} big;

static void multiply_add(big *b, uint64_t factor, uint64_t add)
{
    uint64_t carry = add;
    for (unsigned i = 0; i < b->count; i++) {
        og__u128 product = og__base_u128_add(og__base_u128_product(b->limbs[i], factor), carry);
        b->limbs[i] = product.low;
        carry = product.high;
    }
    if (carry && b->count < LIMBS) b->limbs[b->count++] = carry;
}

static void multiply_power_of_five(big *b, unsigned exponent)
{
    const uint64_t five_27 = UINT64_C(7450580596923828125);
    for (; exponent >= 27; exponent -= 27)
        multiply_add(b, five_27, 0);
    uint64_t factor = 1;
    while (exponent-- > 0)
        factor *= 5;
    multiply_add(b, factor, 0);
}

static void shift_left(big *b, unsigned bits)
{
    unsigned words = bits / 64;
    if (b->count + words > LIMBS) return;
    memmove(b->limbs + words, b->limbs, b->count * sizeof b->limbs[0]);
    memset(b->limbs, 0, words * sizeof b->limbs[0]);
    b->count += words;
    if (bits % 64) multiply_add(b, UINT64_C(1) << (bits % 64), 0);
}

static int compare(const big *a, const big *b)
{
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (unsigned i = a->count; i-- > 0;)
        if (a->limbs[i] != b->limbs[i]) return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

/* Digits from the first that is not zero: `count` went to `number`, `more` follow that are not all 0. */
typedef struct digits {
    big number;
    size_t count;
    size_t zeros;
    bool more;
} digits;

static void collect(const char *text, size_t len, digits *d)
{
    for (size_t i = 0; i < len; i++) {
        if (d->count == 0 && text[i] == '0') {
            d->zeros++;
        } else if (d->count < DIGITS_CAP) {
            multiply_add(&d->number, 10, (uint64_t)(text[i] - '0'));
            d->count++;
        } else if (text[i] != '0') {
            d->more = true;
            return;
        }
    }
}

uint64_t og__base_double_exact(const og__decimal *decimal, uint64_t below)
{
    digits d = {.count = 0};
    collect(decimal->whole, decimal->whole_len, &d);
    if (!d.more) collect(decimal->fraction, decimal->fraction_len, &d);
    /* number * 10**exponent is the decimal, or a little less when there is more. */
    int64_t exponent = decimal->exponent + (int64_t)decimal->whole_len - (int64_t)(d.zeros + d.count);

    const uint64_t hidden = UINT64_C(1) << 52;
    uint64_t field = below >> 52;
    if (field >= 2047) return below;
    big middle = {.count = 1};
    middle.limbs[0] = 2 * ((below & (hidden - 1)) + (field ? hidden : 0)) + 1;
    /* The middle is that many times two to the power of: */
    int64_t power = (int64_t)(field ? field : 1) - 1076;

    if (exponent >= 0)
        multiply_power_of_five(&d.number, (unsigned)exponent);
    else
        multiply_power_of_five(&middle, (unsigned)-exponent);
    int64_t shift = power - exponent;
    if (shift >= 0)
        shift_left(&middle, (unsigned)shift);
    else
        shift_left(&d.number, (unsigned)-shift);
    int order = compare(&d.number, &middle);
    if (order == 0 && !d.more) return below + (below & 1);
    return below + (order >= 0);
}
