/* SPDX-License-Identifier: MIT */
/* Looking up a key of any kind in a dict or set. */
#include "value/find.h"

int64_t og__value_find(og__keys *keys, const og__node *node, size_t width, og_value key, uint64_t hash)
{
    return og__value_find_by(keys, node, width, key, hash, og__value_key_equal);
}
