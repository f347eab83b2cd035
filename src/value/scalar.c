/* SPDX-License-Identifier: MIT */
/* Values without parts: None, bool, int64, float, complex, str, bytes, bytearray, and reading them. */
#include "base/utf8.h"
#include "value/doc.h"
#include "value/number.h"

og_value og_none(void)
{
    return og__value_make(OG_NONE, 0, 0, NULL);
}

og_value og_bool(bool truth)
{
    return og__value_make_bool(truth);
}

og_value og_int(int64_t number)
{
    return og__value_make_int(number);
}

og_value og_float(double number)
{
    return og__value_make_float(number);
}

og_value og_uint(og_doc *doc, uint64_t number)
{
    return og__value_int_from_limbs(doc, &number, 1, false);
}

og_value og_complex(og_doc *doc, double real, double imag)
{
    double *parts = og__value_doc_alloc(doc, 2 * sizeof *parts, _Alignof(double));
    if (!parts) return (og_value){0};
    parts[0] = real;
    parts[1] = imag;
    return og__value_make(OG_COMPLEX, 0, 0, parts);
}

og_value og_str_borrow(const char *text, size_t len)
{
    bool ascii = true;
    if (len > OG__LEN_MAX || og__base_utf8_valid((const uint8_t *)text, len, &ascii) != len)
        return (og_value){0};
    return og__value_make(OG_STR, ascii ? OG__F_ASCII : 0, len, text);
}

/* A copy with a NUL after it, for C programs. */
static const char *keep(og_doc *doc, const void *bytes, size_t len)
{
    if (len > OG__LEN_MAX) return NULL;
    char *copy = og__value_doc_alloc(doc, len + 1, 1);
    if (!copy) return NULL;
    if (len) memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

og_value og_strn(og_doc *doc, const char *text, size_t len)
{
    og_value v = og_str_borrow(text, len);
    if (!og_valid(v)) return v;
    v.u.p = keep(doc, text, len);
    v.meta |= OG__F_ENDED;
    return v.u.p ? v : (og_value){0};
}

og_value og_str(og_doc *doc, const char *text)
{
    return og_strn(doc, text, strlen(text));
}

og_value og_bytes_borrow(const void *bytes, size_t len)
{
    if (len > OG__LEN_MAX) return (og_value){0};
    return og__value_make(OG_BYTES, 0, len, bytes);
}

og_value og_bytes(og_doc *doc, const void *bytes, size_t len)
{
    const char *copy = keep(doc, bytes, len);
    return copy ? og__value_make(OG_BYTES, 0, len, copy) : (og_value){0};
}

og_value og_bytearray(og_doc *doc, const void *bytes, size_t len)
{
    void *copy = len > OG__LEN_MAX ? NULL : og__value_doc_alloc(doc, len, 1);
    if (!copy) return (og_value){0};
    if (len) memcpy(copy, bytes, len);
    return og_bytearray_borrow(doc, copy, len);
}

og_value og_bytearray_borrow(og_doc *doc, const void *bytes, size_t len)
{
    og_value v = og__value_node_new(doc, OG_BYTEARRAY);
    if (!og_valid(v) || len > OG__LEN_MAX) return (og_value){0};
    og__node *node = og__value_node_of(v);
    memcpy(&node->items, &bytes, sizeof bytes); /* nothing writes to it */
    node->count = (uint32_t)len;
    node->high = (uint16_t)((uint64_t)len >> 32);
    node->flags |= OG__N_EXACT;
    return v;
}

int og_as_bool(og_value value, bool *out)
{
    if (og_kind_of(value) != OG_BOOL) return OG_ETYPE;
    *out = value.u.i != 0;
    return OG_OK;
}

int og_as_int64(og_value value, int64_t *out)
{
    og_kind kind = og_kind_of(value);
    if (kind != OG_INT && kind != OG_BOOL) return OG_ETYPE;
    if (og_is_big(value)) return OG_EVALUE;
    *out = value.u.i;
    return OG_OK;
}

int og_as_uint64(og_value value, uint64_t *out)
{
    og_kind kind = og_kind_of(value);
    if (kind != OG_INT && kind != OG_BOOL) return OG_ETYPE;
    if (og_is_big(value)) {
        if (value.meta & OG__F_NEGATIVE || og__value_len(value) != 1) return OG_EVALUE;
        *out = *(const uint64_t *)value.u.p;
        return OG_OK;
    }
    if (value.u.i < 0) return OG_EVALUE;
    *out = (uint64_t)value.u.i;
    return OG_OK;
}

int og_as_double(og_value value, double *out)
{
    switch (og_kind_of(value)) {
    case OG_FLOAT: *out = value.u.f; return OG_OK;
    case OG_BOOL: *out = (double)value.u.i; return OG_OK;
    case OG_INT:
        if (og_is_big(value)) return og__value_big_to_double(value, out);
        *out = (double)value.u.i;
        return OG_OK;
    default: return OG_ETYPE;
    }
}

int og_as_complex(og_value value, double *real, double *imag)
{
    if (og_kind_of(value) != OG_COMPLEX) return OG_ETYPE;
    const double *parts = value.u.p;
    *real = parts[0];
    *imag = parts[1];
    return OG_OK;
}

const char *og_data(og_value value, size_t *len)
{
    const char *data = NULL;
    size_t n = 0;
    switch (og_kind_of(value)) {
    case OG_STR:
    case OG_BYTES:
        n = og__value_len(value);
        data = n ? value.u.p : "";
        break;
    case OG_BYTEARRAY: {
        const og__node *node = og__value_node_of(value);
        n = og__value_bytearray_len(node);
        data = n ? node->items : "";
        break;
    }
    default: break;
    }
    if (len) *len = n;
    return data;
}

bool og_str_has_surrogates(og_value value)
{
    return og_kind_of(value) == OG_STR && (value.meta & OG__F_SURROGATE);
}

bool og_str_is(og_value value, const char *text)
{
    size_t len = strlen(text);
    return og_kind_of(value) == OG_STR && og__value_len(value) == len &&
           memcmp(og_data(value, NULL), text, len) == 0;
}
