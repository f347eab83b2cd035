/* SPDX-License-Identifier: MIT */
/* Knows other protocols by their first bytes, so that a refusal can name them. Pure functions over one table.
 */
#ifndef ONGGI_CODEC_SIGNATURE_H
#define ONGGI_CODEC_SIGNATURE_H

#include <onggi/codec.h>

/* Which rows are asked. */
typedef enum og__signs {
    OG__SIGNS_SURE,   /* whose bytes begin no message in any framing, but for lengths in binary */
    OG__SIGNS_UNSURE, /* and those whose bytes may begin one */
    OG__SIGNS_FAINT   /* and those that only say what refused bytes look like */
} og__signs;

/* The row whose bytes these begin with, or NULL. */
const og_signature *og__codec_signature(const uint8_t *data, size_t len, og__signs signs);

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

/* One value of theirs that holds no others, whole, in five bytes or more; in fewer. YES or NO. */
int og__codec_msgpack_scalar(const uint8_t *data, size_t len);
int og__codec_cbor_scalar(const uint8_t *data, size_t len);
int og__codec_msgpack_small(const uint8_t *data, size_t len);
int og__codec_cbor_small(const uint8_t *data, size_t len);

/* Protocol Buffers: a message, whole or after three of its fields; messages with their lengths as varints
 * before them; messages as gRPC frames them. YES or NO. */
int og__codec_protobuf(const uint8_t *data, size_t len);
int og__codec_protobuf_delimited(const uint8_t *data, size_t len);
int og__codec_protobuf_grpc(const uint8_t *data, size_t len);

/* What programs made with Twisted send: boxes of AMP, and a list or a text of banana. YES or NO. */
int og__codec_amp(const uint8_t *data, size_t len);
int og__codec_banana(const uint8_t *data, size_t len);

/* Bytes of UTF-8 without control characters but for tabs and the ends of lines. */
bool og__codec_is_text(const uint8_t *data, size_t len);

/* Text that holds a pickle of protocol 0 or 1. */
int og__codec_base64_old_pickle(const uint8_t *data, size_t len);
int og__codec_hex_old_pickle(const uint8_t *data, size_t len);

#endif
