/* SPDX-License-Identifier: MIT */
/*
 * The pickle reader's insides, shared by the files that read: the stack of values, marks on it, the memo, and
 * one function for each opcode. Nothing that a pickle names is looked up or called.
 */
#ifndef ONGGI_CODEC_PICKLE_READ_READER_H
#define ONGGI_CODEC_PICKLE_READ_READER_H

#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"
#include "value/doc.h"

/* Entries that a memo has room for without memory of its own: enough for most messages. */
enum { OG__MEMO_SMALL = 64 };

/* One entry of the part of a memo that is far from dense. */
typedef struct og__memo_far {
    size_t index;
    og_value value;
} og__memo_far;

/*
 * What PUT stored, by number. Numbers that follow one another, as picklers write them, are in `entries`;
 * those far away go to a hash table, so that memory follows what was really stored.
 */
typedef struct og__memo {
    og_doc *doc; /* its allocator is used, and its limit holds */
    og_value *entries;
    size_t len;   /* entries looked after; OG_INVALID where nothing was stored */
    size_t cap;   /* room */
    size_t count; /* stored in all, near and far */
    og__memo_far *far;
    size_t far_cap; /* a power of two, or 0 */
    size_t far_count;
    og_value small[OG__MEMO_SMALL];
} og__memo;

void og__pickle_memo_init(og__memo *memo, og_doc *doc);
void og__pickle_memo_fini(og__memo *memo);

/* Stores `value` under `index`. 0 or OG_ENOMEM. */
int og__pickle_memo_put(og__memo *memo, size_t index, og_value value);

/* Makes room for `more` entries in the array, ahead of need. False without memory: nothing changed. */
bool og__pickle_memo_make_room(og__memo *memo, size_t more);

/* What is stored under `index`; OG_INVALID when nothing is. */
og_value og__pickle_memo_get_far(const og__memo *memo, size_t index);

static inline og_value og__pickle_memo_get(const og__memo *memo, size_t index)
{
    if (index < memo->len && og_valid(memo->entries[index])) return memo->entries[index];
    return og__pickle_memo_get_far(memo, index);
}

/* How many dicts are remembered as models of others. */
enum { OG__MODELS_LOG2 = 5, OG__MODELS = 1 << OG__MODELS_LOG2 };

/* A pickle being read. */
typedef struct og__reader {
    const uint8_t *start;
    const uint8_t *op; /* the opcode in hand: errors name its position */
    const uint8_t *at; /* the next byte */
    const uint8_t *end;
    const uint8_t *readable; /* bytes up to here may be looked at; at or after `end` */
    og_doc *doc;
    og_value *top;   /* the stack is doc->stack up to here */
    og_value *limit; /* and has room up to here */
    size_t fence;    /* values below this index are under the innermost mark; 0: no mark */
    og__memo memo;
    size_t max_depth;
    size_t max_digits;
    og_pickle_encoding encoding;
    const og_value *buffers;
    size_t buffer_count;
    size_t buffer_next;
    bool strict;
    const og_pickle_extension *extensions;
    size_t extension_count;
    unsigned protocol;   /* what PROTO said last */
    size_t memory_limit; /* of the document, to be put back */
    uint8_t
        wary; /* what og__pickle_reader_run_on() leaves to og__pickle_reader_step() beside what is unusual */
    size_t frame_end; /* strict: where the frame in hand ends, in bytes from the start; 0: none */
    bool regrown;     /* a container grew after it was placed: heights must be taken again at the end */
    const og__node *models[OG__MODELS]; /* dicts whose keys are all str, by which others are filled */
    og_error *err;
} og__reader;

/* The text of a failure is "OPCODE at POSITION: …". Returns `code`. */
int og__pickle_reader_fail(og__reader *r, og_status code, const char *format, ...) OG_PRINTF(3, 4);

/* Failures that many opcodes share. */
int og__pickle_reader_nomem(og__reader *r);
int og__pickle_reader_underflow(og__reader *r, const char *expected);
int og__pickle_reader_truncated(og__reader *r);

/* A mark is on the stack as OG_INVALID and holds how many values are between the fence before it and
 * itself. */
static inline size_t og__pickle_stack_len(const og__reader *r)
{
    return (size_t)(r->top - r->doc->stack);
}

/* Values that can be popped before the innermost mark, or the bottom, is reached. */
static inline size_t og__pickle_stack_above(const og__reader *r)
{
    return og__pickle_stack_len(r) - r->fence;
}

/* Makes room for one more value. */
int og__pickle_reader_grow(og__reader *r);

/* Makes room for `more` values, ahead of need. False without memory: nothing has changed then. */
bool og__pickle_reader_make_room(og__reader *r, size_t more);

static inline int og__pickle_push(og__reader *r, og_value value)
{
    if (r->top == r->limit) {
        int status = og__pickle_reader_grow(r);
        if (status < 0) return status;
    }
    *r->top++ = value;
    return OG_OK;
}

