/* SPDX-License-Identifier: MIT */
/* Any value, in the form that is asked for. */
#include "codec/json/writer.h"

int og__json_write_value(og__json_writer *w, og_value value)
{
    if (w->o.form == OG_JSON_LOSSLESS) return og__json_write_lossless(w, value);
    return og_kind_of(value) <= OG_BYTES ? og__json_write_scalar(w, value) : og__json_write_node(w, value);
}
