/* SPDX-License-Identifier: MIT */
/* Pickles that are read by what others taught (codec/shape.h). */
#ifndef ONGGI_CODEC_PICKLE_READ_SHAPE_H
#define ONGGI_CODEC_PICKLE_READ_SHAPE_H

#include <onggi/pickle.h>

#include "codec/shape.h"

/* How a pickle is read, as far as that matters for what it teaches. */
typedef struct og__pickle_way {
    size_t max_depth; /* defaults are in place */
    size_t max_digits;
    bool exact;  /* refused is what Python's readers take for different things */
    bool judged; /* strings that may be pickles are looked into */
    bool padded; /* OG_PADDING bytes after it may be read */
} og__pickle_way;

/* Reads a pickle of `len` bytes into an empty document as one that taught something. False: it was not read.
 */
bool og__pickle_shape_read(og_doc *doc, const uint8_t *bytes, size_t len, const og__pickle_way *way);

/* Bytes before what is compared: the length of a frame differs. SIZE_MAX where the frame is not all of the
 * rest, or the pickle is too short or too long. */
size_t og__pickle_shape_head(const uint8_t *bytes, size_t len);

/* Finds the scalars of a pickle. */
og__shape_scan og__pickle_shape_scan;

/* Learns from a pickle that is the document's root, if one came before that may have been like it. Without
 * memory it learns nothing. */
void og__pickle_shape_learn(og_doc *doc, const uint8_t *bytes, size_t len, const og__pickle_way *way);

#endif
