/* SPDX-License-Identifier: MIT */
/* The opcodes of pickle by number and by name, and what argument follows each. */
#ifndef ONGGI_CODEC_PICKLE_OPCODES_H
#define ONGGI_CODEC_PICKLE_OPCODES_H

#include <onggi/base.h>

/* What follows an opcode. */
typedef enum og__arg {
    OG__ARG_NONE,
    OG__ARG_U1, /* unsigned, of that many bytes, the lowest first */
    OG__ARG_U2,
    OG__ARG_U4,
    OG__ARG_U8,
    OG__ARG_I4,       /* signed */
    OG__ARG_F8,       /* a double, the highest byte first */
    OG__ARG_LINE_INT, /* text that ends with a line feed */
    OG__ARG_LINE_LONG,
    OG__ARG_LINE_FLOAT,
    OG__ARG_LINE_INDEX,
    OG__ARG_LINE_QUOTED,
    OG__ARG_LINE_UNICODE,
    OG__ARG_LINE_TEXT,
    OG__ARG_LINE_PAIR, /* two lines */
    OG__ARG_LONG1,     /* a length in that many bytes, then as many bytes */
    OG__ARG_LONG4,     /* its length is signed, and must not be below zero */
    OG__ARG_STR1,
    OG__ARG_STR4,
    OG__ARG_UNICODE1,
    OG__ARG_UNICODE4,
    OG__ARG_UNICODE8,
    OG__ARG_BYTES1,
    OG__ARG_BYTES4,
    OG__ARG_BYTES8,
    OG__ARG_BYTEARRAY8
} og__arg;

typedef enum og__opcode {
#define OP(name, byte, argument, protocol, before, after, summary) OG__OP_##name = byte,
#include "codec/pickle/opcodes.def"
#undef OP
} og__opcode;

typedef struct og__opcode_info {
    const char *name; /* NULL: there is no such opcode */
    const char *before;
    const char *after;
    const char *summary;
    uint8_t argument; /* og__arg */
    uint8_t protocol;
} og__opcode_info;

/* What is known of each byte as an opcode. */
extern const og__opcode_info og__pickle_opcodes[256];

/* How an argument is laid out: bytes of fixed size (a number, or the length of what follows), whether that is
 * a length, and lines of text. */
typedef struct og__arg_shape {
    uint8_t fixed;
    bool counted;
    uint8_t lines;
} og__arg_shape;

og__arg_shape og__pickle_arg_shape_of(unsigned argument);

/* OG_ESYNTAX: bytes[at], of `len`, is no opcode. Says what the bytes are instead, where that can be seen. */
int og__pickle_no_opcode(const uint8_t *bytes, size_t at, size_t len, og_error *err);

/* OG_ETRUNCATED: no STOP is among the bytes. Likewise. */
int og__pickle_no_stop(const uint8_t *bytes, size_t len, og_error *err);

/* Where the argument of the opcode at `op` ends; NULL when that lies after `end`. */
const uint8_t *og__pickle_opcode_end(const uint8_t *op, const uint8_t *end);

/* A number of `size` bytes, the lowest first. */
static inline uint64_t og__pickle_le(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = size; i > 0; i--)
        number = number << 8 | bytes[i - 1];
    return number;
}

#endif
