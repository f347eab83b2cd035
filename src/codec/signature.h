/* SPDX-License-Identifier: MIT */
/* Knows other protocols by their first bytes, so that a refusal can name them. Pure functions over one table.
 */
#ifndef ONGGI_CODEC_SIGNATURE_H
#define ONGGI_CODEC_SIGNATURE_H

#include <onggi/codec.h>

/* The row whose bytes these begin with, or NULL. `sure`: only rows whose bytes begin no message in any
 * framing, but for lengths in binary. */
const og_signature *og__codec_signature(const uint8_t *data, size_t len, bool sure);

/* True when the row is told by a pattern alone, which a length in binary may fit as well. */
bool og__codec_signature_is_pattern(const og_signature *seen);

/* True when more bytes may still make it the opening of a row. */
bool og__codec_signature_may_come(const uint8_t *data, size_t len);

/* JSON in wide characters without a byte order mark: 1, 0 when more must come to tell, or -1. These do the
 * same. */
int og__codec_utf16_json(const uint8_t *data, size_t len);
int og__codec_utf32_json(const uint8_t *data, size_t len);

/* An array or a map of MessagePack or CBOR, whole: likewise. */
int og__codec_msgpack(const uint8_t *data, size_t len);
int og__codec_cbor(const uint8_t *data, size_t len);

/* Text that holds a pickle of protocol 0 or 1. */
int og__codec_base64_old_pickle(const uint8_t *data, size_t len);
int og__codec_hex_old_pickle(const uint8_t *data, size_t len);

#endif
