/* SPDX-License-Identifier: MIT */
/* The index of a dict or set: where the entry of a key is, by its hash. */
#include "value/hash_bytes.h"
#include "value/key.h"

static uint64_t slot_make(uint64_t hash, size_t entry_number)
{
    return (hash & ~(uint64_t)UINT32_MAX) | (uint32_t)(entry_number + 1);
}

void og__value_index_add(og__index *index, uint64_t hash, size_t entry_number)
{
    uint64_t *slots = og__value_slots_of(index);
    size_t mask = og__value_mask_of(index);
    size_t i = (size_t)(hash >> 32) & mask;
    while (slots[i])
        i = (i + 1) & mask;
    slots[i] = slot_make(hash, entry_number);
}

size_t og__value_index_add_strs(og__index *index, const og_value *items, size_t width, size_t count)
{
    uint64_t *slots = og__value_slots_of(index);
    size_t mask = og__value_mask_of(index);
    for (size_t at = 0; at < count; at++) {
        og_value key = items[at * width];
        if (og_kind_of(key) != OG_STR) return at;
        uint64_t hash = og__value_hash_bytes(index->seed, key.u.p, og__value_len(key));
        size_t i = (size_t)(hash >> 32) & mask;
        for (; slots[i]; i = (i + 1) & mask) {
            if (slots[i] >> 32 == hash >> 32) return at;
        }
        slots[i] = slot_make(hash, at);
    }
    return count;
}

bool og__value_is_nan_key(og_value key)
{
    if (og_kind_of(key) == OG_FLOAT) return key.u.f != key.u.f;
    if (og_kind_of(key) != OG_COMPLEX) return false;
    const double *parts = key.u.p;
    return parts[0] != parts[0] || parts[1] != parts[1];
}

int og__value_hash_entry(og__keys *keys, og_value key, size_t entry_number, uint64_t *hash, og_kind *kind)
{
    int status = og__value_hash(keys, key, hash, kind);
    /* NaN is never looked for; that many of them are apart is all that matters. */
    if (status == OG_OK && og__value_is_nan_key(key))
        *hash = og__value_hash_flat(*hash, og_int((int64_t)entry_number));
    return status;
}

og__index *og__value_index_new(og_doc *doc, size_t room, size_t width)
{
    unsigned log2 = 4;
    while (log2 < 32 && ((size_t)1 << log2) < room + room / 2)
        log2++;
    size_t slots = (size_t)8 << log2;
    uint8_t *run = og__value_doc_alloc(doc, slots + sizeof(og__index) + room * width * sizeof(og_value), 8);
    if (!run) return NULL;
    memset(run, 0, slots);
    og__index *index = (og__index *)(void *)(run + slots);
    *index = (og__index){doc->seed, log2};
    return index;
}

int og__value_index_fill(og__keys *keys, const og__node *node, size_t width, og__index *index)
{
    if (node->flags & OG__N_INDEX) {
        og__index *old = og__value_index_of(node);
        const uint64_t *slots = og__value_slots_of(old);
        for (size_t i = 0; i <= og__value_mask_of(old); i++) {
            if (slots[i]) og__value_index_add(index, slots[i], (uint32_t)slots[i] - 1);
        }
        return OG_OK;
    }
    const og_value *items = node->items;
    for (size_t i = 0; i < node->count; i++) {
        uint64_t hash;
        og_kind kind;
        int status = og__value_hash_entry(keys, items[i * width], i, &hash, &kind);
        if (status < 0) return status;
        og__value_index_add(index, hash, i);
    }
    return OG_OK;
}

void og__value_index_remove(og__index *index, size_t gone)
{
    uint64_t *slots = og__value_slots_of(index);
    size_t mask = og__value_mask_of(index);
    size_t hole = 0;
    while ((uint32_t)slots[hole] != gone + 1)
        hole++;
    for (size_t i = (hole + 1) & mask; slots[i]; i = (i + 1) & mask) {
        size_t home = (size_t)(slots[i] >> 32) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        slots[hole] = slots[i];
        hole = i;
    }
    slots[hole] = 0;
    for (size_t i = 0; i <= mask; i++) {
        if ((uint32_t)slots[i] > gone + 1) slots[i]--;
    }
}
