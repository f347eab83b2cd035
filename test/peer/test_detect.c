/* SPDX-License-Identifier: MIT */
/* Detection: each opening, at each split point, and what must be refused. The rows are those of
 * doc/detection.md. */
#include "peer/detect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct row {
    const char *bytes;
    size_t len;
    const char *codec;
    const char *framing;
    int protocol;
} row;

#define B(text) text, sizeof text - 1

/* What SocketHandler sends, in short: a dict in protocol 1. */
#define RECORD "}q\0(X\4\0\0\0nameq\1K\1u."
#define P2     "\x80\2}q\0X\1\0\0\0aq\1K\1s."
#define P4     "\x80\4\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\1a\x94K\1s."
#define P0     "(dp0\nS'a'\np1\nI1\ns."

static const row streams[] = {
    /* Nothing before the value. */
    {B("{\"name\": \"John\", \"age\": 30}"), "json", "raw", -1},
    {B("{}"), "json", "raw", -1},
    {B("[]"), "json", "raw", -1},
    {B("[1, 2, 3]"), "json", "raw", -1},
    {B("[[1,2],[3]]"), "json", "raw", -1},
    {B("[{\"a\":1}]"), "json", "raw", -1},
    {B("\"hello\""), "json", "raw", -1},
    {B("\"(lp0\""), "json", "raw", -1},
    {B("\"12\""), "json", "raw", -1},
    {B("true"), "json", "raw", -1},
    {B("null"), "json", "raw", -1},
    {B("false\n"), "json", "raw", -1},
    {B("NaN\n"), "json", "raw", -1},
    {B("[NaN, -Infinity]"), "json", "raw", -1},
    {B("-Infinity\n"), "json", "raw", -1},
    {B("\0\0\0\3NaN"), "json", "u32be", -1},
    {B("42\n"), "json", "raw", -1},
    {B("-1.5e3\r\n"), "json", "raw", -1},
    {B("  {\"a\":1}"), "json", "raw", -1},
    {B("{\"a\":1}{\"b\":2}"), "json", "raw", -1},
    {B("{\"Version\": 1}"), "json", "raw", -1},
    {B("1\n2\n3\n"), "json", "raw", -1},
    {B("{\"a\":1}\0"), "json", "raw", -1},
    {B(P2), "pickle", "raw", 2},
    {B("\x80\3]q\0K\1a."), "pickle", "raw", 3},
    {B(P4), "pickle", "raw", 4},
    {B("\x80\5K\5."), "pickle", "raw", 5},
    {B("\x80\4N."), "pickle", "raw", 4},
    {B(RECORD), "pickle", "raw", 1},
    {B("]q\0(K\1K\2e."), "pickle", "raw", 1},
    {B("K\5."), "pickle", "raw", 1},
    {B("X\1\0\0\0aq\0."), "pickle", "raw", 1},
    {B("U\1aq\0."), "pickle", "raw", 1},
    {B("G\x3f\xf0\0\0\0\0\0\0."), "pickle", "raw", 1},
    {B(P0), "pickle", "raw", 0},
    {B("I01\n."), "pickle", "raw", 0},
    {B("I42\n."), "pickle", "raw", 0},
    {B("L42L\n."), "pickle", "raw", 0},
    {B("F1.5\n."), "pickle", "raw", 0},
    {B("S'abc'\np0\n."), "pickle", "raw", 0},
    {B("Vabc\np0\n."), "pickle", "raw", 0},
    {B("N."), "pickle", "raw", 0},
    {B("(lp0\nI1\na."), "pickle", "raw", 0},
    {B("(I1\nI2\ntp0\n."), "pickle", "raw", 0},
    {B("cos\nsystem\np0\n(S'x'\np1\ntp2\nRp3\n."), "pickle", "raw", 0},
    {B("ccollections\nOrderedDict\nq\0)Rq\1."), "pickle", "raw", 1},
    /* A length before it. */
    {B("\0\0\0\x13" RECORD), "pickle", "u32be", 1},
    {B("\0\0\0\x11{\"name\": \"John\"} "), "json", "u32be", -1},
    {B("\0\0\0\x15" P4), "pickle", "u32be", 4},
    {B("\0\0\0\2{}"), "json", "u32be", -1},
    {B("\x10\0\0\0{\"name\": \"John\"}"), "json", "u32le", -1},
    {B("\x15\0\0\0" P4), "pickle", "u32le", 4},
    {B("\0\x10{\"name\": \"John\"}"), "json", "u16be", -1},
    {B("\x10\0{\"name\": \"John\"}"), "json", "u16le", -1},
    {B("\0\0\x10{\"name\": \"John\"}"), "json", "u24be", -1},
    {B("\x10\0\0{\"name\": \"John\"}"), "json", "u24le", -1},
    {B("\0\0\x15" P4), "pickle", "u24be", 4},
    {B("\0\0\0\0\0\0\0\x10{\"name\": \"John\"}"), "json", "u64be", -1},
    {B("\x10\0\0\0\0\0\0\0{\"name\": \"John\"}"), "json", "u64le", -1},
    /* The length's first byte is a digit's. */
    {B("2\0\0\0{\"text\": \"01234567890123456789012345678901234567\"}"), "json", "u32le", -1},
    {B("2\0\0\0\0\0\0\0{\"text\": \"01234567890123456789012345678901234567\"}"), "json", "u64le", -1},
    {B("1\0\0\0\0\0\0\0\x80\4\x95\x26\0\0\0\0\0\0\0\x8c\x23"
       "01234567890123456789012345678901234"
       "."),
     "pickle", "u64le", 4},
    {B("2\0{\"text\": \"01234567890123456789012345678901234567\"}"), "json", "u16le", -1},
    {B("\xff\xff\xff\xff\0\0\0\0\0\0\0\x15" P4), "pickle", "mp", 4},
    {B("16:{\"name\": \"John\"},"), "json", "netstring", -1},
    {B("21:" P4 ","), "pickle", "netstring", 4},
    {B("16        {\"name\": \"John\"}"), "json", "digits:10", -1},
    {B("        16{\"name\": \"John\"}"), "json", "digits:10", -1},
    {B("0000000016{\"name\": \"John\"}"), "json", "digits:10", -1},
    {B("21        " P4), "pickle", "digits:10", 4},
    {B("00000000000000000021" P4), "pickle", "digits:20", 4},
    {B("Content-Length: 16\r\n\r\n{\"name\": \"John\"}"), NULL, "header", -1},
    {B("content-type: x\r\nContent-Length: 2\r\n\r\n{}"), NULL, "header", -1},
    /* RFC 7464. */
    {B("\x1e{\"a\":1}\n"), "json", "seq", -1},
    {B("\x1e{\"name\": \"a long one, which is more than thirty bytes\"}\n"), "json", "seq", -1},
};

