/* SPDX-License-Identifier: MIT */
/* Opcodes of pickle that push one thing from binary arguments, and those that move things: stack, memo. */
#include "codec/pickle/read/reader.h"

#include "base/plural.h"

/* ---- The stack ---- */

int og__pickle_op_MARK(og__reader *r)
{
    size_t at = og__pickle_stack_len(r);
    int status =
        og__pickle_push(r, (og_value){.meta = OG_INVALID, .u.i = (int64_t)og__pickle_stack_above(r)});
    if (status == OG_OK) r->fence = at + 1;
    return status;
}

int og__pickle_op_STOP(og__reader *r)
{
    return og__pickle_stack_above(r) < 1 ? og__pickle_reader_underflow(r, "the result") : 1;
}

/* What the next opcode fetches from the memo; OG_INVALID when it fetches nothing. */
static og_value fetched_next(const og__reader *r)
{
    size_t left = (size_t)(r->end - r->at);
    size_t index = 0;
    if (left >= 2 && r->at[0] == OG__OP_BINGET) return og__pickle_memo_get(&r->memo, r->at[1]);
    if (left >= 5 && r->at[0] == OG__OP_LONG_BINGET)
        return og__pickle_memo_get(&r->memo, (size_t)og__pickle_le(r->at + 1, 4));
    if (left == 0 || r->at[0] != OG__OP_GET) return (og_value){0};
    for (const uint8_t *at = r->at + 1; at < r->end && *at >= '0' && *at <= '9' && index < UINT32_MAX; at++)
        index = index * 10 + (size_t)(*at - '0');
    return og__pickle_memo_get(&r->memo, index);
}

/* Same name of a class; callables of other kinds count as the same. */
static bool same_callable(og_value a, og_value b)
{
    if (og_kind_of(a) != OG_CLASS || og_kind_of(b) != OG_CLASS) return og_kind_of(a) == og_kind_of(b);
    return og_equal(og_class_module(a), og_class_module(b)) == 1 &&
           og_equal(og_class_qualname(a), og_class_qualname(b)) == 1;
}

/* Whether a call may hold the object that it makes: picklers write that one first. */
static bool may_hold_itself(og_value callable, og_value args)
{
    if (og_kind_of(callable) != OG_CLASS || og_kind_of(args) != OG_TUPLE) return true;
    for (size_t i = 0; i < og_len(args); i++) {
        if (og__value_has_node(og_item(args, i))) return true;
    }
    return false;
}

/*
 * True when the topmost value is a call made for what it does to the object below it: its result is about to
 * be dropped and was not stored. Not so an object that holds itself in its arguments: picklers make that once
 * more, drop it, and fetch the one that was made first.
 */
static bool is_for_effect(const og__reader *r)
{
    if (og__pickle_stack_above(r) < 2 || og_kind_of(r->top[-1]) != OG_OBJECT ||
        og_kind_of(r->top[-2]) != OG_OBJECT)
        return false;
    og_value call = r->top[-1];
    const og__object *record = og__value_node_of(call)->items;
    const og__memo *memo = &r->memo;
    if (og_object_make(call) != OG_MAKE_CALL || record->more || og__value_is_shared(call)) return false;
    if (memo->len > 0 && memo->entries[memo->len - 1].u.p == call.u.p) return false;
    if (!may_hold_itself(record->callable, record->args)) return true;
    og_value next = fetched_next(r);
    return og_kind_of(next) != OG_OBJECT || !same_callable(og_object_class(next), record->callable);
}

int og__pickle_op_POP(og__reader *r)
{
    if (is_for_effect(r)) {
        og_value call = *--r->top;
        og__pickle_fill_noted(r, r->top - 1);
        int status = og_object_then(r->doc, r->top[-1], og_object_class(call), og_object_args(call), NULL);
        return status < 0 ? og__pickle_reader_nomem(r)
                          : og__pickle_raise(r, r->top[-1], og__pickle_height(call));
    }
    if (og__pickle_stack_above(r) > 0) {
        r->top--;
        return OG_OK;
    }
    if (r->fence == 0) return og__pickle_reader_underflow(r, "a value or a mark");
    og_value *items;
    size_t count;
    return og__pickle_pop_mark(r, &items, &count);
}

