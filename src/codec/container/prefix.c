/* SPDX-License-Identifier: MIT */
/*
 * How far Python's unpickler would get. Only what makes all of Python's readers give up counts as a stop: an
 * unknown opcode, an argument that is cut, values that are not on the stack, a number that is none. What only
 * some refuse, or refuse by the kind of a value, is taken as done.
 */
#include "codec/container/container.h"

#include "base/utf8.h"
#include "codec/pickle/opcodes.h"

#include <onggi/pickle.h>

#include <string.h>

enum { MARKS_MAX = 1024 };

/* What an opcode's row says of the stack: values, and whether a mark comes above them. */
typedef struct effect {
    uint8_t values;
    bool mark;
} effect;

typedef struct machine {
    effect before[256]; /* of each opcode, read from the table once */
    effect after[256];
    size_t depth;            /* values on the stack */
    size_t marks[MARKS_MAX]; /* the depth at each open mark */
    size_t mark_count;
    bool stored; /* something is in the memo */
} machine;

static effect read_effect(const char *text)
{
    effect e = {0};
    while (*text && !e.mark) {
        size_t len = strcspn(text, " ");
        e.mark = len == 4 && memcmp(text, "mark", 4) == 0;
        if (!e.mark) e.values++;
        text += len;
        text += strspn(text, " ");
    }
    return e;
}

static void start(machine *m)
{
    m->depth = m->mark_count = 0;
    m->stored = false;
    for (size_t op = 0; op < 256; op++) {
        if (!og__pickle_opcodes[op].name) continue;
        m->before[op] = read_effect(og__pickle_opcodes[op].before);
        m->after[op] = read_effect(og__pickle_opcodes[op].after);
    }
}

static size_t floor_of(const machine *m)
{
    return m->mark_count ? m->marks[m->mark_count - 1] : 0;
}

/* Takes and pushes what the opcode does. False when something is not there. */
static bool apply(machine *m, uint8_t op)
{
    effect before = m->before[op];
    effect after = m->after[op];
    if (op == OG__OP_POP && m->mark_count && m->depth == floor_of(m)) {
        m->mark_count--;
        return true;
    }
    if (before.mark) {
        if (m->mark_count == 0) return false;
        m->depth = m->marks[--m->mark_count];
    }
    if (m->depth - floor_of(m) < before.values) return false;
    m->depth = m->depth - before.values + after.values;
    if (after.mark) m->marks[m->mark_count++] = m->depth;
    return true;
}

static bool is_name(uint8_t op)
{
    return op == OG__OP_GLOBAL || op == OG__OP_INST || op == OG__OP_EXT1 || op == OG__OP_EXT2 ||
           op == OG__OP_EXT4;
}

static bool is_get(uint8_t op)
{
    return op == OG__OP_GET || op == OG__OP_BINGET || op == OG__OP_LONG_BINGET;
}

