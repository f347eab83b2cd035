/* SPDX-License-Identifier: MIT */
/* What og_repr() shows, and what og_literal_read() reads back. */
#include <onggi/text.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static og_doc *doc;

static int set_up(void **state)
{
    (void)state;
    doc = og_doc_new(NULL);
    return doc ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    og_doc_free(doc);
    return 0;
}

static void assert_repr(og_value value, const char *expected)
{
    og_buf out = OG_BUF_INIT;
    og_error err = {0};
    assert_int_equal(og_repr(value, &out, NULL, &err), OG_OK);
    assert_int_equal(og_buf_putc(&out, 0), OG_OK);
    assert_string_equal((const char *)out.data, expected);
    og_buf_free(&out);
}

static og_value str(const char *text, size_t len)
{
    return og_strn(doc, text, len);
}

static void scalars_look_as_in_python(void **state)
{
    (void)state;
    assert_repr(og_none(), "None");
    assert_repr(og_bool(true), "True");
    assert_repr(og_int(-42), "-42");
    assert_repr(og_float(1.0), "1.0");
    assert_repr(og_float(1e16), "1e+16");
    assert_repr(og_float(-0.0), "-0.0");
    assert_repr(og_float((double)NAN), "nan");
    assert_repr(og_complex(doc, 1, 2), "(1+2j)");
    assert_repr(og_complex(doc, 0, 2.5), "2.5j");
    assert_repr(og_complex(doc, -0.0, -1), "(-0-1j)");
    assert_repr(og_complex(doc, 1, (double)NAN), "(1+nanj)");
}

static void text_is_quoted_as_in_python(void **state)
{
    (void)state;
    assert_repr(og_str(doc, "it's"), "\"it's\"");
    assert_repr(og_str(doc, "it's \"so\""), "'it\\'s \"so\"'");
    assert_repr(og_str(doc, "한국어 \\ \n\t\r"), "'한국어 \\\\ \\n\\t\\r'");
    assert_repr(str("\0\x7f", 2), "'\\x00\\x7f'");
    assert_repr(og_str(doc, "\xc2\xa0\xe2\x80\xa8\xf0\x9f\x98\x80\xf3\xa0\x80\x81"),
                "'\\xa0\\u2028😀\\U000e0001'");
    assert_repr(og_bytes(doc, "a'\xff\n", 4), "b\"a'\\xff\\n\"");
    assert_repr(og_bytearray(doc, "x", 1), "bytearray(b'x')");
}

static void containers_look_as_in_python(void **state)
{
    (void)state;
    assert_repr(og_pack(doc, NULL, "{s:s, s:i}", "name", "John", "age", 30), "{'name': 'John', 'age': 30}");
    assert_repr(og_pack(doc, NULL, "[()(i)(ii)[]{}<><i>]", 1, 1, 2, 3),
                "[(), (1,), (1, 2), [], {}, set(), {3}]");
    og_value items[] = {og_int(1)};
    assert_repr(og_frozenset(doc, items, 1, NULL), "frozenset({1})");
    assert_repr(og_frozenset(doc, NULL, 0, NULL), "frozenset()");
}

static void cycles_are_cut_where_python_cuts_them(void **state)
{
    (void)state;
    og_value list = og_list(doc);
    og_value dict = og_dict(doc);
    assert_int_equal(og_list_append(doc, list, dict, NULL), OG_OK);
    assert_int_equal(og_dict_sets(doc, dict, "me", list, NULL), OG_OK);
    assert_int_equal(og_list_append(doc, list, list, NULL), OG_OK);
    assert_repr(list, "[{'me': [...]}, [...]]");
    assert_repr(dict, "{'me': [{...}, [...]]}");
}

