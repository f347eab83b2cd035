/* SPDX-License-Identifier: MIT */
/* Python's types built in C: read back to what they were built from in all protocols, under the policies that
 * should let them pass, and with every failing allocation. */
#include "../support/failing_alloc.h"
#include "../support/value_test.h"
#include "base/bytes.h"

#include <onggi/known.h>
#include <onggi/pickle.h>

#include <stdlib.h>

static og_value app(og_doc *doc, const char *name)
{
    return og_class(doc, "app", 3, name, strlen(name));
}

/* The value, written as a pickle and read back, in a document of its own. */
static og_doc *reread(og_value value, int protocol)
{
    og_error err = OG_ERROR_INIT;
    size_t len;
    og_pickle_write_options out = {.size = sizeof out,
                                   .protocol = protocol ? protocol : OG_PICKLE_PROTOCOL_0};
    void *pickle = og_pickle_dumps(value, &len, &out, &err);
    if (!pickle) fail_msg("%s", err.text);
    og_doc *doc = og_pickle_loads(pickle, len, NULL, &err);
    if (!doc) fail_msg("%s", err.text);
    free(pickle);
    return doc;
}

static void times_read_back(void **state)
{
    og_doc *doc = *state;
    og_moment t = {.year = 9999,
                   .month = 12,
                   .day = 31,
                   .hour = 23,
                   .minute = 59,
                   .second = 58,
                   .microsecond = 999999,
                   .fold = 1,
                   .has_offset = true,
                   .offset_seconds = -1,
                   .offset_microseconds = 5};
    og_value values[] = {og_datetime(doc, &t, NULL), og_time(doc, &t, NULL), og_date(doc, &t, NULL)};
    for (int protocol = 0; protocol <= 5; protocol++) {
        og_moment got;
        og_doc *read = reread(og_tuple(doc, values, 3), protocol);
        og_value root = og_doc_root(read);
        assert_int_equal(og_as_datetime(og_item(root, 0), &got, NULL), OG_OK);
        assert_true(got.year == 9999 && got.month == 12 && got.day == 31 && got.hour == 23 &&
                    got.minute == 59);
        assert_true(got.second == 58 && got.microsecond == 999999 && got.fold == 1 && got.has_offset);
        assert_int_equal(got.offset_seconds, -1);
        assert_int_equal(got.offset_microseconds, 5);
        assert_int_equal(og_as_time(og_item(root, 1), &got, NULL), OG_OK);
        assert_true(got.year == 0 && got.hour == 23 && got.microsecond == 999999 && got.fold == 1);
        assert_int_equal(og_as_date(og_item(root, 2), &got, NULL), OG_OK);
        assert_true(got.year == 9999 && got.day == 31 && got.hour == 0 && !got.has_offset);
        og_doc_free(read);
    }
}

/* What was read can be built again as it is: the zone comes along. */
static void moments_are_built_from_what_was_read(void **state)
{
    og_doc *doc = *state;
    og_moment t = {.year = 1, .month = 1, .day = 1, .zone = og_timezone(doc, 19800, 0, "IST", NULL)};
    og_value first = og_datetime(doc, &t, NULL);
    og_moment read;
    assert_int_equal(og_as_datetime(first, &read, NULL), OG_OK);
    assert_true(read.has_offset && og_valid(read.zone));
    og_value again = og_datetime(doc, &read, NULL);
    assert_int_equal(og_equal(first, again), 1);
    read.offset_seconds += 1;
    og_error err = OG_ERROR_INIT;
    assert_false(og_valid(og_datetime(doc, &read, &err)));
    assert_int_equal(err.code, OG_EVALUE);
    read.zone = (og_value){0};
    assert_true(og_valid(og_datetime(doc, &read, NULL)));
    read.zone = og_int(5);
    assert_false(og_valid(og_datetime(doc, &read, &err)));
    assert_int_equal(err.code, OG_ETYPE);
    og_zone zone;
    og_value paris = og_zoneinfo(doc, "Europe/Paris", NULL);
    assert_int_equal(og_type_of(paris), OG_TYPE_ZONEINFO);
    assert_int_equal(og_as_timezone(paris, &zone, NULL), OG_OK);
    assert_true(og_str_is(zone.name, "Europe/Paris") && !zone.has_offset);
}

static void spans_read_back_in_normal_form(void **state)
{
    og_doc *doc = *state;
    og_span d;
    for (int protocol = 0; protocol <= 5; protocol++) {
        og_doc *read = reread(og_timedelta(doc, 0, -1, -1, NULL), protocol);
        assert_int_equal(og_as_timedelta(og_doc_root(read), &d, NULL), OG_OK);
        assert_true(d.days == -1 && d.seconds == 86398 && d.microseconds == 999999);
        og_doc_free(read);
    }
}

