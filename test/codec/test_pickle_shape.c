/* SPDX-License-Identifier: MIT */
/* What pickles teach: whatever is read by the shape of another pickle is read as a document that knows none
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

/* ---- Pickles ---- */

/* Written from JSON, with sharing of keys as the writer makes it. */
static og_buf pickle_of(const char *json, int protocol)
{
    og_buf out = OG_BUF_INIT;
    og_pickle_write_options options = {.size = sizeof options, .protocol = protocol};
    og_doc *doc = og_json_loads(json, strlen(json), NULL, NULL);
    assert_non_null(doc);
    assert_int_equal(og_pickle_write(og_doc_root(doc), &out, &options, NULL), OG_OK);
    og_doc_free(doc);
    return out;
}

static const char *const texts[] = {
    "[1.5,2.25,3.125]",
    "{\"id\":12345,\"name\":\"John\",\"city\":\"New York\",\"on\":true,\"x\":1.25}",
    "{\"jsonrpc\":\"2.0\",\"method\":\"subtract\",\"params\":[42,23],\"id\":1,\"more\":null}",
    "{\"a\":[{\"k\":\"v\",\"n\":-70000},{\"k\":\"v\",\"n\":3000000000},{\"k\":\"서버\",\"n\":-1}],\"b\":[],\"c\":{}}",
    "[[[[[\"deep\",1],2],3],4],\"the end of it all\"]",
    ("{\"01\":1,\"02\":2,\"03\":3,\"04\":4,\"05\":5,\"06\":6,\"07\":7,\"08\":8,\"09\":9,\"10\":10,\"11\":11,\"12\":12,"
     "\"13\":13,\"14\":14,\"15\":15,\"16\":16,\"17\":17,\"18\":[18],\"19\":\"nineteen\",\"20\":false}"),
    "{\"text\":\"a text that is longer than one load of a processor's widest register, by far: more than 64 bytes\"}",
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

/* By hand: what a writer of ours does not write so. */
static const struct {
    const char *bytes;
    size_t len;
} raw[] = {
#define RAW(text)              \
    {                          \
        text, sizeof(text) - 1 \
    }
    /* protocol 1, as SocketHandler sends */
    RAW("}q\x00(X\x04\x00\x00\x00nameq\x01X\x04\x00\x00\x00rootq\x02X\x04\x00\x00\x00\x61rgsq\x03)X\x05\x00\x00\x00levelq\x04K\x14u."),
    /* and what it has beside: an int of more than 32 bits, a bool */
    RAW("}q\x00(X\x06\x00\x00\x00threadq\x01L139872345122624L\nX\x02\x00\x00\x00onq\x02I01\nX\x04\x00\x00\x00lessq\x03L-4294967296L\nu."),
    /* a value that is there twice, and one that repeats a key */
    RAW("\x80\x04}\x94(\x8c\x05\x66irst\x94\x8c\x06second\x94\x8c\x05third\x94h\x02\x8c\x06\x66ourth\x94h\x01\x8c\x05\x66ifth\x94Nu."),
    /* bytes, tuples, and ints of LONG1 */
    RAW("\x80\x03(C\x05\x01\x02\x03\x04\x05q\x00K\x01K\x02\x86q\x01K\x01\x85q\x02\x88\x89N\x87q\x03\x8a\x03\x01\x02\x03tq\x04."),
    /* one item, one pair */
    RAW("\x80\x02]q\x00}q\x01X\x03\x00\x00\x00keyq\x02G?\xf8\x00\x00\x00\x00\x00\x00s\x61."),
};
enum { RAWS = sizeof raw / sizeof raw[0], SAMPLES = TEXTS * 3 + RAWS };

static og_buf sample(size_t i)
{
    static const int protocols[] = {2, 4, 1};
    if (i < TEXTS * 3) return pickle_of(texts[i / 3], protocols[i % 3]);
    og_buf out = OG_BUF_INIT;
    assert_int_equal(og_buf_put(&out, raw[i - TEXTS * 3].bytes, raw[i - TEXTS * 3].len), OG_OK);
    return out;
}

/* ---- Comparing ---- */

static og_pickle_read_options ways[3]; /* any, strict, by a policy */
static og_policy *policy;

static int set_up(void **state)
{
    (void)state;
    static const char text[] = "include plain-data\n";
    policy = og_policy_new(NULL);
    assert_int_equal(og_policy_parse(policy, text, sizeof text - 1, NULL), OG_OK);
    for (int i = 0; i < 3; i++)
        ways[i].size = sizeof ways[i];
    ways[1].strict = true;
    ways[2].policy = policy;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    og_policy_free(policy);
    return 0;
}

/* A document that a pickle has taught. */
static og_doc *taught_by(const og_buf *pickle, const og_pickle_read_options *way)
{
    og_doc *doc = og_doc_new(NULL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(og_pickle_read(doc, pickle->data, pickle->len, NULL, way, NULL), OG_OK);
    return doc;
}

static void assert_same_bytes(og_value a, og_value b)
{
    og_buf first = OG_BUF_INIT;
    og_buf second = OG_BUF_INIT;
    assert_int_equal(og_pickle_write(a, &first, NULL, NULL), og_pickle_write(b, &second, NULL, NULL));
    assert_int_equal(first.len, second.len);
    if (first.len) assert_memory_equal(first.data, second.data, first.len);
    og_buf_free(&first);
    og_buf_free(&second);
}

/* Reads the bytes with what was taught and without: all is the same. */
static void compare(og_doc *taught, const uint8_t *bytes, size_t len, const og_pickle_read_options *way)
{
    og_error err = {0};
    og_error expected = {0};
    size_t used = 0;
    size_t expected_used = 0;
    uint8_t *exact = malloc(len + 1); /* so that a sanitizer sees what is read beyond it */
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    og_doc *plain = og_doc_new(NULL);
    int status = og_pickle_read(plain, exact, len, &expected_used, way, &expected);
    assert_int_equal(og_pickle_read(taught, exact, len, &used, way, &err), status);
    if (status == OG_OK) {
        assert_int_equal(used, expected_used);
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
    free(exact);
}

/* ---- Tests ---- */

static void every_sample_teaches(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++)
        for (int way = 0; way < 3; way++) {
            og_buf pickle = sample(i);
            og_doc *doc = taught_by(&pickle, &ways[way]);
            if (!doc->lessons) fail_msg("sample %zu taught nothing", i);
            int debt = doc->lesson_debt;
            compare(doc, pickle.data, pickle.len, &ways[way]);
            assert_true(doc->lesson_debt < debt); /* it was of use */
            og_doc_free(doc);
            og_buf_free(&pickle);
        }
}

/* What is taught in one way is of use in another only where that is as strict. */
static void each_byte_changed(void **state)
{
    (void)state;
    static const uint8_t others[] = {0x00, 0xff, 0x80, '.', 'N', 'K', 'h', 'a', 'c', 0x94, 0x8c};
    for (size_t i = 0; i < SAMPLES; i++) {
        og_buf pickle = sample(i);
        for (int way = 0; way < 3; way++) {
            og_doc *doc = taught_by(&pickle, &ways[way == 1 ? 0 : way]);
            for (size_t at = 0; at < pickle.len; at++)
                for (size_t o = 0; o <= sizeof others; o++) {
                    uint8_t before = pickle.data[at];
                    pickle.data[at] = o < sizeof others ? others[o] : before ^ 1;
                    compare(doc, pickle.data, pickle.len, &ways[way]);
                    pickle.data[at] = before;
                }
            og_doc_free(doc);
        }
        og_buf_free(&pickle);
    }
}

static void cut_and_followed(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        og_buf pickle = sample(i);
        for (int way = 0; way < 3; way++) {
            og_pickle_read_options trailing = ways[way];
            trailing.allow_trailing = true;
            og_doc *doc = taught_by(&pickle, &ways[way]);
            size_t len = pickle.len;
            for (size_t cut = 0; cut < len; cut++)
                compare(doc, pickle.data, cut, &ways[way]);
            assert_int_equal(og_buf_put(&pickle, "  .K\x01.", 6), OG_OK);
            for (size_t more = 0; more <= 6; more++) {
                compare(doc, pickle.data, len + more, &ways[way]);
                compare(doc, pickle.data, len + more, &trailing);
            }
            pickle.len = len;
            og_doc_free(doc);
        }
        og_buf_free(&pickle);
    }
}

static void other_scalars(void **state)
{
    (void)state;
    static const char *const scalars[] = {"0",
                                          "255",
                                          "256",
                                          "65536",
                                          "-1",
                                          "1e300",
                                          "null",
                                          "true",
                                          "\"\"",
                                          "\"x\"",
                                          "\"\\ud83d\\ude00\"",
                                          "123456789012345678901234567890",
                                          "-9223372036854775808",
                                          "\"a text of more than sixteen bytes\"",
                                          "[]",
                                          "{}",
                                          "[1]"};
    enum { SCALARS = sizeof scalars / sizeof scalars[0] };
    char json[200];
    for (int protocol = 1; protocol <= 5; protocol++)
        for (size_t a = 0; a < SCALARS; a++) {
            snprintf(json, sizeof json, "{\"first key\":%s,\"second key\":[%s,7]}", scalars[a], scalars[a]);
            og_buf pickle = pickle_of(json, protocol);
            for (int way = 0; way < 3; way++) {
                og_doc *doc = taught_by(&pickle, &ways[way]);
                for (size_t b = 0; b < SCALARS; b++) {
                    snprintf(json, sizeof json, "{\"first key\":%s,\"second key\":[%s,8]}", scalars[b],
                             scalars[(a + b) % SCALARS]);
                    og_buf other = pickle_of(json, protocol);
                    compare(doc, other.data, other.len, &ways[way]);
                    og_buf_free(&other);
                }
                og_doc_free(doc);
            }
            og_buf_free(&pickle);
        }
}

/* A string that is a pickle in itself is looked into, by a policy, wherever it is. */
static void a_string_that_is_a_pickle(void **state)
{
    (void)state;
    static const char good[] =
        "\x80\x04}\x94(\x8c\x04kind\x94\x8c\x1fnothing that anybody would call\x94\x8c\x01n\x94K\x01u.";
    static const char evil[] = "\x80\x04}\x94(\x8c\x04kind\x94\x8c\x1d"
                               "cos\nsystem\n(S'echo PWNED'\ntR."
                               "\x94\x8c\x01n\x94K\x01u.";
    for (int way = 0; way < 3; way++) {
        og_buf pickle = OG_BUF_INIT;
        og_buf_put(&pickle, good, sizeof good - 1);
        og_doc *doc = taught_by(&pickle, &ways[way]);
        assert_non_null(doc->lessons);
        int status = og_pickle_read(doc, evil, sizeof evil - 1, NULL, &ways[way], NULL);
        assert_int_equal(status, way == 2 ? OG_EPOLICY : OG_OK);
        compare(doc, (const uint8_t *)evil, sizeof evil - 1, &ways[way]);
        og_doc_free(doc);
        og_buf_free(&pickle);
    }
    /* As a key, it is of use only to who does not ask. */
    static const char key[] = "\x80\x04}\x94(\x8c\x1d"
                              "cos\nsystem\n(S'echo PWNED'\ntR."
                              "\x94K\x01\x8c\x01n\x94K\x01u.";
    og_buf pickle = OG_BUF_INIT;
    og_buf_put(&pickle, key, sizeof key - 1);
    og_doc *doc = taught_by(&pickle, &ways[0]);
    assert_int_equal(og_pickle_read(doc, key, sizeof key - 1, NULL, &ways[0], NULL), OG_OK);
    assert_int_equal(og_pickle_read(doc, key, sizeof key - 1, NULL, &ways[2], NULL), OG_EPOLICY);
    og_doc_free(doc);
    og_buf_free(&pickle);
}

static void limits_hold(void **state)
{
    (void)state;
    og_buf pickle = sample(4 * 3 + 1); /* lists in lists */
    og_doc *doc = taught_by(&pickle, &ways[0]);
    for (size_t depth = 1; depth < 8; depth++) {
        og_pickle_read_options way = {.size = sizeof way, .max_depth = depth, .max_digits = depth};
        compare(doc, pickle.data, pickle.len, &way);
    }
    og_doc_free(doc);
    doc = og_doc_new(NULL);
    og_doc_set_memory_limit(doc, 1 << 20);
    for (int i = 0; i < 5; i++)
        assert_int_equal(og_pickle_read(doc, pickle.data, pickle.len, NULL, NULL, NULL), OG_OK);
    assert_null(doc->lessons); /* the limit is for messages */
    og_doc_free(doc);
    og_buf_free(&pickle);
}

/* What is read can be built on as anything that is read. */
static void values_can_be_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXTS; i++) {
        og_buf pickle = sample(i * 3 + 1);
        og_doc *docs[2] = {taught_by(&pickle, &ways[0]), og_doc_new(NULL)};
        for (int d = 0; d < 2; d++) {
            og_doc *doc = docs[d];
            assert_int_equal(og_pickle_read(doc, pickle.data, pickle.len, NULL, NULL, NULL), OG_OK);
            og_value root = og_doc_root(doc);
            og_value more = og_kind_of(root) == OG_DICT ? og_dict_gets(root, "a") : root;
            for (int n = 0; n < 40; n++) {
                if (og_kind_of(root) == OG_DICT)
                    assert_int_equal(og_dict_set(doc, root, og_int(n), og_int(n), NULL), OG_OK);
                if (og_kind_of(more) == OG_LIST)
                    assert_int_equal(og_list_append(doc, more, og_int(n), NULL), OG_OK);
            }
        }
        assert_int_equal(og_identical(og_doc_root(docs[0]), og_doc_root(docs[1])), 1);
        /* and the next one is not what was made of this one */
        compare(docs[0], pickle.data, pickle.len, &ways[0]);
        og_doc_free(docs[0]);
        og_doc_free(docs[1]);
        og_buf_free(&pickle);
    }
}