static void what_blows_up_is_refused(void **state)
{
    (void)state;
    og_value value = og_list(doc);
    for (int i = 0; i < 60; i++) {
        og_value outer = og_list(doc);
        assert_int_equal(og_list_append(doc, outer, value, NULL), OG_OK);
        assert_int_equal(og_list_append(doc, outer, value, NULL), OG_OK);
        value = outer;
    }
    og_buf out = OG_BUF_INIT;
    assert_int_equal(og_buf_puts(&out, "kept"), OG_OK);
    og_error err = {0};
    assert_int_equal(
        og_repr(value, &out, &(og_repr_options){sizeof(og_repr_options), .max_bytes = 100000}, &err),
        OG_ELIMIT);
    assert_non_null(strstr(err.text, "100000 bytes"));
    assert_int_equal(out.len, 4);
    og_buf_free(&out);
}

static void nesting_past_the_limit_is_refused(void **state)
{
    (void)state;
    og_value value = og_list(doc);
    for (int i = 0; i < 1000; i++) {
        og_value outer = og_list(doc);
        assert_int_equal(og_list_append(doc, outer, value, NULL), OG_OK);
        value = outer;
    }
    og_buf out = OG_BUF_INIT;
    og_error err = {0};
    assert_int_equal(og_repr(value, &out, NULL, &err), OG_ELIMIT);
    og_buf_free(&out);
}

static void objects_show_what_they_hold(void **state)
{
    (void)state;
    og_value cls = og_class(doc, "app", 3, "User", 4);
    og_value object = og_object(doc, OG_MAKE_NEW, cls, og_tuple(doc, NULL, 0));
    assert_int_equal(og_object_build(doc, object, og_pack(doc, NULL, "{s:i}", "id", 7), NULL), OG_OK);
    assert_repr(cls, "<class 'app.User'>");
    assert_repr(og_class(doc, "builtins", 8, "Ellipsis", 8), "Ellipsis");
    assert_repr(og_class(doc, "builtins", 8, "NotImplemented", 14), "NotImplemented");
    assert_repr(og_class(doc, "builtins", 8, "len", 3), "<built-in function len>");
    assert_repr(object, "<app.User args=() state={'id': 7}>");
}

static void literals_read_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "None",
        "True",
        "-5",
        "123456789012345678901234567890",
        "1.5",
        "1e+16",
        "inf",
        "-inf",
        "'it\\'s \"so\"'",
        "b'\\x00\\xff'",
        "bytearray(b'x')",
        "[]",
        "()",
        "(1,)",
        "{}",
        "set()",
        "{1, 2}",
        "frozenset()",
        "frozenset({1})",
        "{'a': [1, (2, 3)], (1, 2): {3: None}}",
        "(1+2j)",
        "2.5j",
        "(-0-1j)",
        "[(1+nanj)]",
        "'\\ud800'",
        "[[], [[]]]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        og_error err = {0};
        int status = og_literal_read(doc, texts[i], strlen(texts[i]), NULL, &err);
        if (status < 0) fail_msg("%s: %s", texts[i], err.text);
        assert_repr(og_doc_root(doc), texts[i]);
    }
}

static void other_spellings_are_read_too(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {" ( 1 ) ", "1"},
        {"[1,]", "[1]"},
        {"{'a':1,}", "{'a': 1}"},
        {"\"x\"", "'x'"},
        {"frozenset([1])", "frozenset({1})"},
        {"'\\x41\\101\\u0041'", "'AAA'"},
        {"{1,}", "{1}"},
        {"1_0", NULL},
        {"[1,,]", NULL},
        {"[,]", NULL},
        {"(,)", NULL},
        {"{1:2, 3}", NULL},
        {"{1, 2: 3}", NULL},
        {"[1", NULL},
        {"'a", NULL},
        {"b'é'", NULL},
        {"1 2", NULL},
        {"", NULL},
        {"[1}", NULL},
        {"{[]: 1}", NULL},
        {"frozenset(1)", NULL},
        {"frozenset({1}, {2})", NULL},
        {"'\\q'", NULL},
        {"open('x')", NULL},
        {"{:1}", NULL},
        {"{1:}", NULL},
        {"-", NULL},
        {"'a\nb'", NULL},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        og_error err = {0};
        int status = og_literal_read(doc, pairs[i][0], strlen(pairs[i][0]), NULL, &err);
        if ((status == OG_OK) != (pairs[i][1] != NULL)) fail_msg("%s: %d %s", pairs[i][0], status, err.text);
        if (pairs[i][1])
            assert_repr(og_doc_root(doc), pairs[i][1]);
        else
            assert_true(err.text[0] != '\0');
    }
}

