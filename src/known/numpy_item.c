/* SPDX-License-Identifier: MIT */
/* Items of numpy arrays and numpy scalars as values, and arrays as nested lists. */
#include "known/known.h"

#include "base/number.h"
#include "base/utf8.h"

#include <stdio.h>

/* Fields of a structure that is shown as a value. */
enum { FIELDS_SHOWN = 64 };

/* ---- Items ---- */

static uint64_t load(const uint8_t *at, size_t size, char order)
{
    uint64_t bits = 0;
    if (size == 8 && order == '<') {
        for (int i = 8; i-- > 0;) /* one load, to a compiler */
            bits = bits << 8 | at[i];
        return bits;
    }
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | at[order == '>' ? i : size - 1 - i];
    return bits;
}

static int64_t sign_extended(uint64_t bits, size_t size)
{
    uint64_t sign = UINT64_C(1) << ((8 * size - 1) & 63); /* 1, 2, 4 or 8 bytes, as og_as_dtype() checks */
    return (int64_t)((bits ^ sign) - sign);
}

/* IEEE 754 half precision: 1 bit of sign, 5 of exponent, 10 of fraction. */
static double half_to_double(uint64_t bits)
{
    uint64_t sign = (bits & 0x8000) << 48;
    uint64_t exponent = bits >> 10 & 0x1f;
    uint64_t fraction = bits & 0x3ff;
    double number;
    if (exponent == 0) {
        number = (double)fraction / 16777216.0;
        return sign ? -number : number;
    }
    exponent = exponent == 0x1f ? 0x7ff : exponent - 15 + 1023;
    bits = sign | exponent << 52 | fraction << 42;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static bool load_float(const uint8_t *at, size_t size, char order, double *out)
{
    if (size > 8) return false;
    uint64_t bits = load(at, size, order);
    if (size == 2) {
        *out = half_to_double(bits);
    } else if (size == 4) {
        uint32_t bits32 = (uint32_t)bits;
        float number;
        memcpy(&number, &bits32, sizeof number);
        *out = (double)number;
    } else {
        memcpy(out, &bits, sizeof *out);
    }
    return true;
}

/* UCS-4 up to the last character that is not NUL. */
static int load_str(const uint8_t *at, size_t size, char order, og_doc *doc, og_value *out)
{
    while (size > 0 && load(at + size - 4, 4, order) == 0)
        size -= 4;
    uint8_t *text = og__value_doc_alloc(doc, size + 1, 1);
    if (!text) return OG_ENOMEM;
    size_t len = 0;
    bool ascii = true;
    bool surrogates = false;
    for (size_t i = 0; i < size; i += 4) {
        uint64_t code = load(at + i, 4, order);
        if (code > 0x10ffff) return OG_EVALUE;
        ascii = ascii && code < 0x80;
        surrogates = surrogates || (code >= 0xd800 && code < 0xe000);
        len += og__base_utf8_encode((uint32_t)code, text + len);
    }
    text[len] = '\0';
    *out = og__value_make(OG_STR, (ascii ? OG__F_ASCII : 0) | (surrogates ? OG__F_SURROGATE : 0), len, text);
    return OG_OK;
}

/* ---- datetime64 and timedelta64 ---- */

typedef struct unit {
    const char *name;
    int64_t seconds; /* in one, or 0 */
    int digits;      /* of a second's fraction */
} unit;

static const unit units[] = {
    {"W", 604800, 0}, {"D", 86400, 0}, {"h", 3600, 0}, {"m", 60, 0},  {"s", 1, 0},   {"ms", 0, 3},
    {"us", 0, 6},     {"ns", 0, 9},    {"ps", 0, 12},  {"fs", 0, 15}, {"as", 0, 18},
};

static const unit *unit_of(const og_dtype *d)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].name, d->unit) == 0) return &units[i];
    }
    return NULL;
}

