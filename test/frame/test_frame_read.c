/* SPDX-License-Identifier: MIT */
/* Every framing finds its messages, however the stream is cut, and looks at each byte once. */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

typedef struct sequence {
    const char *framing;
    const char *stream;
    size_t len;
    size_t count;
    const char *messages[4]; /* without NUL bytes */
} sequence;

static const sequence sequences[] = {
    {"raw", BYTES("[1][2]"), 2, {"[1]", "[2]"}},
    {"raw", BYTES("  [1]\n [2 [3]] \n"), 2, {"[1]", "[2 [3]]"}},
    {"raw", BYTES(" \n"), 0, {0}},
    {"eof", BYTES("all\nof it"), 1, {"all\nof it"}},
    {"eof", BYTES(""), 0, {0}},
    {"line", BYTES("{\"a\":1}\n[]\n"), 2, {"{\"a\":1}", "[]"}},
    {"line", BYTES("a\r\nb\rc\n"), 2, {"a", "b\rc"}},
    {"line", BYTES("\n\r\nx\n"), 3, {"", "", "x"}},
    {"line", BYTES("whole\nlast"), 2, {"whole", "last"}},
    {"line", BYTES("last\r"), 1, {"last"}},
    {"line", BYTES("\xec\x95\x88\xeb\x85\x95\n"), 1, {"\xec\x95\x88\xeb\x85\x95"}},
    {"nul", BYTES("a\0\0b\r\0"), 3, {"a", "", "b\r"}},
    {"nul", BYTES("whole\0last"), 2, {"whole", "last"}},
    {"crlf", BYTES("a\r\nb\nc\rd\r\n\r\n"), 3, {"a", "b\nc\rd", ""}},
    {"crlf", BYTES("a\r\r\nlast\r"), 2, {"a\r", "last\r"}},
    {"delim:<END>", BYTES("a<END>b<END<END><EN<END>"), 3, {"a", "b<END", "<EN"}},
    {"delim:<END>", BYTES("a<END>b<EN"), 2, {"a", "b<EN"}},
    {"delim:;", BYTES("a;;b"), 3, {"a", "", "b"}},
    {"delim:\\0\\0", BYTES("a\0\0b"), 2, {"a", "b"}},
    {"delim:aab", BYTES("aaabaab"), 2, {"a", ""}},
    {"seq", BYTES("\x1e[1]\n\x1e[2]\n"), 2, {"[1]", "[2]"}},
    {"seq", BYTES("\x1e[\n  1\n]\n\x1e[2]\n"), 2, {"[\n  1\n]", "[2]"}},
    {"seq", BYTES("\x1e\x1e[1]\n\n \x1e[2]\n"), 2, {"[1]", "[2]"}},
    {"seq", BYTES("\x1e[1]\x1e[2]"), 2, {"[1]", "[2]"}},
    {"seq", BYTES("\x1e[1\n\x1e[2]\n"), 2, {"[1", "[2]"}},
    {"seq", BYTES("\x1enonsense\n\x1e[2]\n"), 2, {"nonsense", "[2]"}},
    {"seq", BYTES("\x1e\n \x1e"), 1, {"\n "}},
    {"u8",
     BYTES("\x03"
           "abc\x00\x01x"),
     3,
     {"abc", "", "x"}},
    {"u16be",
     BYTES("\x00\x03"
           "abc\x00\x00\x00\x01x"),
     3,
     {"abc", "", "x"}},
    {"u16le",
     BYTES("\x03\x00"
           "abc\x00\x00\x01\x00x"),
     3,
     {"abc", "", "x"}},
    {"u32be",
     BYTES("\x00\x00\x00\x03"
           "abc\x00\x00\x00\x00\x00\x00\x00\x01x"),
     3,
     {"abc", "", "x"}},
    {"u32le",
     BYTES("\x03\x00\x00\x00"
           "abc\x00\x00\x00\x00\x01\x00\x00\x00x"),
     3,
     {"abc", "", "x"}},
    {"u64be",
     BYTES("\0\0\0\0\0\0\0\x03"
           "abc\0\0\0\0\0\0\0\0"),
     2,
     {"abc", ""}},
    {"u64le",
     BYTES("\x03\0\0\0\0\0\0\0"
           "abc\0\0\0\0\0\0\0\0"),
     2,
     {"abc", ""}},
    {"varint",
     BYTES("\x03"
           "abc\x00\x01x"),
     3,
     {"abc", "", "x"}},
    {"varint",
     BYTES("\x83\x80\x80\x80\x80\x80\x80\x80\x80\x00"
           "abc"),
     1,
     {"abc"}},
    {"netstring", BYTES("12:hello world!,0:,1:x,"), 3, {"hello world!", "", "x"}},
    {"digits:4", BYTES("3   abc0   1   x"), 3, {"abc", "", "x"}},
    {"digits:4", BYTES("   3abc0000 1  x"), 3, {"abc", "", "x"}},
    {"digits:1", BYTES("3abc"), 1, {"abc"}},
    {"digits:4", BYTES("3\0\0\0abc 3  abc03\0\0abc"), 3, {"abc", "abc", "abc"}},
    {"digits:\\n", BYTES("3\nabc0\n10\n0123456789"), 3, {"abc", "", "0123456789"}},
    {"digits:#", BYTES("3#abc00001#x   2#xy"), 3, {"abc", "x", "xy"}},
    {"digits:\\r\\n", BYTES("3\r\nabc1\r\nx"), 2, {"abc", "x"}},
    {"digits: ", BYTES("3 abc12 hello world!"), 2, {"abc", "hello world!"}},
    {"digits:30", BYTES("000000000000000000000000000003abc"), 1, {"abc"}},
    {"header", BYTES("Content-Length: 3\r\n\r\nabc"), 1, {"abc"}},
    {"header",
     BYTES("content-LENGTH:3 \r\nContent-Type: a:b\r\n\r\nabcContent-Length:\t0\r\n\r\n"),
     2,
     {"abc", ""}},
    {"header",
     BYTES("X-Content-Length: 9\r\nContent-Length: 1\r\nContent-Length: 01\r\nY:\r\n\r\nx"),
     1,
     {"x"}},
    {"mp",
     BYTES("\x00\x00\x00\x03"
           "abc\x00\x00\x00\x00"),
     2,
     {"abc", ""}},
    {"mp",
     BYTES("\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x03"
           "abc"),
     1,
     {"abc"}},
};

