/* SPDX-License-Identifier: MIT */
/* What allowed classes may be called with: sizes, codecs, and the forms that only attackers write. */
#include "codec/pickle/judge/calls.h"
#include "codec/pickle/judge/torch.h"

#include <onggi/known.h>

static og__call_rule rule_of(og_value callable);

/* ---- Builtins ---- */

static bool is_latin1(og_value codec)
{
    return og_str_is(codec, "latin1") || og_str_is(codec, "latin-1");
}

/* With a codec, Python looks it up: that imports modules, and may unpack what is packed. */
static const char *why_codec(const og__call *c)
{
    bool latin1 = c->count == 2 && og_kind_of(c->args[0]) == OG_STR && is_latin1(c->args[1]);
    return latin1 ? NULL : "is called with other arguments than a str and 'latin1'";
}

/* What is not known here may be anything: a range of any length, or a network of 2**128 addresses. */
static const char *why_iterates(const og__call *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (og_kind_of(c->args[i]) == OG_OBJECT) return "is called with an object to iterate over";
    }
    return NULL;
}

static const char *why_bytes(const og__call *c)
{
    int64_t size;
    if (c->count > 1) return why_codec(c);
    og_kind kind = c->count ? og_kind_of(c->args[0]) : OG_BYTES;
    if (kind != OG_INT && kind != OG_BOOL) return why_iterates(c);
    bool fits = og_as_int64(c->args[0], &size) == OG_OK && (size < 0 || (uint64_t)size <= c->most);
    return fits ? NULL : "is called with a size larger than the pickle";
}

/* The str() of a container that is shared many times is exponentially long. */
static const char *why_str(const og__call *c)
{
    if (c->count > 1) return why_codec(c);
    return c->count == 0 || og_kind_of(c->args[0]) <= OG_BYTES ? NULL : "is called with a container";
}

/* Decimal("1e999999999") is short; as an int or a Fraction it is not. */
static const char *why_int(const og__call *c)
{
    return why_iterates(c) ? "is called with an object" : NULL;
}

static const char *why_fraction(const og__call *c)
{
    size_t len = 0;
    const char *text = c->count && og_kind_of(c->args[0]) == OG_STR ? og_data(c->args[0], &len) : NULL;
    if (text && (memchr(text, 'e', len) || memchr(text, 'E', len))) return "is called with an exponent";
    return why_int(c);
}

static const char *why_getattr(const og__call *c)
{
    bool name = c->count == 2 && og_kind_of(c->args[0]) == OG_CLASS && og_kind_of(c->args[1]) == OG_STR;
    return name ? NULL : "is called with something else than a class and a name";
}

/* _reconstructor(class, base, state) calls base.__new__(class, state) and base.__init__(state). */
static const char *why_reconstructor(const og__call *c)
{
    if (c->count < 2 || og_kind_of(c->args[0]) != OG_CLASS || og_kind_of(c->args[1]) != OG_CLASS)
        return "is called with something else than two classes";
    og__call_rule base = rule_of(c->args[1]);
    if (!base || og_str_is(og_class_qualname(c->args[1]), "object")) return NULL;
    og__call made = {c->args + 2, c->count - 2, c->most};
    return base(&made);
}

/* __newobj__(class, …) calls class.__new__(class, …), as NEWOBJ does: protocols 0 and 1 have no opcode for
 * it. */
static const char *why_newobj(const og__call *c)
{
    if (c->count < 1 || og_kind_of(c->args[0]) != OG_CLASS) return "is called without a class";
    og__call_rule rule = rule_of(c->args[0]);
    og__call made = {c->args + 1, c->count - 1, c->most};
    return rule ? rule(&made) : NULL;
}

/* ---- array ---- */

static const char *why_array(const og__call *c)
{
    if (c->count == 2 && (og_kind_of(c->args[1]) == OG_OBJECT || og_kind_of(c->args[1]) == OG_CLASS))
        return "is called with an object to iterate over";
    return NULL;
}

static const char *why_array_reconstructor(const og__call *c)
{
    bool good =
        c->count == 4 && og_class_is(c->args[0], "array", "array") && og_kind_of(c->args[3]) == OG_BYTES;
    return good ? NULL : "is called with something else than array.array and bytes";
}

/* ---- numpy ---- */

/* Makes an array or an item of any size, of memory that nobody has filled. */
static const char *why_made(const og__call *c)
{
    (void)c;
    return "is called, which picklers never do";
}

/* An array, or one that gives its fields or its rows other names: numpy calls no code of the state for these.
 */
static bool is_array_class(og_value cls)
{
    return og_class_is(cls, "numpy", "ndarray") || og_class_is(cls, "numpy", "recarray") ||
           og_class_is(cls, "numpy.rec", "recarray") || og_class_is(cls, "numpy", "matrix");
}

