/* SPDX-License-Identifier: MIT */
/*
 * What Python people send, read from inert objects and built as such: dates, decimals, paths, collections,
 * numpy arrays.
 *
 * Reading, og_as_…(): nothing is run. An object is known by the name of its class and by the form in which
 * CPython 2.3 to 3.14 pickles it, and its content is checked as if it came from an enemy. Results point into
 * the document of the value, or into a document or buffer that the caller gives. 0 and the result in `out`;
 * OG_ETYPE when the value is of another type, OG_EVALUE when it is of the type but its content is damaged or
 * out of range, OG_ENOMEM.
 *
 * Building, og_datetime() and so on: the value is an inert object in `doc`. Written as a pickle of any
 * protocol, CPython 3.6 or later loads it as its own type; plain JSON shows it as text. Values given as
 * arguments must be of `doc`, and belong to the result from then on. What is invalid is refused here, so that
 * Python cannot fail on it: OG_INVALID, and in `err` OG_EVALUE (out of range), OG_ETYPE (a value of the wrong
 * kind), OG_ENOMEM, or why an argument could not be made.
 *
 * `err` may be NULL everywhere. Threads: any number may read one finished document at once; one builds.
 */
#ifndef ONGGI_KNOWN_H
#define ONGGI_KNOWN_H

#include <onggi/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an object is known as: name, Python's class. The last five are known by their form only. */
#define OG_TYPE_MAP(X)                                                                                       \
    X(OG_TYPE_NONE, "object") /* nothing known */                                                            \
    X(OG_TYPE_DATETIME, "datetime.datetime")                                                                 \
    X(OG_TYPE_DATE, "datetime.date")                                                                         \
    X(OG_TYPE_TIME, "datetime.time")                                                                         \
    X(OG_TYPE_TIMEDELTA, "datetime.timedelta")                                                               \
    X(OG_TYPE_TIMEZONE, "datetime.timezone") /* pytz's fixed offsets too */                                  \
    X(OG_TYPE_ZONEINFO, "zoneinfo.ZoneInfo")                                                                 \
    X(OG_TYPE_DECIMAL, "decimal.Decimal")                                                                    \
    X(OG_TYPE_FRACTION, "fractions.Fraction")                                                                \
    X(OG_TYPE_UUID, "uuid.UUID")                                                                             \
    X(OG_TYPE_PATH, "pathlib.PurePath")    /* and all that derive from it */                                 \
    X(OG_TYPE_IP, "ipaddress.IPv4Address") /* IPv6Address, and networks and interfaces of both too */        \
    X(OG_TYPE_RANGE, "range")                                                                                \
    X(OG_TYPE_SLICE, "slice")                                                                                \
    X(OG_TYPE_ORDERED_DICT, "collections.OrderedDict")                                                       \
    X(OG_TYPE_DEFAULT_DICT, "collections.defaultdict")                                                       \
    X(OG_TYPE_COUNTER, "collections.Counter")                                                                \
    X(OG_TYPE_DEQUE, "collections.deque")                                                                    \
    X(OG_TYPE_DTYPE, "numpy.dtype")                                                                          \
    X(OG_TYPE_NUMPY_SCALAR, "numpy.generic")                                                                 \
    X(OG_TYPE_NDARRAY, "numpy.ndarray")                                                                      \
    X(OG_TYPE_MASKED_ARRAY, "numpy.ma.MaskedArray")                                                          \
    X(OG_TYPE_ENUM, "enum member") /* a class called with one scalar */                                      \
    X(OG_TYPE_MEMBER,                                                                                        \
      "member of a class")                /* getattr(class, name): an enum member of 3.11, a nested class */ \
    X(OG_TYPE_DERIVED, "derived scalar")  /* an instance of a class that derives from str, int, … */       \
    X(OG_TYPE_NAMED_TUPLE, "named tuple") /* or another class that derives from tuple */                     \
    X(OG_TYPE_INSTANCE, "instance")       /* state by attribute: og_object_attr() */

typedef enum og_type {
#define X(name, text) name,
    OG_TYPE_MAP(X)
#undef X
} og_type;

/*
 * What an object is known as, from its class and its outer form; its content is checked by the functions
 * below only. OG_TYPE_NONE for all else, and for values that are no objects. Takes constant time.
 */
OG_API og_type og_type_of(og_value value);

