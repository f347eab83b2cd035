/* SPDX-License-Identifier: MIT */
/*
 * Messages read into values, and handed to the handler.
 *
 * Ownership: the owner of an og__parts finis it; its documents are used again for the next message. Threads:
 * a message that was taken may be read by any thread, as long as its bytes stay.
 */
#ifndef ONGGI_PEER_MESSAGE_H
#define ONGGI_PEER_MESSAGE_H

#include "peer/handle.h"

/* The values of a message of several parts, each in a document of its own. */
typedef struct og__parts {
    og_doc **docs;
    og_value *values; /* of the last message */
    size_t count;     /* how many docs and values there is room for */
} og__parts;

/* Reads a message into `doc` (it may stay in the message's bytes). 1, or < 0: it was refused. */
int og__peer_message_read(const og__setup *setup, const og__message *message, og_doc *doc, og_value *value,
                          og_error *err);

/* Reads each part. The values live until the next call. 1 or < 0, as above. */
int og__peer_parts_read(og__parts *parts, const og__setup *setup, const og__message *message, og_error *err);
void og__peer_parts_fini(og__parts *parts, const og_allocator *alloc);

/* Reads a message into `*doc`, which is made when it is first needed, or into `parts`, and calls `use` with
 * its values. 0, or < 0: it was refused, by `use` too. */
int og__peer_message_use(og_conn *conn, const og__message *message, og_doc **doc, og__parts *parts,
                         int (*use)(void *ctx, const og_value *values, size_t count, og_error *err),
                         void *ctx, og_error *err);

/* The same for the handler. */
int og__peer_message_hand(og_conn *conn, const og_server_options *options, const og__message *message,
                          og_doc **doc, og__parts *parts, og_error *err);

#endif