static int timedelta_value(const og_dtype *d, int64_t number, og_value *out)
{
    const unit *u = unit_of(d);
    if (!u) {
        *out = og_int(number);
        return OG_OK;
    }
    char text[48];
    int len = snprintf(text, sizeof text, "%llde-%d", (long long)number, u->digits);
    double seconds = 0;
    og__base_double_read(text, (size_t)len, &seconds);
    int64_t whole;
    if (u->seconds)
        seconds = __builtin_mul_overflow(number, u->seconds, &whole) ? (double)number * (double)u->seconds
                                                                     : (double)whole;
    *out = og_float(seconds + 0.0);
    return OG_OK;
}

static int64_t floor_divide(int64_t a, int64_t b, int64_t *rest)
{
    int64_t quotient = a / b;
    *rest = a % b;
    if (*rest < 0) {
        *rest += b;
        quotient--;
    }
    return quotient;
}

/* Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar continued both ways. Counts
 * from 0000-03-01, so that the leap day is a year's last. */
static void civil(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t rest;
    int64_t era = floor_divide(days, 146097, &rest);
    rest += 719468 - 4 * 146097; /* 1970-01-01 is day 719,468 */
    if (rest >= 146097) {
        rest -= 146097;
        era++;
    }
    int64_t of_era = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    int64_t of_year = rest - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153; /* 0 is March */
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = of_era + (era + 4) * 400 + (*month <= 2);
}

/* What a datetime64 says, as numpy's str() writes it: as much of it as its unit has. */
static int write_moment(const unit *u, int64_t number, char *text, size_t room)
{
    int64_t fraction = 0;
    int64_t second = 0;
    int64_t days = number;
    int64_t year;
    int month;
    int day;
    if (u->digits) {
        int64_t scale = 1;
        for (int i = 0; i < u->digits; i++)
            scale *= 10;
        number = floor_divide(number, scale, &fraction);
        days = floor_divide(number, 86400, &second);
    } else if (u->seconds == 604800) {
        if (__builtin_mul_overflow(number, 7, &days)) return OG_EVALUE;
    } else {
        days = floor_divide(number, 86400 / u->seconds, &second);
        second *= u->seconds;
    }
    civil(days, &year, &month, &day);
    int len = snprintf(text, room, "%04lld-%02d-%02d", (long long)year, month, day);
    if (u->seconds >= 86400) return len;
    len += snprintf(text + len, room - (size_t)len, "T%02d", (int)(second / 3600));
    if (u->seconds == 3600) return len;
    len += snprintf(text + len, room - (size_t)len, ":%02d", (int)(second / 60 % 60));
    if (u->seconds == 60) return len;
    len += snprintf(text + len, room - (size_t)len, ":%02d", (int)(second % 60));
    if (u->digits) len += snprintf(text + len, room - (size_t)len, ".%0*lld", u->digits, (long long)fraction);
    return len;
}

static int datetime_value(const og_dtype *d, int64_t number, og_doc *doc, og_value *out)
{
    char text[64];
    const unit *u = unit_of(d);
    int64_t month = 0;
    int len = 0;
    if (u) {
        len = write_moment(u, number, text, sizeof text);
        if (len < 0) return len;
    } else if (d->unit[0] == '\0') {
        *out = og_int(number);
        return OG_OK;
    } else {
        bool months = d->unit[0] == 'M';
        int64_t year = months ? floor_divide(number, 12, &month) : number;
        if (__builtin_add_overflow(year, 1970, &year)) return OG_EVALUE;
        len = snprintf(text, sizeof text, months ? "%04lld-%02d" : "%04lld", (long long)year, (int)month + 1);
    }
    *out = og_strn(doc, text, (size_t)len);
    return og_valid(*out) ? OG_OK : OG_ENOMEM;
}

