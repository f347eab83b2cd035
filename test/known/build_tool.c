/* SPDX-License-Identifier: MIT */
/*
 * For tests from Python: builds values of Python's own types with the public functions, and writes them as
 * pickles. Request: u32le length, a pickle of (type, protocol, arguments). Answer: '+' or '-', u32le length,
 * the pickle or the status and sentence of the error. What was written must read back as the same value.
 */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer(char kind, const void *bytes, size_t len)
{
    uint8_t head[5] = {(uint8_t)kind, (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
                       (uint8_t)(len >> 24)};
    fwrite(head, 1, sizeof head, stdout);
    if (len) fwrite(bytes, 1, len, stdout);
    fflush(stdout);
}

static int number(og_value args, size_t i)
{
    int64_t n = INT64_MIN;
    og_as_int64(og_item(args, i), &n);
    return (int)n;
}

static const char *text(og_doc *doc, og_value args, size_t i)
{
    const char *s = NULL;
    og_unpack(og_copy(doc, og_item(args, i)), NULL, "s", &s);
    return s;
}

/* (seconds, microseconds, name) or (key,) */
static og_value zone(og_doc *doc, og_value args, og_error *err)
{
    if (og_len(args) == 1) return og_zoneinfo(doc, text(doc, args, 0), err);
    return og_timezone(doc, number(args, 0), number(args, 1), text(doc, args, 2), err);
}

/* (year, month, day, hour, minute, second, microsecond, fold, offset or None, zone or None) */
static bool moment(og_doc *doc, og_value args, og_moment *t, og_error *err)
{
    *t = (og_moment){.year = number(args, 0),
                     .month = number(args, 1),
                     .day = number(args, 2),
                     .hour = number(args, 3),
                     .minute = number(args, 4),
                     .second = number(args, 5),
                     .microsecond = number(args, 6),
                     .fold = number(args, 7)};
    og_value offset = og_item(args, 8);
    t->has_offset = og_kind_of(offset) == OG_TUPLE;
    if (t->has_offset) t->offset_seconds = number(offset, 0);
    if (t->has_offset) t->offset_microseconds = number(offset, 1);
    og_value tzinfo = og_item(args, 9);
    if (og_kind_of(tzinfo) == OG_TUPLE) t->zone = zone(doc, tzinfo, err);
    return og_kind_of(tzinfo) != OG_TUPLE || og_valid(t->zone);
}

static og_value build_time(og_doc *doc, const char *what, og_value args, og_error *err)
{
    og_moment t;
    if (!moment(doc, args, &t, err)) return (og_value){0};
    if (strcmp(what, "date") == 0) return og_date(doc, &t, err);
    return strcmp(what, "time") == 0 ? og_time(doc, &t, err) : og_datetime(doc, &t, err);
}

/* (dtype, shape, order, data), where data None is the first out-of-band buffer. */
static og_value build_array(og_doc *doc, og_value args, og_error *err)
{
    size_t shape[OG_NDARRAY_DIMS + 1];
    size_t ndim = og_len(og_item(args, 1));
    for (size_t i = 0; i < ndim && i <= OG_NDARRAY_DIMS; i++) {
        uint64_t n = 0;
        og_as_uint64(og_item(og_item(args, 1), i), &n);
        shape[i] = (size_t)n;
    }
    og_value data = og_item(args, 3);
    const og_value first = og_int(0);
    if (og_kind_of(data) == OG_NONE) data = og_object(doc, OG_MAKE_BUFFER, (og_value){0}, first);
    return og_ndarray(doc, text(doc, args, 0), shape, ndim, *text(doc, args, 2), data, err);
}

/* (module, qualified name, what the class gets) */
static og_value build_of_class(og_doc *doc, const char *what, og_value args, og_error *err)
{
    const char *module = text(doc, args, 0);
    const char *name = text(doc, args, 1);
    og_value cls = og_class(doc, module, strlen(module), name, strlen(name));
    og_value inner = og_item(args, 2);
    if (strcmp(what, "enum") == 0) return og_enum(doc, cls, inner, err);
    if (strcmp(what, "instance") == 0) return og_instance(doc, cls, inner, err);
    og_value items[16];
    size_t count = og_len(inner);
    for (size_t i = 0; i < count; i++)
        items[i] = og_item(inner, i);
    return og_named_tuple(doc, cls, items, count, err);
}

static og_value build(og_doc *doc, const char *what, og_value args, og_error *err)
{
    int64_t parts[3] = {0};
    size_t len = 0;
    const char *data = og_data(og_item(args, 0), &len);
    for (size_t i = 0; i < 3; i++)
        og_as_int64(og_item(args, i), &parts[i]);
    if (strcmp(what, "timedelta") == 0) return og_timedelta(doc, parts[0], parts[1], parts[2], err);
    if (strcmp(what, "zone") == 0) return zone(doc, args, err);
    if (strcmp(what, "decimal") == 0) return og_decimal(doc, data, len, err);
    if (strcmp(what, "fraction") == 0) return og_fraction(doc, og_item(args, 0), og_item(args, 1), err);
    if (strcmp(what, "uuid") == 0) return og_uuid(doc, (const uint8_t *)data, err);
    if (strcmp(what, "path") == 0) return og_path(doc, (og_path_class)number(args, 1), data, len, err);
    if (strcmp(what, "ndarray") == 0) return build_array(doc, args, err);
    if (og_len(args) == 3) return build_of_class(doc, what, args, err);
    return build_time(doc, what, args, err);
}

/* Whether the pickle reads back as `value`, whatever the order in which nodes were made. */
static bool reads_back(const og_buf *pickle, og_value value, og_error *err)
{
    og_pickle_read_options in = {.size = sizeof in, .encoding = OG_PICKLE_LATIN1};
    og_doc *doc = og_pickle_loads(pickle->data, pickle->len, &in, err);
    bool same = doc && og_type_of(og_doc_root(doc)) == og_type_of(value);
    if (doc && !same) og_error_set(err, OG_EVALUE, OG_NO_POSITION, "it reads back as another type");
    og_doc_free(doc);
    return same;
}

static void serve(const uint8_t *bytes, size_t len)
{
    og_error err = OG_ERROR_INIT;
    og_buf out = OG_BUF_INIT;
    og_doc *doc = og_pickle_loads(bytes, len, NULL, &err);
    og_value request = og_doc_root(doc);
    og_pickle_write_options o = {.size = sizeof o, .protocol = number(request, 1)};
    if (o.protocol == 0) o.protocol = OG_PICKLE_PROTOCOL_0;
    og_value value = build(doc, text(doc, request, 0), og_item(request, 2), &err);
    if (og_valid(value) && og_pickle_write(value, &out, &o, &err) == OG_OK && reads_back(&out, value, &err)) {
        answer('+', out.data, out.len);
    } else {
        char line[400];
        int n = snprintf(line, sizeof line, "%s %s", og_status_name(err.code), err.text);
        answer('-', line, (size_t)n);
    }
    og_buf_free(&out);
    og_doc_free(doc);
}

int main(void)
{
    uint8_t head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
        uint8_t *bytes = malloc(len ? len : 1);
        if (!bytes || fread(bytes, 1, len, stdin) != len) return 1;
        serve(bytes, len);
        free(bytes);
    }
    return 0;
}
