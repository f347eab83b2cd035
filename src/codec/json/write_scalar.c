/* SPDX-License-Identifier: MIT */
/* Numbers, base64, and the keys of dicts. */
#include "base/number.h"
#include "codec/json/writer.h"

#include <onggi/text.h>

#include <math.h>

int og__json_write_float(og__json_writer *w, double number)
{
    if (isfinite(number)) {
        int status = og__json_reserve(w, OG__DOUBLE_SIZE);
        if (status == OG_OK) w->at += og__base_double_write(number, (char *)w->at);
        return status;
    }
    if (w->o.allow_nan)
        return og__json_puts(w, isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity");
    if (w->o.form == OG_JSON_PLAIN) return og__json_puts(w, "null");
    return og__json_refuse(w, OG_EVALUE, "%s is not JSON; allow_nan writes it as Python does",
                           isnan(number) ? "nan"
                           : number < 0  ? "-inf"
                                         : "inf");
}

int og__json_write_int(og__json_writer *w, og_value number)
{
    if (!(number.meta & OG__F_BIG)) {
        int status = og__json_reserve(w, OG__INT64_SIZE);
        if (status == OG_OK) w->at += og__base_int64_write(number.u.i, (char *)w->at);
        return status;
    }
    og_error why = {.code = OG_OK};
    w->out->len = og__json_length(w);
    int status = og_int_to_text(number, w->o.max_digits, w->out, &why);
    og__json_sync(w);
    return status < 0 ? og__json_refuse(w, (og_status)status, "%s", why.text) : OG_OK;
}

int og__json_write_base64(og__json_writer *w, og_value bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len;
    const uint8_t *at = (const uint8_t *)og_data(bytes, &len);
    if (len > SIZE_MAX / 2) return og__json_write_no_memory(w);
    int status = og__json_reserve(w, (len + 2) / 3 * 4 + 2);
    if (status < 0) return status;
    uint8_t *to = w->at;
    *to++ = '"';
    for (; len > 0; to += 4) {
        size_t n = len < 3 ? len : 3;
        uint32_t bits = (uint32_t)at[0] << 16 | (n > 1 ? (uint32_t)at[1] << 8 : 0) | (n > 2 ? at[2] : 0u);
        to[0] = (uint8_t)digits[bits >> 18];
        to[1] = (uint8_t)digits[bits >> 12 & 63];
        to[2] = n > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
        to[3] = n > 2 ? (uint8_t)digits[bits & 63] : '=';
        at += n;
        len -= n;
    }
    *to++ = '"';
    w->at = to;
    return OG_OK;
}

/* As repr(float) but without ".0", as within a complex number. */
static size_t write_part(double number, char *text)
{
    size_t n = og__base_double_write(number, text);
    return n > 2 && text[n - 2] == '.' && text[n - 1] == '0' ? n - 2 : n;
}

int og__json_write_complex_text(og__json_writer *w, og_value number)
{
    double real;
    double imag;
    char text[2 * OG__DOUBLE_SIZE + 8];
    char *at = text;
    og_as_complex(number, &real, &imag);
    bool both = real != 0 || signbit(real); /* NaN is not 0 either */
    *at++ = '"';
    if (both) {
        *at++ = '(';
        at += write_part(real, at);
        if (!signbit(imag) || isnan(imag)) *at++ = '+';
    }
    at += write_part(imag, at);
    *at++ = 'j';
    if (both) *at++ = ')';
    *at++ = '"';
    return og__json_put(w, text, (size_t)(at - text));
}

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
    int status = og_repr(key, &text, w->limit - og__json_length(w), &why);
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
