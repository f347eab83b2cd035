/* SPDX-License-Identifier: MIT */
/* Writes values as a pickle: the loop over open containers, lists, dicts, sets and tuples. */
#include "base/alloc.h"
#include "base/options.h"
#include "codec/pickle/write/writer.h"

#include <stdlib.h>

enum { DEFAULT_DEPTH = 1000, BATCH = 16384, LATE_BATCH = 1000, FIRST_OPEN = 32, OPEN_A_DEPTH = 8 };

/* ---- Frames of open containers ---- */

og__frame *og__pickle_frame_push(og__writer *w, og__frame_kind kind, og_value v, size_t depth)
{
    if (depth >= w->max_depth || w->open_count / OPEN_A_DEPTH > w->max_depth) {
        og__pickle_writer_fail(w, OG_ELIMIT, "values nest deeper than %zu; raise max_depth to allow it",
                               w->max_depth);
        return NULL;
    }
    if (w->open_count == w->open_cap) {
        size_t cap = w->open_cap ? w->open_cap * 2 : FIRST_OPEN;
        og__frame *open =
            og__base_realloc(w->out->alloc, w->open, w->open_cap * sizeof *open, cap * sizeof *open);
        if (!open) {
            og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
            return NULL;
        }
        w->open = open;
        w->open_cap = cap;
    }
    og__frame *f = &w->open[w->open_count++];
    *f = (og__frame){.value = v, .depth = (uint32_t)depth, .kind = (uint8_t)kind};
    return f;
}

int og__pickle_save_wait(og__writer *w, og__frame *f)
{
    if (!og__pickle_may_recur(w, f->value)) return OG_OK;
    bool fresh;
    uint64_t open = (uint64_t)f->depth << OG__NODE_SHIFT | OG__NODE_OPEN;
    uint64_t *entry = og__value_map_put(&w->nodes, og__value_node_of(f->value), open, &fresh);
    if (!entry) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    f->waiting = true;
    w->waiting++;
    return OG_OK;
}

static void wait_no_more(og__writer *w, og__frame *f)
{
    if (f->waiting) w->waiting--;
    f->waiting = false;
}

int og__pickle_made(og__writer *w, og__frame *f)
{
    uint32_t number;
    wait_no_more(w, f);
    if (og__pickle_node_number(w, f->value, &number)) {
        int status = og__pickle_put_op(w, OG__OP_POP);
        return status < 0 ? status : og__pickle_put_get(w, number);
    }
    return og__pickle_memoize_node(w, f->value);
}

int og__pickle_make_of(og__writer *w, og__frame *f, og__opcode op, size_t parts, bool marked)
{
    uint32_t number;
    wait_no_more(w, f);
    if (!og__pickle_node_number(w, f->value, &number)) {
        int status = og__pickle_put_op(w, op);
        return status < 0 ? status : og__pickle_memoize_node(w, f->value);
    }
    int status = OG_OK;
    if (marked && w->protocol > 0) {
        status = og__pickle_put_op(w, OG__OP_POP_MARK);
    } else {
        for (size_t i = 0; i < parts + marked && status == OG_OK; i++)
            status = og__pickle_put_op(w, OG__OP_POP);
    }
    return status < 0 ? status : og__pickle_put_get(w, number);
}

/* ---- Runs of items ---- */

/* The opcode that puts one item or pair into a container; 0: there is none. */
static og__opcode op_of_one(og_value container)
{
    og_kind kind = og_kind_of(container);
    return kind == OG_DICT ? OG__OP_SETITEM : kind == OG_SET ? 0 : OG__OP_APPEND;
}

/* The one that puts all above a mark. */
static og__opcode op_of_many(og_value container)
{
    og_kind kind = og_kind_of(container);
    return kind == OG_DICT ? OG__OP_SETITEMS : kind == OG_SET ? OG__OP_ADDITEMS : OG__OP_APPENDS;
}

/* Begins the next batch of a run: a mark, unless it is one item or protocol 0. What was met half-filled by
 * what it holds is filled in CPython's steps, so that it is met as it was. */
static int begin_batch(og__writer *w, og__frame *f)
{
    size_t batch = w->places || (og__value_node_of(f->value)->flags & OG__N_LATE) ? LATE_BATCH : BATCH;
    size_t unit = f->one == OG__OP_SETITEM ? 2 : 1;
    size_t left = f->count - f->index;
    bool single = f->one && (left == unit || w->protocol == 0);
    size_t most = single ? unit : batch * unit;
    f->since = f->index;
    f->until = f->index + (left < most ? left : most);
    f->step = single ? 2 : 1;
    return single ? OG_OK : og__pickle_put_op(w, OG__OP_MARK);
}

int og__pickle_run_push(og__writer *w, og_value container, const og_value *items, size_t count, size_t depth)
{
    og__frame run = {.value = container,
                     .items = items,
                     .count = count,
                     .depth = (uint32_t)depth,
                     .kind = OG__FRAME_RUN,
                     .one = (uint8_t)op_of_one(container),
                     .many = (uint8_t)op_of_many(container)};
    if (count == 0) return 0;
    int status = begin_batch(w, &run);
    if (status < 0) return status;
    if (depth < w->max_depth) run.index = og__pickle_write_plain(w, items, run.until);
    if (run.index == count)
        return og__pickle_put_op(w, run.step == 1 ? run.many : run.one); /* no frame is needed */
    og__frame *f = og__pickle_frame_push(w, OG__FRAME_RUN, container, depth);
    if (!f) return OG_ELIMIT;
    *f = run;
    return 1;
}

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
            status = begin_batch(w, f);
        } else if (f->index < f->until) {
            f->index += og__pickle_write_plain(w, f->items + f->index, f->until - f->index);
            if (f->index < f->until) status = og__pickle_write_value(w, f->items[f->index++], f->depth + 1u);
        } else {
            status = og__pickle_put_op(w, f->step == 1 ? f->many : f->one);
            f->step = 0;
        }
        if (status != 0) return status;
    }
}