/* NaT is None; the unit's own number (the 25 of "25s") is multiplied in. */
static int moment_value(const og_dtype *d, const uint8_t *at, og_doc *doc, og_value *out)
{
    int64_t number = sign_extended(load(at, 8, d->order), 8);
    if (number == INT64_MIN) {
        *out = og_none();
        return OG_OK;
    }
    if (__builtin_mul_overflow(number, (int64_t)d->unit_count, &number)) return OG_EVALUE;
    return d->kind == 'M' ? datetime_value(d, number, doc, out) : timedelta_value(d, number, out);
}

static int number_value(const og_dtype *d, const uint8_t *at, og_doc *doc, og_value *out)
{
    double real = 0;
    double imag = 0;
    uint64_t bits = d->size <= 8 ? load(at, d->size, d->order) : 0;
    switch (d->kind) {
    case 'b': *out = og_bool(bits != 0); return OG_OK;
    case 'i': *out = og_int(sign_extended(bits, d->size)); return OG_OK;
    case 'u': *out = bits > INT64_MAX ? og_uint(doc, bits) : og_int((int64_t)bits); break;
    case 'f':
        if (!load_float(at, d->size, d->order, &real)) return OG_EVALUE;
        *out = og_float(real);
        return OG_OK;
    default:
        if (!load_float(at, d->size / 2, d->order, &real)) return OG_EVALUE;
        load_float(at + d->size / 2, d->size / 2, d->order, &imag);
        *out = og_complex(doc, real, imag);
        break;
    }
    return og_valid(*out) ? OG_OK : OG_ENOMEM;
}

/* An item that is not structured. */
static int flat_value(const og_dtype *d, const uint8_t *at, og_doc *doc, og_value *out)
{
    size_t len = d->size;
    switch (d->kind) {
    case 'U': return load_str(at, d->size, d->order, doc, out);
    case 'S':
        while (len > 0 && at[len - 1] == 0)
            len--;
        *out = og_bytes_borrow(at, len);
        return OG_OK;
    case 'V':
        if (og_valid(d->fields) || og_valid(d->base))
            return OG_EVALUE; /* within another, which is not shown */
        *out = og_bytes_borrow(at, len);
        return OG_OK;
    case 'M':
    case 'm': return moment_value(d, at, doc, out);
    case 'O': return OG_ETYPE;
    default: return number_value(d, at, doc, out);
    }
}

/* An item of an array, as a value. */
typedef int (*item_fn)(const og_dtype *d, const void *at, og_doc *doc, og_value *out, og_error *err);

static int lists_of(const og_array *a, item_fn item, og_doc *doc, og_value *out, og_error *err);
static bool is_affordable(const og_array *a);

static int flat_item(const og_dtype *d, const void *at, og_doc *doc, og_value *out, og_error *err)
{
    (void)err;
    return flat_value(d, at, doc, out);
}

/* A field that is an array: nested lists. */
static int base_value(const og_dtype *d, const uint8_t *at, og_doc *doc, og_value *out)
{
    og_array array;
    if (og_dtype_base(d, &array, NULL) < 0 || array.dtype.kind == 'O') return OG_EVALUE;
    array.data = at;
    if (!is_affordable(&array)) return OG_EVALUE;
    return lists_of(&array, flat_item, doc, out, NULL);
}

static int field_value(const og_dtype *d, const uint8_t *at, og_doc *doc, og_value *out)
{
    return og_valid(d->base) ? base_value(d, at, doc, out) : flat_value(d, at, doc, out);
}

/* A structured item: a dict of its fields. */
static int struct_value(const og_dtype *d, const uint8_t *at, og_doc *doc, og_value *out)
{
    og_value pairs[2 * FIELDS_SHOWN];
    size_t count = og_len(d->names);
    size_t bad;
    if (count > FIELDS_SHOWN) return OG_EVALUE;
    for (size_t i = 0; i < count; i++) {
        og_dtype field;
        size_t offset;
        int status = og_dtype_field(d, i, &pairs[2 * i], &field, &offset, NULL);
        if (status == OG_OK) status = field_value(&field, at + offset, doc, &pairs[2 * i + 1]);
        if (status < 0) return status == OG_ENOMEM ? status : OG_EVALUE;
    }
    *out = og__value_dict_from(doc, pairs, count, OG__DUPLICATE_LAST, &bad, NULL);
    return og_valid(*out) ? OG_OK : OG_ENOMEM;
}

