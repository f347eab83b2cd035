/* SPDX-License-Identifier: MIT */
/* The pickle writer's bytes, frames, and memo: which nodes were written already. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/plural.h"
#include "codec/pickle/write/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Frames as CPython cuts them; shorter ones than the least are not worth their head. */
enum { FRAME_HEAD = 9, FRAME_LEAST = 4 };

int og__pickle_writer_fail(og__writer *w, og_status code, const char *format, ...)
{
    if (!w->err) return code;
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return og_error_set(w->err, code, OG_NO_POSITION, "cannot pickle: %s", text);
}

/* ---- Bytes ---- */

void og__pickle_writer_bound(og__writer *w)
{
    og__bound *bound = &w->small->bound;
    const og_value root = {.meta = bound->meta};
    size_t limit = w->out->limit ? w->out->limit : SIZE_MAX;
    size_t most = limit > bound->start ? limit - bound->start : 0;
    size_t growth = og__value_most(root, bound->o->max_growth);
    if (bound->o->max_bytes && bound->o->max_bytes < most) most = bound->o->max_bytes;
    bound->source = growth < most ? og__value_home(root)->source : 0;
    if (growth < most) most = growth;
    bound->end = bound->start + most;
    bound->state = OG__BOUND_FOR_GOOD;
}

static int refuse_growth(og__writer *w)
{
    og__bound *bound = &w->small->bound;
    size_t most = bound->end - bound->start;
    bound->state = OG__BOUND_PASSED;
    if (bound->source) return og__pickle_writer_fail(w, OG_ELIMIT, OG__GROWTH_SENTENCE, most, bound->source);
    return og__pickle_writer_fail(w, OG_ELIMIT, "it would be longer than %zu byte%s; raise max_bytes", most,
                                  og__base_plural(most));
}

static bool is_within(const og__bound *bound, size_t len, size_t size)
{
    return len <= bound->end && size <= bound->end - len;
}

int og__pickle_writer_grow(og__writer *w, size_t size)
{
    og_buf *out = w->out;
    og__bound *bound = &w->small->bound;
    if (bound->state == OG__BOUND_FOR_NOW && !is_within(bound, out->len, size)) og__pickle_writer_bound(w);
    if (!is_within(bound, out->len, size)) return refuse_growth(w);
    if (size > out->cap - out->len && og_buf_reserve(out, size) < 0)
        return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    w->room = out->cap < bound->end ? out->cap : bound->end;
    return OG_OK;
}

int og__pickle_put_op_le(og__writer *w, og__opcode op, uint64_t number, size_t size)
{
    uint8_t *at = og__pickle_put(w, 1 + size);
    if (!at) return OG_ENOMEM;
    *at++ = (uint8_t)op;
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(number >> (8 * i));
    return OG_OK;
}

int og__pickle_put_op_bytes(og__writer *w, og__opcode op, const void *bytes, size_t len)
{
    if (len == SIZE_MAX) return og__pickle_writer_fail(w, OG_ELIMIT, "a string is too long");
    uint8_t *at = og__pickle_put(w, 1 + len);
    if (!at) return OG_ENOMEM;
    *at = (uint8_t)op;
    if (len) memcpy(at + 1, bytes, len);
    return OG_OK;
}

int og__pickle_frame_open(og__writer *w)
{
    if (w->protocol < 4) return OG_OK;
    w->frame_at = w->out->len;
    uint8_t *head = og__pickle_put(w, FRAME_HEAD);
    if (!head) return OG_ENOMEM;
    head[0] = OG__OP_FRAME; /* its length is written when it is closed */
    return OG_OK;
}

int og__pickle_frame_close(og__writer *w)
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
    og__base_store8(head + 1, len);
    return OG_OK;
}

/* ---- Numbers ---- */

static int put_line(og__writer *w, og__opcode op, uint32_t number)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u\n", number);
    return og__pickle_put_op_bytes(w, op, text, (size_t)len);
}

int og__pickle_memoize(og__writer *w, uint32_t *number)
{
    if (w->numbers == UINT32_MAX) return og__pickle_writer_fail(w, OG_ELIMIT, "too many values for a memo");
    *number = w->numbers++;
    if (w->memoizes) return og__pickle_put_op(w, OG__OP_MEMOIZE);
    if (w->protocol == 0) return put_line(w, OG__OP_PUT, *number);
    if (*number < 256) return og__pickle_put_op_le(w, OG__OP_BINPUT, *number, 1);
    return og__pickle_put_op_le(w, OG__OP_LONG_BINPUT, *number, 4);
}

/* A call that is dropped before a fetch is how picklers end an object that holds itself. One that was made
 * for what it does is kept apart from it. */
static int keep_call(og__writer *w)
{
    int status = og__pickle_put_op(w, OG__OP_NONE);
    return status < 0 ? status : og__pickle_put_op(w, OG__OP_POP);
}

int og__pickle_put_get(og__writer *w, uint32_t number)
{
    int status = w->out->len == w->call_end ? keep_call(w) : OG_OK;
    if (status < 0) return status;
    if (w->protocol == 0) return put_line(w, OG__OP_GET, number);
    if (number < 256) return og__pickle_put_op_le(w, OG__OP_BINGET, number, 1);
    return og__pickle_put_op_le(w, OG__OP_LONG_BINGET, number, 4);
}

/* ---- Nodes ---- */

uint64_t *og__pickle_node_entry(og__writer *w, og_value v, uint64_t first)
{
    bool fresh;
    if (!w->nodes.slots) og__value_map_lend(&w->nodes, w->small->nodes, OG__FEW_NODES_LOG2);
    uint64_t *entry = og__value_map_put(&w->nodes, og__value_node_of(v), first, &fresh);
    if (!entry) og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    return entry;
}

bool og__pickle_is_shared(const og__writer *w, og_value v)
{
    const uint64_t *count = og__value_map_find(w->references, og__value_node_of(v));
    return count && *count > 1;
}

bool og__pickle_node_number(const og__writer *w, og_value v, uint32_t *number)
{
    const uint64_t *entry = og__value_map_find(&w->nodes, og__value_node_of(v));
    if (!entry || (*entry & OG__NODE_STATE) != OG__NODE_NUMBERED) return false;
    *number = (uint32_t)(*entry >> OG__NODE_SHIFT);
    return true;
}

int og__pickle_memoize_node(og__writer *w, og_value v)
{
    if (!og__pickle_may_recur(w, v) && !og__value_map_find(&w->nodes, og__value_node_of(v))) return OG_OK;
    uint32_t number = 0;
    int status = og__pickle_memoize(w, &number);
    if (status < 0) return status;
    uint64_t *entry = og__pickle_node_entry(w, v, 0);
    if (!entry) return OG_ENOMEM;
    *entry = (uint64_t)number << OG__NODE_SHIFT | OG__NODE_NUMBERED;
    return OG_OK;
}