/* As og__pickle_push() for what was just made and is OG_INVALID when there was no memory for it. */
static inline int og__pickle_push_new(og__reader *r, og_value value)
{
    return og_valid(value) ? og__pickle_push(r, value) : og__pickle_reader_nomem(r);
}

/*
 * Pops the innermost mark and all above it: `items` gets the place of the values (they stay in memory until
 * the next push), `count` their number. r->top is where the mark was.
 */
int og__pickle_pop_mark(og__reader *r, og_value **items, size_t *count);

/* The next `size` bytes, or NULL with the error set. */
static inline const uint8_t *og__pickle_take(og__reader *r, size_t size)
{
    if ((size_t)(r->end - r->at) < size) {
        og__pickle_reader_truncated(r);
        return NULL;
    }
    const uint8_t *bytes = r->at;
    r->at += size;
    return bytes;
}

/* A length of `size` bytes and as many bytes after it, or NULL with the error set. */
const uint8_t *og__pickle_take_counted(og__reader *r, size_t size, size_t *len);

/* The rest of the line without its line feed, or NULL with the error set. */
const uint8_t *og__pickle_take_line(og__reader *r, size_t *len);

/*
 * Heights: how many containers are in one another below a node, itself included. They are kept in the
 * node's field `high`, or `count` for an object, where nothing else is kept, and are exact until a container
 * grows that already is in another one.
 */
static inline size_t og__pickle_height(og_value v)
{
    og_kind kind = og_kind_of(v);
    if (kind < OG_LIST || kind == OG_CLASS) return 0;
    return kind == OG_OBJECT ? og__value_node_of(v)->count : og__value_node_of(v)->high;
}

/* The greatest height among `count` values. */
size_t og__pickle_height_of_items(const og_value *items, size_t count);

/* Notes that something of height `below` was put into `v`. 0 or OG_ELIMIT. */
int og__pickle_raise(og__reader *r, og_value v, size_t below);

/*
 * Notes that what is in this place of the stack is being filled. When it was referred to before, whatever
 * did so found it otherwise; but not when it is there twice, as DUP makes it: then it is filled where it
 * is needed.
 */
static inline void og__pickle_fill_noted(const og__reader *r, const og_value *at)
{
    if (!og__value_is_shared(*at)) return;
    bool duplicated = at > r->doc->stack && at[-1].meta == at->meta && at[-1].u.p == at->u.p;
    if (!duplicated) og__value_node_of(*at)->flags |= OG__N_LATE;
}

/* Notes that a container that was just filled is `height`, which is within bounds. */
static inline void og__pickle_set_height(og__reader *r, og__node *node, size_t height)
{
    if (height <= node->high) return;
    node->high = (uint16_t)height;
    if (node->flags & OG__N_SHARED) r->regrown = true;
}

/* After reading: takes heights again when that is needed. 0, OG_ELIMIT or OG_ENOMEM. */
int og__pickle_reader_check_depth(og__reader *r, og_value root);

/* Pushes a str from UTF-8, in which surrogates may be; it stays where it is. */
int og__pickle_push_utf8(og__reader *r, const uint8_t *bytes, size_t len);

/* Pushes a str of Python 2 as r->encoding says. The bytes must stay. */
int og__pickle_push_str2(og__reader *r, const uint8_t *bytes, size_t len);

/* Pushes the memo's entry; it may be in two places from then on. */
int og__pickle_memo_fetch(og__reader *r, size_t index);

/* Enters the topmost value in the memo. */
int og__pickle_memo_store(og__reader *r, size_t index);

/* Pushes a class reference. Names of Python 2 become those of Python 3 as protocols below 3 want it. */
int og__pickle_push_class(og__reader *r, og_value module, og_value name);

/* Pushes containers made of a run of values (which may be a part of the stack above r->top). */
int og__pickle_push_tuple(og__reader *r, const og_value *items, size_t count);
int og__pickle_push_list(og__reader *r, const og_value *items, size_t count);
int og__pickle_push_bytearray(og__reader *r, const uint8_t *bytes, size_t len);
int og__pickle_push_set(og__reader *r, og_kind kind, const og_value *items, size_t count);

/* Notes that a value may be in two places. The empty tuple is exempt: there is only one. */
static inline void og__pickle_share(og_value v)
{
    if (og_kind_of(v) != OG_TUPLE || og__value_node_of(v)->count > 0) og__value_mark_shared(v);
}

/*
 * What is on the stack counts as placed from the start, so that being in one container does not make
 * it shared. Where the value room's own functions place what they are given, they are told first that it is
 * not placed yet.
 */
static inline void og__pickle_unplace(og_value v)
{
    if (og__value_has_node(v) && !og__value_is_shared(v))
        og__value_node_of(v)->flags &= (uint8_t)~OG__N_PLACED;
}

/* An empty list, dict or set that counts as placed; OG_INVALID without memory. */
static inline og_value og__pickle_placed_node(og_doc *doc, og_kind kind)
{
    og_value v = og__value_node_new(doc, kind);
    if (!og_valid(v)) return v;
    og__value_node_of(v)->flags = OG__N_PLACED;
    og__value_node_of(v)->high = 1; /* its height */
    return v;
}

