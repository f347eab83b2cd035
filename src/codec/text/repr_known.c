/* SPDX-License-Identifier: MIT */
/* Objects of known Python types as their own repr() shows them, e.g. datetime.date(2024, 1, 2). */
#include "codec/text/repr_known.h"

#include "known/known.h"

#include <stdarg.h>
#include <stdio.h>

/* Appends a short text. */
static int putf(og_buf *out, const char *format, ...) OG_PRINTF(2, 3);

static int putf(og_buf *out, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return og_buf_put(out, text, (size_t)len);
}

static int end_with(og_doc *scratch, og__known_repr *r, const char *after)
{
    r->after = og_str(scratch, after);
    return og_valid(r->after) ? OG_OK : OG_ENOMEM;
}

/* ---- Times ---- */

static int known_time(og_doc *scratch, og_value object, og_type type, og__known_repr *r)
{
    og_moment t;
    int status = type == OG_TYPE_DATE   ? og_as_date(object, &t, NULL)
                 : type == OG_TYPE_TIME ? og_as_time(object, &t, NULL)
                                        : og_as_datetime(object, &t, NULL);
    if (status < 0) return status;
    og_buf *out = &r->before;
    status = putf(out, "%s(", og_type_name(type));
    if (status == OG_OK && type != OG_TYPE_TIME) status = putf(out, "%d, %d, %d", t.year, t.month, t.day);
    if (status == OG_OK && type == OG_TYPE_DATETIME) status = putf(out, ", ");
    if (status == OG_OK && type != OG_TYPE_DATE) status = putf(out, "%d, %d", t.hour, t.minute);
    if (status == OG_OK && (t.second || t.microsecond)) status = putf(out, ", %d", t.second);
    if (status == OG_OK && t.microsecond) status = putf(out, ", %d", t.microsecond);
    bool zoned = og_valid(t.zone);
    bool last = zoned && type == OG_TYPE_TIME; /* Python has the fold of a time after its zone */
    if (status == OG_OK && t.fold && !last) status = putf(out, ", fold=1");
    if (status == OG_OK) status = putf(out, "%s", zoned ? ", tzinfo=" : ")");
    if (status < 0 || !zoned) return status;
    r->inner = t.zone;
    return end_with(scratch, r, t.fold && last ? ", fold=1)" : ")");
}

static int put_timedelta(const og_span *d, og_buf *out)
{
    const char *comma = "";
    int status = putf(out, "datetime.timedelta(");
    if (status == OG_OK && d->days) {
        status = putf(out, "days=%lld", (long long)d->days);
        comma = ", ";
    }
    if (status == OG_OK && d->seconds) {
        status = putf(out, "%sseconds=%d", comma, d->seconds);
        comma = ", ";
    }
    if (status == OG_OK && d->microseconds) {
        status = putf(out, "%smicroseconds=%d", comma, d->microseconds);
        comma = ", ";
    }
    return status < 0 ? status : putf(out, "%s", comma[0] ? ")" : "0)");
}

static int known_timedelta(og_value object, og__known_repr *r)
{
    og_span delta;
    int status = og_as_timedelta(object, &delta, NULL);
    return status < 0 ? status : put_timedelta(&delta, &r->before);
}

/* tzoffset('IST', 19800) */
static int offset_of_dateutil(og_doc *scratch, const og_zone *zone, og__known_repr *r)
{
    char after[40];
    bool named = og_valid(zone->name);
    snprintf(after, sizeof after, ", %d)", zone->offset_seconds);
    int status = putf(&r->before, "tzoffset(%s%s", named ? "" : "None", named ? "" : after);
    return status < 0 || !named ? status : end_with(scratch, r, after);
}

/* As dateutil's own repr() has them; tzrange is shown as an object. */
static int dateutil_timezone(og_doc *scratch, og_value cls, const og_zone *zone, og__known_repr *r)
{
    og_value name = og_class_qualname(cls);
    if (og_str_is(name, "tzoffset") && zone->offset_microseconds == 0)
        return offset_of_dateutil(scratch, zone, r);
    bool named = og_str_is(name, "tzfile") || og_str_is(name, "tzstr");
    if (!named && !og_str_is(name, "tzlocal") && !og_str_is(name, "tzutc")) return OG_EVALUE;
    size_t len;
    const char *text = og_data(name, &len);
    int status = putf(&r->before, "%.*s(%s", (int)len, text, named ? "" : ")");
    if (!named) r->inner = (og_value){0};
    return status < 0 || !named ? status : end_with(scratch, r, ")");
}

