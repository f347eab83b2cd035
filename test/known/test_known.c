/* SPDX-License-Identifier: MIT */
/* Typed accessors: which class is known as what, ranges, error codes, damaged content. */
#include "../support/value_test.h"
#include "known/known.h"

#include <onggi/pickle.h>

/* module.name made by `make` with a tuple of arguments. */
static og_value made(og_doc *doc, og_make make, const char *module, const char *name, const og_value *args,
                     size_t count)
{
    og_value cls = og_class(doc, module, strlen(module), name, strlen(name));
    og_value object = og_object(doc, make, cls, og_tuple(doc, args, count));
    assert_true(og_valid(object));
    return object;
}

static og_value called(og_doc *doc, const char *module, const char *name, const og_value *args, size_t count)
{
    return made(doc, OG_MAKE_CALL, module, name, args, count);
}

static og_value timedelta(og_doc *doc, int64_t days, int64_t seconds, int64_t microseconds)
{
    const og_value args[] = {og_int(days), og_int(seconds), og_int(microseconds)};
    return called(doc, "datetime", "timedelta", args, 3);
}

static void knows_every_class(void **state)
{
    static const struct {
        const char *module, *name;
        og_type type;
        og_make make;
    } rows[] = {
        {"datetime", "datetime", OG_TYPE_DATETIME, OG_MAKE_CALL},
        {"datetime", "date", OG_TYPE_DATE, OG_MAKE_CALL},
        {"datetime", "time", OG_TYPE_TIME, OG_MAKE_CALL},
        {"datetime", "timedelta", OG_TYPE_TIMEDELTA, OG_MAKE_CALL},
        {"datetime", "timezone", OG_TYPE_TIMEZONE, OG_MAKE_CALL},
        {"pytz", "_UTC", OG_TYPE_TIMEZONE, OG_MAKE_CALL},
        {"pytz", "_p", OG_TYPE_TIMEZONE, OG_MAKE_CALL},
        {"zoneinfo", "ZoneInfo._unpickle", OG_TYPE_ZONEINFO, OG_MAKE_CALL},
        {"decimal", "Decimal", OG_TYPE_DECIMAL, OG_MAKE_CALL},
        {"fractions", "Fraction", OG_TYPE_FRACTION, OG_MAKE_CALL},
        {"uuid", "UUID", OG_TYPE_UUID, OG_MAKE_NEW},
        {"pathlib", "Path", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib", "PosixPath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib", "PurePath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib", "PurePosixPath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib", "PureWindowsPath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib", "WindowsPath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib._local", "Path", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib._local", "PosixPath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib._local", "PurePath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib._local", "PurePosixPath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib._local", "PureWindowsPath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"pathlib._local", "WindowsPath", OG_TYPE_PATH, OG_MAKE_CALL},
        {"ipaddress", "IPv4Address", OG_TYPE_IP, OG_MAKE_CALL},
        {"ipaddress", "IPv4Network", OG_TYPE_IP, OG_MAKE_CALL},
        {"ipaddress", "IPv4Interface", OG_TYPE_IP, OG_MAKE_CALL},
        {"ipaddress", "IPv6Address", OG_TYPE_IP, OG_MAKE_CALL},
        {"ipaddress", "IPv6Network", OG_TYPE_IP, OG_MAKE_CALL},
        {"ipaddress", "IPv6Interface", OG_TYPE_IP, OG_MAKE_CALL},
        {"builtins", "range", OG_TYPE_RANGE, OG_MAKE_CALL},
        {"__builtin__", "xrange", OG_TYPE_RANGE, OG_MAKE_CALL},
        {"builtins", "slice", OG_TYPE_SLICE, OG_MAKE_CALL},
        {"__builtin__", "slice", OG_TYPE_SLICE, OG_MAKE_CALL},
        {"collections", "OrderedDict", OG_TYPE_ORDERED_DICT, OG_MAKE_CALL},
        {"collections", "defaultdict", OG_TYPE_DEFAULT_DICT, OG_MAKE_CALL},
        {"collections", "Counter", OG_TYPE_COUNTER, OG_MAKE_CALL},
        {"collections", "deque", OG_TYPE_DEQUE, OG_MAKE_CALL},
        {"numpy", "dtype", OG_TYPE_DTYPE, OG_MAKE_CALL},
        {"numpy.core.multiarray", "scalar", OG_TYPE_NUMPY_SCALAR, OG_MAKE_CALL},
        {"numpy._core.multiarray", "scalar", OG_TYPE_NUMPY_SCALAR, OG_MAKE_CALL},
        {"numpy.core.multiarray", "_reconstruct", OG_TYPE_NDARRAY, OG_MAKE_CALL},
        {"numpy._core.multiarray", "_reconstruct", OG_TYPE_NDARRAY, OG_MAKE_CALL},
        {"numpy.core.numeric", "_frombuffer", OG_TYPE_NDARRAY, OG_MAKE_CALL},
        {"numpy._core.numeric", "_frombuffer", OG_TYPE_NDARRAY, OG_MAKE_CALL},
        {"numpy.ma.core", "_mareconstruct", OG_TYPE_MASKED_ARRAY, OG_MAKE_CALL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_value value = made(*state, rows[i].make, rows[i].module, rows[i].name, NULL, 0);
        assert_int_equal(og_type_of(value), rows[i].type);
        value = made(*state, OG_MAKE_INSTANCE, rows[i].module, rows[i].name, NULL, 0);
        assert_int_equal(og_type_of(value), OG_TYPE_NONE);
        value = made(*state, rows[i].make, "elsewhere", rows[i].name, NULL, 0);
        assert_int_equal(og_type_of(value), OG_TYPE_NONE);
    }
}

static void tells_classes_of_users_by_form(void **state)
{
    og_doc *doc = *state;
    const og_value two[] = {og_int(1), str_of("a")};
    og_value list = og_list(doc);
    assert_int_equal(og_type_of(called(doc, "app", "Color", two, 1)), OG_TYPE_ENUM);
    assert_int_equal(og_type_of(called(doc, "app", "_Color", two, 1)), OG_TYPE_ENUM);
    assert_int_equal(og_type_of(called(doc, "app", "Color", two, 2)), OG_TYPE_NONE);
    assert_int_equal(og_type_of(called(doc, "app", "Color", &list, 1)), OG_TYPE_NONE);
    assert_int_equal(og_type_of(called(doc, "posix", "system", two + 1, 1)), OG_TYPE_NONE);
    assert_int_equal(og_type_of(called(doc, "builtins", "ValueError", two + 1, 1)), OG_TYPE_NONE);
    assert_int_equal(og_type_of(called(doc, "app", "JobError", two + 1, 1)), OG_TYPE_NONE);
    assert_int_equal(og_type_of(made(doc, OG_MAKE_NEW, "app", "text", two + 1, 1)), OG_TYPE_DERIVED);
    assert_int_equal(og_type_of(made(doc, OG_MAKE_NEW, "app", "Point", two, 2)), OG_TYPE_NAMED_TUPLE);
    og_value instance = made(doc, OG_MAKE_NEW, "app", "User", NULL, 0);
    assert_int_equal(og_type_of(instance), OG_TYPE_NONE);
    og_value attributes = og_pack(doc, NULL, "{s:s}", "name", "John");
    assert_int_equal(og_object_build(doc, instance, attributes, NULL), OG_OK);
    assert_int_equal(og_type_of(instance), OG_TYPE_INSTANCE);
    assert_int_equal(og_type_of(og_int(5)), OG_TYPE_NONE);
    assert_int_equal(og_type_of((og_value){0}), OG_TYPE_NONE);
}

static void gives_what_users_objects_were_made_from(void **state)
{
    og_doc *doc = *state;
    const og_value two[] = {og_int(1), str_of("a")};
    og_value cls;
    og_value inner;
    assert_int_equal(og_as_wrapped(called(doc, "app", "Color", two + 1, 1), &cls, &inner, NULL), OG_OK);
    assert_true(og_class_is(cls, "app", "Color"));
    assert_true(og_str_is(inner, "a"));
    assert_int_equal(og_as_wrapped(made(doc, OG_MAKE_NEW, "app", "Point", two, 2), NULL, &inner, NULL),
                     OG_OK);
    assert_int_equal(og_len(inner), 2);
    const og_value member[] = {cls, str_of("RED")};
    assert_int_equal(og_as_wrapped(called(doc, "builtins", "getattr", member, 2), &cls, &inner, NULL), OG_OK);
    assert_true(og_class_is(cls, "app", "Color"));
    assert_true(og_str_is(inner, "RED"));
    assert_int_equal(og_as_wrapped(timedelta(doc, 1, 2, 3), &cls, &inner, NULL), OG_ETYPE);
}

static void reads_a_datetime(void **state)
{
    og_doc *doc = *state;
    og_value offset = timedelta(doc, -1, 86400 - 3600, 5);
    const og_value args[] = {og_bytes(doc, "\x07\xe8\x8a\x1b\x02\x1e\x01\x00\x00\x04", 10),
                             called(doc, "datetime", "timezone", &offset, 1)};
    og_moment t;
    assert_int_equal(og_as_datetime(called(doc, "datetime", "datetime", args, 2), &t, NULL), OG_OK);
    assert_int_equal(t.year, 2024);
    assert_int_equal(t.month, 10);
    assert_int_equal(t.day, 27);
    assert_int_equal(t.hour, 2);
    assert_int_equal(t.minute, 30);
    assert_int_equal(t.second, 1);
    assert_int_equal(t.microsecond, 4);
    assert_int_equal(t.fold, 1);
    assert_true(t.has_offset);
    assert_int_equal(t.offset_seconds, -3600);
    assert_int_equal(t.offset_microseconds, 5);
}

static void says_what_is_wrong(void **state)
{
    og_doc *doc = *state;
    og_error err = {0};
    og_moment t;
    og_span d;
    uint8_t uuid[16];
    assert_int_equal(og_as_datetime(og_int(5), &t, &err), OG_ETYPE);
    assert_string_equal(err.text, "expected a datetime.datetime, found int");
    assert_int_equal(og_as_datetime(timedelta(doc, 1, 2, 3), &t, &err), OG_ETYPE);
    assert_string_equal(err.text, "expected a datetime.datetime, found datetime.timedelta");
    og_value bad = og_bytes(doc, "\x07\xe8\x02\x1e", 4);
    assert_int_equal(og_as_date(called(doc, "datetime", "date", &bad, 1), &t, &err), OG_EVALUE);
    assert_string_equal(err.text, "damaged datetime.date: there is no such day");
    assert_int_equal(og_as_timedelta(timedelta(doc, 1000000000, 0, 0), &d, &err), OG_EVALUE);
    assert_int_equal(og_as_timedelta(timedelta(doc, 0, INT64_MAX, INT64_MAX), &d, &err), OG_EVALUE);
    assert_int_equal(og_as_uuid(made(doc, OG_MAKE_NEW, "uuid", "UUID", NULL, 0), uuid, &err), OG_EVALUE);
    assert_string_equal(err.text, "damaged uuid.UUID: expected an attribute 'int' of 128 bits");
    assert_int_equal(err.position, OG_NO_POSITION);
}

static void normalises_timedeltas(void **state)
{
    og_span d;
    assert_int_equal(og_as_timedelta(timedelta(*state, 0, -1, -1), &d, NULL), OG_OK);
    assert_int_equal(d.days, -1);
    assert_int_equal(d.seconds, 86398);
    assert_int_equal(d.microseconds, 999999);
    assert_true(og_timedelta_seconds(&d) == -1.000001);
    assert_int_equal(og_as_timedelta(timedelta(*state, -999999999, 0, 0), &d, NULL), OG_OK);
    assert_true(og_timedelta_seconds(&d) == -86399999913600.0);
}

static void reads_pytz_offsets(void **state)
{
    og_doc *doc = *state;
    og_zone zone;
    og_value args[] = {str_of("Europe/Paris"), og_int(3600), og_int(0), str_of("CET")};
    assert_int_equal(og_as_timezone(called(doc, "pytz", "_p", args, 4), &zone, NULL), OG_OK);
    assert_true(zone.has_offset);
    assert_int_equal(zone.offset_seconds, 3600);
    assert_int_equal(og_as_timezone(called(doc, "pytz", "_p", args, 1), &zone, NULL), OG_OK);
    assert_false(zone.has_offset);
    assert_int_equal(og_as_timezone(called(doc, "pytz", "_UTC", NULL, 0), &zone, NULL), OG_OK);
    assert_true(zone.has_offset);
    args[1] = og_int(86400);
    assert_int_equal(og_as_timezone(called(doc, "pytz", "_p", args, 4), &zone, NULL), OG_EVALUE);
}

/* Steps through all pairs: the sum of the items, whose keys must be str. */
static int64_t sum_of(og_value value, size_t pairs)
{
    og_mapping m;
    assert_int_equal(og_as_mapping(value, &m, NULL), OG_OK);
    assert_int_equal(m.count, pairs);
    int64_t sum = 0;
    og_value key;
    og_value item;
    while (og_mapping_next(&m, &key, &item)) {
        int64_t number;
        assert_int_equal(og_kind_of(key), OG_STR);
        assert_int_equal(og_as_int64(item, &number), OG_OK);
        sum += number;
        pairs--;
    }
    assert_int_equal(pairs, 0);
    return sum;
}

static void steps_through_every_form_of_dict(void **state)
{
    og_doc *doc = *state;
    og_value dict = og_pack(doc, NULL, "{s:i,s:i}", "a", 1, "b", 2);
    og_value list = og_pack(doc, NULL, "[[s,i],(s,i)]", "a", 1, "b", 2);
    assert_int_equal(sum_of(dict, 2), 3);
    assert_int_equal(sum_of(called(doc, "collections", "Counter", &dict, 1), 2), 3);
    assert_int_equal(sum_of(called(doc, "collections", "OrderedDict", &list, 1), 2), 3);
    og_value stepped = called(doc, "collections", "OrderedDict", NULL, 0);
    assert_int_equal(sum_of(stepped, 0), 0);
    assert_int_equal(og_object_set_item(doc, stepped, str_of("a"), og_int(5), NULL), OG_OK);
    assert_int_equal(sum_of(stepped, 1), 5);
    og_value factory = og_class(doc, "builtins", 8, "int", 3);
    og_value with_default = called(doc, "collections", "defaultdict", &factory, 1);
    og_mapping m;
    assert_int_equal(og_as_mapping(with_default, &m, NULL), OG_OK);
    assert_true(og_class_is(m.factory, "builtins", "int"));
    assert_int_equal(og_as_mapping(og_int(1), &m, NULL), OG_ETYPE);
}

static void keeps_the_end_of_a_bounded_deque(void **state)
{
    og_doc *doc = *state;
    const og_value args[] = {og_pack(doc, NULL, "[i,i,i]", 1, 2, 3), og_int(2)};
    og_deque d;
    assert_int_equal(og_as_deque(called(doc, "collections", "deque", args, 2), &d, NULL), OG_OK);
    assert_int_equal(d.first, 1);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.maxlen, 2);
}

/* A datetime whose tzinfo is one, and so on: read without the C stack. */
static void survives_times_in_times(void **state)
{
    og_doc *doc = *state;
    og_value args[] = {og_bytes(doc, "\1\2\3\0\0\0", 6), og_none()};
    for (int i = 0; i < 200000; i++)
        args[1] = called(doc, "datetime", "time", args, 2);
    og_moment t;
    assert_int_equal(og_as_time(args[1], &t, NULL), OG_OK);
    assert_false(t.has_offset);
    og_buf out = OG_BUF_INIT;
    assert_int_equal(og_isoformat(args[1], &out, NULL), OG_EVALUE);
    assert_int_equal(out.len, 0);
    og_buf_free(&out);
    /* A getattr of a getattr of … */
    og_value name[] = {og_none(), str_of("x")};
    for (int i = 0; i < 200000; i++)
        name[0] = called(doc, "builtins", "getattr", name, 2);
    assert_int_equal(og_type_of(name[0]), OG_TYPE_NONE);
}

/* Keys that are tuples of twice the same tuple, and so on: seen in a time that follows the input. */
static void does_not_walk_doubled_keys(void **state)
{
    og_doc *doc = *state;
    og_doc *scratch = og_doc_new(NULL);
    og_value value = called(doc, "collections", "OrderedDict", NULL, 0);
    og_value shown;
    assert_non_null(scratch);
    for (int i = 0; i < 20; i++)
        assert_int_equal(og_object_set_item(doc, value, doubled(doc, 60), og_int(i), NULL), OG_OK);
    assert_int_equal(og__known_plain_of(scratch, value, &shown, NULL), 0);
    og_doc_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_every_class, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(tells_classes_of_users_by_form, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(gives_what_users_objects_were_made_from, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(reads_a_datetime, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(normalises_timedeltas, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(reads_pytz_offsets, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(steps_through_every_form_of_dict, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(keeps_the_end_of_a_bounded_deque, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(does_not_walk_doubled_keys, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(survives_times_in_times, doc_setup, doc_teardown),
    };
    return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
