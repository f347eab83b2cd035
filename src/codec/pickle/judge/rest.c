/* SPDX-License-Identifier: MIT */
/*
 * Names in opcodes that are not done. All readers take the same bytes for the same opcodes; they differ in
 * where they give up. So what comes after the place where ours does tells what another one might still
 * name.
 */
#include "base/utf8.h"
#include "codec/pickle/judge/watch.h"
#include "codec/pickle/names.h"

#include <string.h>

static bool is_extension(uint8_t op)
{
    return op == OG__OP_EXT1 || op == OG__OP_EXT2 || op == OG__OP_EXT4;
}

static bool is_persistent(uint8_t op)
{
    return op == OG__OP_PERSID || op == OG__OP_BINPERSID;
}

static bool is_lines(uint8_t op)
{
    return op == OG__OP_GLOBAL || op == OG__OP_INST;
}

/* What is known while walking on. */
typedef struct rest {
    og__watch *watch;
    og__level *level;
    unsigned protocol;
    og_value texts[2]; /* the two strings that were pushed last, with nothing else since; or OG_INVALID */
} rest;

/* Bytes as a str; OG_INVALID when they are none. */
static og_value text_of(const uint8_t *bytes, size_t len)
{
    bool ascii = false;
    bool surrogates = false;
    if (og__base_utf8_valid_surrogates(bytes, len, &ascii, &surrogates) < len) return (og_value){0};
    return og__value_make(OG_STR, (ascii ? OG__F_ASCII : 0) | (surrogates ? OG__F_SURROGATE : 0), len, bytes);
}

static int note_names(const rest *w, og_value module, og_value name)
{
    if (og_valid(module) && og_valid(name) && w->protocol < 3) og__pickle_names_to_3(&module, &name);
    return og__pickle_watch_import(w->watch, w->level, module, name);
}

/* Takes a line, or what is left of it. The reader in Python drops the last byte, whatever it is. */
static og_value next_line(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *start = *at;
    if (start == end) return text_of(start, 0);
    const uint8_t *feed = memchr(start, '\n', (size_t)(end - start));
    if (!feed) feed = end - 1;
    *at = feed + 1;
    return text_of(start, (size_t)(feed - start));
}

static int note_lines(const rest *w, const uint8_t *op)
{
    const uint8_t *at = op + 1;
    if (at == w->level->reader->end) return OG_OK;
    og_value module = next_line(&at, w->level->reader->end);
    og_value name = next_line(&at, w->level->reader->end);
    return og_valid(module) && og_valid(name) ? note_names(w, module, name) : OG_OK;
}

/* Remembers a str that is pushed; all else but what only stores it in the memo makes it forgotten. */
static void remember(rest *w, const uint8_t *op, const uint8_t *end)
{
    size_t head = og__pickle_arg_shape_of(og__pickle_opcodes[*op].argument).fixed + 1u;
    switch (*op) {
    case OG__OP_SHORT_BINUNICODE:
    case OG__OP_BINUNICODE:
    case OG__OP_BINUNICODE8:
        w->texts[0] = w->texts[1];
        w->texts[1] = text_of(op + head, (size_t)(end - op) - head);
        break;
    case OG__OP_MEMOIZE:
    case OG__OP_PUT:
    case OG__OP_BINPUT:
    case OG__OP_LONG_BINPUT: break;
    default: w->texts[0] = w->texts[1] = (og_value){0};
    }
}

static int note_op(const rest *w, const uint8_t *op, const uint8_t *end)
{
    size_t size = end ? (size_t)(end - op) - 1 : 0;
    uint32_t code = (uint32_t)og__pickle_le(op + 1, is_extension(*op) ? size : 0);
    if (is_lines(*op)) return note_lines(w, op);
    if (*op == OG__OP_STACK_GLOBAL) return note_names(w, w->texts[0], w->texts[1]);
    if (is_persistent(*op)) return og__pickle_watch_persistent(w->watch, w->level);
    if (is_extension(*op) && end) return og__pickle_watch_extension(w->watch, w->level, (int32_t)code);
    return OG_OK;
}

int og__pickle_watch_rest(og__watch *watch)
{
    og__level *level = og__pickle_watch_level(watch);
    og__reader *r = level->reader;
    rest w = {.watch = watch, .level = level, .protocol = r->protocol};
    int status = OG_OK;
    level->failed = true;
    for (const uint8_t *at = r->op; at && at < r->end && og__pickle_opcodes[*at].name && status == OG_OK;) {
        const uint8_t *end = og__pickle_opcode_end(at, r->end);
        r->op = at;
        status = note_op(&w, at, end);
        if (*at == OG__OP_PROTO && end) w.protocol = at[1];
        if (*at == OG__OP_STOP || !end) break;
        remember(&w, at, end);
        at = end;
    }
    return status;
}
