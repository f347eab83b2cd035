/* SPDX-License-Identifier: MIT */
/* The pairs of a dict in order of their keys. */
#ifndef ONGGI_CODEC_JSON_SORT_H
#define ONGGI_CODEC_JSON_SORT_H

#include "value/doc.h"

/*
 * Pointers to the keys of `pairs` pairs (key and value in turn at `items`) in order, at `*sorted`, within
 * memory of
 * `*size` bytes from `alloc` that is returned and is the caller's. NULL without memory. `pairs` is not 0.
 */
const og_value **og__json_sort(const og_allocator *alloc, const og_value *items, size_t pairs, size_t *size,
                               const og_value ***sorted);

/* True when Python's sorted() can compare the keys: all are numbers, or all are strings, or there is but one.
 */
bool og__json_sortable(const og_value *items, size_t pairs);

#endif
