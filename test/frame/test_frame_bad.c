/* SPDX-License-Identifier: MIT */
/* Malformed, cut and oversized streams are refused with the byte and the reason, the same however they are
 * cut. */
#include "feed.h"

#include <string.h>

typedef struct bad {
    const char *framing;
    const char *stream;
    size_t len;
    size_t max_message;
    int status;
    size_t position;
    size_t count;     /* messages before it */
    const char *text; /* somewhere in the sentence */
} bad;

static const bad rows[] = {
    /* longer than the limit: refused by the length alone */
    {"u8", BYTES("\x06"), 5, OG_ELIMIT, 0, 0, "a message of 6 bytes is announced, but the limit is 5"},
    {"u16be", BYTES("\x01\x00"), 255, OG_ELIMIT, 0, 0, "256 bytes"},
    {"u16le", BYTES("\x00\x01"), 255, OG_ELIMIT, 0, 0, "256 bytes"},
    {"u32be", BYTES("\0\0\0\1x\xff\xff\xff\xff"), 5, OG_ELIMIT, 5, 1, "4294967295 bytes"},
    {"u32be", BYTES("GET / HTTP/1.1\r\n"), 5, OG_ELIMIT, 0, 0,
     "the length reads \"GET \": the peer seems not"},
    {"u32le", BYTES("{\"a\""), 5, OG_ELIMIT, 0, 0, "the length reads \"{\"a\"\""},
    {"u64be", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), SIZE_MAX, OG_ELIMIT, 0, 0, "18446744073709551615"},
    {"varint", BYTES("\x06"), 5, OG_ELIMIT, 0, 0, "6 bytes"},
    {"varint", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), SIZE_MAX, OG_ELIMIT, 0, 0,
     "18446744073709551615"},
    {"netstring", BYTES("6:"), 5, OG_ELIMIT, 0, 0, "6 bytes"},
    {"netstring", BYTES("99999999999999999999999"), SIZE_MAX, OG_ELIMIT, 0, 0, "longer than the limit"},
    {"netstring", BYTES("99999999999999999999999x"), SIZE_MAX, OG_ELIMIT, 0, 0, "longer than the limit"},
    {"digits:#", BYTES("99999999999999999999999x"), SIZE_MAX, OG_ELIMIT, 0, 0, "longer than the limit"},
    {"digits:30", BYTES("99999999999999999999999x"), SIZE_MAX, OG_ELIMIT, 0, 0, "longer than the limit"},
    {"digits:3", BYTES("006"), 5, OG_ELIMIT, 0, 0, "6 bytes"},
    {"digits:30", BYTES("99999999999999999999999999999"), SIZE_MAX, OG_ELIMIT, 0, 0, "longer than the limit"},
    {"header", BYTES("Content-Length: 6\r\n\r\n"), 5, OG_ELIMIT, 0, 0, "6 bytes"},
    {"header", BYTES("Content-Length: 99999999999999999999999\r\n\r\n"), SIZE_MAX, OG_ELIMIT, 35, 0,
     "longer than the limit"},
    {"mp", BYTES("\0\0\0\6"), 5, OG_ELIMIT, 0, 0, "6 bytes"},
    {"mp", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), SIZE_MAX, OG_ELIMIT, 0, 0,
     "18446744073709551615"},
    {"eof", BYTES("123456"), 5, OG_ELIMIT, 5, 0, "longer than the limit of 5 bytes"},
    {"line", BYTES("ok\n123456\n"), 5, OG_ELIMIT, 8, 1, "longer than the limit of 5 bytes"},
    {"line", BYTES("123456"), 5, OG_ELIMIT, 5, 0, "really frames as line"},
    {"nul", BYTES("123456"), 5, OG_ELIMIT, 5, 0, "longer than the limit"},
    {"seq",
     BYTES("\x1e"
           "123456\n"),
     5, OG_ELIMIT, 6, 0, "longer than the limit"},
    {"raw", BYTES(" [23456"), 5, OG_ELIMIT, 6, 0, "longer than the limit"},
    {"raw", BYTES(" [2345]"), 5, OG_ELIMIT, 6, 0, "longer than the limit"},
    /* not such a framing */
    {"raw", BYTES(" x"), 5, OG_ESYNTAX, 1, 0, "expected '['"},
    {"seq", BYTES("\n{}\n"), 5, OG_ESYNTAX, 1, 0,
     "expected the record separator 0x1e before a message but found '{'"},
    {"varint", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), 5, OG_ESYNTAX, 9, 0, "past 64 bits"},
    {"varint", BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), 5, OG_ESYNTAX, 9, 0, "past 64 bits"},
    {"digits:#", BYTES("0000000000000000000000000000000000000000000000000000000000000000"), 5, OG_ESYNTAX, 64,
     0, "fewer than 64"},
    {"digits:#", BYTES("                                                                "), 5, OG_ESYNTAX, 64,
     0, "fewer than 64"},
    {"netstring", BYTES("{\"a\":1}"), 5, OG_ESYNTAX, 0, 0,
     "expected the length of a netstring but found '{'"},
    {"netstring", BYTES(":,"), 5, OG_ESYNTAX, 0, 0, "expected the length"},
    {"netstring", BYTES("1x"), 5, OG_ESYNTAX, 1, 0,
     "expected a digit or ':' in the length of a netstring but found 'x'"},
    {"netstring", BYTES("05:hello,"), 5, OG_ESYNTAX, 1, 0,
     "expected ':' after the length 0 of a netstring but found '5'"},
    {"netstring", BYTES("0:,3:abcd"), 5, OG_ESYNTAX, 8, 1,
     "expected ',' after the bytes of a netstring but found 'd'"},
    {"netstring", BYTES(" 3:abc,"), 5, OG_ESYNTAX, 0, 0, "0x20"},
    {"digits:4", BYTES("{\"a\":1}"), 5, OG_ESYNTAX, 0, 0,
     "expected 4 characters that hold the length of a message but found '{'"},
    {"digits:4", BYTES("1 2 "), 5, OG_ESYNTAX, 2, 0, "found '2'"},
    {"digits:4", BYTES("-1  "), 5, OG_ESYNTAX, 0, 0, "found '-'"},
    {"digits:4", BYTES("    x"), 5, OG_ESYNTAX, 0, 0, "only spaces"},
    {"header", BYTES("{\"a\":1}"), 5, OG_ESYNTAX, 0, 0,
     "expected a header, e.g. Content-Length: 42, but found '{'"},
    {"header", BYTES(": 3\r\n"), 5, OG_ESYNTAX, 0, 0, "found ':'"},
    {"header", BYTES("Content-Length: 3\n"), 5, OG_ESYNTAX, 17, 0, "carriage return before the line feed"},
    {"header", BYTES("Content-Length: 3\rX"), 5, OG_ESYNTAX, 18, 0,
     "a line feed after a carriage return but found 'X'"},
    {"header", BYTES("Content-Length\r\n"), 5, OG_ESYNTAX, 14, 0, "':' after the name"},
    {"header", BYTES("Content-Length: \r\n"), 5, OG_ESYNTAX, 16, 0, "expected a number of bytes"},
    {"header", BYTES("Content-Length: 3 4\r\n"), 5, OG_ESYNTAX, 17, 0, "expected a digit"},
    {"header", BYTES("Content-Length: +3\r\n"), 5, OG_ESYNTAX, 16, 0, "found '+'"},
    {"header", BYTES("A: b\r\n\r\n"), 5, OG_ESYNTAX, 6, 0, "without a Content-Length"},
    {"header", BYTES("\r\n"), 5, OG_ESYNTAX, 0, 0, "without a Content-Length"},
    {"header", BYTES("A: b\r\n folded\r\n\r\n"), 5, OG_ESYNTAX, 6, 0, "found 0x20"},
    {"header", BYTES("Content-Length:3\r\nContent-Length:4\r\n\r\n"), 5, OG_ESYNTAX, 18, 0, "as 3 and as 4"},
    {"mp", BYTES("\xff\xff\xff\xfe"), 5, OG_ESYNTAX, 0, 0, "found -2"},
    {"mp", BYTES("\x80\0\0\0"), 5, OG_ESYNTAX, 0, 0, "found -2147483648"},
    /* the stream ends too early */
    {"raw", BYTES("[1] [2"), 5, OG_ETRUNCATED, 6, 1, "the toy ended early"},
    {"seq",
     BYTES("\x1e[1]\n\x1e"
           "12"),
     5, OG_ETRUNCATED, 8, 1, "without the line feed"},
    {"seq",
     BYTES("\x1e"
           "12\x1e"
           "3"),
     5, OG_ETRUNCATED, 3, 0, "without the line feed"},
    {"u8",
     BYTES("\x05"
           "123"),
     5, OG_ETRUNCATED, 4, 0, "ended after 3 of the 5 bytes of a message"},
    {"u16be", BYTES("\x00"), 5, OG_ETRUNCATED, 1, 0,
     "inside the length of a message, after 1 byte (framing u16be)"},
    {"u32be", BYTES("\0\0\0\0\0\0\0"), 5, OG_ETRUNCATED, 7, 1, "after 3 bytes"},
    {"u64le", BYTES("\x05\0\0\0\0\0\0\0"), 5, OG_ETRUNCATED, 8, 0, "after 0 of the 5 bytes"},
    {"u16be", BYTES("\0\5[1]"), 5, OG_ETRUNCATED, 5, 0,
     "after 3 of the 5 bytes of a message, as if the length counted its own"},
    {"varint", BYTES("\x80"), 5, OG_ETRUNCATED, 1, 0, "inside the length"},
    {"netstring", BYTES("3"), 5, OG_ETRUNCATED, 1, 0, "inside the length"},
    {"netstring", BYTES("3:abc"), 5, OG_ETRUNCATED, 5, 0,
     "after 3 of the 3 bytes of a message, before what closes it"},
    {"digits:4", BYTES("1  "), 5, OG_ETRUNCATED, 3, 0, "inside the length"},
    {"digits:4", BYTES("2   x"), 5, OG_ETRUNCATED, 5, 0, "after 1 of the 2 bytes"},
    {"header", BYTES("Content-Length: 3\r\n"), 5, OG_ETRUNCATED, 19, 0, "inside the length"},
    {"header", BYTES("Content-Length: 3\r\n\r\nab"), 5, OG_ETRUNCATED, 23, 0, "after 2 of the 3 bytes"},
    {"mp", BYTES("\xff\xff\xff\xff\0\0"), 5, OG_ETRUNCATED, 6, 0,
     "inside the length of a message, after 6 bytes"},
    {"mp", BYTES("\0\0\0\2x"), 5, OG_ETRUNCATED, 5, 0, "after 1 of the 2 bytes"},
};

