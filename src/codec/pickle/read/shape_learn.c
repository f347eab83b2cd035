/* SPDX-License-Identifier: MIT */
/*
 * Learns from a pickle that was just read. Its opcodes are gone through for the places of its scalars, and
 * the document for what they became; both meet them in the same order, or nothing is learned.
 */
#include "codec/pickle/read/shape.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "codec/pickle/embedded.h"
#include "codec/pickle/opcodes.h"
#include "value/key.h"

#include <string.h>

enum {
    MOST_DEPTH = 32,
    MOST_CELLS = 2048,
    COST = 4 * OG__SHAPE_GAIN, /* learning takes about as long as reading a few times */
    MOST_DEBT = 4 * COST,      /* from then on one in so many messages teaches */
    NO_SCALAR = UINT16_MAX
};

/* A scalar in the pickle. */
typedef struct scalar {
    uint16_t at;   /* its opcode */
    uint16_t end;  /* after its last byte */
    uint16_t of;   /* its own number; of a GET, that of the scalar it repeats */
    uint16_t cell; /* where it goes; of a key: where it is */
    bool is_key;
    og_value value;
} scalar;

/* What is being learned. */
typedef struct learner {
    const uint8_t *bytes;
    size_t len;
    size_t head;
    scalar *scalars;
    size_t scalar_count;
    uint16_t *memo; /* numbers of scalars */
    size_t memo_count;
    size_t most;  /* scalars, and entries of the memo */
    size_t next;  /* scalar that the document has not had yet */
    size_t cells; /* that are given out */
    size_t nodes;
    size_t copies;
    bool innocent;
} learner;

/* ---- The pickle ---- */

static bool is_int_op(uint8_t op)
{
    return op == OG__OP_BINPUT || op == OG__OP_BINGET;
}

/* The number of the memo's entry after a PUT or GET. */
static size_t index_at(const uint8_t **at, const uint8_t *end, uint8_t op)
{
    size_t size = is_int_op(op) ? 1 : 4;
    if ((size_t)(end - *at) < size) return SIZE_MAX;
    size_t index = (size_t)og__pickle_le(*at, size);
    *at += size;
    return index;
}

static bool add_scalar(learner *l, const uint8_t *op, const uint8_t *end, og_value value, size_t of)
{
    if (l->scalar_count == l->most) return false;
    size_t own = l->scalar_count++;
    l->scalars[own] = (scalar){.at = (uint16_t)(op - l->bytes),
                               .end = (uint16_t)(end - l->bytes),
                               .of = (uint16_t)(of == NO_SCALAR ? own : of),
                               .value = value};
    return true;
}

/* PUT with the next number, as picklers count. */
static bool put(learner *l, size_t index, size_t top)
{
    if (index != l->memo_count || index == l->most) return false;
    l->memo[l->memo_count++] = (uint16_t)top;
    return true;
}

static bool get(learner *l, const uint8_t *op, const uint8_t **at, const uint8_t *end)
{
    size_t index = index_at(at, end, *op);
    if (index >= l->memo_count || l->memo[index] == NO_SCALAR) return false;
    const scalar *of = &l->scalars[l->memo[index]];
    return add_scalar(l, op, *at, of->value, of->of);
}

/* Opcodes without an argument that do the same to any scalars. */
static bool is_structure(uint8_t op)
{
    static const uint8_t ops[] = {OG__OP_MARK,   OG__OP_EMPTY_DICT, OG__OP_EMPTY_LIST, OG__OP_EMPTY_TUPLE,
                                  OG__OP_APPEND, OG__OP_APPENDS,    OG__OP_SETITEM,    OG__OP_SETITEMS,
                                  OG__OP_TUPLE,  OG__OP_TUPLE1,     OG__OP_TUPLE2,     OG__OP_TUPLE3};
    return memchr(ops, op, sizeof ops) != NULL;
}

/* One opcode. `*top` is the scalar that it leaves on the top, or NO_SCALAR. */
static bool take_op(learner *l, const uint8_t **at, const uint8_t *end, size_t *top)
{
    const uint8_t *op = *at;
    size_t before = *top;
    *top = NO_SCALAR;
    ++*at;
    switch (*op) {
    case OG__OP_MEMOIZE: *top = before; return put(l, l->memo_count, before);
    case OG__OP_BINPUT:
    case OG__OP_LONG_BINPUT: *top = before; return put(l, index_at(at, end, *op), before);
    case OG__OP_BINGET:
    case OG__OP_LONG_BINGET: *top = l->scalar_count; return get(l, op, at, end);
    default: break;
    }
    if (is_structure(*op)) return true;
    *at = op;
    og_value v = og__pickle_shape_scalar(at, end);
    *top = l->scalar_count;
    return og_valid(v) && add_scalar(l, op, *at, v, NO_SCALAR);
}

