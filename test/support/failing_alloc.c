/* SPDX-License-Identifier: MIT */
/* The failing allocator of the tests. */
#include "failing_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Stands before every block; 16 bytes, so that blocks stay aligned as malloc's. */
typedef struct head {
    size_t size;
    size_t magic;
} head;

#define MAGIC ((size_t)0x6f6e6767695f6f6bu)

static void *resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    failing_alloc *f = ctx;
    head *block = ptr ? (head *)ptr - 1 : NULL;
    if (block ? block->magic != MAGIC || block->size != old_size : old_size != 0) {
        f->mistakes++;
        return NULL;
    }
    if (new_size == 0) {
        if (!block) return NULL;
        f->live_bytes -= old_size;
        f->live_blocks--;
        memset(block, 0xdd, sizeof *block + old_size);
        free(block);
        return NULL;
    }
    f->calls++;
    if (f->fail_at && (f->calls == f->fail_at || (f->fail_on && f->calls > f->fail_at))) {
        f->refused++;
        return NULL;
    }
    /* Blocks always move, so that who keeps an old address is found. */
    head *moved = malloc(sizeof *moved + new_size);
    if (!moved) return NULL;
    *moved = (head){new_size, MAGIC};
    memset(moved + 1, 0xaa, new_size);
    if (block) {
        memcpy(moved + 1, block + 1, old_size < new_size ? old_size : new_size);
        memset(block, 0xdd, sizeof *block + old_size);
        free(block);
        f->live_blocks--;
    }
    f->live_blocks++;
    f->live_bytes = f->live_bytes - old_size + new_size;
    if (f->live_bytes > f->peak_bytes) f->peak_bytes = f->live_bytes;
    return moved + 1;
}

void failing_alloc_init(failing_alloc *f)
{
    *f = (failing_alloc){.allocator = {resize, f}};
}

/* One run with call `n` failing; true when that many calls were made. */
static bool run_once(int (*scenario)(const og_allocator *, void *), void *ctx, size_t n, bool on)
{
    failing_alloc f;
    failing_alloc_init(&f);
    f.fail_at = n;
    f.fail_on = on;
    int status = scenario(&f.allocator, ctx);
    assert_int_equal(f.mistakes, 0);
    assert_int_equal(f.live_bytes, 0);
    assert_int_equal(f.live_blocks, 0);
    /* A failure may be survived (a smaller size is tried next), unless all calls after it fail, too. */
    if (f.refused == 0) assert_int_equal(status, 0);
    if (f.refused && on) assert_true(status < 0);
    return f.refused > 0;
}

size_t failing_alloc_run(int (*scenario)(const og_allocator *alloc, void *ctx), void *ctx)
{
    size_t n = 0;
    do {
        n++;
        run_once(scenario, ctx, n, true);
    } while (run_once(scenario, ctx, n, false));
    return n - 1;
}
