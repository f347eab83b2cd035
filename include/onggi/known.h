/* SPDX-License-Identifier: MIT */
/*
 * What Python people send, read from inert objects: dates, decimals, paths, collections, numpy arrays.
 * Nothing is run for it: an object is known by the name of its class and by the form in which CPython 2.3
 * to 3.14 pickles it, and its content is checked as if it came from an enemy.
 *
 * Ownership: results point into the document of the value, or into a document or buffer that the caller
 * gives. Errors: 0 and the result in `out`; OG_ETYPE when the value is of another type, OG_EVALUE when it is
 * of the type but its content is damaged or out of range, OG_ENOMEM; `err` may be NULL. Threads: any number
 * may read one finished document at once.
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
typedef struct og_datetime {
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
    og_value zone;           /* tzinfo as it stands; OG_INVALID for a naive time */
} og_datetime;

/* A span of time, in Python's normal form. */
typedef struct og_timedelta {
    int64_t days;     /* -999,999,999 to 999,999,999 */
    int seconds;      /* 0 to 86,399 */
    int microseconds; /* 0 to 999,999 */
} og_timedelta;

/* A time zone: an offset (timezone), or the name of a set of rules (ZoneInfo, whose offset is not known
 * here). */
typedef struct og_timezone {
    bool has_offset;
    int offset_seconds;
    int offset_microseconds;
    og_value name; /* str; OG_INVALID when it has none */
} og_timezone;

OG_API int og_as_datetime(og_value value, og_datetime *out, og_error *err);
OG_API int og_as_date(og_value value, og_datetime *out, og_error *err);
OG_API int og_as_time(og_value value, og_datetime *out, og_error *err);
OG_API int og_as_timedelta(og_value value, og_timedelta *out, og_error *err);
OG_API int og_as_timezone(og_value value, og_timezone *out, og_error *err);

/* Python's total_seconds(). */
OG_API double og_timedelta_seconds(const og_timedelta *delta);

/*
 * Appends what Python's isoformat() gives for a datetime, date or time. A zone known by name only follows in
 * brackets (RFC 9557): 2024-01-02T03:04:05[Europe/Paris]. OG_EVALUE for zones of other kinds.
 */
OG_API int og_isoformat(og_value value, og_buf *out, og_error *err);

/* ---- Numbers and names ---- */

/* Appends a Decimal's text as str() gives it, e.g. "1.50", "1E+3", "-Infinity". */
OG_API int og_as_decimal(og_value value, og_buf *out, og_error *err);

/* The two ints of a Fraction, as they stand (CPython writes them reduced); the denominator is above 0. `doc`
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
    size_t count;     /* pairs; a key that stands twice counts twice, the last one holds */
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
} og_dtype;

/* An array: item (i, j, …) begins at data[i * strides[0] + j * strides[1] + …]. */
typedef struct og_ndarray {
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
} og_ndarray;

OG_API int og_as_dtype(og_value value, og_dtype *out, og_error *err);
OG_API int og_as_ndarray(og_value value, og_ndarray *out, og_error *err); /* masked arrays too */

/*
 * Field `index` of a structured type (og_len(dtype->names) of them): its name, its type, and at which byte of
 * an item it begins; it ends within the item. Each of the three may be NULL. OG_ENOTFOUND beyond the last,
 * OG_ETYPE when the type is not structured.
 */
OG_API int og_dtype_field(const og_dtype *dtype, size_t index, og_value *name, og_dtype *type, size_t *offset,
                          og_error *err);

/* The value of a numpy scalar: bool, int, float, complex, str, bytes; datetime64 as an ISO 8601 str,
 * timedelta64 as seconds (int where its unit is none or years or months), NaT as None. In `doc` if need be;
 * bytes stay where they are. OG_EVALUE for floats above 8 bytes. */
OG_API int og_as_numpy_scalar(og_value value, og_doc *doc, og_value *out, og_error *err);

/* The same for the item at `bytes` (dtype->size of them) of an array. */
OG_API int og_dtype_item(const og_dtype *dtype, const void *bytes, og_doc *doc, og_value *out, og_error *err);

#ifdef __cplusplus
}
#endif

#endif