static outcome out;

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const bad *row = &rows[i];
        feed_every_way(&out, framing_of(row->framing), row->max_message, row->stream, row->len);
        if (out.status != row->status || out.err.position != row->position ||
            !strstr(out.err.text, row->text))
            print_error("row %zu (%s): %d at %zu: %s\n", i, row->framing, out.status, out.err.position,
                        out.err.text);
        assert_int_equal(out.status, row->status);
        assert_int_equal(out.err.code, row->status);
        assert_int_equal(out.err.position, row->position);
        assert_int_equal(out.count, row->count);
        assert_non_null(strstr(out.err.text, row->text));
    }
}

/* Errors are optional. */
static void test_refusals_without_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_frame_reader reader;
        og_frame frame;
        toy_scan scan = {0};
        const uint8_t *data = (const uint8_t *)rows[i].stream;
        size_t len = rows[i].len;
        int status;
        og_frame_reader_init(&reader, framing_of(rows[i].framing), rows[i].max_message, toy_scan_end, &scan);
        while ((status = og_frame_next(&reader, data, len, true, &frame, NULL)) > 0) {
            data += frame.size;
            len -= frame.size;
            scan = (toy_scan){0};
        }
        assert_int_equal(status, rows[i].status);
    }
}

/* Endless headers and separators cost bounded memory; white space before bare messages is the reader's to
 * drop. */
