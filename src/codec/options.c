/* SPDX-License-Identifier: MIT */
/* The room for the options of codecs. */
#include "codec/codec.h"

void *og__codec_put(og_codec_options *options, const og_codec *codec, size_t size)
{
    size_t at = 0;
    size_t rounded = (size + sizeof(og__codec_place) - 1) / sizeof(og__codec_place) * sizeof(og__codec_place);
    while (at + sizeof(og__codec_place) + rounded <= sizeof options->room) {
        og__codec_place *place = (void *)(options->room.bytes + at);
        if (!place->codec) *place = (og__codec_place){codec, rounded};
        if (place->codec == codec) return place + 1;
        at += sizeof *place + place->size;
    }
    return NULL;
}