/* ---- Containers ---- */

/* The empty container that items go into. */
static int put_empty(og__writer *w, og__opcode binary, og__opcode text)
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
                 : dict                  ? put_empty(w, OG__OP_EMPTY_DICT, OG__OP_DICT)
                                         : put_empty(w, OG__OP_EMPTY_LIST, OG__OP_LIST);
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
    size_t most = dict ? 2 * BATCH : BATCH;
    size_t until = count < most ? count : most;
    size_t done = og__pickle_write_plain(w, node->items, until);
    uint8_t one = (uint8_t)op_of_one(v);
    uint8_t many = (uint8_t)op_of_many(v);
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
    if (status == OG_OK) status = put_empty(w, OG__OP_EMPTY_LIST, OG__OP_LIST);
    return status < 0 ? status : 1;
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
    return status < 0 ? status : og__pickle_made(w, f);
}

static bool tuple_is_marked(const og__writer *w, og_value v)
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
    if (status == OG_OK && tuple_is_marked(w, v)) status = og__pickle_put_op(w, OG__OP_MARK);
    return status < 0 ? status : 1;
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
        return put_empty(w, OG__OP_EMPTY_TUPLE, OG__OP_TUPLE);
    bool marked = tuple_is_marked(w, f->value);
    og__opcode op = og_kind_of(f->value) == OG_FROZENSET ? OG__OP_FROZENSET
                    : marked                             ? OG__OP_TUPLE
                                                         : short_ops[f->count];
    return og__pickle_make_of(w, f, op, f->count, marked);
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

static int write_all(og__writer *w, og_value value)
{
    int status = w->protocol >= 2 ? og__pickle_put_op_le(w, OG__OP_PROTO, (uint64_t)w->protocol, 1) : OG_OK;
    if (status == OG_OK) status = og__pickle_frame_open(w);
    if (!w->places && og__value_has_node(value) && (og__value_node_of(value)->flags & OG__N_PLACED))
        w->root = og__value_node_of(value);
    if (status == OG_OK) status = og__pickle_write_value(w, value, 0);
    while (status >= 0 && w->open_count > 0) {
        size_t self = w->open_count - 1;
        status = go_on(w);
        if (status == 0 && w->open[self].twice) status = og__pickle_put_op(w, OG__OP_POP);
        if (status == 0) w->open_count = self;
    }
    if (status >= 0) status = og__pickle_put_op(w, OG__OP_STOP);
    return status < 0 ? status : og__pickle_frame_close(w);
}

int og__pickle_writer_run(og__writer *w, og_value value, size_t max_bytes)
{
    og_buf *out = w->out;
    size_t start = out->len;
    size_t limit = out->limit;
    if (max_bytes && max_bytes <= SIZE_MAX - start && (limit == 0 || limit > start + max_bytes))
        out->limit = start + max_bytes;
    int status = write_all(w, value);
    if (status < 0) out->len = start;
    out->limit = limit;
    og__value_map_free(&w->nodes);
    og__pickle_said_free(w);
    og__base_free(out->alloc, w->open, w->open_cap * sizeof *w->open);
    return status < 0 ? status : OG_OK;
}

static int take_options(og__writer *w, const og_pickle_write_options *o)
{
    w->protocol = o->protocol == 0                      ? OG_PICKLE_DEFAULT_PROTOCOL
                  : o->protocol == OG_PICKLE_PROTOCOL_0 ? 0
                                                        : o->protocol;
    w->max_depth = o->max_depth ? o->max_depth : DEFAULT_DEPTH;
    if (w->protocol >= 0 && w->protocol <= OG_PICKLE_HIGHEST_PROTOCOL && w->max_depth < UINT32_MAX)
        return OG_OK;
    return og__pickle_writer_fail(w, OG_EINVAL, "protocol %d is not known; 0 to 5 are", o->protocol);
}

int og_pickle_write(og_value value, og_buf *out, const og_pickle_write_options *options, og_error *err)
{
    og_pickle_write_options o;
    int status = og__base_options_take(&o, sizeof o, options, err);
    if (status < 0) return status;
    og__writer w = {
        .out = out, .room = out->len, .frame_at = SIZE_MAX, .err = err, .nodes = {.alloc = out->alloc}};
    status = take_options(&w, &o);
    if (status < 0) return status;
    return og__pickle_writer_run(&w, value, o.max_bytes);
}

void *og_pickle_dumps(og_value value, size_t *len, const og_pickle_write_options *options, og_error *err)
{
    og_buf out = OG_BUF_INIT;
    if (og_pickle_write(value, &out, options, err) < 0) {
        og_buf_free(&out);
        return NULL;
    }
    *len = out.len;
    return out.data;
}
