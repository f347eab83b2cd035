/* SPDX-License-Identifier: MIT */
/*
 * The insides of documents and values, for the value room, and for codecs, which fill and walk them at full
 * speed.
 *
 * meta of an og_value: bits 0-7 the kind, 8-15 flags (OG__F_…), 16-63 the length in bytes of str and bytes,
 * or limbs of a big int; of a container that was read, its document (og__value_home()); 0 for all else. u
 * holds an int, a double, or a pointer: to the bytes, the limbs (uint64_t, least significant first, no
 * leading zero limb), the two doubles of a complex, or an og__node.
 */
#ifndef ONGGI_VALUE_DOC_H
#define ONGGI_VALUE_DOC_H

#include <onggi/value.h>

#include <stdatomic.h>
#include <string.h>

#define OG__META_LEN_SHIFT 16
#if SIZE_MAX > UINT32_MAX
#    define OG__LEN_MAX ((UINT64_C(1) << 48) - 1)
#else
#    define OG__LEN_MAX ((size_t)PTRDIFF_MAX)
#endif

/* Flags of a value (in meta). */
#define OG__F_BIG       0x0100u /* int: u.p are limbs */
#define OG__F_NEGATIVE  0x0200u /* big int: below zero */
#define OG__F_TRUE      0x0100u /* bool */
#define OG__F_ASCII     0x0100u /* str: all bytes below 0x80 (a hint: absence says nothing) */
#define OG__F_SURROGATE 0x0200u /* str: holds a lone surrogate as three bytes */
#define OG__F_CLEAN     0x0400u /* str: nothing in it needs a JSON escape (a hint likewise) */
#define OG__F_ENDED     0x0800u /* str: a NUL follows its bytes */

/* Flags of a node. */
#define OG__N_PLACED 0x01 /* is in a container, or was made a root by the program */
#define OG__N_SHARED 0x02 /* may be in more than one place: writers must look for it again */
#define OG__N_EXACT  0x04 /* items has no room to grow in place: capacity is count */
#define OG__N_INDEX  0x08 /* dict, set: a hash index is before the items */
#define OG__N_LATE   0x10 /* list, dict, set, object: something referred to it before it was filled */

/*
 * A container, bytearray, class reference or object. 16 bytes, because a hostile byte can ask for one.
 * For list, tuple, set, frozenset: `items` are og_value[count]; dict: og_value[2 * count], key and value in
 * turn; class: og_value[2], module and qualname; bytearray: the bytes, count + (high << 32) of them; object:
 * an og__object, `high` is its og_make. Where nothing is said of `high` (list to frozenset) or `count`
 * (object), a reader may keep a number of its own there, and flags 0x40 and 0x80 are its own too: they mean
 * nothing afterwards.
 */
typedef struct og__node {
    void *items;
    uint32_t count;
    uint16_t high;
    uint8_t capacity; /* log2 of the room in items (entries), unless OG__N_EXACT */
    uint8_t flags;
} og__node;

/* What was done to an object after it was made; only when anything was. */
typedef struct og__object_more {
    og_value kwargs;
    og_value items;
    og_value pairs;
    og_value state;
    og_value next;
} og__object_more;

typedef struct og__object {
    og_value callable;
    og_value args;
    og__object_more *more;
    og__object_more
        *last; /* of the `next` records after this one, so that a long chain grows fast; or NULL */
} og__object;

/* A run of memory that values are cut from; the chunks of a document are a list, the newest first. */
typedef struct og__chunk {
    _Alignas(max_align_t) struct og__chunk *next; /* so that what follows the header suits any type */
    size_t size;                                  /* with this header */
} og__chunk;

/*
 * What a reader has learned from the messages before, and keeps for the next ones: it comes before the
 * reader's own data. A document has the few newest, and frees them at its end.
 */
typedef struct og__lesson {
    struct og__lesson *next;
    size_t size;                      /* with this header */
    _Atomic(struct og__lesson *) own; /* what was learned from what it taught: goes with it */
} og__lesson;

/* The program has changed what it read: nobody knows any more how long that may become. */
#define OG__SOURCE_OWN SIZE_MAX

