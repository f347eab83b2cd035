/* SPDX-License-Identifier: MIT */
/* Whether bytes begin as a pickle does: what detection asks. */
#ifndef ONGGI_CODEC_PICKLE_BEGINS_H
#define ONGGI_CODEC_PICKLE_BEGINS_H

#include <onggi/base.h>

/*
 * Looks at the first opcode, its argument, and the opcode after it. `data` is what has come so far of a
 * message of at most `room` bytes, at least one byte; `final` says that no more will come. 1: a pickle of
 * `*protocol`, as far as its first bytes tell; 0: needs more; -1: no pickle.
 */
int og__pickle_begins(const uint8_t *data, size_t len, size_t room, bool final, int *protocol);

#endif