static int known_timezone(og_doc *scratch, og_value object, og_type type, og__known_repr *r)
{
    og_zone zone;
    og_span offset;
    int status = og_as_timezone(object, &zone, NULL);
    if (status < 0) return status;
    r->inner = zone.name;
    if (type == OG_TYPE_ZONEINFO) {
        status = putf(&r->before, "zoneinfo.ZoneInfo(key=");
        return status < 0 ? status : end_with(scratch, r, ")");
    }
    og_value cls = og__known_class_of_zone(object);
    if (og_str_is(og_class_module(cls), "dateutil.tz.tz")) return dateutil_timezone(scratch, cls, &zone, r);
    if (!og_class_is(cls, "datetime", "timezone")) return OG_EVALUE;
    status = og_as_timedelta(og_item(og_object_args(object), 0), &offset, NULL);
    if (status < 0) return status;
    bool named = og_valid(zone.name);
    if (!named && !offset.days && !offset.seconds && !offset.microseconds)
        return putf(&r->before, "datetime.timezone.utc");
    status = putf(&r->before, "datetime.timezone(");
    if (status == OG_OK) status = put_timedelta(&offset, &r->before);
    if (status == OG_OK) status = putf(&r->before, named ? ", " : ")");
    return status < 0 || !named ? status : end_with(scratch, r, ")");
}

/* ---- Numbers and names ---- */

/* Those that are shown as a name and their str() in quotes. */
static int known_text(og_doc *scratch, og_value object, const char *name, og__known_repr *r)
{
    int status = og__known_plain_of(scratch, object, &r->inner, NULL);
    if (status != 1) return status < 0 ? status : OG_EVALUE;
    status = putf(&r->before, "%s(", name);
    return status < 0 ? status : end_with(scratch, r, ")");
}

/* A path's class as Python shows it; with slashes as on POSIX. */
static int known_path(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_value name = og_class_qualname(og_object_class(object));
    og_buf text;
    og_buf_init(&text, &scratch->alloc);
    int status = og_as_path(object, &text, NULL);
    bool windows = og__known_is_windows_path(object);
    for (size_t i = 0; windows && i < text.len; i++) {
        if (text.data[i] == '\\') text.data[i] = '/';
    }
    r->inner = status < 0 ? (og_value){0} : og__known_str_of_buf(scratch, &text);
    og_buf_free(&text);
    if (status < 0) return status;
    const char *shown = og_data(name, NULL);
    if (og_str_is(name, "Path")) shown = "PosixPath";
    if (og_str_is(name, "PurePath")) shown = "PurePosixPath";
    bool given = shown == og_data(name, NULL);
    status = putf(&r->before, "%.*s(", given ? (int)og_len(name) : 20, shown);
    return status < 0 ? status : end_with(scratch, r, ")");
}

static int known_ip(og_doc *scratch, og_value object, og__known_repr *r)
{
    /* What has content that can be read has a name of 11 or 13 letters. */
    og_value name = og_class_qualname(og_object_class(object));
    char text[16];
    snprintf(text, sizeof text, "%.*s", (int)og_len(name), og_data(name, NULL));
    return known_text(scratch, object, text, r);
}

static int known_fraction(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_value pair[2];
    int status = og_as_fraction(object, scratch, &pair[0], &pair[1], NULL);
    if (status < 0) return status;
    r->inner = og__value_tuple_from(scratch, pair, 2);
    if (!og_valid(r->inner)) return OG_ENOMEM;
    status = putf(&r->before, "Fraction");
    return status < 0 ? status : end_with(scratch, r, "");
}

static int known_range(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_slice s;
    int64_t step = 0;
    int status = og_as_range(object, &s, NULL);
    if (status < 0) return status;
    const og_value parts[] = {s.start, s.stop, s.step};
    bool one = og_as_int64(s.step, &step) == OG_OK && step == 1;
    r->inner = og__value_tuple_from(scratch, parts, one ? 2 : 3);
    if (!og_valid(r->inner)) return OG_ENOMEM;
    status = putf(&r->before, "range");
    return status < 0 ? status : end_with(scratch, r, "");
}

static int known_slice(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_slice s;
    int status = og_as_slice(object, &s, NULL);
    if (status < 0) return status;
    const og_value parts[] = {s.start, s.stop, s.step};
    r->inner = og__value_tuple_from(scratch, parts, 3);
    if (!og_valid(r->inner)) return OG_ENOMEM;
    status = putf(&r->before, "slice");
    return status < 0 ? status : end_with(scratch, r, "");
}

/* ---- Builtins ---- */

