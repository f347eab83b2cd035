/* SPDX-License-Identifier: MIT */
/*
 * Writes runs of plain values at full speed, from protocol 1 on: room is looked for once for each, whatever
 * it is, and the place in the output is in a local. The bytes are those that the general way writes.
 */
#include "base/number.h"
#include "codec/pickle/write/intern.h"

#define HOT inline __attribute__((always_inline))

enum { STR_MOST = 255 };

static inline void store32(uint8_t *at, uint32_t number)
{
    at[0] = (uint8_t)number;
    at[1] = (uint8_t)(number >> 8);
    at[2] = (uint8_t)(number >> 16);
    at[3] = (uint8_t)(number >> 24);
}

static inline void store64(uint8_t *at, uint64_t number)
{
    store32(at, (uint32_t)number);
    store32(at + 4, (uint32_t)(number >> 32));
}

static HOT uint8_t *put_byte(uint8_t *at, og__opcode op, uint8_t byte)
{
    at[0] = (uint8_t)op;
    at[1] = byte;
    return at + 2;
}

static HOT uint8_t *put_four(uint8_t *at, og__opcode op, uint32_t number)
{
    at[0] = (uint8_t)op;
    store32(at + 1, number);
    return at + 5;
}

static HOT uint8_t *put_long(uint8_t *at, int64_t number)
{
    uint64_t bits = (uint64_t)(number ^ number >> 63); /* those that differ from the sign; there are some */
    unsigned size = (64 - (unsigned)__builtin_clzll(bits)) / 8 + 1;
    at[0] = OG__OP_LONG1;
    at[1] = (uint8_t)size;
    store64(at + 2, (uint64_t)number); /* there is room for all of it */
    return at + 2 + size;
}

static HOT uint8_t *put_int(uint8_t *at, int64_t number)
{
    if (number != (int32_t)number) return put_long(at, number);
    if (number < 0 || number > UINT16_MAX) return put_four(at, OG__OP_BININT, (uint32_t)number);
    if (number < 256) return put_byte(at, OG__OP_BININT1, (uint8_t)number);
    at[0] = OG__OP_BININT2;
    at[1] = (uint8_t)number;
    at[2] = (uint8_t)(number >> 8);
    return at + 3;
}

/* Below protocol 2 an int of more than four bytes has digits. */
static __attribute__((noinline)) uint8_t *put_long_line(uint8_t *at, int64_t number)
{
    *at++ = OG__OP_LONG;
    at += og__base_int64_write(number, (char *)at);
    at[0] = 'L';
    at[1] = '\n';
    return at + 2;
}

static HOT uint8_t *put_any_int(const og__writer *w, uint8_t *at, og_value v)
{
    if (v.meta & OG__F_BIG) return NULL;
    bool line = w->protocol < 2 && v.u.i != (int32_t)v.u.i;
    return line ? put_long_line(at, v.u.i) : put_int(at, v.u.i);
}

static HOT uint8_t *put_bool(const og__writer *w, uint8_t *at, bool truth)
{
    if (w->protocol >= 2) {
        *at = truth ? OG__OP_NEWTRUE : OG__OP_NEWFALSE;
        return at + 1;
    }
    memcpy(at, truth ? "I01\n" : "I00\n", 4);
    return at + 4;
}

static HOT uint8_t *put_float(uint8_t *at, uint64_t bits)
{
    at[0] = OG__OP_BINFLOAT;
    store64(at + 1, __builtin_bswap64(bits));
    return at + 9;
}

/* Bytes before a text. */
static inline size_t text_head(bool framed)
{
    return framed ? 2 : 5;
}

/* Short texts are copied in two pieces that overlap. */
static HOT void copy_text(uint8_t *to, const uint8_t *from, size_t len)
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

static HOT uint8_t *put_text(uint8_t *at, const uint8_t *text, size_t len, bool framed)
{
    at = framed ? put_byte(at, OG__OP_SHORT_BINUNICODE, (uint8_t)len)
                : put_four(at, OG__OP_BINUNICODE, (uint32_t)len);
    copy_text(at, text, len);
    return at + len;
}

