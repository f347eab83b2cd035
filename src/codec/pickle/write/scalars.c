/* SPDX-License-Identifier: MIT */
/*
 * Writes runs of plain values at full speed, from protocol 1 on: room is looked for once for each, whatever
 * it is, and the place in the output is in a local. The bytes are those that the general way writes.
 */
#include "codec/pickle/write/intern.h"
#include "codec/pickle/write/put.h"

static OG__HOT uint8_t *put_memoize(uint8_t *at, uint32_t number, bool memoizes)
{
    if (!memoizes)
        return number < 256 ? og__pickle_put_byte(at, OG__OP_BINPUT, (uint8_t)number)
                            : og__pickle_put_four(at, OG__OP_LONG_BINPUT, number);
    *at = OG__OP_MEMOIZE;
    return at + 1;
}

static OG__HOT uint8_t *put_get(uint8_t *at, uint32_t number)
{
    return number < 256 ? og__pickle_put_byte(at, OG__OP_BINGET, (uint8_t)number)
                        : og__pickle_put_four(at, OG__OP_LONG_BINGET, number);
}

/* A str, or the way to it in the memo; NULL when it is not done here. */
static OG__HOT uint8_t *put_str(og__writer *w, uint8_t *at, og_value v, bool framed)
{
    const og__interned *known = og__pickle_intern_next(w, v);
    if (known) return put_get(at, known->number);
    size_t len = og__value_len(v);
    if (len > OG__STR_MOST) return NULL;
    size_t size = len + og__pickle_text_head(framed);
    bool worth = og__pickle_is_worth(w, size) && w->numbers < UINT32_MAX;
    if (!worth && (len == 0 || w->numbers == 0)) return og__pickle_put_text(at, v.u.p, len, framed);
    uint32_t hint;
    known = og__pickle_intern_str(w, v, &hint);
    if (known) return put_get(at, known->number); /* each was worth its number, so that is shorter */
    at = og__pickle_put_text(at, v.u.p, len, framed);
    if (!worth) return at;
    if (og__pickle_intern_put(w, v, hint, w->numbers) < 0) return NULL;
    return put_memoize(at, w->numbers++, framed && w->memoizes);
}

static OG__HOT uint8_t *put_scalar(og__writer *w, uint8_t *at, og_value v, bool framed)
{
    switch (og_kind_of(v)) {
    case OG_NONE: *at = OG__OP_NONE; return at + 1;
    case OG_BOOL: return og__pickle_put_bool(w->protocol, at, v.meta & OG__F_TRUE);
    case OG_INT: return og__pickle_put_any_int(w->protocol, at, v);
    case OG_FLOAT: return og__pickle_put_float(at, (uint64_t)v.u.i);
    case OG_STR: return put_str(w, at, v, framed);
    default: return NULL;
    }
}

/* What is no str has no length. */
static inline bool fits(const og__writer *w, og_value v, ptrdiff_t room)
{
    ptrdiff_t head = w->protocol < 2 ? OG__LINE_MOST : OG__HEAD_MOST;
    return room > (ptrdiff_t)og__value_len(v) + head;
}

/* Everything is there twice: for protocols 4 and 5, which have frames, and for 1 to 3. */
static OG__HOT size_t write_scalars(og__writer *w, const og_value *items, size_t count, bool framed)
{
    size_t full = framed ? w->frame_at + OG__FRAME_TARGET : SIZE_MAX;
    uint8_t *at = w->out->data + w->out->len;
    const uint8_t *end = w->out->data + (full < w->room ? full : w->room);
    const uint8_t *any = end - at > OG__STR_MOST + OG__LINE_MOST ? end - OG__STR_MOST - OG__LINE_MOST
                                                                 : at; /* all fit before */
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