static int item_value(const og_dtype *d, const uint8_t *at, og_doc *doc, og_value *out)
{
    return og_valid(d->fields) ? struct_value(d, at, doc, out) : flat_value(d, at, doc, out);
}

int og_dtype_item(const og_dtype *dtype, const void *bytes, og_doc *doc, og_value *out, og_error *err)
{
    int status = item_value(dtype, bytes, doc, out);
    if (status == OG_OK) return OG_OK;
    if (status == OG_ENOMEM) return og__known_refuse_memory(err);
    return og_error_set(err, (og_status)status, OG_NO_POSITION,
                        "an item of numpy type %s cannot be shown as a value", dtype->text);
}

int og_as_numpy_scalar(og_value value, og_doc *doc, og_value *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_NUMPY_SCALAR, err);
    if (status < 0) return status;
    og_value args = og_object_args(value);
    og_value data = og_item(args, 1);
    og_dtype d;
    if (og_len(args) != 2)
        return og__known_refuse_content(err, OG_TYPE_NUMPY_SCALAR, "expected a type and data");
    status = og_as_dtype(og_item(args, 0), &d, err);
    if (status == OG_ETYPE)
        return og__known_refuse_content(err, OG_TYPE_NUMPY_SCALAR, "its type is not a numpy.dtype");
    if (status < 0) return status;
    if (d.kind == 'O') {
        *out = data;
        return OG_OK;
    }
    size_t len;
    const char *bytes = og_data(data, &len);
    if (og_kind_of(data) == OG_STR) { /* bytes of Python 2, read as Latin-1 */
        uint8_t *copy = og__value_doc_alloc(doc, d.size + 1, 1);
        if (!copy) return og__known_refuse_memory(err);
        bytes = og__known_fixed_bytes(data, copy, d.size) ? (const char *)copy : NULL;
        len = d.size;
    }
    if (!bytes || len != d.size)
        return og__known_refuse_content(err, OG_TYPE_NUMPY_SCALAR,
                                        "its data are not as long as its type says");
    return og_dtype_item(&d, bytes, doc, out, err);
}

/* ---- Nested lists ---- */

enum { BYTES_FOR_A_BYTE = 64, BYTES_FREE = 65536 };

/* What the lists take that an array becomes, with the items in them; SIZE_MAX when that is too much. */
static size_t lists_cost(const og_array *a)
{
    size_t lists = 1;
    size_t need = 0;
    for (size_t i = 0; i < a->ndim; i++) {
        size_t items;
        size_t bytes;
        if (a->shape[i] > UINT32_MAX || __builtin_mul_overflow(lists, a->shape[i], &items)) return SIZE_MAX;
        if (__builtin_mul_overflow(items, sizeof(og_value), &bytes)) return SIZE_MAX;
        if (__builtin_add_overflow(need, bytes, &need)) return SIZE_MAX;
        if (__builtin_mul_overflow(lists, sizeof(og__node), &bytes)) return SIZE_MAX;
        if (__builtin_add_overflow(need, bytes, &need)) return SIZE_MAX;
        lists = items;
    }
    return need;
}

/* What a dict for a structured item takes: its node, its entries (with an index where they are more than a
 * few), and what its values take beside that, at most 8 bytes a byte. */
static size_t struct_cost(const og_dtype *d)
{
    size_t fields = og_len(d->names);
    size_t bytes = 0;
    size_t more = 0;
    if (fields > FIELDS_SHOWN) return SIZE_MAX;
    for (size_t i = 0; i < fields; i++) {
        og_dtype field;
        og_array array;
        size_t lists = 0;
        if (og_dtype_field(d, i, NULL, &field, NULL, NULL) < 0) continue;
        bytes += field.size;
        if (og_valid(field.base) && og_dtype_base(&field, &array, NULL) == OG_OK) lists = lists_cost(&array);
        if (__builtin_add_overflow(more, lists, &more) || more > SIZE_MAX / 2) return SIZE_MAX;
    }
    return more + sizeof(og__node) + fields * (fields > OG__LINEAR_MAX ? 60 : 32) + 8 * bytes;
}

