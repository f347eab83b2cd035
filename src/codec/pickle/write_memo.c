/* SPDX-License-Identifier: MIT */
/* The pickle writer's bytes, frames, and memo: what was written already, by node or by content. */
#include "base/alloc.h"
#include "codec/pickle/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Frames as CPython cuts them; shorter ones than the least are not worth their head. */
enum { FRAME_HEAD = 9, FRAME_LEAST = 4, FIRST_SAID = 64, HASHED = 64 };

int og__writer_fail(og__writer *w, og_status code, const char *format, ...)
{
    if (!w->err) return code;
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return og_error_set(w->err, code, OG_NO_POSITION, "cannot pickle: %s", text);
}

/* ---- Bytes ----------------------------------------------------------------------------------------------
 */

int og__writer_grow(og__writer *w, size_t size)
{
    int status = og_buf_reserve(w->out, size);
    if (status == OG_ELIMIT)
        return og__writer_fail(w, OG_ELIMIT, "it would be longer than %zu bytes", w->out->limit);
    if (status < 0) return og__writer_fail(w, OG_ENOMEM, "out of memory");
    w->room = w->out->cap;
    if (w->out->limit && w->room > w->out->limit) w->room = w->out->limit;
    return OG_OK;
}

int og__put_op_le(og__writer *w, og__opcode op, uint64_t number, size_t size)
{
    uint8_t *at = og__put(w, 1 + size);
    if (!at) return OG_ENOMEM;
    *at++ = (uint8_t)op;
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(number >> (8 * i));
    return OG_OK;
}

int og__put_op_bytes(og__writer *w, og__opcode op, const void *bytes, size_t len)
{
    if (len == SIZE_MAX) return og__writer_fail(w, OG_ELIMIT, "a string is too long");
    uint8_t *at = og__put(w, 1 + len);
    if (!at) return OG_ENOMEM;
    *at = (uint8_t)op;
    if (len) memcpy(at + 1, bytes, len);
    return OG_OK;
}

int og__frame_open(og__writer *w)
{
    if (w->protocol < 4) return OG_OK;
    w->frame_at = w->out->len;
    return og__put_op_le(w, OG__OP_FRAME, 0, 8);
}

int og__frame_close(og__writer *w)
{
    if (w->frame_at == SIZE_MAX) return OG_OK;
    uint8_t *head = w->out->data + w->frame_at;
    size_t len = w->out->len - w->frame_at - FRAME_HEAD;
    w->frame_at = SIZE_MAX;
    if (len < FRAME_LEAST) {
        memmove(head, head + FRAME_HEAD, len);
        w->out->len -= FRAME_HEAD;
        return OG_OK;
    }
    for (size_t i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)((uint64_t)len >> (8 * i));
    return OG_OK;
}

/* ---- Numbers --------------------------------------------------------------------------------------------
 */

static int put_line(og__writer *w, og__opcode op, uint32_t number)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u\n", number);
    return og__put_op_bytes(w, op, text, (size_t)len);
}

int og__memoize(og__writer *w, uint32_t *number)
{
    if (w->numbers == UINT32_MAX) return og__writer_fail(w, OG_ELIMIT, "too many values for a memo");
    *number = w->numbers++;
    if (w->protocol >= 4) return og__put_op(w, OG__OP_MEMOIZE);
    if (w->protocol == 0) return put_line(w, OG__OP_PUT, *number);
    if (*number < 256) return og__put_op_le(w, OG__OP_BINPUT, *number, 1);
    return og__put_op_le(w, OG__OP_LONG_BINPUT, *number, 4);
}

int og__put_get(og__writer *w, uint32_t number)
{
    if (w->protocol == 0) return put_line(w, OG__OP_GET, number);
    if (number < 256) return og__put_op_le(w, OG__OP_BINGET, number, 1);
    return og__put_op_le(w, OG__OP_LONG_BINGET, number, 4);
}

/* ---- Nodes ----------------------------------------------------------------------------------------------
 */

bool og__may_stand_twice(const og__writer *w, og_value v)
{
    if (!w->places) return og__is_shared(v);
    const uint64_t *count = og__map_find(w->places, og__node_of(v));
    return count && *count > 1;
}

bool og__may_recur(const og__writer *w, og_value v)
{
    return w->waiting > 0 || og__may_stand_twice(w, v) || og__node_of(v) == w->root;
}

bool og__node_number(const og__writer *w, og_value v, uint32_t *number)
{
    const uint64_t *entry = og__map_find(&w->nodes, og__node_of(v));
    if (!entry || (*entry & OG__NODE_STATE) != OG__NODE_NUMBERED) return false;
    *number = (uint32_t)(*entry >> OG__NODE_SHIFT);
    return true;
}

