/* SPDX-License-Identifier: MIT */
/*
 * Python's known types: a pickle whose every value each og_as_…() looks at, and what they read is built again
 * and must read as the same; or, after a first byte that no pickle begins with, the arguments of a builder.
 */
#include "value/doc.h"

#include <onggi/known.h>
#include <onggi/pickle.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES = 512, STACK = 1024 };

static void must(bool truth)
{
    if (!truth) abort();
}

/* Reads all bytes that a result points to, so that sanitizers see one too many. */
static void touch(const void *bytes, size_t len)
{
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + ((const uint8_t *)bytes)[i]);
}

static void touch_value(og_value value)
{
    size_t len;
    const char *bytes = og_data(value, &len);
    if (bytes) touch(bytes, len);
}

/* ---- Read, build, read ---- */

static bool same_moment(const og_moment *a, const og_moment *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day && a->hour == b->hour &&
           a->minute == b->minute && a->second == b->second && a->microsecond == b->microsecond &&
           a->fold == b->fold && a->has_offset == b->has_offset && a->offset_seconds == b->offset_seconds &&
           a->offset_microseconds == b->offset_microseconds;
}

typedef int reader(og_value value, og_moment *out, og_error *err);
typedef og_value maker(og_doc *doc, const og_moment *moment, og_error *err);

static void check_moment(og_doc *doc, og_value value, reader *read, maker *make)
{
    og_moment t;
    og_moment again;
    if (read(value, &t, NULL) < 0) return;
    og_value made = make(doc, &t, NULL);
    if (!og_valid(made)) return; /* a zone that no tzinfo can be: it is not an object of a known class */
    must(read(made, &again, NULL) == OG_OK && same_moment(&t, &again));
}

static void check_times(og_doc *doc, og_value value)
{
    og_span span;
    og_span span_again;
    og_zone zone;
    og_buf text = OG_BUF_INIT;
    check_moment(doc, value, og_as_datetime, og_datetime);
    check_moment(doc, value, og_as_date, og_date);
    check_moment(doc, value, og_as_time, og_time);
    if (og_as_timedelta(value, &span, NULL) == OG_OK) {
        og_value made = og_timedelta(doc, span.days, span.seconds, span.microseconds, NULL);
        must(og_as_timedelta(made, &span_again, NULL) == OG_OK && span.days == span_again.days &&
             span.seconds == span_again.seconds && span.microseconds == span_again.microseconds);
        og_timedelta_seconds(&span);
    }
    if (og_as_timezone(value, &zone, NULL) == OG_OK && zone.has_offset)
        must(og_valid(og_timezone(doc, zone.offset_seconds, zone.offset_microseconds, NULL, NULL)));
    og_isoformat(value, &text, NULL);
    og_buf_free(&text);
}

static void check_decimal_text(og_doc *doc, const char *text, size_t len)
{
    og_buf first = OG_BUF_INIT;
    og_buf second = OG_BUF_INIT;
    og_value made = og_decimal(doc, text, len, NULL);
    if (og_valid(made)) {
        must(og_as_decimal(made, &first, NULL) == OG_OK);
        made = og_decimal(doc, (const char *)first.data, first.len, NULL);
        must(og_as_decimal(made, &second, NULL) == OG_OK && first.len == second.len &&
             memcmp(first.data, second.data, first.len) == 0);
    }
    og_buf_free(&first);
    og_buf_free(&second);
}

static void check_numbers(og_doc *doc, og_value value)
{
    og_buf text = OG_BUF_INIT;
    og_value parts[2];
    og_value again[2];
    uint8_t id[16];
    uint8_t id_again[16];
    og_slice slice;
    if (og_as_decimal(value, &text, NULL) == OG_OK)
        check_decimal_text(doc, (const char *)text.data, text.len);
    if (og_as_fraction(value, doc, &parts[0], &parts[1], NULL) == OG_OK) {
        must(og_as_fraction(og_fraction(doc, parts[0], parts[1], NULL), doc, &again[0], &again[1], NULL) ==
             OG_OK);
        must(og_equal(parts[0], again[0]) == 1 && og_equal(parts[1], again[1]) == 1);
    }
    if (og_as_uuid(value, id, NULL) == OG_OK)
        must(og_as_uuid(og_uuid(doc, id, NULL), id_again, NULL) == OG_OK && memcmp(id, id_again, 16) == 0);
    og_as_path(value, &text, NULL);
    og_as_ip(value, &text, NULL);
    og_as_range(value, &slice, NULL);
    og_as_slice(value, &slice, NULL);
    og_buf_free(&text);
}

