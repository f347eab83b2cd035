/* SPDX-License-Identifier: MIT */
/* Class references and inert objects. */
#include "../support/value_test.h"

static og_value make(og_doc *doc)
{
    og_value v =
        og_object(doc, OG_MAKE_CALL, og_class(doc, "collections", 11, "deque", 5), og_tuple(doc, NULL, 0));
    assert_true(og_valid(v));
    return v;
}

static void test_class(void **state)
{
    og_doc *doc = *state;
    og_value c = og_class(doc, "a.b", 3, "C.d", 3);
    assert_true(og_class_is(c, "a.b", "C.d"));
    assert_false(og_class_is(c, "a.b", "C"));
    assert_false(og_class_is(og_int(1), "a.b", "C.d"));
    assert_true(og_str_is(og_class_module(c), "a.b"));
    assert_true(og_str_is(og_class_qualname(c), "C.d"));
    assert_false(og_valid(og_class_module(og_none())));
    assert_false(og_valid(og_class(doc, "\xff", 1, "x", 1)));
    assert_false(og_valid(og__value_class_from(doc, og_int(1), str_of("x"))));
    /* The dot is no part of the names: a.b + c is not a + b.c. */
    og_value x = og_class(doc, "a.b", 3, "c", 1);
    og_value y = og_class(doc, "a", 1, "b.c", 3);
    assert_int_equal(og_equal(x, y), 0);
    og_value set = og_frozenset(doc, &x, 1, NULL);
    assert_true(og_set_has(set, og_class(doc, "a.b", 3, "c", 1)));
    assert_false(og_set_has(set, y));
}

static void test_empty_object(void **state)
{
    og_value v = make(*state);
    assert_int_equal(og_object_make(v), OG_MAKE_CALL);
    assert_true(og_class_is(og_object_class(v), "collections", "deque"));
    assert_int_equal(og_len(og_object_args(v)), 0);
    assert_false(og_valid(og_object_kwargs(v)));
    assert_false(og_valid(og_object_state(v)));
    assert_false(og_valid(og_object_items(v)));
    assert_false(og_valid(og_object_pairs(v)));
    assert_false(og_valid(og_object_next(v)));
    assert_false(og_valid(og_object_attr(v, "x")));
    assert_false(og_valid(og_object_state(og_int(1))));
    assert_false(og_valid(og_object_class(og_none())));
    assert_int_equal(og_object_make(og_object(*state, OG_MAKE_PERSISTENT, (og_value){0}, og_int(1))),
                     OG_MAKE_PERSISTENT);
}

