/* SPDX-License-Identifier: MIT */
/* Finding where JSON texts end in a stream, whatever its cut. */
#include "json_files.h"
#include <onggi/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Feeds `text` cut at `cut`, then byte by byte; the text must end at `end` without looking further. */
static void scan_cut(const char *text, size_t len, size_t cut, bool ended, size_t want_start, size_t want_end)
{
    og_json_scan scan = {0};
    size_t start = SIZE_MAX;
    size_t end = SIZE_MAX;
    int done = 0;
    for (size_t n = cut; done == 0 && n <= len; n++) {
        /* A copy, so that sanitizers see a byte looked at too early. */
        uint8_t *data = malloc(n ? n : 1);
        memcpy(data, text, n);
        done = og_json_scan_end(&scan, data, n, ended && n == len, &start, &end, NULL);
        free(data);
    }
    assert_int_equal(done, 1);
    assert_int_equal(start, want_start);
    assert_int_equal(end, want_end);
}

static void scan_all_cuts(const char *text, size_t len, bool ended, size_t start, size_t end)
{
    for (size_t cut = 0; cut <= len; cut++)
        scan_cut(text, len, cut, ended, start, end);
}

static void test_ends(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t start;
        size_t end;
        bool ended;
    } cases[] = {
        {"{}", 0, 2, false},
        {"  [1,[2],{\"a\":\"]\"}] [", 2, 19, false},
        {"\"a\\\"b\\\\\"\"next\"", 0, 8, false},
        {"\"\"", 0, 2, false},
        {"true1", 0, 4, false},
        {"null", 0, 4, false},
        {"NaN", 0, 3, false},
        {"-Infinity", 0, 9, false},
        {"\n12 ", 1, 3, false},
        {"12", 0, 2, true},
        {"-1.5e+3[", 0, 7, false},
        {"1{}", 0, 1, false},
        {"{\"key that is longer than a vector is\\\\\":\"and so is this value \\\" \"}{", 0, 68, false},
        {"[[[[]]]]]", 0, 8, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        scan_all_cuts(cases[i].text, strlen(cases[i].text), cases[i].ended, cases[i].start, cases[i].end);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        og_status code;
        size_t position;
        bool ended;
    } cases[] = {
        {"hello", OG_ESYNTAX, 0, false},      {"  <html>", OG_ESYNTAX, 2, false},
        {"tru3", OG_ESYNTAX, 3, false},       {"-x", OG_ESYNTAX, 1, false},
        {"[1,(2)]", OG_ESYNTAX, 3, false},    {"\"a\nb\"", OG_ESYNTAX, 2, false},
        {"\x80\x04", OG_ESYNTAX, 0, false},   {"[[[[", OG_ELIMIT, 3, false},
        {"{]", OG_ESYNTAX, 1, false},         {"[{\"a\":1,2]", OG_ESYNTAX, 9, false},
        {"[1", OG_ETRUNCATED, 2, true},       {" ", OG_ETRUNCATED, 1, true},
        {"-", OG_ETRUNCATED, 1, true},        {"\"a\\", OG_ETRUNCATED, 3, true},
        {"GET / HTTP", OG_ESYNTAX, 0, false}, {"]", OG_ESYNTAX, 0, false},
        {"fals", OG_ETRUNCATED, 4, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = strlen(cases[i].text);
        for (size_t cut = 0; cut <= len; cut++) {
            og_json_scan scan = {.max_depth = 3};
            og_error err = {.code = OG_OK};
            size_t start;
            size_t end;
            const uint8_t *data = (const uint8_t *)cases[i].text;
            int status = og_json_scan_end(&scan, data, cut, false, &start, &end, &err);
            if (status == 0) status = og_json_scan_end(&scan, data, len, cases[i].ended, &start, &end, &err);
            assert_int_equal(status, cases[i].code);
            assert_int_equal(err.position, cases[i].position);
        }
    }
}

/* What is not whole needs more, and says so at every place. */
static void test_needs_more(void **state)
{
    (void)state;
    const char *text = " {\"a\\u0041\": [1, true, {\"b\": \"c\"}], \"d\": -1.5e-3}";
    og_json_scan scan = {0};
    size_t start;
    size_t end;
    for (size_t n = 0; n < strlen(text); n++) {
        assert_int_equal(og_json_scan_end(&scan, (const uint8_t *)text, n, false, &start, &end, NULL), 0);
        assert_int_equal(scan.at, n);
    }
    assert_int_equal(og_json_scan_end(&scan, (const uint8_t *)text, strlen(text), false, &start, &end, NULL),
                     1);
}

/* Only the innermost brackets are remembered: those further out are taken on trust, but must not be taken for
 * wrong. */
static void test_deep_brackets(void **state)
{
    (void)state;
    char text[400];
    for (size_t i = 0; i < 200; i++) {
        text[i] = i % 3 ? '[' : '{';
        text[399 - i] = i % 3 ? ']' : '}';
    }
    og_json_scan scan = {0};
    size_t start;
    size_t end;
    og_error err;
    assert_int_equal(og_json_scan_end(&scan, (const uint8_t *)text, 400, false, &start, &end, &err), 1);
    assert_int_equal(end, 400);
    text[263] = text[263] == '}' ? ']' : '}';
    scan = (og_json_scan){0};
    assert_int_equal(og_json_scan_end(&scan, (const uint8_t *)text, 400, false, &start, &end, &err),
                     OG_ESYNTAX);
    assert_int_equal(err.position, 263);
}

/* Scans in pieces of `piece` bytes, and spoils what has been looked at: nothing may depend on it any more. */
static void scan_once(const char *text, size_t len, size_t piece, bool comments)
{
    og_json_scan whole = {.allow_comments = comments};
    og_json_scan scan = whole;
    size_t start = 0;
    size_t end = 0;
    size_t want_start = 0;
    size_t want_end = 0;
    const uint8_t *bytes = (const uint8_t *)text;
    int want = og_json_scan_end(&whole, bytes, len, true, &want_start, &want_end, NULL);
    uint8_t *data = malloc(len ? len : 1);
    int done = 0;
    for (size_t n = 0; done == 0 && n < len;) {
        size_t more = len - n < piece ? len - n : piece;
        memcpy(data + n, text + n, more);
        n += more;
        size_t before = scan.at;
        done = og_json_scan_end(&scan, data, n, n == len, &start, &end, NULL);
        assert_true(scan.at >= before && scan.at <= n);
        if (done == 0) assert_int_equal(scan.at, n);
        memset(data, '\\', scan.at);
    }
    free(data);
    assert_int_equal(done, want);
    assert_int_equal(start, want_start);
    assert_int_equal(end, want_end);
}

static void test_each_byte_once(void **state)
{
    (void)state;
    static const char *const texts[] = {
        " \n\t {\"a\\\\\\\"b\": [1, -2.5e+3, true, \"a string that is longer than a vector\"], \"c\": {}} [",
        "  -12.5e3 ",
        "\r\n\"\\\"\\\\\" 1",
        " null",
        "   [1,}",
        " /* a \" * / */ // b ] \n [1, /* } */ 2 // \"\n, {\"a//b\": \"/*\"}] // c",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t piece = 1; piece <= strlen(texts[i]); piece++)
            scan_once(texts[i], strlen(texts[i]), piece, true);
}

/* The work for a stream grows with its length alone, however small the pieces are: were a text scanned anew
 * with each, this would take hours. */
static void test_long_streams_in_small_pieces(void **state)
{
    (void)state;
    enum { LEN = 4000000 };
    char *text = malloc(LEN);
    memset(text, ' ', LEN);
    for (size_t i = LEN / 2; i + 8 < LEN; i += 8)
        memcpy(text + i, "\"\\\\ab\",", 7);
    text[LEN / 2 - 1] = '[';
    text[LEN - 1] = ']';
    scan_once(text, LEN, 4096, false);
    og_json_scan scan = {0};
    size_t start;
    size_t end;
    int done = 0;
    for (size_t n = 1; n <= LEN && done == 0; n++)
        done = og_json_scan_end(&scan, (const uint8_t *)text, n, false, &start, &end, NULL);
    assert_int_equal(done, 1);
    assert_int_equal(start, LEN / 2 - 1);
    assert_int_equal(end, LEN);
    free(text);
}

static void scan_commented(const char *text, bool ended, int want, size_t want_start, size_t want_end)
{
    size_t len = strlen(text);
    for (size_t cut = 0; cut <= len; cut++) {
        og_json_scan scan = {.allow_comments = true};
        og_error err = {.position = want_end};
        size_t start = want_start;
        size_t end = want_end;
        const uint8_t *data = (const uint8_t *)text;
        int done = cut < len ? og_json_scan_end(&scan, data, cut, false, &start, &end, &err) : 0;
        if (done == 0) done = og_json_scan_end(&scan, data, len, ended, &start, &end, &err);
        if (done != want) fail_msg("%s: %d", text, done);
        assert_int_equal(start, want_start);
        assert_int_equal(done < 0 ? err.position : end, want_end);
    }
}

static void test_comments(void **state)
{
    (void)state;
    scan_commented("// \"[\n[1]", false, 1, 6, 9);
    scan_commented("/**//***//* * / */ {} /* not this */", false, 1, 19, 21);
    scan_commented("[/*]*/1//]\n,\"//\"]/", false, 1, 0, 17);
    scan_commented("12/* */", false, 1, 0, 2);
    scan_commented(" // nothing", true, 1, 11, 11);
    scan_commented(" /* nothing */ ", true, 1, 15, 15);
    scan_commented("[1, // \n", true, OG_ETRUNCATED, 0, 8);
    scan_commented("/* ", true, OG_ETRUNCATED, 0, 3);
    scan_commented("[1 // ", true, OG_ETRUNCATED, 0, 6);
    scan_commented("/", true, OG_ETRUNCATED, 0, 1);
    scan_commented("[/1]", true, OG_ESYNTAX, 0, 2);
    scan_commented("/x", true, OG_ESYNTAX, 0, 1);
    og_json_scan scan = {0};
    size_t start;
    size_t end;
    assert_int_equal(og_json_scan_end(&scan, (const uint8_t *)"/**/1", 5, true, &start, &end, NULL),
                     OG_ESYNTAX);
}

/* Whatever the reader accepts, the scanner finds the end of. */
static void check_file(const char *folder, const char *name)
{
    size_t len;
    char *text = read_file(folder, name, &len);
    og_doc *doc = og_json_loads(text, len, NULL, NULL);
    og_json_scan scan = {0};
    size_t start;
    size_t end;
    if (doc) {
        size_t from = strspn(text, " \t\r\n");
        size_t to = len;
        while (strchr(" \t\r\n", text[to - 1]))
            to--;
        assert_int_equal(og_json_scan_end(&scan, (const uint8_t *)text, len, true, &start, &end, NULL), 1);
        assert_int_equal(start, from);
        assert_int_equal(end, to);
        if (len < 100) scan_all_cuts(text, len, true, from, to);
    }
    og_doc_free(doc);
    free(text);
}

static void test_agrees_with_reader(void **state)
{
    (void)state;
    each_file(source_folder("test/data/json/valid"), ".json", check_file);
    const char *folder = shared_folder("data/JSONTestSuite/test_parsing");
    if (folder) each_file(folder, ".json", check_file);
    if (folder) each_file(shared_folder("data/json"), ".json", check_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),           cmocka_unit_test(test_refused),
        cmocka_unit_test(test_needs_more),     cmocka_unit_test(test_deep_brackets),
        cmocka_unit_test(test_each_byte_once), cmocka_unit_test(test_long_streams_in_small_pieces),
        cmocka_unit_test(test_comments),       cmocka_unit_test(test_agrees_with_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
