/* SPDX-License-Identifier: MIT */
/* Calling an og_allocator in one word, for every room. */
#ifndef ONGGI_BASE_ALLOC_H
#define ONGGI_BASE_ALLOC_H

#include <onggi/base.h>

/* The allocator to use where `alloc` may be NULL. */
static inline const og_allocator *og__base_allocator(const og_allocator *alloc)
{
    return alloc ? alloc : og_allocator_default();
}

/* `size` new bytes, or NULL. `alloc` may be NULL. */
static inline void *og__base_alloc(const og_allocator *alloc, size_t size)
{
    const og_allocator *a = og__base_allocator(alloc);
    return a->resize(a->ctx, NULL, 0, size);
}

/* `ptr` with `new_size` bytes, perhaps elsewhere, or NULL (then `ptr` is as before). */
static inline void *og__base_realloc(const og_allocator *alloc, void *ptr, size_t old_size, size_t new_size)
{
    const og_allocator *a = og__base_allocator(alloc);
    return a->resize(a->ctx, ptr, old_size, new_size);
}

/* Gives `size` bytes back; NULL is allowed. */
static inline void og__base_free(const og_allocator *alloc, void *ptr, size_t size)
{
    const og_allocator *a = og__base_allocator(alloc);
    if (ptr) a->resize(a->ctx, ptr, size, 0);
}

#endif
