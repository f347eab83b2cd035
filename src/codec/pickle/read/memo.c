/* SPDX-License-Identifier: MIT */
/* The memo of a pickle being read: dense numbers in an array, others in a hash table. */
#include "base/alloc.h"
#include "codec/pickle/read/reader.h"

#include <string.h>

/* How far beyond twice the entries stored a number may lie and still be kept in the array. */
enum { NEAR_SLACK = 256 };

/* As og__base_realloc(), within the document's limit. */
static void *resize(og__memo *memo, void *old, size_t old_size, size_t new_size)
{
    og_doc *doc = memo->doc;
    if (doc->memory_limit && doc->memory + new_size > doc->memory_limit) {
        doc->limited = true;
        return NULL;
    }
    void *new = og__base_realloc(&doc->alloc, old, old_size, new_size);
    if (new) doc->memory += new_size - old_size;
    return new;
}

static void give_back(og__memo *memo, void *old, size_t size)
{
    og__base_free(&memo->doc->alloc, old, size);
    memo->doc->memory -= size;
}

void og__pickle_memo_init(og__memo *memo, og_doc *doc)
{
    memo->doc = doc;
    memo->entries = memo->small;
    memo->len = 0;
    memo->cap = OG__MEMO_SMALL;
    memo->count = 0;
    memo->far = NULL;
    memo->far_cap = 0;
    memo->far_count = 0;
}

void og__pickle_memo_fini(og__memo *memo)
{
    if (memo->entries != memo->small) give_back(memo, memo->entries, memo->cap * sizeof(og_value));
    if (memo->far) give_back(memo, memo->far, memo->far_cap * sizeof(og__memo_far));
}

/* Gives the array room for `least` entries. Numbers come close to the count, so sizes cannot overflow. */
static int grow(og__memo *memo, size_t least)
{
    size_t cap = memo->cap + memo->cap / 2;
    if (cap < least) cap = least;
    bool small = memo->entries == memo->small;
    og_value *entries = resize(memo, small ? NULL : memo->entries, small ? 0 : memo->cap * sizeof(og_value),
                               cap * sizeof(og_value));
    if (!entries) return OG_ENOMEM;
    if (small) memcpy(entries, memo->small, memo->len * sizeof(og_value));
    memo->entries = entries;
    memo->cap = cap;
    return OG_OK;
}

bool og__pickle_memo_make_room(og__memo *memo, size_t more)
{
    if (memo->cap - memo->len >= more || grow(memo, memo->len + more) == OG_OK) return true;
    memo->doc->limited = false; /* what needs it will fail */
    return false;
}

/* Sees to it that the array holds `index`. */
static int reach(og__memo *memo, size_t index)
{
    if (index >= memo->cap && grow(memo, index + 1) < 0) return OG_ENOMEM;
    if (index >= memo->len) {
        memset(memo->entries + memo->len, 0, (index + 1 - memo->len) * sizeof(og_value));
        memo->len = index + 1;
    }
    return OG_OK;
}

/* Where `index` is in the table, or would be. The table is never full. */
static og__memo_far *find(og__memo_far *far, size_t cap, size_t index)
{
    uint64_t hash = (uint64_t)index * UINT64_C(0x9e3779b97f4a7c15);
    size_t slot = (size_t)(hash >> 32) & (cap - 1);
    while (og_valid(far[slot].value) && far[slot].index != index)
        slot = (slot + 1) & (cap - 1);
    return &far[slot];
}

static int grow_far(og__memo *memo)
{
    size_t cap = memo->far_cap ? memo->far_cap * 2 : 16;
    og__memo_far *far = resize(memo, NULL, 0, cap * sizeof *far);
    if (!far) return OG_ENOMEM;
    memset(far, 0, cap * sizeof *far);
    for (size_t i = 0; i < memo->far_cap; i++) {
        if (og_valid(memo->far[i].value)) *find(far, cap, memo->far[i].index) = memo->far[i];
    }
    if (memo->far) give_back(memo, memo->far, memo->far_cap * sizeof *far);
    memo->far = far;
    memo->far_cap = cap;
    return OG_OK;
}

static int put_far(og__memo *memo, size_t index, og_value value)
{
    if (memo->far_count >= memo->far_cap - memo->far_cap / 4 && grow_far(memo) < 0) return OG_ENOMEM;
    og__memo_far *entry = find(memo->far, memo->far_cap, index);
    if (!og_valid(entry->value)) {
        memo->far_count++;
        memo->count++;
    }
    *entry = (og__memo_far){index, value};
    return OG_OK;
}

int og__pickle_memo_put(og__memo *memo, size_t index, og_value value)
{
    if (index > 2 * memo->count + NEAR_SLACK) return put_far(memo, index, value);
    if (index >= memo->len && reach(memo, index) < 0) return OG_ENOMEM;
    /* A number that was once far away stays counted once; from now on the array answers for it. */
    if (!og_valid(memo->entries[index]) && !og_valid(og__pickle_memo_get_far(memo, index))) memo->count++;
    memo->entries[index] = value;
    return OG_OK;
}

og_value og__pickle_memo_get_far(const og__memo *memo, size_t index)
{
    if (memo->far_count == 0) return (og_value){0};
    return find(memo->far, memo->far_cap, index)->value;
}
