/* SPDX-License-Identifier: MIT */
/* The tags of lossless form: telling them apart, and reading those that hold no other values. */
#include "codec/json/tags.h"
#include "base/utf8.h"

static const char *const keys[] = {
#define X(name, key) key,
    OG__TAG_MAP(X)
#undef X
};
enum { TAGS = sizeof keys / sizeof keys[0] };

int og__json_refuse_tag(og__json_reader *r, const og__json_raw *raw, const char *sentence)
{
    r->status = og_error_set(r->err, OG_ESYNTAX, raw->position, "%s", sentence);
    return r->status;
}

static bool is_tag_key(og_value key)
{
    size_t len;
    const char *text = og_data(key, &len);
    return len >= 3 && memcmp(text, "py/", 3) == 0;
}

static og__json_tag tag_named(og_value key)
{
    unsigned i = 1;
    while (i < TAGS && !og_str_is(key, keys[i]))
        i++;
    return i < TAGS ? (og__json_tag)i : OG__TAG_NONE;
}

int og__json_find_tag(og__json_reader *r, const og__json_raw *raw, og__json_tag *tag)
{
    *tag = OG__TAG_NONE;
    if (raw->count == 0) return OG_OK;
    if (!is_tag_key(raw->items[0])) {
        for (size_t i = 2; i < raw->count; i += 2)
            if (is_tag_key(raw->items[i]))
                return og__json_refuse_tag(
                    r, raw,
                    "a key that begins with \"py/\" comes after others; in a dict with "
                    "such keys of its own use \"py/dict\"");
        return OG_OK;
    }
    *tag = tag_named(raw->items[0]);
    if (*tag == OG__TAG_NONE) {
        size_t len;
        const char *text = og_data(raw->items[0], &len);
        r->status =
            og_error_set(r->err, OG_ESYNTAX, raw->position, "\"%.*s\" is not a tag that begins a value",
                         (int)(len < 40 ? len : 40), text);
        return r->status;
    }
    if (raw->count > 2 && *tag < OG__TAG_OBJECT)
        return og__json_refuse_tag(r, raw, "expected no other key beside this tag in its object");
    return OG_OK;
}

int og__json_tag_number(og__json_reader *r, const og__json_raw *raw, og_value number, size_t *n)
{
    uint64_t value;
    if (og_kind_of(number) != OG_INT || og_as_uint64(number, &value) < 0 || value == 0 || value > SIZE_MAX)
        return og__json_refuse_tag(r, raw, "expected a number from 1 on in \"py/def\" or \"py/ref\"");
    *n = (size_t)value;
    return OG_OK;
}

/* ---- base64 ---- */

static int digit_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Reads four digits, of which the last `pad` are '='. False when they are none. */
static bool read_four(const uint8_t *at, unsigned pad, uint8_t *out)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = i < 4 - pad ? digit_value(at[i]) : at[i] == '=' ? 0 : -1;
        if (digit < 0) return false;
        bits = bits << 6 | (uint32_t)digit;
    }
    out[0] = (uint8_t)(bits >> 16);
    if (pad < 2) out[1] = (uint8_t)(bits >> 8);
    if (pad < 1) out[2] = (uint8_t)bits;
    return true;
}

static int decode_base64(og__json_reader *r, const og__json_raw *raw, og_value text, uint8_t **bytes,
                         size_t *len)
{
    size_t n = 0;
    const uint8_t *at = og_kind_of(text) == OG_STR ? (const uint8_t *)og_data(text, &n) : NULL;
    if (!at || n % 4 != 0)
        return og__json_refuse_tag(r, raw, "expected base64 in a string, four characters for three bytes");
    unsigned pad = n == 0 ? 0 : at[n - 2] == '=' ? 2 : at[n - 1] == '=';
    *len = n / 4 * 3 - pad;
    *bytes = og__value_doc_alloc(r->doc, *len + 1, 1);
    if (!*bytes) {
        og__json_no_memory(r);
        return r->status;
    }
    uint8_t *to = *bytes;
    for (size_t i = 0; i < n; i += 4, to += 3)
        if (!read_four(at + i, i + 4 == n ? pad : 0, to))
            return og__json_refuse_tag(r, raw, "a character is not base64");
    return OG_OK;
}

static int read_bytes(og__json_reader *r, og__json_tag tag, const og__json_raw *raw, og_value *out)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    bool ascii;
    bool surrogates;
    int status = decode_base64(r, raw, raw->items[1], &bytes, &len);
    if (status < 0) return status;
    switch (tag) {
    case OG__TAG_B64: *out = og__value_make(OG_BYTES, 0, len, bytes); return OG_OK;
    case OG__TAG_BYTEARRAY:
        *out = og_bytearray(r->doc, bytes, len);
        if (!og_valid(*out)) og__json_no_memory(r);
        return og_valid(*out) ? OG_OK : r->status;
    default:
        if (og__base_utf8_valid_surrogates(bytes, len, &ascii, &surrogates) != len)
            return og__json_refuse_tag(r, raw, "the bytes of \"py/str\" are not UTF-8");
        *out = og__value_make(OG_STR, (ascii ? OG__F_ASCII : 0u) | (surrogates ? OG__F_SURROGATE : 0u), len,
                              bytes);
        return OG_OK;
    }
}

