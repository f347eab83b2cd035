/* SPDX-License-Identifier: MIT */
/* datetime, date, time, timezone and ZoneInfo, from the forms in which CPython pickles them. */
#include "known/known.h"

#include "value/container.h"

#include <stdio.h>

enum { DAY_SECONDS = 86400, MILLION = 1000000 };

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool date_is_sane(const og_moment *t)
{
    return t->year >= 1 && t->year <= 9999 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
           t->day <= days_in_month(t->year, t->month);
}

static bool time_is_sane(const og_moment *t)
{
    return t->hour >= 0 && t->hour <= 23 && t->minute >= 0 && t->minute <= 59 && t->second >= 0 &&
           t->second <= 59 && t->microsecond >= 0 && t->microsecond < MILLION;
}

static void date_from_bytes(const uint8_t *b, og_moment *t)
{
    t->year = b[0] << 8 | b[1];
    t->month = b[2];
    t->day = b[3];
}

static void time_from_bytes(const uint8_t *b, og_moment *t)
{
    t->hour = b[0];
    t->minute = b[1];
    t->second = b[2];
    t->microsecond = b[3] << 16 | b[4] << 8 | b[5];
}

/* Ints as a program may pass them to the class itself: `least` to `most`, then perhaps tzinfo. */
static bool from_ints(og_value args, size_t least, size_t most, int *const fields[], og_value *zone)
{
    size_t count = og_len(args);
    if (count < least || count > most + 1) return false;
    for (size_t i = 0; i < count && i < most; i++) {
        int64_t number;
        if (og_kind_of(og_item(args, i)) != OG_INT ||
            !og__known_int_within(og_item(args, i), 0, MILLION, &number))
            return false;
        *fields[i] = (int)number;
    }
    *zone = og_item(args, most);
    return true;
}

static int set_zone(og_moment *t, og_value zone, og_type type, og_error *err)
{
    og_zone read = {0};
    if (!og_valid(zone) || og_kind_of(zone) == OG_NONE) return OG_OK;
    if (og_kind_of(zone) != OG_OBJECT)
        return og__known_refuse_content(err, type, "its tzinfo is not an object");
    og_type zone_type = og_type_of(zone);
    t->zone = zone;
    if (zone_type != OG_TYPE_TIMEZONE && zone_type != OG_TYPE_ZONEINFO) return OG_OK;
    int status = og_as_timezone(zone, &read, err);
    if (status == OG_OK && type == OG_TYPE_DATETIME) status = og__known_dateutil_at(zone, t, &read, err);
    t->has_offset = read.has_offset;
    t->offset_seconds = read.offset_seconds;
    t->offset_microseconds = read.offset_microseconds;
    return status;
}

int og_as_date(og_value value, og_moment *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_DATE, err);
    if (status < 0) return status;
    og_moment t = {0};
    og_value args = og_object_args(value);
    og_value zone = {0};
    uint8_t bytes[4];
    if (og_len(args) == 1 && og__known_fixed_bytes(og_item(args, 0), bytes, sizeof bytes)) {
        date_from_bytes(bytes, &t);
    } else if (og_len(args) != 3 ||
               !from_ints(args, 3, 3, (int *const[]){&t.year, &t.month, &t.day}, &zone)) {
        return og__known_refuse_content(err, OG_TYPE_DATE, "expected 4 bytes as its argument");
    }
    if (!date_is_sane(&t)) return og__known_refuse_content(err, OG_TYPE_DATE, "there is no such day");
    *out = t;
    return OG_OK;
}

int og_as_time(og_value value, og_moment *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_TIME, err);
    if (status < 0) return status;
    og_moment t = {0};
    og_value args = og_object_args(value);
    og_value zone = og_item(args, 1);
    uint8_t bytes[6];
    int *const fields[] = {&t.hour, &t.minute, &t.second, &t.microsecond};
    if (og_len(args) >= 1 && og_len(args) <= 2 &&
        og__known_fixed_bytes(og_item(args, 0), bytes, sizeof bytes)) {
        t.fold = bytes[0] >> 7;
        bytes[0] &= 0x7f;
        time_from_bytes(bytes, &t);
    } else if (!from_ints(args, 0, 4, fields, &zone)) {
        return og__known_refuse_content(err, OG_TYPE_TIME, "expected 6 bytes as its argument");
    }
    if (!time_is_sane(&t)) return og__known_refuse_content(err, OG_TYPE_TIME, "there is no such time of day");
    status = set_zone(&t, zone, OG_TYPE_TIME, err);
    if (status == OG_OK) *out = t;
    return status;
}

