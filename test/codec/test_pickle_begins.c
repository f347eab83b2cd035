/* SPDX-License-Identifier: MIT */
/* How pickles begin: every beginning of a pickle is one, or needs more; other bytes are none. */
#include "codec/pickle/begins.h"

#include "codec/pickle_samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROOM = 1 << 20, YES = 1, MORE = 0, NO = -1 };

typedef struct row {
    const char *bytes;
    size_t len;
    int begins;
    int protocol;
} row;

#define ROW(text, begins, protocol)             \
    {                                           \
        text, sizeof text - 1, begins, protocol \
    }

static void knows_beginnings_from_other_bytes(void **state)
{
    (void)state;
    static const row rows[] = {
        ROW("\x80\x02}q\x00.", YES, 2),
        ROW("\x80\x04\x95", YES, 4),
        ROW("\x80\x05\x96", YES, 5),
        ROW("\x80\x05", MORE, 0),
        ROW("\x80", MORE, 0),
        ROW("\x80\x06", NO, 0),
        ROW("\x80\x01", NO, 0),
        ROW("\x80\x02.", NO, 0),
        ROW("\x80\x02h\x00", NO, 0),
        ROW("(dp0\n", YES, 0),
        ROW("(lp0\n", YES, 0),
        ROW("(t.", YES, 0),
        ROW("((((((t", YES, 0),
        ROW("(i__main__\nPoint\np0\n", YES, 0),
        ROW("(i__main__\nPoint\n", MORE, 0),
        ROW("i__main__\nPoint\np0\n", NO, 0),
        ROW("(c__main__\nPoint\noq\x00", YES, 0),
        ROW("ccopy_reg\n_reconstructor\np0\n", YES, 0),
        ROW("ccopy_reg\n_reconstructor\n(", YES, 0),
        ROW("I01\n.", YES, 0),
        ROW("I12", MORE, 0),
        ROW("I am here\n", NO, 0),
        ROW("L5L\n.", YES, 0),
        ROW("F1.5\n.", YES, 0),
        ROW("S'abc'\np0\n", YES, 0),
        ROW("S'abc'x\n.", NO, 0),
        ROW("See you\n", NO, 0),
        ROW("Vabc\np0\n", YES, 0),
        ROW("Vabc\nmore", NO, 0),
        ROW("N.", YES, 0),
        ROW("No", NO, 0),
        ROW("K\x05.", YES, 1),
        ROW("M\x05\x00.", YES, 1),
        ROW("J\x05\x00\x00\x00.", YES, 1),
        ROW("G?\xf8\x00\x00\x00\x00\x00\x00.", YES, 1),
        ROW("U\x03"
            "abcq\x00.",
            YES, 1),
        ROW("U\x03"
            "ab",
            MORE, 0),
        ROW("X\x03\x00\x00\x00"
            "abc.",
            YES, 1),
        ROW("X\xff\xff\xff\xff"
            "abc.",
            NO, 0), /* longer than the message may be */
        ROW("]q\x00(K\x01", YES, 1),
        ROW("}q\x00.", YES, 1),
        ROW("].", YES, 1),
        ROW("]\xff", NO, 0),
        ROW("]}", YES, 1),
        ROW("]i", NO, 0),
        ROW("g0\n.", NO, 0), /* nothing is in the memo yet */
        ROW("GET / HTTP/1.1\r\n", NO, 0),
        ROW("POST / HTTP/1.1\r\nHost: a\r\n", NO, 0),
        ROW("hello\n", NO, 0),
        ROW("\x8c\x01"
            "a.",
            NO, 0), /* these opcodes come after PROTO */
        ROW("\x00\x00\x00\x05", NO, 0),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int protocol = -1;
        int begins = og__pickle_begins((const uint8_t *)rows[i].bytes, rows[i].len, ROOM, false, &protocol);
        if (begins != rows[i].begins || (begins == YES && protocol != rows[i].protocol))
            fail_msg("row %zu: %d, protocol %d", i, begins, protocol);
        begins = og__pickle_begins((const uint8_t *)rows[i].bytes, rows[i].len, ROOM, true, &protocol);
        assert_int_equal(begins, rows[i].begins == MORE ? NO : rows[i].begins);
    }
}

/* However a pickle is cut, its beginning is never taken for something else. */
static void cut_anywhere_a_pickle_still_begins_as_one(void **state)
{
    (void)state;
    enum { COUNT = sizeof pickle_samples / sizeof pickle_samples[0] };
    size_t looked = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t *bytes = (const uint8_t *)pickle_samples[i].bytes;
        int protocol = -1;
        int before = MORE;
        /* Some samples begin as no pickler writes them. */
        if (og__pickle_begins(bytes, pickle_samples[i].len, ROOM, true, &protocol) != YES) continue;
        looked++;
        for (size_t len = 1; len <= pickle_samples[i].len; len++) {
            int begins = og__pickle_begins(bytes, len, ROOM, false, &protocol);
            if (begins < before) fail_msg("sample %zu, %zu bytes: %d", i, len, begins);
            before = begins;
        }
        assert_int_equal(before, YES);
    }
    assert_in_range(looked, COUNT / 2, COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_beginnings_from_other_bytes),
        cmocka_unit_test(cut_anywhere_a_pickle_still_begins_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