struct og_doc {
    uint8_t *at; /* next free byte of the newest chunk */
    uint8_t *end;
    og__chunk *chunks;
    og_allocator alloc;
    size_t memory;       /* bytes from the allocator: this struct, all chunks, the stack */
    size_t in_use;       /* bytes of all chunks but the newest */
    size_t recent;       /* what recent messages needed; fades by an eighth with each reset */
    size_t memory_limit; /* 0: none */
    bool limited;        /* memory was refused because of it */
    size_t source;       /* bytes that the values were read from; 0: none were; OG__SOURCE_OWN */
    uint64_t seed;       /* of the hash, so that nobody can aim at collisions */
    uint64_t work;       /* nodes looked at by hashing and comparing keys while building */
    uint64_t work_limit; /* refuse to build on after that many; readers set it in proportion to their input */
    og_value root;
    og_value *stack; /* scratch of readers: values whose container is still open; kept between messages */
    size_t stack_cap;
    og__lesson *lessons;   /* the newest first */
    og__lesson *read_by;   /* the one that said what the root is, or NULL; then this is */
    const void *read_root; /* the root's node */
    uint32_t lesson_hints; /* how messages began: bits */
    int lesson_debt;       /* what learning cost and did not bring in yet */
};

static inline og_value og__value_make(og_kind kind, unsigned flags, uint64_t len, const void *p)
{
    og_value v;
    v.meta = (uint64_t)kind | flags | (len << OG__META_LEN_SHIFT);
    v.u.p = p;
    return v;
}

static inline og_value og__value_make_int(int64_t i)
{
    og_value v;
    v.meta = OG_INT;
    v.u.i = i;
    return v;
}

static inline og_value og__value_make_bool(bool truth)
{
    og_value v = og__value_make_int(truth);
    v.meta = (uint64_t)OG_BOOL | (truth ? OG__F_TRUE : 0u);
    return v;
}

static inline og_value og__value_make_float(double f)
{
    og_value v;
    v.meta = OG_FLOAT;
    v.u.f = f;
    return v;
}

static inline size_t og__value_len(og_value v)
{
    return (size_t)(v.meta >> OG__META_LEN_SHIFT);
}

static inline og__node *og__value_node_of(og_value v)
{
    union {
        const void *c;
        og__node *n;
    } u = {v.u.p};
    return u.n;
}

/* Bytes of a bytearray. */
static inline size_t og__value_bytearray_len(const og__node *node)
{
    return (size_t)(node->count | (uint64_t)node->high << 32);
}

/* True for the kinds whose value points to an og__node. */
static inline bool og__value_has_node(og_value v)
{
    return og_kind_of(v) >= OG_BYTEARRAY;
}

/* ---- What was read, and how long it may become ---- */

/* Where a container that was read keeps its document: what malloc gives is a multiple of 8. */
enum { OG__HOME_SHIFT = OG__META_LEN_SHIFT - 3 };
#define OG__HOME_MASK (~UINT64_C(0) << OG__META_LEN_SHIFT)

/* `v`, a container, as a value that knows its document. */
static inline og_value og__value_at_home(og_value v, const og_doc *doc)
{
    uint64_t home = (uint64_t)(uintptr_t)doc << OG__HOME_SHIFT;
    bool fits = home >> OG__HOME_SHIFT == (uintptr_t)doc;
    v.meta = (v.meta & ~OG__HOME_MASK) | (fits ? home : 0);
    return v;
}

/* The document that a container was read into, or NULL. */
static inline og_doc *og__value_home(og_value v)
{
    union {
        uintptr_t number;
        og_doc *doc;
    } u = {(uintptr_t)((v.meta & OG__HOME_MASK) >> OG__HOME_SHIFT)};
    return og__value_has_node(v) ? u.doc : NULL;
}

/* `part` of `whole`: read from the same message. */
static inline og_value og__value_part_of(og_value part, og_value whole)
{
    uint64_t home = whole.meta & OG__HOME_MASK;
    if (home && og__value_has_node(part)) part.meta = (part.meta & ~OG__HOME_MASK) | home;
    return part;
}

/* What was read whole: its root is in nothing that was read, so that writers need not look for it again. */
static inline void og__value_doc_set_own_root(og_doc *doc, og_value root)
{
    if (og__value_has_node(root)) og__value_node_of(root)->flags &= (uint8_t)~OG__N_PLACED;
    doc->root = root;
}

/* The root was read from `len` bytes. */
static inline void og__value_doc_was_read(og_doc *doc, size_t len)
{
    if (!og__value_has_node(doc->root)) return;
    doc->root = og__value_at_home(doc->root, doc);
    doc->source = len;
}

/*
 * How many bytes may be written for `value`: `factor` (0: OG_MAX_GROWTH_DEFAULT) for each byte that it was
 * read from, and OG_GROWTH_FREE; SIZE_MAX where it was not read, or the program has added to it.
 */
static inline size_t og__value_most(og_value value, size_t factor)
{
    const og_doc *home = og__value_home(value);
    if (!home || home->source == 0 || home->source == OG__SOURCE_OWN) return SIZE_MAX;
    size_t most;
    bool over = __builtin_mul_overflow(home->source, factor ? factor : OG_MAX_GROWTH_DEFAULT, &most);
    over |= __builtin_add_overflow(most, OG_GROWTH_FREE, &most);
    return over ? SIZE_MAX : most;
}