static const char *const builtin_functions[] = {
    "__build_class__",
    "__import__",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "breakpoint",
    "callable",
    "chr",
    "compile",
    "delattr",
    "dir",
    "divmod",
    "eval",
    "exec",
    "format",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "locals",
    "max",
    "min",
    "next",
    "oct",
    "ord",
    "pow",
    "print",
    "repr",
    "round",
    "setattr",
    "sorted",
    "sum",
    "vars",
};

og__builtin_kind og__text_repr_builtin(og_value class)
{
    og_value name = og_class_qualname(class);
    if (og_str_is(name, "Ellipsis") || og_str_is(name, "NotImplemented")) return OG__BUILTIN_VALUE;
    for (size_t i = 0; i < sizeof builtin_functions / sizeof builtin_functions[0]; i++)
        if (og_str_is(name, builtin_functions[i])) return OG__BUILTIN_FUNCTION;
    return OG__BUILTIN_CLASS;
}

/* What pickles cannot name otherwise: type(None), type(Ellipsis), type(NotImplemented). */
static int known_type(og_value args, og__known_repr *r)
{
    og_value of = og_item(args, 0);
    if (og_kind_of(of) == OG_NONE) return putf(&r->before, "<class 'NoneType'>");
    if (og_class_is(of, "builtins", "Ellipsis")) return putf(&r->before, "<class 'ellipsis'>");
    if (og_class_is(of, "builtins", "NotImplemented"))
        return putf(&r->before, "<class 'NotImplementedType'>");
    return OG_ETYPE;
}

/* True for the names of Python's own exceptions. */
static bool is_exception(const char *name, size_t len)
{
    static const char *const ends[] = {"Error",     "Exception", "Warning",  "Exit",
                                       "Interrupt", "Group",     "Iteration"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(ends[i]);
        if (len >= n && memcmp(name + len - n, ends[i], n) == 0) return true;
    }
    return false;
}

/* ValueError('x'). An OSError of two arguments becomes another class, by its number. */
static int known_exception(og_doc *scratch, og_value class, og_value args, og__known_repr *r)
{
    size_t len;
    const char *name = og_data(og_class_qualname(class), &len);
    enum { LONGEST = 32 };
    if (!is_exception(name, len) || len > LONGEST ||
        (og_str_is(og_class_qualname(class), "OSError") && og_len(args) > 1))
        return OG_ETYPE;
    bool one = og_len(args) == 1;
    r->inner = one ? og_item(args, 0) : args;
    int status = putf(&r->before, one ? "%.*s(" : "%.*s", (int)len, name);
    return status < 0 ? status : end_with(scratch, r, one ? ")" : "");
}

/* What builtins make, and nothing was done to. */
static int known_builtin(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_value class = og_object_class(object);
    og_value args = og_object_args(object);
    bool more = og_valid(og_object_state(object)) || og_valid(og_object_kwargs(object)) ||
                og_valid(og_object_items(object)) || og_valid(og_object_pairs(object)) ||
                og_valid(og_object_next(object));
    if (more || og_object_make(object) != OG_MAKE_CALL || og_kind_of(class) != OG_CLASS ||
        !og_str_is(og_class_module(class), "builtins") || og_kind_of(args) != OG_TUPLE)
        return OG_ETYPE;
    if (og_class_is(class, "builtins", "type") && og_len(args) == 1) return known_type(args, r);
    return known_exception(scratch, class, args, r);
}

/* ---- Collections ---- */

/* The factory of a defaultdict: None or a class. */
static int put_factory(og_value factory, og_buf *out)
{
    if (og_kind_of(factory) == OG_NONE) return putf(out, "None, ");
    if (og_kind_of(factory) != OG_CLASS) return OG_EVALUE;
    og_value module = og_class_module(factory);
    int status = putf(out, "<class '");
    if (status == OG_OK && !og_str_is(module, "builtins")) {
        status = og_buf_put(out, og_data(module, NULL), og_len(module));
        if (status == OG_OK) status = og_buf_putc(out, '.');
    }
    og_value name = og_class_qualname(factory);
    if (status == OG_OK) status = og_buf_put(out, og_data(name, NULL), og_len(name));
    return status < 0 ? status : putf(out, "'>, ");
}

static int known_mapping(og_doc *scratch, og_value object, og_type type, og__known_repr *r)
{
    og_mapping m;
    const char *name = type == OG_TYPE_COUNTER        ? "Counter"
                       : type == OG_TYPE_DEFAULT_DICT ? "defaultdict"
                                                      : "OrderedDict";
    int status = og_as_mapping(object, &m, NULL);
    if (status == OG_OK) status = putf(&r->before, "%s(", name);
    if (status == OG_OK && type == OG_TYPE_DEFAULT_DICT) status = put_factory(m.factory, &r->before);
    if (status < 0) return status;
    if (m.count == 0 && type != OG_TYPE_DEFAULT_DICT) return putf(&r->before, ")");
    status = og__known_plain_of(scratch, object, &r->inner, NULL);
    if (status != 1) return status < 0 ? status : OG_EVALUE;
    return end_with(scratch, r, ")");
}

