/* SPDX-License-Identifier: MIT */
/* Attributes of inert objects: a look-up in their state. */
#include <onggi/value.h>

og_value og_object_attr(og_value object, const char *name)
{
    og_value state = og_object_state(object);
    if (og_kind_of(state) != OG_TUPLE) return og_dict_gets(state, name);
    og_value found = og_dict_gets(og_item(state, 0), name);
    return og_valid(found) ? found : og_dict_gets(og_item(state, 1), name);
}
