/* SPDX-License-Identifier: MIT */
/*
 * The pickle writer's insides, shared by the files that write: bytes and frames, the memo, and the containers
 * that are open. Nothing is recursive: what is open is in w->open.
 */
#ifndef ONGGI_CODEC_PICKLE_WRITE_WRITER_H
#define ONGGI_CODEC_PICKLE_WRITE_WRITER_H

#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"
#include "value/doc.h"
#include "value/map.h"

/* What was written and has a number in the memo, by its content: strings, bytes, complex, classes. */
typedef struct og__interned {
    og_value value; /* OG_INVALID: that of the first one, which is no value */
    uint32_t hash;  /* once there is a table */
    uint32_t number;
    uint32_t next; /* the one that came after this one the last time, or 0 */
} og__interned;

/* What is known of a node: lowest bits of its entry in the map; its number or depth is above them. */
enum {
    OG__NODE_OPEN = 0,
    OG__NODE_NUMBERED = 1,
    OG__NODE_STATE = 1,
    OG__NODE_EARLY = 2,  /* what is fetched next must be whole: it is filled then */
    OG__NODE_FILLED = 4, /* it was */
    OG__NODE_WHOLE = 8,  /* nothing is still to come of it */
    OG__NODE_SHIFT = 4
};

/* The names that the forms of values need. */
#define OG__NAME_MAP(X)                           \
    X(SET, "builtins", "set")                     \
    X(FROZENSET, "builtins", "frozenset")         \
    X(COMPLEX, "builtins", "complex")             \
    X(BYTES, "builtins", "bytes")                 \
    X(BYTEARRAY, "builtins", "bytearray")         \
    X(OBJECT, "builtins", "object")               \
    X(GETATTR, "builtins", "getattr")             \
    X(ENCODE, "_codecs", "encode")                \
    X(RECONSTRUCTOR, "copyreg", "_reconstructor") \
    X(NEWOBJ, "copyreg", "__newobj__")            \
    X(NEWOBJ_EX, "copyreg", "__newobj_ex__")

typedef enum og__name {
#define X(id, module, name) OG__NAME_##id,
    OG__NAME_MAP(X)
#undef X
        OG__NAMES
} og__name;

/* One of them as a class reference. */
typedef struct og__named {
    og__node node;
    og_value names[2];
    uint32_t number; /* in the memo, plus 1; 0: not written yet */
} og__named;

/* What a frame has in hand. */
typedef enum og__frame_kind {
    OG__FRAME_RUN,     /* items that go into a container on the stack, in batches */
    OG__FRAME_TUPLE,   /* items that a tuple, or a frozenset from protocol 4 on, is made of */
    OG__FRAME_WRAPPED, /* a set below protocol 4, made by a call with a list: waits for the list */
    OG__FRAME_OBJECT   /* an inert object, step by step */
} og__frame_kind;

/* The steps of an object, in order. */
typedef enum og__object_step {
    OG__STEP_BEGIN,
    OG__STEP_CALLABLE,
    OG__STEP_ARGS,
    OG__STEP_KWARGS,
    OG__STEP_MAKE,
    OG__STEP_ITEMS,
    OG__STEP_PAIRS,
    OG__STEP_STATE,
    OG__STEP_BUILT,
    OG__STEP_NEXT,
    OG__STEP_THEN,
    OG__STEP_THEN_CALL,
    OG__STEP_END
} og__object_step;

/* One container that is not yet written to its end. */
typedef struct og__frame {
    og_value value;
    const og_value *items; /* the run in hand */
    const og__object *part;
    size_t count;
    size_t index;
    size_t since; /* where the batch begins */
    size_t until; /* where it ends */
    uint32_t depth;
    uint8_t kind;
    uint8_t step;
    uint8_t one;     /* the opcode that puts one item (or pair) into the container; 0: there is none */
    uint8_t many;    /* the one that puts all above a mark */
    bool waiting;    /* shared, and not in the memo until it is made: what it holds must be memoized */
    bool dropped;    /* filled meanwhile, by another frame */
    bool duplicated; /* what it fills is on the stack twice: once is dropped at the end */
    bool again;      /* not made yet, and written once more in another frame */
} og__frame;

