/* SPDX-License-Identifier: MIT */
/* Recognises pickles in the bytes and strings of others, by their opcodes alone. */
#include "codec/pickle/embedded.h"

#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"

#include <string.h>

enum {
    SHORTEST = OG__SHORTEST_PICKLE,
    HEAD = 32, /* bytes after which a pickle is looked for: lengths, flags, versions */
    LATIN1_PROTO = 0xc2
};

const bool og__pickle_begins_one[256] = {
#define OP(name, byte, argument, protocol, before, after, summary) [byte] = sizeof(before) == 1,
#include "codec/pickle/opcodes.def"
#undef OP
};

/* What an opcode is to who looks for names. */
enum { ENDS, NAMES, NAMES_IN_LINES, PLAIN, WITH_ARGUMENT };

#define IS_NAME(byte)                                                                          \
    ((byte) == OG__OP_STACK_GLOBAL || (byte) == OG__OP_PERSID || (byte) == OG__OP_BINPERSID || \
     (byte) == OG__OP_EXT1 || (byte) == OG__OP_EXT2 || (byte) == OG__OP_EXT4)
#define IS_NAME_IN_LINES(byte) ((byte) == OG__OP_GLOBAL || (byte) == OG__OP_INST)
static const uint8_t roles[256] = {
#define OP(name, byte, argument, protocol, before, after, summary) \
    [byte] = (byte) == OG__OP_STOP                ? ENDS           \
             : IS_NAME(byte)                      ? NAMES          \
             : IS_NAME_IN_LINES(byte)             ? NAMES_IN_LINES \
             : OG__ARG_##argument == OG__ARG_NONE ? PLAIN          \
                                                  : WITH_ARGUMENT,
#include "codec/pickle/opcodes.def"
#undef OP
};

bool og__pickle_may_name(const uint8_t *bytes, size_t len, size_t *looked)
{
    const uint8_t *end = bytes + len;
    const uint8_t *at = bytes;
    int role = ENDS;
    while (at && at < end) {
        role = roles[*at];
        if (role == ENDS || role == NAMES) break;
        at = role == PLAIN ? at + 1 : og__pickle_opcode_end(at, end);
        if (role == NAMES_IN_LINES && at) break;
        role = ENDS;
    }
    *looked += (size_t)((at ? at : end) - bytes);
    return role != ENDS;
}

/* A protocol from 2 on: only a pickle starts like that. */
bool og__pickle_says_protocol(const uint8_t *bytes)
{
    return bytes[0] == OG__OP_PROTO && bytes[1] >= 2 && bytes[1] <= OG_PICKLE_HIGHEST_PROTOCOL;
}

/* Whether bytes could be a pickle at all: they begin with an opcode that takes nothing from the stack. */
static bool begins_well(const uint8_t *bytes, size_t len)
{
    if (len < SHORTEST) return false;
    if (bytes[0] == OG__OP_PROTO) return bytes[1] <= OG_PICKLE_HIGHEST_PROTOCOL;
    return og__pickle_begins_one[bytes[0]];
}

/* As begins_well(), with no doubt or with a name to come. */
bool og__pickle_is_likely(const uint8_t *bytes, size_t len, size_t *looked)
{
    return begins_well(bytes, len) &&
           (og__pickle_says_protocol(bytes) || og__pickle_may_name(bytes, len, looked));
}

/* A binary pickle kept in a str that is not ASCII has each byte as the code point of the same number. */
bool og__pickle_may_be_latin1(const uint8_t *bytes, size_t len)
{
    if (len < SHORTEST || (bytes[0] != LATIN1_PROTO && !begins_well(bytes, len))) return false;
    if (bytes[0] == LATIN1_PROTO && bytes[1] != OG__OP_PROTO) return false;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] > OG__LATIN1_LAST) return false;
    }
    return true;
}

/* Base64 of the opcode PROTO and a protocol from 2 to 5 begins like that. */
bool og__pickle_may_be_base64(const uint8_t *bytes, size_t len)
{
    return len >= SHORTEST + 2 && bytes[0] == 'g' && bytes[1] == 'A' && bytes[2] >= 'I' && bytes[2] <= 'X';
}

/* Where, after a few bytes, something begins as a pickle that says its protocol; 0: nowhere. */
size_t og__pickle_behind_head(const uint8_t *bytes, size_t len)
{
    if (len <= SHORTEST) return 0;
    size_t most = len - SHORTEST < HEAD ? len - SHORTEST : HEAD;
    for (size_t at = 1; at <= most; at++) {
        const uint8_t *proto = memchr(bytes + at, OG__OP_PROTO, most + 1 - at);
        if (!proto) return 0;
        if (og__pickle_says_protocol(proto)) return (size_t)(proto - bytes);
        at = (size_t)(proto - bytes);
    }
    return 0;
}

static bool may_be_behind_head(const uint8_t *bytes, size_t len, size_t *looked)
{
    size_t at = og__pickle_behind_head(bytes, len);
    return at > 0 && og__pickle_may_name(bytes + at, len - at, looked);
}

bool og__pickle_may_hold(const uint8_t *bytes, size_t len, bool ascii, size_t *looked)
{
    return og__pickle_is_likely(bytes, len, looked) || og__pickle_may_be_base64(bytes, len) ||
           (!ascii && og__pickle_may_be_latin1(bytes, len)) || may_be_behind_head(bytes, len, looked);
}

bool og__pickle_text_is_likely(const uint8_t *text, size_t len)
{
    size_t looked = 0;
    return og__pickle_may_name(text, len, &looked) || og__pickle_may_be_base64(text, len);
}

bool og__pickle_may_be_pickle(const uint8_t *bytes, size_t len, bool ascii)
{
    size_t looked = 0;
    return og__pickle_may_hold(bytes, len, ascii, &looked);
}
