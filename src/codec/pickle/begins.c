/* SPDX-License-Identifier: MIT */
/* Recognises a pickle by its first bytes, from the table of opcodes. */
#include "codec/pickle/begins.h"

#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"

#include <string.h>

/* The longest line that is looked at; Python writes ints of 4,300 digits. Marks that may come first. */
enum { MAX_LINE = 4400, MAX_MARKS = 64 };

enum { NO = -1, MORE = 0, YES = 1 };

/* Where an argument ends. */
#define NEED_MORE ((size_t)0)
#define NOT_THIS  SIZE_MAX

/* ---- What an opcode does, from its row ---- */

/* Stores what is on the stack in the memo. */
static bool is_put(uint8_t byte)
{
    return byte == OG__OP_PUT || byte == OG__OP_BINPUT || byte == OG__OP_LONG_BINPUT ||
           byte == OG__OP_MEMOIZE;
}

/* Fetches from the memo, in which nothing is yet. */
static bool is_get(uint8_t byte)
{
    return byte == OG__OP_GET || byte == OG__OP_BINGET || byte == OG__OP_LONG_BINGET;
}

/* Needs nothing on the stack, and leaves something there. */
static bool pushes(uint8_t byte)
{
    const og__opcode_info *op = &og__pickle_opcodes[byte];
    return op->name && !op->before[0] && op->after[0] && !is_get(byte);
}

static bool is_ascii(uint8_t byte)
{
    return byte < 0x80;
}

/* Takes a mark and all above it. */
static bool takes_mark(uint8_t byte)
{
    const og__opcode_info *op = &og__pickle_opcodes[byte];
    return op->name && strncmp(op->before, "mark", 4) == 0;
}

/* Makes a container of what is above the mark, be it nothing. */
static bool closes_mark(uint8_t byte)
{
    return takes_mark(byte) && og__pickle_opcodes[byte].argument == OG__ARG_NONE && byte != OG__OP_POP_MARK &&
           byte != OG__OP_OBJ;
}

/* What may follow a value: STOP, or an opcode that stores it. */
static bool follows_value(uint8_t byte)
{
    return byte == OG__OP_STOP || is_put(byte);
}

/* What may follow a value above a mark, an empty container, or a class. */
static bool follows_open(uint8_t byte, bool marked)
{
    if (!is_ascii(byte)) return og__pickle_opcodes[byte].name;
    return follows_value(byte) || pushes(byte) || (marked && takes_mark(byte) && byte != OG__OP_POP_MARK);
}

/* What a pickler writes after PROTO. */
static bool follows_proto(uint8_t byte)
{
    return byte == OG__OP_FRAME || pushes(byte);
}

/* True when more than STOP may follow. */
static bool is_open(uint8_t byte)
{
    return byte == OG__OP_EMPTY_LIST || byte == OG__OP_EMPTY_DICT || byte == OG__OP_GLOBAL;
}

/* ---- Arguments ---- */

/* The end of the line that begins at `at`, its line feed included. */
static size_t line_end(const uint8_t *data, size_t len, size_t at)
{
    size_t most = len - at > MAX_LINE ? MAX_LINE : len - at;
    const uint8_t *end = memchr(data + at, '\n', most);
    if (end) return (size_t)(end - data) + 1;
    return most == MAX_LINE ? NOT_THIS : NEED_MORE;
}

/* As line_end(), for a line of at least one of these characters and no others. */
static size_t line_of(const uint8_t *data, size_t len, size_t at, const char *allowed)
{
    size_t i = at;
    while (i < len && data[i] != 0 && strchr(allowed, data[i]) != NULL)
        if (++i - at > MAX_LINE) return NOT_THIS;
    if (i == len) return NEED_MORE;
    return data[i] == '\n' && i > at ? i + 1 : NOT_THIS;
}

/* A character of a class's name; `first` of them is no digit. */
static bool in_name(uint8_t c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || !is_ascii(c);
    return letter || (!first && ((c >= '0' && c <= '9') || c == '.' || c == '<' || c == '>'));
}

