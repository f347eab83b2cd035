/* SPDX-License-Identifier: MIT */
/* dtype and ndarray of numpy 1 and 2, from the forms in which they are pickled. */
#include "known/known.h"

#include <stdio.h>

/* ---- dtype ---- */

static int refuse_dtype(og_error *err, const char *what)
{
    return og__known_refuse_content(err, OG_TYPE_DTYPE, what);
}

/* A text that Python 2 may have written as bytes. */
static bool text_of(og_value value, const char **text, size_t *len)
{
    if (og_kind_of(value) != OG_STR && og_kind_of(value) != OG_BYTES) return false;
    *text = og_data(value, len);
    return true;
}

static bool is_order(char c)
{
    return c == '<' || c == '>' || c == '=' || c == '|';
}

/* "f8", "<f8", "U5": kind, order if it is there, then the number. */
static bool read_type_text(og_value value, og_dtype *d, size_t *number)
{
    const char *text;
    size_t len;
    if (!text_of(value, &text, &len)) return false;
    if (len > 0 && is_order(*text)) {
        d->order = *text++;
        len--;
    }
    if (len < 2 || len > 16) return false;
    d->kind = text[0];
    *number = 0;
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || *number > INT32_MAX / 10) return false;
        *number = *number * 10 + (size_t)(text[i] - '0');
    }
    return true;
}

/* Whether numbers of this kind can be so many bytes long. */
static bool size_is_known(char kind, size_t size)
{
    switch (kind) {
    case 'b': return size == 1;
    case 'i':
    case 'u': return size == 1 || size == 2 || size == 4 || size == 8;
    case 'f': return size == 2 || size == 4 || size == 8 || size == 12 || size == 16;
    case 'c': return size == 8 || size == 16 || size == 24 || size == 32;
    case 'm':
    case 'M': return size == 8;
    case 'O': return size == 4 || size == 8;
    case 'S':
    case 'V': return true;
    case 'U': return size % 4 == 0;
    default: return false;
    }
}

/* The unit of datetime64 and timedelta64: ({}, (b"ns", 1, 1, 1)) in the state. */
static bool read_unit(og_value metadata, og_dtype *d)
{
    og_value unit = og_item(metadata, 1);
    const char *text;
    size_t len;
    int64_t count;
    if (og_len(unit) != 4 || !text_of(og_item(unit, 0), &text, &len) || len >= sizeof d->unit) return false;
    if (!og__known_int_within(og_item(unit, 1), 1, INT32_MAX, &count)) return false;
    static const char *const names[] = {"generic", "Y",  "M",  "W",  "D",  "h",  "m",
                                        "s",       "ms", "us", "ns", "ps", "fs", "as"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (len != strlen(names[i]) || memcmp(names[i], text, len) != 0) continue;
        memcpy(d->unit, text, i == 0 ? 0 : len);
        d->unit_count = (uint32_t)count;
        return true;
    }
    return false;
}

static bool read_fields(og_value names, og_value fields, og_dtype *d)
{
    if (og_kind_of(names) == OG_NONE && og_kind_of(fields) == OG_NONE) return true;
    if (og_kind_of(names) != OG_TUPLE || og_kind_of(fields) != OG_DICT || d->kind != 'V') return false;
    d->names = names;
    d->fields = fields;
    return true;
}

/* An item that is an array: its type, and a tuple of lengths. */
static bool read_base(og_value base, og_dtype *d)
{
    if (og_kind_of(base) == OG_NONE) return true;
    if (og_kind_of(base) != OG_TUPLE || og_len(base) != 2 || og_valid(d->fields) || d->kind != 'V')
        return false;
    d->base = og_item(base, 0);
    d->shape = og_item(base, 1);
    return og_kind_of(d->shape) == OG_TUPLE;
}

/* (version, order, subarray, names, fields, size, alignment[, flags[, metadata]]) */
static int read_dtype_state(og_value state, og_dtype *d, og_error *err)
{
    size_t len = og_len(state);
    if (og_kind_of(state) != OG_TUPLE || len < 7 || len > 9)
        return refuse_dtype(err, "expected a state of 7 to 9 parts");
    const char *order;
    size_t order_len;
    if (!text_of(og_item(state, 1), &order, &order_len) || order_len != 1 || !is_order(*order))
        return refuse_dtype(err, "expected '<', '>', '|' or '=' as order of bytes");
    d->order = *order;
    if (!read_fields(og_item(state, 3), og_item(state, 4), d))
        return refuse_dtype(err, "expected names and fields of a structure");
    if (!read_base(og_item(state, 2), d))
        return refuse_dtype(err, "expected the type and the lengths of the arrays that its items are");
    int64_t size;
    if (!og__known_int_within(og_item(state, 5), -1, INT32_MAX, &size))
        return refuse_dtype(err, "its size is out of range");
    bool sized = d->kind == 'S' || d->kind == 'U' || d->kind == 'V';
    if (sized && size >= 0) d->size = (size_t)size;
    if (!sized && size > 0 && (size_t)size != d->size) return refuse_dtype(err, "its two sizes differ");
    bool timed = d->kind == 'M' || d->kind == 'm';
    if (timed && len == 9 && og_kind_of(og_item(state, 8)) == OG_TUPLE && !read_unit(og_item(state, 8), d))
        return refuse_dtype(err, "its unit of time is not known");
    return OG_OK;
}

