/* SPDX-License-Identifier: MIT */
/* The walk through containers of pickles: order, paths, limits, ownership. */
#include <onggi/container.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EVIL "cos\nsystem\n(S'id'\ntR."

static og_walk *walk_of(const void *bytes, size_t len, const char *name)
{
    const og_walk_options options = {.size = sizeof options, .name = name};
    og_error err;
    og_walk *walk = og_walk_new(bytes, len, &options, &err);
    assert_non_null(walk);
    return walk;
}

static void expect(og_walk *walk, og_entry_kind kind, const char *what, const char *path)
{
    og_entry entry;
    og_error err;
    assert_int_equal(og_walk_next(walk, &entry, &err), 1);
    assert_int_equal(entry.kind, kind);
    assert_string_equal(entry.what, what);
    assert_string_equal(entry.path, path);
}

static void expect_end(og_walk *walk)
{
    og_entry entry;
    og_error err;
    assert_int_equal(og_walk_next(walk, &entry, &err), 0);
    assert_int_equal(og_walk_next(walk, &entry, &err), 0);
    og_walk_free(walk);
}

static void test_pickles_in_a_row_are_judged_one_by_one(void **state)
{
    (void)state;
    static const char bytes[] = "N.I1\n." EVIL " \n";
    og_entry entry;
    og_error err;
    og_walk *walk = walk_of(bytes, sizeof bytes - 1, "x");
    static const struct {
        size_t offset;
        og_verdict verdict;
    } rows[] = {{0, OG_HARMLESS}, {2, OG_HARMLESS}, {6, OG_HARMFUL}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(og_walk_next(walk, &entry, &err), 1);
        assert_int_equal(entry.kind, OG_ENTRY_PICKLE);
        assert_int_equal(entry.number, i + 1);
        assert_int_equal(entry.offset, rows[i].offset);
        assert_int_equal(entry.report.verdict, rows[i].verdict);
        assert_ptr_equal(entry.bytes, bytes + rows[i].offset);
    }
    expect_end(walk);
}

static void test_arrays_and_what_comes_after_them(void **state)
{
    (void)state;
    static const char bytes[] = "\x93NUMPY\1\0\x39\0{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}"
                                "  ab" EVIL;
    og_walk *walk = walk_of(bytes, sizeof bytes - 1, "x.npy");
    expect(walk, OG_ENTRY_ARCHIVE, "an array of numpy", "");
    expect(walk, OG_ENTRY_ARRAY, "an array of numbers", "");
    expect(walk, OG_ENTRY_PICKLE, "a pickle", "[after the array]");
    expect_end(walk);
}

static void test_other_things_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        og_entry_kind kind;
        const char *what;
    } rows[] = {
        {"", 0, OG_ENTRY_OTHER, "an empty file"},
        {"a,b\n", 4, OG_ENTRY_OTHER, "text"},
        {"\0\0\0", 3, OG_ENTRY_OTHER, "blank"},
        {"\xff\1\2", 3, OG_ENTRY_UNREADABLE, "unknown bytes"},
        {"\xfd"
         "7zXZ\0....",
         10, OG_ENTRY_UNREADABLE, "packed by xz"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_walk *walk = walk_of(rows[i].bytes, rows[i].len, NULL);
        expect(walk, rows[i].kind, rows[i].what, "");
        expect_end(walk);
    }
}

static void test_a_promised_pickle_is_read_as_one(void **state)
{
    (void)state;
    const og_walk_options options = {.size = sizeof options, .pickle = true};
    og_error err;
    og_walk *walk = og_walk_new("a,b\n", 4, &options, &err);
    expect(walk, OG_ENTRY_PICKLE, "a pickle", "");
    expect_end(walk);
}

static void test_unknown_options_are_refused(void **state)
{
    (void)state;
    const og_walk_options options = {.size = 1};
    og_error err;
    assert_null(og_walk_new("N.", 2, &options, &err));
    assert_int_equal(err.code, OG_EINVAL);
}

static void test_a_walk_may_be_left_at_any_entry(void **state)
{
    (void)state;
    static const char bytes[] = "N." EVIL;
    for (int steps = 0; steps < 3; steps++) {
        og_entry entry;
        og_error err;
        og_walk *walk = walk_of(bytes, sizeof bytes - 1, "x");
        for (int i = 0; i < steps; i++)
            assert_int_equal(og_walk_next(walk, &entry, &err), 1);
        og_walk_free(walk);
    }
    og_walk_free(NULL);
}

static void test_long_files_are_known_by_head_and_size(void **state)
{
    (void)state;
    static const char head[] =
        "\x39\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"U8\",\"shape\":[90],\"data_offsets\":[0,90]}}  ";
    const char *what;
    assert_int_equal(og_entry_known(head, sizeof head - 1, 65 + 90, &what), OG_ENTRY_OTHER);
    assert_string_equal(what, "a safetensors file");
    assert_int_equal(og_entry_known(head, sizeof head - 1, 65 + 91, &what), OG_ENTRY_UNREADABLE);
    assert_int_equal(og_entry_known(head, 40, 65 + 90, &what), OG_ENTRY_UNREADABLE);
    static const char array[] =
        "\x93NUMPY\1\0\x39\0{'descr': '|u1', 'fortran_order': False, 'shape': (9,)}  ";
    assert_int_equal(og_entry_known(array, sizeof array - 1, sizeof array - 1 + 9, &what), OG_ENTRY_ARRAY);
}

static void test_the_table_lists_every_kind_once(void **state)
{
    (void)state;
    const char *what;
    bool opened;
    size_t count = 0;
    size_t readers = 0;
    for (const char *name; (name = og_container_at(count, &what, &opened)); count++) {
        assert_true(*name && *what);
        readers += opened;
    }
    assert_true(count >= 15 && readers >= 5 && readers < count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pickles_in_a_row_are_judged_one_by_one),
        cmocka_unit_test(test_arrays_and_what_comes_after_them),
        cmocka_unit_test(test_other_things_are_named),
        cmocka_unit_test(test_a_promised_pickle_is_read_as_one),
        cmocka_unit_test(test_unknown_options_are_refused),
        cmocka_unit_test(test_a_walk_may_be_left_at_any_entry),
        cmocka_unit_test(test_long_files_are_known_by_head_and_size),
        cmocka_unit_test(test_the_table_lists_every_kind_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
