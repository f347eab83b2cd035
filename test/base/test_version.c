/* SPDX-License-Identifier: MIT */
/* The version that the library reports is that of its headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <onggi/version.h>

static void test_number_matches_headers(void **state)
{
    (void)state;
    assert_int_equal(og_version_number(), OG_VERSION_NUMBER);
}

static void test_text_matches_number(void **state)
{
    char text[32];

    (void)state;
    snprintf(text, sizeof text, "%d.%d.%d", OG_VERSION_MAJOR, OG_VERSION_MINOR, OG_VERSION_PATCH);
    assert_string_equal(og_version(), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_matches_headers),
        cmocka_unit_test(test_text_matches_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