/* The sentence for what would become longer: two size_t follow, that length and the bytes of the message. */
#define OG__GROWTH_SENTENCE \
    "the output would be longer than %zu bytes, the most for a message of %zu bytes; raise max_growth"

/* Starts a new chunk that has room for `size` bytes at `align`, and cuts them from it; NULL without memory or
 * past the limit. */
void *og__value_doc_alloc_slow(og_doc *doc, size_t size, size_t align);

/* `size` bytes at a multiple of `align` (a power of two, at most 16), freed with the document; or NULL. */
static inline void *og__value_doc_alloc(og_doc *doc, size_t size, size_t align)
{
    size_t left = (size_t)(doc->end - doc->at);
    size_t pad = (size_t)(-(uintptr_t)doc->at & (align - 1));
    if (pad <= left && size <= left - pad) {
        uint8_t *at = doc->at + pad;
        doc->at = at + size;
        return at;
    }
    return og__value_doc_alloc_slow(doc, size, align);
}

/* A copy of a short message that the document is read from, OG_PADDING zero bytes after it; NULL without
 * memory. */
static inline uint8_t *og__value_doc_padded(og_doc *doc, const void *bytes, size_t len)
{
    uint8_t *copy = og__value_doc_alloc(doc, len + OG_PADDING, 1);
    if (!copy) return NULL;
    memcpy(copy, bytes, len);
    memset(copy + len, 0, OG_PADDING);
    return copy;
}

/* Makes a run of `old_size` bytes at `old` (may be NULL) one of `new_size` bytes: in place when it is the
 * last thing in its chunk, else by copying. NULL without memory. */
void *og__value_doc_grow(og_doc *doc, void *old, size_t old_size, size_t new_size);

/* A copy of what a new document will be read from, `padding` zero bytes after it; NULL without memory.
 * Where it is large, room for about what is made from it comes in the same piece: what free() gets back as
 * one large block, malloc() then keeps, and fresh pages cost more than reading. */
uint8_t *og__value_doc_keep(og_doc *doc, const void *bytes, size_t len, size_t padding);

/* Gives a run back that is no longer used, where that costs nothing: when it has a chunk of its own, or is
 * the last thing in one. */
void og__value_doc_release(og_doc *doc, void *run, size_t size);

/* Room for a lesson of `size` bytes, the header included, in place of the oldest one if there are many. NULL
 * without memory, or past the limit. */
void *og__value_lesson_new(og_doc *doc, size_t size);

/* Takes a lesson back. */
void og__value_lesson_drop(og_doc *doc, og__lesson *lesson);

/* What a document holds at some time. */
typedef struct og__doc_mark {
    og__chunk *newest;
    og__chunk *next; /* of the newest */
    uint8_t *at;
} og__doc_mark;

static inline og__doc_mark og__value_doc_marked(const og_doc *doc)
{
    return (og__doc_mark){doc->chunks, doc->chunks ? doc->chunks->next : NULL, doc->at};
}

/* Frees all that was cut from the document since it was marked; runs from before must not have grown. */
void og__value_doc_rewind(og_doc *doc, og__doc_mark mark);

/*
 * Gives the reader's stack room for at least `need` values (kept: those that are there). Grows by halves, so
 * that the peak stays within the promise of 64 bytes a byte. 0 or OG_ENOMEM.
 */
int og__value_doc_stack_reserve(og_doc *doc, size_t need);

/* Containers made whole from a run of values (copied into the document), for readers; already OG__N_PLACED.
 * OG_INVALID without memory. */
og_value og__value_list_from(og_doc *doc, const og_value *items, size_t count);
og_value og__value_tuple_from(og_doc *doc, const og_value *items, size_t count);

/* Appends a run of values, which are not marked as placed: readers do that. 0, OG_ENOMEM, OG_ELIMIT. */
int og__value_list_extend(og_doc *doc, og_value list, const og_value *items, size_t count, og_error *err);

/* A set or frozenset (`kind`) from a run of values; what occurs twice is kept once. OG_INVALID and `err` when
 * an item is not hashable, or without memory. */
og_value og__value_set_from(og_doc *doc, og_kind kind, const og_value *items, size_t count, og_error *err);

/* Puts key, value, key, value, … into a dict, the last of equal keys winning. Values are not marked as
 * placed. 0, OG_ENOMEM, OG_ETYPE, OG_ELIMIT. */
int og__value_dict_extend(og_doc *doc, og_value dict, const og_value *items, size_t pairs, og_error *err);

/* Adds a run of values to a set. Values are not marked as placed. 0, OG_ENOMEM, OG_ETYPE, OG_ELIMIT. */
int og__value_set_extend(og_doc *doc, og_value set, const og_value *items, size_t count, og_error *err);

