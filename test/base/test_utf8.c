/* SPDX-License-Identifier: MIT */
/* UTF-8: every code point there and back, and what is not UTF-8 at the byte where it stops being that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        uint8_t text[4];
        uint32_t back;
        bool ascii;
        bool surrogates;
        size_t len = og__base_utf8_encode(code, text);
        bool lone = code >= 0xd800 && code <= 0xdfff;
        assert_int_equal(len, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
        assert_int_equal(og__base_utf8_decode(text, len, &back), len);
        assert_int_equal(back, code);
        assert_int_equal(og__base_utf8_valid(text, len, &ascii), lone ? 0 : len);
        assert_int_equal(og__base_utf8_valid_surrogates(text, len, &ascii, &surrogates), len);
        assert_int_equal(ascii, code < 0x80);
        assert_int_equal(surrogates, lone);
        for (size_t cut = 1; cut < len; cut++)
            assert_int_equal(og__base_utf8_decode(text, cut, &back), 0);
    }
}

/* The slow and plain way, from the table in RFC 3629. */
static size_t reference(const uint8_t *t, size_t len)
{
    static const struct {
        uint8_t low[4];
        uint8_t high[4];
        size_t len;
    } rows[] = {
        {{0x00}, {0x7f}, 1},
        {{0xc2, 0x80}, {0xdf, 0xbf}, 2},
        {{0xe0, 0xa0, 0x80}, {0xe0, 0xbf, 0xbf}, 3},
        {{0xe1, 0x80, 0x80}, {0xec, 0xbf, 0xbf}, 3},
        {{0xed, 0x80, 0x80}, {0xed, 0x9f, 0xbf}, 3},
        {{0xee, 0x80, 0x80}, {0xef, 0xbf, 0xbf}, 3},
        {{0xf0, 0x90, 0x80, 0x80}, {0xf0, 0xbf, 0xbf, 0xbf}, 4},
        {{0xf1, 0x80, 0x80, 0x80}, {0xf3, 0xbf, 0xbf, 0xbf}, 4},
        {{0xf4, 0x80, 0x80, 0x80}, {0xf4, 0x8f, 0xbf, 0xbf}, 4},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        bool fits = rows[r].len <= len;
        for (size_t i = 0; fits && i < rows[r].len; i++)
            fits = t[i] >= rows[r].low[i] && t[i] <= rows[r].high[i];
        if (fits) return rows[r].len;
    }
    return 0;
}

static void test_every_two_bytes_and_more(void **state)
{
    static const uint8_t tails[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    (void)state;
    for (unsigned lead = 0; lead < 256; lead++) {
        for (unsigned second = 0; second < 256; second++) {
            for (size_t i = 0; i < sizeof tails; i++) {
                for (size_t j = 0; j < sizeof tails; j++) {
                    uint8_t text[4] = {(uint8_t)lead, (uint8_t)second, tails[i], tails[j]};
                    size_t want = reference(text, 4);
                    size_t got = og__base_utf8_valid(text, want ? want : 4, NULL);
                    assert_int_equal(got, want);
                }
            }
        }
    }
}

static void test_position_of_the_fault(void **state)
{
    (void)state;
    uint8_t text[64];
    bool ascii;
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, 'a', sizeof text);
        text[at] = 0xff;
        assert_int_equal(og__base_utf8_valid(text, sizeof text, &ascii), at);
        memset(text, 'a', sizeof text);
        if (at + 1 == sizeof text) break;
        memcpy(text + at, "\xc3\xa9", 2);
        assert_int_equal(og__base_utf8_valid(text, sizeof text, &ascii), sizeof text);
        assert_false(ascii);
        assert_int_equal(og__base_utf8_valid(text, at + 1, &ascii), at);
    }
    assert_int_equal(og__base_utf8_valid(text, 0, &ascii), 0);
    assert_true(ascii);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_every_two_bytes_and_more),
        cmocka_unit_test(test_position_of_the_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
