/* SPDX-License-Identifier: MIT */
/* Filling containers from what a reader knows already. */
#include "value/bulk.h"
#include "value/key.h"

bool og__value_dict_fill_like(og_doc *doc, og__node *dict, const og__node *model, const og_value *items,
                              size_t pairs)
{
    bool indexed = model && model->flags & OG__N_INDEX;
    og__index *like = indexed ? og__value_index_of(model) : NULL;
    size_t before = indexed ? ((size_t)8 << like->log2) + sizeof *like : 0;
    size_t size = pairs * 2 * sizeof *items;
    uint8_t *run = og__value_doc_alloc(doc, before + size, _Alignof(og_value));
    if (!run) return false;
    /* Slots depend on the keys and on the document's seed only. */
    if (indexed) memcpy(run, og__value_slots_of(like), before);
    memcpy(run + before, items, size);
    dict->items = run + before;
    dict->count = (uint32_t)pairs;
    dict->flags |= OG__N_EXACT | (indexed ? OG__N_INDEX : 0);
    return true;
}