static void numbers_read_back(void **state)
{
    og_doc *doc = *state;
    const uint8_t id[16] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const og_value values[] = {og_decimal(doc, "-01.50e3", 8, NULL),
                               og_fraction(doc, og_int(-3), og_int(4), NULL), og_uuid(doc, id, NULL),
                               og_path(doc, OG_PATH_PURE_WINDOWS, "c:/x", 4, NULL)};
    for (int protocol = 0; protocol <= 5; protocol++) {
        og_doc *read = reread(og_tuple(doc, values, 4), protocol);
        og_value root = og_doc_root(read);
        og_buf text = OG_BUF_INIT;
        assert_int_equal(og_as_decimal(og_item(root, 0), &text, NULL), OG_OK);
        assert_int_equal(text.len, 8);
        assert_memory_equal(text.data, "-1.50E+3", 8);
        og_value n;
        og_value d;
        assert_int_equal(og_as_fraction(og_item(root, 1), read, &n, &d, NULL), OG_OK);
        assert_int_equal(og_equal(n, og_int(-3)) + og_equal(d, og_int(4)), 2);
        uint8_t got[16];
        assert_int_equal(og_as_uuid(og_item(root, 2), got, NULL), OG_OK);
        assert_memory_equal(got, id, 16);
        text.len = 0;
        assert_int_equal(og_as_path(og_item(root, 3), &text, NULL), OG_OK);
        assert_memory_equal(text.data, "c:\\x", 4);
        og_buf_free(&text);
        og_doc_free(read);
    }
}

static void objects_of_users_read_back(void **state)
{
    og_doc *doc = *state;
    const og_value items[] = {og_int(1), og_str(doc, "b")};
    og_value attributes = og_pack(doc, NULL, "{s:s}", "name", "John");
    const og_value values[] = {og_named_tuple(doc, app(doc, "Point"), items, 2, NULL),
                               og_instance(doc, app(doc, "User"), attributes, NULL),
                               og_enum(doc, app(doc, "Color"), og_int(2), NULL)};
    for (int protocol = 0; protocol <= 5; protocol++) {
        og_doc *read = reread(og_tuple(doc, values, 3), protocol);
        og_value root = og_doc_root(read);
        og_value cls;
        og_value inner;
        assert_int_equal(og_as_wrapped(og_item(root, 0), &cls, &inner, NULL), OG_OK);
        assert_true(og_class_is(cls, "app", "Point") && og_len(inner) == 2 &&
                    og_str_is(og_item(inner, 1), "b"));
        assert_true(og_str_is(og_object_attr(og_item(root, 1), "name"), "John"));
        assert_int_equal(og_as_wrapped(og_item(root, 2), &cls, &inner, NULL), OG_OK);
        assert_true(og_class_is(cls, "app", "Color") && og_equal(inner, og_int(2)) == 1);
        og_doc_free(read);
    }
    assert_false(og_valid(og_named_tuple(doc, og_int(1), items, 2, NULL)));
    assert_false(og_valid(og_enum(doc, og_str(doc, "app.Color"), og_int(2), NULL)));
    assert_false(og_valid(og_instance(doc, og_none(), attributes, NULL)));
}

/* A chain of calls is checked once, at its end, and says what went wrong first. */
static void refusals_come_through_containers(void **state)
{
    og_doc *doc = *state;
    og_error err; /* not filled: what a failing call finds there does not matter */
    const og_moment bad = {.year = 2023, .month = 2, .day = 29};
    const og_moment lost = {
        .year = 2023, .month = 2, .day = 28, .zone = og_timezone(doc, 86400, 0, NULL, NULL)};
    og_value value = og_pack(doc, &err, "{s:[v]}", "when", og_datetime(doc, &bad, NULL));
    assert_false(og_valid(value));
    assert_int_equal(err.code, OG_EVALUE);
    assert_string_equal(err.text, "a value could not be made: there is no such day");
    assert_int_equal(og_list_append(doc, og_list(doc), og_enum(doc, og_none(), og_int(1), NULL), &err),
                     OG_ETYPE);
    assert_int_equal(og_list_append(doc, og_list(doc), og_datetime(doc, &lost, NULL), &err), OG_EVALUE);
    assert_false(og_valid(og_enum(doc, app(doc, "Color"), og_decimal(doc, "x", 1, NULL), &err)));
    assert_string_equal(err.text, "a value could not be made: its text is not a number");
    assert_int_equal(og_list_append(doc, og_list(doc), (og_value){0}, &err), OG_ENOMEM);
}

