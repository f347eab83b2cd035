/* SPDX-License-Identifier: MIT */
/* What the files of the core share: the bytes that are there, and starting to read a message. */
#ifndef ONGGI_PEER_CORE_PARTS_H
#define ONGGI_PEER_CORE_PARTS_H

#include "peer/core.h"

static inline bool og__peer_core_is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The unconsumed bytes that stand in one piece, in `pending` if any are there. */
static inline const uint8_t *og__peer_core_window(const og__core *core, size_t *len)
{
    if (core->pending.len > core->at) {
        *len = core->pending.len - core->at;
        return core->pending.data + core->at;
    }
    *len = core->fed_len;
    return core->fed;
}

/* True when the window holds all that came. */
static inline bool og__peer_core_window_is_all(const og__core *core)
{
    return core->pending.len == core->at || core->lent == core->fed_len;
}

static inline void og__peer_core_consume(og__core *core, size_t len)
{
    core->consumed += len;
    if (core->pending.len == core->at) {
        core->fed += len;
        core->fed_len -= len;
        return;
    }
    core->at += len;
    size_t left = core->pending.len - core->at;
    if (left > core->lent) return;
    /* What is left stands in the feeder's memory too: go on there. */
    core->fed += core->lent - left;
    core->fed_len -= core->lent - left;
    core->pending.len = core->at = core->lent = 0;
}

/* True when nothing surrounds the messages that are read from a stream. */
static inline bool og__peer_core_reads_raw(const og__core *core)
{
    return core->detected && og_framing_is_raw(core->in.framing) && !core->setup->datagram;
}

/* Forgets what is known of the message under way, and takes codec and framing as they are in `in`. */
void og__peer_core_start(og__core *core);

/* Copies `len` more of the fed bytes after the pending ones. 0 or OG_ENOMEM, OG_ELIMIT. */
int og__peer_core_lend(og__core *core, size_t len);

/* OG_ENOMEM; nothing more can be read. */
int og__peer_core_no_memory(og__core *core, og_error *err);

/* ---- Deciding (core_settle.c) ---- */

/* Looks at the first bytes, if codec or framing are not known. 1 known, 0 needs more, < 0 refused. */
int og__peer_core_detect(og__core *core, const uint8_t *data, size_t len, og_error *err);

/* The codec of the first message, where the framing is known. 0 or < 0. */
int og__peer_core_detect_codec(og__core *core, const uint8_t *message, size_t len, og_error *err);

/* Looks at the byte after a first bare value, if it has come: does it end a line, or what else? */
void og__peer_core_settle(og__core *core);

/* The first line's end, `len` bytes of it: answers end in the same way. */
void og__peer_core_settle_line(og__core *core, const uint8_t *after, size_t len);

#endif
