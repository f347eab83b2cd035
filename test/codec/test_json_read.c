/* SPDX-License-Identifier: MIT */
/* Reading JSON: what is accepted, what is refused where and with which words, and at what cost of memory. */
#include "../support/failing_alloc.h"
#include "base/options.h"
#include "base/text16.h"
#include "json_files.h"
#include <onggi/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reads from memory that ends where the text ends, so that sanitizers see a byte too many. */
static int read_exactly(og_doc *doc, const char *text, size_t len, const og_json_read_options *options,
                        og_error *err)
{
    char *copy = malloc(len ? len : 1);
    if (len) memcpy(copy, text, len);
    int status = og_json_read(doc, copy, len, options, err);
    free(copy);
    return status;
}

static void read_both_ways(const char *name, const char *text, size_t len, bool accept)
{
    og_error err = {.code = OG_OK};
    og_error same = {.code = OG_OK};
    og_doc *doc = og_doc_new(NULL);
    int status = read_exactly(doc, text, len, NULL, &err);
    if ((status == OG_OK) != accept) fail_msg("%s: %s", name, accept ? err.text : "accepted");
    og_doc *other = og_json_loads(text, len, NULL, &same);
    assert_int_equal(other != NULL, accept);
    if (!accept) {
        assert_int_equal(err.code, status);
        assert_int_equal(err.position, same.position);
        assert_string_equal(err.text, same.text);
        assert_true(err.position <= len);
    }
    og_doc_free(other);
    og_doc_free(doc);
}

/* ---- Texts in files ---- */

/* What the suite leaves open: numbers out of a double's range become infinity or 0, as in Python; all else
 * that is not plain UTF-8 with whole surrogate pairs is refused. */
static bool is_accepted_by_choice(const char *name)
{
    return strncmp(name, "i_number_", 9) == 0 || strcmp(name, "i_structure_500_nested_arrays.json") == 0;
}

static void check_suite_file(const char *folder, const char *name)
{
    size_t len;
    char *text = read_file(folder, name, &len);
    assert_non_null(text);
    read_both_ways(name, text, len, name[0] == 'y' || (name[0] == 'i' && is_accepted_by_choice(name)));
    free(text);
}

static void test_suite(void **state)
{
    (void)state;
    const char *folder = shared_folder("data/JSONTestSuite/test_parsing");
    if (!folder) skip();
    assert_int_equal(each_file(folder, ".json", check_suite_file), 318);
}

static char *read_expected(const char *folder, const char *name)
{
    char path[256];
    size_t len;
    snprintf(path, sizeof path, "%.*sexpect", (int)(strlen(name) - 4), name);
    char *expected = read_file(folder, path, &len);
    assert_non_null(expected);
    if (len && expected[len - 1] == '\n') expected[len - 1] = '\0';
    return expected;
}

static void check_valid(const char *folder, const char *name)
{
    size_t len;
    char *text = read_file(folder, name, &len);
    char *expected = read_expected(folder, name);
    read_both_ways(name, text, len, true);
    og_doc *doc = og_json_loads(text, len, NULL, NULL);
    og_json_write_options options = {.size = sizeof options, .allow_nan = true};
    char *written = og_json_dumps(og_doc_root(doc), NULL, &options, NULL);
    assert_string_equal(written, expected);
    free(written);
    og_doc_free(doc);
    free(expected);
    free(text);
}

static void check_invalid(const char *folder, const char *name)
{
    size_t len;
    char found[400];
    og_error err = {.code = OG_OK};
    char *text = read_file(folder, name, &len);
    char *expected = read_expected(folder, name);
    read_both_ways(name, text, len, false);
    og_json_loads(text, len, NULL, &err);
    snprintf(found, sizeof found, "%s %zu %s", og_status_name(err.code), err.position, err.text);
    assert_string_equal(found, expected);
    free(expected);
    free(text);
}

static void test_files(void **state)
{
    (void)state;
    assert_true(each_file(source_folder("test/data/json/valid"), ".json", check_valid) >= 12);
    assert_true(each_file(source_folder("test/data/json/invalid"), ".json", check_invalid) >= 40);
}

