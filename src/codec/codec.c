/* SPDX-License-Identifier: MIT */
/* The one table of codecs. */
#include "codec/codec.h"

#include <stdio.h>
#include <string.h>

/* In the order of the help, and in which detection asks them. */
static const og_codec *const codecs[] = {
    &og__json_codec, &og__pickle_codec, &og__text_repr_codec, &og__text_codec, &og__text_bytes_codec,
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
    const char *all[CODECS + 1] = {NULL};
    for (size_t i = 0; i < CODECS; i++)
        all[i] = codecs[i]->name;
    const char *nearest = og_nearest(name, all);
    og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION, "there is no codec '%.40s': %s%s%suse %s", name,
                 nearest ? "did you mean '" : "", nearest ? nearest : "", nearest ? "'? Or " : "", names);
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