/* Whether the lists and what is in them keep the promise on memory. */
static bool is_affordable(const og_array *a)
{
    size_t need = lists_cost(a);
    size_t budget;
    size_t given = a->dtype.kind == 'O' ? a->count : a->len;
    if (need == SIZE_MAX) return false;
    if (__builtin_mul_overflow(given, (size_t)BYTES_FOR_A_BYTE, &budget)) budget = SIZE_MAX - BYTES_FREE;
    if (og_valid(a->dtype.fields)) {
        size_t bytes;
        if (__builtin_mul_overflow(a->count, struct_cost(&a->dtype), &bytes)) return false;
        if (__builtin_add_overflow(need, bytes, &need)) return false;
    }
    if (a->dtype.kind == 'U' && __builtin_add_overflow(need, a->len, &need)) return false;
    return need <= budget + BYTES_FREE;
}

/* The items one after the other, the last index fastest. */
static int leaves(const og_array *a, item_fn item, og_doc *doc, og_value *out, og_error *err)
{
    size_t index[OG_NDARRAY_DIMS] = {0};
    size_t at = 0;
    for (size_t n = 0; n < a->count; n++) {
        int status = OG_OK;
        size_t step = a->dtype.kind == 'O' ? 1 : a->dtype.size;
        if (a->mask && a->mask[at / step]) {
            out[n] = og_none();
        } else if (a->dtype.kind == 'O') {
            out[n] = og_item(a->items, at);
        } else {
            status = item(&a->dtype, (const uint8_t *)a->data + at, doc, &out[n], err);
        }
        if (status < 0) return status;
        for (size_t i = a->ndim; i-- > 0;) {
            at += a->strides[i];
            if (++index[i] < a->shape[i]) break;
            at -= a->strides[i] * a->shape[i];
            index[i] = 0;
        }
    }
    return OG_OK;
}

/* Makes `count` lists, each of the next `len` of `items`; their values go to `out`. */
static int make_lists(og_doc *doc, og_value *items, size_t count, size_t len, og_value *out)
{
    og__node *nodes = og__value_doc_alloc(doc, count * sizeof *nodes, _Alignof(og__node));
    if (!nodes) return OG_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        nodes[i] = (og__node){len ? items + i * len : NULL, (uint32_t)len, 0, 0, OG__N_PLACED | OG__N_EXACT};
        out[i] = og__value_make(OG_LIST, 0, 0, &nodes[i]);
    }
    return OG_OK;
}

static og_value *room_for(og_doc *doc, size_t count)
{
    return og__value_doc_alloc(doc, count * sizeof(og_value), _Alignof(og_value));
}

static int lists_of(const og_array *a, item_fn item, og_doc *doc, og_value *out, og_error *err)
{
    og_value *items = room_for(doc, a->count ? a->count : 1);
    if (!items) return og__known_refuse_memory(err);
    int status = leaves(a, item, doc, items, err);
    if (status < 0) return status;
    for (size_t i = a->ndim; i-- > 0;) {
        size_t lists = 1;
        for (size_t k = 0; k < i; k++)
            lists *= a->shape[k];
        og_value *level = room_for(doc, lists ? lists : 1);
        if (!level || make_lists(doc, items, lists, a->shape[i], level) < 0)
            return og__known_refuse_memory(err);
        items = level;
    }
    *out = items[0];
    return OG_OK;
}

int og__known_ndarray_lists(const og_array *array, og_doc *doc, og_value *out, og_error *err)
{
    if (!is_affordable(array)) return 0;
    int status = lists_of(array, og_dtype_item, doc, out, err);
    return status < 0 ? status : 1;
}