static og__detected found;
static og_error err;

static int look(const void *bytes, size_t len, og__look with)
{
    /* Exactly as much memory as there are bytes, so that sanitizers see a read after them. */
    uint8_t *exact = malloc(len ? len : 1);
    memcpy(exact, bytes, len);
    with.data = exact;
    with.len = len;
    if (with.max_message == 0) with.max_message = (size_t)64 << 20;
    int status = og__peer_detect(&with, &found, &err);
    free(exact);
    return status;
}

static void assert_is(const row *r, size_t len)
{
    char name[32];
    og_framing_name(found.framing, name, sizeof name);
    const char *codec = found.codec ? found.codec->name : "none";
    if (strcmp(name, r->framing) != 0 || strcmp(codec, r->codec ? r->codec : "none") != 0)
        fail_msg("%.*s (%zu of %zu bytes): found %s in %s, expected %s in %s", (int)r->len, r->bytes, len,
                 r->len, codec, name, r->codec, r->framing);
    if (found.codec && found.codec->name[0] == 'p') assert_int_equal(found.note, r->protocol);
    assert_true(found.seen[0] != '\0');
}

/* Bytes come one by one: nothing else is ever found, and all of it is enough. */
static void each_opening_at_each_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        const row *r = &streams[i];
        for (size_t len = 1; len <= r->len; len++) {
            int status = look(r->bytes, len, (og__look){0});
            if (status < 0) fail_msg("%.*s at %zu: %s", (int)r->len, r->bytes, len, err.text);
            if (status > 0) assert_is(r, len);
            if (len == r->len && status == 0) fail_msg("%.*s: undecided", (int)r->len, r->bytes);
        }
    }
}

