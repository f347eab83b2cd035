/* SPDX-License-Identifier: MIT */
/* Whether bytes, or those of a str, may be a pickle: programs load such a one after the one that holds it. */
#ifndef ONGGI_CODEC_PICKLE_EMBEDDED_H
#define ONGGI_CODEC_PICKLE_EMBEDDED_H

#include <onggi/base.h>

/* Each code point from 0x80 to 0xff begins with this byte at most in UTF-8. */
enum { OG__LATIN1_LAST = 0xc3 };

/* Whether a pickle in them may name something. `ascii`: they are bytes, or a str that is ASCII. */
bool og__pickle_may_be_pickle(const uint8_t *bytes, size_t len, bool ascii);

/* Whether an opcode takes nothing from the stack, so that a pickle may begin with it. */
extern const bool og__pickle_begins_one[256];

/* No pickle that names anything is shorter. */
enum { OG__SHORTEST_PICKLE = 6 };

/* Whether an ASCII text that begins like a pickle may be one that names something, or one in base64. */
bool og__pickle_text_is_likely(const uint8_t *text, size_t len);

/* As og__pickle_may_be_pickle() for a str that is ASCII: it says no protocol, and how it begins tells mostly.
 */
static inline bool og__pickle_text_may_be_pickle(const uint8_t *text, size_t len)
{
    return len >= OG__SHORTEST_PICKLE && og__pickle_begins_one[text[0]] &&
           og__pickle_text_is_likely(text, len);
}

/* As og__pickle_may_be_pickle(); `*looked` grows by the bytes that were looked at. */
bool og__pickle_may_hold(const uint8_t *bytes, size_t len, bool ascii, size_t *looked);

/* Whether any reader that takes the bytes for a pickle may come to name something. */
bool og__pickle_may_name(const uint8_t *bytes, size_t len, size_t *looked);

/* PROTO and a protocol from 2 on: only a pickle starts like that. At least two bytes. */
bool og__pickle_says_protocol(const uint8_t *bytes);

/* Bytes that begin as a pickle, and say their protocol or may name something. */
bool og__pickle_is_likely(const uint8_t *bytes, size_t len, size_t *looked);

/* A str that is not ASCII: each byte of a pickle may be the code point of the same number. */
bool og__pickle_may_be_latin1(const uint8_t *bytes, size_t len);

/* Base64 of a pickle that says its protocol. */
bool og__pickle_may_be_base64(const uint8_t *bytes, size_t len);

/* Where after a few bytes a pickle begins that says its protocol; 0: nowhere. */
size_t og__pickle_behind_head(const uint8_t *bytes, size_t len);

#endif
