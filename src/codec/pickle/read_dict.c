/* SPDX-License-Identifier: MIT */
/*
 * Fills dicts at full speed. The keys of records come from the memo, so that dicts of one shape have not only
 * equal keys but the very same ones: of a few dicts that were filled before, each is the model of those that
 * follow.
 */
#include "codec/pickle/reader.h"
#include "value/bulk.h"

/* Where dicts of such keys have their model, or one place beside it. */
static size_t place_of(const og_value *items, size_t pairs)
{
    const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t first = (uint64_t)(uintptr_t)items[0].u.p;
    uint64_t middle = (uint64_t)(uintptr_t)items[pairs & ~(size_t)1].u.p;
    uint64_t last = (uint64_t)(uintptr_t)items[2 * pairs - 2].u.p;
    uint64_t mixed = ((first * prime ^ middle) * prime ^ last) * prime;
    return (mixed ^ pairs * prime) >> (64 - OG__MODELS_LOG2);
}

/* Keys of models are str, which are the same when they stand in the same place. */
static bool same_keys(const og__node *model, const og_value *items, size_t pairs)
{
    if (!model || model->count != pairs) return false;
    const og_value *keys = model->items;
    uint64_t differs = 0;
    for (size_t i = 0; i < 2 * pairs; i += 2)
        differs |= (keys[i].meta ^ items[i].meta) | (uint64_t)(keys[i].u.i ^ items[i].u.i);
    return differs == 0;
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
    og_value made = og__dict_from(r->doc, items, pairs, OG__DUPLICATE_LAST, &bad, NULL);
    if (!og_valid(made)) return false;
    const og__node *from = og__node_of(made);
    dict->items = from->items;
    dict->count = from->count;
    dict->capacity = from->capacity;
    dict->flags |= from->flags;
    return true;
}

/* The model of a dict of such keys, or NULL. */
static const og__node *find_model(const og__reader *r, size_t place, const og_value *items, size_t pairs)
{
    if (same_keys(r->models[place], items, pairs)) return r->models[place];
    return same_keys(r->models[place ^ 1], items, pairs) ? r->models[place ^ 1] : NULL;
}

static bool fill_pairs(og__reader *r, og__node *dict, const og_value *items, size_t pairs)
{
    if (pairs == 1 && og_kind_of(items[0]) == OG_STR) return og__dict_fill_like(r->doc, dict, NULL, items, 1);
    size_t place = place_of(items, pairs);
    const og__node *model = find_model(r, place, items, pairs);
    if (model) return og__dict_fill_like(r->doc, dict, model, items, pairs);
    if (!fill(r, dict, items, pairs)) return false;
    if (all_str(items, pairs)) {
        r->models[place ^ 1] = r->models[place];
        r->models[place] = dict;
    }
    return true;
}

bool og__reader_fill_dict(og__reader *r, og__node *dict, const og_value *items, size_t pairs)
{
    size_t height = og__height_of_items(items, 2 * pairs) + 1;
    if (height > r->max_depth || pairs > UINT32_MAX) return false;
    if (!fill_pairs(r, dict, items, pairs)) return false;
    og__set_height(r, dict, height);
    return true;
}