static bool is_put(uint8_t op)
{
    return op == OG__OP_PUT || op == OG__OP_BINPUT || op == OG__OP_LONG_BINPUT || op == OG__OP_MEMOIZE;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Whether text between quotes: all readers refuse other text. */
static bool is_quoted(const uint8_t *at, const uint8_t *end)
{
    while (end > at && is_blank(end[-1]))
        end--;
    return end - at >= 2 && (*at == '\'' || *at == '"') && end[-1] == *at;
}

static bool is_line(uint8_t op)
{
    og__arg argument = og__pickle_opcodes[op].argument;
    return argument >= OG__ARG_LINE_INT && argument <= OG__ARG_LINE_PAIR;
}

/* Whether some reader may take the argument, which ends at `end`. */
static bool may_be_read(uint8_t op, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *first = at;
    const char *starts = "+-_0123456789";
    switch (og__pickle_opcodes[op].argument) {
    case OG__ARG_LINE_FLOAT: starts = "+-_.0123456789iInN"; break;
    case OG__ARG_LINE_INT:
    case OG__ARG_LINE_LONG:
    case OG__ARG_LINE_INDEX: break;
    case OG__ARG_LINE_QUOTED: return is_quoted(at, end);
    case OG__ARG_LONG4: return at[3] < 0x80;
    default: return op != OG__OP_PROTO || *at <= OG_PICKLE_HIGHEST_PROTOCOL;
    }
    while (first < end && is_blank(*first))
        first++;
    return first < end && *first && strchr(starts, *first);
}

/* The same of a line that the bytes end in. */
static bool may_be_cut(uint8_t op, const uint8_t *at, const uint8_t *end)
{
    if (at == end) return true;
    if (og__pickle_opcodes[op].argument == OG__ARG_LINE_QUOTED) return *at == '\'' || *at == '"';
    return may_be_read(op, at, end);
}

/* True when nothing could be imported by this name: it has other characters than names of modules have. */
static bool is_no_module(const uint8_t *at, const uint8_t *end)
{
    while (at < end && is_blank(*at))
        at++;
    while (at < end && is_blank(end[-1]))
        end--;
    if (at == end) return true;
    for (; at < end; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at >= 0x80;
        if (!letter && !(*at >= '0' && *at <= '9') && *at != '_' && *at != '.' && *at != '-') return true;
    }
    return false;
}

/* Where the first line after an opcode ends. */
static const uint8_t *line_end(const uint8_t *start, const uint8_t *end)
{
    const uint8_t *feed = start < end ? memchr(start, '\n', (size_t)(end - start)) : NULL;
    return feed ? feed : end;
}

/* Python decodes the lines strictly, before it imports anything. */
static bool is_decodable(const uint8_t *start, const uint8_t *end)
{
    bool ascii;
    bool surrogates;
    size_t len = (size_t)(end - start);
    return og__base_utf8_valid_surrogates(start, len, &ascii, &surrogates) == len && !surrogates;
}

/* A name is where the way ends, unless nothing can be imported by it. False to go on after it. */
static bool ends_at_name(const uint8_t *bytes, size_t len, og__begun *begun)
{
    const uint8_t *start = bytes + begun->at + 1;
    const uint8_t *end = line_end(start, bytes + len);
    bool lines = bytes[begun->at] == OG__OP_GLOBAL || bytes[begun->at] == OG__OP_INST;
    if (lines && !is_decodable(start, end)) return true;
    if (!lines || is_no_module(start, end)) {
        begun->tainted = true;
        return false;
    }
    begun->prefix = OG__PREFIX_NAMES;
    return true;
}

/* Does the opcode in hand and moves on after it. True when the way ends there. */
static bool step(machine *m, const uint8_t *bytes, size_t len, og__begun *begun)
{
    uint8_t op = bytes[begun->at];
    begun->prefix = OG__PREFIX_STOPS;
    if (!og__pickle_opcodes[op].name) return true;
    if (is_name(op) && ends_at_name(bytes, len, begun)) return true;
    if ((is_get(op) && !m->stored) || !apply(m, op)) return true;
    const uint8_t *next = og__pickle_opcode_end(bytes + begun->at, bytes + len);
    if (!next) {
        begun->counted = !is_line(op);
        if (begun->counted || may_be_cut(op, bytes + begun->at + 1, bytes + len))
            begun->prefix = OG__PREFIX_ENDS;
        return true;
    }
    if (!may_be_read(op, bytes + begun->at + 1, next)) return true;
    m->stored = m->stored || is_put(op);
    begun->tainted = begun->tainted || op == OG__OP_PERSID || op == OG__OP_BINPERSID;
    if (op == OG__OP_STOP) begun->prefix = OG__PREFIX_WHOLE;
    if (op == OG__OP_STACK_GLOBAL || m->mark_count == MARKS_MAX) begun->prefix = OG__PREFIX_NAMES;
    if (begun->prefix != OG__PREFIX_STOPS) return true;
    begun->at = (size_t)(next - bytes);
    return false;
}

og__begun og__container_prefix(const uint8_t *bytes, size_t len)
{
    machine m;
    og__begun begun = {.prefix = OG__PREFIX_ENDS};
    start(&m);
    while (begun.at < len) {
        if (step(&m, bytes, len, &begun)) return begun;
    }
    begun.prefix = OG__PREFIX_ENDS;
    return begun;
}

bool og__container_says_protocol(const uint8_t *bytes, size_t len)
{
    return len >= 2 && bytes[0] == OG__OP_PROTO && bytes[1] >= 1 && bytes[1] <= OG_PICKLE_HIGHEST_PROTOCOL;
}
