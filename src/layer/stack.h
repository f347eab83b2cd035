/* SPDX-License-Identifier: MIT */
/*
 * The layers of one connection, run as one: bytes from the socket in, plain bytes or parts out; messages in,
 * bytes for the socket out.
 *
 * A layer starts when the one below it is open. While any of them is not, the stack is opening, and nothing
 * may be written. When the last one has stepped aside the stack is over, and its owner goes on without it.
 *
 * Ownership: the owner of the connection frees the stack, and takes what is in its `wire` to the socket, also
 * after an error. Threads: one at a time.
 */
#ifndef ONGGI_LAYER_STACK_H
#define ONGGI_LAYER_STACK_H

#include "layer/layer.h"

typedef struct og__stack og__stack;

/* A stack of these layers, which it holds. NULL without memory. */
og__stack *og__layer_stack_new(og__layers *layers, const og_allocator *alloc);

/* NULL is allowed. */
void og__layer_stack_free(og__stack *stack);

/* Puts what we say first on the wire. 0 or < 0. */
int og__layer_stack_start(og__stack *stack, og_error *err);

/* Bytes that have arrived; what comes of them is appended to `parts`. 0 or < 0: the connection is of no more
 * use, but for sending what is on the wire. */
int og__layer_stack_read(og__stack *stack, const uint8_t *data, size_t len, og__layer_parts *parts,
                         og_error *err);

/* One message in `count` parts, or plain bytes. Only while open. 0 or < 0. */
int og__layer_stack_write(og__stack *stack, const og__part *parts, size_t count, og_error *err);

/* The time in milliseconds: after each read while opening, and when `*next` comes (0: never). 0 or < 0. */
int og__layer_stack_tick(og__stack *stack, int64_t now, int64_t *next, og_error *err);

/* We will send no more. */
void og__layer_stack_end(og__stack *stack);

/* The socket's stream is over: 0, or what that cut off. */
int og__layer_stack_hangup(const og__stack *stack, og_error *err);

/* The limit for opening has run out: fills `err` with who waited for what. OG_ETIMEOUT. */
int og__layer_stack_expired(const og__stack *stack, int64_t limit_ms, og_error *err);

bool og__layer_stack_is_open(const og__stack *stack);
bool og__layer_stack_is_over(const og__stack *stack);

/* True when messages come up whole, in parts: no framing follows. */
bool og__layer_stack_is_whole(const og__stack *stack);

/* Bytes for the socket. */
og_buf *og__layer_stack_wire(og__stack *stack);

/* The text of a property, cut to `size`: its length, 0 when no layer knows it. */
size_t og__layer_stack_property(const og__stack *stack, const char *name, char *text, size_t size);

/* Name `index` of those that the layers know; NULL from their number on. */
const char *og__layer_stack_property_at(const og__stack *stack, size_t index);

#endif
