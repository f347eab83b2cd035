/* SPDX-License-Identifier: MIT */
/* What JSON texts teach: whatever is read by the shape of another text is read as a document that knows none
 * reads it. */
#include <onggi/json.h>
#include <onggi/pickle.h>

#include "value/doc.h"

#include "../support/failing_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const texts[] = {
    "[1.5,2.25,3.125]",
    "{\"id\":12345,\"name\":\"John\",\"city\":\"New York\",\"on\":true,\"x\":1.25}",
    "{\"id\": 12345, \"name\": \"\", \"none\": null, \"off\": false, \"y\": -1.25e-7}\n",
    "{\"jsonrpc\":\"2.0\",\"method\":\"subtract\",\"params\":[42,23],\"id\":1,\"more\":null}",
    "{\"a\":[{\"k\":\"v\",\"n\":-70000},{\"k\":\"v\",\"n\":30000000000000000000},{\"k\":\"서버\",\"n\":-0.0}],\"b\":[],\"c\":{}}",
    "[[[[[\"deep\",1],2],3],4],\"the end of it all\"]",
    "\n{\n  \"이름\": \"홍길동\",\n  \"목록\": [\n    1,\n    \"a\\tb\\u00e9\"\n  ]\n}",
    ("{\"01\":1,\"02\":2,\"03\":3,\"04\":4,\"05\":5,\"06\":6,\"07\":7,\"08\":8,\"09\":9,\"10\":10,\"11\":11,\"12\":12,"
     "\"13\":13,\"14\":14,\"15\":15,\"16\":16,\"17\":17,\"18\":[18],\"19\":\"nineteen\",\"20\":false}"),
    "{\"text\":\"a text that is longer than one load of a processor's widest register, by far: more than 64 bytes\"}",
};
enum { TEXTS = sizeof texts / sizeof texts[0], WAYS = 4 };

/* As the standard, as Python, and with what Python refuses. */
static const og_json_read_options ways[WAYS] = {
    {.size = sizeof ways[0]},
    {.size = sizeof ways[1], .allow_nan = true, .allow_surrogates = true, .refuse_huge = true},
    {.size = sizeof ways[2], .allow_trailing_comma = true, .refuse_duplicates = true},
    {.size = sizeof ways[3], .padded = true},
};

/* The text in memory of its own, so that a sanitizer sees what is read beyond it, with other bytes in what
 * may be read. */
