/* SPDX-License-Identifier: MIT */
/* Pickles that are written by a plan: the bytes are those that a document which learned nothing is written
 * as. */
#include <onggi/json.h>
#include <onggi/pickle.h>

#include "codec/plan.h"

#include "../support/failing_alloc.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PROTOCOLS = 5, WAYS = 2 * PROTOCOLS };

static og_pickle_write_options way(int i)
{
    return (og_pickle_write_options){.size = sizeof(og_pickle_write_options),
                                     .protocol = 1 + i % PROTOCOLS,
                                     .self_contained = i >= PROTOCOLS};
}

static void read_into(og_doc *doc, const char *text)
{
    og_json_read_options options = {.size = sizeof options, .allow_surrogates = true};
    assert_int_equal(og_json_read(doc, text, strlen(text), &options, NULL), OG_OK);
}

/* The plans of the shape that the document was last read by. */
static size_t count_plans(const og_doc *doc)
{
    size_t count = 0;
    const og__lesson *plan = doc->read_by ? atomic_load(&doc->read_by->own) : NULL;
    for (; plan; plan = plan->next)
        count++;
    return count;
}

/* Writes the document's root, and what a new one reads from the same text; both are the same. */
static void compare_written(og_doc *doc, og_doc *plain, const og_pickle_write_options *options, size_t limit)
{
    og_buf first = {.limit = limit};
    og_buf second = {.limit = limit};
    og_error err = {0};
    og_error expected = {0};
    assert_int_equal(og_buf_put(&first, "before", 6), OG_OK);
    assert_int_equal(og_buf_put(&second, "before", 6), OG_OK);
    int status = og_pickle_write(og_doc_root(doc), &first, options, &err);
    assert_int_equal(status, og_pickle_write(og_doc_root(plain), &second, options, &expected));
    if (status < 0) assert_string_equal(err.text, expected.text);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.data, second.data, first.len);
    og_buf_free(&first);
    og_buf_free(&second);
}

static void compare(og_doc *doc, const char *text, const og_pickle_write_options *options)
{
    og_doc *plain = og_doc_new(NULL);
    read_into(doc, text);
    read_into(plain, text);
    compare_written(doc, plain, options, 0);
    og_doc_free(plain);
}

/* A document that has learned to read and to write the text. */
static og_doc *taught_by(const char *text, const og_pickle_write_options *options)
{
    og_doc *doc = og_doc_new(NULL);
    for (int i = 0; i < 4; i++)
        compare(doc, text, options);
    return doc;
}

static const char *const texts[] = {
    "[1.5,2.25,3.125]",
    "{\"id\":12345,\"name\":\"John\",\"city\":\"New York\",\"on\":null,\"x\":1.25}",
    "{\"a\":[{\"k\":\"v\",\"n\":-70000},{\"k\":\"v\",\"n\":300},{\"k\":\"서버\",\"n\":-0.0}],\"b\":[],\"c\":{}}",
    "[[[[[\"deep\",1],2],3],4],\"the end of it all\"]",
    "{\"text\":\"a text that is longer than one load of a processor's widest register, by far: more than 64 bytes\"}",
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static void every_text_has_a_plan(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXTS; i++)
        for (int w = 0; w < WAYS; w++) {
            og_pickle_write_options options = way(w);
            og_doc *doc = og_doc_new(NULL);
            for (int k = 0; k < 3; k++)
                read_into(doc, texts[i]);
            size_t before = og_doc_memory(doc);
            compare(doc, texts[i], &options);
            assert_true(og_doc_memory(doc) > before); /* the plan counts */
            if (count_plans(doc) != 1) fail_msg("%s has %zu plans", texts[i], count_plans(doc));
            og_doc_free(doc);
        }
}

/* Each scalar in the places that others taught: some suit, some do not, and the bytes are the same. */
static void other_scalars(void **state)
{
    (void)state;
    static const char *const scalars[] = {"0",
                                          "255",
                                          "256",
                                          "65535",
                                          "65536",
                                          "-1",
                                          "2147483647",
                                          "2147483648",
                                          "-2147483648",
                                          "-2147483649",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "123456789012345678901234567890",
                                          "1e300",
                                          "-0.0",
                                          "null",
                                          "true",
                                          "false",
                                          "\"\"",
                                          "\"x\"",
                                          "\"xy\"",
                                          "\"xyz\"",
                                          "\"first key\"",
                                          "\"k\"",
                                          "\"same\"",
                                          "\"서버\"",
                                          "\"\\ud83d\"",
                                          "\"a\\nb\"",
                                          "\"a text of more than sixteen bytes\"",
                                          "[]",
                                          "[1]",
                                          "{\"k\":1}"};
    enum { SCALARS = sizeof scalars / sizeof scalars[0] };
    char text[400];
    for (int w = 0; w < WAYS; w++) {
        og_pickle_write_options options = way(w);
        for (size_t a = 0; a < SCALARS; a++) {
            snprintf(text, sizeof text, "{\"first key\":%s,\"k\":[%s,\"same\",7],\"last\":\"%zu\"}",
                     scalars[a], scalars[a], a);
            og_doc *doc = taught_by(text, &options);
            for (size_t b = 0; b < SCALARS; b++) {
                snprintf(text, sizeof text, "{\"first key\":%s,\"k\":[%s,\"same\",7],\"last\":\"%zu\"}",
                         scalars[b], scalars[(a + b) % SCALARS], a);
                compare(doc, text, &options);
            }
            og_doc_free(doc);
        }
    }
}

