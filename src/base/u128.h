/* SPDX-License-Identifier: MIT */
/* Numbers of 128 bits, for processors whose compiler has none too; the scalar twins define each function. */
#ifndef ONGGI_BASE_U128_H
#define ONGGI_BASE_U128_H

#include <stdint.h>

typedef struct og__u128 {
    uint64_t high;
    uint64_t low;
} og__u128;

/* a * b, by four products of halves. */
static inline og__u128 og__base_u128_product_scalar(uint64_t a, uint64_t b)
{
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
    uint64_t left = (a >> 32) * (b & UINT32_MAX);
    uint64_t right = (a & UINT32_MAX) * (b >> 32);
    uint64_t middle = (low >> 32) + (left & UINT32_MAX) + (right & UINT32_MAX);
    return (og__u128){(a >> 32) * (b >> 32) + (left >> 32) + (right >> 32) + (middle >> 32),
                      middle << 32 | (low & UINT32_MAX)};
}

/* a shifted right by less than 128 bits. */
static inline og__u128 og__base_u128_shift_right_scalar(og__u128 a, unsigned bits)
{
    if (bits >= 64) return (og__u128){0, a.high >> (bits - 64)};
    return bits == 0 ? a : (og__u128){a.high >> bits, a.high << (64 - bits) | a.low >> bits};
}

static inline og__u128 og__base_u128_add(og__u128 a, uint64_t b)
{
    uint64_t low = a.low + b;
    return (og__u128){a.high + (low < b), low};
}

#if defined(__SIZEOF_INT128__)

__extension__ typedef unsigned __int128 og__base_u128_native;

static inline og__u128 og__base_u128_product(uint64_t a, uint64_t b)
{
    og__base_u128_native product = (og__base_u128_native)a * b;
    return (og__u128){(uint64_t)(product >> 64), (uint64_t)product};
}

static inline og__u128 og__base_u128_shift_right(og__u128 a, unsigned bits)
{
    og__base_u128_native shifted = ((og__base_u128_native)a.high << 64 | a.low) >> bits;
    return (og__u128){(uint64_t)(shifted >> 64), (uint64_t)shifted};
}

#else

#    define og__base_u128_product     og__base_u128_product_scalar
#    define og__base_u128_shift_right og__base_u128_shift_right_scalar

#endif

#endif