static char *exact(const char *text, size_t len, bool padded)
{
    char *copy = malloc(len + OG_PADDING + 1);
    assert_non_null(copy);
    if (!padded) copy = realloc(copy, len + 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    if (padded) memset(copy + len, '1', OG_PADDING);
    return copy;
}

/* A document that a text has taught. */
static og_doc *taught_by(const char *text, const og_json_read_options *way)
{
    og_doc *doc = og_doc_new(NULL);
    char *copy = exact(text, strlen(text), true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(og_json_read(doc, copy, strlen(text), way, NULL), OG_OK);
    free(copy); /* nothing of it is needed any more */
    return doc;
}

static void assert_same_bytes(og_value a, og_value b)
{
    for (int form = 0; form < 2; form++) {
        og_buf first = OG_BUF_INIT;
        og_buf second = OG_BUF_INIT;
        int status = form ? og_pickle_write(a, &first, NULL, NULL) : og_json_write(a, &first, NULL, NULL);
        int expected = form ? og_pickle_write(b, &second, NULL, NULL) : og_json_write(b, &second, NULL, NULL);
        assert_int_equal(status, expected);
        assert_int_equal(first.len, second.len);
        if (first.len) assert_memory_equal(first.data, second.data, first.len);
        og_buf_free(&first);
        og_buf_free(&second);
    }
}

/* Reads the text with what was taught and without: all is the same. */
static void compare(og_doc *taught, const char *text, size_t len, const og_json_read_options *way)
{
    og_error err = {0};
    og_error expected = {0};
    char *copy = exact(text, len, way->padded);
    og_doc *plain = og_doc_new(NULL);
    int status = og_json_read(plain, copy, len, way, &expected);
    assert_int_equal(og_json_read(taught, copy, len, way, &err), status);
    if (status == OG_OK) {
        assert_int_equal(og_identical(og_doc_root(taught), og_doc_root(plain)), 1);
        assert_int_equal(taught->source, plain->source);
        assert_same_bytes(og_doc_root(taught), og_doc_root(plain));
    } else {
        assert_int_equal(err.code, expected.code);
        assert_int_equal(err.position, expected.position);
        assert_string_equal(err.text, expected.text);
        assert_false(og_valid(og_doc_root(taught)));
    }
    og_doc_free(plain);
    free(copy);
}

static void every_text_teaches(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXTS; i++)
        for (int way = 0; way < WAYS; way++) {
            og_doc *doc = taught_by(texts[i], &ways[way]);
            if (!doc->lessons) fail_msg("%s taught nothing", texts[i]);
            int debt = doc->lesson_debt;
            compare(doc, texts[i], strlen(texts[i]), &ways[way]);
            assert_true(doc->lesson_debt < debt - 1); /* it was of use */
            og_doc_free(doc);
        }
}

/* What is taught in one way is of use in another only where the same is allowed. */
static void each_byte_changed(void **state)
{
    (void)state;
    static const char others[] = {0x00, '"', '\\', '{', '}', '[', ']',  ',',       ':',
                                  '0',  '-', '.',  'e', 'n', ' ', '\n', (char)0xed};
    for (size_t i = 0; i < TEXTS; i++) {
        char *text = strdup(texts[i]);
        size_t len = strlen(text);
        for (int taught = 0; taught < WAYS; taught++)
            for (int way = 0; way < WAYS; way++) {
                og_doc *doc = taught_by(text, &ways[taught]);
                for (size_t at = 0; at < len; at++)
                    for (size_t o = 0; o <= sizeof others; o++) {
                        char before = text[at];
                        text[at] = o < sizeof others ? others[o] : (char)(before ^ 1);
                        compare(doc, text, len, &ways[way]);
                        text[at] = before;
                    }
                og_doc_free(doc);
            }
        free(text);
    }
}

static void cut_and_followed(void **state)
{
    (void)state;
    static const char *const more[] = {" ", "}", "]", "1", ",", "\"", "\n\n"};
    for (size_t i = 0; i < TEXTS; i++)
        for (int way = 0; way < WAYS; way++) {
            og_doc *doc = taught_by(texts[i], &ways[way]);
            size_t len = strlen(texts[i]);
            for (size_t cut = 0; cut <= len; cut++)
                compare(doc, texts[i], cut, &ways[way]);
            for (size_t m = 0; m < sizeof more / sizeof more[0]; m++) {
                char text[400];
                snprintf(text, sizeof text, "%s%s", texts[i], more[m]);
                compare(doc, text, strlen(text), &ways[way]);
                snprintf(text, sizeof text, "%s%s", more[m], texts[i]);
                compare(doc, text, strlen(text), &ways[way]);
            }
            og_doc_free(doc);
        }
}

static const char *const scalars[] = {"0",
                                      "-1",
                                      "01",
                                      "1.",
                                      "-",
                                      "1e300",
                                      "1e400",
                                      "-0",
                                      "0.1",
                                      "3.14159265358979323846",
                                      "null",
                                      "nul",
                                      "true",
                                      "false",
                                      "NaN",
                                      "-Infinity",
                                      "\"\"",
                                      "\"x\"",
                                      "\"\\ud83d\\ude00\"",
                                      "\"\\ud83d\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xff\"",
                                      "\"서버\"",
                                      "\"a\x01\"",
                                      "\"\\x\"",
                                      "\"a text of more than sixteen bytes\"",
                                      "123456789012345678901234567890",
                                      "-9223372036854775808",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "[]",
                                      "{}",
                                      "[1]",
                                      "",
                                      "1 1",
                                      "\"a\" \"b\""};
enum { SCALARS = sizeof scalars / sizeof scalars[0] };

/* Each scalar in the places that another one taught, as keys too: what is wrong there, is so here. */
static void other_scalars(void **state)
{
    (void)state;
    char text[200];
    for (size_t a = 0; a < SCALARS; a++)
        for (int way = 0; way < WAYS; way++) {
            og_doc *doc = og_doc_new(NULL);
            for (size_t b = 0; b < SCALARS; b++) {
                snprintf(text, sizeof text, "{\"first key\":%s,\"second key\":[%s,7]}", scalars[a],
                         scalars[a]);
                for (int i = 0; i < 2; i++)
                    compare(doc, text, strlen(text), &ways[way]);
                snprintf(text, sizeof text, "{\"first key\":%s,\"second key\":[%s,8]}", scalars[b],
                         scalars[(a + b) % SCALARS]);
                compare(doc, text, strlen(text), &ways[way]);
                snprintf(text, sizeof text, "{\"first key\":1,%s:[2,8]}", scalars[b]);
                for (int i = 0; i < 2; i++)
                    compare(doc, text, strlen(text), &ways[(way + i) % WAYS]);
            }
            og_doc_free(doc);
        }
}

/* Keys that come twice, half a surrogate pair in a key, a comma before the end: what one way takes, another
 * refuses, whatever was taught. */
static void what_another_way_refuses(void **state)
{
    (void)state;
    static const char *const some[] = {"{\"twice\":1,\"other\":2,\"twice\":3}",
                                       "{\"half \xed\xa0\x80\":1,\"other\":2}",
                                       "{\"half \\ud800\":1,\"other\":2}",
                                       "{\"comma\":1,\"other\":[2,],}",
                                       "{\"comma\":1,\"other\":2,}",
                                       "{\"esc\\u0061pe\":1,\"other\":2}"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        for (int taught = 0; taught < WAYS; taught++) {
            og_doc *doc = og_doc_new(NULL);
            for (int round = 0; round < 8; round++)
                compare(doc, some[i], strlen(some[i]), &ways[(taught + round / 2) % WAYS]);
            og_doc_free(doc);
        }
}

/* Options that make another language of it. */
static void other_options(void **state)
{
    (void)state;
    const og_json_read_options others[] = {
        {.size = sizeof others[0], .lossless = true},
        {.size = sizeof others[0], .allow_comments = true},
        {.size = sizeof others[0], .allow_bom = true},
        {.size = sizeof others[0], .max_digits = 4},
        {.size = sizeof others[0], .max_digits = 19},
        {.size = sizeof others[0], .max_depth = 1},
        {.size = sizeof others[0], .max_depth = 5},
        {.size = offsetof(og_json_read_options, allow_nan), .max_depth = 4}};
    static const char *const some[] = {"{\"@\":1,\"value\":12345}", "{\"a\":1/**/,\"b\":2}",
                                       "\xef\xbb\xbf{\"a\":1,\"b\":2}", "{\"@tuple\":[1,2,3]}",
                                       "[[[[1234567890123456789]]]]"};
    for (size_t i = 0; i < TEXTS + sizeof some / sizeof some[0]; i++) {
        const char *text = i < TEXTS ? texts[i] : some[i - TEXTS];
        og_doc *doc = og_doc_new(NULL);
        for (size_t o = 0; o < sizeof others / sizeof others[0]; o++)
            for (int round = 0; round < 3; round++) {
                compare(doc, text, strlen(text), &ways[0]);
                compare(doc, text, strlen(text), &others[o]);
            }
        og_doc_free(doc);
    }
}

/* Texts and pickles that one document reads in turn do not disturb one another. */
static void pickles_between(void **state)
{
    (void)state;
    og_doc *doc = og_doc_new(NULL);
    og_buf pickle = OG_BUF_INIT;
    for (int round = 0; round < 10; round++) {
        compare(doc, texts[1], strlen(texts[1]), &ways[0]);
        pickle.len = 0;
        assert_int_equal(og_pickle_write(og_doc_root(doc), &pickle, NULL, NULL), OG_OK);
        assert_int_equal(og_pickle_read(doc, pickle.data, pickle.len, NULL, NULL, NULL), OG_OK);
        og_buf text = OG_BUF_INIT;
        assert_int_equal(og_json_write(og_doc_root(doc), &text, NULL, NULL), OG_OK);
        assert_int_equal(text.len, strlen(texts[1]));
        assert_memory_equal(text.data, texts[1], text.len);
        og_buf_free(&text);
    }
    og_buf_free(&pickle);
    og_doc_free(doc);
}

/* Texts of all lengths, with and without padding: each is read by another pass at first. */
static void long_texts(void **state)
{
    (void)state;
    char *text = malloc(20000);
    assert_non_null(text);
    for (size_t records = 1; records < 160; records += 1 + records / 8) {
        size_t len = (size_t)sprintf(text, "{\"records\":[");
        for (size_t i = 0; i < records; i++)
            len += (size_t)sprintf(
                text + len,
                "%s{\"name\":\"service\",\"한글\":%zu,\"message\":\"the quick brown fox\\n\",\"none\":null}",
                i ? "," : "", i * 7);
        len += (size_t)sprintf(text + len, "]}");
        for (int w = 0; w < WAYS; w++) {
            og_doc *doc = og_doc_new(NULL);
            for (int i = 0; i < 3; i++)
                compare(doc, text, len, &ways[w]);
            for (size_t at = 5; at < len; at += len / 20) {
                char before = text[at];
                text[at] = '8';
                compare(doc, text, len, &ways[w]);
                text[at] = before;
            }
            og_doc_free(doc);
        }
    }
    free(text);
}

/* Requests of several forms that begin alike come in turn: each is known after a while. */
static void forms_in_turn(void **state)
{
    (void)state;
    char text[200];
    og_doc *doc = og_doc_new(NULL);
    for (int round = 0; round < 300; round++) {
        static const char *const params[] = {"{\"x\":%d}", "[%d,1]", "{\"name\":\"%d\",\"flag\":true}"};
        char some[60];
        snprintf(some, sizeof some, params[round % 3], round);
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":%s,\"id\":%d}", some,
                 round);
        compare(doc, text, strlen(text), &ways[0]);
        if (round >= 290) assert_int_equal(doc->lesson_debt, 0); /* all was paid back */
    }
    og_doc_free(doc);
}

/* What is read can be built on as anything that is read. */
static void values_can_be_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXTS; i++) {
        og_doc *docs[2] = {taught_by(texts[i], &ways[0]), og_doc_new(NULL)};
        for (int d = 0; d < 2; d++) {
            assert_int_equal(og_json_read(docs[d], texts[i], strlen(texts[i]), NULL, NULL), OG_OK);
            og_value root = og_doc_root(docs[d]);
            for (int n = 0; n < 40; n++) {
                if (og_kind_of(root) == OG_DICT)
                    assert_int_equal(og_dict_set(docs[d], root, og_int(n), og_int(n), NULL), OG_OK);
                else
                    assert_int_equal(og_list_append(docs[d], root, og_int(n), NULL), OG_OK);
            }
        }
        assert_int_equal(og_identical(og_doc_root(docs[0]), og_doc_root(docs[1])), 1);
        /* and the next one is not what was made of this one */
        compare(docs[0], texts[i], strlen(texts[i]), &ways[0]);
        og_doc_free(docs[0]);
        og_doc_free(docs[1]);
    }
}

/* Without memory nothing is learned, and what was read is there. */
static void without_memory(void **state)
{
    (void)state;
    for (size_t call = 1; call < 20; call++) {
        failing_alloc failing;
        failing_alloc_init(&failing);
        failing.fail_at = call;
        og_doc *doc = og_doc_new(&failing.allocator);
        for (int i = 0; doc && i < 4; i++) {
            int status = og_json_read(doc, texts[1], strlen(texts[1]), NULL, NULL);
            assert_true(status == OG_OK || status == OG_ENOMEM);
            if (status == OG_OK) assert_int_equal(og_len(og_doc_root(doc)), 5);
        }
        og_doc_free(doc);
        assert_int_equal(failing.live_blocks, 0);
        assert_int_equal(failing.mistakes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_teaches),
        cmocka_unit_test(each_byte_changed),
        cmocka_unit_test(cut_and_followed),
        cmocka_unit_test(other_scalars),
        cmocka_unit_test(other_options),
        cmocka_unit_test(forms_in_turn),
        cmocka_unit_test(what_another_way_refuses),
        cmocka_unit_test(pickles_between),
        cmocka_unit_test(values_can_be_changed),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