enum { SEQUENCES = sizeof sequences / sizeof sequences[0] };

static outcome out;

static void assert_messages(const sequence *s)
{
    if (out.status != 0) print_error("%s: %s\n", s->framing, out.err.text);
    assert_int_equal(out.status, 0);
    if (out.count != s->count) print_error("%s: %zu messages\n", s->framing, out.count);
    assert_int_equal(out.count, s->count);
    for (size_t i = 0; i < s->count; i++) {
        assert_int_equal(out.messages[i].len, strlen(s->messages[i]));
        assert_memory_equal(out.messages[i].bytes, s->messages[i], out.messages[i].len);
    }
}

static void test_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEQUENCES; i++) {
        feed_every_way(&out, framing_of(sequences[i].framing), 4096, sequences[i].stream, sequences[i].len);
        assert_messages(&sequences[i]);
    }
}

/* What was looked at is overwritten before the next byte comes. */
static void test_each_byte_looked_at_once(void **state)
{
    size_t cuts[256];
    (void)state;
    for (size_t i = 0; i < 256; i++)
        cuts[i] = i;
    for (size_t i = 0; i < SEQUENCES; i++) {
        const sequence *s = &sequences[i];
        /* raw is the scanner's work, and a header line is read when it is whole. The messages of the others
         * are compared by their lengths alone: their bytes were overwritten. */
        if (strcmp(s->framing, "raw") == 0 || strcmp(s->framing, "header") == 0 ||
            strcmp(s->framing, "seq") == 0)
            continue;
        out = (outcome){.scramble = true};
        feed(&out, framing_of(s->framing), 4096, s->stream, s->len, cuts, s->len);
        assert_int_equal(out.status, 0);
        assert_int_equal(out.count, s->count);
        for (size_t k = 0; k < s->count; k++)
            assert_int_equal(out.messages[k].len, strlen(s->messages[k]));
    }
}

/* reader->at never goes back, and searching framings have looked at all that came. */
static void test_work_is_linear(void **state)
{
    static const char *const names[] = {"line", "nul", "seq", "eof"};
    enum { SIZE = 5000 };
    static uint8_t data[SIZE];
    (void)state;
    memset(data, 'x', sizeof data);
    data[0] = 0x1e;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        og_frame_reader reader;
        og_frame frame;
        og_frame_reader_init(&reader, framing_of(names[i]), SIZE, NULL, NULL);
        for (size_t len = 1; len <= SIZE; len += 7) {
            assert_int_equal(og_frame_next(&reader, data, len, false, &frame, NULL), 0);
            assert_int_equal(reader.at, len);
        }
    }
}

