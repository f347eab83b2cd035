/* SPDX-License-Identifier: MIT */
/*
 * What a message teaches, for the fuzz targets of codecs that learn. The first two bytes of an input say how
 * messages are read and written, and how many changes follow; each change is a place (two bytes) and a byte;
 * the rest is a message that teaches. It is read, then changed and read again, both with what was taught and
 * by a document that knows nothing: all must be the same.
 */
#ifndef ONGGI_FUZZ_SHAPE_H
#define ONGGI_FUZZ_SHAPE_H

#include <onggi/pickle.h>

#include <stdlib.h>
#include <string.h>

/* Reads in one of four ways; `used` is how much it took. */
typedef int fuzz_read(og_doc *doc, const uint8_t *bytes, size_t len, unsigned way, size_t *used,
                      og_error *err);

static inline void fuzz_check(bool good)
{
    if (!good) abort();
}

/* The bytes that a value is written as are those of the other, which nobody has learned to write. */
static inline void fuzz_compare_written(og_value a, og_value b, unsigned how)
{
    og_pickle_write_options options = {.size = sizeof options,
                                       .protocol = 1 + (int)(how & 7) % 5,
                                       .self_contained = how & 8,
                                       .max_depth = 4000,
                                       .max_bytes = 1 << 20};
    og_buf first = OG_BUF_INIT;
    og_buf second = OG_BUF_INIT;
    fuzz_check(og_pickle_write(a, &first, &options, NULL) == og_pickle_write(b, &second, &options, NULL));
    fuzz_check(first.len == second.len &&
               (first.len == 0 || memcmp(first.data, second.data, first.len) == 0));
    og_buf_free(&first);
    og_buf_free(&second);
}

static inline void fuzz_compare(fuzz_read *read, og_doc *taught, const uint8_t *bytes, size_t len,
                                unsigned way, unsigned how)
{
    og_error err = {0};
    og_error expected = {0};
    size_t used = 0;
    size_t expected_used = 0;
    og_doc *plain = og_doc_new(NULL);
    uint8_t *exact = malloc(len + 1);
    fuzz_check(plain && exact);
    memcpy(exact, bytes, len);
    int status = read(plain, exact, len, way, &expected_used, &expected);
    fuzz_check(read(taught, exact, len, way, &used, &err) == status);
    if (status == OG_OK) {
        fuzz_check(used == expected_used && og_identical(og_doc_root(plain), og_doc_root(taught)) == 1);
        fuzz_compare_written(og_doc_root(plain), og_doc_root(taught), how);
    } else {
        fuzz_check(err.position == expected.position && strcmp(err.text, expected.text) == 0);
    }
    og_doc_free(plain);
    free(exact);
}

static inline void fuzz_shape(fuzz_read *read, const uint8_t *data, size_t size)
{
    enum { MOST = 16384 };
    if (size < 2 || size > MOST) return;
    size_t changes = data[1] % 16;
    if (size < 2 + changes * 3) return;
    const uint8_t *change = data + 2;
    const uint8_t *bytes = change + changes * 3;
    size_t len = size - 2 - changes * 3;
    og_doc *doc = og_doc_new(NULL);
    uint8_t *copy = malloc(len + 1);
    fuzz_check(doc && copy);
    memcpy(copy, bytes, len);
    for (int i = 0; i < 4; i++)
        fuzz_compare(read, doc, copy, len, data[0] & 3, data[0] >> 4);
    for (size_t i = 0; i < changes && len > 0; i++, change += 3) {
        copy[(change[0] | (size_t)change[1] << 8) % len] = change[2];
        fuzz_compare(read, doc, copy, len, data[0] >> 2 & 3, data[0] >> 4);
    }
    free(copy);
    og_doc_free(doc);
}

#endif
