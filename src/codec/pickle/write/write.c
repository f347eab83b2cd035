/* SPDX-License-Identifier: MIT */
/* Writes values as a pickle: the loop over the frames of open containers. */
#include "base/alloc.h"
#include "codec/pickle/write/writer.h"

#include <string.h>

/* ---- Going on with a frame ---- */

/* What was filled meanwhile has all that is in hand: takes that off the stack. */
static int drop_batch(og__writer *w, const og__frame *f)
{
    if (f->step == 1) return og__pickle_put_op(w, OG__OP_POP_MARK);
    int status = OG_OK;
    for (size_t i = f->since; i < f->index && status == OG_OK; i++)
        status = og__pickle_put_op(w, OG__OP_POP);
    return status;
}

/* 0 when the run is written, 1 when a frame above it was opened. The frame may have moved then. */
static int go_on_run(og__writer *w, size_t self)
{
    for (;;) {
        og__frame *f = &w->open[self];
        int status = 0;
        if (f->dropped) return drop_batch(w, f);
        if (f->step == 0) {
            if (f->index == f->count) return 0;
            status = og__pickle_batch_begin(w, f);
        } else if (f->index < f->until) {
            f->index += og__pickle_write_scalars(w, f->items + f->index, f->until - f->index);
            if (f->index < f->until) status = og__pickle_write_value(w, f->items[f->index++], f->depth + 1u);
        } else {
            status = og__pickle_put_op(w, f->step == 1 ? f->many : f->one);
            f->step = 0;
        }
        if (status != 0) return status;
    }
}

/* The list first, then the call. */
static int go_on_wrapped(og__writer *w, size_t self)
{
    og__frame *f = &w->open[self];
    if (f->step++ == 0) {
        const og__node *node = og__value_node_of(f->value);
        og_value list = og__value_make(OG_LIST, 0, 0, node);
        int status = og__pickle_run_push(w, list, node->items, node->count, f->depth);
        if (status != 0) return status;
        f = &w->open[self];
    }
    int status = og__pickle_args_call(w, 1);
    return status < 0 ? status : og__pickle_finish(w, f);
}

static int go_on_tuple(og__writer *w, size_t self)
{
    static const uint8_t short_ops[] = {OG__OP_EMPTY_TUPLE, OG__OP_TUPLE1, OG__OP_TUPLE2, OG__OP_TUPLE3};
    og__frame *f = &w->open[self];
    while (f->index < f->count) {
        int status = og__pickle_write_value(w, f->items[f->index++], f->depth + 1u);
        if (status != 0) return status;
    }
    if (f->count == 0 && og_kind_of(f->value) == OG_TUPLE) /* there is only one: no need for the memo */
        return og__pickle_put_empty(w, OG__OP_EMPTY_TUPLE, OG__OP_TUPLE);
    bool marked = og__pickle_tuple_is_marked(w, f->value);
    og__opcode op = og_kind_of(f->value) == OG_FROZENSET ? OG__OP_FROZENSET
                    : marked                             ? OG__OP_TUPLE
                                                         : short_ops[f->count];
    return og__pickle_finish_parts(w, f, op, f->count, marked);
}

/* ---- The whole ---- */

static int go_on(og__writer *w)
{
    size_t self = w->open_count - 1;
    switch (w->open[self].kind) {
    case OG__FRAME_RUN: return go_on_run(w, self);
    case OG__FRAME_TUPLE: return go_on_tuple(w, self);
    case OG__FRAME_WRAPPED: return go_on_wrapped(w, self);
    default: return og__pickle_write_object(w, &w->open[self]);
    }
}

static int put_proto(og__writer *w)
{
    if (w->protocol < 2) return OG_OK;
    uint8_t *at = og__pickle_put(w, 2);
    if (!at) return OG_ENOMEM;
    at[0] = OG__OP_PROTO;
    at[1] = (uint8_t)w->protocol;
    return OG_OK;
}

static int write_all(og__writer *w, og_value value)
{
    int status = put_proto(w);
    if (status == OG_OK) status = og__pickle_frame_open(w);
    if (!w->references && og__value_has_node(value) && (og__value_node_of(value)->flags & OG__N_PLACED))
        w->root = og__value_node_of(value);
    if (status == OG_OK) status = og__pickle_write_value(w, value, 0);
    while (status >= 0 && w->open_count > 0) {
        size_t self = w->open_count - 1;
        status = go_on(w);
        if (status == 0 && w->open[self].duplicated) status = og__pickle_put_op(w, OG__OP_POP);
        if (status == 0) w->open_count = self;
    }
    if (status >= 0) status = og__pickle_put_op(w, OG__OP_STOP);
    return status < 0 ? status : og__pickle_frame_close(w);
}

int og__pickle_writer_run(og__writer *w, og_value value, const og_pickle_write_options *o)
{
    og_buf *out = w->out;
    og__writer_room small; /* of which is set what is used */
    small.bound.o = o;
    small.bound.meta = value.meta;
    small.bound.start = out->len;
    small.bound.end = out->len + OG_GROWTH_FREE;
    small.bound.state = OG__BOUND_FOR_NOW;
    w->small = &small;
    small.few.all[0] = (og__interned){.next = 0};
    memset(small.few.marks, 0, sizeof small.few.marks);
    w->interned = w->interned_last = small.few.all;
    w->interned_cap = OG__FEW_INTERNED;
    w->interned_count = 1;
    if (o->max_bytes - 1 < OG_GROWTH_FREE || out->limit - 1 < small.bound.end) og__pickle_writer_bound(w);
    w->open = small.open;
    w->open_cap = OG__FEW_OPEN;
    int status = write_all(w, value);
    if (status < 0) out->len = small.bound.start;
    if (w->nodes.slots) og__value_map_free(&w->nodes);
    og__pickle_intern_free(w);
    if (w->open != small.open) og__base_free(out->alloc, w->open, w->open_cap * sizeof *w->open);
    if (status >= 0) return OG_OK;
    return small.bound.state == OG__BOUND_PASSED ? OG_ELIMIT : status;
}

static int take_options(og__writer *w, const og_pickle_write_options *o)
{
    w->protocol = o->protocol == 0                      ? OG_PICKLE_DEFAULT_PROTOCOL
                  : o->protocol == OG_PICKLE_PROTOCOL_0 ? 0
                                                        : o->protocol;
    w->contained = o->self_contained;
    w->memoizes = w->protocol >= 4 && !o->self_contained;
    w->max_depth = o->max_depth ? o->max_depth : OG_MAX_DEPTH_DEFAULT;
    if (w->protocol >= 0 && w->protocol <= OG_PICKLE_HIGHEST_PROTOCOL && w->max_depth < UINT32_MAX)
        return OG_OK;
    return og__pickle_writer_fail(w, OG_EINVAL, "protocol %d is not known; 0 to 5 are", o->protocol);
}

int og__pickle_writer_write(og_value value, og_buf *out, const og_pickle_write_options *o, og_error *err)
{
    og__writer w = {
        .out = out, .room = out->len, .frame_at = SIZE_MAX, .err = err, .nodes = {.alloc = out->alloc}};
    int status = take_options(&w, o);
    return status < 0 ? status : og__pickle_writer_run(&w, value, o);
}