static void test_steps_in_order(void **state)
{
    og_doc *doc = *state;
    og_value v = make(doc);
    assert_int_equal(og_object_set_kwargs(doc, v, og_dict(doc), NULL), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(og_object_append(doc, v, og_int(i), NULL), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(og_object_set_item(doc, v, og_int(i), og_int(-i), NULL), 0);
    assert_int_equal(og_object_build(doc, v, og_pack(doc, NULL, "{s:i}", "x", 5), NULL), 0);
    assert_int_equal(og_len(og_object_items(v)), 10);
    assert_int_equal(og_len(og_object_pairs(v)), 20);
    assert_int_equal(og_item(og_object_pairs(v), 19).u.i, -9);
    assert_int_equal(og_object_attr(v, "x").u.i, 5);
    assert_false(og_valid(og_object_attr(v, "y")));
    assert_int_equal(og_kind_of(og_object_kwargs(v)), OG_DICT);
    assert_false(og_valid(og_object_next(v)));
}

static void test_attr_in_slots(void **state)
{
    og_doc *doc = *state;
    og_value v = make(doc);
    og_object_build(doc, v, og_pack(doc, NULL, "({s:i}{s:i})", "a", 1, "b", 2), NULL);
    assert_int_equal(og_object_attr(v, "a").u.i, 1);
    assert_int_equal(og_object_attr(v, "b").u.i, 2);
    og_value w = make(doc);
    og_object_build(doc, w, og_pack(doc, NULL, "(n{s:i})", "b", 2), NULL);
    assert_int_equal(og_object_attr(w, "b").u.i, 2);
    assert_false(og_valid(og_object_attr(w, "a")));
}

/* state, item, state, pair, item: each step out of order opens a further record. */
static void test_steps_out_of_order(void **state)
{
    og_doc *doc = *state;
    og_value v = make(doc);
    og_object_build(doc, v, og_int(1), NULL);
    og_object_append(doc, v, og_int(2), NULL);
    og_object_build(doc, v, og_int(3), NULL);
    og_object_build(doc, v, og_int(4), NULL);
    og_object_set_item(doc, v, og_int(5), og_int(6), NULL);
    og_object_append(doc, v, og_int(7), NULL);
    assert_int_equal(og_object_state(v).u.i, 1);
    v = og_object_next(v);
    assert_int_equal(og_item(og_object_items(v), 0).u.i, 2);
    assert_int_equal(og_object_state(v).u.i, 3);
    v = og_object_next(v);
    assert_int_equal(og_object_state(v).u.i, 4);
    assert_false(og_valid(og_object_items(v)));
    v = og_object_next(v);
    assert_int_equal(og_item(og_object_pairs(v), 1).u.i, 6);
    assert_false(og_valid(og_object_state(v)));
    v = og_object_next(v);
    assert_int_equal(og_item(og_object_items(v), 0).u.i, 7);
    assert_false(og_valid(og_object_next(v)));
}

/* state, call, item, call, call: each call begins a further record, and is copied and compared with it. */
static void test_calls_for_effect(void **state)
{
    og_doc *doc = *state;
    og_value v = make(doc);
    og_value setter = og_class(doc, "app", 3, "restore", 7);
    og_object_build(doc, v, og_int(1), NULL);
    assert_int_equal(og_object_then(doc, v, setter, og_tuple(doc, &v, 1), NULL), 0);
    og_object_append(doc, v, og_int(2), NULL);
    og_value bare = og_copy(doc, v);
    assert_int_equal(og_object_then(doc, v, setter, og_tuple(doc, NULL, 0), NULL), 0);
    assert_int_equal(og_object_then(doc, v, setter, og_tuple(doc, NULL, 0), NULL), 0);
    og_value next = og_object_next(v);
    assert_true(og_class_is(og_object_class(next), "app", "restore"));
    assert_int_equal(og_object_make(next), OG_MAKE_CALL);
    assert_int_equal(og_len(og_object_args(next)), 1);
    assert_int_equal(og_item(og_object_items(next), 0).u.i, 2);
    next = og_object_next(og_object_next(next));
    assert_true(og_valid(og_object_class(next)));
    assert_false(og_valid(og_object_next(next)));
    assert_int_equal(og_identical(v, og_copy(doc, v)), 1);
    assert_int_equal(og_equal(v, bare), 0);
    assert_int_equal(og_object_then(doc, og_none(), setter, setter, NULL), OG_ETYPE);
    assert_int_equal(og_object_then(doc, v, setter, (og_value){0}, NULL), OG_ENOMEM);
}

/* A hostile pickle's chain of steps takes time in proportion to its length. */
static void test_long_chain(void **state)
{
    og_doc *doc = *state;
    og_value v = make(doc);
    for (int i = 0; i < 200000; i++)
        assert_int_equal(og_object_build(doc, v, og_int(i), NULL), 0);
    og_doc *other = og_doc_new(NULL);
    og_value copy = og_copy(other, v);
    assert_int_equal(og_identical(v, copy), 1);
    assert_int_equal(og_equal(v, copy), 1);
    og_doc_free(other);
}

static void test_equal(void **state)
{
    og_doc *doc = *state;
    og_value a = make(doc);
    og_value b = make(doc);
    assert_int_equal(og_equal(a, b), 1);
    og_object_build(doc, a, og_int(1), NULL);
    assert_int_equal(og_equal(a, b), 0);
    og_object_build(doc, b, og_float(1), NULL);
    assert_int_equal(og_equal(a, b), 1);
    assert_int_equal(og_identical(a, b), 0);
    og_object_append(doc, a, a, NULL);
    og_object_append(doc, b, a, NULL);
    assert_int_equal(og_equal(a, b), 1);
    og_value call = og_object(doc, OG_MAKE_CALL, og_none(), og_none());
    og_value make_new = og_object(doc, OG_MAKE_NEW, og_none(), og_none());
    assert_int_equal(og_equal(call, make_new), 0);
    assert_int_equal(og_equal(call, og_none()), 0);
}

static void test_marks(void **state)
{
    og_doc *doc = *state;
    og_value list = og_list(doc);
    og_value v = og_object(doc, OG_MAKE_CALL, list, og_none());
    assert_false(og__value_is_shared(list));
    og_object_build(doc, v, list, NULL);
    assert_true(og__value_is_shared(list));
    assert_false(og__value_is_shared(v));
    og_object_append(doc, v, v, NULL);
    assert_true(og__value_is_shared(v));
}

static void test_wrong_use(void **state)
{
    og_doc *doc = *state;
    og_value v = make(doc);
    og_value none = og_none();
    assert_int_equal(og_object_build(doc, none, none, NULL), OG_ETYPE);
    assert_int_equal(og_object_append(doc, none, none, NULL), OG_ETYPE);
    assert_int_equal(og_object_set_item(doc, none, none, none, NULL), OG_ETYPE);
    assert_int_equal(og_object_set_kwargs(doc, none, none, NULL), OG_ETYPE);
    assert_int_equal(og_object_build(doc, v, (og_value){0}, NULL), OG_ENOMEM);
    assert_int_equal(og_object_set_item(doc, v, none, (og_value){0}, NULL), OG_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_class, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_empty_object, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_steps_in_order, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_attr_in_slots, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_steps_out_of_order, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_calls_for_effect, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_long_chain, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_equal, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_marks, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_use, doc_setup, doc_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
