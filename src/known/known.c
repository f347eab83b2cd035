/* SPDX-License-Identifier: MIT */
/* The one table of the Python classes that are known, and how an object's type is told from it. */
#include "known/known.h"

#include "base/utf8.h"

/* Ways of making that belong to a class. */
#define CALL (1u << OG_MAKE_CALL)
#define NEW  (1u << OG_MAKE_NEW)

typedef struct known {
    const char *name;
    const char *module;
    uint8_t name_len;
    uint8_t module_len;
    uint8_t makes;
    og_type type;
} known;

#define ROW(name, module, type, makes)                                \
    {                                                                 \
        name, module, sizeof name - 1, sizeof module - 1, makes, type \
    }

/* In the order of the name's length, its bytes, the module's length, its bytes: looked up by halving, which
 * mostly compares lengths. */
static const known table[] = {
    ROW("_p", "pytz", OG_TYPE_TIMEZONE, CALL),
    ROW("Path", "pathlib", OG_TYPE_PATH, CALL),
    ROW("Path", "pathlib._local", OG_TYPE_PATH, CALL),
    ROW("UUID", "uuid", OG_TYPE_UUID, NEW),
    ROW("_UTC", "pytz", OG_TYPE_TIMEZONE, CALL),
    ROW("date", "datetime", OG_TYPE_DATE, CALL),
    ROW("time", "datetime", OG_TYPE_TIME, CALL),
    ROW("deque", "collections", OG_TYPE_DEQUE, CALL),
    ROW("dtype", "numpy", OG_TYPE_DTYPE, CALL),
    ROW("gettz", "dateutil.zoneinfo", OG_TYPE_TIMEZONE, CALL),
    ROW("range", "builtins", OG_TYPE_RANGE, CALL),
    ROW("slice", "builtins", OG_TYPE_SLICE, CALL),
    ROW("slice", "__builtin__", OG_TYPE_SLICE, CALL),
    ROW("tzstr", "dateutil.tz.tz", OG_TYPE_TIMEZONE, NEW),
    ROW("tzutc", "dateutil.tz.tz", OG_TYPE_TIMEZONE, CALL | NEW),
    ROW("scalar", "numpy.core.multiarray", OG_TYPE_NUMPY_SCALAR, CALL),
    ROW("scalar", "numpy._core.multiarray", OG_TYPE_NUMPY_SCALAR, CALL),
    ROW("tzfile", "dateutil.tz.tz", OG_TYPE_TIMEZONE, CALL),
    ROW("xrange", "__builtin__", OG_TYPE_RANGE, CALL),
    ROW("Counter", "collections", OG_TYPE_COUNTER, CALL),
    ROW("Decimal", "decimal", OG_TYPE_DECIMAL, CALL),
    ROW("tzlocal", "dateutil.tz.tz", OG_TYPE_TIMEZONE, NEW),
    ROW("tzrange", "dateutil.tz.tz", OG_TYPE_TIMEZONE, NEW),
    ROW("Fraction", "fractions", OG_TYPE_FRACTION, CALL),
    ROW("PurePath", "pathlib", OG_TYPE_PATH, CALL),
    ROW("PurePath", "pathlib._local", OG_TYPE_PATH, CALL),
    ROW("datetime", "datetime", OG_TYPE_DATETIME, CALL),
    ROW("timezone", "datetime", OG_TYPE_TIMEZONE, CALL),
    ROW("tzoffset", "dateutil.tz.tz", OG_TYPE_TIMEZONE, NEW),
    ROW("PosixPath", "pathlib", OG_TYPE_PATH, CALL),
    ROW("PosixPath", "pathlib._local", OG_TYPE_PATH, CALL),
    ROW("timedelta", "datetime", OG_TYPE_TIMEDELTA, CALL),
    ROW("FixedOffset", "pytz", OG_TYPE_TIMEZONE, CALL),
    ROW("IPv4Address", "ipaddress", OG_TYPE_IP, CALL),
    ROW("IPv4Network", "ipaddress", OG_TYPE_IP, CALL),
    ROW("IPv6Address", "ipaddress", OG_TYPE_IP, CALL),
    ROW("IPv6Network", "ipaddress", OG_TYPE_IP, CALL),
    ROW("OrderedDict", "collections", OG_TYPE_ORDERED_DICT, CALL),
    ROW("WindowsPath", "pathlib", OG_TYPE_PATH, CALL),
    ROW("WindowsPath", "pathlib._local", OG_TYPE_PATH, CALL),
    ROW("_frombuffer", "numpy.core.numeric", OG_TYPE_NDARRAY, CALL),
    ROW("_frombuffer", "numpy._core.numeric", OG_TYPE_NDARRAY, CALL),
    ROW("defaultdict", "collections", OG_TYPE_DEFAULT_DICT, CALL),
    ROW("_reconstruct", "numpy.core.multiarray", OG_TYPE_NDARRAY, CALL),
    ROW("_reconstruct", "numpy._core.multiarray", OG_TYPE_NDARRAY, CALL),
    ROW("IPv4Interface", "ipaddress", OG_TYPE_IP, CALL),
    ROW("IPv6Interface", "ipaddress", OG_TYPE_IP, CALL),
    ROW("PurePosixPath", "pathlib", OG_TYPE_PATH, CALL),
    ROW("PurePosixPath", "pathlib._local", OG_TYPE_PATH, CALL),
    ROW("_mareconstruct", "numpy.ma.core", OG_TYPE_MASKED_ARRAY, CALL),
    ROW("PureWindowsPath", "pathlib", OG_TYPE_PATH, CALL),
    ROW("PureWindowsPath", "pathlib._local", OG_TYPE_PATH, CALL),
    ROW("ZoneInfo._unpickle", "zoneinfo", OG_TYPE_ZONEINFO, CALL),
    ROW("FixedOffsetTimezone", "psycopg2.tz", OG_TYPE_TIMEZONE, CALL | NEW),
};

