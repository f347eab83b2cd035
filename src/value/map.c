/* SPDX-License-Identifier: MIT */
/* A map from addresses of nodes to numbers: open addressing, at most half full. */
#include "value/map.h"

#include "base/alloc.h"

#include <string.h>

enum { FIRST_LOG2 = 5 };

static size_t slot_of(const og__map *map, const void *key)
{
    uint64_t mixed = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> (64 - map->log2));
}

void og__value_map_lend(og__map *map, og__map_slot *slots, unsigned log2)
{
    memset(slots, 0, sizeof *slots << log2);
    map->slots = slots;
    map->log2 = log2;
    map->lent = true;
}

void og__value_map_free(og__map *map)
{
    if (map->slots && !map->lent) og__base_free(map->alloc, map->slots, sizeof *map->slots << map->log2);
    *map = (og__map){.alloc = map->alloc};
}

/* The slot of `key`, or the empty one where it would be. */
static og__map_slot *probe(const og__map *map, const void *key)
{
    size_t mask = ((size_t)1 << map->log2) - 1;
    size_t i = slot_of(map, key);
    while (map->slots[i].key && map->slots[i].key != key)
        i = (i + 1) & mask;
    return &map->slots[i];
}

uint64_t *og__value_map_find(const og__map *map, const void *key)
{
    if (!map->slots) return NULL;
    og__map_slot *slot = probe(map, key);
    return slot->key ? &slot->value : NULL;
}

static bool grow(og__map *map)
{
    og__map wider = {
        .alloc = map->alloc, .log2 = map->slots ? map->log2 + 1 : FIRST_LOG2, .count = map->count};
    size_t size = sizeof *wider.slots << wider.log2;
    wider.slots = og__base_alloc(map->alloc, size);
    if (!wider.slots) return false;
    memset(wider.slots, 0, size);
    for (size_t i = 0; map->slots && i < (size_t)1 << map->log2; i++) {
        if (map->slots[i].key) *probe(&wider, map->slots[i].key) = map->slots[i];
    }
    og__value_map_free(map);
    *map = wider;
    return true;
}

uint64_t *og__value_map_put(og__map *map, const void *key, uint64_t value, bool *fresh)
{
    if ((!map->slots || map->count >= (size_t)1 << (map->log2 - 1)) && !grow(map)) return NULL;
    og__map_slot *slot = probe(map, key);
    *fresh = slot->key == NULL;
    if (*fresh) {
        slot->key = key;
        slot->value = value;
        map->count++;
    }
    return &slot->value;
}
