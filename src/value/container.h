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

/* OG_ENOMEM: OG_INVALID was to be put into a container. */
int og__value_refuse_invalid(og_error *err);

#endif
