/* SPDX-License-Identifier: MIT */
/*
 * Python's == for every pair of these values, as CPython 3.11 gave it; the expressions are Python's. Equal
 * values that can be keys must be one key.
 */
#include "../support/value_test.h"

#include <math.h>

enum { COUNT = 69 };

static og_value big(og_doc *doc, uint64_t low, uint64_t high, bool negative)
{
    uint64_t limbs[2] = {low, high};
    return og__value_int_from_limbs(doc, limbs, 2, negative);
}

static og_value frozen(og_doc *doc, size_t count, og_value item)
{
    return og_frozenset(doc, &item, count, NULL);
}

/* What each value is, whether it can be hashed, and the values that it equals, by number. */
static const struct {
    const char *text;
    bool hashable;
    const char *equals;
} rows[COUNT] = {
    {"none", true, " 0 "},
    {"False", true, " 1 3 6 7 "},
    {"True", true, " 2 4 8 29 30 "},
    {"0", true, " 1 3 6 7 "},
    {"1", true, " 2 4 8 29 30 "},
    {"-1", true, " 5 "},
    {"0.0", true, " 1 3 6 7 "},
    {"-0.0", true, " 1 3 6 7 "},
    {"1.0", true, " 2 4 8 29 30 "},
    {"1.5", true, " 9 32 "},
    {"2**53", true, " 10 12 "},
    {"2**53+1", true, " 11 "},
    {"float(2**53)", true, " 10 12 "},
    {"2**63-1", true, " 13 "},
    {"2**63", true, " 14 15 "},
    {"float(2**63)", true, " 14 15 "},
    {"-2**63", true, " 16 17 "},
    {"-float(2**63)", true, " 16 17 "},
    {"2**64-1", true, " 18 "},
    {"2**64", true, " 19 20 "},
    {"float(2**64)", true, " 19 20 "},
    {"2**70", true, " 21 22 33 "},
    {"float(2**70)", true, " 21 22 33 "},
    {"2**70+1", true, " 23 "},
    {"-2**70", true, " 24 25 "},
    {"-float(2**70)", true, " 24 25 "},
    {"inf", true, " 26 "},
    {"-inf", true, " 27 "},
    {"nan", true, " "},
    {"1+0j", true, " 2 4 8 29 30 "},
    {"1-0j", true, " 2 4 8 29 30 "},
    {"1+2j", true, " 31 "},
    {"1.5+0j", true, " 9 32 "},
    {"2**70+0j", true, " 21 22 33 "},
    {"nanj", true, " "},
    {"''", true, " 35 "},
    {"'a'", true, " 36 "},
    {"'1'", true, " 37 "},
    {"b''", true, " 38 40 "},
    {"b'a'", true, " 39 41 "},
    {"bytearray()", false, " 38 40 "},
    {"bytearray(b'a')", false, " 39 41 "},
    {"[]", false, " 42 "},
    {"[1]", false, " 43 44 "},
    {"[1.0]", false, " 43 44 "},
    {"[[True]]", false, " 45 46 "},
    {"[[1]]", false, " 45 46 "},
    {"()", true, " 47 "},
    {"(1,)", true, " 48 49 "},
    {"(True,)", true, " 48 49 "},
    {"(0,)", true, " 50 "},
    {"((1,),b'a')", true, " 51 52 "},
    {"((1.0,),bytearray(b'a'))", false, " 51 52 "},
    {"{}", false, " 53 "},
    {"{1:2}", false, " 54 55 "},
    {"{1.0:2.0}", false, " 54 55 "},
    {"{1:3}", false, " 56 "},
    {"{'a':1,'b':2}", false, " 57 58 "},
    {"{'b':2,'a':1}", false, " 57 58 "},
    {"set()", false, " 59 63 "},
    {"{1}", false, " 60 64 65 "},
    {"{(1,2),'x'}", false, " 61 62 "},
    {"{'x',(1.0,2)}", false, " 61 62 "},
    {"frozenset()", true, " 59 63 "},
    {"frozenset({1})", true, " 60 64 65 "},
    {"frozenset({True})", true, " 60 64 65 "},
    {"frozenset({'a'})", true, " 66 "},
    {"frozenset({frozenset({1})})", true, " 67 68 "},
    {"frozenset({frozenset({1.0})})", true, " 67 68 "},
};

