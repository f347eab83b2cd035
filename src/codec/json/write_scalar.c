/* SPDX-License-Identifier: MIT */
/* Scalars: numbers, base64, and what else is no str. */
#include "base/number.h"
#include "codec/json/writer.h"

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
    if (!(number.meta & OG__F_BIG) && w->o.max_digits >= OG__INT64_DIGITS) {
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

int og__json_write_scalar(og__json_writer *w, og_value value)
{
    switch (og_kind_of(value)) {
    case OG_NONE: return og__json_put(w, "null", 4);
    case OG_BOOL: return value.meta & OG__F_TRUE ? og__json_put(w, "true", 4) : og__json_put(w, "false", 5);
    case OG_INT: return og__json_write_int(w, value);
    case OG_FLOAT: return og__json_write_float(w, value.u.f);
    case OG_STR: return og__json_write_string(w, value);
    case OG_COMPLEX:
        if (w->o.form == OG_JSON_PLAIN) return og__json_write_complex_text(w, value);
        return og__json_refuse_kind(w, value);
    case OG_BYTES:
        if (w->o.form == OG_JSON_PLAIN) return og__json_write_base64(w, value);
        return og__json_refuse_kind(w, value);
    default: return og__json_refuse(w, OG_EINVAL, "there is no value to write");
    }
}
