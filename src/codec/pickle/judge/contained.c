/* SPDX-License-Identifier: MIT */
/*
 * Whether a pickle means the same to a reader whose memo is not empty. PUT names its number; MEMOIZE takes
 * the next one, which depends on what came before the pickle.
 */
#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"

/* What was seen so far. */
typedef struct seen {
    bool memoized;  /* MEMOIZE */
    bool fetched;   /* GET */
    unsigned texts; /* strings in the bytes right before this, not counting what stores them: 2 is the most */
} seen;

static int refuse_outside(size_t position, uint8_t op, og_error *err)
{
    return og_error_set(err, OG_EPOLICY, position, "opcode %s, which asks for what is not in the pickle",
                        og__pickle_opcodes[op].name);
}

static int refuse(size_t position, const char *what, og_error *err)
{
    return og_error_set(err, OG_EPOLICY, position,
                        "opcode %s, which a reader that was used before may take for something else", what);
}

static void see(seen *s, uint8_t op)
{
    switch (op) {
    case OG__OP_SHORT_BINUNICODE:
    case OG__OP_BINUNICODE:
    case OG__OP_BINUNICODE8:
    case OG__OP_UNICODE: s->texts += s->texts < 2; break;
    case OG__OP_MEMOIZE: s->memoized = true; break;
    case OG__OP_PUT:
    case OG__OP_BINPUT:
    case OG__OP_LONG_BINPUT: break;
    case OG__OP_GET:
    case OG__OP_BINGET:
    case OG__OP_LONG_BINGET:
        s->fetched = true;
        s->texts = 0;
        break;
    default: s->texts = 0;
    }
}

static bool is_outside(uint8_t op)
{
    switch (op) {
    case OG__OP_PERSID:
    case OG__OP_BINPERSID:
    case OG__OP_EXT1:
    case OG__OP_EXT2:
    case OG__OP_EXT4:
    case OG__OP_NEXT_BUFFER: return true;
    default: return false;
    }
}

int og_pickle_check_contained(const void *bytes, size_t len, bool fresh, og_error *err)
{
    const uint8_t *start = bytes;
    const uint8_t *end = start + len;
    seen s = {0};
    for (const uint8_t *at = start; at && at < end; at = og__pickle_opcode_end(at, end)) {
        size_t position = (size_t)(at - start);
        if (!og__pickle_opcodes[*at].name) break;
        if (*at == OG__OP_STACK_GLOBAL && s.texts < 2)
            return refuse(position, "STACK_GLOBAL: a name that is not in the bytes before it", err);
        if (is_outside(*at)) return refuse_outside(position, *at, err);
        see(&s, *at);
        if (s.memoized && s.fetched && !fresh)
            return refuse(position, "MEMOIZE or GET: a memo number that is not in the pickle", err);
        if (*at == OG__OP_STOP) return OG_OK;
    }
    return og_error_set(err, OG_ESYNTAX, OG_NO_POSITION, "this is not a pickle, or not the whole of one");
}
