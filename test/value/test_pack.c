/* SPDX-License-Identifier: MIT */
/* Building from a format and taking apart by one, right and wrong. */
#include "../support/value_test.h"

#include <onggi/json.h>

static void test_one_line(void **state)
{
    og_doc *doc = *state;
    og_error err = {0};
    og_value v = og_pack(doc, &err, "{s:s, s:i}", "name", "John", "age", 30);
    assert_int_equal(og_len(v), 2);
    assert_true(og_str_is(og_dict_gets(v, "name"), "John"));
    assert_int_equal(og_dict_gets(v, "age").u.i, 30);
    const char *name = NULL;
    int age = 0;
    assert_int_equal(og_unpack(v, &err, "{s:s, s:i}", "name", &name, "age", &age), 0);
    assert_string_equal(name, "John");
    assert_int_equal(age, 30);
    assert_int_equal(err.code, 0);
}

static void test_every_character(void **state)
{
    og_doc *doc = *state;
    og_value list = og_list(doc);
    og_value v = og_pack(doc, NULL, " [n b i I U f s s# y# v () {} <> \t\n (i,i) <s> ] ", 7, -1, INT64_MIN,
                         UINT64_MAX, 0.5, "a", "b\0c", (size_t)3, "\0\xff", (size_t)2, list, 1, 2, "x");
    assert_int_equal(og_len(v), 15);
    bool b = false;
    int i = 0;
    int64_t s = 0;
    uint64_t u = 0;
    double f = 0;
    const char *text;
    const char *sized;
    const char *bytes;
    size_t len;
    size_t bytes_len;
    og_value got;
    og_value any;
    int one;
    assert_int_equal(og_unpack(v, NULL, "[nbiIUfss#y#v(){}v(i*)v]", &b, &i, &s, &u, &f, &text, &sized, &len,
                               &bytes, &bytes_len, &got, &any, &one, &any),
                     0);
    assert_true(b && i == -1 && s == INT64_MIN && u == UINT64_MAX && f == 0.5 && one == 1);
    assert_string_equal(text, "a");
    assert_memory_equal(sized, "b\0c", 3);
    assert_int_equal(len, 3);
    assert_memory_equal(bytes, "\0\xff", 2);
    assert_int_equal(bytes_len, 2);
    assert_ptr_equal(got.u.p, list.u.p);
    assert_true(og_set_has(any, str_of("x")));
}

static void test_pack_scalar(void **state)
{
    assert_int_equal(og_pack(*state, NULL, "i", 5).u.i, 5);
    assert_int_equal(og_kind_of(og_pack(*state, NULL, "n")), OG_NONE);
    int i = 0;
    assert_int_equal(og_unpack(og_int(5), NULL, "i", &i), 0);
    assert_int_equal(i, 5);
    assert_int_equal(og_unpack(og_none(), NULL, "n"), 0);
}

/* Equal keys are one; a value that is packed twice is shared. */
static void test_pack_marks(void **state)
{
    og_doc *doc = *state;
    og_value v = og_pack(doc, NULL, "{i:s,i:s}", 1, "a", 1, "b");
    assert_int_equal(og_len(v), 1);
    og_value list = og_list(doc);
    og_value once = og_pack(doc, NULL, "[v]", list);
    assert_false(og__value_is_shared(list));
    og_value twice = og_pack(doc, NULL, "[vv]", once, list);
    assert_true(og__value_is_shared(list));
    assert_false(og__value_is_shared(once));
    assert_false(og__value_is_shared(twice));
}

static void test_pack_deep(void **state)
{
    enum { DEPTH = 100000 };
    static char format[2 * DEPTH + 1];
    memset(format, '[', DEPTH);
    memset(format + DEPTH, ']', DEPTH);
    og_value v = og_pack(*state, NULL, format);
    assert_int_equal(og_len(v), 1);
    format[DEPTH] = '\0';
    og_error err;
    assert_false(og_valid(og_pack(*state, &err, format)));
    assert_int_equal(err.code, OG_EINVAL);
    assert_int_equal(err.position, DEPTH);
}

