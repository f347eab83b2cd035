/* SPDX-License-Identifier: MIT */
/* What the tests of the layers share: two ends of a connection, and carrying bytes between them. */
#ifndef TEST_LAYER_PLAY_H
#define TEST_LAYER_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "layer/stack.h"

/* A string literal with NUL bytes in it, as two initialisers: the bytes and their number. */
#define BYTES(literal) literal, sizeof(literal) - 1

typedef struct end {
    og__stack *stack;
    og__layer_parts parts; /* what came up */
    int status;            /* of the last step */
    og_error err;
    int64_t next;     /* when it wants to know the time */
    uint64_t carried; /* bytes that reached it */
} end;

/* Both ends with layers of their own, which are counted down. Started. Returns the worse status. */
int ends_open(end *client, end *server, og__layers *for_client, og__layers *for_server,
              const og_allocator *alloc);
void end_close(end *e);

/* One end takes bytes that come from nowhere, then is told the time. */
void end_feed(end *e, const void *bytes, size_t len, int64_t now);

/*
 * Carries bytes both ways until neither end has any left. Pieces are `piece` bytes long at most (0: whole),
 * with another cut after the first `cut` bytes of each direction. Nothing more is carried to an end that has
 * failed. Returns the worse status.
 */
int play(end *client, end *server, size_t piece, size_t cut, int64_t now);

/* The layers of `rows`, with options. */
og__layers *set_of(const og__layer *const *rows, size_t count, og_role role, const og_layer_option *options,
                   size_t option_count, const og_allocator *alloc);

void assert_came(const end *e, const char *bytes, size_t len);

#endif
