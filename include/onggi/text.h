/* SPDX-License-Identifier: MIT */
/*
 * The text and bytes codecs, where a whole message is one str or bytes value, and repr, Python's own
 * notation.
 *
 * Ownership: the read functions leave the bytes where they are, and they must outlive the value; the write
 * functions append to the caller's buffer. Threads: any number of calls at once.
 */
#ifndef ONGGI_TEXT_H
#define ONGGI_TEXT_H

#include <onggi/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The message as one str. OG_ESYNTAX with the position of the first byte that is not UTF-8. */
OG_API int og_text_read(og_doc *doc, const void *bytes, size_t len, og_error *err);

/* Appends the bytes of a str. OG_ETYPE for other kinds, OG_EVALUE for lone surrogates. */
OG_API int og_text_write(og_value value, og_buf *out, og_error *err);

/* The message as one bytes value; cannot fail but for memory. */
OG_API int og_bytes_read(og_doc *doc, const void *bytes, size_t len, og_error *err);

/* Appends the bytes of a bytes, bytearray or str (UTF-8). OG_ETYPE for other kinds. */
OG_API int og_bytes_write(og_value value, og_buf *out, og_error *err);

typedef struct og_repr_options {
    size_t size;       /* sizeof(og_repr_options) */
    size_t max_bytes;  /* refuse to write more, as where shared nodes blow it up; 0: the buffer's limit */
    size_t max_growth; /* as that of og_json_write_options */
    size_t max_depth;  /* containers in one another; 0: 1,000 */
    size_t max_digits; /* digits of an int; 0: 4,300 */
} og_repr_options;

/* The options of the codec repr, among those of all codecs (onggi/codec.h), to be set there. */
struct og_codec_options;
OG_API og_repr_options *og_repr_of(struct og_codec_options *all);

/* Appends what Python's repr() prints, e.g. {'name': 'John', 'age': 30}. Cycles are [...] and {...}. 0 or a
 * negative status; on failure `out` is as before. */
OG_API int og_repr(og_value value, og_buf *out, const og_repr_options *options, og_error *err);

/* Reads what og_repr() writes of plain data, as Python's ast.literal_eval does, plus set(), frozenset({…}),
 * bytearray(b'…'), inf and nan; floats like 1e400 are refused. 0 or a negative status with position. */
OG_API int og_literal_read(og_doc *doc, const char *text, size_t len, const og_repr_options *options,
                           og_error *err);

#ifdef __cplusplus
}
#endif

#endif