/* Every beginning of a text is refused as cut short, at its end; but that of a bare number may be one. */
static void check_prefixes(const char *folder, const char *name)
{
    size_t len;
    char *text = read_file(folder, name, &len);
    size_t end = len;
    while (end > 0 && og__base_is_space((uint8_t)text[end - 1]))
        end--;
    for (size_t n = 0; len < 200 && text[0] != '-' && n < end; n++) {
        og_error err = {.code = OG_OK};
        assert_null(og_json_loads(text, n, NULL, &err));
        if (err.code != OG_ESYNTAX) assert_int_equal(err.code, OG_ETRUNCATED);
        if (err.code == OG_ETRUNCATED) assert_int_equal(err.position, n);
    }
    free(text);
}

static void test_prefixes(void **state)
{
    (void)state;
    each_file(source_folder("test/data/json/valid"), ".json", check_prefixes);
}

static void check_round_trip(const char *folder, const char *name)
{
    size_t len;
    char *text = read_file(folder, name, &len);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    og_doc *doc = og_json_loads(text, len, NULL, NULL);
    char *written = og_json_dumps(og_doc_root(doc), NULL, NULL, NULL);
    /* The files have doubles as C prints them; Python's repr gives some of them an exponent of another form.
     */
    if (!strpbrk(text, "eE")) assert_string_equal(written, text);
    og_doc *again = og_json_loads(written, strlen(written), NULL, NULL);
    assert_int_equal(og_identical(og_doc_root(doc), og_doc_root(again)), 1);
    free(written);
    free(text);
    og_doc_free(doc);
    og_doc_free(again);
}

static void test_round_trips(void **state)
{
    (void)state;
    const char *folder = shared_folder("data/json/roundtrip");
    if (!folder) skip();
    assert_true(each_file(folder, ".json", check_round_trip) > 20);
    assert_true(each_file(shared_folder("data/json"), ".json", check_round_trip) == 3);
}

/* ---- Options ---- */

static void expect(const char *text, const og_json_read_options *options, const char *written)
{
    og_error err = {.code = OG_OK};
    og_doc *doc = og_json_loads(text, strlen(text), options, &err);
    if (!doc) fail_msg("%s: %s", text, err.text);
    og_json_write_options nan = {.size = sizeof nan, .allow_nan = true, .ensure_ascii = true};
    char *out = og_json_dumps(og_doc_root(doc), NULL, &nan, NULL);
    assert_string_equal(out, written);
    free(out);
    og_doc_free(doc);
}

static void refuse(const char *text, const og_json_read_options *options, og_status code, size_t position,
                   const char *sentence)
{
    og_error err = {.code = OG_OK};
    assert_null(og_json_loads(text, strlen(text), options, &err));
    assert_int_equal(err.code, code);
    assert_int_equal(err.position, position);
    assert_non_null(strstr(err.text, sentence));
}

