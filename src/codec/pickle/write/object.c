/* SPDX-License-Identifier: MIT */
/* Writes inert objects back, so that Python builds what the original pickle would have built. */
#include "codec/pickle/write/writer.h"

#include <string.h>

static og_make make_of(const og__frame *f)
{
    return (og_make)og__value_node_of(f->value)->high;
}

static og_value kwargs_of(const og__frame *f)
{
    return f->part->more ? f->part->more->kwargs : (og_value){0};
}

/* Which of copyreg's functions makes the object; OG__NAMES: an opcode does. */
static og__name helper_of(const og__writer *w, const og__frame *f)
{
    if (make_of(f) != OG_MAKE_NEW) return OG__NAMES;
    if (!og_valid(f->part->args)) return OG__NAME_RECONSTRUCTOR;
    if (og_valid(kwargs_of(f))) return w->protocol < 4 ? OG__NAME_NEWOBJ_EX : OG__NAMES;
    return w->protocol < 2 ? OG__NAME_NEWOBJ : OG__NAMES;
}

/* What depends on more than the pickle: the reader's persistent_load(), its registry, its buffers. */
static int refuse_outside(og__writer *w, og_make how)
{
    return og__pickle_writer_fail(w, OG_EVALUE, "%s, of which nobody knows what it is to the receiver",
                                  how == OG_MAKE_PERSISTENT  ? "a persistent id"
                                  : how == OG_MAKE_EXTENSION ? "an extension code"
                                                             : "an out-of-band buffer");
}

static int put_extension(og__writer *w, og_value code)
{
    int64_t number;
    if (og_kind_of(code) != OG_INT || og_as_int64(code, &number) < 0 || number <= 0 || number > INT32_MAX)
        return og__pickle_writer_fail(w, OG_EVALUE,
                                      "an extension whose code is not an int from 1 to 2**31 - 1");
    if (number < 256) return og__pickle_put_op_le(w, OG__OP_EXT1, (uint64_t)number, 1);
    if (number < 65536) return og__pickle_put_op_le(w, OG__OP_EXT2, (uint64_t)number, 2);
    return og__pickle_put_op_le(w, OG__OP_EXT4, (uint64_t)number, 4);
}

/* Buffers are fetched in their order, so each must come where its number is due. */
static int put_buffer(og__writer *w, og_value number)
{
    bool readonly = og_kind_of(number) == OG_TUPLE;
    if (readonly) number = og_item(number, 0);
    int64_t n;
    if (w->protocol < 5)
        return og__pickle_writer_fail(w, OG_EVALUE, "an out-of-band buffer needs protocol 5");
    if (og_kind_of(number) != OG_INT || og_as_int64(number, &n) < 0 || n != w->buffers)
        return og__pickle_writer_fail(w, OG_EVALUE,
                                      "out-of-band buffers are not in the order of their numbers");
    w->buffers++;
    int status = og__pickle_put_op(w, OG__OP_NEXT_BUFFER);
    return status == OG_OK && readonly ? og__pickle_put_op(w, OG__OP_READONLY_BUFFER) : status;
}

/* What comes before the callable. */
static int begin(og__writer *w, og__frame *f)
{
    og__name helper = helper_of(w, f);
    if (make_of(f) == OG_MAKE_INSTANCE) return og__pickle_put_op(w, OG__OP_MARK);
    if (helper == OG__NAMES) return OG_OK;
    int status = og__pickle_write_name(w, helper);
    if (status < 0) return status;
    return helper == OG__NAME_NEWOBJ ? og__pickle_put_op(w, OG__OP_MARK) : og__pickle_args_begin(w);
}

/* True when the arguments go onto the stack one by one, not as a tuple. */
static bool args_apart(const og__writer *w, const og__frame *f)
{
    return make_of(f) == OG_MAKE_INSTANCE || helper_of(w, f) == OG__NAME_NEWOBJ;
}

/* A line for PERSID, in protocol 0. */
static bool is_line(og_value id)
{
    size_t len = 0;
    const char *text = og_kind_of(id) == OG_STR ? og_data(id, &len) : NULL;
    if (!text || memchr(text, '\n', len)) return false;
    for (size_t i = 0; i < len; i++) {
        if ((uint8_t)text[i] >= 0x80) return false;
    }
    return true;
}

static int put_persid(og__writer *w, og_value id)
{
    size_t len = 0;
    const char *text = og_data(id, &len);
    int status = og__pickle_put_op_bytes(w, OG__OP_PERSID, text, len);
    uint8_t *at = status < 0 ? NULL : og__pickle_put(w, 1);
    if (!at) return status < 0 ? status : OG_ENOMEM;
    *at = '\n';
    return OG_OK;
}

static int write_args(og__writer *w, og__frame *f)
{
    og_value args = f->part->args;
    og_make how = make_of(f);
    if (how == OG_MAKE_EXTENSION || how == OG_MAKE_BUFFER) return OG_OK;
    if (how == OG_MAKE_PERSISTENT)
        return w->protocol == 0 && is_line(args) ? OG_OK : og__pickle_write_value(w, args, f->depth + 1u);
    if (how == OG_MAKE_NEW && !og_valid(args)) {
        int status = og__pickle_write_name(w, OG__NAME_OBJECT);
        return status < 0 ? status : og__pickle_put_op(w, OG__OP_NONE);
    }
    if (!args_apart(w, f)) return og__pickle_write_value(w, args, f->depth + 1u);
    if (og_kind_of(args) != OG_TUPLE)
        return og__pickle_writer_fail(w, OG_EVALUE, "arguments that are not a tuple");
    while (f->index < og_len(args)) {
        f->step =
            f->index + 1 < og_len(args) ? OG__STEP_ARGS : OG__STEP_KWARGS; /* come back for the others */
        int status = og__pickle_write_value(w, og_item(args, f->index++), f->depth + 1u);
        if (status != 0) return status;
    }
    return OG_OK;
}