/* Python's name of a type, e.g. "datetime.datetime"; never NULL. */
OG_API const char *og_type_name(og_type type);

/* ---- Times ---- */

/* A date, a time or both; what the type does not have is 0. */
typedef struct og_moment {
    int year;        /* 1 to 9999 */
    int month;       /* 1 to 12 */
    int day;         /* 1 to 31 */
    int hour;        /* 0 to 23 */
    int minute;      /* 0 to 59 */
    int second;      /* 0 to 59 */
    int microsecond; /* 0 to 999,999 */
    int fold;        /* 1: the second of two times that read the same as clocks go back */
    bool has_offset; /* the distance from UTC is known: */
    int offset_seconds;
    int offset_microseconds; /* 0 to 999,999, to be added also where seconds are below 0 */
    og_value zone; /* tzinfo as it is; OG_INVALID for a naive time, or to build one from the offset */
} og_moment;

/* A span of time (timedelta), in Python's normal form. */
typedef struct og_span {
    int64_t days;     /* -999,999,999 to 999,999,999 */
    int seconds;      /* 0 to 86,399 */
    int microseconds; /* 0 to 999,999 */
} og_span;

/* A time zone: an offset (timezone), or the name of a set of rules (ZoneInfo, whose offset is not known
 * here). */
typedef struct og_zone {
    bool has_offset;
    int offset_seconds;
    int offset_microseconds;
    og_value name; /* str; OG_INVALID when it has none */
} og_zone;

OG_API int og_as_datetime(og_value value, og_moment *out, og_error *err);
OG_API int og_as_date(og_value value, og_moment *out, og_error *err);
OG_API int og_as_time(og_value value, og_moment *out, og_error *err);
OG_API int og_as_timedelta(og_value value, og_span *out, og_error *err);
OG_API int og_as_timezone(og_value value, og_zone *out, og_error *err);

/* Python's total_seconds(). */
OG_API double og_timedelta_seconds(const og_span *delta);

/*
 * Appends what Python's isoformat() gives for a datetime, date or time. A zone known by name only follows in
 * brackets (RFC 9557): 2024-01-02T03:04:05[Europe/Paris]. OG_EVALUE for zones of other kinds.
 */
OG_API int og_isoformat(og_value value, og_buf *out, og_error *err);

/*
 * A datetime, date or time from the members that the type has; the others are not looked at. tzinfo is `zone`
 * where that is valid (og_timezone(), og_zoneinfo(), or any object; OG_EVALUE when it is a timezone of
 * another offset than has_offset says), else a timezone of the offset where has_offset is set, else None.
 */
OG_API og_value og_datetime(og_doc *doc, const og_moment *moment, og_error *err);
OG_API og_value og_date(og_doc *doc, const og_moment *moment, og_error *err);
OG_API og_value og_time(og_doc *doc, const og_moment *moment, og_error *err);

/* A timedelta: the sum of the three, each of any sign and size, brought into Python's normal form; at most
 * 999,999,999 days either way. */
OG_API og_value og_timedelta(og_doc *doc, int64_t days, int64_t seconds, int64_t microseconds, og_error *err);

/* A timezone: `seconds` east of UTC and 0 to 999,999 microseconds more, less than a day either way. `name`
 * (UTF-8; NULL: none, Python then says "UTC+01:00") is copied. */
OG_API og_value og_timezone(og_doc *doc, int seconds, int microseconds, const char *name, og_error *err);

/* A ZoneInfo by its key, "Europe/Paris", which is copied. Python looks it up in its own zone files, so the
 * reader must have them. */
OG_API og_value og_zoneinfo(og_doc *doc, const char *key, og_error *err);

/* ---- Numbers and names ---- */

/* Appends a Decimal's text as str() gives it, e.g. "1.50", "1E+3", "-Infinity". */
OG_API int og_as_decimal(og_value value, og_buf *out, og_error *err);

/* The two ints of a Fraction, as they are (CPython writes them reduced); the denominator is above 0. `doc`
 * holds big ones. */
OG_API int og_as_fraction(og_value value, og_doc *doc, og_value *numerator, og_value *denominator,
                          og_error *err);

/* The 16 bytes of a UUID, in the order in which they are written. */
OG_API int og_as_uuid(og_value value, uint8_t out[16], og_error *err);

/* Appends a path as str() gives it. */
OG_API int og_as_path(og_value value, og_buf *out, og_error *err);

