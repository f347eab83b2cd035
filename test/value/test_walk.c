/* SPDX-License-Identifier: MIT */
/* Comparing and copying what is deep, shared, cyclic or made to take for ever. */
#include "../support/value_test.h"

enum { DEEP = 100000, DEEPEST = 1000000 };

/* a, b equal, not identical where `same` is false; both have a copy that is identical. */
static void check_pair(og_value a, og_value b, int equal, int identical)
{
    assert_int_equal(og_equal(a, b), equal);
    assert_int_equal(og_equal(b, a), equal);
    assert_int_equal(og_identical(a, b), identical);
    assert_int_equal(og_identical(b, a), identical);
    og_doc *doc = og_doc_new(NULL);
    og_value copy = og_copy(doc, a);
    assert_true(og_valid(copy));
    assert_int_equal(og_identical(a, copy), 1);
    assert_int_equal(og_equal(copy, a), 1);
    assert_int_equal(og_equal(copy, b), equal);
    og_doc_free(doc);
}

static void test_deep(void **state)
{
    static const og_kind kinds[] = {OG_LIST, OG_TUPLE, OG_FROZENSET};
    og_doc *other = og_doc_new(NULL);
    for (size_t i = 0; i < 3; i++) {
        og_value a = nested(*state, kinds[i], DEEP);
        og_value b = nested(other, kinds[i], DEEP);
        og_value c = nested(other, kinds[i], DEEP - 1);
        check_pair(a, b, 1, 1);
        check_pair(a, c, 0, 0);
        if (kinds[i] == OG_LIST) continue;
        og_value set = og_set(other);
        assert_int_equal(og_set_add(other, set, b, NULL), 0);
        assert_int_equal(og_set_add(other, set, c, NULL), 0);
        for (int64_t n = 0; n < 9; n++)
            og_set_add(other, set, og_int(n), NULL);
        assert_true(og_set_has(set, a));
    }
    og_doc_free(other);
}

static void test_deepest(void **state)
{
    og_doc *other = og_doc_new(NULL);
    og_value a = nested(*state, OG_LIST, DEEPEST);
    og_value b = og_copy(other, a);
    assert_int_equal(og_equal(a, b), 1);
    assert_int_equal(og_identical(a, b), 1);
    og_doc_free(other);
}

/* {{…}, 1} nested: each level has a choice of two. */
static void test_deep_choices(void **state)
{
    og_doc *docs[2] = {*state, og_doc_new(NULL)};
    og_value sets[2];
    for (int d = 0; d < 2; d++) {
        og_value v = og_frozenset(docs[d], NULL, 0, NULL);
        for (int64_t i = 0; i < 20000; i++) {
            og_value other = tuple1(docs[d], og_int(i));
            og_value items[2] = {d ? v : other, d ? other : v};
            v = og_frozenset(docs[d], items, 2, NULL);
            assert_true(og_valid(v));
        }
        sets[d] = v;
    }
    check_pair(sets[0], sets[1], 1, 0);
    og_doc_free(docs[1]);
}

/* 2**60 leaves in 60 nodes. */
static void test_doubled(void **state)
{
    og_doc *other = og_doc_new(NULL);
    og_value a = doubled(*state, 60);
    og_value b = doubled(other, 60);
    check_pair(a, b, 1, 1);
    check_pair(a, doubled(other, 61), 0, 0);
    check_pair(tuple2(*state, a, og_int(1)), tuple2(other, b, og_int(2)), 0, 0);
    og_value set = og_set(*state);
    og_error err;
    /* Hashing it would take for ever, and is refused. */
    assert_int_equal(og_set_add(*state, set, a, &err), OG_ELIMIT);
    ((og_doc *)*state)->work_limit = 10000;
    assert_int_equal(og_set_add(*state, set, a, &err), OG_ELIMIT);
    assert_string_equal(err.text, "keys take too long to compare");
    og_doc_free(other);
}

/* The same nodes, half shared here and half shared there. */
static void test_shared_differently(void **state)
{
    og_doc *doc = *state;
    og_value a = og_pack(doc, NULL, "[ii]", 1, 2);
    og_value shared = tuple2(doc, a, a);
    og_value apart = og_pack(doc, NULL, "([ii][ii])", 1, 2, 1, 2);
    check_pair(shared, apart, 1, 0);
    og_value x = og_bytearray(doc, "x", 1);
    og_value y = og_bytearray(doc, "x", 1);
    check_pair(tuple2(doc, x, x), tuple2(doc, x, y), 1, 0);
    check_pair(tuple2(doc, x, y), tuple2(doc, y, x), 1, 1);
    check_pair(tuple2(doc, tuple2(doc, x, y), tuple2(doc, x, y)),
               tuple2(doc, tuple2(doc, x, y), tuple2(doc, y, x)), 1, 0);
}

static og_value self_list(og_doc *doc, size_t length)
{
    og_value first = og_list(doc);
    og_value last = first;
    for (size_t i = 1; i < length; i++) {
        og_value next = og_list(doc);
        og_list_append(doc, last, next, NULL);
        last = next;
    }
    assert_int_equal(og_list_append(doc, last, first, NULL), 0);
    return first;
}

/* All such lists unroll to the same endless tree, so they are equal, but only one is identical. */
static void test_cycles(void **state)
{
    og_doc *other = og_doc_new(NULL);
    for (size_t m = 1; m < 6; m++) {
        for (size_t n = 1; n < 6; n++)
            check_pair(self_list(*state, m), self_list(other, n), 1, m == n);
    }
    og_value a = self_list(*state, 3);
    og_value b = self_list(other, 3);
    og_list_append(other, og_item(b, 0), og_int(1), NULL);
    check_pair(a, b, 0, 0);
    og_doc_free(other);
}

