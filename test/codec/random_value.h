/* SPDX-License-Identifier: MIT */
/* Values of all kinds from a run of bytes, shared nodes and cycles among them, for tests and fuzzers. */
#ifndef TEST_CODEC_RANDOM_VALUE_H
#define TEST_CODEC_RANDOM_VALUE_H

#include <onggi/value.h>

/* Where choices come from; when the bytes are used up, every choice is 0. */
typedef struct choices {
    const uint8_t *bytes;
    size_t len;
} choices;

/* A value made in `doc` as the bytes say; OG_INVALID only without memory. */
og_value random_value(og_doc *doc, choices *from);

/* Fills `bytes` from a seed. */
void random_bytes(uint64_t seed, uint8_t *bytes, size_t len);

#endif
