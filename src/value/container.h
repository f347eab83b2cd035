/* SPDX-License-Identifier: MIT */
/* What the files that build containers share. */
#ifndef ONGGI_VALUE_CONTAINER_H
#define ONGGI_VALUE_CONTAINER_H

#include "value/doc.h"

/* Entries that a node has room for. */
size_t og__value_node_room(const og__node *node);

/* The log2 of the room that a growing node takes for `count` entries. */
uint8_t og__value_log2_for(size_t count);

/* OG_ETYPE: another kind was expected. */
int og__value_refuse_kind(og_error *err, og_kind want, og_value found);

/* OG_INVALID that says why: a status below 0, and a sentence that lives for ever. A zeroed one says that
 * memory ran out. */
og_value og__value_refusal(og_status code, const char *what);

/* OG_INVALID was to be put into a container: says why there is no value. */
int og__value_refuse_invalid(og_error *err, og_value value);

#endif
