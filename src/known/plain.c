/* SPDX-License-Identifier: MIT */
/* What an object of a known type shows as where there are only values: in plain JSON. */
#include "base/number.h"
#include "known/known.h"

#include <stdio.h>

/* A text in `buf` as a str. */
static int show_text(og_doc *scratch, og_buf *buf, int status, og_value *shown, og_error *err)
{
    if (status < 0) {
        og_buf_free(buf);
        return status;
    }
    *shown = og__known_str_of_buf(scratch, buf);
    return og_valid(*shown) ? OG_OK : og__known_refuse_memory(err);
}

static int plain_timezone(og_value value, og_buf *out, og_error *err)
{
    og_zone zone;
    size_t len;
    int status = og_as_timezone(value, &zone, err);
    if (status < 0) return status;
    if (og_valid(zone.name)) {
        const char *name = og_data(zone.name, &len);
        return og_buf_put(out, name, len);
    }
    status = og_buf_puts(out, "UTC");
    if (status < 0 || (zone.offset_seconds == 0 && zone.offset_microseconds == 0)) return status;
    og_moment at = {.has_offset = true,
                    .offset_seconds = zone.offset_seconds,
                    .offset_microseconds = zone.offset_microseconds};
    return og__known_put_offset(&at, out);
}

static int plain_uuid(og_value value, og_buf *out, og_error *err)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    int status = og_as_uuid(value, bytes, err);
    for (int i = 0; i < 16 && status == OG_OK; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) status = og_buf_putc(out, '-');
        if (status == OG_OK) status = og_buf_putc(out, (uint8_t)digits[bytes[i] >> 4]);
        if (status == OG_OK) status = og_buf_putc(out, (uint8_t)digits[bytes[i] & 15]);
    }
    return status;
}

static int plain_fraction(og_doc *scratch, og_value value, og_buf *out, og_error *err)
{
    og_value numerator;
    og_value denominator;
    int64_t small;
    int status = og_as_fraction(value, scratch, &numerator, &denominator, err);
    if (status == OG_OK) status = og_int_to_text(numerator, 0, out, err);
    if (status < 0 || (og_as_int64(denominator, &small) == OG_OK && small == 1)) return status;
    status = og_buf_putc(out, '/');
    return status < 0 ? status : og_int_to_text(denominator, 0, out, err);
}

/* A bound of a range or slice as repr() gives it; other kinds than None, bool and int are not shown. */
static int put_bound(og_value bound, og_buf *out, og_error *err)
{
    bool truth;
    switch (og_kind_of(bound)) {
    case OG_NONE: return og_buf_puts(out, "None");
    case OG_BOOL: og_as_bool(bound, &truth); return og_buf_puts(out, truth ? "True" : "False");
    case OG_INT: return og_int_to_text(bound, 0, out, err);
    default: return OG_EVALUE;
    }
}

/* range(0, 3), where a step of 1 is left out, or slice(None, 3, None). */
static int plain_slice(og_value value, og_type type, og_buf *out, og_error *err)
{
    og_slice s;
    int64_t step = 0;
    bool range = type == OG_TYPE_RANGE;
    int status = range ? og_as_range(value, &s, err) : og_as_slice(value, &s, err);
    if (status == OG_OK) status = og_buf_puts(out, range ? "range(" : "slice(");
    if (status == OG_OK) status = put_bound(s.start, out, err);
    if (status == OG_OK) status = og_buf_puts(out, ", ");
    if (status == OG_OK) status = put_bound(s.stop, out, err);
    if (status < 0) return status;
    bool one = range && og_as_int64(s.step, &step) == OG_OK && step == 1;
    if (!one) {
        status = og_buf_puts(out, ", ");
        if (status == OG_OK) status = put_bound(s.step, out, err);
    }
    return status < 0 ? status : og_buf_putc(out, ')');
}

static int put_name(og_value name, og_buf *out)
{
    size_t len;
    const char *text = og_data(name, &len);
    return og_buf_put(out, text, len);
}

/* module.Class.NAME, as a reference to a class or function shows. */
static int plain_member(og_value value, og_buf *out)
{
    og_value names[OG__NEST_MAX];
    int count = 0;
    while (og_kind_of(value) == OG_OBJECT) {
        names[count++] = og_item(og_object_args(value), 1);
        value = og_item(og_object_args(value), 0);
    }
    int status = put_name(og_class_module(value), out);
    if (status == OG_OK) status = og_buf_putc(out, '.');
    if (status == OG_OK) status = put_name(og_class_qualname(value), out);
    while (count > 0 && status == OG_OK) {
        status = og_buf_putc(out, '.');
        if (status == OG_OK) status = put_name(names[--count], out);
    }
    return status;
}

static int plain_text(og_doc *scratch, og_value value, og_type type, og_value *shown, og_error *err)
{
    og_buf buf;
    og_buf_init(&buf, &scratch->alloc);
    int status;
    switch (type) {
    case OG_TYPE_DATETIME:
    case OG_TYPE_DATE:
    case OG_TYPE_TIME: status = og_isoformat(value, &buf, err); break;
    case OG_TYPE_TIMEZONE:
    case OG_TYPE_ZONEINFO: status = plain_timezone(value, &buf, err); break;
    case OG_TYPE_DECIMAL: status = og_as_decimal(value, &buf, err); break;
    case OG_TYPE_FRACTION: status = plain_fraction(scratch, value, &buf, err); break;
    case OG_TYPE_UUID: status = plain_uuid(value, &buf, err); break;
    case OG_TYPE_PATH: status = og_as_path(value, &buf, err); break;
    case OG_TYPE_IP: status = og_as_ip(value, &buf, err); break;
    case OG_TYPE_MEMBER: status = plain_member(value, &buf); break;
    default: status = plain_slice(value, type, &buf, err); break;
    }
    return show_text(scratch, &buf, status, shown, err);
}

