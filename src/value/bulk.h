/* SPDX-License-Identifier: MIT */
/* Filling containers from what a reader knows already, faster than by looking at each key. */
#ifndef ONGGI_VALUE_BULK_H
#define ONGGI_VALUE_BULK_H

#include "value/doc.h"

/*
 * Fills an empty dict's node with `pairs` pairs of key and value, whose keys are those of `model`, in their
 * order: the node of a dict of the same document with as many pairs. `model` may be NULL for one pair, its
 * key a str. False without memory; nothing has changed then.
 */
bool og__value_dict_fill_like(og_doc *doc, og__node *dict, const og__node *model, const og_value *items,
                              size_t pairs);

#endif
