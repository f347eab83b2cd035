/* SPDX-License-Identifier: MIT */
/* Integers of any size as decimal text, and back. */
#include "base/number.h"
#include "base/number_digits16.h"
#include "base/u128.h"

const char og__base_digit_pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* The largest power of ten in a limb. Its top bit is set, which divide_limb() relies on. */
#define TEN_19 UINT64_C(10000000000000000000)
enum { LIMB_DIGITS = 19 };

#define TEN_8  UINT64_C(100000000)
#define TEN_16 UINT64_C(10000000000000000)

/* All eight or sixteen digits are made and leading zeros shifted out: their number is hard to predict. */
__attribute__((always_inline)) static inline unsigned write_number(uint64_t number, char *text)
{
    if (number < TEN_8) {
        uint64_t digits = og__base_split8((uint32_t)number);
        unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) & ~7u;
        og__base_store8(text, (digits | OG__ZEROS8) >> zeros);
        return 8 - zeros / 8;
    }
    if (number < TEN_16) {
        og__digits16 digits = og__base_digits16_of((uint32_t)(number / TEN_8), (uint32_t)(number % TEN_8));
        return og__base_digits16_put_number(digits, text);
    }
    og__digits16 head = og__base_digits16_of(0, (uint32_t)(number / TEN_16));
    unsigned n = og__base_digits16_put_number(head, text);
    og__base_put8(text + n, (uint32_t)(number / TEN_8 % TEN_8));
    og__base_put8(text + n + 8, (uint32_t)(number % TEN_8));
    return n + 16;
}

unsigned og__base_uint64_write(uint64_t number, char *text)
{
    return write_number(number, text);
}

size_t og__base_int64_write(int64_t number, char *text)
{
    size_t sign = number < 0;
    text[0] = '-';
    return sign + write_number(sign ? 0 - (uint64_t)number : (uint64_t)number, text + sign);
}

size_t og__base_limbs_for_digits(size_t digits)
{
    /* Each 19 digits fit one limb. */
    return digits / LIMB_DIGITS + 1;
}

size_t og__base_digits_for_limbs(size_t count)
{
    /* log10(2**64) is 19.27. */
    return count * 20;
}

static uint64_t read_digits(const char *digits, size_t len)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++)
        number = number * 10 + (uint64_t)(digits[i] - '0');
    return number;
}

/* limbs = limbs * factor + add; returns the new count. */
static size_t multiply_add(uint64_t *limbs, size_t count, uint64_t factor, uint64_t add)
{
    uint64_t carry = add;
    for (size_t i = 0; i < count; i++) {
        og__u128 product = og__base_u128_add(og__base_u128_product(limbs[i], factor), carry);
        limbs[i] = product.low;
        carry = product.high;
    }
    if (carry) limbs[count++] = carry;
    return count;
}

size_t og__base_limbs_from_digits(const char *digits, size_t len, uint64_t *limbs)
{
    size_t head = len % LIMB_DIGITS;
    size_t count = 0;
    if (head) count = multiply_add(limbs, 0, 0, read_digits(digits, head));
    for (size_t at = head; at < len; at += LIMB_DIGITS)
        count = multiply_add(limbs, count, TEN_19, read_digits(digits + at, LIMB_DIGITS));
    return count;
}

/*
 * Divides high:low by 10**19, high below it: quotient in *quotient, returns the remainder. A division by a
 * constant becomes a multiplication by its reciprocal, here floor((2**128 - 1) / 10**19) - 2**64, after which
 * the quotient is at most one off either way (Möller and Granlund, "Improved division by invariant
 * integers").
 */
static uint64_t divide_limb(uint64_t high, uint64_t low, uint64_t *quotient)
{
    const uint64_t reciprocal = UINT64_C(15581492618384294730);
    og__u128 estimate = og__base_u128_add(og__base_u128_product(high, reciprocal), low);
    uint64_t q = estimate.high + high + 1;
    uint64_t r = low - q * TEN_19;
    if (r > estimate.low) {
        q--;
        r += TEN_19;
    }
    if (r >= TEN_19) {
        q++;
        r -= TEN_19;
    }
    *quotient = q;
    return r;
}

size_t og__base_limbs_to_digits(uint64_t *limbs, size_t count, char *text)
{
    /* The lowest 19 digits come first, so they are written from the end of the room and moved at last. */
    size_t room = og__base_digits_for_limbs(count);
    size_t at = room;
    while (count > 1 || (count == 1 && limbs[0] >= TEN_19)) {
        uint64_t rest = 0;
        for (size_t i = count; i-- > 0;)
            rest = divide_limb(rest, limbs[i], &limbs[i]);
        while (count > 0 && limbs[count - 1] == 0)
            count--;
        at -= LIMB_DIGITS;
        og__base_put8(text + at + 11, (uint32_t)(rest % 100000000));
        rest /= 100000000;
        og__base_put8(text + at + 3, (uint32_t)(rest % 100000000));
        rest /= 100000000;
        text[at] = (char)('0' + rest / 100);
        og__base_put2(text + at + 1, (uint32_t)(rest % 100));
    }
    char head[20];
    unsigned n = count ? og__base_uint64_write(limbs[0], head) : 0;
    memmove(text + n, text + at, room - at);
    memcpy(text, head, n);
    return n + (room - at);
}
