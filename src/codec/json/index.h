/* SPDX-License-Identifier: MIT */
/*
 * The index of a JSON text: where each token begins and where each string ends, found 64 bytes at a time
 * without asking what is there, some hundred tokens ahead of the reader.
 */
#ifndef ONGGI_CODEC_JSON_INDEX_H
#define ONGGI_CODEC_JSON_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OG__BLOCK = 64,
    OG__INDEX_RUN = 16,    /* blocks that are indexed without asking whether there is room */
    OG__INDEX_ROOM = 1024, /* entries from which on no other run is begun */
    OG__INDEX_AHEAD = 8    /* entries that the reader may look at without asking for more */
};

/*
 * An entry is the place, from the start of the text, of a bracket, colon or comma, of a string's first quote
 * and of its last, or of the first byte of anything else. After those of a whole text the place of its last
 * byte is there OG__INDEX_AHEAD times: a reader that used one of them has read what is not there.
 */
typedef struct og__json_index {
    const uint8_t *text;
    size_t len;
    size_t stop;        /* how far to go for now: whole blocks, or `len` */
    size_t done;        /* bytes that were indexed; all of them when it is `len` */
    uint64_t in_string; /* all ones when the next byte is in a string */
    uint64_t in_other;  /* 1 when the last byte was of what is neither sign, space nor quote */
    uint64_t escape;    /* 1 when the next byte is escaped */
    uint32_t *end;      /* of the entries */
    uint32_t entries[OG__INDEX_ROOM + OG__INDEX_RUN * OG__BLOCK + OG__BLOCK + OG__INDEX_AHEAD];
} og__json_index;

/*
 * Puts more entries after those from `from` on, which move to the front, with AVX-512 (VBMI2). False when
 * the text ends within a string. There must be bytes left up to `stop`.
 */
bool og__json_index_more_avx512(og__json_index *ix, const uint32_t *from);

#endif
