/* SPDX-License-Identifier: MIT */
/* The keys of dicts, made to be str as Python does it. */
#include "codec/json/writer.h"

#include <onggi/text.h>

#include <math.h>

/* A key that is not a str, in quotes. */
static int write_other_key(og__json_writer *w, og_value key)
{
    double number;
    bool truth;
    int status = og__json_put(w, "\"", 1);
    if (status < 0) return status;
    switch (og_kind_of(key)) {
    case OG_NONE: status = og__json_puts(w, "null"); break;
    case OG_BOOL:
        status = og__json_puts(w, og_as_bool(key, &truth) == OG_OK && truth ? "true" : "false");
        break;
    case OG_INT: status = og__json_write_int(w, key); break;
    case OG_FLOAT:
        og_as_double(key, &number);
        if (isfinite(number) || w->o.allow_nan || w->o.form == OG_JSON_STRICT)
            status = og__json_write_float(w, number);
        else
            status = og__json_puts(w, isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity");
        break;
    default: break;
    }
    return status < 0 ? status : og__json_put(w, "\"", 1);
}

/* A key of a kind that JSON's own rules do not turn into a str: its repr. */
static int write_repr_key(og__json_writer *w, og_value key)
{
    if (w->o.form == OG_JSON_STRICT)
        return og__json_refuse(
            w, OG_ETYPE,
            "keys must be str, int, float, bool or None, not %s; use plain or lossless form or pickle",
            og_kind_name(og_kind_of(key)));
    og_buf text;
    og_error why = {.code = OG_OK};
    og_buf_init(&text, w->alloc);
    og_repr_options options = {
        .size = sizeof options, .max_bytes = w->limit - og__json_length(w), .max_digits = w->o.max_digits};
    int status = og_repr(key, &text, &options, &why);
    if (status < 0)
        status = og__json_refuse(w, (og_status)status, "%s", why.text);
    else
        status = og__json_write_text(w, (const char *)text.data, text.len, true);
    og_buf_free(&text);
    return status;
}

int og__json_write_key(og__json_writer *w, og_value key)
{
    int status;
    if (og_kind_of(key) == OG_STR)
        status = og__json_write_string(w, key);
    else if (og_kind_of(key) <= OG_FLOAT)
        status = write_other_key(w, key);
    else
        status = write_repr_key(w, key);
    return status < 0 ? status : og__json_put(w, w->o.key_separator, w->key_separator_len);
}