static void check_collections(og_doc *doc, og_value value)
{
    og_mapping mapping;
    og_deque deque;
    og_value cls;
    og_value inner;
    if (og_as_mapping(value, &mapping, NULL) == OG_OK) {
        size_t count = 0;
        while (og_mapping_next(&mapping, &cls, &inner)) {
            touch_value(cls);
            touch_value(inner);
            count++;
        }
        must(count == mapping.count);
    }
    if (og_as_deque(value, &deque, NULL) == OG_OK) {
        must(deque.first + deque.count <= og_len(deque.items));
        for (size_t i = 0; i < deque.count; i++)
            must(og_valid(og_item(deque.items, deque.first + i)));
    }
    if (og_as_wrapped(value, &cls, &inner, NULL) == OG_OK) {
        touch_value(inner);
        must(og_valid(og_enum(doc, cls, inner, NULL)) && og_valid(og_named_tuple(doc, cls, &inner, 1, NULL)));
    }
}

/* ---- numpy ---- */

static void check_dtype(og_doc *doc, const og_dtype *dtype, const void *item)
{
    og_dtype field;
    og_value name;
    og_value value;
    size_t offset;
    for (size_t i = 0; og_dtype_field(dtype, i, &name, &field, &offset, NULL) == OG_OK; i++)
        must(offset + field.size <= dtype->size);
    if (item && og_dtype_item(dtype, item, doc, &value, NULL) == OG_OK) touch_value(value);
}

/* False for permuted axes, which are neither order. */
static bool is_in_order(const og_array *a)
{
    size_t stride = a->dtype.size;
    for (size_t n = 0; n < a->ndim; n++) {
        size_t i = a->fortran ? n : a->ndim - 1 - n;
        if (a->strides[i] != stride) return false;
        if (a->count) stride *= a->shape[i];
    }
    return true;
}

static void check_rebuilt(og_doc *doc, const og_array *a)
{
    og_array again;
    if (!a->data || og_valid(a->dtype.fields) || a->mask || !is_in_order(a)) return;
    og_value bytes = og_bytes_borrow(a->data, a->len);
    og_value made = og_ndarray(doc, a->dtype.text, a->shape, a->ndim, a->fortran ? 'F' : 'C', bytes, NULL);
    if (!og_valid(made)) return;
    must(og_as_ndarray(made, &again, NULL) == OG_OK && again.count == a->count && again.ndim == a->ndim);
    must(again.data == a->data && strcmp(again.dtype.text, a->dtype.text) == 0);
    for (size_t i = 0; i < a->ndim; i++)
        must(again.shape[i] == a->shape[i] && (a->count == 0 || again.strides[i] == a->strides[i]));
}

static void check_numpy(og_doc *doc, og_value value)
{
    og_dtype dtype;
    og_array a;
    og_value shown;
    if (og_as_dtype(value, &dtype, NULL) == OG_OK) check_dtype(doc, &dtype, NULL);
    if (og_as_numpy_scalar(value, doc, &shown, NULL) == OG_OK) touch_value(shown);
    if (og_as_ndarray(value, &a, NULL) < 0) return;
    size_t last = 0;
    for (size_t i = 0; a.count && i < a.ndim; i++)
        last += (a.shape[i] - 1) * a.strides[i];
    if (a.data) {
        touch(a.data, a.len);
        must(!a.count || last + a.dtype.size <= a.len);
        check_dtype(doc, &a.dtype, a.count ? (const uint8_t *)a.data + last : NULL);
    } else {
        must(a.count == og_len(a.items) && (!a.count || last < a.count));
    }
    if (a.mask) touch(a.mask, a.count);
    check_rebuilt(doc, &a);
}

static void check_value(og_doc *doc, og_value value)
{
    must(og_type_name(og_type_of(value)) != NULL);
    check_times(doc, value);
    check_numbers(doc, value);
    check_collections(doc, value);
    check_numpy(doc, value);
}

