/* SPDX-License-Identifier: MIT */
/* What the tests of the rooms value and known share. */
#include "value_test.h"

int doc_setup(void **state)
{
    *state = og_doc_new(NULL);
    return *state ? 0 : -1;
}

int doc_teardown(void **state)
{
    og_doc_free(*state);
    return 0;
}

og_value str_of(const char *text)
{
    return og_str_borrow(text, strlen(text));
}

og_value tuple1(og_doc *doc, og_value a)
{
    og_value v = og_tuple(doc, &a, 1);
    assert_true(og_valid(v));
    return v;
}

og_value tuple2(og_doc *doc, og_value a, og_value b)
{
    og_value items[2] = {a, b};
    og_value v = og_tuple(doc, items, 2);
    assert_true(og_valid(v));
    return v;
}

og_value nested(og_doc *doc, og_kind kind, size_t depth)
{
    og_value v = og_none();
    for (size_t i = 0; i < depth; i++) {
        og_value outer;
        if (kind == OG_TUPLE) {
            outer = og_tuple(doc, &v, 1);
        } else if (kind == OG_FROZENSET) {
            outer = og_frozenset(doc, &v, 1, NULL);
        } else {
            outer = og_list(doc);
            assert_int_equal(og_list_append(doc, outer, v, NULL), 0);
        }
        assert_true(og_valid(outer));
        v = outer;
    }
    return v;
}

og_value doubled(og_doc *doc, size_t depth)
{
    og_value v = og_none();
    for (size_t i = 0; i < depth; i++)
        v = tuple2(doc, v, v);
    return v;
}
