/* SPDX-License-Identifier: MIT */
/*
 * The object model: values in Python's sense, and the documents that own their memory.
 *
 * Ownership: every container, big integer, complex number, and every string that was not borrowed lives in
 * the og_doc that it was made with, until that document is reset or freed. An og_value is 16 bytes, passed by
 * value, and never freed by itself. A value may be put into containers of its own document only; og_copy()
 * carries it to another one.
 *
 * Threads: a document that is no longer changed may be read by any number of threads. Building and changing
 * belong to one thread at a time.
 */
#ifndef ONGGI_VALUE_H
#define ONGGI_VALUE_H

#include <onggi/base.h>

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of value: name, text for people (Python's type name where it has one). */
#define OG_KIND_MAP(X)                                                                          \
    X(OG_INVALID, "invalid") /* no value at all: not found, or memory ran out while building */ \
    X(OG_NONE, "NoneType")   /* None, JSON's null */                                            \
    X(OG_BOOL, "bool")       /* True, False */                                                  \
    X(OG_INT, "int")         /* of any size */                                                  \
    X(OG_FLOAT, "float")     /* an IEEE 754 double */                                           \
    X(OG_COMPLEX, "complex") /* two doubles */                                                  \
    X(OG_STR, "str")         /* UTF-8; lone surrogates as three bytes each, flagged */          \
    X(OG_BYTES, "bytes")                                                                        \
    X(OG_BYTEARRAY, "bytearray") /* has identity: may be shared */                              \
    X(OG_LIST, "list")                                                                          \
    X(OG_TUPLE, "tuple")                                                                        \
    X(OG_DICT, "dict") /* keeps insertion order; any hashable key */                            \
    X(OG_SET, "set")   /* keeps insertion order too, so that output is repeatable */            \
    X(OG_FROZENSET, "frozenset")                                                                \
    X(OG_CLASS, "class")   /* a reference by name to a class or function; never looked up */    \
    X(OG_OBJECT, "object") /* an inert record of what a pickle wanted built */

typedef enum og_kind {
#define X(name, text) name,
    OG_KIND_MAP(X)
#undef X
} og_kind;

/* A value. The members are private to onggi: use the functions below. A zeroed og_value is OG_INVALID. */
typedef struct og_value {
    uint64_t meta;
    union {
        int64_t i;
        double f;
        const void *p;
    } u;
} og_value;

/* Owns the memory of values. */
typedef struct og_doc og_doc;

/* The kind of a value. */
static inline og_kind og_kind_of(og_value value)
{
    return OG_CAST(og_kind, value.meta & 0xff);
}

/* True when there is a value at all, i.e. its kind is not OG_INVALID. */
static inline bool og_valid(og_value value)
{
    return (value.meta & 0xff) != 0;
}

/* The name of a kind as people read it, e.g. "dict"; never NULL. */
OG_API const char *og_kind_name(og_kind kind);

/* ---- Documents ---- */

/* An empty document that takes memory from `alloc` (NULL: the default), or NULL when there is none. */
OG_API og_doc *og_doc_new(const og_allocator *alloc);

/* Frees the document and every value in it at once. NULL is allowed. */
OG_API void og_doc_free(og_doc *doc);

/*
 * Forgets all values but keeps memory for the next ones (fresh pages cost more than parsing): at most 64 KiB
 * and four times what was needed lately, where lately fades by an eighth with each reset.
 */
OG_API void og_doc_reset(og_doc *doc);

/* The value that a reader left in the document, or that og_doc_set_root() put there; OG_INVALID if none. */
OG_API og_value og_doc_root(const og_doc *doc);
OG_API void og_doc_set_root(og_doc *doc, og_value root);

/* Bytes that the document holds from its allocator now. */
OG_API size_t og_doc_memory(const og_doc *doc);

/* Lets the document hold at most `bytes` (0: no limit); what would pass that fails with OG_ENOMEM or
 * OG_INVALID. */
OG_API void og_doc_set_memory_limit(og_doc *doc, size_t bytes);

/* ---- Building ---- */

/* What takes a document may run out of memory, and is OG_INVALID then. Containers refuse OG_INVALID, so that
 * a chain of calls can be checked once at its end: as OG_ENOMEM, or with the
 * reason that a builder of onggi/known.h had. */

OG_API og_value og_none(void);
OG_API og_value og_bool(bool truth);
OG_API og_value og_int(int64_t number);
OG_API og_value og_float(double number);
OG_API og_value og_uint(og_doc *doc, uint64_t number);
OG_API og_value og_complex(og_doc *doc, double real, double imag);

/* An int from decimal text: optional '-', then digits. OG_INVALID with `err` filled when it is not one, or
 * has more than `max_digits`. */
OG_API og_value og_int_from_text(og_doc *doc, const char *text, size_t len, size_t max_digits, og_error *err);

/* An int from `len` bytes of two's complement, least significant first (Python's int.from_bytes(…, 'little',
 * signed=True)). */
OG_API og_value og_int_from_bytes(og_doc *doc, const uint8_t *bytes, size_t len);

/*
 * A str of `len` bytes of UTF-8, copied into the document. OG_INVALID when it is not UTF-8. og_str() takes a
 * C string. og_str_borrow() copies nothing: the bytes must stay as they are for as long as the value is used.
 */
OG_API og_value og_str(og_doc *doc, const char *text);
OG_API og_value og_strn(og_doc *doc, const char *text, size_t len);
OG_API og_value og_str_borrow(const char *text, size_t len);

OG_API og_value og_bytes(og_doc *doc, const void *bytes, size_t len);
OG_API og_value og_bytes_borrow(const void *bytes, size_t len);
OG_API og_value og_bytearray(og_doc *doc, const void *bytes, size_t len);
OG_API og_value og_bytearray_borrow(og_doc *doc, const void *bytes, size_t len);

/* Containers. Tuples and frozensets are made whole; lists, dicts and sets start empty. */
OG_API og_value og_list(og_doc *doc);
OG_API og_value og_tuple(og_doc *doc, const og_value *items, size_t count);
OG_API og_value og_dict(og_doc *doc);
OG_API og_value og_set(og_doc *doc);
OG_API og_value og_frozenset(og_doc *doc, const og_value *items, size_t count, og_error *err);

/* 0, or OG_ENOMEM, OG_ETYPE (not that kind of container, key not hashable), OG_EVALUE (a text key that is not
 * UTF-8), OG_ELIMIT (more than 2**32 - 1 items). */
OG_API int og_list_append(og_doc *doc, og_value list, og_value item, og_error *err);
OG_API int og_dict_set(og_doc *doc, og_value dict, og_value key, og_value value, og_error *err);
OG_API int og_dict_sets(og_doc *doc, og_value dict, const char *key, og_value value, og_error *err);
OG_API int og_set_add(og_doc *doc, og_value set, og_value item, og_error *err);

/* Takes `key` out, in time linear in the size of the dict. 1 when it was there, 0 when not, or an error as
 * above. */
OG_API int og_dict_remove(og_doc *doc, og_value dict, og_value key, og_error *err);

/*
 * Builds a value from a format, in the manner of jansson:
 *
 *     og_value person = og_pack(doc, &err, "{s:s, s:i}", "name", "John", "age", 30);
 *
 *   n None   b bool (int)   i int   I int64_t   U uint64_t   f double
 *   s str (const char *)   s# str (const char *, size_t)   y# bytes (const void *, size_t)
 *   v an og_value of the same document
 *   [..] list   (..) tuple   {k:v, ..} dict   <..> set
 *
 * White space, ',' and ':' may be anywhere between items. OG_INVALID with `err` filled (position in the
 * format) when the format is wrong, a text is not UTF-8 or memory ran out.
 */
OG_API og_value og_pack(og_doc *doc, og_error *err, const char *format, ...);
OG_API og_value og_vpack(og_doc *doc, og_error *err, const char *format, va_list args);

/* ---- Reading ---- */

/* 0 and the result in `out`; OG_ETYPE when the value is of another kind, OG_EVALUE when it does not fit. */

OG_API int og_as_bool(og_value value, bool *out);
OG_API int og_as_int64(og_value value, int64_t *out); /* from int or bool */
OG_API int og_as_uint64(og_value value, uint64_t *out);
OG_API int og_as_double(og_value value, double *out); /* from float, int or bool; nearest double */
OG_API int og_as_complex(og_value value, double *real, double *imag);

/* True for an int that does not fit int64_t. */
OG_API bool og_is_big(og_value value);

/* Appends an int's decimal digits to `out`. 0, OG_ETYPE, OG_ENOMEM, OG_ELIMIT for more than `max_digits` (0:
 * no limit). */
OG_API int og_int_to_text(og_value value, size_t max_digits, og_buf *out, og_error *err);

/* Appends an int's shortest two's complement form, least significant byte first (none for 0). 0, OG_ETYPE or
 * OG_ENOMEM. */
OG_API int og_int_to_bytes(og_value value, og_buf *out);

/*
 * The bytes of a str (UTF-8), bytes or bytearray, with their number in `len` (may be NULL); NULL for other
 * kinds. Not NUL-terminated. They live as long as the document, or as what they were borrowed from.
 */
OG_API const char *og_data(og_value value, size_t *len);

/* True when a str holds a lone surrogate (as three bytes), which strict UTF-8 cannot carry. */
OG_API bool og_str_has_surrogates(og_value value);

/* True when `value` is a str equal to the C string `text`. */
OG_API bool og_str_is(og_value value, const char *text);

/* Bytes of a str, bytes or bytearray; items of a container (pairs of a dict); 0 for all else. */
OG_API size_t og_len(og_value value);

/* Item `index` of a list or tuple; OG_INVALID when there is none. */
OG_API og_value og_item(og_value sequence, size_t index);

/*
 * The value under a key, in constant time; OG_INVALID when there is none, or `dict` is not a dict. NaN equals
 * nothing and is never found; an object is found by itself only. A key of more than some million nested
 * tuples is not looked for.
 */
OG_API og_value og_dict_get(og_value dict, og_value key);
OG_API og_value og_dict_gets(og_value dict, const char *key);

/* True when `item` is in the set or frozenset. */
OG_API bool og_set_has(og_value set, og_value item);

/*
 * Steps through a container in order:
 *
 *     for (og_iter it = og_iter_of(value); og_iter_next(&it, &key, &item);)
 *         printf("a key of kind %s\n", og_kind_name(og_kind_of(key)));
 *
 * For dicts `key` and `item` are the pair; for all else `key` is OG_INVALID. Either may be NULL. The
 * container must not be changed meanwhile.
 */
typedef struct og_iter {
    og_value container;
    size_t index;
} og_iter;
OG_API og_iter og_iter_of(og_value container);
OG_API bool og_iter_next(og_iter *iter, og_value *key, og_value *item);

/*
 * The reverse of og_pack():
 *
 *     og_unpack(value, &err, "{s:s#, s:i}", "name", &name, &len, "age", &age);
 *
 * Keys are given, the rest are places to store to: b bool *, i int *, I int64_t *, U uint64_t *, f double *,
 * s const char ** (always a C string; OG_EVALUE when the str holds a NUL or none follows it, as in values
 * that were read: og_copy() adds it), s# const char ** and size_t *, y# likewise, v og_value *, n nothing.
 * Sets have no order: take them with v, and their items with og_iter_next(). A '?' after a key's 's' allows
 * it to be missing; its places stay as they are. '*' before the closing bracket allows more items; dicts
 * allow more keys always unless '!' is there. 0, or OG_ETYPE, OG_EVALUE, OG_ENOTFOUND, OG_EINVAL (the format)
 * with a sentence that names the path, e.g. "at .address.city: …".
 */
OG_API int og_unpack(og_value value, og_error *err, const char *format, ...);
OG_API int og_vunpack(og_value value, og_error *err, const char *format, va_list args);

/*
 * Python's ==, in depth, in time linear in the nodes, sharing and cycles allowed: 1 == 1.0 == True, dicts and
 * sets in any order. Objects are equal when class, arguments, state and items are; as keys they equal
 * themselves only, and those that one side alone has are matched in order. NaN equals nothing, but a
 * container equals itself whatever it holds, as in Python. 1 equal, 0 not, OG_ENOMEM.
 */
OG_API int og_equal(og_value a, og_value b);

/*
 * As og_equal() but exact, for tests and translations: kinds and the order of dicts and sets must match,
 * floats bit for bit, and what is shared in one must be shared in the other. 1, 0 or OG_ENOMEM.
 */
OG_API int og_identical(og_value a, og_value b);

/* A copy of `value` in `doc`, sharing and cycles kept. OG_INVALID when memory ran out. */
OG_API og_value og_copy(og_doc *doc, og_value value);

/* ---- Class references and inert objects ---- */

/* A class or function by name. Both parts may hold any UTF-8. */
OG_API og_value og_class(og_doc *doc, const char *module, size_t module_len, const char *qualname,
                         size_t qualname_len);

/* Module and qualified name of a class reference; OG_INVALID for other kinds. */
OG_API og_value og_class_module(og_value value);
OG_API og_value og_class_qualname(og_value value);

/* True when `value` refers to module.qualname. */
OG_API bool og_class_is(og_value value, const char *module, const char *qualname);

/* How an object was to be made: name, text. */
#define OG_MAKE_MAP(X)                                                                                      \
    X(OG_MAKE_CALL, "call")             /* REDUCE: callable(*args) */                                       \
    X(OG_MAKE_NEW, "new")               /* NEWOBJ, NEWOBJ_EX: cls.__new__(cls, *args, **kwargs) */          \
    X(OG_MAKE_INSTANCE, "instance")     /* INST, OBJ: an instance of Python 2's classes, cls(*args) */      \
    X(OG_MAKE_PERSISTENT, "persistent") /* a persistent id, which is its argument */                        \
    X(OG_MAKE_EXTENSION, "extension")   /* an EXT code of copyreg, which is its argument */                 \
    X(OG_MAKE_BUFFER, "buffer") /* an out-of-band buffer that was not passed in; its argument is its number \
                                 */

typedef enum og_make {
#define X(name, text) name,
    OG_MAKE_MAP(X)
#undef X
} og_make;

/* An object to be made by `how` from `callable` (a class reference, or any value that a pickle called) and
 * `args` (a tuple, or whatever stood there). */
OG_API og_value og_object(og_doc *doc, og_make how, og_value callable, og_value args);

/* How, from what, with which arguments; OG_INVALID where there is none. kwargs is a dict, of NEWOBJ_EX only.
 */
OG_API og_make og_object_make(og_value object);
OG_API og_value og_object_class(og_value object);
OG_API og_value og_object_args(og_value object);
OG_API og_value og_object_kwargs(og_value object);

/*
 * What was done to it after it was made: state (BUILD), appended items as a list, items set as a list of key,
 * value, key, value, …; OG_INVALID where nothing was. Should a pickle do so in any other order than items,
 * pairs, state, or set state twice, the later steps are in og_object_next(): another record with only these
 * three, to be applied after this one. Where that record has a class, it begins with a call of it with its
 * arguments, made for what it does to the object, its result dropped: a function that sets the state, the
 * sixth part of what __reduce__() may give.
 */
OG_API og_value og_object_state(og_value object);
OG_API og_value og_object_items(og_value object);
OG_API og_value og_object_pairs(og_value object);
OG_API og_value og_object_next(og_value object);

/* The attribute `name` of an object's state (dict state, or either half of a (dict, slots) pair); OG_INVALID
 * when it has none. */
OG_API og_value og_object_attr(og_value object, const char *name);

/* Build the same. 0, OG_ETYPE or OG_ENOMEM. Steps out of order make og_object_next() by themselves. */
OG_API int og_object_set_kwargs(og_doc *doc, og_value object, og_value kwargs, og_error *err);
OG_API int og_object_build(og_doc *doc, og_value object, og_value state, og_error *err);
OG_API int og_object_append(og_doc *doc, og_value object, og_value item, og_error *err);
OG_API int og_object_set_item(og_doc *doc, og_value object, og_value key, og_value value, og_error *err);
OG_API int og_object_then(og_doc *doc, og_value object, og_value callable, og_value args, og_error *err);

#ifdef __cplusplus
}
#endif

#endif