/* The first of them, and a byte of each that those of other content mostly differ in, to be compared at once.
 */
enum { OG__FEW_INTERNED = 32 };
typedef struct og__few_interned {
    og__interned all[OG__FEW_INTERNED];
    uint64_t marks[OG__FEW_INTERNED / 8]; /* a byte each, the lowest first; 0: there is none */
} og__few_interned;

/* How long the output may become. What keeps short is not looked at closer. */
typedef struct og__bound {
    const og_pickle_write_options *o;
    uint64_t meta; /* of the root */
    size_t start;  /* length of the output before */
    size_t end;    /* and the most that it may have, for now or for good */
    size_t source; /* bytes that the value was read from, if `end` follows from that; else 0 */
    enum { OG__BOUND_FOR_NOW, OG__BOUND_FOR_GOOD, OG__BOUND_PASSED } state;
} og__bound;

/* What most messages are written with, without asking for memory. */
enum { OG__FEW_OPEN = 8, OG__FEW_NODES_LOG2 = 3 };
typedef struct og__writer_room {
    og__frame open[OG__FEW_OPEN];
    og__few_interned few;
    og__map_slot nodes[1 << OG__FEW_NODES_LOG2];
    og__bound bound;
} og__writer_room;

typedef struct og__writer {
    og_buf *out;
    og__writer_room *small;
    size_t room; /* out may be filled up to here without asking */
    int protocol;
    bool contained;  /* og_pickle_write_options.self_contained */
    bool memoizes;   /* by MEMOIZE, which counts on from what the reader has in its memo */
    size_t frame_at; /* where the open frame's opcode is, or SIZE_MAX */
    size_t max_depth;
    const og__node *root;        /* when it may be in itself */
    uint32_t numbers;            /* of the memo, given out */
    og__named *named;            /* the names, once one was needed */
    size_t waiting;              /* frames that are */
    size_t looks;                /* frames that were looked at for cycles: time stays in proportion */
    size_t call_end;             /* where the output ended after the last call whose result is dropped */
    int64_t buffers;             /* out-of-band buffers referred to */
    const og__map *references;   /* canonical: how often each node is somewhere; else NULL */
    og__map nodes;               /* those that may be met again */
    og__interned *interned_last; /* the last str that was found or put */
    og__interned *interned;      /* in the order in which they came; the few at first */
    uint32_t interned_count;     /* with the first one, which is no value */
    uint32_t interned_cap;       /* a power of two */
    uint32_t *slots;             /* twice `interned_cap`: which one, by its hash; NULL while they are few */
    og__frame *open;
    size_t open_count;
    size_t open_cap;
    og_error *err;
} og__writer;

/* Writes `value` with what is set in `w`. 0 or < 0; then `out` is as before. */
int og__pickle_writer_run(og__writer *w, og_value value, const og_pickle_write_options *o);

/* As og_pickle_write(), with options whose size was checked; no policy is asked. */
int og__pickle_writer_write(og_value value, og_buf *out, const og_pickle_write_options *o, og_error *err);

/* Writes what was read by a shape as the plan says, with options that were checked. False: nothing was done.
 */
struct og__plan;
bool og__pickle_write_planned(const struct og__plan *plan, const og_value *cells, og_buf *out, int protocol,
                              const og_pickle_write_options *o);

/* Writes the canonical form once; `late`: it depends on what was not whole when it was referred to. */
int og__pickle_writer_form(og_value value, og_buf *out, const og_pickle_write_options *o, bool *late,
                           og_error *err);

/* Strings of CPython's size or more are outside of frames, so that a reader can take them as they are. */
enum { OG__FRAME_TARGET = 64 * 1024 };

/* ---- Bytes ---- */

/* Finds how long the output may become for good: what options and buffer allow, and what the value was read
 * from. */
void og__pickle_writer_bound(og__writer *w);

/* Room for `size` more bytes at the end of the output; < 0 with the error set. */
int og__pickle_writer_grow(og__writer *w, size_t size);

