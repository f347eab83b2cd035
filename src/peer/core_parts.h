/* SPDX-License-Identifier: MIT */
/* What the files of the core share. For this room only; ownership and threads as in peer/core.h. */
#ifndef ONGGI_PEER_CORE_PARTS_H
#define ONGGI_PEER_CORE_PARTS_H

#include "peer/core.h"

/* Forgets what is known of the message under way, and takes codec and framing as they are in `in`. */
void og__peer_core_start(og__core *core);

/* ---- Deciding (core_settle.c) ---- */

/* Looks at the first bytes, if codec or framing are not known. 1 known, 0 needs more, < 0 refused. */
int og__peer_core_detect(og__core *core, const uint8_t *data, size_t len, og_error *err);

/* The codec of the first message, where the framing is known. 0 or < 0. */
int og__peer_core_detect_codec(og__core *core, const uint8_t *message, size_t len, og_error *err);

/* Whether the `len` bytes begin with a line of text that is no message, `*size` bytes of it. */
og__greeting og__peer_core_greeting(const og__core *core, const uint8_t *data, size_t len, size_t *size);

/* Looks at the `len` bytes after a first bare value: do they end a line, or what else? How many of them
 * belong to that end. */
size_t og__peer_core_settle(og__core *core, const uint8_t *data, size_t len);

/* The first line's end, `len` bytes of it: answers end in the same way. */
void og__peer_core_settle_line(og__core *core, const uint8_t *after, size_t len);

#endif
