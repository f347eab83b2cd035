/* SPDX-License-Identifier: MIT */
/* Opcodes of pickle that name classes and make objects: here they become inert records. */
#include "codec/pickle/read/reader.h"

#include <string.h>

/* ---- Names ---- */

int og__pickle_op_STACK_GLOBAL(og__reader *r)
{
    if (og__pickle_stack_above(r) < 2) return og__pickle_reader_underflow(r, "a module and a name");
    r->top -= 2;
    for (int i = 0; i < 2; i++) {
        if (og_kind_of(r->top[i]) == OG_STR) continue;
        return og__pickle_reader_fail(r, OG_ETYPE, "expected a str as %s but found %s", i ? "name" : "module",
                                      og_kind_name(og_kind_of(r->top[i])));
    }
    return og__pickle_push_class(r, r->top[0], r->top[1]);
}

/* The class that a code stands for: 1 pushed, 0 the registry does not have it, < 0 with the error set. */
static int push_registered(og__reader *r, int64_t code)
{
    for (size_t i = 0; i < r->extension_count; i++) {
        const og_pickle_extension *row = &r->extensions[i];
        if (row->code != code || !row->module || !row->qualname) continue;
        og_value module = og_str_borrow(row->module, strlen(row->module));
        og_value name = og_str_borrow(row->qualname, strlen(row->qualname));
        if (!og_valid(module) || !og_valid(name))
            return og__pickle_reader_fail(
                r, OG_EINVAL, "code %lld is registered with a name that is not UTF-8", (long long)code);
        int status = og__pickle_push_class(r, module, name);
        return status < 0 ? status : 1;
    }
    return 0;
}

static int push_extension(og__reader *r, size_t size)
{
    const uint8_t *bytes = og__pickle_take(r, size);
    if (!bytes) return OG_ETRUNCATED;
    int64_t code = (int64_t)og__pickle_le(bytes, size);
    if (size == 4) code = (int32_t)code;
    if (code <= 0)
        return og__pickle_reader_fail(r, OG_ESYNTAX, "expected a code above 0 but found %lld",
                                      (long long)code);
    int status = push_registered(r, code);
    if (status != 0) return status < 0 ? status : OG_OK;
    return og__pickle_push_object(r, OG_MAKE_EXTENSION, (og_value){0}, og__value_make_int(code));
}

int og__pickle_op_EXT1(og__reader *r)
{
    return push_extension(r, 1);
}

int og__pickle_op_EXT2(og__reader *r)
{
    return push_extension(r, 2);
}

int og__pickle_op_EXT4(og__reader *r)
{
    return push_extension(r, 4);
}

/* ---- Objects ---- */

/* Classes and functions stand for themselves; an object may be one too, made by a call. */
static int expect_callable(og__reader *r, og_value v)
{
    if (og_kind_of(v) == OG_CLASS || og_kind_of(v) == OG_OBJECT) return OG_OK;
    return og__pickle_reader_fail(r, OG_ETYPE, "expected a class or function but found %s",
                                  og_kind_name(og_kind_of(v)));
}

/* An object may be of any kind: what a persistent id or a call stands for is not known here. */
static int expect(og__reader *r, og_value v, og_kind kind, const char *what)
{
    if (og_kind_of(v) == kind || og_kind_of(v) == OG_OBJECT) return OG_OK;
    return og__pickle_reader_fail(r, OG_ETYPE, "expected %s but found %s", what, og_kind_name(og_kind_of(v)));
}

int og__pickle_op_REDUCE(og__reader *r)
{
    if (og__pickle_stack_above(r) < 2) return og__pickle_reader_underflow(r, "a callable and its arguments");
    r->top -= 2;
    og_value callable = r->top[0];
    og_value args = r->top[1];
    int status = expect(r, args, OG_TUPLE, "a tuple of arguments");
    if (status == OG_OK) status = expect_callable(r, callable);
    if (status < 0) return status;
    status = og__pickle_fold_call(r, callable, args);
    if (status != 0) return status < 0 ? status : OG_OK;
    return og__pickle_push_object(r, OG_MAKE_CALL, callable, args);
}

int og__pickle_op_NEWOBJ(og__reader *r)
{
    if (og__pickle_stack_above(r) < 2) return og__pickle_reader_underflow(r, "a class and its arguments");
    r->top -= 2;
    og_value callable = r->top[0];
    og_value args = r->top[1];
    int status = expect(r, args, OG_TUPLE, "a tuple of arguments");
    if (status == OG_OK) status = expect_callable(r, callable);
    return status < 0 ? status : og__pickle_push_object(r, OG_MAKE_NEW, callable, args);
}