/* Nodes of keys looked at for a pair, at most: keys of doubled tuples cost no more than they show. */
enum { KEY_NODES = 64 };

/* A dict with the same pairs. Where they are in one already, that is it. */
static int plain_mapping(og_doc *scratch, og_value value, og_value *shown, og_error *err)
{
    og_mapping m;
    int status = og_as_mapping(value, &m, err);
    if (status < 0) return status;
    if (og__value_is_shared(m.source)) return OG_EVALUE;
    *shown = m.source;
    if (og_kind_of(m.source) == OG_DICT) return OG_OK;
    size_t bad;
    const og_value *flat = m.count ? og__value_node_of(m.source)->items : NULL;
    og_value *pairs = NULL;
    if (m.count * 2 != og_len(m.source)) {
        pairs = og__value_doc_alloc(scratch, m.count * 2 * sizeof *pairs, _Alignof(og_value));
        if (!pairs) return og__known_refuse_memory(err);
        for (size_t i = 0; og_mapping_next(&m, &pairs[i], &pairs[i + 1]); i += 2)
            ;
        flat = pairs;
    }
    og_error reason = {0};
    scratch->work = 0;
    scratch->work_limit = (uint64_t)KEY_NODES * (m.count + 1);
    *shown = og__value_dict_from(scratch, flat, m.count, OG__DUPLICATE_LAST, &bad, &reason);
    scratch->work_limit = 0;
    if (og_valid(*shown)) return OG_OK;
    if (reason.code == OG_ENOMEM || reason.code == OG_OK) return og__known_refuse_memory(err);
    return og__known_refuse_content(err, og_type_of(value), "it has a key that is not hashable, or too deep");
}

static int plain_deque(og_doc *scratch, og_value value, og_value *shown, og_error *err)
{
    og_deque d;
    int status = og_as_deque(value, &d, err);
    if (status < 0) return status;
    if (og__value_is_shared(d.items)) return OG_EVALUE;
    *shown = d.items;
    if (og_kind_of(d.items) == OG_LIST && d.first == 0) return OG_OK;
    const og_value *items = d.count ? (const og_value *)og__value_node_of(d.items)->items + d.first : NULL;
    *shown = og__value_list_from(scratch, items, d.count);
    return og_valid(*shown) ? OG_OK : og__known_refuse_memory(err);
}

static int plain_ndarray(og_doc *scratch, og_value value, og_value *shown, og_error *err)
{
    og_array array;
    int status = og_as_ndarray(value, &array, err);
    if (status < 0) return status;
    if (og__value_is_shared(array.items)) return OG_EVALUE;
    status = og__known_ndarray_lists(&array, scratch, shown, err);
    return status == 0 ? OG_EVALUE : status;
}

static int plain(og_doc *scratch, og_value value, og_type type, og_value *shown, og_error *err)
{
    og_span delta;
    og_dtype dtype;
    int status;
    switch (type) {
    case OG_TYPE_TIMEDELTA:
        status = og_as_timedelta(value, &delta, err);
        if (status == OG_OK) *shown = og_float(og_timedelta_seconds(&delta));
        return status;
    case OG_TYPE_ORDERED_DICT:
    case OG_TYPE_DEFAULT_DICT:
    case OG_TYPE_COUNTER: return plain_mapping(scratch, value, shown, err);
    case OG_TYPE_DEQUE: return plain_deque(scratch, value, shown, err);
    case OG_TYPE_DTYPE:
        status = og_as_dtype(value, &dtype, err);
        if (status < 0) return status;
        if (og_valid(dtype.fields) || og_valid(dtype.base)) return OG_EVALUE;
        *shown = og_str(scratch, dtype.text);
        return og_valid(*shown) ? OG_OK : og__known_refuse_memory(err);
    case OG_TYPE_NUMPY_SCALAR: return og_as_numpy_scalar(value, scratch, shown, err);
    case OG_TYPE_MASKED_ARRAY:
    case OG_TYPE_NDARRAY: return plain_ndarray(scratch, value, shown, err);
    case OG_TYPE_ENUM: /* of the others only Python knows that they are no calls of functions */
        if (!og__known_is_standard_enum(og_object_class(value))) return OG_EVALUE;
        return og_as_wrapped(value, NULL, shown, err);
    case OG_TYPE_DERIVED: /* its class may mean anything: the argument alone would hide it */
    case OG_TYPE_NAMED_TUPLE: return OG_EVALUE;
    default: return plain_text(scratch, value, type, shown, err);
    }
}

/*
 * A walk that meets the object itself again stops there; one that comes back by what is looked through here
 * would not. Nothing that CPython writes is shared there.
 */
static bool is_own(og_value object)
{
    return !og__value_is_shared(og_object_args(object)) && !og__value_is_shared(og_object_state(object));
}

int og__known_plain_of(og_doc *scratch, og_value value, og_value *shown, og_error *err)
{
    og_type type = og_type_of(value);
    if (type == OG_TYPE_NONE || type == OG_TYPE_INSTANCE || !is_own(value)) return 0;
    og_error reason = {0};
    int status = plain(scratch, value, type, shown, &reason);
    if (status >= 0) return 1;
    if (status != OG_ENOMEM) return 0; /* damaged: it shows as the inert object that it is */
    return og__known_refuse_memory(err);
}