/* Borrowed data are not copied: not into the document, and not on the way to a buffer of the program's. */
static void arrays_take_data_in_place(void **state)
{
    static const int16_t numbers[] = {1, 2, 3, 4, 5, 6};
    static const size_t shape[] = {2, 3};
    og_doc *doc = *state;
    og_value data[] = {og_bytes_borrow(numbers, sizeof numbers),
                       og_bytearray_borrow(doc, numbers, sizeof numbers)};
    for (int i = 0; i < 2; i++) {
        og_array a;
        og_value value = og_ndarray(doc, "int16", shape, 2, i ? 'F' : 'C', data[i], NULL);
        assert_int_equal(og_as_ndarray(value, &a, NULL), OG_OK);
        assert_ptr_equal(a.data, numbers);
        assert_true(a.ndim == 2 && a.count == 6 && a.shape[0] == 2 && a.shape[1] == 3 &&
                    a.fortran == (i == 1));
        assert_int_equal(a.strides[0], i ? 2 : 6);
        for (int protocol = 0; protocol <= 5; protocol++) {
            og_doc *read = reread(value, protocol);
            assert_int_equal(og_as_ndarray(og_doc_root(read), &a, NULL), OG_OK);
            assert_memory_equal(a.data, numbers, sizeof numbers);
            assert_int_equal(a.dtype.order, OG__NATIVE_ORDER);
            og_doc_free(read);
        }
    }
}

static void arrays_out_of_band(void **state)
{
    static const double numbers[] = {1.5, -2.5};
    const size_t count = 2;
    og_doc *doc = *state;
    const og_value readonly[] = {og_int(0), og_bool(true)};
    const og_value numbered[] = {og_int(0), og_tuple(doc, readonly, 2)};
    for (int i = 0; i < 2; i++) {
        size_t len;
        og_array a;
        og_value buffer = og_object(doc, OG_MAKE_BUFFER, (og_value){0}, numbered[i]);
        og_pickle_write_options out = {.size = sizeof out, .protocol = 5};
        void *pickle = og_pickle_dumps(og_ndarray(doc, "f8", &count, 1, 'C', buffer, NULL), &len, &out, NULL);
        assert_non_null(pickle);
        assert_true(len < 120);
        og_value given = og_bytes_borrow(numbers, sizeof numbers);
        og_pickle_read_options in = {.size = sizeof in, .buffers = &given, .buffer_count = 1};
        og_doc *read = og_pickle_loads(pickle, len, &in, NULL);
        assert_int_equal(og_as_ndarray(og_doc_root(read), &a, NULL), OG_OK);
        assert_ptr_equal(a.data, numbers);
        og_doc_free(read);
        free(pickle);
    }
}

/* A tuple of what was built; a call that failed has said that there was no memory. */
static og_value all_of(og_doc *doc, const og_value *values, size_t count, og_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (og_valid(values[i])) continue;
        assert_int_equal(err->code, OG_ENOMEM);
        return values[i];
    }
    err->code = OG_ENOMEM;
    return og_tuple(doc, values, count);
}

/* Everything that is plain data. */
static og_value build_plain(og_doc *doc, og_error *err)
{
    const og_moment t = {
        .year = 2024, .month = 1, .day = 2, .fold = 1, .has_offset = true, .offset_seconds = 3600};
    const og_moment paris = {
        .year = 2024, .month = 1, .day = 2, .zone = og_zoneinfo(doc, "Europe/Paris", err)};
    const uint8_t id[16] = {1};
    const og_value values[] = {
        og_datetime(doc, &t, err),
        og_datetime(doc, &paris, err),
        og_date(doc, &t, err),
        og_time(doc, &t, err),
        og_timedelta(doc, 1, 2, 3, err),
        og_timezone(doc, -3600, 0, "x", err),
        og_decimal(doc, "1.5", 3, err),
        og_fraction(doc, og_int(1), og_uint(doc, UINT64_MAX), err),
        og_uuid(doc, id, err),
        og_path(doc, OG_PATH, "/a", 2, err),
        og_path(doc, OG_PATH_PURE, "/a", 2, err),
        og_path(doc, OG_PATH_PURE_POSIX, "/a", 2, err),
        og_path(doc, OG_PATH_PURE_WINDOWS, "c:\\a", 4, err),
    };
    return all_of(doc, values, sizeof values / sizeof values[0], err);
}