/* Strings of every length, and many that look alike. */
static void many_strings(void **state)
{
    (void)state;
    for (int w = 0; w < WAYS; w++) {
        og_pickle_write_options options = way(w);
        og_doc *doc = og_doc_new(NULL);
        for (int round = 0; round < 300; round++) {
            char text[8000] = "{\"list\":[0";
            size_t at = strlen(text);
            for (int i = 0; i < 60; i++)
                at += (size_t)snprintf(text + at, sizeof text - at, ",\"text %d of %*d\"",
                                       round > 3 ? i * round % 97 : i, round % 50, i);
            snprintf(text + at, sizeof text - at, "],\"long\":\"%0*d\"}", round, 7);
            compare(doc, text, &options);
        }
        og_doc_free(doc);
    }
}

/* Texts that were made to look alike take no more time than others: the writer does what the plan leaves. */
static void texts_of_one_bit(void **state)
{
    (void)state;
    enum { TEXTS_OF_IT = 240 };
    og_pickle_write_options options = way(3);
    char *text = malloc(40 * (size_t)TEXTS_OF_IT);
    assert_non_null(text);
    og_doc *doc = og_doc_new(NULL);
    for (int round = 0; round < 12; round++) {
        size_t at = (size_t)sprintf(text, "{\"all\":[%d", round);
        unsigned found = 0;
        for (unsigned i = 0; found < TEXTS_OF_IT; i++) {
            char one[16];
            snprintf(one, sizeof one, "%08u", i + (unsigned)round);
            if (og__codec_plan_bit((const uint8_t *)one, 8) != 7) continue;
            at += (size_t)sprintf(text + at, ",\"%s\"", one);
            found++;
        }
        sprintf(text + at, "]}");
        compare(doc, text, &options);
    }
    const og__plan *plan = (const og__plan *)(const void *)atomic_load(&doc->read_by->own);
    assert_non_null(plan);
    assert_true(plan->failed > 0);
    og_doc_free(doc);
    free(text);
}

static void limits_hold(void **state)
{
    (void)state;
    og_pickle_write_options options = way(3);
    og_doc *doc = taught_by(texts[2], &options);
    og_doc *plain = og_doc_new(NULL);
    read_into(plain, texts[2]);
    for (size_t most = 1; most < 200; most++) {
        og_pickle_write_options limited = options;
        limited.max_bytes = most;
        compare_written(doc, plain, &limited, 0);
        limited = options;
        limited.max_depth = most;
        compare_written(doc, plain, &limited, 0);
        compare_written(doc, plain, &options, 6 + most);
    }
    og_doc_free(plain);
    og_doc_free(doc);
}

enum { CHANGES = 14 };

/* What the program has done to a document since it was read. */
static void change(og_doc *doc, int how)
{
    og_value root = og_doc_root(doc);
    og_value list = og_dict_gets(root, "a");
    og_value pair = og_item(list, 1);
    switch (how) {
    case 0: og_dict_set(doc, root, og_str(doc, "new"), og_int(1), NULL); break;
    case 1: og_list_append(doc, list, og_int(7), NULL); break;
    case 2: og_list_append(doc, list, pair, NULL); break;
    case 3: og_dict_set(doc, pair, og_str(doc, "n"), og_str(doc, "text"), NULL); break;
    case 4: og_dict_set(doc, pair, og_str(doc, "n"), list, NULL); break;
    case 5: og_dict_set(doc, root, og_str(doc, "b"), og_int(5), NULL); break;
    case 6: og_list_append(doc, og_dict_gets(root, "b"), og_float(0.5), NULL); break;
    case 7: og_doc_set_root(doc, list); break;
    case 8: og_doc_set_root(doc, pair); break;
    case 9: og_dict_set(doc, og_dict_gets(root, "c"), og_int(1), root, NULL); break;
    case 10:
    case 11: /* another key in the place of the last one, or of the first */
        og_dict_remove(doc, how == 10 ? pair : root, og_str(doc, how == 10 ? "n" : "a"), NULL);
        og_dict_set(doc, how == 10 ? pair : root, og_str(doc, "z"), og_int(1), NULL);
        break;
    case 12: /* others in the place of all */
        og_dict_remove(doc, pair, og_str(doc, "k"), NULL);
        og_dict_remove(doc, pair, og_str(doc, "n"), NULL);
        og_dict_set(doc, pair, og_str(doc, "y"), og_int(1), NULL);
        og_dict_set(doc, pair, og_str(doc, "z"), og_int(2), NULL);
        break;
    case 13: /* the same ones in another order */
        og_dict_remove(doc, pair, og_str(doc, "k"), NULL);
        og_dict_set(doc, pair, og_str(doc, "k"), og_int(1), NULL);
        break;
    default: og_doc_set_root(doc, og_str(doc, "root")); break;
    }
}