static const char *why_reconstruct(const og__call *c)
{
    bool good = c->count == 3 && is_array_class(c->args[0]) && og_kind_of(c->args[1]) == OG_TUPLE &&
                og_len(c->args[1]) == 1 && og_equal(og_item(c->args[1], 0), og_int(0)) == 1;
    return good ? NULL : "is called with something else than one of numpy's arrays and (0,)";
}

/* The third argument is to copy: else the state would be set of a type that all of numpy uses. */
static const char *why_dtype(const og__call *c)
{
    int64_t copy;
    bool good = c->count == 3 && og_kind_of(c->args[0]) != OG_OBJECT &&
                og_as_int64(c->args[2], &copy) == OG_OK && copy == 1;
    return good ? NULL : "is called with something else than a type, False and True";
}

/* A type of items that are data: no pointers among them. */
static const char *why_items(og_value dtype, og_dtype *type)
{
    if (og_as_dtype(dtype, type, NULL) < 0) return "is given a numpy type that is not known to be data";
    if (og_valid(type->base)) return "is given a numpy type with arrays as items, which picklers never do";
    return type->kind == 'O' ? "takes bytes for Python's objects" : NULL;
}

static const char *why_scalar(const og__call *c)
{
    og_dtype type;
    if (c->count != 2) return "is called without a type and bytes";
    const char *why = why_items(c->args[0], &type);
    if (why) return why;
    return og_len(c->args[1]) == type.size ? NULL : "is called with other bytes than its type has";
}

/* Out-of-band buffers have a length of their own, which numpy checks. */
static const char *why_frombuffer(const og__call *c)
{
    og_dtype type;
    if (c->count < 4) return "is called with too few arguments";
    const char *why = why_items(c->args[1], &type);
    if (why || og_kind_of(c->args[0]) == OG_OBJECT) return why;
    uint64_t need = type.size;
    for (size_t i = 0; i < og_len(c->args[2]); i++) {
        int64_t n;
        if (og_as_int64(og_item(c->args[2], i), &n) < 0 || n < 0 ||
            __builtin_mul_overflow(need, (uint64_t)n, &need))
            return "is called with a shape that is none";
    }
    return need == og_len(c->args[0]) ? NULL : "is called with other data than its shape says";
}

/* ---- pandas ---- */

static bool begins_with(og_value text, const char *prefix)
{
    size_t len = 0;
    const char *at = og_data(text, &len);
    return at && len >= strlen(prefix) && memcmp(at, prefix, strlen(prefix)) == 0;
}

/* _new_Index(class, keywords) calls class.__new__ with the keywords. */
static const char *why_new_index(const og__call *c)
{
    bool good = c->count == 2 && og_kind_of(c->args[0]) == OG_CLASS && og_kind_of(c->args[1]) == OG_DICT &&
                begins_with(og_class_module(c->args[0]), "pandas.core.indexes.");
    return good ? NULL : "is called with something else than one of pandas' indexes and its parts";
}

/* Picklers make these empty, or from a name, and set their state. */
static const char *why_frame(const og__call *c)
{
    for (size_t i = 0; i < c->count; i++) {
        og_value arg = c->args[i];
        bool offset = begins_with(og_class_module(og_object_class(arg)), "pandas._libs.tslibs.offsets");
        if (og_kind_of(arg) > OG_BYTES && !offset) return "is called with data, which picklers never do";
    }
    return NULL;
}

/* ---- The table ---- */

static const struct {
    const char *module;
    const char *name;
    og__call_rule rule;
} rules[] = {
    {"_codecs", "encode", why_codec},
    {"array", "_array_reconstructor", why_array_reconstructor},
    {"array", "array", why_array},
    {"builtins", "bytearray", why_bytes},
    {"builtins", "bytes", why_bytes},
    {"builtins", "dict", why_iterates},
    {"builtins", "frozenset", why_iterates},
    {"builtins", "getattr", why_getattr},
    {"builtins", "int", why_int},
    {"builtins", "list", why_iterates},
    {"builtins", "set", why_iterates},
    {"builtins", "str", why_str},
    {"builtins", "tuple", why_iterates},
    {"collections", "Counter", why_iterates},
    {"collections", "OrderedDict", why_iterates},
    {"collections", "defaultdict", why_iterates},
    {"collections", "deque", why_iterates},
    {"copyreg", "__newobj__", why_newobj},
    {"copyreg", "_reconstructor", why_reconstructor},
    {"fractions", "Fraction", why_fraction},
    {"numpy", "dtype", why_dtype},
    {"numpy", "matrix", why_made},
    {"numpy", "ndarray", why_made},
    {"numpy", "recarray", why_made},
    {"numpy", "record", why_made},
    {"numpy._core.multiarray", "_reconstruct", why_reconstruct},
    {"numpy._core.multiarray", "scalar", why_scalar},
    {"numpy._core.numeric", "_frombuffer", why_frombuffer},
    {"numpy.core.multiarray", "_reconstruct", why_reconstruct},
    {"numpy.core.multiarray", "scalar", why_scalar},
    {"numpy.core.numeric", "_frombuffer", why_frombuffer},
    {"numpy.rec", "recarray", why_made},
    {"pandas.core.indexes.base", "_new_Index", why_new_index},
    {"pandas.core.indexes.datetimes", "_new_DatetimeIndex", why_new_index},
    {"pandas.core.internals.managers", "BlockManager", NULL},
    {"pandas.core.internals.managers", "SingleBlockManager", NULL},
};