/* A cycle that is entered at another place than it closes. */
static void test_cycle_entered_elsewhere(void **state)
{
    og_doc *doc = *state;
    og_value a = self_list(doc, 2);
    check_pair(a, og_item(a, 0), 1, 1);
    og_value wrapped = og_list(doc);
    og_list_append(doc, wrapped, a, NULL);
    check_pair(wrapped, a, 1, 0);
    og_value dict = og_dict(doc);
    og_dict_sets(doc, dict, "self", dict, NULL);
    assert_true(og__value_is_shared(dict));
    og_value twin = og_dict(doc);
    og_dict_sets(doc, twin, "self", dict, NULL);
    check_pair(dict, dict, 1, 1);
    check_pair(dict, twin, 1, 0);
}

static og_value object_of(og_doc *doc, const char *name, int64_t state)
{
    og_value o =
        og_object(doc, OG_MAKE_NEW, og_class(doc, "m", 1, name, strlen(name)), og_tuple(doc, NULL, 0));
    assert_int_equal(og_object_build(doc, o, og_int(state), NULL), 0);
    return o;
}

/* Objects as keys: each is itself only within a document; two documents are matched in order. */
static void test_objects_as_keys(void **state)
{
    og_doc *doc = *state;
    og_doc *other = og_doc_new(NULL);
    for (int64_t count = 1; count < 20; count += 6) {
        og_value a = og_dict(doc);
        og_value b = og_dict(other);
        og_value c = og_dict(other);
        for (int64_t i = 0; i < count; i++) {
            og_value key = object_of(doc, "K", i % 2);
            assert_int_equal(og_dict_set(doc, a, key, og_int(i), NULL), 0);
            assert_int_equal(og_dict_get(a, key).u.i, i);
            assert_false(og_valid(og_dict_get(a, object_of(doc, "K", i % 2))));
            og_dict_set(doc, a, tuple2(doc, key, og_int(1)), og_none(), NULL);
            key = object_of(other, "K", i % 2);
            og_dict_set(other, b, tuple2(other, key, og_int(1)), og_none(), NULL);
            og_dict_set(other, b, key, og_int(i), NULL);
            og_dict_set(other, c, object_of(other, "K", 5), og_int(i), NULL);
            og_dict_set(other, c, object_of(other, "K", 5), og_int(i), NULL);
        }
        assert_int_equal(og_len(a), 2 * (size_t)count);
        assert_int_equal(og_equal(a, c), 0);
        og_value copy = og_copy(other, a);
        assert_int_equal(og_equal(a, copy), 1);
        assert_int_equal(og_identical(a, copy), 1);
        for (og_iter it = og_iter_of(copy); og_iter_next(&it, &c, NULL);)
            assert_true(og_valid(og_dict_get(copy, c)));
        (void)b;
    }
    og_doc_free(other);
}

/* One large tuple in each of many keys: work that grows as the square, refused when it is too much. */
static void test_work_limit(void **state)
{
    og_doc *doc = *state;
    og_value items[1000];
    for (size_t i = 0; i < 1000; i++)
        items[i] = og_int((int64_t)i);
    og_value large = og_tuple(doc, items, 1000);
    og_value set = og_set(doc);
    doc->work_limit = 1000000;
    int status = 0;
    int64_t n = 0;
    og_error err;
    for (; n < 100000 && status == 0; n++)
        status = og_set_add(doc, set, tuple2(doc, large, og_int(n)), &err);
    assert_int_equal(status, OG_ELIMIT);
    assert_in_range(n, 500, 1001);
}

static void test_copy_keeps_all(void **state)
{
    og_doc *doc = *state;
    og_value o = object_of(doc, "C", 1);
    og_value all =
        og_pack(doc, NULL, "[nbiIUfss#y#(v){s:v}<ii>vvvvv]", 1, -5, INT64_MIN, UINT64_MAX, 2.5, "text",
                "a\0b", (size_t)3, "by\0tes", (size_t)6, o, "key", o, 1, 2, og_bytearray(doc, "arr", 3),
                og_complex(doc, 1, -2), og_frozenset(doc, NULL, 0, NULL), og_class(doc, "m", 1, "q", 1),
                og_int_from_text(doc, "-123456789012345678901234567890", 31, 0, NULL));
    assert_true(og_valid(all));
    og_doc *other = og_doc_new(NULL);
    og_value copy = og_copy(other, all);
    og_value shallow = og_copy(other, og_int(3));
    assert_int_equal(shallow.u.i, 3);
    assert_false(og_valid(og_copy(other, (og_value){0})));
    assert_int_equal(og_identical(all, copy), 1);
    assert_int_equal(og_equal(all, copy), 1);
    /* Nothing of the copy is in the first document. */
    memset(doc->chunks + 1, 0, doc->chunks->size - sizeof *doc->chunks);
    int64_t i;
    uint64_t u;
    assert_int_equal(og_unpack(copy, NULL, "[nbiIU*]", &(bool){0}, &(int){0}, &i, &u), 0);
    assert_true(i == INT64_MIN && u == UINT64_MAX);
    assert_true(og_str_is(og_item(copy, 6), "text"));
    og_doc_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deep, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_deepest, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_deep_choices, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_doubled, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_shared_differently, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_cycles, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_cycle_entered_elsewhere, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_objects_as_keys, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_work_limit, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_copy_keeps_all, doc_setup, doc_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
