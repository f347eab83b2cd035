/* SPDX-License-Identifier: MIT */
/*
 * An allocator for tests: it fails where it is told to, counts what is held, and knows the size of every
 * block, so that a wrong old_size is found. Belongs to one thread.
 */
#ifndef TEST_SUPPORT_FAILING_ALLOC_H
#define TEST_SUPPORT_FAILING_ALLOC_H

#include <onggi/base.h>

typedef struct failing_alloc {
    og_allocator allocator; /* pass its address on */
    size_t calls;           /* that asked for memory */
    size_t fail_at;         /* the number of the call that fails, from 1; 0: none */
    bool fail_on;           /* all calls after that one fail, too */
    size_t live_bytes;
    size_t live_blocks;
    size_t peak_bytes;
    size_t mistakes; /* sizes that did not match, blocks that were never given out */
    size_t refused;  /* calls that failed on purpose */
} failing_alloc;

/* Ready to use, never failing. The struct must not be moved afterwards. */
void failing_alloc_init(failing_alloc *f);

/*
 * Runs `scenario` once with every call failing in turn, alone and then with all calls after it, until it
 * succeeds without a failure. `scenario` returns 0 or a negative status, and must free all that it took.
 * Returns how many failures were tried; asserts (cmocka) that nothing leaked, no size was wrong and a failed
 * call was reported, and that as OG_ENOMEM or, for functions that return no status, any negative number.
 */
size_t failing_alloc_run(int (*scenario)(const og_allocator *alloc, void *ctx), void *ctx);

#endif
