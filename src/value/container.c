/* SPDX-License-Identifier: MIT */
/* Nodes, lists and tuples, and stepping through any container. */
#include "value/container.h"

enum { SMALLEST_LOG2 = 2 };

og_value og__value_node_new(og_doc *doc, og_kind kind)
{
    og__node *node = og__value_doc_alloc(doc, sizeof *node, _Alignof(og__node));
    if (!node) return (og_value){0};
    *node = (og__node){0};
    return og__value_make(kind, 0, 0, node);
}

size_t og__value_node_room(const og__node *node)
{
    if (!node->items) return 0;
    return node->flags & OG__N_EXACT ? node->count : (size_t)1 << node->capacity;
}

uint8_t og__value_log2_for(size_t count)
{
    uint8_t log2 = SMALLEST_LOG2;
    while (((size_t)1 << log2) < count)
        log2++;
    return log2;
}

static int list_reserve(og_doc *doc, og__node *node, size_t extra, og_error *err)
{
    size_t need = node->count + extra;
    if (extra > UINT32_MAX || need > UINT32_MAX)
        return og_error_set(err, OG_ELIMIT, OG_NO_POSITION, "a list of more than 2**32 - 1 items");
    size_t room = og__value_node_room(node);
    if (need <= room) return OG_OK;
    /* A run that comes whole into an empty list is likely to stay alone. */
    bool exact = node->count == 0 && extra > 1;
    uint8_t log2 = og__value_log2_for(need);
    size_t cap = exact ? need : (size_t)1 << log2;
    void *items = og__value_doc_grow(doc, node->items, room * sizeof(og_value), cap * sizeof(og_value));
    if (!items)
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a list of %zu items", need);
    node->items = items;
    node->capacity = log2;
    node->flags &= (uint8_t)~OG__N_EXACT;
    if (exact) node->flags |= OG__N_EXACT;
    return OG_OK;
}

int og__value_list_extend(og_doc *doc, og_value list, const og_value *items, size_t count, og_error *err)
{
    if (count == 0) return OG_OK;
    og__node *node = og__value_node_of(list);
    int status = list_reserve(doc, node, count, err);
    if (status < 0) return status;
    memcpy((og_value *)node->items + node->count, items, count * sizeof *items);
    node->count += (uint32_t)count;
    return OG_OK;
}

int og__value_refuse_kind(og_error *err, og_kind want, og_value found)
{
    return og_error_set(err, OG_ETYPE, OG_NO_POSITION, "expected a %s, found %s", og_kind_name(want),
                        og_kind_name(og_kind_of(found)));
}

og_value og__value_refusal(og_status code, const char *what)
{
    return (og_value){.meta = (uint64_t)-code << 8, .u.p = what};
}

int og__value_refuse_invalid(og_error *err, og_value value)
{
    if (value.u.p)
        return og_error_set(err, (og_status) - (int)(value.meta >> 8), OG_NO_POSITION,
                            "a value could not be made: %s", (const char *)value.u.p);
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION,
                        "a value that could not be made cannot be put into a container");
}

int og_list_append(og_doc *doc, og_value list, og_value item, og_error *err)
{
    if (og_kind_of(list) != OG_LIST) return og__value_refuse_kind(err, OG_LIST, list);
    if (!og_valid(item)) return og__value_refuse_invalid(err, item);
    int status = og__value_list_extend(doc, list, &item, 1, err);
    if (status < 0) return status;
    doc->source = OG__SOURCE_OWN;
    og__value_place(item);
    if (item.u.p == list.u.p) og__value_mark_shared(item);
    return OG_OK;
}

static og_value run_from(og_doc *doc, og_kind kind, const og_value *items, size_t count)
{
    if (count > UINT32_MAX) return (og_value){0};
    og_value v = og__value_node_new(doc, kind);
    if (!og_valid(v)) return v;
    og__node *node = og__value_node_of(v);
    node->flags = OG__N_PLACED;
    if (count == 0) return v;
    node->items = og__value_doc_alloc(doc, count * sizeof *items, _Alignof(og_value));
    if (!node->items) return (og_value){0};
    memcpy(node->items, items, count * sizeof *items);
    node->count = (uint32_t)count;
    node->flags |= OG__N_EXACT;
    return v;
}

og_value og__value_list_from(og_doc *doc, const og_value *items, size_t count)
{
    return run_from(doc, OG_LIST, items, count);
}

og_value og__value_tuple_from(og_doc *doc, const og_value *items, size_t count)
{
    return run_from(doc, OG_TUPLE, items, count);
}

og_value og_list(og_doc *doc)
{
    return og__value_node_new(doc, OG_LIST);
}

og_value og_tuple(og_doc *doc, const og_value *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!og_valid(items[i])) return (og_value){0};
    }
    og_value v = og__value_tuple_from(doc, items, count);
    if (!og_valid(v)) return v;
    og__value_node_of(v)->flags &= (uint8_t)~OG__N_PLACED;
    for (size_t i = 0; i < count; i++)
        og__value_place(items[i]);
    return v;
}

size_t og_len(og_value value)
{
    switch (og_kind_of(value)) {
    case OG_STR:
    case OG_BYTES: return og__value_len(value);
    case OG_BYTEARRAY: return og__value_bytearray_len(og__value_node_of(value));
    case OG_LIST:
    case OG_TUPLE:
    case OG_DICT:
    case OG_SET:
    case OG_FROZENSET: return og__value_node_of(value)->count;
    default: return 0;
    }
}

og_value og_item(og_value sequence, size_t index)
{
    og_kind kind = og_kind_of(sequence);
    if (kind != OG_LIST && kind != OG_TUPLE) return (og_value){0};
    const og__node *node = og__value_node_of(sequence);
    if (index >= node->count) return (og_value){0};
    return og__value_part_of(((const og_value *)node->items)[index], sequence);
}

og_iter og_iter_of(og_value container)
{
    return (og_iter){container, 0};
}

bool og_iter_next(og_iter *iter, og_value *key, og_value *item)
{
    og_kind kind = og_kind_of(iter->container);
    if (kind < OG_LIST || kind > OG_FROZENSET) return false;
    const og__node *node = og__value_node_of(iter->container);
    if (iter->index >= node->count) return false;
    const og_value *items = node->items;
    bool pair = kind == OG_DICT;
    const og_value *at = pair ? items + 2 * iter->index : items + iter->index;
    if (key) *key = pair ? og__value_part_of(at[0], iter->container) : (og_value){0};
    if (item) *item = og__value_part_of(at[pair], iter->container);
    iter->index++;
    return true;
}