/* Many forms in turn: the memory for what they taught has an end, and all are read. */
static void many_forms(void **state)
{
    (void)state;
    char json[100];
    og_doc *doc = og_doc_new(NULL);
    size_t most = 0;
    for (int round = 0; round < 400; round++) {
        snprintf(json, sizeof json, "{\"key of form %d\":%d,\"another one\":[%d]}", round / 3 % 40, round,
                 round);
        og_buf pickle = pickle_of(json, 4);
        compare(doc, pickle.data, pickle.len, &ways[0]);
        if (round == 100) most = og_doc_memory(doc);
        if (round > 100) assert_true(og_doc_memory(doc) < most + 1000);
        og_buf_free(&pickle);
    }
    size_t count = 0;
    for (const og__lesson *lesson = doc->lessons; lesson; lesson = lesson->next)
        count++;
    assert_in_range(count, 0, 8);
    og_doc_free(doc);
}

/* Without memory nothing is learned, and what was read is there. */
static void without_memory(void **state)
{
    (void)state;
    og_buf pickle = sample(1 * 3 + 1);
    for (size_t call = 1; call < 20; call++) {
        failing_alloc failing;
        failing_alloc_init(&failing);
        failing.fail_at = call;
        og_doc *doc = og_doc_new(&failing.allocator);
        for (int i = 0; doc && i < 4; i++) {
            int status = og_pickle_read(doc, pickle.data, pickle.len, NULL, NULL, NULL);
            assert_true(status == OG_OK || status == OG_ENOMEM);
            if (status == OG_OK) assert_int_equal(og_len(og_doc_root(doc)), 5);
        }
        og_doc_free(doc);
        assert_int_equal(failing.live_blocks, 0);
        assert_int_equal(failing.mistakes, 0);
    }
    og_buf_free(&pickle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_teaches),
        cmocka_unit_test(each_byte_changed),
        cmocka_unit_test(cut_and_followed),
        cmocka_unit_test(other_scalars),
        cmocka_unit_test(a_string_that_is_a_pickle),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(values_can_be_changed),
        cmocka_unit_test(many_forms),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