static void write_type_text(og_dtype *d)
{
    size_t number = d->kind == 'U' ? d->size / 4 : d->size;
    int len = snprintf(d->text, sizeof d->text, "%c%c", d->order, d->kind);
    size_t room = sizeof d->text - (size_t)len;
    char *at = d->text + len;
    if (d->kind == 'O') return;
    len = snprintf(at, room, "%zu", number);
    if (d->unit[0] && d->unit_count != 1) {
        snprintf(at + len, room - (size_t)len, "[%u%s]", (unsigned)d->unit_count, d->unit);
    } else if (d->unit[0]) {
        snprintf(at + len, room - (size_t)len, "[%s]", d->unit);
    }
}

/* The class of structured scalars may stand for the letter and number: numpy.void, numpy.record. */
static bool is_void(og_value arg)
{
    return og_class_is(arg, "numpy", "record") || og_class_is(arg, "numpy", "void");
}

int og_as_dtype(og_value value, og_dtype *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_DTYPE, err);
    if (status < 0) return status;
    og_dtype d = {.order = '=', .unit_count = 1};
    size_t number = 0;
    og_value args = og_object_args(value);
    if (is_void(og_item(args, 0))) {
        d.kind = 'V';
    } else if (og_len(args) < 1 || !read_type_text(og_item(args, 0), &d, &number)) {
        return refuse_dtype(err, "expected a letter and a number as its argument");
    }
    d.size = d.kind == 'U' ? number * 4 : number;
    og_value state = og_object_state(value);
    if (og_valid(state)) status = read_dtype_state(state, &d, err);
    if (status < 0) return status;
    if (!size_is_known(d.kind, d.size)) return refuse_dtype(err, "there is no type of this letter and size");
    bool plain = d.size == 1 || d.kind == 'O' || d.kind == 'S' || d.kind == 'V';
    if (plain) {
        d.order = '|';
    } else if (d.order != '>') {
        d.order = '<'; /* '=' is the order of the machine that wrote; all that run numpy today are such */
    }
    write_type_text(&d);
    *out = d;
    return OG_OK;
}

int og_dtype_field(const og_dtype *dtype, size_t index, og_value *name, og_dtype *type, size_t *offset,
                   og_error *err)
{
    og_dtype unused = {0};
    int64_t at;
    if (!og_valid(dtype->fields))
        return og_error_set(err, OG_ETYPE, OG_NO_POSITION, "numpy type %s has no fields", dtype->text);
    if (index >= og_len(dtype->names))
        return og_error_set(err, OG_ENOTFOUND, OG_NO_POSITION, "there is no field %zu", index);
    og_value key = og_item(dtype->names, index);
    og_value field = og_dict_get(dtype->fields, key);
    if (og_kind_of(key) != OG_STR || og_kind_of(field) != OG_TUPLE || og_len(field) < 2)
        return refuse_dtype(err, "expected a type and a place for each name");
    if (!type) type = &unused;
    int status = og_as_dtype(og_item(field, 0), type, err);
    if (status < 0) return status == OG_ETYPE ? refuse_dtype(err, "a field's type is none") : status;
    if (!og__known_int_within(og_item(field, 1), 0, INT32_MAX, &at) || type->size > dtype->size ||
        (size_t)at > dtype->size - type->size)
        return refuse_dtype(err, "a field ends beyond the item");
    if (name) *name = key;
    if (offset) *offset = (size_t)at;
    return OG_OK;
}

/* ---- ndarray ---- */

static int refuse_array(og_error *err, const char *what)
{
    return og__known_refuse_content(err, OG_TYPE_NDARRAY, what);
}

