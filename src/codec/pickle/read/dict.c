/* SPDX-License-Identifier: MIT */
/*
 * Fills dicts at full speed. The keys of records come from the memo, so that dicts of one shape have not only
 * equal keys but the very same ones: of a few dicts that were filled before, each is the model of those that
 * follow.
 */
#include "codec/pickle/read/reader.h"
#include "value/bulk.h"

/* Model's keys are str, which are the same when they are in the same place. */
static bool same_keys(const og__node *model, const og_value *items, size_t pairs)
{
    if (!model || model->count != pairs) return false;
    const og_value *keys = model->items;
    uint64_t differs = 0;
    for (size_t i = 0; i < 2 * pairs; i += 2)
        differs |= (keys[i].meta ^ items[i].meta) | (uint64_t)(keys[i].u.i ^ items[i].u.i);
    return differs == 0;
}

/* Fills a dict whose keys are those of the model. */
static bool fill_like(og__reader *r, og__node *dict, const og__node *model, const og_value *items,
                      size_t pairs)
{
    size_t height = og__pickle_height_of_items(items, 2 * pairs) + 1;
    if (height > r->max_depth || !og__value_dict_fill_like(r->doc, dict, model, items, pairs)) return false;
    og__pickle_set_height(r, dict, height);
    return true;
}

/* One pair with a str for a key. */
static inline bool fill_one(og__reader *r, og__node *dict, const og_value *items)
{
    size_t height = og__pickle_height(items[1]) + 1;
    if (og_kind_of(items[0]) != OG_STR || height > r->max_depth) return false;
    og_value *to = og__value_doc_alloc(r->doc, 2 * sizeof *items, _Alignof(og_value));
    if (!to) return false;
    to[0] = items[0];
    to[1] = items[1];
    dict->items = to;
    dict->count = 1;
    dict->flags |= OG__N_EXACT;
    og__pickle_set_height(r, dict, height);
    return true;
}

static bool all_str(const og_value *items, size_t pairs)
{
    for (size_t i = 0; i < 2 * pairs; i += 2) {
        if (og_kind_of(items[i]) != OG_STR) return false;
    }
    return true;
}

/* The long way: a dict of its own, whose insides the empty one takes over. */
static bool fill(og__reader *r, og__node *dict, const og_value *items, size_t pairs)
{
    size_t bad;
    size_t height = og__pickle_height_of_items(items, 2 * pairs) + 1;
    if (height > r->max_depth || pairs > UINT32_MAX) return false;
    og_value made = og__value_dict_from(r->doc, items, pairs, OG__DUPLICATE_LAST, &bad, NULL);
    if (!og_valid(made)) return false;
    const og__node *from = og__value_node_of(made);
    dict->items = from->items;
    dict->count = from->count;
    dict->capacity = from->capacity;
    dict->flags |= from->flags;
    og__pickle_set_height(r, dict, height);
    return true;
}

bool og__pickle_reader_fill_dict(og__reader *r, og__node *dict, const og_value *items, size_t pairs)
{
    if (pairs == 1) return fill_one(r, dict, items) || fill(r, dict, items, pairs);
    const og__node **place = &r->models[og__pickle_model_place(items, pairs)];
    const og__node **other = &r->models[og__pickle_model_place(items, pairs) ^ 1];
    if (same_keys(*place, items, pairs)) return fill_like(r, dict, *place, items, pairs);
    if (same_keys(*other, items, pairs)) return fill_like(r, dict, *other, items, pairs);
    if (!fill(r, dict, items, pairs)) return false;
    if (all_str(items, pairs)) {
        *other = *place;
        *place = dict;
    }
    return true;
}
