/* SPDX-License-Identifier: MIT */
/* Pickles judged in one document, one after the other: each is written, or refused, as in a new one. */
#include <onggi/json.h>
#include <onggi/pickle.h>

#include "value/doc.h"

#include "../support/failing_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EVIL "cos\\nsystem\\n(S'echo PWNED'\\ntR."

/* In this order some are like those before them, with a pickle where a text was, or something longer. */
static const char *const texts[] = {
    "{\"first key\":\"a text like any other, for now\",\"second key\":1}",
    "{\"first key\":\"a text like any other, again\",\"second key\":2}",
    "{\"first key\":\"a text like any other, once more\",\"second key\":3}",
    "{\"first key\":\"" EVIL "\",\"second key\":4}",
    "{\"first key\":\"a text like any other, after that\",\"second key\":5}",
    "{\"first key\":\"first key\",\"second key\":\"second key\"}",
    "{\"first key\":[[[[[[[[1]]]]]]]],\"second key\":6}",
    "{\"first key\":null,\"second key\":123456789012345678901234567890}",
    "{\"first key\":[\"" EVIL "\"],\"second key\":7}",
    "{\"" EVIL "\":1,\"second key\":8}",
    "[1,2,3,4,5,6,7,8,9,10]",
    "[1,2,3,4,5,6,7,8,9,\"" EVIL "\"]",
    "\"" EVIL "\"",
};
enum { TEXTS = sizeof texts / sizeof texts[0], THRICE = 3 * TEXTS };

static og_policy *policy;

static int set_up(void **state)
{
    (void)state;
    policy = og_policy_builtin("plain-data", NULL);
    return policy ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    og_policy_free(policy);
    return 0;
}

static og_doc *value_of(const char *json)
{
    og_doc *doc = og_json_loads(json, strlen(json), NULL, NULL);
    assert_non_null(doc);
    return doc;
}

/* Writes with the document and without: all is the same, and nothing of the pickle stays behind. */
static void compare(const char *json, og_pickle_write_options options, og_doc *judging, size_t limit)
{
    og_buf out = OG_BUF_INIT;
    og_buf expected_out = OG_BUF_INIT;
    og_error err = {0};
    og_error expected = {0};
    og_doc *doc = value_of(json);
    out.limit = expected_out.limit = limit;
    int status = og_pickle_write(og_doc_root(doc), &expected_out, &options, &expected);
    options.judging = judging;
    assert_int_equal(og_pickle_write(og_doc_root(doc), &out, &options, &err), status);
    assert_int_equal(out.len, expected_out.len);
    if (out.len) assert_memory_equal(out.data, expected_out.data, out.len);
    assert_int_equal(err.code, expected.code);
    assert_int_equal(err.position, expected.position);
    assert_string_equal(err.text, expected.text);
    assert_false(og_valid(og_doc_root(judging)));
    og_doc_free(doc);
    og_buf_free(&out);
    og_buf_free(&expected_out);
}

static void judges_as_in_a_new_document(void **state)
{
    (void)state;
    for (int protocol = -1; protocol <= 5; protocol++)
        for (int contained = 0; contained < 2; contained++) {
            og_doc *judging = og_doc_new(NULL);
            for (size_t i = 0; i < THRICE; i++)
                compare(texts[i % TEXTS],
                        (og_pickle_write_options){.size = sizeof(og_pickle_write_options),
                                                  .protocol = protocol,
                                                  .policy = policy,
                                                  .self_contained = contained},
                        judging, 0);
            og_doc_free(judging);
        }
}

static void knows_what_came_before(void **state)
{
    (void)state;
    og_doc *judging = og_doc_new(NULL);
    const og_pickle_write_options options = {.size = sizeof options, .policy = policy};
    for (int i = 0; i < 3; i++)
        compare(texts[i], options, judging, 0);
    assert_non_null(judging->lessons);
    int debt = judging->lesson_debt;
    compare(texts[4], options, judging, 0);
    assert_true(judging->lesson_debt < debt); /* it was of use */
    og_doc_free(judging);
}

