/* SPDX-License-Identifier: MIT */
/* Writes a value whole, or opens a frame that writes the rest of it. */
#include "codec/pickle/write/writer.h"

/* The empty container that items go into. */
int og__pickle_put_empty(og__writer *w, og__opcode binary, og__opcode text)
{
    if (w->protocol > 0) return og__pickle_put_op(w, binary);
    int status = og__pickle_put_op(w, OG__OP_MARK);
    return status < 0 ? status : og__pickle_put_op(w, text);
}

static int open_mutable(og__writer *w, og_value v, size_t depth)
{
    const og__node *node = og__value_node_of(v);
    bool dict = og_kind_of(v) == OG_DICT;
    int status = og_kind_of(v) == OG_SET ? og__pickle_put_op(w, OG__OP_EMPTY_SET)
                 : dict                  ? og__pickle_put_empty(w, OG__OP_EMPTY_DICT, OG__OP_DICT)
                                         : og__pickle_put_empty(w, OG__OP_EMPTY_LIST, OG__OP_LIST);
    if (status == OG_OK) status = og__pickle_memoize_node(w, v);
    if (status < 0) return status;
    if (depth >= w->max_depth) return og__pickle_frame_push(w, OG__FRAME_RUN, v, depth) ? 0 : OG_ELIMIT;
    return og__pickle_run_push(w, v, node->items, dict ? 2 * (size_t)node->count : node->count, depth);
}

/* A list or dict that is not met again, from protocol 4 on: as open_mutable() would. */
static int open_usual(og__writer *w, og_value v, size_t depth)
{
    const og__node *node = og__value_node_of(v);
    bool dict = og_kind_of(v) == OG_DICT;
    size_t count = dict ? 2 * (size_t)node->count : node->count;
    bool single = node->count == 1;
    if (count == 0) return og__pickle_put_op(w, dict ? OG__OP_EMPTY_DICT : OG__OP_EMPTY_LIST);
    uint8_t *at = og__pickle_put(w, single ? 1 : 2);
    if (!at) return OG_ENOMEM;
    at[0] = dict ? OG__OP_EMPTY_DICT : OG__OP_EMPTY_LIST;
    if (!single) at[1] = OG__OP_MARK;
    size_t most = dict ? 2 * OG__BATCH : OG__BATCH;
    size_t until = count < most ? count : most;
    size_t done = og__pickle_write_scalars(w, node->items, until);
    uint8_t one = (uint8_t)og__pickle_op_of_one(v);
    uint8_t many = (uint8_t)og__pickle_op_of_many(v);
    if (done == count) return og__pickle_put_op(w, single ? one : many);
    og__frame *f = og__pickle_frame_push(w, OG__FRAME_RUN, v, depth);
    if (!f) return OG_ELIMIT;
    f->items = node->items;
    f->count = count;
    f->index = done;
    f->until = until;
    f->step = single ? 2 : 1;
    f->one = one;
    f->many = many;
    return 1;
}

/* Sets and frozensets below protocol 4: a call with a list. */
static int open_wrapped(og__writer *w, og_value v, size_t depth)
{
    og__frame *f = og__pickle_frame_push(w, OG__FRAME_WRAPPED, v, depth);
    if (!f) return OG_ELIMIT;
    int status = og__pickle_save_wait(w, f);
    if (status == OG_OK)
        status = og__pickle_write_name(w, og_kind_of(v) == OG_SET ? OG__NAME_SET : OG__NAME_FROZENSET);
    if (status == OG_OK) status = og__pickle_args_begin(w);
    if (status == OG_OK) status = og__pickle_put_empty(w, OG__OP_EMPTY_LIST, OG__OP_LIST);
    return status < 0 ? status : 1;
}

bool og__pickle_tuple_is_marked(const og__writer *w, og_value v)
{
    return og_kind_of(v) == OG_FROZENSET || og__value_node_of(v)->count > 3 || w->protocol < 2;
}

static int open_tuple(og__writer *w, og_value v, size_t depth)
{
    const og__node *node = og__value_node_of(v);
    og__frame *f = og__pickle_frame_push(w, OG__FRAME_TUPLE, v, depth);
    if (!f) return OG_ELIMIT;
    f->items = node->items;
    f->count = node->count;
    if (node->count == 0 && og_kind_of(v) == OG_TUPLE) return 1;
    int status = og__pickle_save_wait(w, f);
    if (status == OG_OK && og__pickle_tuple_is_marked(w, v)) status = og__pickle_put_op(w, OG__OP_MARK);
    return status < 0 ? status : 1;
}

static int open_object(og__writer *w, og_value v, size_t depth)
{
    og__frame *f = og__pickle_frame_push(w, OG__FRAME_OBJECT, v, depth);
    if (!f) return OG_ELIMIT;
    f->part = og__value_node_of(v)->items;
    int status = og__pickle_save_wait(w, f);
    return status < 0 ? status : 1;
}

int og__pickle_write_value(og__writer *w, og_value v, size_t depth)
{
    og_kind kind = og_kind_of(v);
    if (kind < OG_BYTEARRAY || kind == OG_CLASS) return og__pickle_write_scalar(w, v);
    if (og__pickle_may_recur(w, v)) {
        int status;
        if (og__pickle_met_before(w, v, &depth, &status)) return status;
    }
    switch (kind) {
    case OG_BYTEARRAY: return og__pickle_write_bytearray(w, v);
    case OG_LIST:
    case OG_DICT:
        if (w->protocol < 4 || og__pickle_may_recur(w, v) || depth >= w->max_depth)
            return open_mutable(w, v, depth);
        return open_usual(w, v, depth);
    case OG_SET: return w->protocol >= 4 ? open_mutable(w, v, depth) : open_wrapped(w, v, depth);
    case OG_FROZENSET: return w->protocol >= 4 ? open_tuple(w, v, depth) : open_wrapped(w, v, depth);
    case OG_TUPLE: return open_tuple(w, v, depth);
    case OG_OBJECT: return open_object(w, v, depth);
    default: return og__pickle_writer_fail(w, OG_EINVAL, "there is no value");
    }
}