static int read_shape(og_value shape, og_array *a, og_error *err)
{
    if (og_kind_of(shape) != OG_TUPLE) return refuse_array(err, "its shape is not a tuple");
    if (og_len(shape) > OG_NDARRAY_DIMS) return refuse_array(err, "it has more than 64 dimensions");
    a->ndim = og_len(shape);
    a->count = 1;
    bool empty = false;
    for (size_t i = 0; i < a->ndim; i++) {
        int64_t n;
        if (!og__known_int_within(og_item(shape, i), 0, PTRDIFF_MAX, &n))
            return refuse_array(err, "its shape holds what is no length");
        a->shape[i] = (size_t)n;
        if (n == 0) {
            empty = true;
        } else if (__builtin_mul_overflow(a->count, (size_t)n, &a->count)) {
            return refuse_array(err, "its shape is larger than memory");
        }
    }
    if (empty) a->count = 0;
    return OG_OK;
}

/* Strides of an array in which the dimensions `axes` follow one another, the last one fastest. */
static void set_strides(og_array *a, const size_t *axes, size_t item)
{
    size_t stride = item;
    for (size_t i = a->ndim; i-- > 0;) {
        size_t axis = axes[i];
        a->strides[axis] = stride;
        if (a->count) stride *= a->shape[axis];
    }
}

static void set_order(og_array *a, size_t item)
{
    size_t axes[OG_NDARRAY_DIMS];
    for (size_t i = 0; i < a->ndim; i++)
        axes[i] = a->fortran ? a->ndim - 1 - i : i;
    set_strides(a, axes, item);
}

int og_dtype_base(const og_dtype *dtype, og_array *out, og_error *err)
{
    size_t size;
    if (!og_valid(dtype->base))
        return og_error_set(err, OG_ETYPE, OG_NO_POSITION, "items of numpy type %s are no arrays",
                            dtype->text);
    memset(out, 0, sizeof *out);
    int status = og_as_dtype(dtype->base, &out->dtype, err);
    if (status < 0) return status == OG_ETYPE ? refuse_dtype(err, "the type of its arrays is none") : status;
    status = read_shape(dtype->shape, out, err);
    if (status < 0) return status;
    if (__builtin_mul_overflow(out->count, out->dtype.size, &size) || size != dtype->size)
        return refuse_dtype(err, "its arrays are not as long as its items");
    set_order(out, out->dtype.size);
    out->len = size;
    return OG_OK;
}

/* Checks that `data` holds as many bytes as shape and type say, which is what bounds all that follows. */
static int set_data(og_value data, og_array *a, og_error *err)
{
    size_t need;
    size_t len = 0;
    const char *bytes = og_data(data, &len);
    if (og_kind_of(data) == OG_OBJECT && og_object_make(data) == OG_MAKE_BUFFER)
        return refuse_array(err, "its bytes are in a buffer that was not passed in");
    if (!bytes) return refuse_array(err, "its data are not bytes");
    /* Python 2's bytes read as Latin-1: the same bytes only where all are ASCII. */
    if (og_kind_of(data) == OG_STR && og__value_len(data) > 0 && !(data.meta & OG__F_ASCII))
        return refuse_array(err, "its data are a str of Python 2; read the pickle with encoding bytes");
    if (__builtin_mul_overflow(a->count, a->dtype.size, &need) || need != len)
        return refuse_array(err, "its data are not as long as its shape and type say");
    a->data = bytes;
    a->len = len;
    return OG_OK;
}

static int set_items(og_value data, og_array *a, og_error *err)
{
    if (og_kind_of(data) != OG_LIST || og_len(data) != a->count)
        return refuse_array(err, "its data are not a list of as many values as its shape says");
    a->items = data;
    a->fortran = false; /* a list is in the order of the indices, whatever the array's was */
    return OG_OK;
}

/* A class of numpy's own that is pickled as an array: ndarray, matrix, recarray, memmap, … */
static bool is_array_class(og_value cls)
{
    size_t len;
    const char *module = og_data(og_class_module(cls), &len);
    if (!module || len < 5 || memcmp(module, "numpy", 5) != 0) return false;
    return len == 5 || module[5] == '.';
}

static int dtype_in(og_value value, og_array *a, og_error *err)
{
    int status = og_as_dtype(value, &a->dtype, err);
    if (status == OG_OK && og_valid(a->dtype.base))
        return refuse_array(err, "its type has arrays as items, which numpy makes dimensions of the array");
    return status == OG_ETYPE ? refuse_array(err, "its type is not a numpy.dtype") : status;
}

