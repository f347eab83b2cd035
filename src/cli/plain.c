/* SPDX-License-Identifier: MIT */
/* Values as people read them. */
#include "cli/plain.h"

int cli_plain_write(const og_json_write_options *json, og_value value, og_buf *out, og_error *err)
{
    if (og_kind_of(value) == OG_STR && !og_str_has_surrogates(value)) return og_text_write(value, out, err);
    return og_json_write(value, out, json, err);
}
