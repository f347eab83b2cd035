/* SPDX-License-Identifier: MIT */
/* Status codes, the filling of errors, and lines and columns. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <onggi/base.h>

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(og_status_name(OG_ESYNTAX), "OG_ESYNTAX");
    assert_string_equal(og_status_text(OG_ESYNTAX), "malformed data");
    assert_string_equal(og_status_name(OG_OK), "OG_OK");
    assert_string_equal(og_status_name(-1000), "OG_UNKNOWN");
    assert_string_equal(og_status_text(1), "unknown status");
}

static void test_codes_differ(void **state)
{
    static const int codes[] = {
#define X(name, number, text) number,
        OG_STATUS_MAP(X)
#undef X
    };
    (void)state;
    size_t count = sizeof codes / sizeof *codes;
    for (size_t i = 0; i < count; i++) {
        assert_true(codes[i] <= 0);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(codes[i], codes[j]);
    }
}

static void test_fill(void **state)
{
    (void)state;
    og_error err;
    assert_int_equal(og_error_set(NULL, OG_EIO, 3, "nobody asks %d", 1), OG_EIO);
    assert_int_equal(og_error_set(&err, OG_ESYNTAX, 7, "expected '%c'", ','), OG_ESYNTAX);
    assert_int_equal(err.code, OG_ESYNTAX);
    assert_int_equal(err.position, 7);
    assert_int_equal(err.sys, 0);
    assert_string_equal(err.text, "expected ','");
    assert_int_equal(og_error_set_sys(&err, OG_EBIND, EADDRINUSE, "cannot bind %s", "x"), OG_EBIND);
    assert_int_equal(err.sys, EADDRINUSE);
    assert_int_equal(err.position, OG_NO_POSITION);
    assert_string_equal(err.text, "cannot bind x: Address already in use");
}

/* Whatever is cut, no half of a character is left. */
static void test_cut_text(void **state)
{
    (void)state;
    og_error err;
    char text[600];
    for (size_t lead = 0; lead < 4; lead++) {
        text[0] = '\0';
        for (size_t i = 0; i < lead; i++)
            strcat(text, "x");
        while (strlen(text) < 500)
            strcat(text, "\xed\x95\x9c");
        og_error_set(&err, OG_EIO, 0, "%s", text);
        size_t len = strlen(err.text);
        assert_true(len < sizeof err.text && len >= sizeof err.text - 4);
        assert_int_equal((len - lead) % 3, 0);
        assert_memory_equal(err.text, text, len);
    }
}

static void test_control_characters(void **state)
{
    (void)state;
    og_error err;
    og_error_set(&err, OG_EIO, 0, "a\nb\x1b[31m\x7f\xc2\x9b\xc2\xa0\xff\xed\xa0\x80\xc2%s", "");
    assert_string_equal(err.text, "a?b?[31m???\xc2\xa0?????");
    og_error_set_sys(&err, OG_EIO, EIO, "%s", "\r");
    assert_string_equal(err.text, "?: Input/output error");
}

static void test_line_and_column(void **state)
{
    static const struct {
        const char *text;
        size_t position;
        size_t line;
        size_t column;
    } rows[] = {
        {"", 0, 1, 1},       {"abc", 2, 1, 3},    {"abc", 99, 1, 4},          {"a\nb\nc", 4, 3, 1},
        {"a\n\nb", 1, 1, 2}, {"a\n\nb", 2, 2, 1}, {"\xed\x95\x9cx", 3, 1, 2}, {"\n\xc3\xa9\xc3\xa9", 5, 2, 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t line;
        size_t column;
        og_text_position(rows[i].text, strlen(rows[i].text), rows[i].position, &line, &column);
        assert_int_equal(line, rows[i].line);
        assert_int_equal(column, rows[i].column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),    cmocka_unit_test(test_codes_differ),
        cmocka_unit_test(test_fill),     cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_cut_text), cmocka_unit_test(test_line_and_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
