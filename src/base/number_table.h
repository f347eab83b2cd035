/* SPDX-License-Identifier: MIT */
/* Powers of ten to 128 bits, for reading and writing doubles. */
#ifndef ONGGI_BASE_NUMBER_TABLE_H
#define ONGGI_BASE_NUMBER_TABLE_H

#include <stdint.h>

enum {
    OG__POWER_FIRST = -342,
    OG__POWER_LAST = 324,
    OG__POWER_EXACT_LAST = 55 /* from 1e0 to this one the 128 bits are the whole power */
};

/* The top 128 bits of a power of ten, rounded down; the top bit is set. */
typedef struct og__power {
    uint64_t high;
    uint64_t low;
} og__power;

extern const og__power og__base_powers[OG__POWER_LAST - OG__POWER_FIRST + 1];

/* floor(log2(10**exponent)), for all exponents of the table. */
static inline int og__base_power_log2(int exponent)
{
    return (exponent * 217706) >> 16;
}

#endif