/* Every value that the pickle made, each perhaps several times: those that are shared may be many. */
static void check_all(og_doc *doc, og_value root)
{
    static og_value stack[STACK];
    size_t count = 0;
    stack[count++] = root;
    for (int seen = 0; count > 0 && seen < VALUES; seen++) {
        og_value value = stack[--count];
        check_value(doc, value);
        const og_value parts[] = {og_object_class(value), og_object_args(value),  og_object_state(value),
                                  og_object_items(value), og_object_pairs(value), og_object_next(value)};
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            if (og_valid(parts[i]) && count < STACK) stack[count++] = parts[i];
        }
        og_value key;
        og_value item;
        for (og_iter it = og_iter_of(value); count + 2 <= STACK && og_iter_next(&it, &key, &item);) {
            if (og_valid(key)) stack[count++] = key;
            stack[count++] = item;
        }
    }
}

/* ---- Builders ---- */

static int number(const uint8_t *data, size_t size, size_t at)
{
    return at + 2 <= size ? (int16_t)(data[at] | data[at + 1] << 8) : 0;
}

static void build_moment(og_doc *doc, const uint8_t *data, size_t size)
{
    og_moment t = {.year = number(data, size, 0),
                   .month = number(data, size, 2),
                   .day = number(data, size, 4),
                   .hour = number(data, size, 6),
                   .minute = number(data, size, 8),
                   .second = number(data, size, 10),
                   .microsecond = number(data, size, 12) * 32,
                   .fold = number(data, size, 14),
                   .has_offset = number(data, size, 16) & 1,
                   .offset_seconds = number(data, size, 18) * 4,
                   .offset_microseconds = number(data, size, 20) * 32};
    check_all(doc, og_datetime(doc, &t, NULL));
    check_all(doc, og_date(doc, &t, NULL));
    check_all(doc, og_time(doc, &t, NULL));
    check_all(doc, og_timezone(doc, t.offset_seconds, t.offset_microseconds, NULL, NULL));
    check_all(doc, og_timedelta(doc, t.year, t.month, t.day * ((int64_t)1 << 40), NULL));
}

/* A type as text, up to a NUL, then lengths of dimensions, up to a NUL, then the data. */
static void build_array(og_doc *doc, const uint8_t *data, size_t size)
{
    char dtype[32] = "";
    size_t shape[OG_NDARRAY_DIMS];
    size_t len = 0;
    size_t ndim = 0;
    for (; len < size && data[len] && len + 1 < sizeof dtype; len++)
        dtype[len] = (char)data[len];
    for (len++; len < size && data[len] && ndim < OG_NDARRAY_DIMS; len++)
        shape[ndim++] = data[len] < 128 ? data[len] - 1u : SIZE_MAX >> (255 - data[len]) % 32;
    len = len < size ? len + 1 : size;
    og_value bytes = og_bytes_borrow(data + len, size - len);
    check_all(doc, og_ndarray(doc, dtype, shape, ndim, size & 1 ? 'F' : 'C', bytes, NULL));
}

static void build(og_doc *doc, uint8_t how, const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    uint8_t id[16] = {0};
    switch (how) {
    case 0xf0: check_decimal_text(doc, text, size); break;
    case 0xf1: build_moment(doc, data, size); break;
    case 0xf2: build_array(doc, data, size); break;
    case 0xf3: check_all(doc, og_path(doc, (og_path_class)(size & 3), text, size, NULL)); break;
    default:
        memcpy(id, data, size < 16 ? size : 16);
        check_all(doc, og_uuid(doc, id, NULL));
        check_all(doc, og_fraction(doc, og_int_from_bytes(doc, data, size), og_int(id[0]), NULL));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    og_pickle_read_options options = {
        .size = sizeof options, .encoding = OG_PICKLE_LATIN1, .allow_trailing = true};
    og_doc *doc = og_doc_new(NULL);
    must(doc != NULL);
    og_doc_set_memory_limit(doc, (size_t)1 << 28);
    if (size > 0 && data[0] >= 0xf0) {
        build(doc, data[0], data + 1, size - 1);
    } else if (og_pickle_read(doc, data, size, NULL, &options, NULL) == OG_OK) {
        check_all(doc, og_doc_root(doc));
    }
    og_doc_free(doc);
    return 0;
}
