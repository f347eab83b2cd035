/* SPDX-License-Identifier: MIT */
/* Containers, class references and objects in strict and plain form. */
#include "codec/json/writer.h"

/* What an object shows as is no object itself: one level. NOLINTBEGIN(misc-no-recursion) */

/* An object: opened, or written as what it shows as. */
static int write_object(og__json_writer *w, og_value object)
{
    og_value shown;
    int status = og__json_plain_object(w, object, &shown);
    if (status != OG__NEXT_VALUE) return status;
    return og_kind_of(shown) <= OG_BYTES ? og__json_write_scalar(w, shown) : og__json_write_node(w, shown);
}

static int open_node(og__json_writer *w, og_value value)
{
    const og__node *node = og__value_node_of(value);
    switch (og_kind_of(value)) {
    case OG_LIST:
    case OG_TUPLE:
    case OG_SET:
    case OG_FROZENSET: return og__json_open(w, OG__FRAME_LIST, node->items, node->count);
    case OG_DICT: return og__json_open_dict(w, value);
    default: return write_object(w, value);
    }
}

int og__json_write_node(og__json_writer *w, og_value value)
{
    og_kind kind = og_kind_of(value);
    if (w->o.form == OG_JSON_STRICT && kind != OG_LIST && kind != OG_TUPLE && kind != OG_DICT)
        return og__json_refuse_kind(w, value);
    if (kind == OG_BYTEARRAY) return og__json_write_base64(w, value);
    if (kind == OG_CLASS) return og__json_write_class_name(w, value);
    if (value.u.p == w->root) {
        /* It is open as long as anything is written. */
        if (w->root_open) return og__json_cut_cycle(w, 0, value);
        w->root_open = true;
        return open_node(w, value);
    }
    if (!og__value_is_shared(value)) return open_node(w, value);
    size_t index = 0;
    int status = og__json_enter_shared(w, value, &index);
    if (status <= 0) return status;
    size_t depth = w->depth;
    status = open_node(w, value);
    if (status < 0) return status;
    if (w->depth > depth)
        w->frames[depth].record = index;
    else
        og__json_leave_shared(w, index);
    return OG_OK;
}
/* NOLINTEND(misc-no-recursion) */