/* The mask of a masked array: a byte for each item, in the order of the data. */
static int set_mask(og_value mask, bool fortran, og_array *a, og_error *err)
{
    size_t len = 0;
    const char *bytes = og_data(mask, &len);
    if (!bytes || og_kind_of(mask) != OG_BYTES || len != a->count || og_valid(a->dtype.fields) ||
        (a->dtype.size == 0 && len > 0))
        return refuse_array(err, "its mask is not bytes, one for each item");
    if (a->dtype.kind == 'O' && fortran) /* a list is in the order of the indices, its mask is not */
        return refuse_array(err, "it holds values in Fortran's order under a mask, which is not supported");
    a->mask = (const uint8_t *)bytes;
    return OG_OK;
}

/* _reconstruct(class, …) and the state ([version,] shape, dtype, is it Fortran's order, data); for masked
 * arrays with mask and fill value after them. */
static int from_state(og_value value, bool masked, og_array *a, og_error *err)
{
    og_value state = og_object_state(value);
    size_t len = og_len(state) - (masked && og_len(state) > 2 ? 2 : 0);
    bool fortran;
    if (!is_array_class(og_item(og_object_args(value), 0)))
        return refuse_array(err, "its class is not one of numpy's");
    if (og_kind_of(state) != OG_TUPLE || (len != 4 && len != 5))
        return refuse_array(err, "expected a state of shape, type, order and data");
    int status = read_shape(og_item(state, len - 4), a, err);
    if (status == OG_OK) status = dtype_in(og_item(state, len - 3), a, err);
    if (status < 0) return status;
    int64_t flag;
    if (og_as_int64(og_item(state, len - 2), &flag) < 0)
        return refuse_array(err, "its order is neither True nor False");
    fortran = flag != 0;
    a->fortran = fortran;
    og_value data = og_item(state, len - 1);
    status = a->dtype.kind == 'O' ? set_items(data, a, err) : set_data(data, a, err);
    if (status == OG_OK) set_order(a, a->dtype.kind == 'O' ? 1 : a->dtype.size);
    return status < 0 || !masked ? status : set_mask(og_item(state, len), fortran, a, err);
}

/* Order 'K': the data are those of an array of `shape` in C order, whose axes then are permuted. */
static int permute(og_value axes, og_array *a, og_error *err)
{
    size_t shape[OG_NDARRAY_DIMS];
    size_t order[OG_NDARRAY_DIMS];
    uint64_t seen = 0;
    if (og_kind_of(axes) != OG_TUPLE || og_len(axes) != a->ndim)
        return refuse_array(err, "expected the order of its axes");
    for (size_t i = 0; i < a->ndim; i++) {
        int64_t axis;
        if (!og__known_int_within(og_item(axes, i), 0, (int64_t)a->ndim - 1, &axis) ||
            (seen & UINT64_C(1) << axis))
            return refuse_array(err, "the order of its axes is not one");
        seen |= UINT64_C(1) << axis;
        shape[i] = a->shape[axis];
        order[axis] = i;
    }
    memcpy(a->shape, shape, a->ndim * sizeof shape[0]);
    set_strides(a, order, a->dtype.size);
    return OG_OK;
}

/* _frombuffer(data, dtype, shape, order[, axes]), of protocol 5. */
static int from_buffer(og_value value, og_array *a, og_error *err)
{
    og_value args = og_object_args(value);
    size_t count = og_len(args);
    if (count != 4 && count != 5) return refuse_array(err, "expected data, type, shape and order");
    int status = read_shape(og_item(args, 2), a, err);
    if (status == OG_OK) status = dtype_in(og_item(args, 1), a, err);
    if (status == OG_OK && a->dtype.kind == 'O') status = refuse_array(err, "values cannot be in a buffer");
    if (status == OG_OK) status = set_data(og_item(args, 0), a, err);
    if (status < 0) return status;
    og_value order = og_item(args, 3);
    if (og_str_is(order, "K") && count == 5 && og_kind_of(og_item(args, 4)) != OG_NONE)
        return permute(og_item(args, 4), a, err);
    a->fortran = og_str_is(order, "F");
    if (!a->fortran && !og_str_is(order, "C"))
        return refuse_array(err, "expected 'C', 'F' or 'K' as its order");
    set_order(a, a->dtype.size);
    return OG_OK;
}

int og_as_ndarray(og_value value, og_array *out, og_error *err)
{
    bool masked = og_type_of(value) == OG_TYPE_MASKED_ARRAY;
    int status = og__known_expect_type(value, masked ? OG_TYPE_MASKED_ARRAY : OG_TYPE_NDARRAY, err);
    if (status < 0) return status;
    memset(out, 0, sizeof *out);
    og_value name = og_class_qualname(og_object_class(value));
    return og_str_is(name, "_frombuffer") ? from_buffer(value, out, err)
                                          : from_state(value, masked, out, err);
}
