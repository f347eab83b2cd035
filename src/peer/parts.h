/* SPDX-License-Identifier: MIT */
/* The values of a message of several parts, each in a document of its own; used again for the next message.
 */
#ifndef ONGGI_PEER_PARTS_H
#define ONGGI_PEER_PARTS_H

#include "peer/core.h"

typedef struct og__parts {
    og_doc **docs;
    og_value *values; /* of the last message */
    size_t count;     /* how many docs and values there is room for */
} og__parts;

/* Reads each part. The values live until the next call. 1 or < 0, as og__peer_message_read(). */
int og__peer_parts_read(og__parts *parts, const og__setup *setup, const og__message *message, og_error *err);

void og__peer_parts_fini(og__parts *parts, const og_allocator *alloc);

#endif