/* Appends an address, network or interface of ipaddress as str() gives it; what is pickled as text, as it
 * stands. */
OG_API int og_as_ip(og_value value, og_buf *out, og_error *err);

/* A Decimal from `len` bytes of text, as Python's Decimal() takes it in ASCII without spaces and underscores:
 * "1.50", "-1E+3", "Infinity", "NaN12", "sNaN". All digits are kept. */
OG_API og_value og_decimal(og_doc *doc, const char *text, size_t len, og_error *err);

/* A Fraction from two ints of any size, the denominator above 0. It stays as given here; Python reduces it to
 * lowest terms as it loads it. */
OG_API og_value og_fraction(og_doc *doc, og_value numerator, og_value denominator, og_error *err);

/* A UUID from its 16 bytes, in the order in which they are written. */
OG_API og_value og_uuid(og_doc *doc, const uint8_t bytes[16], og_error *err);

/* Classes of pathlib. The first two become what the system that loads them has: PosixPath, WindowsPath. */
typedef enum og_path_class {
    OG_PATH,             /* Path */
    OG_PATH_PURE,        /* PurePath */
    OG_PATH_PURE_POSIX,  /* PurePosixPath */
    OG_PATH_PURE_WINDOWS /* PureWindowsPath */
} og_path_class;

/* A path from `len` bytes of UTF-8, which are copied. Python drops what does not matter in it ("a//./b"). */
OG_API og_value og_path(og_doc *doc, og_path_class cls, const char *text, size_t len, og_error *err);

/* A range (three ints of any size, step not 0) or a slice (three values of any kind). */
typedef struct og_slice {
    og_value start;
    og_value stop;
    og_value step;
} og_slice;

OG_API int og_as_range(og_value value, og_slice *out, og_error *err);
OG_API int og_as_slice(og_value value, og_slice *out, og_error *err);

/* ---- Collections ---- */

/* The pairs of an OrderedDict, a defaultdict, a Counter or a dict. */
typedef struct og_mapping {
    og_value factory; /* of a defaultdict: a class reference or None; else OG_INVALID */
    size_t count;     /* pairs; a key that occurs twice counts twice, the last one holds */
    og_value source;  /* private */
    size_t index;     /* private */
} og_mapping;

OG_API int og_as_mapping(og_value value, og_mapping *out, og_error *err);

/* Steps to the next pair; false at the end. */
OG_API bool og_mapping_next(og_mapping *mapping, og_value *key, og_value *item);

/* A deque: `count` items of `items` (a list or tuple) from `first`. */
typedef struct og_deque {
    og_value items; /* OG_INVALID when it is empty */
    size_t first;
    size_t count;
    bool has_maxlen;
    uint64_t maxlen;
} og_deque;

OG_API int og_as_deque(og_value value, og_deque *out, og_error *err);

/* ---- Classes of users ---- */

/*
 * What an object of a user's class was made from: a scalar (OG_TYPE_ENUM, OG_TYPE_DERIVED), the name of a
 * member (OG_TYPE_MEMBER), or a tuple (OG_TYPE_NAMED_TUPLE; the names of its fields are not in a pickle).
 * `cls` (may be NULL) gets the class. See doc/types.md on what can be told for sure.
 */
OG_API int og_as_wrapped(og_value value, og_value *cls, og_value *inner, og_error *err);

/*
 * The same, built. Python imports the module of `cls` (og_class()) to load it, so the program that reads must
 * have the class. og_named_tuple(): `count` items in the order of the fields; also for other classes that
 * derive from tuple and take their items so. og_instance(): made without calling __init__; then it gets
 * `attributes`, a dict with str keys, or a tuple of such a dict (or None) and a dict of __slots__.
 * og_enum(): the member whose value is `value`; for a Flag the int of its bits.
 */
OG_API og_value og_named_tuple(og_doc *doc, og_value cls, const og_value *items, size_t count, og_error *err);
OG_API og_value og_instance(og_doc *doc, og_value cls, og_value attributes, og_error *err);
OG_API og_value og_enum(og_doc *doc, og_value cls, og_value value, og_error *err);

/* ---- numpy ---- */

/* The most dimensions of an array. */
#define OG_NDARRAY_DIMS 64

