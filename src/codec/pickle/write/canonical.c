/* SPDX-License-Identifier: MIT */
/* The canonical pickle of a value: one form, made from the tree alone, whatever bytes it was read from. */
#include "base/alloc.h"
#include "codec/pickle/write/writer.h"

enum { PROTOCOL = 4, FIRST_OPEN = 32 };

/* A node whose parts are being looked at. */
typedef struct visit {
    og_value value;
    size_t at;
} visit;

/* Counts in how many references each node is. Flags of nodes only say in how many it may. */
typedef struct counter {
    const og_allocator *alloc;
    og__map references;
    visit *open;
    size_t count;
    size_t cap;
    bool late; /* some node was not whole when it was referred to */
} counter;

static int enter(counter *c, og_value v)
{
    if (!og__value_has_node(v) || og_kind_of(v) == OG_CLASS) return OG_OK;
    bool fresh;
    c->late = c->late || (og__value_node_of(v)->flags & OG__N_LATE);
    uint64_t *references = og__value_map_put(&c->references, og__value_node_of(v), 1, &fresh);
    if (!references) return OG_ENOMEM;
    if (!fresh) {
        *references = 2;
        return OG_OK;
    }
    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : FIRST_OPEN;
        visit *open = og__base_realloc(c->alloc, c->open, c->cap * sizeof *open, cap * sizeof *open);
        if (!open) return OG_ENOMEM;
        c->open = open;
        c->cap = cap;
    }
    c->open[c->count++] = (visit){v, 0};
    return OG_OK;
}

static size_t part_count(og_value v)
{
    switch (og_kind_of(v)) {
    case OG_BYTEARRAY: return 0;
    case OG_OBJECT: return OG__OBJECT_PARTS;
    case OG_DICT: return 2 * (size_t)og__value_node_of(v)->count;
    default: return og__value_node_of(v)->count;
    }
}

static og_value part(og_value v, size_t index)
{
    const og__node *node = og__value_node_of(v);
    if (og_kind_of(v) == OG_OBJECT) return og__value_object_part(node->items, index);
    return ((const og_value *)node->items)[index];
}

static int count_references(counter *c, og_value value)
{
    int status = enter(c, value);
    while (status == OG_OK && c->count > 0) {
        visit *top = &c->open[c->count - 1];
        if (top->at == part_count(top->value)) {
            c->count--;
        } else {
            status = enter(c, part(top->value, top->at++));
        }
    }
    og__base_free(c->alloc, c->open, c->cap * sizeof *c->open);
    return status;
}

int og__pickle_writer_form(og_value value, og_buf *out, const og_pickle_write_options *o, bool *late,
                           og_error *err)
{
    counter c = {.alloc = out->alloc, .references = {.alloc = out->alloc}};
    og__writer w = {
        .out = out,
        .room = out->len,
        .frame_at = SIZE_MAX,
        .err = err,
        .protocol = PROTOCOL,
        .memoizes = true,
        .max_depth = o->max_depth ? o->max_depth : OG_MAX_DEPTH_DEFAULT,
        .nodes = {.alloc = out->alloc},
        .references = &c.references,
    };
    if ((o->protocol != 0 && o->protocol != PROTOCOL) || w.max_depth >= UINT32_MAX)
        return og__pickle_writer_fail(&w, OG_EINVAL, "canonical pickles have protocol 4, and no other");
    int status = count_references(&c, value);
    if (status < 0) {
        og__pickle_writer_fail(&w, OG_ENOMEM, "out of memory");
    } else {
        status = og__pickle_writer_run(&w, value, o);
    }
    *late = c.late;
    og__value_map_free(&c.references);
    return status;
}
