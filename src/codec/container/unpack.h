/* SPDX-License-Identifier: MIT */
/* Unpacking with zlib, within a limit. */
#ifndef ONGGI_CODEC_CONTAINER_UNPACK_H
#define ONGGI_CODEC_CONTAINER_UNPACK_H

#include <onggi/base.h>

/*
 * Appends what is unpacked to `out` until that has `most` bytes or the stream ends; `bits` is zlib's
 * windowBits. `*used`: bytes of the input that were taken; `*ended`: whether the stream did. NULL, or what is
 * wrong; what came out before stays.
 */
const char *og__container_inflate(const uint8_t *bytes, size_t len, int bits, size_t most, og_buf *out,
                                  size_t *used, bool *ended);

/* The checksum of zip archives, gzip and PNG. */
uint32_t og__container_crc32(const uint8_t *bytes, size_t len);

#endif