int og__pickle_op_NEWOBJ_EX(og__reader *r)
{
    if (og__pickle_stack_above(r) < 3) return og__pickle_reader_underflow(r, "a class and its arguments");
    r->top -= 3;
    og_value callable = r->top[0];
    og_value args = r->top[1];
    og_value kwargs = r->top[2];
    int status = expect(r, kwargs, OG_DICT, "a dict of keyword arguments");
    if (status == OG_OK) status = expect(r, args, OG_TUPLE, "a tuple of arguments");
    if (status == OG_OK) status = expect_callable(r, callable);
    if (status == OG_OK) status = og__pickle_push_object(r, OG_MAKE_NEW, callable, args);
    if (status < 0) return status;
    og__pickle_unplace(kwargs);
    if (og_object_set_kwargs(r->doc, r->top[-1], kwargs, NULL) < 0) return og__pickle_reader_nomem(r);
    return og__pickle_raise(r, r->top[-1], og__pickle_height(kwargs));
}

int og__pickle_op_OBJ(og__reader *r)
{
    og_value *items;
    size_t count;
    int status = og__pickle_pop_mark(r, &items, &count);
    if (status < 0) return status;
    if (count == 0)
        return og__pickle_reader_fail(r, OG_ESYNTAX, "expected a class above the mark but found nothing");
    og_value callable = items[0];
    status = expect_callable(r, callable);
    if (status == OG_OK) status = og__pickle_push_tuple(r, items + 1, count - 1);
    if (status < 0) return status;
    og_value args = *--r->top;
    return og__pickle_push_object(r, OG_MAKE_INSTANCE, callable, args);
}

int og__pickle_op_BINPERSID(og__reader *r)
{
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a persistent id");
    og_value id = *--r->top;
    return og__pickle_push_object(r, OG_MAKE_PERSISTENT, (og_value){0}, id);
}

/* CPython does nothing when the state is None, or a pair of it and an empty dict, whatever the object is. */
static bool is_no_state(og_value state)
{
    if (og_kind_of(state) == OG_NONE) return true;
    if (og_kind_of(state) != OG_TUPLE || og_len(state) != 2) return false;
    og_value slots = og_item(state, 1);
    return og_kind_of(og_item(state, 0)) == OG_NONE && og_kind_of(slots) == OG_DICT && og_len(slots) == 0;
}

int og__pickle_op_BUILD(og__reader *r)
{
    if (og__pickle_stack_above(r) < 2) return og__pickle_reader_underflow(r, "an object and its state");
    og_value state = *--r->top;
    og_value object = r->top[-1];
    if (og_kind_of(object) != OG_OBJECT && is_no_state(state)) return OG_OK;
    int status = expect(r, object, OG_OBJECT, "an object below its state");
    if (status < 0) return status;
    og__pickle_fill_noted(r, r->top - 1);
    og__pickle_unplace(state);
    if (og_object_build(r->doc, object, state, NULL) < 0) return og__pickle_reader_nomem(r);
    return og__pickle_raise(r, object, og__pickle_height(state));
}

/* ---- Buffers ---- */

int og__pickle_op_NEXT_BUFFER(og__reader *r)
{
    size_t number = r->buffer_next++;
    if (r->buffer_count == 0 && r->strict)
        return og__pickle_reader_fail(r, OG_ESYNTAX,
                                      "expected a buffer beside the pickle, but none has come");
    if (r->buffer_count == 0)
        return og__pickle_push_object(r, OG_MAKE_BUFFER, (og_value){0}, og__value_make_int((int64_t)number));
    if (number >= r->buffer_count)
        return og__pickle_reader_fail(r, OG_ESYNTAX, "expected more buffers than were passed in: %zu",
                                      r->buffer_count);
    og_value buffer = r->buffers[number];
    if (og_kind_of(buffer) == OG_BYTES) return og__pickle_push(r, buffer);
    size_t len = 0;
    const char *bytes = og_data(buffer, &len);
    if (og_kind_of(buffer) != OG_BYTEARRAY || (!bytes && len))
        return og__pickle_reader_fail(r, OG_ETYPE, "expected bytes or a bytearray as buffer but found %s",
                                      og_kind_name(og_kind_of(buffer)));
    og_value own = og_bytearray_borrow(r->doc, bytes, len);
    if (og_valid(own)) og__value_node_of(own)->flags |= OG__N_PLACED;
    return og__pickle_push_new(r, own);
}

int og__pickle_op_READONLY_BUFFER(og__reader *r)
{
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a buffer");
    og_value v = r->top[-1];
    if (og_kind_of(v) == OG_BYTES) return OG_OK;
    if (og_kind_of(v) == OG_BYTEARRAY) {
        size_t len = 0;
        const char *bytes = og_data(v, &len);
        r->top[-1] = og__value_make(OG_BYTES, 0, len, bytes);
        return OG_OK;
    }
    if (og_kind_of(v) != OG_OBJECT)
        return og__pickle_reader_fail(r, OG_ETYPE, "expected a buffer but found %s",
                                      og_kind_name(og_kind_of(v)));
    if (og_object_make(v) != OG_MAKE_BUFFER || og_kind_of(og_object_args(v)) != OG_INT) return OG_OK;
    /* A buffer that was not passed in: its number goes into a tuple, which says that it is read-only. */
    r->top--;
    og_value number = og_object_args(v);
    int status = og__pickle_push_tuple(r, &number, 1);
    if (status < 0) return status;
    number = *--r->top;
    return og__pickle_push_object(r, OG_MAKE_BUFFER, (og_value){0}, number);
}