static og_value build_arrays(og_doc *doc, og_error *err)
{
    static const char *const types[] = {"<f8", "S8", "<U2", ">M8[25s]", "V8", "u1", "O"};
    og_value values[14];
    og_value list = og_list(doc);
    for (int i = 0; i < 8 && og_valid(list); i++) {
        if (og_list_append(doc, list, og_int(i), err) < 0) return (og_value){0};
    }
    for (size_t i = 0; i < 7; i++) {
        const size_t shape[] = {types[i][0] == 'u' || types[i][0] == 'O' ? 8 : 1, 1};
        og_value data = types[i][0] == 'O' ? list : og_bytes(doc, "12345678", 8);
        values[2 * i] = og_ndarray(doc, types[i], shape, 2, types[i][0] == 'O' ? 'C' : 'F', data, err);
        if (types[i][0] != 'O') data = og_bytearray(doc, "12345678", 8);
        values[2 * i + 1] = og_ndarray(doc, types[i], shape, 2, 'C', data, err);
    }
    return all_of(doc, values, 14, err);
}

static og_value build_objects(og_doc *doc, og_error *err)
{
    const og_value items[] = {og_int(1), og_str(doc, "two")};
    og_value attributes = og_dict(doc);
    err->code = OG_ENOMEM;
    if (!og_valid(attributes) || og_dict_sets(doc, attributes, "x", og_int(1), err) < 0) return (og_value){0};
    const og_value values[] = {og_named_tuple(doc, app(doc, "Point"), items, 2, err),
                               og_instance(doc, app(doc, "User"), attributes, err),
                               og_enum(doc, app(doc, "Color"), items[1], err)};
    return all_of(doc, values, 3, err);
}

typedef og_value builder(og_doc *doc, og_error *err);

static void passes(og_doc *doc, builder *build, const char *name)
{
    og_error err = OG_ERROR_INIT;
    og_value value = build(doc, &err);
    og_policy *policy = og_policy_builtin(name, &err);
    if (!og_valid(value) || !policy) fail_msg("%s", err.text);
    for (int protocol = 2; protocol <= 5; protocol++) {
        og_buf out = OG_BUF_INIT;
        og_pickle_write_options o = {.size = sizeof o, .protocol = protocol, .policy = policy};
        if (og_pickle_write(value, &out, &o, &err) < 0) fail_msg("protocol %d: %s", protocol, err.text);
        og_buf_free(&out);
    }
    og_policy_free(policy);
}

static void policies_for_data_let_them_pass(void **state)
{
    passes(*state, build_plain, "plain-data");
    passes(*state, build_plain, "numpy-data");
    passes(*state, build_arrays, "numpy-data");
}

static int build_all(const og_allocator *alloc, void *ctx)
{
    static builder *const builders[] = {build_plain, build_arrays, build_objects};
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    og_value value = builders[*(const int *)ctx](doc, &err);
    int status = og_valid(value) ? OG_OK : err.code < 0 ? err.code : OG_ENOMEM;
    og_doc_free(doc);
    return status;
}

static void survives_failing_allocations(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(failing_alloc_run(build_all, &i) > 1);
}

/* The same at every place where memory may end: each call reports it, and none says that something else is
 * wrong. */
static void survives_every_limit_of_memory(void **state)
{
    static builder *const builders[] = {build_plain, build_arrays, build_objects};
    (void)state;
    for (int i = 0; i < 3; i++) {
        size_t refused = 0;
        for (size_t fill = 0; fill < 1 << 16; fill += 8) {
            og_error err = OG_ERROR_INIT;
            og_doc *doc = og_doc_new(NULL);
            assert_non_null(doc);
            og_doc_set_memory_limit(doc, og_doc_memory(doc) + fill);
            bool built = og_valid(builders[i](doc, &err));
            if (!built && err.code != OG_ENOMEM) fail_msg("%s", err.text);
            og_doc_free(doc);
            if (built && fill > 1 << 14) break;
            refused += !built;
        }
        assert_true(refused > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(times_read_back, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(moments_are_built_from_what_was_read, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(spans_read_back_in_normal_form, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(numbers_read_back, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(objects_of_users_read_back, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(refusals_come_through_containers, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(arrays_take_data_in_place, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(arrays_out_of_band, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(policies_for_data_let_them_pass, doc_setup, doc_teardown),
        cmocka_unit_test(survives_failing_allocations),
        cmocka_unit_test(survives_every_limit_of_memory),
    };
    return cmocka_run_group_tests_name("build", tests, NULL, NULL);
}
