/* SPDX-License-Identifier: MIT */
/*
 * The insides of other.c: one function for each kind of file that no loader unpickles. It says where the file
 * ends, or 0 when it is no such file, or not whole. Of `size` bytes only the first `len` may be here.
 */
#ifndef ONGGI_CODEC_CONTAINER_OTHER_H
#define ONGGI_CODEC_CONTAINER_OTHER_H

#include "codec/container/container.h"

#include <string.h>

typedef struct og__other {
    const uint8_t *bytes;
    size_t len;
    uint64_t size;
} og__other;

static inline bool og__other_begins(const og__other *f, const char *mark, size_t len)
{
    return f->len >= len && memcmp(f->bytes, mark, len) == 0;
}

/* Whether these bytes are here. */
static inline bool og__other_has(const og__other *f, uint64_t at, uint64_t count)
{
    return at <= f->len && count <= f->len - at;
}

/* Moves past so many bytes. False when the file ends before. */
static inline bool og__other_skip(const og__other *f, uint64_t *at, uint64_t count)
{
    if (!og__other_has(f, *at, count)) return false;
    *at += count;
    return true;
}

/* Makes `*end` the later one of itself and this part's end. False when the part is not in the file. */
static inline bool og__other_reach(const og__other *f, uint64_t at, uint64_t count, uint64_t *end)
{
    if (at > f->size || count > f->size - at) return false;
    if (at + count > *end) *end = at + count;
    return true;
}

/* Programs. */
uint64_t og__container_elf(const og__other *f);
uint64_t og__container_pe(const og__other *f);
uint64_t og__container_mach_o(const og__other *f);
uint64_t og__container_java_class(const og__other *f);
uint64_t og__container_wasm(const og__other *f);
uint64_t og__container_pyc(const og__other *f);

/* Fonts. */
uint64_t og__container_font(const og__other *f);
uint64_t og__container_woff(const og__other *f);
uint64_t og__container_woff2(const og__other *f);

/* Images. */
uint64_t og__container_tiff(const og__other *f);

/* Sound and films. */
uint64_t og__container_ogg(const og__other *f);
uint64_t og__container_flac(const og__other *f);
uint64_t og__container_mp3(const og__other *f);
uint64_t og__container_matroska(const og__other *f);

/* Tensors. */
uint64_t og__container_safetensors(const og__other *f);
uint64_t og__container_gguf(const og__other *f);
uint64_t og__container_onnx(const og__other *f);
uint64_t og__container_tflite(const og__other *f);
uint64_t og__container_tfrecord(const og__other *f);

/* Tables. */
uint64_t og__container_sqlite(const og__other *f);
uint64_t og__container_parquet(const og__other *f);
uint64_t og__container_arrow(const og__other *f);
uint64_t og__container_feather(const og__other *f);
uint64_t og__container_zone(const og__other *f);

#endif
