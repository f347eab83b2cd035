/* SPDX-License-Identifier: MIT */
/* The canonical pickle of a value: one form, made from the tree alone, whatever bytes it was read from. */
#include "base/alloc.h"
#include "base/options.h"
#include "codec/pickle/writer.h"

enum { PROTOCOL = 4, DEFAULT_DEPTH = 1000, FIRST_OPEN = 32 };

/* A node whose parts are being looked at. */
typedef struct visit {
    og_value value;
    size_t at;
} visit;

/* Counts in how many places each node stands. Flags of nodes only say in how many it may. */
typedef struct counter {
    const og_allocator *alloc;
    og__map places;
    visit *open;
    size_t count;
    size_t cap;
} counter;

static int enter(counter *c, og_value v)
{
    if (!og__has_node(v) || og_kind_of(v) == OG_CLASS) return OG_OK;
    bool fresh;
    uint64_t *places = og__map_put(&c->places, og__node_of(v), 1, &fresh);
    if (!places) return OG_ENOMEM;
    if (!fresh) {
        *places = 2;
        return OG_OK;
    }
    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : FIRST_OPEN;
        visit *open = og__realloc(c->alloc, c->open, c->cap * sizeof *open, cap * sizeof *open);
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
    case OG_DICT: return 2 * (size_t)og__node_of(v)->count;
    default: return og__node_of(v)->count;
    }
}

static og_value part(og_value v, size_t index)
{
    const og__node *node = og__node_of(v);
    if (og_kind_of(v) == OG_OBJECT) return og__object_part(node->items, index);
    return ((const og_value *)node->items)[index];
}

static int count_places(counter *c, og_value value)
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
    og__free(c->alloc, c->open, c->cap * sizeof *c->open);
    return status;
}

int og_pickle_canonical(og_value value, og_buf *out, const og_pickle_write_options *options, og_error *err)
{
    og_pickle_write_options o;
    int status = og__options_take(&o, sizeof o, options, err);
    if (status < 0) return status;
    counter c = {.alloc = out->alloc, .places = {.alloc = out->alloc}};
    og__writer w = {
        .out = out,
        .room = out->len,
        .frame_at = SIZE_MAX,
        .err = err,
        .protocol = PROTOCOL,
        .max_depth = o.max_depth ? o.max_depth : DEFAULT_DEPTH,
        .nodes = {.alloc = out->alloc},
        .places = &c.places,
    };
    if ((o.protocol != 0 && o.protocol != PROTOCOL) || w.max_depth >= UINT32_MAX)
        return og__writer_fail(&w, OG_EINVAL, "canonical pickles have protocol 4, and no other");
    status = count_places(&c, value);
    if (status < 0) {
        og__writer_fail(&w, OG_ENOMEM, "out of memory");
    } else {
        status = og__writer_run(&w, value, o.max_bytes);
    }
    og__map_free(&c.places);
    return status;
}