static void errors_name_the_byte(void **state)
{
    (void)state;
    og_error err = {0};
    assert_int_equal(og_literal_read(doc, "[1, x]", 6, NULL, &err), OG_ESYNTAX);
    assert_int_equal(err.position, 4);
    assert_string_equal(err.text, "expected a value but found 'x'");
    assert_int_equal(og_literal_read(doc, "(1 2)", 5, NULL, &err), OG_ESYNTAX);
    assert_int_equal(err.position, 3);
    assert_string_equal(err.text, "expected ',' or ')' but found '2'");
    assert_int_equal(og_literal_read(doc, "[1]]", 4, NULL, &err), OG_ETRAILING);
    assert_int_equal(err.position, 3);
    assert_int_equal(og_literal_read(doc, "{'a': [1", 8, NULL, &err), OG_ETRUNCATED);
    assert_int_equal(err.position, 8);
}

static void deep_brackets_are_refused(void **state)
{
    (void)state;
    char text[1001];
    memset(text, '[', sizeof text);
    og_error err = {0};
    assert_int_equal(og_literal_read(doc, text, sizeof text, NULL, &err), OG_ELIMIT);
    assert_int_equal(err.position, 1000);
}

static void limits_are_options(void **state)
{
    (void)state;
    og_repr_options most = {.size = sizeof most, .max_depth = 1500, .max_digits = 5000};
    og_error err = {0};
    char text[5001];
    memset(text, '[', 1500);
    memset(text + 1500, ']', 1500);
    assert_int_equal(og_literal_read(doc, text, 3000, &most, &err), OG_OK);
    og_buf out = OG_BUF_INIT;
    assert_int_equal(og_repr(og_doc_root(doc), &out, NULL, &err), OG_ELIMIT);
    assert_non_null(strstr(err.text, "max_depth"));
    assert_int_equal(out.len, 0);
    assert_int_equal(og_repr(og_doc_root(doc), &out, &most, &err), OG_OK);
    assert_int_equal(out.len, 3000);
    memset(text, '9', 5000);
    out.len = 0;
    assert_int_equal(og_literal_read(doc, text, 5000, NULL, &err), OG_ELIMIT);
    assert_int_equal(og_literal_read(doc, text, 5000, &most, &err), OG_OK);
    assert_int_equal(og_repr(og_doc_root(doc), &out, NULL, &err), OG_ELIMIT);
    assert_int_equal(og_repr(og_doc_root(doc), &out, &most, &err), OG_OK);
    assert_int_equal(out.len, 5000);
    og_buf_free(&out);
}

static void floats_past_the_range_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t position;
    } rows[] = {{"[1e400]", 1}, {"-1e999", 1}, {"(1+1e400j)", 3}, {"{2e308: 1}", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_error err = {0};
        assert_int_equal(og_literal_read(doc, rows[i].text, strlen(rows[i].text), NULL, &err), OG_EVALUE);
        assert_int_equal(err.position, rows[i].position);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_look_as_in_python),
        cmocka_unit_test(text_is_quoted_as_in_python),
        cmocka_unit_test(containers_look_as_in_python),
        cmocka_unit_test(cycles_are_cut_where_python_cuts_them),
        cmocka_unit_test(what_blows_up_is_refused),
        cmocka_unit_test(nesting_past_the_limit_is_refused),
        cmocka_unit_test(objects_show_what_they_hold),
        cmocka_unit_test(literals_read_back),
        cmocka_unit_test(other_spellings_are_read_too),
        cmocka_unit_test(errors_name_the_byte),
        cmocka_unit_test(deep_brackets_are_refused),
        cmocka_unit_test(limits_are_options),
        cmocka_unit_test(floats_past_the_range_are_refused),
    };
    return cmocka_run_group_tests_name("repr", tests, set_up, tear_down);
}
