/* SPDX-License-Identifier: MIT */
/*
 * As much of cmocka as the tests of the lower rooms use, for processors that have no cmocka here
 * (tools/cross). A test that fails jumps back to the runner; it prints TAP.
 */
#ifndef TEST_CROSS_CMOCKA_H
#define TEST_CROSS_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    int (*setup)(void **state);
    int (*teardown)(void **state);
};

static jmp_buf cross_back;
enum { CROSS_FAILED = 1, CROSS_SKIPPED };

#define cmocka_unit_test(f) \
    {                       \
#        f, f, NULL, NULL   \
    }
#define cmocka_unit_test_setup_teardown(f, setup, teardown) \
    {                                                       \
#        f, f, setup, teardown                              \
    }
#define cmocka_run_group_tests(tests, setup, teardown) \
    cross_run(tests, sizeof tests / sizeof tests[0], setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
    cmocka_run_group_tests(tests, setup, teardown)

__attribute__((noreturn, unused)) static void cross_fail(const char *file, int line, const char *what)
{
    printf("# %s:%d: %s\n", file, line, what);
    longjmp(cross_back, CROSS_FAILED);
}

__attribute__((unused)) static void cross_ints(const char *file, int line, const char *what, uint64_t a,
                                               uint64_t b)
{
    if (a == b) return;
    printf("# %lld, %lld\n", (long long)a, (long long)b);
    cross_fail(file, line, what);
}

#define CROSS(test, text) ((test) ? (void)0 : cross_fail(__FILE__, __LINE__, text))

#define assert_true(x)               CROSS(x, #x)
#define assert_false(x)              CROSS(!(x), "not " #x)
#define assert_null(p)               CROSS((p) == NULL, #p " is NULL")
#define assert_non_null(p)           CROSS((p) != NULL, #p " is not NULL")
#define assert_int_equal(a, b)       cross_ints(__FILE__, __LINE__, #a " is " #b, (uint64_t)(a), (uint64_t)(b))
#define assert_int_not_equal(a, b)   CROSS((uint64_t)(a) != (uint64_t)(b), #a " is not " #b)
#define assert_ptr_equal(a, b)       CROSS((const void *)(a) == (const void *)(b), #a " is " #b)
#define assert_string_equal(a, b)    CROSS(strcmp(a, b) == 0, #a " is " #b)
#define assert_memory_equal(a, b, n) CROSS(memcmp(a, b, n) == 0, #a " has the bytes of " #b)
#define assert_in_range(x, low, high) \
    CROSS((uint64_t)(x) >= (low) && (uint64_t)(x) <= (high), #x " is within range")
#define fail()             cross_fail(__FILE__, __LINE__, "fail()")
#define fail_msg(...)      (printf("# " __VA_ARGS__), printf("\n"), cross_fail(__FILE__, __LINE__, "fail_msg()"))
#define print_error(...)   printf(__VA_ARGS__)
#define print_message(...) printf(__VA_ARGS__)
#define skip()             longjmp(cross_back, CROSS_SKIPPED)

/* 0, CROSS_FAILED or CROSS_SKIPPED. */
static int cross_run_one(const struct CMUnitTest *test, void **state)
{
    int end = setjmp(cross_back);
    if (end) return end;
    if (test->setup && test->setup(state) != 0) return CROSS_FAILED;
    test->test(state);
    if (test->teardown && test->teardown(state) != 0) return CROSS_FAILED;
    return 0;
}

static int cross_run(const struct CMUnitTest *tests, size_t count, int (*setup)(void **),
                     int (*teardown)(void **))
{
    void *group = NULL;
    int failed = 0;
    if (setup && setup(&group) != 0) return 1;
    for (size_t i = 0; i < count; i++) {
        void *state = group;
        int end = cross_run_one(&tests[i], &state);
        printf("%sok %zu - %s%s\n", end == CROSS_FAILED ? "not " : "", i + 1, tests[i].name,
               end == CROSS_SKIPPED ? " # SKIP" : "");
        failed += end == CROSS_FAILED;
    }
    if (teardown) teardown(&group);
    printf("1..%zu\n", count);
    return failed;
}

#endif