static void test_need_tells_the_frame(void **state)
{
    static const sequence rows[] = {
        {"u32be", BYTES("\x00\x00\x01\x00x"), 260, {0}},
        {"u64le", BYTES("\x10\0\0\0"), 8, {0}},
        {"mp", BYTES("\xff\xff\xff\xff\0"), 12, {0}},
        {"netstring", BYTES("12:"), 16, {0}},
        {"digits:10", BYTES("5"), 10, {0}},
        {"varint", BYTES("\xac\x02"), 302, {0}},
        {"header", BYTES("Content-Length: 7\r\n\r\n"), 28, {0}},
        {"line", BYTES("abc"), 4, {0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_frame_reader reader;
        og_frame frame;
        og_frame_reader_init(&reader, framing_of(rows[i].framing), 4096, NULL, NULL);
        int status =
            og_frame_next(&reader, (const uint8_t *)rows[i].stream, rows[i].len, false, &frame, NULL);
        assert_int_equal(status, 0);
        assert_int_equal(og_frame_need(&reader), rows[i].count);
    }
}

/* The longest message goes through; for lines the limit does not count what ends them. */
static void test_limit_is_exact(void **state)
{
    static const sequence fits[] = {
        {"raw", BYTES("   [234]"), 1, {"[234]"}},
        {"eof", BYTES("12345"), 1, {"12345"}},
        {"line", BYTES("12345\r\n12345"), 2, {"12345", "12345"}},
        {"nul", BYTES("12345\0"), 1, {"12345"}},
        {"seq", BYTES("\x1e[234]\n\x1e[234]\n"), 2, {"[234]", "[234]"}},
        {"seq", BYTES("\x1e[[[[\n\x1e[234]\n"), 2, {"[[[[", "[234]"}},
        {"seq", BYTES("\x1e[[[[[\n\x1e[234]\n"), 2, {"[[[[[", "[234]"}},
        {"u8",
         BYTES("\x05"
               "12345"),
         1,
         {"12345"}},
        {"netstring", BYTES("5:12345,"), 1, {"12345"}},
        {"digits:2", BYTES("5 12345"), 1, {"12345"}},
        {"header", BYTES("Content-Length:5\r\n\r\n12345"), 1, {"12345"}},
        {"mp",
         BYTES("\0\0\0\x05"
               "12345"),
         1,
         {"12345"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
        feed_every_way(&out, framing_of(fits[i].framing), 5, fits[i].stream, fits[i].len);
        assert_messages(&fits[i]);
    }
}

/* A limit that is none must not overflow any sum. */
static void test_limit_of_all(void **state)
{
    static const sequence rows[] = {
        {"line", BYTES("abc"), 0, {0}},
        {"seq",
         BYTES("\x1e"
               "abc"),
         0,
         {0}},
        {"raw", BYTES("[abc"), 0, {0}},
        {"eof", BYTES("abc"), 0, {0}},
#if SIZE_MAX > UINT32_MAX
        {"u64be", BYTES("\x7f\xff\xff\xff\xff\xff\xff\xff"), 0, {0}},
        {"varint", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), 0, {0}},
#endif
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_frame_reader reader;
        og_frame frame;
        toy_scan scan = {0};
        og_frame_reader_init(&reader, framing_of(rows[i].framing), SIZE_MAX, toy_scan_end, &scan);
        int status =
            og_frame_next(&reader, (const uint8_t *)rows[i].stream, rows[i].len, false, &frame, NULL);
        assert_int_equal(status, 0);
        assert_true(og_frame_need(&reader) > rows[i].len);
    }
}

/* A stream that has not begun may have no memory either. */
static void test_nothing_at_no_place(void **state)
{
    const og_frame_ops *ops;
    (void)state;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        for (int ended = 0; ended < 2; ended++) {
            og_frame_reader reader;
            og_frame frame;
            og_error err;
            toy_scan scan = {0};
            og_frame_reader_init(&reader, framing_of(ops->example ? ops->example : ops->name), SIZE_MAX,
                                 toy_scan_end, &scan);
            assert_int_equal(og_frame_next(&reader, NULL, 0, ended != 0, &frame, &err), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),           cmocka_unit_test(test_each_byte_looked_at_once),
        cmocka_unit_test(test_work_is_linear),      cmocka_unit_test(test_need_tells_the_frame),
        cmocka_unit_test(test_limit_is_exact),      cmocka_unit_test(test_limit_of_all),
        cmocka_unit_test(test_nothing_at_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
