/* SPDX-License-Identifier: MIT */
/* A map from addresses of nodes to numbers, for walks that must know where they have been. */
#ifndef ONGGI_VALUE_MAP_H
#define ONGGI_VALUE_MAP_H

#include <onggi/base.h>

typedef struct og__map_slot {
    const void *key; /* NULL: empty */
    uint64_t value;
} og__map_slot;

/* Zero-initialise it; `alloc` may be set before first use (NULL: the default). */
typedef struct og__map {
    const og_allocator *alloc;
    og__map_slot *slots;
    size_t count;
    unsigned log2; /* of the slots */
    bool lent;     /* the slots are not the map's own */
} og__map;

/* The address that was put into a map as a number. */
static inline const void *og__value_map_pointer(uint64_t value)
{
    union {
        uintptr_t n;
        const void *p;
    } u = {(uintptr_t)value};
    return u.p;
}

/* Gives an empty map its first slots, 1 << log2 of them, which the caller keeps. */
void og__value_map_lend(og__map *map, og__map_slot *slots, unsigned log2);

/* Frees the slots and leaves the map empty and usable. */
void og__value_map_free(og__map *map);

/* Where the number of `key` (not NULL) is, or NULL. Valid until the next put. */
uint64_t *og__value_map_find(const og__map *map, const void *key);

/* As og__value_map_find(), but puts `value` first where the key is new: `*fresh`. NULL without memory. */
uint64_t *og__value_map_put(og__map *map, const void *key, uint64_t value, bool *fresh);

#endif