int og_as_datetime(og_value value, og_moment *out, og_error *err)
{
    int status = og__known_expect_type(value, OG_TYPE_DATETIME, err);
    if (status < 0) return status;
    og_moment t = {0};
    og_value args = og_object_args(value);
    og_value zone = og_item(args, 1);
    uint8_t bytes[10];
    int *const fields[] = {&t.year, &t.month, &t.day, &t.hour, &t.minute, &t.second, &t.microsecond};
    if (og_len(args) >= 1 && og_len(args) <= 2 &&
        og__known_fixed_bytes(og_item(args, 0), bytes, sizeof bytes)) {
        t.fold = bytes[2] >> 7;
        bytes[2] &= 0x7f;
        date_from_bytes(bytes, &t);
        time_from_bytes(bytes + 4, &t);
    } else if (!from_ints(args, 3, 7, fields, &zone)) {
        return og__known_refuse_content(err, OG_TYPE_DATETIME, "expected 10 bytes as its argument");
    }
    if (!date_is_sane(&t) || !time_is_sane(&t))
        return og__known_refuse_content(err, OG_TYPE_DATETIME, "there is no such day or time of day");
    status = set_zone(&t, zone, OG_TYPE_DATETIME, err);
    if (status == OG_OK) *out = t;
    return status;
}

/* An offset of so many minutes. */
static int minutes_from(og_value minutes, og_zone *t, og_error *err)
{
    int64_t number;
    if (og_kind_of(minutes) != OG_INT || !og__known_int_within(minutes, -1439, 1439, &number))
        return og__known_refuse_content(err, OG_TYPE_TIMEZONE, "expected its offset in minutes, below a day");
    t->has_offset = true;
    t->offset_seconds = (int)number * 60;
    return OG_OK;
}

/* pytz: _UTC(), FixedOffset(minutes), and _p(zone, offset, daylight saving, name), those in seconds. */
static int pytz_offset(og_value cls, og_value args, og_zone *t, og_error *err)
{
    int64_t seconds = 0;
    if (og_str_is(og_class_qualname(cls), "FixedOffset")) return minutes_from(og_item(args, 0), t, err);
    bool utc = og_str_is(og_class_qualname(cls), "_UTC");
    t->name = og_item(args, 0);
    if (!utc && og_len(args) == 1) return OG_OK;
    if (!utc && (og_len(args) != 4 ||
                 !og__known_int_within(og_item(args, 1), 1 - DAY_SECONDS, DAY_SECONDS - 1, &seconds)))
        return og__known_refuse_content(err, OG_TYPE_TIMEZONE,
                                        "expected a name and its offset in seconds, below a day");
    t->has_offset = true;
    t->offset_seconds = (int)seconds;
    return OG_OK;
}

/* A name that is None is none. */
static og_value name_or_none(og_value name)
{
    return og_kind_of(name) == OG_NONE ? (og_value){0} : name;
}

/* psycopg2: its offset, a timedelta or (before 2.9) minutes, and perhaps a name. */
static int psycopg2_offset(og_value args, og_zone *t, og_error *err)
{
    og_value offset = og_item(args, 0);
    t->name = name_or_none(og_item(args, 1));
    return og_kind_of(offset) == OG_INT ? minutes_from(offset, t, err)
                                        : og__known_offset_from(offset, t, err);
}

int og_as_timezone(og_value value, og_zone *out, og_error *err)
{
    og_zone t = {0};
    og_type type = og_type_of(value);
    og_value args = og_object_args(value);
    int status = og__known_expect_type(value, type == OG_TYPE_ZONEINFO ? type : OG_TYPE_TIMEZONE, err);
    if (status < 0) return status;
    og_value cls = og__known_class_of_zone(value);
    if (type == OG_TYPE_ZONEINFO) {
        t.name = og_item(args, 0);
        if (og_len(args) < 1 || og_len(args) > 2 || og_kind_of(t.name) != OG_STR)
            return og__known_refuse_content(err, type, "expected the name of a zone");
    } else if (og_str_is(og_class_module(cls), "pytz")) {
        status = pytz_offset(cls, args, &t, err);
    } else if (og_str_is(og_class_module(cls), "dateutil.tz.tz") ||
               og_str_is(og_class_module(cls), "dateutil.zoneinfo")) {
        status = og__known_dateutil_zone(cls, value, &t, err);
    } else if (og_str_is(og_class_module(cls), "psycopg2.tz")) {
        status = psycopg2_offset(args, &t, err);
    } else {
        if (og_len(args) < 1 || og_len(args) > 2)
            return og__known_refuse_content(err, type, "expected an offset, and perhaps a name");
        t.name = og_item(args, 1);
        status = og__known_offset_from(og_item(args, 0), &t, err);
    }
    if (status < 0) return status;
    if (og_valid(t.name) && og_kind_of(t.name) != OG_STR)
        return og__known_refuse_content(err, type, "its name is not a str");
    *out = t;
    return OG_OK;
}

