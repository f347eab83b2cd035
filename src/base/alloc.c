/* SPDX-License-Identifier: MIT */
/* The default allocator: malloc, realloc and free. */
#include "base/alloc.h"

#include <stdlib.h>

static void *default_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

const og_allocator *og_allocator_default(void)
{
    static const og_allocator allocator = {default_resize, NULL};
    return &allocator;
}