static og__call_rule rule_of(og_value callable)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (og_class_is(callable, rules[i].module, rules[i].name)) return rules[i].rule;
    }
    og__call_rule torch = og__pickle_torch_rule_of(callable);
    if (torch) return torch;
    return begins_with(og_class_module(callable), "pandas.core.") ? why_frame : NULL;
}

bool og__pickle_call_has_rule(og_value callable)
{
    return rule_of(callable) != NULL;
}

bool og__pickle_is_getattr(og_value v)
{
    return og_class_is(v, "builtins", "getattr");
}

const char *og__pickle_getattr_why(og_value args)
{
    og__call c = {.count = og_len(args),
                  .args = og_kind_of(args) == OG_TUPLE ? og__value_node_of(args)->items : NULL};
    if (!c.args) c.count = 0;
    return why_getattr(&c);
}

const char *og__pickle_call_why(og_value callable, og_value args, size_t most)
{
    og__call_rule rule = rule_of(callable);
    /* Python refuses arguments that are no tuple, and so does the reader. */
    if (og_kind_of(args) != OG_TUPLE)
        return rule && og_kind_of(args) == OG_OBJECT ? "is called with arguments that are not known" : NULL;
    og__call c = {.args = og__value_node_of(args)->items, .count = og_len(args), .most = most};
    for (size_t i = 0; i < c.count; i++) {
        if (og__pickle_is_getattr(c.args[i])) return "is given builtins.getattr";
    }
    return rule ? rule(&c) : NULL;
}

/* ---- States ---- */

static bool is_of(og_value object, const char *module, const char *name)
{
    return og_kind_of(object) == OG_OBJECT && og_class_is(og_object_class(object), module, name);
}

static bool is_reconstructed(og_value object)
{
    return is_of(object, "numpy._core.multiarray", "_reconstruct") ||
           is_of(object, "numpy.core.multiarray", "_reconstruct");
}

/* The names of methods that Python's unpicklers look for in the object's own attributes first. */
static bool names_a_method(og_value state)
{
    static const char *const names[] = {"__setstate__", "append", "extend", "add"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        og_value name = og_str_borrow(names[i], strlen(names[i]));
        if (og_kind_of(state) == OG_DICT && og_valid(og_dict_get(state, name))) return true;
        if (og_kind_of(state) != OG_TUPLE || og_len(state) != 2) continue;
        for (size_t part = 0; part < 2; part++) {
            og_value half = og_item(state, part);
            if (og_kind_of(half) == OG_DICT && og_valid(og_dict_get(half, name))) return true;
        }
    }
    return false;
}

static const char *method_why(og_value object)
{
    for (og_value record = object; og_kind_of(record) == OG_OBJECT; record = og_object_next(record)) {
        if (names_a_method(og_object_state(record)))
            return "has a method called that it was given as an attribute";
    }
    return NULL;
}

/* A DataFrame calls its keys when they are functions. */
const char *og__pickle_fill_why(og_value object)
{
    if (og_kind_of(object) == OG_OBJECT && begins_with(og_class_module(og_object_class(object)), "pandas."))
        return "is filled, which picklers never do";
    if (og__pickle_is_torch_made(object)) return "makes what is filled, which picklers never do";
    return method_why(object);
}

/* A type that is in use already: what was made of it would change under it. */
const char *og__pickle_build_why(og_value object)
{
    bool dtype = is_of(object, "numpy", "dtype");
    if (dtype && (og__value_is_shared(object) || og_valid(og_object_state(object))))
        return "is changed while it is in use";
    if (is_reconstructed(object) && og_valid(og_object_state(object))) return "gets its state twice";
    if (is_of(object, "numpy._core.numeric", "_frombuffer") ||
        is_of(object, "numpy.core.numeric", "_frombuffer"))
        return "gets a state though it has its data";
    if (og__pickle_is_torch_made(object)) return "makes what gets a state, which picklers never do";
    return method_why(object);
}

const char *og__pickle_built_why(og_value object)
{
    og_array array;
    if (is_of(object, "numpy", "dtype")) return og__pickle_dtype_why(object);
    if (is_reconstructed(object) && og_as_ndarray(object, &array, NULL) < 0)
        return "gets other data than its shape and type say";
    return NULL;
}