static void make_all(og_doc *doc, og_value values[COUNT])
{
    size_t n = 0;
    values[n++] = og_none();
    values[n++] = og_bool(false);
    values[n++] = og_bool(true);
    values[n++] = og_int(0);
    values[n++] = og_int(1);
    values[n++] = og_int(-1);
    values[n++] = og_float(0.0);
    values[n++] = og_float(-0.0);
    values[n++] = og_float(1.0);
    values[n++] = og_float(1.5);
    values[n++] = og_int(INT64_C(1) << 53);
    values[n++] = og_int((INT64_C(1) << 53) + 1);
    values[n++] = og_float(0x1p53);
    values[n++] = og_int(INT64_MAX);
    values[n++] = og_uint(doc, UINT64_C(1) << 63);
    values[n++] = og_float(0x1p63);
    values[n++] = og_int(INT64_MIN);
    values[n++] = og_float(-0x1p63);
    values[n++] = og_uint(doc, UINT64_MAX);
    values[n++] = big(doc, 0, 1, false);
    values[n++] = og_float(0x1p64);
    values[n++] = big(doc, 0, 64, false);
    values[n++] = og_float(0x1p70);
    values[n++] = big(doc, 1, 64, false);
    values[n++] = big(doc, 0, 64, true);
    values[n++] = og_float(-0x1p70);
    values[n++] = og_float((double)INFINITY);
    values[n++] = og_float(-(double)INFINITY);
    values[n++] = og_float((double)NAN);
    values[n++] = og_complex(doc, 1, 0);
    values[n++] = og_complex(doc, 1, -0.0);
    values[n++] = og_complex(doc, 1, 2);
    values[n++] = og_complex(doc, 1.5, 0);
    values[n++] = og_complex(doc, 0x1p70, 0);
    values[n++] = og_complex(doc, 0, (double)NAN);
    values[n++] = og_str(doc, "");
    values[n++] = og_str(doc, "a");
    values[n++] = og_str(doc, "1");
    values[n++] = og_bytes(doc, "", 0);
    values[n++] = og_bytes(doc, "a", 1);
    values[n++] = og_bytearray(doc, "", 0);
    values[n++] = og_bytearray(doc, "a", 1);
    values[n++] = og_pack(doc, NULL, "[]");
    values[n++] = og_pack(doc, NULL, "[i]", 1);
    values[n++] = og_pack(doc, NULL, "[f]", 1.0);
    values[n++] = og_pack(doc, NULL, "[[b]]", 1);
    values[n++] = og_pack(doc, NULL, "[[i]]", 1);
    values[n++] = og_pack(doc, NULL, "()");
    values[n++] = og_pack(doc, NULL, "(i)", 1);
    values[n++] = og_pack(doc, NULL, "(b)", 1);
    values[n++] = og_pack(doc, NULL, "(i)", 0);
    values[n++] = og_pack(doc, NULL, "((i)y#)", 1, "a", (size_t)1);
    values[n++] = og_pack(doc, NULL, "((f)v)", 1.0, og_bytearray(doc, "a", 1));
    values[n++] = og_pack(doc, NULL, "{}");
    values[n++] = og_pack(doc, NULL, "{i:i}", 1, 2);
    values[n++] = og_pack(doc, NULL, "{f:f}", 1.0, 2.0);
    values[n++] = og_pack(doc, NULL, "{i:i}", 1, 3);
    values[n++] = og_pack(doc, NULL, "{s:i,s:i}", "a", 1, "b", 2);
    values[n++] = og_pack(doc, NULL, "{s:i,s:i}", "b", 2, "a", 1);
    values[n++] = og_pack(doc, NULL, "<>");
    values[n++] = og_pack(doc, NULL, "<i>", 1);
    values[n++] = og_pack(doc, NULL, "<(ii)s>", 1, 2, "x");
    values[n++] = og_pack(doc, NULL, "<s(fi)>", "x", 1.0, 2);
    values[n++] = frozen(doc, 0, og_none());
    values[n++] = frozen(doc, 1, og_int(1));
    values[n++] = frozen(doc, 1, og_bool(true));
    values[n++] = frozen(doc, 1, og_str(doc, "a"));
    values[n++] = frozen(doc, 1, frozen(doc, 1, og_int(1)));
    values[n++] = frozen(doc, 1, frozen(doc, 1, og_float(1.0)));
    assert_int_equal(n, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(og_valid(values[i]));
}

static bool expected(size_t i, size_t j)
{
    char number[16];
    snprintf(number, sizeof number, " %zu ", j);
    return strstr(rows[i].equals, number) != NULL;
}

/* Fails with the expressions, not with numbers. */
static void check(const char *what, size_t i, size_t j, int got, int want)
{
    if (got != want)
        fail_msg("%s: %s and %s gave %d, Python says %d", what, rows[i].text, rows[j].text, got, want);
}

static void test_equal(void **state)
{
    og_doc *other = og_doc_new(NULL);
    og_value a[COUNT];
    og_value b[COUNT];
    make_all(*state, a);
    make_all(other, b);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++)
            check("==", i, j, og_equal(a[i], b[j]), expected(i, j));
    }
    og_doc_free(other);
}

static void test_identical_is_exact(void **state)
{
    og_doc *other = og_doc_new(NULL);
    og_value a[COUNT];
    og_value b[COUNT];
    make_all(*state, a);
    make_all(other, b);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++)
            check("identical", i, j, og_identical(a[i], b[j]), i == j);
    }
    og_doc_free(other);
}

/* `many` other keys force an index. */
static og_value set_with(og_doc *doc, og_value item, size_t many)
{
    og_value set = og_set(doc);
    for (size_t i = 0; i < many; i++)
        assert_int_equal(og_set_add(doc, set, og_int(1000 + (int64_t)i), NULL), 0);
    assert_int_equal(og_set_add(doc, set, item, NULL), 0);
    return set;
}

static void test_keys(void **state)
{
    og_doc *other = og_doc_new(NULL);
    og_value a[COUNT];
    og_value b[COUNT];
    make_all(*state, a);
    make_all(other, b);
    for (size_t i = 0; i < COUNT; i++) {
        og_error err;
        og_value set = og_set(*state);
        int status = og_set_add(*state, set, a[i], &err);
        assert_int_equal(status, rows[i].hashable ? 0 : OG_ETYPE);
        if (status < 0) assert_non_null(strstr(err.text, "unhashable"));
        if (status < 0) continue;
        for (size_t many = 0; many < 30; many += 7) {
            set = set_with(*state, a[i], many);
            for (size_t j = 0; j < COUNT; j++) {
                if (rows[j].hashable) check("in", i, j, og_set_has(set, b[j]), expected(i, j));
            }
        }
    }
    og_doc_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_equal, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_identical_is_exact, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_keys, doc_setup, doc_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