/* What is in the document, of another's reading too, does not matter. */
static void takes_any_document(void **state)
{
    (void)state;
    og_doc *judging = og_doc_new(NULL);
    const og_pickle_write_options options = {.size = sizeof options, .policy = policy};
    for (size_t i = 0; i < TEXTS; i++) {
        assert_int_equal(og_json_read(judging, "[[1,2],{}]", 10, NULL, NULL), OG_OK);
        compare(texts[i], options, judging, 0);
    }
    og_doc_free(judging);
}

/* Of the buffer, where there may be no room for padding, and of depth. */
static void limits_hold(void **state)
{
    (void)state;
    og_doc *judging = og_doc_new(NULL);
    for (size_t limit = 1; limit < 300; limit++)
        for (size_t i = 0; i < TEXTS; i++)
            compare(texts[i],
                    (og_pickle_write_options){.size = sizeof(og_pickle_write_options), .policy = policy},
                    judging, limit);
    for (size_t depth = 1; depth < 12; depth++)
        for (size_t i = 0; i < TEXTS; i++)
            compare(texts[i],
                    (og_pickle_write_options){
                        .size = sizeof(og_pickle_write_options), .policy = policy, .max_depth = depth},
                    judging, 0);
    og_doc_free(judging);
}

/* One long pickle does not keep its memory for ever: it goes as that of any document that is read into. */
static void memory_follows_what_is_written(void **state)
{
    (void)state;
    enum { MANY = 100000, MOST = 1 << 20 };
    og_buf json = OG_BUF_INIT;
    og_buf out = OG_BUF_INIT;
    og_doc *judging = og_doc_new(NULL);
    const og_pickle_write_options options = {.size = sizeof options, .policy = policy, .judging = judging};
    assert_int_equal(og_buf_puts(&json, "[[0]"), OG_OK);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(og_buf_puts(&json, ",[1]"), OG_OK);
    assert_int_equal(og_buf_put(&json, "]", 2), OG_OK);
    og_doc *many = value_of((const char *)json.data);
    assert_int_equal(og_pickle_write(og_doc_root(many), &out, &options, NULL), OG_OK);
    assert_true(og_doc_memory(judging) > MOST);
    for (int i = 0; i < 40; i++)
        compare(texts[0], options, judging, 0);
    assert_true(og_doc_memory(judging) < MOST);
    og_doc_free(many);
    og_doc_free(judging);
    og_buf_free(&json);
    og_buf_free(&out);
}

static int write_thrice(const og_allocator *alloc, void *ctx)
{
    const og_doc *value = ctx;
    og_buf out;
    int status = OG_ENOMEM;
    og_doc *judging = og_doc_new(alloc);
    const og_pickle_write_options options = {.size = sizeof options, .policy = policy, .judging = judging};
    og_buf_init(&out, alloc);
    for (int i = 0; judging && i < 3; i++) {
        out.len = 0;
        status = og_pickle_write(og_doc_root(value), &out, &options, NULL);
        if (status < 0) break;
        /* without memory to learn it is judged all the same */
    }
    og_buf_free(&out);
    og_doc_free(judging);
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    og_doc *value = value_of(texts[0]);
    for (size_t call = 1; call < 20; call++) {
        failing_alloc failing;
        failing_alloc_init(&failing);
        failing.fail_at = call;
        int status = write_thrice(&failing.allocator, value);
        assert_true(status == OG_OK || status == OG_ENOMEM);
        assert_int_equal(failing.live_blocks, 0);
        assert_int_equal(failing.mistakes, 0);
    }
    og_doc_free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_as_in_a_new_document),
        cmocka_unit_test(knows_what_came_before),
        cmocka_unit_test(takes_any_document),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(memory_follows_what_is_written),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