static void test_pack_wrong_format(void **state)
{
    static const struct {
        const char *format;
        size_t position;
        const char *text;
    } rows[] = {
        {"", 0, "empty"},
        {"  ", 2, "empty"},
        {"[", 1, "inside a bracket"},
        {"]", 0, "without an opening"},
        {"[)", 1, "expected ']'"},
        {"{n}", 2, "key without a value"},
        {"nn", 2, "more than one"},
        {"[x]", 1, "unknown"},
        {"y", 0, "needs '#'"},
        {"[n#]", 2, "unknown"},
        {"({)", 2, "expected '}'"},
        {"{[]:n}", 5, "unhashable list"},
        {"<[]>", 3, "unhashable list"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        og_error err = {0};
        assert_false(og_valid(og_pack(*state, &err, rows[i].format)));
        assert_int_equal(err.position, rows[i].position);
        if (!strstr(err.text, rows[i].text)) fail_msg("%s: %s", rows[i].format, err.text);
        assert_false(og_valid(og_pack(*state, NULL, rows[i].format)));
    }
}

static void test_pack_wrong_values(void **state)
{
    og_error err = {0};
    assert_false(og_valid(og_pack(*state, &err, "[is]", 1, "\xff")));
    assert_int_equal(err.code, OG_EVALUE);
    assert_int_equal(err.position, 2);
    assert_false(og_valid(og_pack(*state, &err, "s", (const char *)NULL)));
    assert_int_equal(err.code, OG_EINVAL);
    assert_false(og_valid(og_pack(*state, &err, "y#", (const char *)NULL, (size_t)3)));
    assert_int_equal(err.code, OG_EINVAL);
    assert_false(og_valid(og_pack(*state, &err, "[v]", (og_value){0})));
    assert_int_equal(err.code, OG_ENOMEM);
    assert_int_equal(og_len(og_pack(*state, &err, "s#", (const char *)NULL, (size_t)0)), 0);
}

static og_value sample(og_doc *doc)
{
    og_value v =
        og_pack(doc, NULL, "{s:{s:s,s:[iii]}, s:f, s:(s#b), s:n, s:U}", "address", "city", "Seoul", "codes",
                1, 2, 3, "height", 1.5, "odd", "a\0b", (size_t)3, 1, "none", "big", UINT64_MAX);
    assert_true(og_valid(v));
    return v;
}

static void test_unpack_wrong(void **state)
{
    og_value v = sample(*state);
    og_error err;
    int i = 0;
    int64_t s;
    uint64_t u;
    bool b;
    double f;
    const char *text;
    size_t len;
#define CHECK(code_, sentence, ...)                               \
    do {                                                          \
        assert_int_equal(og_unpack(v, &err, __VA_ARGS__), code_); \
        assert_int_equal(err.code, code_);                        \
        assert_string_equal(err.text, sentence);                  \
        assert_int_equal(og_unpack(v, NULL, __VA_ARGS__), code_); \
    } while (0)
    CHECK(OG_ETYPE, "at .address.city: expected int, found str", "{s:{s:i}}", "address", "city", &i);
    CHECK(OG_ETYPE, "at .address.codes[1]: expected str, found int", "{s:{s:[is]}}", "address", "codes", &i,
          &text);
    CHECK(OG_ETYPE, "at the top: expected list, found dict", "[]");
    CHECK(OG_ETYPE, "at .address: expected tuple, found dict", "{s:()}", "address");
    CHECK(OG_ETYPE, "at .height: expected bool, found float", "{s:b}", "height", &b);
    CHECK(OG_ETYPE, "at .height: expected int, found float", "{s:I}", "height", &s);
    CHECK(OG_ETYPE, "at .none: expected float, found NoneType", "{s:f}", "none", &f);
    CHECK(OG_ETYPE, "at .height: expected None, found float", "{s:n}", "height");
    CHECK(OG_ETYPE, "at .address.city: expected bytes, found str", "{s:{s:y#}}", "address", "city", &text,
          &len);
    CHECK(OG_ENOTFOUND, "at .zip: no such key", "{s:i}", "zip", &i);
    CHECK(OG_ENOTFOUND, "at .address.codes[3]: no such item", "{s:{s:[iiii]}}", "address", "codes", &i, &i,
          &i, &i);
    CHECK(OG_EVALUE, "at .big: the int does not fit its place", "{s:I}", "big", &s);
    CHECK(OG_EVALUE, "at .big: the int does not fit its place", "{s:i}", "big", &i);
    CHECK(OG_EVALUE, "at .odd[0]: the str holds a NUL; take it with 's#'", "{s:(sb)}", "odd", &text, &b);
    CHECK(OG_EVALUE, "at .odd: expected 1 items, found 2; put '*' before the bracket to allow more",
          "{s:(s#)}", "odd", &text, &len);
    CHECK(OG_EVALUE, "at the top: expected 1 keys, found 5", "{s:f!}", "height", &f);
    CHECK(OG_EINVAL, "in the format: it is empty", "");
    CHECK(OG_EINVAL,
          "in the format: unknown character '<'; known are n b i I U f s s# y# v [] () {}, and v for sets",
          "<i>", &i);
    CHECK(OG_EINVAL, "in the format: it ends inside a bracket", "{");
    CHECK(OG_EINVAL, "in the format: expected 's' for a key", "{i}");
    CHECK(OG_EINVAL, "in the format: a key without a value", "{s}", "height");
    CHECK(OG_EINVAL, "in the format: expected '}' to close the bracket, found ']'", "{]");
    CHECK(OG_EINVAL, "in the format: more than one value; put them into brackets", "vv", &v, &v);
    CHECK(OG_EINVAL, "in the format: '*' belongs in lists and tuples, '!' in dicts", "{*}");
    CHECK(OG_EINVAL, "in the format: '*' belongs in lists and tuples, '!' in dicts", "!");
    CHECK(OG_EINVAL, "in the format: a closing bracket without an opening one", "}");
    CHECK(OG_EINVAL, "in the format: 'y' needs '#' after it", "{s:y}", "height", &text);
#undef CHECK
    assert_int_equal(og_unpack(v, NULL, "{s:U}", "big", &u), 0);
    assert_int_equal(og_unpack(v, &err, "{s:x}", "height"), OG_EINVAL);
    assert_int_equal(err.position, 3);
    assert_int_equal(og_unpack(og_int(INT64_C(1) << 31), &err, "i", &i), OG_EVALUE);
    assert_int_equal(og_unpack(og_int(INT32_MIN), &err, "i", &i), 0);
    assert_int_equal(og_unpack((og_value){0}, &err, "i", &i), OG_ETYPE);
}

/* A key that may be missing leaves its places as they are, however deep they stand. */
/* What was read points into its message, where no NUL follows. */
static void test_unpack_gives_c_strings(void **state)
{
    og_error err = OG_ERROR_INIT;
    const char *text = NULL;
    size_t len = 0;
    og_value read = og_str_borrow("Johnny", 4);
    assert_int_equal(og_unpack(read, &err, "s", &text), OG_EVALUE);
    assert_string_equal(err.text,
                        "at the top: no NUL follows a str that was read or borrowed; take it with 's#'");
    assert_int_equal(og_unpack(read, NULL, "s#", &text, &len), OG_OK);
    assert_int_equal(len, 4);
    assert_int_equal(og_unpack(og_copy(*state, read), NULL, "s", &text), OG_OK);
    assert_string_equal(text, "John");
    assert_int_equal(og_unpack(og_str(*state, "John"), NULL, "s", &text), OG_OK);
    assert_int_equal(og_unpack(og_str_borrow("Johnny", 0), NULL, "s", &text), OG_OK);
    assert_string_equal(text, "");
    og_doc *doc = og_json_loads("[\"John\", \"a\\nb\"]", 16, NULL, NULL);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(og_unpack(og_item(og_doc_root(doc), i), NULL, "s", &text), OG_EVALUE);
    og_doc_free(doc);
}

static void test_unpack_optional(void **state)
{
    og_value v = sample(*state);
    int i = 42;
    int j = 43;
    const char *text = "as it was";
    const char *city = NULL;
    double f = 0;
    assert_int_equal(og_unpack(v, NULL, "{s?:i, s?:{s:i, s?:[s(i)*]}, s:{s:s}, s?:f}", "zip", &i, "more", "x",
                               &i, "y", &text, &j, "address", "city", &city, "height", &f),
                     0);
    assert_int_equal(i, 42);
    assert_int_equal(j, 43);
    assert_string_equal(text, "as it was");
    assert_string_equal(city, "Seoul");
    assert_true(f == 1.5);
    /* What is there must still be right. */
    assert_int_equal(og_unpack(v, NULL, "{s?:i}", "height", &i), OG_ETYPE);
    assert_int_equal(og_unpack(v, NULL, "{s#:v}", "heightX", (size_t)6, &v), 0);
}

static void test_unpack_numbers(void **state)
{
    og_value v = og_pack(*state, NULL, "[bif]", 1, 3, 2.0);
    double a;
    double b;
    double c;
    int i;
    assert_int_equal(og_unpack(v, NULL, "[fff]", &a, &b, &c), 0);
    assert_true(a == 1 && b == 3 && c == 2);
    assert_int_equal(og_unpack(v, NULL, "[i*]", &i), 0);
    assert_int_equal(i, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_line, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_every_character, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_pack_scalar, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_pack_marks, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_pack_deep, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_pack_wrong_format, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_pack_wrong_values, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_unpack_wrong, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_unpack_gives_c_strings, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_unpack_optional, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_unpack_numbers, doc_setup, doc_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