static void values_that_were_changed(void **state)
{
    (void)state;
    for (int w = 0; w < WAYS; w++)
        for (int how = 0; how <= CHANGES; how++) {
            og_pickle_write_options options = way(w);
            og_doc *doc = taught_by(texts[2], &options);
            og_doc *plain = og_doc_new(NULL);
            for (int round = 0; round < 3; round++) {
                read_into(doc, texts[2]);
                read_into(plain, texts[2]);
                change(doc, how);
                change(plain, how);
                compare_written(doc, plain, &options, 0);
                compare_written(doc, plain, &options, 0);
            }
            compare(doc, texts[2], &options);
            og_doc_free(plain);
            og_doc_free(doc);
        }
}

/* What is learned from a document that was changed says nothing of one that was not. */
static void learned_from_changed_values(void **state)
{
    (void)state;
    for (int how = 0; how <= CHANGES; how++) {
        og_pickle_write_options options = way(3);
        og_doc *doc = og_doc_new(NULL);
        og_buf out = OG_BUF_INIT;
        for (int i = 0; i < 3; i++)
            read_into(doc, texts[2]);
        change(doc, how);
        assert_true(og_pickle_write(og_doc_root(doc), &out, &options, NULL) <= OG_OK);
        for (int i = 0; i < 3; i++)
            compare(doc, texts[2], &options);
        og_buf_free(&out);
        og_doc_free(doc);
    }
}

/* A plan that never suits is not looked at for ever, and those that there are have an end. */
static void plans_that_do_not_suit(void **state)
{
    (void)state;
    char text[200];
    og_pickle_write_options options = way(3);
    og_doc *doc = og_doc_new(NULL);
    for (int round = 0; round < 100; round++) {
        snprintf(text, sizeof text, "{\"name\":\"%d\",\"other\":\"%d\"}", round, round / 20 % 2 ? round : 0);
        compare(doc, text, &options);
        assert_in_range(count_plans(doc), 0, 2);
    }
    og_doc_free(doc);
}

static void without_memory(void **state)
{
    (void)state;
    og_pickle_write_options options = way(3);
    for (size_t call = 1; call < 30; call++) {
        failing_alloc failing;
        failing_alloc_init(&failing);
        failing.fail_at = call;
        og_doc *doc = og_doc_new(&failing.allocator);
        for (int i = 0; doc && i < 6; i++) {
            og_buf out = OG_BUF_INIT;
            if (og_json_read(doc, texts[1], strlen(texts[1]), NULL, NULL) == OG_OK) {
                assert_int_equal(og_pickle_write(og_doc_root(doc), &out, &options, NULL), OG_OK);
                assert_int_equal(out.len, 74);
            }
            og_buf_free(&out);
        }
        og_doc_free(doc);
        assert_int_equal(failing.live_blocks, 0);
        assert_int_equal(failing.mistakes, 0);
    }
}

static void *write_often(void *doc)
{
    for (int i = 0; i < 2000; i++) {
        og_buf out = OG_BUF_INIT;
        og_pickle_write_options options = way(i % WAYS);
        if (og_pickle_write(og_doc_root(doc), &out, &options, NULL) < 0) return doc;
        og_buf_free(&out);
    }
    return NULL;
}

/* Several threads may write one document that nobody changes. */
static void several_threads(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    og_doc *doc = og_doc_new(NULL);
    for (int i = 0; i < 3; i++)
        read_into(doc, texts[2]);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_often, doc), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_in_range(count_plans(doc), 1, 2);
    og_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_has_a_plan),
        cmocka_unit_test(other_scalars),
        cmocka_unit_test(many_strings),
        cmocka_unit_test(texts_of_one_bit),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(values_that_were_changed),
        cmocka_unit_test(learned_from_changed_values),
        cmocka_unit_test(plans_that_do_not_suit),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
