/* SPDX-License-Identifier: MIT */
/* The bytes of plain values in pickles from protocol 1 on, put where there is room for them; each function
 * gives the place after what it has put. */
#ifndef ONGGI_CODEC_PICKLE_WRITE_PUT_H
#define ONGGI_CODEC_PICKLE_WRITE_PUT_H

#include "base/number.h"
#include "codec/pickle/opcodes.h"
#include "value/doc.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifndef OG__HOT
#    define OG__HOT inline __attribute__((always_inline))
#endif

/* Bytes of a text that is short. What a value may take beside its text, with some to spare: a LONG1 of eight
 * bytes; an opcode, four bytes, and as many for the memo. Below protocol 2 a long int as a line takes more.
 */
enum { OG__STR_MOST = 255, OG__HEAD_MOST = 10, OG__LINE_MOST = OG__INT64_SIZE + 5 };

static inline void og__pickle_store32(uint8_t *at, uint32_t number)
{
    at[0] = (uint8_t)number;
    at[1] = (uint8_t)(number >> 8);
    at[2] = (uint8_t)(number >> 16);
    at[3] = (uint8_t)(number >> 24);
}

static inline void og__pickle_store64(uint8_t *at, uint64_t number)
{
    og__pickle_store32(at, (uint32_t)number);
    og__pickle_store32(at + 4, (uint32_t)(number >> 32));
}

static OG__HOT uint8_t *og__pickle_put_byte(uint8_t *at, og__opcode op, uint8_t byte)
{
    at[0] = (uint8_t)op;
    at[1] = byte;
    return at + 2;
}

static OG__HOT uint8_t *og__pickle_put_four(uint8_t *at, og__opcode op, uint32_t number)
{
    at[0] = (uint8_t)op;
    og__pickle_store32(at + 1, number);
    return at + 5;
}

static OG__HOT uint8_t *og__pickle_put_long(uint8_t *at, int64_t number)
{
    uint64_t bits = (uint64_t)(number ^ number >> 63); /* those that differ from the sign; there are some */
    unsigned size = (64 - (unsigned)__builtin_clzll(bits)) / 8 + 1;
    at[0] = OG__OP_LONG1;
    at[1] = (uint8_t)size;
    og__pickle_store64(at + 2, (uint64_t)number); /* there is room for all of it */
    return at + 2 + size;
}

static OG__HOT uint8_t *og__pickle_put_int(uint8_t *at, int64_t number)
{
    if (number != (int32_t)number) return og__pickle_put_long(at, number);
    if (number < 0 || number > UINT16_MAX) return og__pickle_put_four(at, OG__OP_BININT, (uint32_t)number);
    if (number < 256) return og__pickle_put_byte(at, OG__OP_BININT1, (uint8_t)number);
    at[0] = OG__OP_BININT2;
    at[1] = (uint8_t)number;
    at[2] = (uint8_t)(number >> 8);
    return at + 3;
}

/* Below protocol 2 an int of more than four bytes has digits. */
static inline uint8_t *og__pickle_put_long_line(uint8_t *at, int64_t number)
{
    *at++ = OG__OP_LONG;
    at += og__base_int64_write(number, (char *)at);
    at[0] = 'L';
    at[1] = '\n';
    return at + 2;
}

static OG__HOT uint8_t *og__pickle_put_any_int(int protocol, uint8_t *at, og_value v)
{
    if (v.meta & OG__F_BIG) return NULL;
    bool line = protocol < 2 && v.u.i != (int32_t)v.u.i;
    return line ? og__pickle_put_long_line(at, v.u.i) : og__pickle_put_int(at, v.u.i);
}

static OG__HOT uint8_t *og__pickle_put_bool(int protocol, uint8_t *at, bool truth)
{
    if (protocol >= 2) {
        *at = truth ? OG__OP_NEWTRUE : OG__OP_NEWFALSE;
        return at + 1;
    }
    memcpy(at, truth ? "I01\n" : "I00\n", 4);
    return at + 4;
}

static OG__HOT uint8_t *og__pickle_put_float(uint8_t *at, uint64_t bits)
{
    at[0] = OG__OP_BINFLOAT;
    og__pickle_store64(at + 1, __builtin_bswap64(bits));
    return at + 9;
}

/* Bytes before a text. */
static inline size_t og__pickle_text_head(bool framed)
{
    return framed ? 2 : 5;
}

/* Short texts are copied in two pieces that overlap. */
static OG__HOT void og__pickle_copy_text(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len > 16) {
        memcpy(to, from, len);
    } else if (len >= 8) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else if (len >= 4) {
        memcpy(to, from, 4);
        memcpy(to + len - 4, from + len - 4, 4);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

static OG__HOT uint8_t *og__pickle_put_text(uint8_t *at, const uint8_t *text, size_t len, bool framed)
{
    at = framed ? og__pickle_put_byte(at, OG__OP_SHORT_BINUNICODE, (uint8_t)len)
                : og__pickle_put_four(at, OG__OP_BINUNICODE, (uint32_t)len);
    og__pickle_copy_text(at, text, len);
    return at + len;
}

#endif
