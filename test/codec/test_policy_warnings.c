/* SPDX-License-Identifier: MIT */
/* What people should know of the rows of a policy. */
#include <onggi/policy.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The warnings of a text that the whole of it was taken of: lines, and a piece of each sentence. */
static void warns(const char *text, const size_t *lines, const char *const *pieces, size_t count)
{
    og_error warning = {0};
    size_t at = 0;
    size_t found = 0;
    og_policy *policy = og_policy_new(NULL);
    assert_int_equal(og_policy_parse(policy, text, strlen(text), NULL), OG_OK);
    for (; og_policy_next_warning(policy, text, strlen(text), &at, &warning); found++) {
        size_t line = 0;
        size_t column = 0;
        assert_true(found < count);
        og_text_position(text, strlen(text), warning.position, &line, &column);
        assert_int_equal(line, lines[found]);
        if (!strstr(warning.text, pieces[found])) print_error("%s\n", warning.text);
        assert_non_null(strstr(warning.text, pieces[found]));
    }
    assert_int_equal(found, count);
    og_policy_free(policy);
}

static void test_warnings(void **state)
{
    (void)state;
    warns("include plain-data\nallow shop.*\nallow os.stat_result\ndeny os.*\n# allow os.*\n", NULL, NULL, 0);
    warns("", NULL, NULL, 0);
    warns("default deny\nallow-unsafe ours.loads\nallow torch.nn.*\nallow copyreg.*", NULL, NULL, 0);
    warns("allow os.*\n\nallow os.path.*\nallow torch.* # tensors\nallow functools.*",
          (const size_t[]){1, 3, 4, 5},
          (const char *const[]){"write: allow-unsafe os.NAME", "write: allow-unsafe os.path.NAME",
                                "'torch.*' does not allow load:", "partial, reduce:"},
          4);
    warns("allow builtins.*", (const size_t[]){1}, (const char *const[]){"compile, eval, exec, …:"}, 1);
    warns("allow torch.storage._load_from_bytes\nallow-unsafe torch:storage._load_from_bytes",
          (const size_t[]){2}, (const char *const[]){"unpickles what it is given"}, 1);
    warns("allow-unsafe os.system\nallow-unsafe pickle:loads", (const size_t[]){1, 2},
          (const char *const[]){"'os.system' starts programs, and this row allows it",
                                "'pickle:loads' unpickles what it is given"},
          2);
    warns("default allow\nallow *", (const size_t[]){1, 2},
          (const char *const[]){"write: default deny", "write: default deny"}, 2);
    warns("default allow\ndefault deny\n", NULL, NULL, 0);
}

/* Who has written a row for the very name knows of it. */
static void test_no_warning_of_what_a_row_names(void **state)
{
    (void)state;
    warns("allow torch.*\ndeny torch.load\n", NULL, NULL, 0);
    warns("allow functools.*\ndeny functools.partial\n", (const size_t[]){1},
          (const char *const[]){"does not allow reduce:"}, 1);
    warns("allow-unsafe torch.load\nallow torch.*\n", (const size_t[]){1},
          (const char *const[]){"this row allows it"}, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_no_warning_of_what_a_row_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