static void test_options(void **state)
{
    (void)state;
    og_json_read_options nan = {.size = sizeof nan, .allow_nan = true};
    expect("[NaN, Infinity, -Infinity]", &nan, "[NaN,Infinity,-Infinity]");
    refuse("[Infinite]", &nan, OG_ESYNTAX, 8, "expected Infinity");
    og_json_read_options surrogates = {.size = sizeof surrogates, .allow_surrogates = true};
    expect("[\"\\ud800x\\udc00\\ud83d\\ude00\"]", &surrogates, "[\"\\ud800x\\udc00\\ud83d\\ude00\"]");
    expect("[\"\xed\xa0\x80x\xed\xb0\x80\\n\"]", &surrogates, "[\"\\ud800x\\udc00\\n\"]");
    expect("{\"\xed\xa0\x80\":1,\"\\ud800\":2}", &surrogates, "{\"\\ud800\":2}");
    refuse("[\"\xed\xa0\x80\"]", NULL, OG_ESYNTAX, 2, "bytes ed a0 80 are half of a surrogate pair");
    refuse("[\"\xed\xa0", &surrogates, OG_ETRUNCATED, 4, "expected '\"'");
    og_json_read_options comma = {.size = sizeof comma, .allow_trailing_comma = true};
    expect("[1, 2, ]", &comma, "[1,2]");
    expect("{\"a\":[1,],}", &comma, "{\"a\":[1]}");
    refuse("[,]", &comma, OG_ESYNTAX, 1, "expected a value");
    refuse("[1,,]", &comma, OG_ESYNTAX, 3, "expected a value");
    og_json_read_options comments = {.size = sizeof comments, .allow_comments = true};
    expect("// one\n[1, /* two */ \"/* no */ // no\"] // end", &comments, "[1,\"/* no */ // no\"]");
    refuse("[1 /* open", &comments, OG_ETRUNCATED, 10, "*/");
    refuse("[1 / 2]", &comments, OG_ESYNTAX, 3, "'/'");
    og_json_read_options once = {.size = sizeof once, .refuse_duplicates = true};
    refuse("{\"x\": {\"a\":\"}\\\"\", \"b\":[1,{}], \"a\":3}}", &once, OG_EVALUE, 30,
           "the key \"a\" occurs twice");
    og_json_read_options shallow = {.size = sizeof shallow, .max_depth = 2};
    expect("[[1]]", &shallow, "[[1]]");
    refuse("[[[1]]]", &shallow, OG_ELIMIT, 2, "more than 2");
    og_json_read_options digits = {.size = sizeof digits, .max_digits = 20};
    expect("12345678901234567890", &digits, "12345678901234567890");
    refuse("[123456789012345678901]", &digits, OG_ELIMIT, 1, "21 digits");
}

/* Ints that fit 64 bits have digits too: in texts of every length, and where the fast ways would take them.
 */
static void test_few_digits(void **state)
{
    (void)state;
    og_json_read_options three = {.size = sizeof three, .max_digits = 3};
    expect("999", &three, "999");
    expect("[-999,1234.5,12345e2]", &three, "[-999,1234.5,1234500.0]");
    refuse("1000", &three, OG_ELIMIT, 0, "an int of 4 digits is over the limit of 3");
    refuse("{\"a\":[1,-1000]}", &three, OG_ELIMIT, 9, "4 digits");
    three.lossless = true;
    refuse("{\"py/tuple\":[1,1000]}", &three, OG_ELIMIT, 15, "4 digits");
    three.lossless = false;
    char text[8192];
    size_t len = 0;
    text[len++] = '[';
    while (len < sizeof text - 8)
        len += (size_t)snprintf(text + len, 8, "%d,", (int)(len % 999));
    int rest = snprintf(text + len, 8, "1000]");
    refuse(text, &three, OG_ELIMIT, len, "4 digits");
    memcpy(text + len, "100 ", 4);
    og_doc *doc = og_doc_new(NULL);
    assert_int_equal(og_json_read(doc, text, len + (size_t)rest, &three, NULL), OG_OK);
    og_doc_free(doc);
    og_json_read_options most = {.size = sizeof most, .max_digits = 18};
    refuse("[1234567890123456789]", &most, OG_ELIMIT, 1, "19 digits");
}

static void test_option_sizes(void **state)
{
    (void)state;
    struct {
        og_json_read_options known;
        char newer[16];
    } longer = {.known = {.size = sizeof longer, .allow_nan = true}};
    expect("NaN", &longer.known, "NaN");
    longer.newer[15] = 1;
    refuse("NaN", &longer.known, OG_EINVAL, OG_NO_POSITION, "does not know");
    og_json_read_options none = {.size = 0};
    refuse("1", &none, OG_EINVAL, OG_NO_POSITION, ".size");
    og_json_read_options older = {
        .size = offsetof(og_json_read_options, allow_nan), .max_depth = 1, .allow_nan = true};
    refuse("NaN", &older, OG_ESYNTAX, 0, "NaN");
    refuse("[[]]", &older, OG_ELIMIT, 1, "more than 1");
}

