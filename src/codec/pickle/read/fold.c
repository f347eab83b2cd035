/* SPDX-License-Identifier: MIT */
/* Calls in a pickle that make plain data, as protocols 0 to 3 write it: these become the value itself. */
#include "base/utf8.h"
#include "codec/pickle/names.h"
#include "codec/pickle/read/reader.h"

#include <string.h>

/* The items that iterating over `v` gives, where that is plain to see. */
static bool items_of(og_value v, const og_value **items, size_t *count)
{
    og_kind kind = og_kind_of(v);
    if (kind != OG_LIST && kind != OG_TUPLE && kind != OG_SET && kind != OG_FROZENSET) return false;
    *items = og__value_node_of(v)->items;
    *count = og__value_node_of(v)->count;
    return true;
}

/* Pushes a container of `kind` with the items of the one argument, if any. The argument keeps them too. */
static int push_container(og__reader *r, og_kind kind, og_value args)
{
    const og_value *items = NULL;
    size_t count = 0;
    if (og_len(args) > 1) return 0;
    if (og_len(args) == 1 && !items_of(og_item(args, 0), &items, &count)) return 0;
    for (size_t i = 0; i < count; i++)
        og__pickle_share(items[i]);
    int status;
    if (kind == OG_TUPLE) {
        status = og__pickle_push_tuple(r, items, count);
    } else if (kind == OG_LIST) {
        status = og__pickle_push_list(r, items, count);
    } else {
        status = og__pickle_push_set(r, kind, items, count);
    }
    return status < 0 ? status : 1;
}

/* The bytes of a str as Latin-1; NULL when it cannot be, or without memory (then `len` is 1). */
static uint8_t *to_latin1(og__reader *r, og_value text, size_t *len)
{
    size_t n = og__value_len(text);
    const uint8_t *s = text.u.p;
    size_t out = 0;
    *len = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] > 0xc3) return NULL;
        out += (s[i] & 0xc0) != 0x80;
    }
    uint8_t *bytes = og__value_doc_alloc(r->doc, out + 1, 1);
    if (!bytes) {
        *len = 1;
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i] < 0x80) {
            bytes[(*len)++] = s[i];
        } else {
            bytes[(*len)++] = (uint8_t)((s[i] & 0x03) << 6 | (s[i + 1] & 0x3f));
            i++;
        }
    }
    return bytes;
}

static bool names_latin1(og_value v)
{
    return og_str_is(v, "latin1") || og_str_is(v, "latin-1");
}

/* encode(str, 'latin1') for bytes, and bytearray(str, 'latin-1'). */
static int push_encoded(og__reader *r, og_kind kind, og_value args)
{
    if (og_len(args) != 2 || og_kind_of(og_item(args, 0)) != OG_STR || !names_latin1(og_item(args, 1)))
        return 0;
    size_t len;
    const uint8_t *bytes = to_latin1(r, og_item(args, 0), &len);
    if (!bytes) return len ? og__pickle_reader_nomem(r) : 0;
    int status = kind == OG_BYTES ? og__pickle_push(r, og__value_make(OG_BYTES, 0, len, bytes))
                                  : og__pickle_push_bytearray(r, bytes, len);
    return status < 0 ? status : 1;
}

/* bytes(list of ints), as Python 3.0 wrote it. */
static int push_bytes_of_ints(og__reader *r, og_value list)
{
    size_t count = og_len(list);
    uint8_t *bytes = og__value_doc_alloc(r->doc, count + 1, 1);
    if (!bytes) return og__pickle_reader_nomem(r);
    for (size_t i = 0; i < count; i++) {
        int64_t number;
        og_value item = og_item(list, i);
        if (og_kind_of(item) != OG_INT || og_as_int64(item, &number) < 0 || number < 0 || number > 255)
            return 0;
        bytes[i] = (uint8_t)number;
    }
    int status = og__pickle_push(r, og__value_make(OG_BYTES, 0, count, bytes));
    return status < 0 ? status : 1;
}

static int push_bytes_call(og__reader *r, og_kind kind, og_value args)
{
    static const uint8_t nothing[1];
    og_value first = og_item(args, 0);
    int status = 0;
    if (og_len(args) == 2) return push_encoded(r, kind, args);
    if (og_len(args) > 1) return 0;
    if (og_len(args) == 1 && og_kind_of(first) == OG_LIST && kind == OG_BYTES)
        return push_bytes_of_ints(r, first);
    if (og_len(args) == 1 && og_kind_of(first) != OG_BYTES) return 0;
    const uint8_t *bytes = og_len(args) ? first.u.p : nothing;
    size_t len = og_len(args) ? og__value_len(first) : 0;
    status = kind == OG_BYTES ? og__pickle_push(r, og__value_make(OG_BYTES, 0, len, bytes))
                              : og__pickle_push_bytearray(r, bytes, len);
    return status < 0 ? status : 1;
}

static int push_complex(og__reader *r, og_value args)
{
    double part[2] = {0, 0};
    size_t count = og_len(args);
    if (count > 2) return 0;
    for (size_t i = 0; i < count; i++) {
        og_kind kind = og_kind_of(og_item(args, i));
        if ((kind != OG_FLOAT && kind != OG_INT) || og_as_double(og_item(args, i), &part[i]) < 0) return 0;
    }
    int status = og__pickle_push_new(r, og_complex(r->doc, part[0], part[1]));
    return status < 0 ? status : 1;
}