/* The type of an array's items. */
typedef struct og_dtype {
    char kind;   /* b bool, i u int, f float, c complex, U str, S bytes, V raw or structured, M datetime64, m
                  * timedelta64, O values */
    char order;  /* '<', '>', or '|' where there is none */
    size_t size; /* bytes of an item */
    char text[32];       /* as numpy writes it: "<f8", "|S5", "<M8[25s]" */
    char unit[12];       /* of M and m: "ns", …; "" when generic */
    uint32_t unit_count; /* the 25 of "<M8[25s]" */
    og_value names;      /* structured: a tuple of str, and a dict: name -> (dtype, byte in the item, …); */
    og_value fields;     /* og_dtype_field() reads them. Else OG_INVALID */
    og_value base;  /* each item is an array itself: the type of its items, and a tuple of its lengths; */
    og_value shape; /* og_dtype_base() reads them. Else OG_INVALID */
} og_dtype;

/* An array: item (i, j, …) begins at data[i * strides[0] + j * strides[1] + …]. */
typedef struct og_array {
    og_dtype dtype;
    size_t ndim;
    size_t count; /* items in all */
    size_t shape[OG_NDARRAY_DIMS];
    size_t strides[OG_NDARRAY_DIMS]; /* in bytes; in items for dtype kind O */
    bool fortran;                    /* first index fastest */
    const void *data;                /* one span in the value's own memory, not aligned; NULL for kind O */
    size_t len;                      /* its bytes: count * dtype.size */
    og_value items;                  /* kind O: a list of `count` values */
    const uint8_t *mask; /* of a masked array: `count` bytes in the order of the items in data, not 0 where
                            the item counts as missing; else NULL */
} og_array;

OG_API int og_as_dtype(og_value value, og_dtype *out, og_error *err);
OG_API int og_as_ndarray(og_value value, og_array *out, og_error *err); /* masked arrays too */

/*
 * Field `index` of a structured type (og_len(dtype->names) of them): its name, its type, and at which byte of
 * an item it begins; it ends within the item. Each of the three may be NULL. OG_ENOTFOUND beyond the last,
 * OG_ETYPE when the type is not structured.
 */
OG_API int og_dtype_field(const og_dtype *dtype, size_t index, og_value *name, og_dtype *type, size_t *offset,
                          og_error *err);

/*
 * The array that each item of a type is, as that of numpy's field ("a", "<i4", (2, 3)): its type, lengths and
 * strides, and no data. It fills the item. OG_ETYPE when the items are no arrays.
 */
OG_API int og_dtype_base(const og_dtype *dtype, og_array *out, og_error *err);

/* The value of a numpy scalar: bool, int, float, complex, str, bytes; datetime64 as an ISO 8601 str,
 * timedelta64 as seconds (int where its unit is none or years or months), NaT as None. In `doc` if need be;
 * bytes stay where they are. OG_EVALUE for floats above 8 bytes. */
OG_API int og_as_numpy_scalar(og_value value, og_doc *doc, og_value *out, og_error *err);

/* The same for the item at `bytes` (dtype->size of them) of an array. */
OG_API int og_dtype_item(const og_dtype *dtype, const void *bytes, og_doc *doc, og_value *out, og_error *err);

/*
 * An array. `dtype` is numpy's text of a type: "<f8", "float64", ">i4", "?", "S5", "U4" (UCS-4), "V3",
 * "<M8[ns]", "O"; without '<' or '>' the order of bytes is this machine's. Numbers have at most 64 bits
 * (complex ones 128), and structured types are not built. `shape` has `ndim` lengths (0 to OG_NDARRAY_DIMS;
 * numpy 1 loads at most 32). `order` is 'C' (last index fastest) or 'F' (first index fastest). `data` has the
 * items, without gaps: og_bytes() (copied), og_bytes_borrow() (in place, until the value is no longer used):
 * Python gets a writable array with a copy of its own; og_bytearray(), og_bytearray_borrow(): Python's array
 * shares memory with the bytearray, which it loads; og_object(doc, OG_MAKE_BUFFER, …): an out-of-band buffer,
 * protocol 5 only, whose length numpy checks; a list of as many values as the shape says, with dtype "O"
 * only, in the order of the indices ('C').
 */
OG_API og_value og_ndarray(og_doc *doc, const char *dtype, const size_t *shape, size_t ndim, char order,
                           og_value data, og_error *err);

#ifdef __cplusplus
}
#endif

#endif
