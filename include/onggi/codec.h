/* SPDX-License-Identifier: MIT */
/*
 * Codecs by name: the bytes of one message to a value and back. The one table of them, for code that takes
 * the codec from its user. Everything here is constant and may be used by any thread.
 */
#ifndef ONGGI_CODEC_H
#define ONGGI_CODEC_H

#include <onggi/json.h>
#include <onggi/pickle.h>
#include <onggi/text.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of all codecs in one place; each uses its own. Zero is the defaults. */
typedef struct og_codec_options {
    size_t size; /* sizeof(og_codec_options) */
    og_json_read_options json_read;
    og_json_write_options json_write;
    og_pickle_read_options pickle_read;
    og_pickle_write_options pickle_write;
} og_codec_options;

/* Where the value in a stream ends, one scanner for each codec. Zero-initialise. */
typedef union og_codec_scan {
    og_json_scan json;
    og_pickle_scan pickle;
} og_codec_scan;

typedef struct og_codec {
    const char *name;    /* "json", "pickle", "text", "bytes" */
    const char *summary; /* one line for people */

    /* One whole message to the root of `doc` (reset first); strings may stay in `bytes`. */
    int (*read)(og_doc *doc, const uint8_t *bytes, size_t len, const og_codec_options *options,
                og_error *err);

    /* Appends the message for `value`; on failure `out` is as before. */
    int (*write)(og_value value, og_buf *out, const og_codec_options *options, og_error *err);

    /*
     * Finds the end of the first message in what came so far: 1 and its bounds [*start, *end), 0 needs more,
     * < 0 error. As og_json_scan_end(); for text and bytes all that is there is the message.
     */
    int (*scan)(og_codec_scan *scan, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                og_error *err);
} og_codec;

/* The codec called `name`, or NULL with `err` filled with the names that there are. */
OG_API const og_codec *og_codec_find(const char *name, og_error *err);

/* The codecs in order, for help texts: NULL from `index` = their number on. */
OG_API const og_codec *og_codec_at(size_t index);

#ifdef __cplusplus
}
#endif

#endif