/* What stands in the padding does not matter, whatever it would mean. */
static void test_padding(void **state)
{
    (void)state;
    static const char *const texts[] = {"12", "1.5",    "1e5", "\"ab", "tru", "true",
                                        "[1", "{\"a\"", " ",   "-",    "[1,", "\"\\u12"};
    static const char fills[] = "7\"e ]tu5\\,}";
    og_json_read_options padded = {.size = sizeof padded, .padded = true};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t len = strlen(texts[i]);
        og_error want = {.code = OG_OK};
        og_doc *doc = og_doc_new(NULL);
        og_doc *other = og_doc_new(NULL);
        int status = read_exactly(doc, texts[i], len, NULL, &want);
        for (const char *fill = fills; *fill; fill++) {
            char text[128];
            og_error err = {.code = OG_OK};
            memset(text, *fill, sizeof text);
            memcpy(text, texts[i], len);
            assert_int_equal(og_json_read(other, text, len, &padded, &err), status);
            assert_int_equal(err.position, want.position);
            if (status == OG_OK) assert_int_equal(og_identical(og_doc_root(doc), og_doc_root(other)), 1);
        }
        og_doc_free(doc);
        og_doc_free(other);
    }
}

/* Strings of all lengths around the vector size, with something special at every place. */
static void test_string_edges(void **state)
{
    (void)state;
    static const char *const insets[] = {"",       "\\n", "\xc3\xa9", "\xed\x95\x9c", "\xf0\x9f\x98\x80",
                                         "\\u00e9"};
    for (size_t inset = 0; inset < sizeof insets / sizeof insets[0]; inset++) {
        for (size_t len = 0; len < 50; len++) {
            for (size_t at = 0; at <= len; at++) {
                char text[128];
                int n = snprintf(text, sizeof text, "[\"%.*s%s%.*s\"]", (int)at,
                                 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", insets[inset],
                                 (int)(len - at), "zyxwvutsrqponmlkjihgfedcbazyxwvutsrqponmlkjihgfedcba");
                read_both_ways(text, text, (size_t)n, true);
                og_doc *doc = og_json_loads(text, (size_t)n, NULL, NULL);
                char *written = og_json_dumps(og_doc_root(doc), NULL, NULL, NULL);
                if (inset < 5) assert_string_equal(written, text);
                free(written);
                og_doc_free(doc);
            }
        }
    }
}

static void test_vector_twins(void **state)
{
    (void)state;
    uint8_t text[OG__TEXT16];
    for (unsigned c = 0; c < 256; c++) {
        for (unsigned at = 0; at < OG__TEXT16; at++) {
            memset(text, at % 2 ? 'x' : ' ', sizeof text);
            text[at] = (uint8_t)c;
            text[(at + 5) % OG__TEXT16] = (uint8_t)(c * 7 + at);
            assert_int_equal(og__base_special16(text), og__base_special16_scalar(text));
            assert_int_equal(og__base_space16(text), og__base_space16_scalar(text));
            assert_int_equal(og__base_ascii_special16(text), og__base_ascii_special16_scalar(text));
            assert_int_equal(og__base_escape16(text), og__base_escape16_scalar(text));
            assert_int_equal(og__base_byte16(text, (uint8_t)c), og__base_byte16_scalar(text, (uint8_t)c));
            uint8_t other[OG__TEXT16];
            memcpy(other, text, sizeof other);
            other[c % OG__TEXT16] ^= (uint8_t)at;
            assert_int_equal(og__base_same16(text, other), og__base_same16_scalar(text, other));
        }
    }
}

/* ---- Memory ---- */

static char *repeat(const char *open, const char *unit, size_t len)
{
    char *text = malloc(len + 1);
    size_t at = strlen(open);
    memcpy(text, open, at);
    for (size_t i = 0; at < len; i++)
        text[at++] = unit[i % strlen(unit)];
    text[at] = '\0';
    return text;
}

/* 64 bytes a byte and 64 KiB, whether it ends well or not. */
static void check_memory(const char *open, const char *unit, const og_json_read_options *options)
{
    static const size_t lengths[] = {100, 5000, 100000, 1000001};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t len = lengths[i];
        char *text = repeat(open, unit, len);
        failing_alloc counter;
        failing_alloc_init(&counter);
        og_doc *doc = og_doc_new(&counter.allocator);
        og_json_read(doc, text, len, options, NULL);
        if (counter.peak_bytes > 64 * len + 65536)
            fail_msg("%s%s…: %zu bytes for %zu", open, unit, counter.peak_bytes, len);
        og_doc_free(doc);
        assert_int_equal(counter.live_bytes, 0);
        assert_int_equal(counter.mistakes, 0);
        free(text);
    }
}