int og__pickle_op_POP_MARK(og__reader *r)
{
    og_value *items;
    size_t count;
    return og__pickle_pop_mark(r, &items, &count);
}

int og__pickle_op_DUP(og__reader *r)
{
    if (og__pickle_stack_above(r) < 1) return og__pickle_reader_underflow(r, "a value");
    og__pickle_share(r->top[-1]);
    return og__pickle_push(r, r->top[-1]);
}

/* ---- The head of a pickle ---- */

int og__pickle_op_PROTO(og__reader *r)
{
    const uint8_t *bytes = og__pickle_take(r, 1);
    if (!bytes) return OG_ETRUNCATED;
    if (*bytes > OG_PICKLE_HIGHEST_PROTOCOL)
        return og__pickle_reader_fail(r, OG_ESYNTAX, "found pickle protocol %u; 0 to 5 are known", *bytes);
    r->protocol = *bytes;
    return OG_OK;
}

/* A hint for readers of files. CPython refuses a frame that is longer than what follows, and so do we. */
int og__pickle_op_FRAME(og__reader *r)
{
    const uint8_t *bytes = og__pickle_take(r, 8);
    if (!bytes) return OG_ETRUNCATED;
    uint64_t len = og__pickle_le(bytes, 8);
    size_t left = (size_t)(r->end - r->at);
    if (len <= left) return OG_OK;
    return og__pickle_reader_fail(r, OG_ETRUNCATED, "a frame of %llu byte%s but only %zu follow",
                                  (unsigned long long)len, og__base_plural(len), left);
}

/* ---- Scalars ---- */

int og__pickle_op_NONE(og__reader *r)
{
    return og__pickle_push(r, og_none());
}

int og__pickle_op_NEWTRUE(og__reader *r)
{
    return og__pickle_push(r, og_bool(true));
}

int og__pickle_op_NEWFALSE(og__reader *r)
{
    return og__pickle_push(r, og_bool(false));
}

static int push_uint(og__reader *r, size_t size)
{
    const uint8_t *bytes = og__pickle_take(r, size);
    return bytes ? og__pickle_push(r, og__value_make_int((int64_t)og__pickle_le(bytes, size)))
                 : OG_ETRUNCATED;
}

int og__pickle_op_BININT(og__reader *r)
{
    const uint8_t *bytes = og__pickle_take(r, 4);
    return bytes ? og__pickle_push(r, og__value_make_int((int32_t)og__pickle_le(bytes, 4))) : OG_ETRUNCATED;
}

int og__pickle_op_BININT1(og__reader *r)
{
    return push_uint(r, 1);
}

int og__pickle_op_BININT2(og__reader *r)
{
    return push_uint(r, 2);
}

static int push_long(og__reader *r, const uint8_t *bytes, size_t len)
{
    if (!bytes) return OG_ETRUNCATED;
    if (len > 8) return og__pickle_push_new(r, og_int_from_bytes(r->doc, bytes, len));
    uint64_t number = og__pickle_le(bytes, len);
    if (len > 0 && len < 8 && bytes[len - 1] & 0x80) number |= UINT64_MAX << (8 * len);
    return og__pickle_push(r, og__value_make_int((int64_t)number));
}

int og__pickle_op_LONG1(og__reader *r)
{
    size_t len = 0;
    const uint8_t *bytes = og__pickle_take_counted(r, 1, &len);
    return push_long(r, bytes, len);
}

