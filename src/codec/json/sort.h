/* SPDX-License-Identifier: MIT */
/* The pairs of a dict (key and value in turn) in order of their keys, as Python's sorted() orders them. */
#ifndef ONGGI_CODEC_JSON_SORT_H
#define ONGGI_CODEC_JSON_SORT_H

#include "value/doc.h"

/* Bytes of memory that sorting so many pairs takes; SIZE_MAX: more than there are. */
size_t og__json_sort_size(size_t pairs);

/* A copy of the pairs in order, at the start of `memory`, which is aligned for og_value. */
const og_value *og__json_sort(const og_value *items, size_t pairs, void *memory);

/* True when Python's sorted() can compare the keys: all are numbers or all strings, or there is one. */
bool og__json_sortable(const og_value *items, size_t pairs);

/* True when they are in order already. */
bool og__json_in_order(const og_value *items, size_t pairs);

#endif
