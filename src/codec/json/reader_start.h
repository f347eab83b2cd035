/* SPDX-License-Identifier: MIT */
/* What a reader of JSON starts with. */
#ifndef ONGGI_CODEC_JSON_READER_START_H
#define ONGGI_CODEC_JSON_READER_START_H

#include "base/number.h"
#include "base/text16.h"
#include "codec/json/reader.h"

static inline void og__json_set_text(og__json_reader *r, const uint8_t *text, size_t len, bool padded)
{
    r->text = text;
    r->end = text + len;
    if (padded)
        r->vector_end = r->fast_end = r->end;
    else {
        r->vector_end = len >= OG__TEXT16 ? r->end - OG__TEXT16 : NULL;
        r->fast_end = len >= OG_PADDING ? r->end - OG_PADDING : NULL;
    }
}

/* Field by field: to clear it all first takes longer than to read a short text. */
static inline void og__json_set_out(og__json_reader *r, og__json_kernel kernel, og_doc *doc,
                                    const og_json_read_options *o, og_error *err)
{
    r->depth = 0;
    r->max_depth = o->max_depth ? o->max_depth : OG_MAX_DEPTH_DEFAULT;
    r->max_digits = o->max_digits ? o->max_digits : OG_MAX_DIGITS_DEFAULT;
    r->doc = doc;
    r->tree = NULL;
    r->err = err;
    r->shapes = NULL;
    r->status = OG_OK;
    r->kernel = kernel;
    r->allow_nan = o->allow_nan;
    r->allow_bom = o->allow_bom;
    r->refuse_huge = o->refuse_huge;
    r->allow_surrogates = o->allow_surrogates || o->lossless;
    r->allow_trailing_comma = o->allow_trailing_comma;
    r->duplicate = o->refuse_duplicates ? OG__DUPLICATE_REFUSE : OG__DUPLICATE_LAST;
}

#endif
