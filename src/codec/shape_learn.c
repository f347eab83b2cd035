/* SPDX-License-Identifier: MIT */
/*
 * Learns from a message that was just read. Its bytes say where its scalars are, and the document what they
 * became; both have them in the same order, or nothing is learned.
 */
#include "codec/shape.h"

#include "base/alloc.h"
#include "value/key.h"

#include <string.h>

enum {
    MOST_DEPTH = 32,
    MOST_CELLS = 2048,
    COST = 4 * OG__SHAPE_GAIN, /* learning takes about as long as reading a few times */
    MOST_DEBT = 4 * COST,      /* from then on one in so many teaches */
    FIRST_CREDIT = 8
};

/* ---- The document ---- */

/* True when both are the same: `found` in the copy, a text or bytes in the same place, and `read`. */
static bool same_value(const og__learner *l, og_value found, og_value read)
{
    if (l->written) return og_identical(found, read) == 1;
    if (found.meta != read.meta) return false;
    og_kind kind = og_kind_of(found);
    if (kind == OG_STR || kind == OG_BYTES)
        return l->message + ((const uint8_t *)found.u.p - l->bytes) == read.u.p;
    return found.u.i == read.u.i || (kind != OG_INT && kind != OG_FLOAT);
}

/* The next scalar of the message is this one of the document. */
static bool place_scalar(og__learner *l, og_value v, size_t cell, bool is_key)
{
    if (l->next == l->scalar_count) return false;
    og__shape_scalar *s = &l->scalars[l->next++];
    if (og_valid(s->value) && !same_value(l, s->value, v)) return false;
    s->value = v;
    s->cell = (uint16_t)cell;
    s->is_key = is_key;
    const og__shape_scalar *of = &l->scalars[s->of];
    if (is_key) return of->is_key;
    if (of != s && of->is_key && l->written) return false;
    if (of != s && !of->is_key) l->copies++;
    return true;
}

/* Bytes of the index that is before the items. */
static size_t index_size(const og__node *node)
{
    if (!(node->flags & OG__N_INDEX)) return 0;
    return ((size_t)8 << og__value_index_of(node)->log2) + sizeof(og__index);
}

/* Whether nothing refers to it but its one place. A root counts as shared when its document was told of it.
 */
static bool is_plain(og_value v, const og__node *node, bool is_root)
{
    unsigned known = OG__N_PLACED | OG__N_EXACT | (og_kind_of(v) == OG_DICT ? OG__N_INDEX : 0u) |
                     (is_root ? OG__N_SHARED : 0u);
    return (node->flags & ~known) == 0 && (node->flags & OG__N_EXACT || node->count == 0);
}

static size_t cells_for(size_t bytes)
{
    return (bytes + sizeof(og_value) - 1) / sizeof(og_value);
}

/* The node, and the index before its items. */
static void copy_node(og__shape *shape, og_value v, size_t cell, size_t own, size_t first)
{
    const og__node *node = og__value_node_of(v);
    og__node *copy = (og__node *)(void *)(shape->cells + own);
    size_t before = index_size(node);
    *copy = *node;
    shape->cells[cell] = v;
    if (before)
        memcpy((uint8_t *)(shape->cells + first) - before, (const uint8_t *)node->items - before, before);
    shape->nodes[shape->node_count++] =
        (og__shape_node){(uint16_t)cell, (uint16_t)own, (uint16_t)(node->count ? first : 0)};
}

/* A container whose items get cells, the first of them at `first`. */
typedef struct level {
    og_value value;
    size_t first;
    size_t next; /* of its items */
    size_t count;
} level;

/* Gives out cells for a container, whose own value is at `cell`; with a shape, fills them in. */
static bool open_level(og__learner *l, og__shape *shape, level *levels, size_t depth, og_value v, size_t cell)
{
    og_kind kind = og_kind_of(v);
    const og__node *node = og__value_node_of(v);
    if ((kind != OG_LIST && kind != OG_TUPLE && kind != OG_DICT) || !is_plain(v, node, depth == 0))
        return false;
    if (depth == MOST_DEPTH || node->count > MOST_CELLS) return false;
    size_t own = l->cells++;
    size_t first = l->cells + cells_for(index_size(node));
    size_t count = node->count * og__value_width(v);
    l->cells = first + count;
    l->nodes++;
    if (depth + 1 > l->depth) l->depth = depth + 1;
    if (l->cells > MOST_CELLS) return false;
    if (shape) copy_node(shape, v, cell, own, first);
    levels[depth] = (level){v, first, 0, count};
    return true;
}

/* Gives out cells for all that is in the document; with a shape, fills them in. */
static bool place(og__learner *l, og__shape *shape)
{
    level levels[MOST_DEPTH];
    size_t depth = 1;
    l->cells = 1; /* for the root */
    if (!open_level(l, shape, levels, 0, l->doc->root, 0)) return false;
    while (depth > 0) {
        level *inner = &levels[depth - 1];
        if (inner->next == inner->count) {
            depth--;
            continue;
        }
        size_t i = inner->next++;
        size_t cell = inner->first + i;
        og_value item = ((const og_value *)og__value_node_of(inner->value)->items)[i];
        bool is_key = og_kind_of(inner->value) == OG_DICT && i % 2 == 0;
        if (og__value_has_node(item)) {
            if (is_key || !open_level(l, shape, levels, depth++, item, cell)) return false;
        } else if (shape) {
            shape->cells[cell] = item;
        } else if (!place_scalar(l, item, cell, is_key)) {
            return false;
        }
    }
    return true;
}