/* All opcodes up to the last one: true when each is one that can be kept. */
static bool scan(learner *l)
{
    const uint8_t *at = l->bytes + l->head;
    const uint8_t *end = l->bytes + l->len;
    size_t top = NO_SCALAR;
    while (at < end - 1) {
        if (!take_op(l, &at, end, &top)) return false;
    }
    return at == end - 1 && *at == OG__OP_STOP;
}

/* ---- The document ---- */

static bool same_value(og_value a, og_value b)
{
    return a.meta == b.meta && memcmp(&a.u, &b.u, sizeof a.u) == 0;
}

/* The next scalar of the pickle is this one of the document. */
static bool place_scalar(learner *l, og_value v, size_t cell, bool is_key)
{
    if (l->next == l->scalar_count) return false;
    scalar *s = &l->scalars[l->next++];
    if (!same_value(s->value, v)) return false;
    s->cell = (uint16_t)cell;
    s->is_key = is_key;
    bool source_is_key = l->scalars[s->of].is_key;
    if (is_key) return source_is_key;
    if (&l->scalars[s->of] != s && !source_is_key) l->copies++;
    return true;
}

/* Bytes of the index that is before the items. */
static size_t index_size(const og__node *node)
{
    if (!(node->flags & OG__N_INDEX)) return 0;
    return ((size_t)8 << og__value_index_of(node)->log2) + sizeof(og__index);
}

/* Whether nothing refers to it but its one place. */
static bool is_plain(og_value v, const og__node *node, bool is_root)
{
    unsigned known = OG__N_PLACED | OG__N_EXACT | (og_kind_of(v) == OG_DICT ? OG__N_INDEX : 0u);
    bool placed = is_root || (node->flags & OG__N_PLACED);
    return placed && (node->flags & ~known) == 0 && (node->flags & OG__N_EXACT || node->count == 0);
}

static size_t cells_for(size_t bytes)
{
    return (bytes + sizeof(og_value) - 1) / sizeof(og_value);
}

/* Gives out cells for what is in `v`, whose own cell is `cell`; with a shape, fills them in. */
static bool place(learner *l, og__shape *shape, og_value v, size_t cell, size_t depth);

static bool place_items(learner *l, og__shape *shape, og_value v, size_t first, size_t depth)
{
    const og__node *node = og__value_node_of(v);
    const og_value *items = node->items;
    size_t width = og_kind_of(v) == OG_DICT ? 2 : 1;
    for (size_t i = 0; i < node->count * width; i++) {
        bool is_key = width == 2 && i % 2 == 0;
        if (og__value_has_node(items[i])) {
            if (is_key || !place(l, shape, items[i], first + i, depth + 1)) return false;
        } else {
            if (shape) shape->cells[first + i] = items[i];
            if (!shape && !place_scalar(l, items[i], first + i, is_key)) return false;
        }
    }
    return true;
}

static bool place(learner *l, og__shape *shape, og_value v, size_t cell, size_t depth)
{
    og_kind kind = og_kind_of(v);
    if ((kind != OG_LIST && kind != OG_TUPLE && kind != OG_DICT) || depth == MOST_DEPTH) return false;
    const og__node *node = og__value_node_of(v);
    if (!is_plain(v, node, depth == 0)) return false;
    size_t own = l->cells++;
    size_t before = cells_for(index_size(node));
    size_t first = l->cells + before;
    l->cells = first + (size_t)node->count * (kind == OG_DICT ? 2 : 1);
    if (node->count > MOST_CELLS || l->cells > MOST_CELLS) return false;
    if (shape) {
        og__node *copy = (og__node *)(void *)(shape->cells + own);
        *copy = *node;
        shape->cells[cell] = og__value_make(kind, 0, 0, NULL);
        if (before) {
            const uint8_t *index = (const uint8_t *)node->items - index_size(node);
            memcpy((uint8_t *)(shape->cells + first) - index_size(node), index, index_size(node));
        }
        shape->nodes[shape->node_count++] =
            (og__shape_node){(uint16_t)cell, (uint16_t)own, (uint16_t)(node->count ? first : 0)};
    }
    l->nodes++;
    return place_items(l, shape, v, first, depth);
}

/* ---- Together ---- */

static bool measure(learner *l, og_value root)
{
    l->cells = 1;
    l->nodes = l->copies = l->next = 0;
    l->innocent = true;
    if (!place(l, NULL, root, 0, 0) || l->next != l->scalar_count) return false;
    for (size_t i = 0; i < l->scalar_count; i++) {
        og_value v = l->scalars[i].value;
        bool is_text = og_kind_of(v) == OG_STR || og_kind_of(v) == OG_BYTES;
        if (l->scalars[i].is_key && is_text &&
            og__pickle_may_be_pickle(v.u.p, og__value_len(v),
                                     og_kind_of(v) == OG_BYTES || v.meta & OG__F_ASCII))
            l->innocent = false;
    }
    return true;
}

/* Strings of keys stay in the shape's own text. */
static void own_text(const learner *l, og__shape *shape, size_t cell)
{
    og_value *v = &shape->cells[cell];
    if (og_kind_of(*v) != OG_STR && og_kind_of(*v) != OG_BYTES) return;
    v->u.p = shape->text + ((const uint8_t *)v->u.p - l->bytes);
}