/* The call of a helper. */
static int call(og__writer *w, og__frame *f)
{
    if (helper_of(w, f) != OG__NAME_NEWOBJ) return og__pickle_args_call(w, 3);
    int status = og__pickle_put_op(w, OG__OP_TUPLE);
    return status < 0 ? status : og__pickle_put_op(w, OG__OP_REDUCE);
}

static int make(og__writer *w, og__frame *f)
{
    int status = OG_EINVAL;
    bool outside = make_of(f) >= OG_MAKE_PERSISTENT;
    if (outside && w->contained) return refuse_outside(w, make_of(f));
    switch (make_of(f)) {
    case OG_MAKE_CALL: status = og__pickle_put_op(w, OG__OP_REDUCE); break;
    case OG_MAKE_NEW:
        if (helper_of(w, f) != OG__NAMES) {
            status = call(w, f);
        } else {
            status = og__pickle_put_op(w, og_valid(kwargs_of(f)) ? OG__OP_NEWOBJ_EX : OG__OP_NEWOBJ);
        }
        break;
    case OG_MAKE_INSTANCE: status = og__pickle_put_op(w, OG__OP_OBJ); break;
    case OG_MAKE_PERSISTENT:
        status = w->protocol == 0 && is_line(f->part->args) ? put_persid(w, f->part->args)
                                                            : og__pickle_put_op(w, OG__OP_BINPERSID);
        break;
    case OG_MAKE_EXTENSION: status = put_extension(w, f->part->args); break;
    case OG_MAKE_BUFFER: status = put_buffer(w, f->part->args); break;
    }
    if (status < 0) return status;
    uint32_t number;
    if (og__pickle_node_number(w, f->value, &number))
        f->step = OG__STEP_END; /* meanwhile it was written whole */
    return og__pickle_finish(w, f);
}

/* Items or pairs that were put into the object after it was made. */
static int write_run(og__writer *w, og__frame *f, bool pairs)
{
    const og__object_more *more = f->part->more;
    og_value list = !more ? (og_value){0} : pairs ? more->pairs : more->items;
    if (!og_valid(list)) return OG_OK;
    const og__node *node = og__value_node_of(list);
    og_value as = og__value_make(pairs ? OG_DICT : OG_LIST, 0, 0, node);
    return og__pickle_run_push(w, as, node->items, node->count, f->depth + 1u);
}

static int write_state(og__writer *w, og__frame *f)
{
    const og__object_more *more = f->part->more;
    if (!more || !og_valid(more->state)) {
        f->step = OG__STEP_NEXT;
        return OG_OK;
    }
    return og__pickle_write_value(w, more->state, f->depth + 1u);
}

static int go_to_next(og__writer *w, og__frame *f)
{
    const og__object_more *more = f->part->more;
    f->step = OG__STEP_END;
    if (!more || !og_valid(more->next)) return OG_OK;
    f->part = og__value_node_of(more->next)->items;
    f->step = OG__STEP_ITEMS;
    if (!og_valid(f->part->callable)) return OG_OK;
    f->step = OG__STEP_THEN;
    return og__pickle_write_value(w, f->part->callable, f->depth + 1u);
}

/* The call that a later record begins with: its result is dropped. */
static int then_call(og__writer *w, og__frame *f)
{
    int status = og__pickle_put_op(w, OG__OP_REDUCE);
    f->step = OG__STEP_ITEMS;
    if (status == OG_OK) status = og__pickle_put_op(w, OG__OP_POP);
    w->call_end = w->out->len;
    return status;
}

int og__pickle_write_object(og__writer *w, og__frame *frame)
{
    size_t self = (size_t)(frame - w->open);
    int status = OG_OK;
    while (status == OG_OK) {
        og__frame *f = &w->open[self];
        if (f->dropped) return f->step == OG__STEP_BUILT ? og__pickle_put_op(w, OG__OP_POP) : OG_OK;
        switch (f->step++) {
        case OG__STEP_BEGIN: status = begin(w, f); break;
        case OG__STEP_CALLABLE:
            if (og_valid(f->part->callable))
                status = og__pickle_write_value(w, f->part->callable, f->depth + 1u);
            break;
        case OG__STEP_ARGS: status = write_args(w, f); break;
        case OG__STEP_KWARGS:
            if (og_valid(kwargs_of(f))) status = og__pickle_write_value(w, kwargs_of(f), f->depth + 1u);
            break;
        case OG__STEP_MAKE: status = make(w, f); break;
        case OG__STEP_ITEMS: status = write_run(w, f, false); break;
        case OG__STEP_PAIRS: status = write_run(w, f, true); break;
        case OG__STEP_STATE: status = write_state(w, f); break;
        case OG__STEP_BUILT: status = og__pickle_put_op(w, OG__OP_BUILD); break;
        case OG__STEP_NEXT: status = go_to_next(w, f); break;
        case OG__STEP_THEN: status = og__pickle_write_value(w, f->part->args, f->depth + 1u); break;
        case OG__STEP_THEN_CALL: status = then_call(w, f); break;
        default: return OG_OK;
        }
    }
    return status;
}