/* Each row decides the same when more messages come after it. */
static void each_opening_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        const row *r = &streams[i];
        uint8_t *twice = malloc(2 * r->len);
        memcpy(twice, r->bytes, r->len);
        memcpy(twice + r->len, r->bytes, r->len);
        if (r->bytes[r->len - 1] != 'e' && r->bytes[r->len - 1] != 'l') { /* truetrue is no stream */
            int status = look(twice, 2 * r->len, (og__look){0});
            if (status < 1) fail_msg("%.*s twice: %d %s", (int)r->len, r->bytes, status, err.text);
            assert_is(r, 2 * r->len);
        }
        free(twice);
    }
}

static void bare_numbers_need_silence_or_an_end(void **state)
{
    (void)state;
    const row number = {B("42"), "json", "raw", -1};
    assert_int_equal(look("42", 2, (og__look){0}), 0);
    assert_int_equal(look("42", 2, (og__look){.silent = true}), 1);
    assert_is(&number, 2);
    assert_int_equal(look("42", 2, (og__look){.ended = true}), 1);
    assert_is(&number, 2);
    assert_int_equal(look("42 ", 3, (og__look){.silent = true}), 1);
    assert_is(&number, 3);
    assert_int_equal(look("42\0", 3, (og__look){0}), 0);
    assert_int_equal(look("42\0", 3, (og__look){.silent = true}), 1);
    assert_is(&number, 3);
    assert_int_equal(look("Content-Le", 10, (og__look){.silent = true}), 0);
    /* Padding: a length whose message is still to come. */
    assert_int_equal(look("42        ", 10, (og__look){.silent = true}), 0);
    assert_int_equal(look("0000000042", 10, (og__look){.silent = true}), 0);
    assert_int_equal(look("{\"a\"", 4, (og__look){0}), 0); /* a length of three letters, before a str */
    assert_int_equal(look("{\"a\"", 4, (og__look){.silent = true}), 1);
    assert_int_equal(look("-", 1, (og__look){.silent = true}), 0);
    assert_int_equal(look("-", 1, (og__look){.ended = true}), OG_ESYNTAX);
}

static void a_number_before_an_object_is_a_length_only_if_it_fits(void **state)
{
    (void)state;
    const row raw = {B("12 {\"a\":1}"), "json", "raw", -1};
    const row digits = {B("7  {\"a\":1}"), "json", "digits:3", -1};
    assert_int_equal(look(B("12 {\"a\":1}"), (og__look){0}), 0); /* two bytes more may come */
    assert_int_equal(look(B("12 {\"a\":1}"), (og__look){.silent = true}), 1);
    assert_is(&raw, raw.len);
    assert_int_equal(look(B("12 {\"a\":1}{\"b\":2}"), (og__look){0}), 1);
    assert_is(&raw, raw.len);
    assert_int_equal(look(B("5 {\"a\":1}"), (og__look){.silent = true}), 1);
    assert_is(&raw, raw.len);
    assert_int_equal(look(B("7  {\"a\":1}"), (og__look){0}), 1);
    assert_is(&digits, digits.len);
}

static void assert_refused(const void *bytes, size_t len, og__look with, int code, const char *says)
{
    int status = look(bytes, len, with);
    if (status != code || !strstr(err.text, says))
        fail_msg("%.*s: %d (%s), expected %d and '%s'", (int)len, (const char *)bytes, status,
                 status < 0 ? err.text : "", code, says);
}

