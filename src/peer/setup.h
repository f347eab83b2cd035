/* SPDX-License-Identifier: MIT */
/* Option structs that begin with their size. */
#ifndef ONGGI_PEER_SETUP_H
#define ONGGI_PEER_SETUP_H

#include <onggi/base.h>

/*
 * Copies options that the user gave (NULL: none) to `to`, a struct of `known` bytes that begins with its
 * size. A shorter struct of an older program is filled up with zeroes; a longer one is refused if it asks for
 * anything unknown. 0 or OG_EINVAL; `name` is the struct's, for the error.
 */
int og__options_take(void *to, size_t known, const void *from, const char *name, og_error *err);

#endif