/* As line_end(), for a module or a qualified name. */
static size_t name_end(const uint8_t *data, size_t len, size_t at)
{
    size_t i = at;
    while (i < len && data[i] != '\n') {
        if (!in_name(data[i], i == at) || ++i - at > MAX_LINE) return NOT_THIS;
    }
    if (i == len) return NEED_MORE;
    return i > at ? i + 1 : NOT_THIS;
}

static size_t pair_end(const uint8_t *data, size_t len, size_t at)
{
    size_t module = name_end(data, len, at);
    return module == NEED_MORE || module == NOT_THIS ? module : name_end(data, len, module);
}

static size_t quoted_end(const uint8_t *data, size_t len, size_t at)
{
    if (at == len) return NEED_MORE;
    if (data[at] != '\'' && data[at] != '"') return NOT_THIS;
    size_t end = line_end(data, len, at);
    if (end == NEED_MORE || end == NOT_THIS) return end;
    return end - at >= 3 && data[end - 2] == data[at] ? end : NOT_THIS;
}

/* The end of an argument of a fixed size, and of the bytes that it counts. STOP must come after it. */
static size_t binary_end(const uint8_t *data, size_t len, size_t at, og__arg_shape shape, size_t room)
{
    if (len - at < shape.fixed) return NEED_MORE;
    uint64_t more = shape.counted ? og__pickle_le(data + at, shape.fixed) : 0;
    if (room < at + shape.fixed || more >= room - at - shape.fixed) return NOT_THIS;
    return at + shape.fixed + (size_t)more;
}

/* Where the argument ends of the opcode before `at`. */
static size_t argument_end(const uint8_t *data, size_t len, size_t at, size_t room)
{
    unsigned argument = og__pickle_opcodes[data[at - 1]].argument;
    switch (argument) {
    case OG__ARG_NONE: return at;
    case OG__ARG_LINE_INT: return line_of(data, len, at, "-+0123456789");
    case OG__ARG_LINE_LONG: return line_of(data, len, at, "-+0123456789L");
    case OG__ARG_LINE_FLOAT: return line_of(data, len, at, "-+0123456789.einfa");
    case OG__ARG_LINE_QUOTED: return quoted_end(data, len, at);
    case OG__ARG_LINE_PAIR: return pair_end(data, len, at);
    case OG__ARG_LINE_UNICODE:
    case OG__ARG_LINE_TEXT: return line_end(data, len, at);
    default: return binary_end(data, len, at, og__pickle_arg_shape_of(argument), room);
    }
}

/* ---- Pickles ---- */

/* Without PROTO: protocol 0 or 1, whose opcodes are ASCII. */
static int old_begins(const uint8_t *data, size_t len, size_t room, bool final, int *protocol)
{
    const int more = final ? NO : MORE;
    size_t at = 0;
    while (at < len && data[at] == OG__OP_MARK && at < MAX_MARKS)
        at++;
    bool marked = at > 0;
    if (at == len) return more;
    uint8_t first = data[at];
    *protocol = 0;
    if (!is_ascii(first)) return NO;
    if (marked && closes_mark(first)) return YES;
    bool instance = marked && first == OG__OP_INST;
    if (!instance && (!pushes(first) || first == OG__OP_MARK)) return NO;
    *protocol = og__pickle_opcodes[first].protocol > 0 ? 1 : 0;
    size_t end = argument_end(data, len, at + 1, room);
    if (end == NOT_THIS) return NO;
    if (end == NEED_MORE || end >= len) return more;
    uint8_t next = data[end];
    if (is_put(next) && og__pickle_opcodes[next].protocol <= 1) *protocol = og__pickle_opcodes[next].protocol;
    return (marked || is_open(first) ? follows_open(next, marked) : follows_value(next)) ? YES : NO;
}

int og__pickle_begins(const uint8_t *data, size_t len, size_t room, bool final, int *protocol)
{
    if (data[0] != OG__OP_PROTO) return old_begins(data, len, room, final, protocol);
    bool known = len < 2 || (data[1] >= og__pickle_opcodes[OG__OP_PROTO].protocol &&
                             data[1] <= OG_PICKLE_HIGHEST_PROTOCOL);
    if (!known) return NO;
    if (len < 3) return final ? NO : MORE;
    *protocol = data[1];
    return follows_proto(data[2]) ? YES : NO;
}
