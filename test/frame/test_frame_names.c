/* SPDX-License-Identifier: MIT */
/* Framings are found by their names, and named as they are found. */
#include "feed.h"

#include <string.h>

static void test_every_name(void **state)
{
    const og_frame_ops *ops;
    char text[OG_FRAMING_NAME_MAX];
    size_t count = 0;
    (void)state;
    for (; (ops = og_framing_at(count)); count++) {
        const char *name = ops->name;
        og_framing framing;
        const char *findable = ops->example ? ops->example : name;
        assert_int_equal(og_framing_find(&framing, findable, NULL), 0);
        assert_string_equal(og_framing_name(framing, text, sizeof text), findable);
        assert_true(strlen(ops->summary) > 10);
        assert_int_equal(og_framing_is_raw(framing), strcmp(name, "raw") == 0);
        assert_int_equal(og_framing_ends_stream(framing), strcmp(name, "eof") == 0);
    }
    assert_null(og_framing_at(count + 1));
}

static void test_unknown_names(void **state)
{
    static const struct {
        const char *name;
        int status;
        const char *text;
    } rows[] = {
        {"morse", OG_ENOTFOUND, "no framing is called 'morse': there are raw, eof, line"},
        {"u12be", OG_ENOTFOUND, "no framing is called 'u12be': did you mean 'u16be'?"},
        {"lines", OG_ENOTFOUND, "did you mean 'line'?"},
        {"newline", OG_ENOTFOUND, "did you mean 'line'?"},
        {"u32", OG_ENOTFOUND, "did you mean 'u32be'?"},
        {"", OG_ENOTFOUND, "header, mp"},
        {"Line", OG_ENOTFOUND, "'Line'"},
        {"auto", OG_ENOTFOUND, "'auto'"},
        {"digits", OG_EINVAL, "e.g. digits:10"},
        {"digits:", OG_EINVAL, "from 1 to 256"},
        {"digits:0", OG_EINVAL, "'digits:0'"},
        {"digits:257", OG_EINVAL, "'digits:257'"},
        {"digits:00010", OG_EINVAL, "digits:"},
        {"digits:10x", OG_EINVAL, "digits:10"},
        {"digits:-1", OG_EINVAL, "digits:"},
        {"digits:\\q", OG_EINVAL, "an escape"},
        {"digits:#####", OG_EINVAL, "1 to 4 bytes"},
        {"delim", OG_EINVAL, "delim:<END>"},
        {"delim:", OG_EINVAL, "1 to 32 bytes"},
        {"delim:123456789012345678901234567890123", OG_EINVAL, "1 to 32 bytes"},
        {"delim:\\x1", OG_EINVAL, "an escape"},
        {"crlf:", OG_ENOTFOUND, "'crlf:'"},
        {"digitsx", OG_ENOTFOUND, "'digitsx'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_framing framing = {0};
        og_error err = {0};
        assert_int_equal(og_framing_find(&framing, rows[i].name, &err), rows[i].status);
        assert_int_equal(err.code, rows[i].status);
        assert_non_null(strstr(err.text, rows[i].text));
        assert_null(framing.ops);
    }
}

/* Escapes are those of C, and come back as they are best written. */
static void test_texts(void **state)
{
    static const struct {
        const char *name;
        const char *shown;
        const char *text;
        size_t len;
    } rows[] = {
        {"delim:<END>", "delim:<END>", "<END>", 5},
        {"delim:\\r\\n", "delim:\\r\\n", "\r\n", 2},
        {"delim:\\0", "delim:\\x00", "", 1},
        {"delim:\\x1F\\\\", "delim:\\x1f\\\\", "\x1f\\", 2},
        {"delim:\n", "delim:\\n", "\n", 1},
        {"delim:\\037;", "delim:\\x1f;", "\x1f;", 2},
        {"digits:\\n", "digits:\\n", "\n", 1},
        {"digits:#", "digits:#", "#", 1},
        {"digits:\\r\\n", "digits:\\r\\n", "\r\n", 2},
        {"digits: ", "digits:\\x20", " ", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[OG_FRAMING_NAME_MAX];
        og_framing framing;
        og_framing again;
        assert_int_equal(og_framing_find(&framing, rows[i].name, NULL), 0);
        assert_int_equal(framing.text_len, rows[i].len);
        assert_memory_equal(framing.text, rows[i].text, rows[i].len);
        assert_string_equal(og_framing_name(framing, text, sizeof text), rows[i].shown);
        assert_int_equal(og_framing_find(&again, text, NULL), 0);
        assert_memory_equal(again.text, rows[i].text, rows[i].len);
    }
}

static void test_no_framing(void **state)
{
    char text[OG_FRAMING_NAME_MAX];
    og_framing none = {0};
    og_buf buf = OG_BUF_INIT;
    size_t mark;
    (void)state;
    assert_string_equal(og_framing_name(none, text, sizeof text), "none");
    assert_string_equal(og_framing_name(none, text, 3), "no");
    assert_false(og_framing_is_raw(none));
    assert_false(og_framing_ends_stream(none));
    assert_int_equal(og_frame_begin(&none, &buf, &mark, NULL), OG_EINVAL);
    assert_int_equal(og_frame_end(&none, &buf, 0, NULL), OG_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_no_framing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
