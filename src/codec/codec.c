/* SPDX-License-Identifier: MIT */
/* The one table of codecs, and the room for their options. */
#include "codec/codec.h"

#include <stdio.h>
#include <string.h>

/* In the order of the help, and in which detection asks them. */
static const og_codec *const codecs[] = {
    &og__json_codec,
    &og__pickle_codec,
    &og__text_codec,
    &og__bytes_codec,
};

enum { CODECS = sizeof codecs / sizeof codecs[0] };

static const og_codec *unknown_codec(const char *name, og_error *err)
{
    char names[80];
    size_t len = 0;
    for (size_t i = 0; i < CODECS; i++) {
        const char *before = i == 0 ? "" : i + 1 < CODECS ? ", " : " or ";
        int n = snprintf(names + len, sizeof names - len, "%s%s", before, codecs[i]->name);
        if (n > 0 && (size_t)n < sizeof names - len) len += (size_t)n;
    }
    og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION, "there is no codec '%.40s': use %s", name, names);
    return NULL;
}

const og_codec *og_codec_find(const char *name, og_error *err)
{
    for (size_t i = 0; i < CODECS; i++)
        if (strcmp(codecs[i]->name, name) == 0) return codecs[i];
    return unknown_codec(name, err);
}

const og_codec *og_codec_at(size_t index)
{
    return index < CODECS ? codecs[index] : NULL;
}

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
