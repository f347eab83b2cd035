/* SPDX-License-Identifier: MIT */
/* JSON texts that are read by what others taught (codec/shape.h). */
#ifndef ONGGI_CODEC_JSON_SHAPE_H
#define ONGGI_CODEC_JSON_SHAPE_H

#include "codec/json/reader.h"

/* Reads a text of `len` bytes into an empty document as one that taught something. False: it was not read. */
bool og__json_shape_read(og_doc *doc, const char *text, size_t len, const og_json_read_options *options);

/* Learns from a text that is the root of r->doc, if one came before that may have been like it. Without
 * memory it learns nothing. */
void og__json_shape_learn(const og__json_reader *r);

#endif