static void test_memory_promise(void **state)
{
    (void)state;
    static const char *const units[][2] = {
        {"[", "[],"},
        {"[", "0,"},
        {"{", "\"\":{},"},
        {"[", "\"\","},
        {"", "["},
        {"", "[[],"},
        {"[", "{},"},
        {"", "{\"\":"},
        {"[", "{\"\":0},"},
        {"\"", "\\n"},
        {"[", "\"\\n\","},
        {"[", "\"\\u0000\","},
        {"[", "1e5,"},
        {"[", "9"},
        {"[", "12345678901234567890,"},
        {"[", " "},
        {"[", "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0},"},
    };
    og_json_read_options deep = {.size = sizeof deep, .max_depth = SIZE_MAX, .max_digits = SIZE_MAX / 100};
    og_json_read_options lossless = {.size = sizeof lossless, .max_depth = SIZE_MAX, .lossless = true};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        bool digits = strcmp(units[i][1], "9") == 0;
        check_memory(units[i][0], units[i][1], digits ? NULL : &deep);
        check_memory(units[i][0], units[i][1], &lossless);
    }
}

static int read_scenario(const og_allocator *alloc, void *ctx)
{
    const char *const *text = ctx;
    og_json_read_options options = {
        .size = sizeof options, .lossless = text[1] != NULL, .allow_comments = text[2] != NULL};
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    og_error err = {.code = OG_OK};
    int status = og_json_read(doc, text[0], strlen(text[0]), &options, &err);
    if (status < 0) assert_int_equal(err.code, status);
    og_doc_free(doc);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    const char *plain[3] = {
        "{\"a\":[1,2.5,\"x\\ny\",{\"b\":[[],{}]}],\"big\":123456789012345678901234567890,\"c\":{\"1\":1,"
        "\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9,\"10\":10}}"};
    assert_true(failing_alloc_run(read_scenario, plain) > 2);
    plain[2] = "comments";
    assert_true(failing_alloc_run(read_scenario, plain) > 2);
    const char *tags[3] = {
        "[{\"py/def\":[1,{\"py/tuple\":[{\"py/set\":[1,{\"py/b64\":\"AAAA\"}]}]}]},{\"py/ref\":1},"
        "{\"py/object\":\"m.C\",\"py/state\":{\"x\":{\"py/complex\":[1,2]}},\"py/items\":[1]}]",
        "lossless"};
    assert_true(failing_alloc_run(read_scenario, tags) > 5);
}

/* A document is filled again and again without new memory. */
static void test_reuse(void **state)
{
    (void)state;
    failing_alloc counter;
    failing_alloc_init(&counter);
    og_doc *doc = og_doc_new(&counter.allocator);
    const char *text = "{\"name\":\"John\",\"list\":[1,2,3,\"x\\n\"]}";
    for (int i = 0; i < 10; i++)
        assert_int_equal(og_json_read(doc, text, strlen(text), NULL, NULL), OG_OK);
    size_t calls = counter.calls;
    for (int i = 0; i < 100; i++)
        assert_int_equal(og_json_read(doc, text, strlen(text), NULL, NULL), OG_OK);
    assert_int_equal(counter.calls, calls);
    og_doc_free(doc);
}

static void test_memory_limit(void **state)
{
    (void)state;
    char *text = repeat("[", "[1],", 100000);
    og_error err = {.code = OG_OK};
    og_doc *doc = og_doc_new(NULL);
    og_doc_set_memory_limit(doc, 20000);
    assert_int_equal(og_json_read(doc, text, 100000, NULL, &err), OG_ENOMEM);
    og_doc_free(doc);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite),          cmocka_unit_test(test_files),
        cmocka_unit_test(test_prefixes),       cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_options),        cmocka_unit_test(test_few_digits),
        cmocka_unit_test(test_option_sizes),   cmocka_unit_test(test_padding),
        cmocka_unit_test(test_string_edges),   cmocka_unit_test(test_vector_twins),
        cmocka_unit_test(test_memory_promise), cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_reuse),          cmocka_unit_test(test_memory_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