enum { KNOWN = sizeof table / sizeof table[0] };

/* A str against a text: first by length, then by bytes. */
static int compare(og_value str, const char *text, size_t text_len)
{
    size_t len = og__value_len(str);
    if (len != text_len) return len < text_len ? -1 : 1;
    return memcmp(str.u.p, text, len);
}

static const known *find(og_value module, og_value name)
{
    size_t low = 0;
    size_t high = KNOWN;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const known *row = &table[middle];
        int order = compare(name, row->name, row->name_len);
        if (order == 0) order = compare(module, row->module, row->module_len);
        if (order == 0) return row;
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const char *og_type_name(og_type type)
{
    switch (type) {
#define X(name, text) \
    case name: return text;
        OG_TYPE_MAP(X)
#undef X
    default: return "object";
    }
}

/* getattr(class, name): how members are pickled where there is no dotted name for them. */
static bool is_getattr(og_value value)
{
    if (og_kind_of(value) != OG_OBJECT || og_object_make(value) != OG_MAKE_CALL) return false;
    og_value args = og_object_args(value);
    return og_class_is(og_object_class(value), "builtins", "getattr") && og_len(args) == 2 &&
           og_kind_of(og_item(args, 1)) == OG_STR;
}

/* The same, the class perhaps being a member itself. */
static bool is_member(og_value value)
{
    for (int i = 0; i < OG__NEST_MAX && is_getattr(value); i++) {
        value = og_item(og_object_args(value), 0);
        if (og_kind_of(value) == OG_CLASS) return true;
    }
    return false;
}

bool og__known_is_class_like(og_value value)
{
    return og_kind_of(value) == OG_CLASS || is_member(value);
}

static bool is_zoneinfo(og_value callable)
{
    og_value args = og_object_args(callable);
    return is_member(callable) && og_class_is(og_item(args, 0), "zoneinfo", "ZoneInfo") &&
           og_str_is(og_item(args, 1), "_unpickle");
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t end_len = strlen(end);
    return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

/*
 * True for a name that reads like that of an enum: a capital letter first, and none of the ends that
 * exceptions have (they too are pickled as a call with what may be one scalar). os.system("…") must not show
 * as its argument.
 */
static bool reads_like_enum(og_value cls)
{
    if (og_class_is(og_object_class(cls), "builtins", "getattr")) cls = og_item(og_object_args(cls), 1);
    og_value name = og_kind_of(cls) == OG_CLASS ? og_class_qualname(cls) : cls;
    size_t len;
    const char *text = og_data(name, &len);
    size_t start = len;
    while (start > 0 && text[start - 1] != '.')
        start--;
    while (start < len && text[start] == '_')
        start++;
    if (start == len || text[start] < 'A' || text[start] > 'Z') return false;
    return !ends_with(text, len, "Error") && !ends_with(text, len, "Exception") &&
           !ends_with(text, len, "Warning") && !ends_with(text, len, "Popen") &&
           !og_str_is(og_class_module(cls), "builtins");
}

bool og__known_is_standard_enum(og_value cls)
{
    static const char *const names[][2] = {
        {"ast", "_Precedence"},
        {"calendar", "Day"},
        {"calendar", "Month"},
        {"http", "HTTPMethod"},
        {"http", "HTTPStatus"},
        {"inspect", "BufferFlags"},
        {"inspect", "_ParameterKind"},
        {"plistlib", "PlistFormat"},
        {"pstats", "SortKey"},
        {"py_compile", "PycInvalidationMode"},
        {"re", "RegexFlag"},
        {"signal", "Handlers"},
        {"signal", "Sigmasks"},
        {"signal", "Signals"},
        {"socket", "AddressFamily"},
        {"socket", "AddressInfo"},
        {"socket", "MsgFlag"},
        {"socket", "SocketKind"},
        {"ssl", "AlertDescription"},
        {"ssl", "Options"},
        {"ssl", "Purpose"},
        {"ssl", "SSLErrorNumber"},
        {"ssl", "TLSVersion"},
        {"ssl", "VerifyFlags"},
        {"ssl", "VerifyMode"},
        {"ssl", "_SSLMethod"},
        {"ssl", "_TLSAlertType"},
        {"ssl", "_TLSContentType"},
        {"ssl", "_TLSMessageType"},
        {"uuid", "SafeUUID"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (og_class_is(cls, names[i][0], names[i][1])) return true;
    return false;
}

static bool untouched(og_value object)
{
    return !og_valid(og_object_state(object)) && !og_valid(og_object_items(object)) &&
           !og_valid(og_object_pairs(object)) && !og_valid(og_object_kwargs(object)) &&
           !og_valid(og_object_next(object));
}

bool og__known_is_attributes(og_value state)
{
    if (og_kind_of(state) == OG_DICT) return true;
    if (og_kind_of(state) != OG_TUPLE || og_len(state) != 2) return false;
    og_kind first = og_kind_of(og_item(state, 0));
    return (first == OG_DICT || first == OG_NONE) && og_kind_of(og_item(state, 1)) == OG_DICT;
}

bool og__known_is_rebuilt(og_value object)
{
    og_value args = og_object_args(object);
    if (og_object_make(object) != OG_MAKE_CALL || og_kind_of(args) != OG_TUPLE || og_len(args) != 3 ||
        !og_class_is(og_object_class(object), "copyreg", "_reconstructor"))
        return false;
    og_value base = og_item(args, 1);
    return og__known_is_class_like(og_item(args, 0)) && og_kind_of(base) == OG_CLASS &&
           og_str_is(og_class_module(base), "builtins");
}

/* A class that derives from tuple, str, … in protocols 0 and 1. */
static og_type type_of_rebuilt(og_value object)
{
    og_value args = og_object_args(object);
    og_value base = og_item(args, 1);
    og_value inner = og_item(args, 2);
    if (og_kind_of(inner) == OG_TUPLE && og_str_is(og_class_qualname(base), "tuple"))
        return OG_TYPE_NAMED_TUPLE;
    return og__known_is_scalar(inner) && og_kind_of(inner) != OG_NONE ? OG_TYPE_DERIVED : OG_TYPE_NONE;
}

/* Objects of classes that are not known, by the form of how they are made. */
static og_type type_by_form(og_value object)
{
    og_value cls = og_object_class(object);
    og_value args = og_object_args(object);
    og_make make = og_object_make(object);
    if (make > OG_MAKE_INSTANCE || !og__known_is_class_like(cls)) return OG_TYPE_NONE;
    size_t count = og_len(args);
    if (count == 0) {
        bool plain = og__known_is_attributes(og_object_state(object)) && !og_valid(og_object_items(object)) &&
                     !og_valid(og_object_pairs(object)) && !og_valid(og_object_next(object));
        return plain ? OG_TYPE_INSTANCE : OG_TYPE_NONE;
    }
    if (!untouched(object) || make == OG_MAKE_INSTANCE) return OG_TYPE_NONE;
    if (og__known_is_rebuilt(object)) return type_of_rebuilt(object);
    bool scalar = count == 1 && og__known_is_scalar(og_item(args, 0));
    if (make == OG_MAKE_CALL) return scalar && reads_like_enum(cls) ? OG_TYPE_ENUM : OG_TYPE_NONE;
    if (scalar) return OG_TYPE_DERIVED;
    return count > 1 || og_kind_of(og_item(args, 0)) == OG_TUPLE ? OG_TYPE_NAMED_TUPLE : OG_TYPE_NONE;
}

og_value og__known_class_of_zone(og_value object)
{
    og_value cls = og_object_class(object);
    og_value args = og_object_args(object);
    bool rebuilt = og_object_make(object) == OG_MAKE_CALL && og_class_is(cls, "copyreg", "_reconstructor") &&
                   og_len(args) == 3 && og_class_is(og_item(args, 1), "datetime", "tzinfo");
    return rebuilt ? og_item(args, 0) : cls;
}

/* A time zone of a class that derives from tzinfo, in protocols 0 and 1. */
static og_type type_of_rebuilt_zone(og_value value)
{
    og_value cls = og__known_class_of_zone(value);
    if (og_kind_of(cls) != OG_CLASS) return OG_TYPE_NONE;
    const known *row = find(og_class_module(cls), og_class_qualname(cls));
    return row && row->type == OG_TYPE_TIMEZONE && (row->makes & NEW) ? row->type : OG_TYPE_NONE;
}

og_type og_type_of(og_value value)
{
    if (og_kind_of(value) != OG_OBJECT) return OG_TYPE_NONE;
    og_value cls = og_object_class(value);
    if (og_kind_of(cls) == OG_CLASS) {
        if (og_class_is(cls, "copyreg", "_reconstructor")) {
            og_type zone = type_of_rebuilt_zone(value);
            if (zone != OG_TYPE_NONE) return zone;
        }
        const known *row = find(og_class_module(cls), og_class_qualname(cls));
        if (row) return row->makes & (1u << og_object_make(value)) ? row->type : OG_TYPE_NONE;
        if (is_member(value)) return untouched(value) ? OG_TYPE_MEMBER : OG_TYPE_NONE;
    } else if (og_object_make(value) == OG_MAKE_CALL && is_zoneinfo(cls)) {
        return OG_TYPE_ZONEINFO;
    }
    return type_by_form(value);
}

int og__known_refuse_type(og_error *err, og_type want, og_value found)
{
    og_type type = og_type_of(found);
    const char *name = type != OG_TYPE_NONE ? og_type_name(type) : og_kind_name(og_kind_of(found));
    return og_error_set(err, OG_ETYPE, OG_NO_POSITION, "expected a %s, found %s", og_type_name(want), name);
}

int og__known_refuse_content(og_error *err, og_type type, const char *what)
{
    return og_error_set(err, OG_EVALUE, OG_NO_POSITION, "damaged %s: %s", og_type_name(type), what);
}

int og__known_refuse_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to read a Python type");
}

int og__known_expect_type(og_value value, og_type type, og_error *err)
{
    if (og_type_of(value) != type) return og__known_refuse_type(err, type, value);
    if (og_valid(og_object_next(value)) || og_valid(og_object_kwargs(value)))
        return og__known_refuse_content(err, type, "it is made in steps that Python does not write");
    if (og_valid(og_object_args(value)) && og_kind_of(og_object_args(value)) != OG_TUPLE)
        return og__known_refuse_content(err, type, "its arguments are not a tuple");
    return OG_OK;
}

bool og__known_int_within(og_value value, int64_t low, int64_t high, int64_t *out)
{
    return og_as_int64(value, out) == OG_OK && *out >= low && *out <= high;
}

bool og__known_fixed_bytes(og_value value, uint8_t *out, size_t len)
{
    size_t bytes;
    const char *data = og_data(value, &bytes);
    if (og_kind_of(value) == OG_BYTES && bytes == len) {
        memcpy(out, data, len);
        return true;
    }
    if (og_kind_of(value) != OG_STR) return false;
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        uint32_t code;
        size_t width = at < bytes ? og__base_utf8_decode((const uint8_t *)data + at, bytes - at, &code) : 0;
        if (width == 0 || code > 0xff) return false;
        out[i] = (uint8_t)code;
        at += width;
    }
    return at == bytes;
}

og_value og__known_str_of_buf(og_doc *doc, og_buf *buf)
{
    bool ascii = false;
    bool surrogates = false;
    og_value v = {0};
    if (og__base_utf8_valid_surrogates(buf->data, buf->len, &ascii, &surrogates) == buf->len) {
        char *copy = og__value_doc_alloc(doc, buf->len + 1, 1);
        if (copy && buf->len) memcpy(copy, buf->data, buf->len);
        if (copy) copy[buf->len] = '\0';
        if (copy)
            v = og__value_make(OG_STR, (ascii ? OG__F_ASCII : 0) | (surrogates ? OG__F_SURROGATE : 0),
                               buf->len, copy);
    }
    og_buf_free(buf);
    return v;
}

static og_value class_of(og_value value)
{
    og_type type = og_type_of(value);
    bool inside = type == OG_TYPE_MEMBER || og_class_is(og_object_class(value), "copyreg", "_reconstructor");
    return inside ? og_item(og_object_args(value), 0) : og_object_class(value);
}

int og_as_wrapped(og_value value, og_value *cls, og_value *inner, og_error *err)
{
    og_type type = og_type_of(value);
    if (type < OG_TYPE_ENUM || type > OG_TYPE_NAMED_TUPLE)
        return og__known_refuse_type(err, OG_TYPE_ENUM, value);
    og_value args = og_object_args(value);
    if (cls) *cls = class_of(value);
    if (type == OG_TYPE_MEMBER) {
        *inner = og_item(args, 1);
    } else if (og_class_is(og_object_class(value), "copyreg", "_reconstructor")) {
        *inner = og_item(args, 2);
    } else {
        bool one =
            og_len(args) == 1 && (type != OG_TYPE_NAMED_TUPLE || og_kind_of(og_item(args, 0)) == OG_TUPLE);
        *inner = one ? og_item(args, 0) : args;
    }
    return OG_OK;
}