static void test_endless_leads(void **state)
{
    static const struct {
        const char *framing;
        char byte;
        size_t most;
    } leads[] = {{"header", 'x', 8192}, {"seq", 0x1e, 4096}, {"seq", '\n', 4096}};
    static uint8_t data[70000];
    (void)state;
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        og_frame_reader reader;
        og_frame frame;
        og_error err = {0};
        toy_scan scan = {0};
        int status = 0;
        size_t len = 0;
        memset(data, leads[i].byte, sizeof data);
        og_frame_reader_init(&reader, framing_of(leads[i].framing), SIZE_MAX, toy_scan_end, &scan);
        while (status == 0 && len < sizeof data)
            status = og_frame_next(&reader, data, ++len, false, &frame, &err);
        assert_int_equal(status, OG_ELIMIT);
        assert_int_equal(len, leads[i].most + 1);
        assert_int_equal(err.position, leads[i].most);
    }
}

static void test_no_framing_no_scanner(void **state)
{
    og_frame_reader reader;
    og_frame frame;
    og_error err;
    (void)state;
    og_frame_reader_init(&reader, (og_framing){0}, 5, NULL, NULL);
    assert_int_equal(og_frame_next(&reader, (const uint8_t *)"x", 1, false, &frame, &err), OG_EINVAL);
    og_frame_reader_init(&reader, framing_of("raw"), 5, NULL, NULL);
    assert_int_equal(og_frame_next(&reader, (const uint8_t *)"x", 1, false, &frame, &err), OG_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_refusals_without_error),
        cmocka_unit_test(test_endless_leads),
        cmocka_unit_test(test_no_framing_no_scanner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