/* Where to put `size` bytes, which count as written from then on; NULL with the error set. */
static inline uint8_t *og__pickle_put(og__writer *w, size_t size)
{
    if (size > w->room - w->out->len && og__pickle_writer_grow(w, size) < 0) return NULL;
    uint8_t *at = w->out->data + w->out->len;
    w->out->len += size;
    return at;
}

static inline int og__pickle_put_op(og__writer *w, og__opcode op)
{
    uint8_t *at = og__pickle_put(w, 1);
    if (!at) return OG_ENOMEM;
    *at = (uint8_t)op;
    return OG_OK;
}

/* An opcode and a number of `size` bytes, the lowest first. */
int og__pickle_put_op_le(og__writer *w, og__opcode op, uint64_t number, size_t size);

/* An opcode and what follows it as it is. */
int og__pickle_put_op_bytes(og__writer *w, og__opcode op, const void *bytes, size_t len);

/* The text of a failure is "cannot pickle: …". Returns `code`. */
int og__pickle_writer_fail(og__writer *w, og_status code, const char *format, ...) OG_PRINTF(3, 4);

/* Ends the open frame; the next one begins with what is written next. */
int og__pickle_frame_close(og__writer *w);
int og__pickle_frame_open(og__writer *w);

/* ---- The memo ---- */

/* Gives what is on top of the stack the next number. */
int og__pickle_memoize(og__writer *w, uint32_t *number);
int og__pickle_put_get(og__writer *w, uint32_t number);

/* Bytes that this takes, from protocol 1 on. */
static inline size_t og__pickle_get_size(uint32_t number)
{
    return number < 256 ? 2 : 5;
}

/* True when a string of `size` bytes, its head included, should get the next number. A number that is put
 * takes as many bytes as one that is fetched. */
static inline bool og__pickle_is_worth(const og__writer *w, size_t size)
{
    return size > og__pickle_get_size(w->numbers) << w->contained;
}

/* The string, bytes or class that has the same content; NULL: none. */
const og__interned *og__pickle_intern_find(const og__writer *w, og_value value);

/* After writing what og__pickle_intern_find() had not found: numbers it. (It may be forgotten again.) */
int og__pickle_intern_add(og__writer *w, og_value value);

void og__pickle_intern_free(og__writer *w);

/* Canonical pickles: whether the node really is in more than one place. */
bool og__pickle_is_shared(const og__writer *w, og_value v);

/* True when the node may be in more than one place. */
static inline bool og__pickle_may_be_shared(const og__writer *w, og_value v)
{
    if (!w->references) return og__value_is_shared(v);
    return (og__value_node_of(v)->flags & OG__N_LATE) || og__pickle_is_shared(w, v);
}

/* True when the node may be met again while this pickle is written. */
static inline bool og__pickle_may_recur(const og__writer *w, og_value v)
{
    return w->waiting > 0 || og__pickle_may_be_shared(w, v) || og__value_node_of(v) == w->root;
}

/* What is known of a node, and `first` when nothing was; NULL with the error set. */
uint64_t *og__pickle_node_entry(og__writer *w, og_value v, uint64_t first);

/* Numbers the node on top of the stack when it may be met again. */
int og__pickle_memoize_node(og__writer *w, og_value v);

/* The number of a node that is in the memo: true and `number`. */
bool og__pickle_node_number(const og__writer *w, og_value v, uint32_t *number);

/* ---- Values ---- */

/*
 * Writes the first of these values as long as they are plain scalars and strings of at most 255 bytes, for
 * which there is room in the output and in the frame; how many. It does not fail: what it leaves is for
 * og__pickle_write_value().
 */
size_t og__pickle_write_scalars(og__writer *w, const og_value *items, size_t count);

/* Writes a scalar, string or class whole. */
int og__pickle_write_scalar(og__writer *w, og_value v);
int og__pickle_write_int(og__writer *w, og_value v);
int og__pickle_write_str(og__writer *w, og_value v);
int og__pickle_write_bytes(og__writer *w, og_value v);
int og__pickle_write_bytearray(og__writer *w, og_value v);
int og__pickle_write_class(og__writer *w, og_value v);