int og__memoize_node(og__writer *w, og_value v)
{
    if (!og__may_recur(w, v) && !og__map_find(&w->nodes, og__node_of(v))) return OG_OK;
    uint32_t number;
    int status = og__memoize(w, &number);
    if (status < 0) return status;
    bool fresh;
    uint64_t *entry = og__map_put(&w->nodes, og__node_of(v), 0, &fresh);
    if (!entry) return og__writer_fail(w, OG_ENOMEM, "out of memory");
    *entry = (uint64_t)number << OG__NODE_SHIFT | OG__NODE_NUMBERED | (*entry & OG__NODE_ONCE);
    return OG_OK;
}

/* ---- What was said --------------------------------------------------------------------------------------
 */

static uint32_t hash_bytes(uint64_t hash, const uint8_t *bytes, size_t len)
{
    const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t word;
    for (; len >= 8; bytes += 8, len -= 8) {
        memcpy(&word, bytes, 8);
        hash = (hash ^ word) * prime;
        hash ^= hash >> 29;
    }
    word = 0;
    if (len) memcpy(&word, bytes, len);
    hash = (hash ^ word) * prime;
    return (uint32_t)(hash >> 32);
}

/* Long strings are the same only when they stand in the same place: looking at all their bytes would cost
 * more than it saves. */
static uint32_t hash_of(const og__writer *w, og_value v)
{
    if (og_kind_of(v) == OG_CLASS) {
        const og_value *names = og__node_of(v)->items;
        uint32_t first = hash_bytes(3, names[0].u.p, og__value_len(names[0]));
        return hash_bytes(first, names[1].u.p, og__value_len(names[1]));
    }
    size_t len = og__value_len(v);
    uint64_t seed = (uint64_t)len << 8 | og_kind_of(v);
    if (len <= HASHED || w->places) return hash_bytes(seed, v.u.p, len);
    return hash_bytes(seed, (const uint8_t *)&v.u.p, sizeof v.u.p);
}

static bool same_text(const og__writer *w, og_value a, og_value b)
{
    size_t len = og__value_len(a);
    if (len != og__value_len(b)) return false;
    return a.u.p == b.u.p || ((len <= HASHED || w->places) && memcmp(a.u.p, b.u.p, len) == 0);
}

static bool same(const og__writer *w, og_value a, og_value b)
{
    if (og_kind_of(a) != og_kind_of(b)) return false;
    if (og_kind_of(a) != OG_CLASS) return same_text(w, a, b);
    const og_value *one = og__node_of(a)->items;
    const og_value *other = og__node_of(b)->items;
    return same_text(w, one[0], other[0]) && same_text(w, one[1], other[1]);
}

static og__said *probe(const og__writer *w, og__said *said, size_t cap, og_value v, uint32_t hash)
{
    size_t at = hash & (cap - 1);
    while (og_valid(said[at].value) && (said[at].hash != hash || !same(w, said[at].value, v)))
        at = (at + 1) & (cap - 1);
    return &said[at];
}

static int grow_said(og__writer *w)
{
    size_t cap = w->said_cap ? w->said_cap * 2 : FIRST_SAID;
    og__said *said = og__alloc(w->out->alloc, cap * sizeof *said);
    if (!said) return og__writer_fail(w, OG_ENOMEM, "out of memory");
    memset(said, 0, cap * sizeof *said);
    for (size_t i = 0; i < w->said_cap; i++) {
        if (og_valid(w->said[i].value)) *probe(w, said, cap, w->said[i].value, w->said[i].hash) = w->said[i];
    }
    og__free(w->out->alloc, w->said, w->said_cap * sizeof *said);
    w->said = said;
    w->said_cap = cap;
    return OG_OK;
}

og__said *og__said_find(og__writer *w, og_value value)
{
    if (w->said_count >= w->said_cap / 2 && grow_said(w) < 0) return NULL;
    uint32_t hash = hash_of(w, value);
    og__said *entry = probe(w, w->said, w->said_cap, value, hash);
    if (!og_valid(entry->value)) entry->hash = hash;
    return entry;
}

int og__said_add(og__writer *w, og_value value)
{
    uint32_t number;
    int status = og__memoize(w, &number);
    og__said *entry = status < 0 ? NULL : og__said_find(w, value);
    if (!entry) return OG_ENOMEM;
    entry->value = value;
    entry->number = number;
    w->said_count++;
    return OG_OK;
}
