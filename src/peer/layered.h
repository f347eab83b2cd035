/* SPDX-License-Identifier: MIT */
/*
 * The layers under a connection: what they need between the socket and the core. Without I/O, as the core is:
 * the drivers give bytes and the time, and take what is for the socket with og__peer_core_out().
 *
 * Ownership: the core owns its og__layered, which goes when the last layer has stepped aside; core->layered
 * is NULL then, and for connections that never had layers. Threads: those of the core's reading half, but
 * with the lock of both halves held.
 */
#ifndef ONGGI_PEER_LAYERED_H
#define ONGGI_PEER_LAYERED_H

#include "layer/stack.h"
#include "peer/core.h"

struct og__layered {
    og__stack *stack;
    og__layer_parts up; /* what has come up and is not consumed */
    size_t ends_taken;  /* of up.ends, those of messages that were taken */
    og_buf down_ends;   /* of the messages in core->out: an og__part_end each; only if they go down whole */
    int64_t since;      /* when it began to open */
    int64_t next;       /* when the layers want to know the time; 0: never */
    bool opening;
    og_error failed; /* code OG_OK: it has not */
};

/* Puts `layers` under the core and begins to open. NULL: does nothing. 0 or < 0. */
int og__peer_layered_begin(og__core *core, og__layers *layers, int64_t now, og_error *err);
void og__peer_layered_free(og__core *core);

/* True until the handshakes of all layers are over. */
bool og__peer_layered_is_opening(const og__core *core);

/* In place of og__peer_core_feed(), for any core: 0 or < 0, after which the connection is of no more use, but
 * for sending what is left to send. */
int og__peer_layered_feed(og__core *core, const uint8_t *data, size_t len, int64_t now, og_error *err);

/* The time, when core->layered->next has come. 0 or < 0, as above. */
int og__peer_layered_tick(og__core *core, int64_t now, og_error *err);

/* The socket's stream is over: 0, or what that cut off. */
int og__peer_layered_hangup(const og__core *core, og_error *err);

/* The limit for opening has run out. OG_ETIMEOUT. */
int og__peer_layered_expired(og__core *core, int64_t limit_ms, og_error *err);

/* We will send no more. After all that was put has been taken with og__peer_core_out(), which then gives the
 * end of each layer. */
void og__peer_layered_end(og__core *core);

/* Whether messages go up and down whole, without a framing. */
bool og__peer_layered_is_whole(const og__core *core);

/* For the core: the next whole message, as og__peer_core_take(). */
int og__peer_layered_take(og__core *core, og__message *message, og_error *err);

/* For the core: notes that what was put since `from` is a part of a message that goes on or not. 0 or
 * OG_ENOMEM. */
int og__peer_layered_put(og__core *core, bool more, og_error *err);

/* Sends a piece of `plain`, from `*at` on, down through the layers, and adds to `wire` what is for the
 * socket, also after an error. To be called until `*at` is its length, and once if it is empty. 0 or < 0. */
int og__peer_layered_out(og__core *core, const og_buf *plain, size_t *at, og_buf *wire, og_error *err);

/* For the core: true when layers have something for the socket. */
bool og__peer_layered_owes(const og__core *core);

/* For the core: all that came up was consumed, and memory may go. */
void og__peer_layered_rest(og__core *core);

#endif