static HOT uint8_t *put_memoize(uint8_t *at, uint32_t number, bool memoizes)
{
    if (!memoizes)
        return number < 256 ? put_byte(at, OG__OP_BINPUT, (uint8_t)number)
                            : put_four(at, OG__OP_LONG_BINPUT, number);
    *at = OG__OP_MEMOIZE;
    return at + 1;
}

static HOT uint8_t *put_get(uint8_t *at, uint32_t number)
{
    return number < 256 ? put_byte(at, OG__OP_BINGET, (uint8_t)number)
                        : put_four(at, OG__OP_LONG_BINGET, number);
}

/* A str, or the way to it in the memo; NULL when it is not done here. */
static HOT uint8_t *put_str(og__writer *w, uint8_t *at, og_value v, bool framed)
{
    const og__interned *known = og__pickle_intern_next(w, v);
    if (known) return put_get(at, known->number);
    size_t len = og__value_len(v);
    if (len > STR_MOST) return NULL;
    size_t size = len + text_head(framed);
    bool worth = og__pickle_is_worth(w, size) && w->numbers < UINT32_MAX;
    if (!worth && (len == 0 || w->numbers == 0)) return put_text(at, v.u.p, len, framed);
    uint32_t hint;
    known = og__pickle_intern_str(w, v, &hint);
    if (known) return put_get(at, known->number); /* each was worth its number, so that is shorter */
    at = put_text(at, v.u.p, len, framed);
    if (!worth) return at;
    if (og__pickle_intern_put(w, v, hint, w->numbers) < 0) return NULL;
    return put_memoize(at, w->numbers++, framed && w->memoizes);
}

static HOT uint8_t *put_scalar(og__writer *w, uint8_t *at, og_value v, bool framed)
{
    switch (og_kind_of(v)) {
    case OG_NONE: *at = OG__OP_NONE; return at + 1;
    case OG_BOOL: return put_bool(w, at, v.meta & OG__F_TRUE);
    case OG_INT: return put_any_int(w, at, v);
    case OG_FLOAT: return put_float(at, (uint64_t)v.u.i);
    case OG_STR: return put_str(w, at, v, framed);
    default: return NULL;
    }
}

/* What a value may take, with some to spare, beside its text: a LONG1 of eight bytes; an opcode, four bytes,
 * and as many for the memo. A long one as a line takes more. */
enum { HEAD_MOST = 10, LINE_MOST = OG__INT64_SIZE + 5 };

/* What is no str has no length. */
static inline bool fits(const og__writer *w, og_value v, ptrdiff_t room)
{
    ptrdiff_t head = w->protocol < 2 ? LINE_MOST : HEAD_MOST;
    return room > (ptrdiff_t)og__value_len(v) + head;
}

/* Everything is there twice: for protocols 4 and 5, which have frames, and for 1 to 3. */
static HOT size_t write_scalars(og__writer *w, const og_value *items, size_t count, bool framed)
{
    size_t full = framed ? w->frame_at + OG__FRAME_TARGET : SIZE_MAX;
    uint8_t *at = w->out->data + w->out->len;
    const uint8_t *end = w->out->data + (full < w->room ? full : w->room);
    const uint8_t *any =
        end - at > STR_MOST + LINE_MOST ? end - STR_MOST - LINE_MOST : at; /* all fit before */
    size_t done = 0;
    for (; done < count && (at < any || fits(w, items[done], end - at)); done++) {
        uint8_t *next = put_scalar(w, at, items[done], framed);
        if (!next) break;
        at = next;
    }
    w->out->len = (size_t)(at - w->out->data);
    return done;
}

size_t og__pickle_write_scalars(og__writer *w, const og_value *items, size_t count)
{
    if (w->protocol == 0) return 0;
    if (w->protocol < 4) return write_scalars(w, items, count, false);
    return w->frame_at == SIZE_MAX ? 0 : write_scalars(w, items, count, true);
}