/* ---- Building ---- */

/* Builds a class of the module datetime. */
static og_value made(og_doc *doc, og_value name, const og_value *args, size_t count, og_error *err)
{
    return og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("datetime"), name, args, count, err);
}

static bool offset_is_sane(int seconds, int microseconds)
{
    return microseconds >= 0 && microseconds < MILLION && seconds < DAY_SECONDS &&
           seconds >= -DAY_SECONDS + (microseconds == 0);
}

og_value og_timezone(og_doc *doc, int seconds, int microseconds, const char *name, og_error *err)
{
    if (!offset_is_sane(seconds, microseconds))
        return og__known_no_value(err, OG_TYPE_TIMEZONE,
                                  "its offset is a day or more, or not in normal form");
    if (name && !og_valid(og_str_borrow(name, strlen(name))))
        return og__known_no_value(err, OG_TYPE_TIMEZONE, "its name is not UTF-8");
    const og_value args[] = {og_timedelta(doc, 0, seconds, microseconds, err),
                             name ? og_str(doc, name) : og_none()};
    return made(doc, OG__KNOWN_LITERAL("timezone"), args, name ? 2 : 1, err);
}

og_value og_zoneinfo(og_doc *doc, const char *key, og_error *err)
{
    size_t len = strlen(key);
    if (len == 0 || !og_valid(og_str_borrow(key, len)))
        return og__known_no_value(err, OG_TYPE_ZONEINFO, "its key is empty or not UTF-8");
    /* The second argument lets Python answer with the one it has already. */
    const og_value args[] = {og_strn(doc, key, len), og_int(1)};
    return og__known_made(doc, OG_MAKE_CALL, OG__KNOWN_LITERAL("zoneinfo"),
                          OG__KNOWN_LITERAL("ZoneInfo._unpickle"), args, 2, err);
}

/* Puts tzinfo in `*zone`, OG_INVALID where there is none. False with `err` filled when it cannot be built;
 * `*zone` then says why. */
static bool zone_for(og_doc *doc, const og_moment *t, og_type type, og_value *zone, og_error *err)
{
    *zone = t->zone;
    if (!og_valid(t->zone) && t->zone.u.p) {
        og__value_refuse_invalid(err, t->zone);
        return false;
    }
    if (!og_valid(t->zone)) {
        if (!t->has_offset) return true;
        *zone = og_timezone(doc, t->offset_seconds, t->offset_microseconds, NULL, err);
        return og_valid(*zone);
    }
    og_zone read = {0};
    bool known = og_as_timezone(t->zone, &read, NULL) == OG_OK && read.has_offset;
    bool differs =
        known && t->has_offset &&
        (read.offset_seconds != t->offset_seconds || read.offset_microseconds != t->offset_microseconds);
    if (og_kind_of(t->zone) != OG_OBJECT) {
        *zone = og__known_no_kind(err, type, "a tzinfo as its zone", t->zone);
    } else if (differs) {
        *zone = og__known_no_value(err, type, "its zone has another offset than it says");
    }
    return og_valid(*zone);
}

static void date_to_bytes(const og_moment *t, uint8_t *b)
{
    b[0] = (uint8_t)(t->year >> 8);
    b[1] = (uint8_t)t->year;
    b[2] = (uint8_t)t->month;
    b[3] = (uint8_t)t->day;
}

static void time_to_bytes(const og_moment *t, uint8_t *b)
{
    b[0] = (uint8_t)t->hour;
    b[1] = (uint8_t)t->minute;
    b[2] = (uint8_t)t->second;
    b[3] = (uint8_t)(t->microsecond >> 16);
    b[4] = (uint8_t)(t->microsecond >> 8);
    b[5] = (uint8_t)t->microsecond;
}

/* The bytes of a time, and its tzinfo. `fold` is the byte whose highest bit has the fold. */
static og_value timed(og_doc *doc, const og_moment *t, og_type type, uint8_t *bytes, size_t len, size_t fold,
                      og_error *err)
{
    og_value args[2];
    if (t->fold != 0 && t->fold != 1) return og__known_no_value(err, type, "its fold is neither 0 nor 1");
    if (!zone_for(doc, t, type, &args[1], err)) return args[1];
    bytes[fold] |= (uint8_t)(t->fold << 7);
    args[0] = og_bytes(doc, bytes, len);
    og_value name = type == OG_TYPE_TIME ? OG__KNOWN_LITERAL("time") : OG__KNOWN_LITERAL("datetime");
    return made(doc, name, args, og_valid(args[1]) ? 2 : 1, err);
}

