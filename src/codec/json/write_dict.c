/* SPDX-License-Identifier: MIT */
/* Opening a dict, sorted by its keys where that is asked for. */
#include "base/alloc.h"
#include "codec/json/sort.h"
#include "codec/json/writer.h"

/* Memory of at least `size` bytes: what the last sorted dict left, or new. */
static og__json_block take_block(og__json_writer *w, size_t size)
{
    og__json_block block = w->spare;
    w->spare = (og__json_block){0};
    if (block.size >= size) return block;
    og__base_free(w->alloc, block.bytes, block.size);
    block.bytes = size < SIZE_MAX ? og__base_alloc(w->alloc, size) : NULL;
    block.size = size;
    return block;
}

/* Opens a dict whose pairs are not in order. */
static int open_sorted(og__json_writer *w, const og_value *items, size_t pairs)
{
    og__json_block block = take_block(w, og__json_sort_size(pairs));
    if (!block.bytes) return og__json_write_no_memory(w);
    int status = og__json_open(w, OG__FRAME_DICT, og__json_sort(items, pairs, block.bytes), 2 * pairs);
    if (status < 0) {
        og__base_free(w->alloc, block.bytes, block.size);
        return status;
    }
    og__json_frame *f = &w->frames[w->depth - 1];
    f->u.sorted = block;
    f->is_sorted = true;
    return OG_OK;
}

int og__json_open_dict(og__json_writer *w, og_value dict)
{
    const og__node *node = og__value_node_of(dict);
    const og_value *items = node->items;
    size_t pairs = node->count;
    bool sort = w->o.sort_keys && pairs > 1;
    if (sort && w->o.form == OG_JSON_STRICT && !og__json_sortable(items, pairs))
        return og__json_refuse(w, OG_ETYPE, "keys of different kinds have no order; leave sort_keys out");
    if (sort && !og__json_in_order(items, pairs)) return open_sorted(w, items, pairs);
    return og__json_open(w, OG__FRAME_DICT, items, 2 * pairs);
}
