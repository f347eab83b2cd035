/* SPDX-License-Identifier: MIT */
/* Numbers in bytes, the lowest byte first, on processors of either byte order. */
#ifndef ONGGI_BASE_BYTES_H
#define ONGGI_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#    define OG__LITTLE64(word) __builtin_bswap64(word)
#    define OG__NATIVE_ORDER   '>' /* as numpy marks this machine's order of bytes */
#else
#    define OG__LITTLE64(word) (word)
#    define OG__NATIVE_ORDER   '<'
#endif

/* Eight bytes, the first one lowest. */
static inline uint64_t og__base_load8(const void *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, 8);
    return OG__LITTLE64(word);
}

/* Stores eight bytes, the lowest one first. */
static inline void og__base_store8(void *bytes, uint64_t word)
{
    word = OG__LITTLE64(word);
    memcpy(bytes, &word, 8);
}

/* Puts up to eight bytes, the first one lowest, in place of the lowest ones of `word`. */
static inline uint64_t og__base_load_few(const void *bytes, size_t len, uint64_t word)
{
    word = OG__LITTLE64(word);
    memcpy(&word, bytes, len);
    return OG__LITTLE64(word);
}

/* The value of a hexadecimal digit, or -1. */
static inline int og__base_hex_digit(int c)
{
    if (c >= '0' && c <= '9') return c - '0';
    int letter = c | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Limbs (the lowest first) from whole groups of eight bytes, and back. */
static inline void og__base_limbs_load(uint64_t *limbs, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        limbs[i] = og__base_load8(bytes + 8 * i);
}

static inline void og__base_limbs_store(uint8_t *bytes, const uint64_t *limbs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        og__base_store8(bytes + 8 * i, limbs[i]);
}

#endif