og_value og_datetime(og_doc *doc, const og_moment *moment, og_error *err)
{
    uint8_t bytes[10];
    if (!date_is_sane(moment)) return og__known_no_value(err, OG_TYPE_DATETIME, "there is no such day");
    if (!time_is_sane(moment))
        return og__known_no_value(err, OG_TYPE_DATETIME, "there is no such time of day");
    date_to_bytes(moment, bytes);
    time_to_bytes(moment, bytes + 4);
    return timed(doc, moment, OG_TYPE_DATETIME, bytes, sizeof bytes, 2, err);
}

og_value og_date(og_doc *doc, const og_moment *moment, og_error *err)
{
    uint8_t bytes[4];
    if (!date_is_sane(moment)) return og__known_no_value(err, OG_TYPE_DATE, "there is no such day");
    date_to_bytes(moment, bytes);
    const og_value args[] = {og_bytes(doc, bytes, sizeof bytes)};
    return made(doc, OG__KNOWN_LITERAL("date"), args, 1, err);
}

og_value og_time(og_doc *doc, const og_moment *moment, og_error *err)
{
    uint8_t bytes[6];
    if (!time_is_sane(moment)) return og__known_no_value(err, OG_TYPE_TIME, "there is no such time of day");
    time_to_bytes(moment, bytes);
    return timed(doc, moment, OG_TYPE_TIME, bytes, sizeof bytes, 0, err);
}

/* ---- Text ---- */

/* The last `count` decimal digits of `number`; returns what follows them. */
static char *digits(char *at, unsigned number, int count)
{
    for (int i = count; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + count;
}

static char *digits_after(char *at, char mark, int number, int count)
{
    *at = mark;
    return digits(at + 1, (unsigned)number, count);
}

int og__known_put_offset(const og_moment *t, og_buf *out)
{
    int seconds = t->offset_seconds;
    int micro = t->offset_microseconds;
    bool below = seconds < 0;
    if (below) {
        seconds = -seconds - (micro > 0);
        micro = micro > 0 ? MILLION - micro : 0;
    }
    char text[32];
    char *at = digits_after(text, below ? '-' : '+', seconds / 3600, 2);
    at = digits_after(at, ':', seconds / 60 % 60, 2);
    if (seconds % 60 || micro) at = digits_after(at, ':', seconds % 60, 2);
    if (micro) at = digits_after(at, '.', micro, 6);
    return og_buf_put(out, text, (size_t)(at - text));
}

static int put_zone(const og_moment *t, og_type type, og_buf *out, og_error *err)
{
    if (!og_valid(t->zone)) return OG_OK;
    if (t->has_offset) return og__known_put_offset(t, out);
    og_zone zone = {0};
    if (og_as_timezone(t->zone, &zone, NULL) < 0)
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "the offset of a %s in a zone of this kind is not known", og_type_name(type));
    size_t len;
    const char *name = og_data(zone.name, &len);
    int status = og_buf_putc(out, '[');
    if (status == OG_OK) status = og_buf_put(out, name, len);
    return status < 0 ? status : og_buf_putc(out, ']');
}

static int put_fields(const og_moment *t, og_type type, og_buf *out)
{
    char text[32] = "";
    char *at = text;
    if (type != OG_TYPE_TIME) {
        at = digits(at, (unsigned)t->year, 4);
        at = digits_after(at, '-', t->month, 2);
        at = digits_after(at, '-', t->day, 2);
    }
    if (type == OG_TYPE_DATETIME) *at++ = 'T';
    if (type != OG_TYPE_DATE) {
        at = digits(at, (unsigned)t->hour, 2);
        at = digits_after(at, ':', t->minute, 2);
        at = digits_after(at, ':', t->second, 2);
    }
    if (t->microsecond) at = digits_after(at, '.', t->microsecond, 6);
    return og_buf_put(out, text, (size_t)(at - text));
}

int og_isoformat(og_value value, og_buf *out, og_error *err)
{
    og_moment t = {0};
    og_type type = og_type_of(value);
    size_t before = out->len;
    int status = type == OG_TYPE_DATE   ? og_as_date(value, &t, err)
                 : type == OG_TYPE_TIME ? og_as_time(value, &t, err)
                                        : og_as_datetime(value, &t, err);
    if (status < 0) return status;
    status = put_fields(&t, type, out);
    if (status == OG_OK) status = put_zone(&t, type, out, err);
    if (status < 0) out->len = before;
    if (status == OG_ENOMEM) return og__known_refuse_memory(err);
    return status;
}