int og__pickle_op_LONG4(og__reader *r)
{
    if (r->end - r->at >= 4 && r->at[3] & 0x80)
        return og__pickle_reader_fail(r, OG_ESYNTAX, "a negative length");
    size_t len = 0;
    const uint8_t *bytes = og__pickle_take_counted(r, 4, &len);
    return push_long(r, bytes, len);
}

int og__pickle_op_BINFLOAT(og__reader *r)
{
    const uint8_t *bytes = og__pickle_take(r, 8);
    if (!bytes) return OG_ETRUNCATED;
    og_value v = {.meta = OG_FLOAT};
    v.u.i = (int64_t)__builtin_bswap64(og__pickle_le(bytes, 8));
    return og__pickle_push(r, v);
}

/* ---- Strings and bytes ---- */

static int push_unicode(og__reader *r, size_t size)
{
    size_t len = 0;
    const uint8_t *bytes = og__pickle_take_counted(r, size, &len);
    return bytes ? og__pickle_push_utf8(r, bytes, len) : OG_ETRUNCATED;
}

int og__pickle_op_SHORT_BINUNICODE(og__reader *r)
{
    return push_unicode(r, 1);
}

int og__pickle_op_BINUNICODE(og__reader *r)
{
    return push_unicode(r, 4);
}

int og__pickle_op_BINUNICODE8(og__reader *r)
{
    return push_unicode(r, 8);
}

static int push_bytes(og__reader *r, size_t size)
{
    size_t len = 0;
    const uint8_t *bytes = og__pickle_take_counted(r, size, &len);
    return bytes ? og__pickle_push(r, og__value_make(OG_BYTES, 0, len, bytes)) : OG_ETRUNCATED;
}

int og__pickle_op_SHORT_BINBYTES(og__reader *r)
{
    return push_bytes(r, 1);
}

int og__pickle_op_BINBYTES(og__reader *r)
{
    return push_bytes(r, 4);
}

int og__pickle_op_BINBYTES8(og__reader *r)
{
    return push_bytes(r, 8);
}

int og__pickle_op_BYTEARRAY8(og__reader *r)
{
    size_t len = 0;
    const uint8_t *bytes = og__pickle_take_counted(r, 8, &len);
    return bytes ? og__pickle_push_bytearray(r, bytes, len) : OG_ETRUNCATED;
}

static int push_str2(og__reader *r, size_t size)
{
    size_t len = 0;
    const uint8_t *bytes = og__pickle_take_counted(r, size, &len);
    return bytes ? og__pickle_push_str2(r, bytes, len) : OG_ETRUNCATED;
}

int og__pickle_op_SHORT_BINSTRING(og__reader *r)
{
    return push_str2(r, 1);
}

int og__pickle_op_BINSTRING(og__reader *r)
{
    return push_str2(r, 4);
}

/* ---- The memo ---- */

int og__pickle_op_BINGET(og__reader *r)
{
    const uint8_t *bytes = og__pickle_take(r, 1);
    return bytes ? og__pickle_memo_fetch(r, *bytes) : OG_ETRUNCATED;
}

int og__pickle_op_LONG_BINGET(og__reader *r)
{
    const uint8_t *bytes = og__pickle_take(r, 4);
    return bytes ? og__pickle_memo_fetch(r, (size_t)og__pickle_le(bytes, 4)) : OG_ETRUNCATED;
}

int og__pickle_op_BINPUT(og__reader *r)
{
    const uint8_t *bytes = og__pickle_take(r, 1);
    return bytes ? og__pickle_memo_store(r, *bytes) : OG_ETRUNCATED;
}

int og__pickle_op_LONG_BINPUT(og__reader *r)
{
    const uint8_t *bytes = og__pickle_take(r, 4);
    return bytes ? og__pickle_memo_store(r, (size_t)og__pickle_le(bytes, 4)) : OG_ETRUNCATED;
}

int og__pickle_op_MEMOIZE(og__reader *r)
{
    return og__pickle_memo_store(r, r->memo.count);
}
