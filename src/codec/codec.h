/* SPDX-License-Identifier: MIT */
/*
 * The insides of the codec room: the rows of the table, and where each codec's options are.
 *
 * The room of og_codec_options holds one place after the other: a head, then the codec's own struct. A head
 * without codec ends them.
 */
#ifndef ONGGI_CODEC_CODEC_H
#define ONGGI_CODEC_CODEC_H

#include <onggi/codec.h>

extern const og_codec og__json_codec;
extern const og_codec og__pickle_codec;
extern const og_codec og__text_repr_codec;
extern const og_codec og__text_codec;
extern const og_codec og__text_bytes_codec;

typedef struct og__codec_place {
    const og_codec *codec;
    size_t size; /* of what follows, a multiple of the head's alignment */
} og__codec_place;

/* The options of `codec`; NULL when none were asked for yet, or `options` is NULL. */
static inline const void *og__codec_get(const og_codec_options *options, const og_codec *codec)
{
    size_t at = 0;
    while (options && at + sizeof(og__codec_place) <= sizeof options->room) {
        const og__codec_place *place = (const void *)(options->room.bytes + at);
        if (place->codec == codec) return place + 1;
        if (!place->codec) break;
        at += sizeof *place + place->size;
    }
    return NULL;
}

/* As og__codec_get(), but makes place for `size` zeroed bytes; NULL when there is no room. */
void *og__codec_put(og_codec_options *options, const og_codec *codec, size_t size);

/* White space of JSON and of Python, as `blanks` has it. */
#define OG__CODEC_SPACE (UINT64_C(1) << ' ' | UINT64_C(1) << '\t' | UINT64_C(1) << '\n' | UINT64_C(1) << '\r')

#endif