/* Text of what stays as it is must be in the message, so that the shape can have its own. */
static bool is_own_text(const og__learner *l, og_value v)
{
    if (og_kind_of(v) != OG_STR && og_kind_of(v) != OG_BYTES) return true;
    const uint8_t *text = v.u.p;
    const uint8_t *end = l->message + l->len;
    return text >= l->message && text <= end && og__value_len(v) <= (size_t)(end - text);
}

bool og__codec_shape_measure(og__learner *l)
{
    if (!l->scan(l) || !place(l, NULL) || l->next != l->scalar_count) return false;
    if (l->written) return true;
    for (size_t i = 0; i < l->scalar_count; i++) {
        if (l->scalars[i].is_key && !is_own_text(l, l->scalars[i].value)) return false;
    }
    return true;
}

/* ---- The shape ---- */

static void own_text(const og__learner *l, og__shape *shape, size_t cell)
{
    og_value *v = &shape->cells[cell];
    if (og_kind_of(*v) != OG_STR && og_kind_of(*v) != OG_BYTES) return;
    v->u.p = shape->text + ((const uint8_t *)v->u.p - l->message);
}

/* A step whose bytes are those of the text from `from` on, up to `end`. */
static og__shape_step step_of(const og__shape *shape, size_t from, size_t end, size_t to)
{
    size_t len = end - from;
    uint64_t bits = len >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * len)) - 1;
    return (og__shape_step){.begins = og__base_load8(shape->text + from) & bits,
                            .begins_len = bits,
                            .from = (uint16_t)from,
                            .same = (uint16_t)len,
                            .to = (uint16_t)to};
}

/* The first step is also what the shape is found by. */
static void add_steps(const og__learner *l, og__shape *shape)
{
    size_t from = 0;
    for (size_t i = 0; i < l->scalar_count; i++) {
        const og__shape_scalar *s = &l->scalars[i];
        const og__shape_scalar *of = &l->scalars[s->of];
        if (of->is_key) {
            own_text(l, shape, s->cell);
        } else if (of != s) {
            shape->copies[shape->copy_count++] = (og__shape_copy){of->cell, s->cell};
        } else {
            shape->steps[shape->step_count++] = step_of(shape, from, s->at, s->cell);
            from = s->end;
        }
    }
    shape->steps[shape->step_count] = step_of(shape, from, l->len, 0);
    shape->begins = shape->steps[0].begins;
    shape->begins_len = shape->steps[0].begins_len;
}

static og__shape *shape_new(const og__learner *l)
{
    size_t cells = l->cells * sizeof(og_value);
    size_t steps = (l->scalar_count + 1) * sizeof(og__shape_step);
    size_t nodes = l->nodes * sizeof(og__shape_node);
    size_t copies = l->copies * sizeof(og__shape_copy);
    size_t head = cells_for(sizeof(og__shape)) * sizeof(og_value);
    og__shape *shape = og__value_lesson_new(l->doc, head + cells + steps + nodes + copies + l->len + 8);
    if (!shape) return NULL;
    uint8_t *at = (uint8_t *)shape + head;
    memset((uint8_t *)shape + sizeof shape->lesson, 0, head - sizeof shape->lesson + cells);
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

static void keep(og__learner *l)
{
    if (!og__codec_shape_measure(l)) return;
    og__shape *shape = shape_new(l);
    if (!shape) return;
    shape->head = (uint16_t)l->head;
    shape->way = l->way;
    shape->scan = l->scan;
    shape->depth = (uint16_t)l->depth;
    shape->cell_count = (uint16_t)l->cells;
    shape->credit = FIRST_CREDIT;
    place(l, shape);
    add_steps(l, shape);
}

/* Most programs send messages of a few forms; where none comes twice, learning would be for nothing. */
static bool is_worth_it(og_doc *doc, const uint8_t *bytes)
{
    unsigned slot = (bytes[0] * 5u + bytes[1]) % 32;
    bool again = doc->lesson_hints >> slot & 1;
    doc->lesson_hints |= UINT32_C(1) << slot;
    if (doc->lesson_debt > 0) doc->lesson_debt--;
    if (!again || doc->memory_limit || doc->lesson_debt > MOST_DEBT - COST) return false;
    doc->lesson_debt += COST;
    return true;
}

bool og__codec_shape_add(og__learner *l, const uint8_t *at, const uint8_t *end, og_value value, size_t of)
{
    if (l->scalar_count == l->most) return false;
    size_t own = l->scalar_count++;
    l->scalars[own] = (og__shape_scalar){.at = (uint16_t)(at - l->bytes),
                                         .end = (uint16_t)(end - l->bytes),
                                         .of = (uint16_t)(of == OG__NO_SCALAR ? own : of),
                                         .value = value};
    return true;
}

static size_t room_for(const og__learner *l)
{
    return l->most * (sizeof *l->scalars + sizeof *l->numbers) + l->len + OG_PADDING;
}

bool og__codec_shape_begin(og__learner *l)
{
    uint8_t *room = og__base_alloc(&l->doc->alloc, room_for(l));
    if (!room) return false;
    l->scalars = (og__shape_scalar *)(void *)room;
    l->numbers = (uint16_t *)(void *)(room + l->most * sizeof *l->scalars);
    uint8_t *copy = (uint8_t *)(l->numbers + l->most);
    memcpy(copy, l->message, l->len);
    memset(copy + l->len, 0, OG_PADDING);
    l->bytes = copy;
    return true;
}

void og__codec_shape_end(og__learner *l)
{
    og__base_free(&l->doc->alloc, l->scalars, room_for(l));
}

void og__codec_shape_learn(og__learner *l)
{
    if (!og__value_has_node(l->doc->root) || !is_worth_it(l->doc, l->message) || !og__codec_shape_begin(l))
        return;
    keep(l);
    og__codec_shape_end(l);
}
