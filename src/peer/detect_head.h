/* SPDX-License-Identifier: MIT */
/* The headers that framings put before a message, as far as detection reads them. For detection only. */
#ifndef ONGGI_PEER_DETECT_HEAD_H
#define ONGGI_PEER_DETECT_HEAD_H

#include <onggi/base.h>

/* What stands before a message. */
typedef struct og__head {
    size_t size;   /* bytes before the message */
    uint64_t body; /* its length */
    size_t tail;   /* bytes after it */
} og__head;

/* Every framing that puts a length before its messages: name, reader of the length, what to call it in the
 * log. `mp` stands here only for lengths that it writes otherwise than u32be. */
#define OG__HEAD_MAP(X)                                                   \
    X("u8", og__peer_head_u8, "a length in 1 byte")                       \
    X("varint", og__peer_head_varint, "a length in LEB128")               \
    X("u16be", og__peer_head_u16be, "a length in 2 bytes, big-endian")    \
    X("u16le", og__peer_head_u16le, "a length in 2 bytes, little-endian") \
    X("u32be", og__peer_head_u32be, "a length in 4 bytes, big-endian")    \
    X("u32le", og__peer_head_u32le, "a length in 4 bytes, little-endian") \
    X("u64be", og__peer_head_u64be, "a length in 8 bytes, big-endian")    \
    X("u64le", og__peer_head_u64le, "a length in 8 bytes, little-endian") \
    X("mp", og__peer_head_mp, "ff ff ff ff and a length in 8 bytes")      \
    X("netstring", og__peer_head_netstring, "a length and ':'")           \
    X("digits", og__peer_head_digits, "a length in decimal digits")

/* 1: read into `head`; 0: needs more (where the first bytes already tell the least that the length can be, it
 * is in `head`'s body); -1: not this. */
#define X(name, fn, text) int fn(const uint8_t *data, size_t len, og__head *head);
OG__HEAD_MAP(X)
#undef X

#endif