/* An int from a copy of limbs (lowest first; leading zeros allowed); OG_INVALID without memory. */
og_value og__value_int_from_limbs(og_doc *doc, const uint64_t *limbs, size_t count, bool negative);

/* A class reference from two str values. */
og_value og__value_class_from(og_doc *doc, og_value module, og_value qualname);

/* The parts of an object: callable, args, kwargs, items, pairs, state, next; OG_INVALID: there is none. */
enum { OG__OBJECT_PARTS = 7 };
og_value og__value_object_part(const og__object *object, size_t i);

/* An empty container node of `kind`, unmarked; OG_INVALID without memory. */
og_value og__value_node_new(og_doc *doc, og_kind kind);

/* Up to this many entries are compared one by one; beyond, a dict or set has an index. */
enum { OG__LINEAR_MAX = 16 };

/*
 * Copies values that were stored a moment ago, word by word: a load that is wider than the stores before it
 * waits until they have reached the cache.
 */
static inline void og__value_copy_fresh(og_value *to, const og_value *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t meta = from[i].meta;
        __asm__("" : "+r"(meta)); /* keeps the compiler from joining the two words */
        to[i].meta = meta;
        to[i].u = from[i].u;
    }
}

/*
 * A list, or a dict of at most OG__LINEAR_MAX pairs that are known to be good, of `values` values that are
 * `count` items or pairs. Small ones have their items right after the node. OG_INVALID without memory, or
 * when there are many.
 */
static inline og_value og__value_run_from(og_doc *doc, og_kind kind, const og_value *items, size_t values,
                                          size_t count)
{
    enum { WITH_NODE = 256 };
    if (values > WITH_NODE) return (og_value){0};
    og__node *node = og__value_doc_alloc(doc, sizeof *node + values * sizeof *items, _Alignof(og__node));
    if (!node) return (og_value){0};
    og_value *to = (og_value *)(void *)(node + 1);
    *node = (og__node){values ? to : NULL, (uint32_t)count, 0, 0, OG__N_PLACED | (values ? OG__N_EXACT : 0)};
    og__value_copy_fresh(to, items, values);
    return og__value_make(kind, 0, 0, node);
}

/* A dict of as many pairs as `model`, a dict's node of this document with an index, and the same keys in the
 * same order. OG_INVALID without memory. */
og_value og__value_dict_like(og_doc *doc, const og__node *model, const og_value *items);

/* Something of a str below 64: the least that tells most keys of one object apart. */
static inline unsigned og__value_glance(og_value str)
{
    size_t len = og__value_len(str);
    if (len == 0) return 0;
    const uint8_t *p = str.u.p;
    return (p[0] * 5u + p[len - 1] * 3u + (unsigned)len) & 63;
}

/* True when the keys of `pairs` pairs are str and differ at a glance; false says nothing. */
static inline bool og__value_clearly_distinct(const og_value *items, size_t pairs)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < pairs; i++) {
        if (og_kind_of(items[2 * i]) != OG_STR) return false;
        uint64_t bit = UINT64_C(1) << og__value_glance(items[2 * i]);
        if (seen & bit) return false;
        seen |= bit;
    }
    return true;
}

/* Likewise, with a better look at them. */
bool og__value_surely_distinct(const og_value *items, size_t pairs);

/* What a key that occurs twice means. */
typedef enum og__duplicate { OG__DUPLICATE_LAST, OG__DUPLICATE_REFUSE } og__duplicate;

/*
 * A dict from key, value, key, value, … (`pairs` pairs). Keys must be hashable: OG_INVALID and `err` if not,
 * if a key occurs twice and that is refused (then `*bad` is its pair's number), or without memory.
 */
og_value og__value_dict_from(og_doc *doc, const og_value *items, size_t pairs, og__duplicate duplicate,
                             size_t *bad, og_error *err);

/* Marks that `v` is in a container now: the second time it is shared. */
static inline void og__value_place(og_value v)
{
    if (!og__value_has_node(v)) return;
    og__node *node = og__value_node_of(v);
    node->flags |= node->flags & OG__N_PLACED ? OG__N_SHARED : OG__N_PLACED;
}

/* Marks that a node may be reached from more than one place. No effect on values without a node. */
static inline void og__value_mark_shared(og_value v)
{
    if (og__value_has_node(v)) og__value_node_of(v)->flags |= OG__N_PLACED | OG__N_SHARED;
}

/*
 * True when a walk may meet the node of `v` again. A walk's first value counts as shared too, whatever its
 * flags say: the only way back to it may be the one place that it is in.
 */
static inline bool og__value_is_shared(og_value v)
{
    return og__value_has_node(v) && (og__value_node_of(v)->flags & OG__N_SHARED);
}

#endif