static void two_readings_are_refused(void **state)
{
    (void)state;
    assert_refused(B("\x10{\"name\": \"John\"}"), (og__look){0}, OG_EAMBIGUOUS, "u8 or varint");
    assert_refused(B("\x10{\"name\": \"John\"}"), (og__look){0}, OG_EAMBIGUOUS, "framing=u8");
    assert_refused(B("\x15" P4), (og__look){0}, OG_EAMBIGUOUS, "u8 or varint");
    /* A line feed before ten bytes of JSON, or a length of ten. */
    assert_refused(B("\n{\"a\": 123}"), (og__look){0}, OG_EAMBIGUOUS, "raw");
    const row raw = {B("\n{\"a\": 1}"), "json", "raw", -1};
    assert_int_equal(look(B("\n{\"a\": 1}"), (og__look){0}), 1);
    assert_is(&raw, raw.len);
}

static void what_is_neither_is_refused_with_advice(void **state)
{
    (void)state;
    const og__look silent = {.silent = true};
    static const char *const texts[] = {
        "hello",       "Hello",      "Login me in", "User x",       "Start",     "Xylophone",
        "Keep",        "Move",       "Jump up",     "Go right now", "No",        "Kill.",
        "(hello)",     "time",       "nobody",      "connect\nfoo", "Version 1", "Insert",
        "false alarm", "true story", "12 monkeys",  "3abc",         "5:hello",   "\xec\x95\x88\xeb\x85\x95"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_refused(texts[i], strlen(texts[i]), silent, OG_ESYNTAX, "codec=text");
    assert_refused(B("hello"), silent, OG_ESYNTAX, "\"hello\"");
    static const char *const literals[] = {"{'a': 1}", "[None, True]", "('a', 1)",
                                           "b'abc'",   "{1, 2}",       "None"};
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++)
        assert_refused(literals[i], strlen(literals[i]), silent, OG_ESYNTAX,
                       "for Python's repr() say codec=repr");
    assert_refused(B("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"), silent, OG_ESYNTAX, "TLS");
    assert_refused(B("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), silent, OG_ESYNTAX, "HTTP");
    assert_refused(B("\0\0\0\x1f#CHALLENGE#01234567890123456789"), silent, OG_ESYNTAX, "authkey");
    assert_refused(B("\x01\xf3\x80\x81\x92\xab\xcd\xef\x80"), silent, OG_ESYNTAX, "01 f3 80");
    assert_refused(B("{\"a\""), (og__look){.ended = true, .codec = NULL}, OG_OK + 1, "");
}

/* Few bytes that nothing begins with, and then no more. */
static void what_stops_within_a_header_is_refused(void **state)
{
    (void)state;
    const og__look silent = {.silent = true};
    const og__look still = {.silent = true, .still = true};
    const og__look ended = {.ended = true};
    static const struct {
        const char *bytes;
        size_t len;
    } nonsense[] = {{B("\xfe\x03\x91\x77\x12")}, {B("\x91\x03\x80\x80\x80\x80\x80")}};
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        assert_int_equal(look(nonsense[i].bytes, nonsense[i].len, silent), 0);
        assert_refused(nonsense[i].bytes, nonsense[i].len, still, OG_ESYNTAX, "expected JSON");
        assert_refused(nonsense[i].bytes, nonsense[i].len, ended, OG_ESYNTAX, "expected JSON");
    }
    /* What may be a length, and its message be long in coming. */
    assert_int_equal(look(B("\0\0"), still), 0);
    assert_int_equal(look(B("\0\0\0\x13"), still), 0);
    assert_int_equal(look(B("\x13\0\0\0"), still), 0);
    assert_int_equal(look(B("0000000042"), still), 0);
    assert_int_equal(look(B("\x80"), still), 0);
}

static void lengths_over_the_limit_are_named(void **state)
{
    (void)state;
    assert_refused(B("\0\0\0\x13" RECORD), (og__look){.max_message = 18}, OG_ELIMIT,
                   "19 bytes (framing u32be)");
    assert_refused(B("\0\0\x15\0" P4), (og__look){.max_message = 1000}, OG_ELIMIT, "u32");
}

static void datagrams(void **state)
{
    (void)state;
    const og__look datagram = {.datagram = true, .ended = true};
    static const row rows[] = {
        {B("{\"a\":1}"), "json", "raw", -1},
        {B("{\"a\":1}\n"), "json", "line", -1},
        {B("42"), "json", "raw", -1},
        {B("  42  "), "json", "raw", -1},
        {B(P4), "pickle", "raw", 4},
        {B(RECORD), "pickle", "raw", 1},
        {B("\0\0\0\x13" RECORD), "pickle", "u32be", 1},
        {B("N."), "pickle", "raw", 0},
        {B("7  {\"a\":1}"), "json", "digits:3", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = look(rows[i].bytes, rows[i].len, datagram);
        if (status < 1) fail_msg("%.*s: %s", (int)rows[i].len, rows[i].bytes, err.text);
        assert_is(&rows[i], rows[i].len);
    }
    assert_refused(B("hello"), datagram, OG_ESYNTAX, "codec=text");
    assert_true(look(B("\0\0\0\x14" RECORD), datagram) < 0);
    assert_true(look(B("\0\0\0\x12" RECORD), datagram) < 0);
}

static void what_was_asked_for_narrows(void **state)
{
    (void)state;
    const og__look text = {.codec = og_codec_find("text", NULL)};
    const og__look json = {.codec = og_codec_find("json", NULL)};
    const og__look pickle = {.codec = og_codec_find("pickle", NULL)};
    const og__look bytes = {.codec = og_codec_find("bytes", NULL)};
    const og__look repr = {.codec = og_codec_find("repr", NULL)};
    static const row texts[] = {
        {B("hello"), "text", "raw", -1},
        {B("hello\n"), "text", "line", -1},
        {B("3abc"), "text", "raw", -1},
        {B("5:hello,"), "text", "raw", -1},
        {B("\xec\x95\x88"), "text", "raw", -1},
        {B("Content-Length: 3\r\n"), "text", "line", -1},
        {B("\0\0\0\5hello"), "text", "u32be", -1},
        {B("hello\0"), "text", "nul", -1},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int status = look(texts[i].bytes, texts[i].len, text);
        if (status < 1) fail_msg("%.*s: %d %s", (int)texts[i].len, texts[i].bytes, status, err.text);
        assert_is(&texts[i], texts[i].len);
    }
    const row literal = {B("{'a': (1, None)}"), "repr", "raw", -1};
    assert_int_equal(look(literal.bytes, literal.len, repr), 1);
    assert_is(&literal, literal.len);
    const row counted = {B("\0\0\0\5b'ab'"), "repr", "u32be", -1};
    if (look(counted.bytes, counted.len, repr) != 1) fail_msg("%s", err.text);
    assert_is(&counted, counted.len);
    const row any = {B("\0\0"), "bytes", "raw", -1};
    assert_int_equal(look(B("\0\0"), bytes), 1);
    assert_is(&any, 2);
    assert_refused(B("K\5."), (og__look){.codec = json.codec, .ended = true}, OG_ESYNTAX, "expected JSON");
    assert_refused(B("{}"), (og__look){.codec = pickle.codec, .silent = true}, OG_ESYNTAX,
                   "expected a pickle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_opening_at_each_split),
        cmocka_unit_test(each_opening_twice),
        cmocka_unit_test(bare_numbers_need_silence_or_an_end),
        cmocka_unit_test(a_number_before_an_object_is_a_length_only_if_it_fits),
        cmocka_unit_test(two_readings_are_refused),
        cmocka_unit_test(what_is_neither_is_refused_with_advice),
        cmocka_unit_test(what_stops_within_a_header_is_refused),
        cmocka_unit_test(lengths_over_the_limit_are_named),
        cmocka_unit_test(datagrams),
        cmocka_unit_test(what_was_asked_for_narrows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
