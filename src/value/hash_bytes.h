/* SPDX-License-Identifier: MIT */
/* The keyed hash of a run of bytes. */
#ifndef ONGGI_VALUE_HASH_BYTES_H
#define ONGGI_VALUE_HASH_BYTES_H

#include "base/u128.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Odd numbers without pattern, from the digits of the golden ratio and of pi. */
#define OG__K1 UINT64_C(0x9e3779b97f4a7c15)
#define OG__K2 UINT64_C(0x243f6a8885a308d3)
#define OG__K3 UINT64_C(0x13198a2e03707345)
#define OG__K4 UINT64_C(0xa4093822299f31d1)

static inline uint64_t og__value_mix(uint64_t a, uint64_t b)
{
    og__u128 product = og__base_u128_product(a, b);
    return product.low ^ product.high;
}

static inline uint64_t og__value_load64(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

/* Up to 8 bytes as a number. */
static inline uint64_t og__value_load_short(const uint8_t *p, size_t len)
{
    if (len == 0) return 0;
    if (len >= 4) {
        uint32_t head;
        uint32_t tail;
        memcpy(&head, p, 4);
        memcpy(&tail, p + len - 4, 4);
        return (uint64_t)head << 32 | tail;
    }
    return (uint64_t)p[0] << 16 | (uint64_t)p[len / 2] << 8 | p[len - 1];
}

/* A seed that no peer can know. `place`: any address, in case the system has no random bytes yet. */
uint64_t og__value_fresh_seed(const void *place);

static inline uint64_t og__value_hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t h = seed ^ og__value_mix(seed ^ OG__K1, len ^ OG__K2);
    size_t left = len;
    for (; left > 16; left -= 16, p += 16)
        h = og__value_mix(og__value_load64(p) ^ h, og__value_load64(p + 8) ^ OG__K3 ^ seed);
    uint64_t a = left > 8 ? og__value_load64(p) : og__value_load_short(p, left);
    uint64_t b = left > 8 ? og__value_load64(p + left - 8) : 0;
    return og__value_mix(og__value_mix(a ^ h, b ^ OG__K4 ^ seed) ^ h, OG__K1);
}

#endif