/* Where in r->models dicts of such keys have their model, or one place beside it. */
static inline size_t og__pickle_model_place(const og_value *items, size_t pairs)
{
    uint64_t first = (uint64_t)(uintptr_t)items[0].u.p;
    uint64_t middle = (uint64_t)(uintptr_t)items[pairs & ~(size_t)1].u.p;
    uint64_t last = (uint64_t)(uintptr_t)items[2 * pairs - 2].u.p;
    uint64_t mixed = first + 3 * middle + 5 * last + pairs;
    return (size_t)(mixed * UINT64_C(0x9e3779b97f4a7c15) >> (64 - OG__MODELS_LOG2));
}

/* Fills the node of an empty dict with pairs; false when that takes the long way. */
bool og__pickle_reader_fill_dict(og__reader *r, og__node *dict, const og_value *items, size_t pairs);

/* Pushes an object made from `callable` and `args`, either of which may be OG_INVALID. */
int og__pickle_push_object(og__reader *r, og_make how, og_value callable, og_value args);

/*
 * When calling `callable` with the tuple `args` makes plain data (a set, bytes in the forms of protocols 0 to
 * 2, …), pushes that. 1 pushed, 0 not such a call, < 0 with the error set.
 */
int og__pickle_fold_call(og__reader *r, og_value callable, og_value args);

/* One function for each opcode: 0, 1 at the end of the pickle, or < 0 with the error set. */
typedef int (*og__pickle_op_fn)(og__reader *r);
#define OP(name, byte, argument, protocol, before, after, summary) int og__pickle_op_##name(og__reader *r);
#include "codec/pickle/opcodes.def"
#undef OP

/*
 * A pickle read opcode by opcode. og__pickle_reader_init() sets everything up, options with 0 for their
 * defaults (0 or < 0); then, while there are bytes, `op` is set to `at`, which moves on by one, and
 * og__pickle_reader_step() does that opcode: 0, 1 at STOP, < 0 with the error set;
 * og__pickle_reader_no_stop() is the error of there being no more bytes; og__pickle_reader_finish() checks
 * what is left to check after STOP, and sets the root; og__pickle_reader_fini() is called in every case.
 */
int og__pickle_reader_init(og__reader *r, og_doc *doc, const uint8_t *bytes, size_t len,
                           const og_pickle_read_options *o, og_error *err);
int og__pickle_reader_step(og__reader *r);
int og__pickle_reader_run(og__reader *r); /* all steps to STOP, faster: 0 or < 0 */
int og__pickle_reader_no_stop(og__reader *r);
int og__pickle_reader_finish(og__reader *r, bool allow_trailing, bool strict);
void og__pickle_reader_fini(og__reader *r);

/*
 * The fast way to run: opcodes in their usual case up to `pace`, for which og__pickle_reader_run_by() has
 * made sure of input and room. False: up to one that og__pickle_reader_step() must do.
 */
typedef bool og__pickle_run_fn(og__reader *r, const uint8_t *pace);
og__pickle_run_fn og__pickle_reader_run_to;
#if defined(__x86_64__) && defined(__GNUC__)
#    define OG__PICKLE_AVX2 1
og__pickle_run_fn og__pickle_reader_run_to_avx2; /* where there are AVX2, BMI and BMI2 */
#endif

/*
 * What goes by opcode, the watcher of a policy and the strict reader, has the usual ones done at once: up to
 * one that is left to og__pickle_reader_step(), or the end. These ones name and call nothing, and no two
 * readers take them for different things, except for frames and bytes that may be a pickle: r->wary says
 * whether to leave these too.
 */
enum { OG__WARY_FRAMES = 1, OG__WARY_BYTES = 2 };
void og__pickle_reader_run_on(og__reader *r);

/* STOP with the result alone on the stack, at the end of its frame if there is one: as all picklers end. */
static inline bool og__pickle_is_plain_stop(const og__reader *r)
{
    return *r->op == OG__OP_STOP && og__pickle_stack_len(r) == 1 && og__pickle_stack_above(r) == 1 &&
           r->frame_end <= (size_t)(r->at - r->start);
}

/* Does the usual opcodes up to one that must be looked at, the end of the frame in hand, or the end. */
void og__pickle_run_on_in_frame(og__reader *r);

/* Why readers may differ about the opcode r->op, which is done next; NULL when they do not. */
const char *og__pickle_strict_why(og__reader *r);

/* Why readers may differ about the state that BUILD sets next; NULL when they do not. */
const char *og__pickle_state_why(const og__reader *r);

/* Whether a module or qualified name is one that all readers take for the same. */
bool og__pickle_strict_name(const char *text, size_t len);

/* As og__pickle_reader_run(), but refuses what readers take for different things. */
int og__pickle_reader_run_strict(og__reader *r);

/* As og__pickle_reader_run(), in one of these ways. */
int og__pickle_reader_run_by(og__reader *r, og__pickle_run_fn *run_to);

#endif
