/* SPDX-License-Identifier: MIT */
/* Pickles that are read by what others taught (codec/shape.h). */
#ifndef ONGGI_CODEC_PICKLE_READ_SHAPE_H
#define ONGGI_CODEC_PICKLE_READ_SHAPE_H

#include <onggi/pickle.h>

#include "value/doc.h"

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

/* Learns from a pickle that is the document's root, if one came before that may have been like it. Without
 * memory it learns nothing. */
void og__pickle_shape_learn(og_doc *doc, const uint8_t *bytes, size_t len, const og__pickle_way *way);

#endif