/* ---- floats ---- */

static bool read_nan_bits(const char *text, size_t len, uint64_t *bits)
{
    if (len != 20 || memcmp(text, "nan:", 4) != 0) return false;
    *bits = 0;
    for (size_t i = 4; i < len; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) return false;
        *bits = *bits << 4 | (uint64_t)digit;
    }
    return true;
}

static int read_float(og__json_reader *r, const og__json_raw *raw, og_value text, double *out)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    size_t len = 0;
    const char *name = og_kind_of(text) == OG_STR ? og_data(text, &len) : NULL;
    if (og_str_is(text, "inf"))
        bits = UINT64_C(0x7ff0000000000000);
    else if (og_str_is(text, "-inf"))
        bits = UINT64_C(0xfff0000000000000);
    else if (!og_str_is(text, "nan") && !(name && read_nan_bits(name, len, &bits)))
        return og__json_refuse_tag(
            r, raw, "expected \"nan\", \"inf\", \"-inf\" or \"nan:\" and 16 hexadecimal digits");
    memcpy(out, &bits, sizeof *out);
    return OG_OK;
}

/* One half of a complex number: a number, or a tag for one. */
static int read_half(og__json_reader *r, const og__json_raw *raw, og_value half, double *out)
{
    if (og_kind_of(half) == OG_FLOAT || og_kind_of(half) == OG_INT) {
        if (og_as_double(half, out) == OG_OK) return OG_OK;
    } else if (og_kind_of(half) == OG_DICT) {
        const og__json_raw *inner = og__json_raw_of(half);
        if (inner->count == 2 && og_str_is(inner->items[0], keys[OG__TAG_FLOAT]))
            return read_float(r, inner, inner->items[1], out);
    }
    return og__json_refuse_tag(r, raw, "expected two floats in \"py/complex\"");
}

static int read_complex(og__json_reader *r, const og__json_raw *raw, og_value *out)
{
    const og__json_raw *parts = og_kind_of(raw->items[1]) == OG_LIST ? og__json_raw_of(raw->items[1]) : NULL;
    double real = 0;
    double imag = 0;
    if (!parts || parts->count != 2)
        return og__json_refuse_tag(r, raw, "expected two floats in \"py/complex\"");
    int status = read_half(r, raw, parts->items[0], &real);
    if (status == OG_OK) status = read_half(r, raw, parts->items[1], &imag);
    if (status < 0) return status;
    *out = og_complex(r->doc, real, imag);
    if (!og_valid(*out)) og__json_no_memory(r);
    return og_valid(*out) ? OG_OK : r->status;
}

/* ---- classes ---- */

/* A str from part of another. What holds for the whole holds for the part, except for surrogates. */
static og_value part_of(og_value whole, const char *start, const char *end)
{
    size_t len = (size_t)(end - start);
    if (!(whole.meta & OG__F_SURROGATE))
        return og__value_make(OG_STR, (unsigned)(whole.meta & (OG__F_ASCII | OG__F_CLEAN)), len, start);
    bool surrogates;
    og__base_utf8_valid_surrogates((const uint8_t *)start, len, NULL, &surrogates);
    return og__value_make(OG_STR, surrogates ? OG__F_SURROGATE : 0u, len, start);
}

int og__json_read_class(og__json_reader *r, const og__json_raw *raw, og_value names, og_value *out)
{
    og_value parts[2];
    const og__json_raw *list = og_kind_of(names) == OG_LIST ? og__json_raw_of(names) : NULL;
    if (og_kind_of(names) == OG_STR) {
        size_t len;
        const char *text = og_data(names, &len);
        const char *point = len ? memrchr(text, '.', len) : NULL;
        if (!point) return og__json_refuse_tag(r, raw, "expected \"module.name\", but there is no '.'");
        parts[0] = part_of(names, text, point);
        parts[1] = part_of(names, point + 1, text + len);
    } else if (list && list->count == 2 && og_kind_of(list->items[0]) == OG_STR &&
               og_kind_of(list->items[1]) == OG_STR) {
        parts[0] = list->items[0];
        parts[1] = list->items[1];
    } else {
        return og__json_refuse_tag(r, raw, "expected \"module.name\" or [\"module\", \"name\"]");
    }
    *out = og__value_class_from(r->doc, parts[0], parts[1]);
    if (!og_valid(*out)) og__json_no_memory(r);
    return og_valid(*out) ? OG_OK : r->status;
}

int og__json_tag_value(og__json_reader *r, og__json_tag tag, const og__json_raw *raw, og_value *out)
{
    double number = 0;
    int status;
    switch (tag) {
    case OG__TAG_FLOAT:
        status = read_float(r, raw, raw->items[1], &number);
        *out = og_float(number);
        return status;
    case OG__TAG_COMPLEX: return read_complex(r, raw, out);
    case OG__TAG_TYPE: return og__json_read_class(r, raw, raw->items[1], out);
    default: return read_bytes(r, tag, raw, out);
    }
}
