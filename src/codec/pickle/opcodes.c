/* SPDX-License-Identifier: MIT */
/* The table of pickle's opcodes. */
#include "codec/pickle/opcodes.h"

#include <string.h>

const og__opcode_info og__pickle_opcodes[256] = {
#define OP(name, byte, argument, protocol, before, after, summary) \
    [byte] = {#name, before, after, summary, OG__ARG_##argument, protocol},
#include "codec/pickle/opcodes.def"
#undef OP
};

og__arg_shape og__pickle_arg_shape_of(unsigned argument)
{
    static const og__arg_shape shapes[] = {
        [OG__ARG_NONE] = {0, false, 0},         [OG__ARG_U1] = {1, false, 0},
        [OG__ARG_U2] = {2, false, 0},           [OG__ARG_U4] = {4, false, 0},
        [OG__ARG_U8] = {8, false, 0},           [OG__ARG_I4] = {4, false, 0},
        [OG__ARG_F8] = {8, false, 0},           [OG__ARG_LINE_INT] = {0, false, 1},
        [OG__ARG_LINE_LONG] = {0, false, 1},    [OG__ARG_LINE_FLOAT] = {0, false, 1},
        [OG__ARG_LINE_INDEX] = {0, false, 1},   [OG__ARG_LINE_QUOTED] = {0, false, 1},
        [OG__ARG_LINE_UNICODE] = {0, false, 1}, [OG__ARG_LINE_TEXT] = {0, false, 1},
        [OG__ARG_LINE_PAIR] = {0, false, 2},    [OG__ARG_LONG1] = {1, true, 0},
        [OG__ARG_LONG4] = {4, true, 0},         [OG__ARG_STR1] = {1, true, 0},
        [OG__ARG_STR4] = {4, true, 0},          [OG__ARG_UNICODE1] = {1, true, 0},
        [OG__ARG_UNICODE4] = {4, true, 0},      [OG__ARG_UNICODE8] = {8, true, 0},
        [OG__ARG_BYTES1] = {1, true, 0},        [OG__ARG_BYTES4] = {4, true, 0},
        [OG__ARG_BYTES8] = {8, true, 0},        [OG__ARG_BYTEARRAY8] = {8, true, 0},
    };
    return shapes[argument];
}

const uint8_t *og__pickle_opcode_end(const uint8_t *op, const uint8_t *end)
{
    og__arg_shape shape = og__pickle_arg_shape_of(og__pickle_opcodes[*op].argument);
    const uint8_t *at = op + 1;
    if ((size_t)(end - at) < shape.fixed) return NULL;
    uint64_t counted = shape.counted ? og__pickle_le(at, shape.fixed) : 0;
    at += shape.fixed;
    if (counted > (size_t)(end - at)) return NULL;
    at += counted;
    for (unsigned i = 0; i < shape.lines; i++) {
        const uint8_t *feed = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (!feed) return NULL;
        at = feed + 1;
    }
    return at;
}
