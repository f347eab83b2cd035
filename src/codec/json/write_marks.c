/* SPDX-License-Identifier: MIT */
/* Lossless form: which nodes appear more than once, and so get a number. */
#include "base/alloc.h"
#include "codec/json/writer.h"

/* Arguments that are looked at one by one, which many calls may have in common. */
enum { LOOKED_AT = 16 };

typedef struct run {
    const og_value *next;
    const og_value *last;
} run;

typedef struct walk {
    og__json_writer *w;
    run *runs;
    size_t depth;
    size_t room;
} walk;

static int push_run(walk *k, const og_value *items, size_t count)
{
    if (count == 0) return OG_OK;
    if (k->depth == k->room) {
        size_t room = k->room ? k->room * 2 : 32;
        run *runs = og__base_realloc(k->w->alloc, k->runs, k->room * sizeof *runs, room * sizeof *runs);
        if (!runs) return og__json_write_no_memory(k->w);
        k->runs = runs;
        k->room = room;
    }
    k->runs[k->depth++] = (run){items, items + count};
    return OG_OK;
}

/* True when an object is made from other nodes, which may not have been whole then. */
static bool takes_nodes(const og__object *object)
{
    if (og_kind_of(object->callable) == OG_OBJECT || (object->more && og_valid(object->more->kwargs)))
        return true;
    size_t count = og_len(object->args);
    for (size_t i = 0; i < count && i < LOOKED_AT; i++) {
        og_value arg = og_item(object->args, i);
        if (og__value_has_node(arg) && og_kind_of(arg) != OG_CLASS) return true;
    }
    return count > LOOKED_AT;
}

static int push_object(walk *k, og_value value)
{
    const og__object *object = og__value_node_of(value)->items;
    if (!k->w->late) k->w->late = takes_nodes(object);
    int status = push_run(k, &object->callable, 2);
    /* kwargs, items, pairs, state and next are in a row. */
    if (status == OG_OK && object->more) status = push_run(k, &object->more->kwargs, 5);
    return status;
}

static int push_node(walk *k, og_value value)
{
    const og__node *node = og__value_node_of(value);
    switch (og_kind_of(value)) {
    case OG_LIST:
    case OG_TUPLE:
    case OG_SET:
    case OG_FROZENSET: return push_run(k, node->items, node->count);
    case OG_DICT: return push_run(k, node->items, 2 * (size_t)node->count);
    case OG_OBJECT: return push_object(k, value);
    default: return OG_OK;
    }
}

/* A node by itself is looked into once; how often it was met is counted. */
static int visit(walk *k, og_value value)
{
    if (!og__value_has_node(value) || og_kind_of(value) == OG_CLASS) return OG_OK;
    if (og__value_is_shared(value) || value.u.p == k->w->root) {
        bool fresh;
        uint64_t *count = og__value_map_put(&k->w->seen, value.u.p, 0, &fresh);
        if (!count) return og__json_write_no_memory(k->w);
        if (!fresh) {
            *count = 1;
            return OG_OK;
        }
    }
    return push_node(k, value);
}

int og__json_count_nodes(og__json_writer *w, og_value root)
{
    walk k = {.w = w};
    int status = visit(&k, root);
    while (status == OG_OK && k.depth > 0) {
        run *top = &k.runs[k.depth - 1];
        og_value value = *top->next++;
        if (top->next == top->last) k.depth--;
        status = visit(&k, value);
    }
    og__base_free(w->alloc, k.runs, k.room * sizeof *k.runs);
    return status;
}

uint64_t *og__json_find_mark(const og__json_writer *w, og_value value)
{
    if (!og__value_is_shared(value) && value.u.p != w->root) return NULL;
    return og__value_map_find(&w->seen, value.u.p);
}

bool og__json_is_numbered(const og__json_writer *w, og_value value)
{
    const uint64_t *mark = og__json_find_mark(w, value);
    return mark && *mark > 0;
}
