/* SPDX-License-Identifier: MIT */
/* The ending of a noun after its number, for sentences. */
#ifndef ONGGI_BASE_PLURAL_H
#define ONGGI_BASE_PLURAL_H

#include <stdint.h>

static inline const char *og__base_plural(uint64_t number)
{
    return number == 1 ? "" : "s";
}

#endif
