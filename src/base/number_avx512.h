/* SPDX-License-Identifier: MIT */
/* Numbers as text on processors with AVX-512 and its IFMA, VBMI and VBMI2: twins of what number.h has for
 * any. */
#ifndef ONGGI_BASE_NUMBER_AVX512_H
#define ONGGI_BASE_NUMBER_AVX512_H

#include "base/number.h"

typedef size_t og__double_write_fn(double number, char *text);
typedef size_t og__int64_write_fn(int64_t number, char *text);

#if defined(__x86_64__) && defined(__GNUC__)
#    define OG__NUMBER_AVX512 1

/* Whether the processor has what these need. */
static inline bool og__number_avx512(void)
{
    return __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw");
}

og__double_write_fn og__double_write_avx512;
og__int64_write_fn og__int64_write_avx512;
#endif

#endif