/* getattr(Outer, 'Inner'): how protocols below 4 name a class inside of another one. */
static int push_nested_class(og__reader *r, og_value args)
{
    og_value outer = og_item(args, 0);
    og_value attribute = og_item(args, 1);
    if (og_len(args) != 2 || og_kind_of(outer) != OG_CLASS || og_kind_of(attribute) != OG_STR) return 0;
    og_value name = og_class_qualname(outer);
    size_t first = og__value_len(name);
    size_t second = og__value_len(attribute);
    if (first == 0 || second == 0 || first + 1 + second > OG__NESTED_NAME_MAX ||
        memchr(attribute.u.p, '.', second))
        return 0;
    char *joined = og__value_doc_alloc(r->doc, first + 1 + second, 1);
    if (!joined) return og__pickle_reader_nomem(r);
    memcpy(joined, name.u.p, first);
    joined[first] = '.';
    memcpy(joined + first + 1, attribute.u.p, second);
    unsigned surrogates = (unsigned)(name.meta | attribute.meta) & OG__F_SURROGATE;
    og_value whole = og__value_make(OG_STR, surrogates, first + 1 + second, joined);
    og_value v = og__value_class_from(r->doc, og_class_module(outer), whole);
    if (og_valid(v)) og__value_node_of(v)->flags |= OG__N_PLACED;
    int status = og__pickle_push_new(r, v);
    return status < 0 ? status : 1;
}

static int push_builtin(og__reader *r, og_value name, og_value args)
{
    if (og_str_is(name, "set")) return push_container(r, OG_SET, args);
    if (og_str_is(name, "frozenset")) return push_container(r, OG_FROZENSET, args);
    if (og_str_is(name, "list")) return push_container(r, OG_LIST, args);
    if (og_str_is(name, "tuple")) return push_container(r, OG_TUPLE, args);
    if (og_str_is(name, "bytes")) return push_bytes_call(r, OG_BYTES, args);
    if (og_str_is(name, "bytearray")) return push_bytes_call(r, OG_BYTEARRAY, args);
    if (og_str_is(name, "complex")) return push_complex(r, args);
    if (og_str_is(name, "getattr")) return push_nested_class(r, args);
    if (!og_str_is(name, "dict") || og_len(args) > 0) return 0;
    int status = og__pickle_push_new(r, og__pickle_placed_node(r->doc, OG_DICT));
    return status < 0 ? status : 1;
}

/* _reconstructor(cls, object, None): an object of cls, as object.__new__(cls) makes it. */
static int push_reconstructed(og__reader *r, og_value args)
{
    if (og_len(args) != 3 || og_kind_of(og_item(args, 2)) != OG_NONE) return 0;
    if (!og_class_is(og_item(args, 1), "builtins", "object")) return 0;
    og_value cls = og_item(args, 0);
    if (og_kind_of(cls) != OG_CLASS && og_kind_of(cls) != OG_OBJECT) return 0;
    og__pickle_share(cls);
    int status = og__pickle_push_object(r, OG_MAKE_NEW, cls, (og_value){0});
    return status < 0 ? status : 1;
}

/* As for NEWOBJ_EX itself: an object may be of any kind. */
static bool may_be(og_value v, og_kind kind)
{
    return og_kind_of(v) == kind || og_kind_of(v) == OG_OBJECT;
}

/* __newobj__(cls, …), __newobj_ex__(cls, args, kwargs): as NEWOBJ and NEWOBJ_EX of protocols 2 and 4. */
static int push_new(og__reader *r, og_value args, bool keywords)
{
    og_value cls = og_item(args, 0);
    og_value kwargs = og_item(args, 2);
    if (og_kind_of(cls) != OG_CLASS && og_kind_of(cls) != OG_OBJECT) return 0;
    if (keywords && (og_len(args) != 3 || !may_be(og_item(args, 1), OG_TUPLE) || !may_be(kwargs, OG_DICT)))
        return 0;
    const og_value *items = og__value_node_of(args)->items;
    int status =
        keywords ? og__pickle_push(r, items[1]) : og__pickle_push_tuple(r, items + 1, og_len(args) - 1);
    if (status < 0) return status;
    og_value positional = *--r->top;
    for (size_t i = 0; i < og_len(args); i++)
        og__pickle_share(items[i]);
    status = og__pickle_push_object(r, OG_MAKE_NEW, cls, positional);
    if (status < 0 || !keywords) return status < 0 ? status : 1;
    if (og_object_set_kwargs(r->doc, r->top[-1], kwargs, NULL) < 0) return og__pickle_reader_nomem(r);
    status = og__pickle_raise(r, r->top[-1], og__pickle_height(kwargs));
    return status < 0 ? status : 1;
}

static int push_copyreg(og__reader *r, og_value name, og_value args)
{
    if (og_str_is(name, "_reconstructor")) return push_reconstructed(r, args);
    if (og_str_is(name, "__newobj__")) return push_new(r, args, false);
    if (og_str_is(name, "__newobj_ex__")) return push_new(r, args, true);
    return 0;
}

int og__pickle_fold_call(og__reader *r, og_value callable, og_value args)
{
    if (og_kind_of(args) != OG_TUPLE) return 0;
    og_value module = og_class_module(callable);
    og_value name = og_class_qualname(callable);
    if (og_str_is(module, "builtins")) return push_builtin(r, name, args);
    if (og_str_is(module, "_codecs") && og_str_is(name, "encode")) return push_encoded(r, OG_BYTES, args);
    if (og_str_is(module, "copyreg")) return push_copyreg(r, name, args);
    return 0;
}
