/* SPDX-License-Identifier: MIT */
/* Objects of known Python types (dates, decimals, collections, arrays) in plain form, as simpler values. */
#include "codec/json/writer.h"
#include "known/known.h"

/* Room for the simpler value. What was made before goes as soon as no bracket of it is open any more. */
static og_doc *scratch_for(og__json_writer *w)
{
    if (!w->scratch) {
        w->scratch = og_doc_new(w->alloc);
    } else if (w->depth <= w->scratch_depth) {
        og_doc_reset(w->scratch);
    } else {
        return w->scratch;
    }
    w->scratch_depth = SIZE_MAX;
    return w->scratch;
}

static int open_list(og__json_writer *w, og_value list)
{
    return og__json_open(w, OG__FRAME_LIST, og__value_node_of(list)->items, og_len(list));
}

int og__json_plain_object(og__json_writer *w, og_value object, og_value *shown)
{
    og_type type = og_type_of(object);
    if (type == OG_TYPE_NONE || type == OG_TYPE_INSTANCE) return og__json_open_object(w, object);
    og_doc *scratch = scratch_for(w);
    if (!scratch) return og__json_write_no_memory(w);
    int status = og__known_plain_of(scratch, object, shown, NULL);
    if (status < 0) return og__json_write_no_memory(w);
    og_kind kind = og_kind_of(*shown);
    bool container = status == 1 && (kind == OG_DICT || kind == OG_LIST || kind == OG_TUPLE);
    if (status == 0 || kind == OG_OBJECT) return og__json_open_object(w, object);
    if (!container) return OG__NEXT_VALUE;
    if (w->scratch_depth == SIZE_MAX) w->scratch_depth = w->depth;
    return kind == OG_DICT ? og__json_open_dict(w, *shown) : open_list(w, *shown);
}