static void add_steps(const learner *l, og__shape *shape)
{
    size_t from = l->head;
    for (size_t i = 0; i < l->scalar_count; i++) {
        const scalar *s = &l->scalars[i];
        const scalar *of = &l->scalars[s->of];
        if (of->is_key) {
            own_text(l, shape, s->cell);
        } else if (of != s) {
            shape->copies[shape->copy_count++] = (og__shape_copy){of->cell, s->cell};
        } else {
            shape->steps[shape->step_count++] =
                (og__shape_step){(uint16_t)from, (uint16_t)(s->at - from), s->cell};
            from = s->end;
        }
    }
    shape->tail = (uint16_t)(l->len - from);
}

static og__shape *shape_new(og_doc *doc, const learner *l)
{
    size_t cells = l->cells * sizeof(og_value);
    size_t steps = l->scalar_count * sizeof(og__shape_step);
    size_t nodes = l->nodes * sizeof(og__shape_node);
    size_t copies = l->copies * sizeof(og__shape_copy);
    size_t head = cells_for(sizeof(og__shape)) * sizeof(og_value);
    og__shape *shape =
        og__value_lesson_new(doc, head + cells + steps + nodes + copies + l->len + 8, &og__pickle_shape_mark);
    if (!shape) return NULL;
    uint8_t *at = (uint8_t *)shape + head;
    memset(&shape->begins, 0, head - offsetof(og__shape, begins));
    memset(at, 0, cells);
    shape->cells = (og_value *)(void *)at;
    shape->steps = (og__shape_step *)(void *)(at + cells);
    shape->nodes = (og__shape_node *)(void *)(at + cells + steps);
    shape->copies = (og__shape_copy *)(void *)(at + cells + steps + nodes);
    uint8_t *text = at + cells + steps + nodes + copies;
    memcpy(text, l->bytes, l->len);
    memset(text + l->len, 0, 8);
    shape->text = text;
    return shape;
}

/* A shape that began alike and is no longer what comes gives its place up. */
static void drop_alike(og_doc *doc, uint64_t begins, size_t head)
{
    og__lesson *next;
    for (og__lesson *lesson = doc->lessons; lesson; lesson = next) {
        next = lesson->next;
        const og__shape *shape = (const og__shape *)(const void *)lesson;
        if (lesson->by == &og__pickle_shape_mark && shape->begins == begins && shape->head == head)
            og__value_lesson_drop(doc, lesson);
    }
}

static void keep(og_doc *doc, learner *l, const og__shape_way *way)
{
    if (!scan(l) || !measure(l, doc->root)) return;
    uint64_t begins = og__base_load8(l->bytes + l->head);
    drop_alike(doc, begins, l->head);
    og__shape *shape = shape_new(doc, l);
    if (!shape) return;
    shape->begins = begins;
    shape->len = (uint16_t)l->len;
    shape->head = (uint16_t)l->head;
    shape->exact = way->exact;
    shape->innocent = l->innocent;
    shape->height = og__value_node_of(doc->root)->high;
    shape->cell_count = (uint16_t)l->cells;
    l->cells = 1;
    place(l, shape, doc->root, 0, 0);
    add_steps(l, shape);
}

/* Most programs send messages of a few forms; where none comes twice, learning would be for nothing. */
static bool is_worth_it(og_doc *doc, const uint8_t *bytes, size_t head)
{
    uint64_t mixed = og__base_load8(bytes + head) * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t *hint = &doc->lesson_hints[mixed >> 61];
    bool again = *hint == (uint32_t)(mixed >> 29);
    *hint = (uint32_t)(mixed >> 29);
    if (doc->lesson_debt > 0) doc->lesson_debt--;
    if (!again || doc->memory_limit || doc->lesson_debt > MOST_DEBT - COST) return false;
    doc->lesson_debt += COST;
    return true;
}

void og__pickle_shape_learn(og_doc *doc, const uint8_t *bytes, size_t len, const og__shape_way *way)
{
    if (len < OG__SHAPE_LEAST + OG__SHAPE_FRAME_LEN || len > OG__SHAPE_MOST || !og__value_has_node(doc->root))
        return;
    size_t head = og__pickle_shape_head(bytes, len);
    if ((head == 0 && bytes[0] == OG__OP_PROTO) || !is_worth_it(doc, bytes, head)) return;
    learner l = {.bytes = bytes, .len = len, .head = head, .most = len};
    size_t size = l.most * (sizeof *l.scalars + sizeof *l.memo);
    uint8_t *room = og__base_alloc(&doc->alloc, size);
    if (!room) return;
    l.scalars = (scalar *)(void *)room;
    l.memo = (uint16_t *)(void *)(room + l.most * sizeof *l.scalars);
    keep(doc, &l, way);
    og__base_free(&doc->alloc, room, size);
}