static int known_deque(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_deque d;
    char after[48];
    int status = og_as_deque(object, &d, NULL);
    if (status == OG_OK) status = putf(&r->before, "deque(");
    if (status < 0) return status;
    status = og__known_plain_of(scratch, object, &r->inner, NULL);
    if (status != 1) return status < 0 ? status : OG_EVALUE;
    snprintf(after, sizeof after, ", maxlen=%llu)", (unsigned long long)d.maxlen);
    return end_with(scratch, r, d.has_maxlen ? after : ")");
}

/* ---- numpy ---- */

/* As an expression that numpy reads: array([1, 2], dtype='<i8'). Spans of time are left as they are: numpy
 * would not take seconds for them. */
static int known_array(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_array array;
    char after[64];
    int status = og_as_ndarray(object, &array, NULL);
    if (status < 0 || array.dtype.kind == 'm' || og_valid(array.dtype.fields)) return OG_EVALUE;
    status = og__known_plain_of(scratch, object, &r->inner, NULL);
    if (status != 1) return status < 0 ? status : OG_EVALUE;
    status = putf(&r->before, "array(");
    snprintf(after, sizeof after, ", dtype='%s')", array.dtype.text);
    return status < 0 ? status : end_with(scratch, r, after);
}

static int known_scalar(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_dtype d;
    int status = og_as_dtype(og_item(og_object_args(object), 0), &d, NULL);
    if (status == OG_OK) status = og_as_numpy_scalar(object, scratch, &r->inner, NULL);
    if (status < 0) return status;
    switch (d.kind) {
    case 'b': status = putf(&r->before, "np.bool("); break;
    case 'i': status = putf(&r->before, "np.int%zu(", 8 * d.size); break;
    case 'u': status = putf(&r->before, "np.uint%zu(", 8 * d.size); break;
    case 'f': status = putf(&r->before, "np.float%zu(", 8 * d.size); break;
    case 'c': status = putf(&r->before, "np.complex%zu(", 8 * d.size); break;
    case 'U': status = putf(&r->before, "np.str_("); break;
    case 'S': status = putf(&r->before, "np.bytes_("); break;
    case 'M':
        if (og_kind_of(r->inner) != OG_STR) return OG_EVALUE;
        status = putf(&r->before, "np.datetime64(");
        break;
    default: return OG_EVALUE;
    }
    return status < 0 ? status : end_with(scratch, r, ")");
}

static int known(og_doc *scratch, og_value object, og__known_repr *r)
{
    og_type type = og_type_of(object);
    switch (type) {
    case OG_TYPE_DATETIME:
    case OG_TYPE_DATE:
    case OG_TYPE_TIME: return known_time(scratch, object, type, r);
    case OG_TYPE_TIMEDELTA: return known_timedelta(object, r);
    case OG_TYPE_TIMEZONE:
    case OG_TYPE_ZONEINFO: return known_timezone(scratch, object, type, r);
    case OG_TYPE_DECIMAL: return known_text(scratch, object, "Decimal", r);
    case OG_TYPE_FRACTION: return known_fraction(scratch, object, r);
    case OG_TYPE_UUID: return known_text(scratch, object, "UUID", r);
    case OG_TYPE_PATH: return known_path(scratch, object, r);
    case OG_TYPE_IP: return known_ip(scratch, object, r);
    case OG_TYPE_RANGE: return known_range(scratch, object, r);
    case OG_TYPE_SLICE: return known_slice(scratch, object, r);
    case OG_TYPE_ORDERED_DICT:
    case OG_TYPE_DEFAULT_DICT:
    case OG_TYPE_COUNTER: return known_mapping(scratch, object, type, r);
    case OG_TYPE_DEQUE: return known_deque(scratch, object, r);
    case OG_TYPE_DTYPE: return known_text(scratch, object, "dtype", r);
    case OG_TYPE_NUMPY_SCALAR: return known_scalar(scratch, object, r);
    case OG_TYPE_NDARRAY: return known_array(scratch, object, r);
    default: return known_builtin(scratch, object, r);
    }
}

int og__text_repr_known(og_doc *scratch, og_value object, og__known_repr *out)
{
    *out = (og__known_repr){0};
    og_buf_init(&out->before, &scratch->alloc);
    int status = known(scratch, object, out);
    if (status == OG_OK) return 1;
    og_buf_free(&out->before);
    return status == OG_ENOMEM ? status : 0;
}