/* One of the names that the forms of values need. */
int og__pickle_write_name(og__writer *w, og__name name);

/* A str made of the bytes taken as Latin-1. */
int og__pickle_write_latin1(og__writer *w, const uint8_t *bytes, size_t len);

/* A str in the text form of protocol 0. */
int og__pickle_write_str_text(og__writer *w, const uint8_t *text, size_t len);

/* Protocols 0 and 1: an int that does not fit four bytes, as text. */
int og__pickle_write_long_text(og__writer *w, og_value v);

/* Opens the arguments of a call on the stack, ends them with `count` values in between, and calls. */
int og__pickle_args_begin(og__writer *w);
int og__pickle_args_call(og__writer *w, size_t count);

/*
 * Writes `v`, or its head: 0 when it is whole, 1 when a frame was opened that writes the rest. `depth` is the
 * number of containers that it is in.
 */
int og__pickle_write_value(og__writer *w, og_value v, size_t depth);

/* A node that was met before: true when it was fetched, or filled early in a frame that was opened, or that
 * failed (`status` is that of og__pickle_write_value()). Else it must be written; `depth` becomes that of
 * the open one. */
bool og__pickle_met_before(og__writer *w, og_value v, size_t *depth, int *status);

/* Opens a frame; NULL with the error set. Earlier pointers to frames are void then. */
og__frame *og__pickle_frame_push(og__writer *w, og__frame_kind kind, og_value v, size_t depth);

/* Opens a run of items; what is written next goes into the container on the stack. 1 or < 0. */
int og__pickle_run_push(og__writer *w, og_value container, const og_value *items, size_t count, size_t depth);

/* Items of a batch as CPython's C pickler writes them, at most. */
enum { OG__BATCH = 16384 };

/* The opcode that puts one item or pair into a container; 0: there is none. */
static inline og__opcode og__pickle_op_of_one(og_value container)
{
    og_kind kind = og_kind_of(container);
    return kind == OG_DICT ? OG__OP_SETITEM : kind == OG_SET ? 0 : OG__OP_APPEND;
}

/* The one that puts all above a mark. */
static inline og__opcode og__pickle_op_of_many(og_value container)
{
    og_kind kind = og_kind_of(container);
    return kind == OG_DICT ? OG__OP_SETITEMS : kind == OG_SET ? OG__OP_ADDITEMS : OG__OP_APPENDS;
}

/* Begins the next batch of a run: a mark, unless it is one item or protocol 0. */
int og__pickle_batch_begin(og__writer *w, og__frame *f);

/* The empty container that items go into. */
int og__pickle_put_empty(og__writer *w, og__opcode binary, og__opcode text);

/* Whether a tuple, or a frozenset, is made of what is above a mark. */
bool og__pickle_tuple_is_marked(const og__writer *w, og_value v);

/* Marks the frame as waiting, so that a way back to its value is seen. */
int og__pickle_save_wait(og__writer *w, og__frame *f);

/*
 * What was waited for is made and on top of the stack: numbers it; or, when it was written meanwhile inside
 * of itself, drops it and takes that one. `made` says whether it is really made yet (else only its parts,
 * `parts` of them, are on the stack, above a mark when `marked`), and the opcode `op` makes it.
 */
int og__pickle_finish(og__writer *w, og__frame *f);
int og__pickle_finish_parts(og__writer *w, og__frame *f, og__opcode op, size_t parts, bool marked);

/* True when what is written above this frame is the state of its object. */
bool og__pickle_object_takes_state(const og__frame *f);

/* True when it is past the steps that can be done early. */
bool og__pickle_object_is_late(const og__frame *f);

/* The object of frame `i` is on top of the stack, with steps still to come: does them in a frame of their
 * own. 0 when there are none, 1, or < 0. */
int og__pickle_object_early(og__writer *w, size_t i);

/* Goes on with an object: 0 when it is whole, 1 when a frame above it was opened, < 0. */
int og__pickle_write_object(og__writer *w, og__frame *f);

#endif
