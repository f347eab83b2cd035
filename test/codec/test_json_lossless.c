/* SPDX-License-Identifier: MIT */
/* Lossless JSON: every value comes back identical, and tags that make no sense are refused where they stand.
 */
#include "random_value.h"
#include "value/doc.h"
#include <onggi/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void round_trip(og_value value, const char *what)
{
    og_error err = {.code = OG_OK};
    og_json_write_options out = {.size = sizeof out, .form = OG_JSON_LOSSLESS};
    og_json_read_options in = {.size = sizeof in, .lossless = true};
    for (int variant = 0; variant < 4; variant++) {
        size_t len;
        out.indent = variant & 1 ? 2 : 0;
        out.ensure_ascii = (variant & 2) != 0;
        char *text = og_json_dumps(value, &len, &out, &err);
        if (!text) fail_msg("%s: %s", what, err.text);
        og_doc *doc = og_json_loads(text, len, &in, &err);
        if (!doc) fail_msg("%s: %s in %s", what, err.text, text);
        if (og_identical(value, og_doc_root(doc)) != 1) fail_msg("%s: not the same from %s", what, text);
        char *again = og_json_dumps(og_doc_root(doc), NULL, &out, &err);
        assert_string_equal(again, text);
        free(again);
        free(text);
        og_doc_free(doc);
    }
}

static void test_random_values(void **state)
{
    (void)state;
    uint64_t count = getenv("ONGGI_SOAK") ? 1000000 : 4000;
    uint8_t bytes[512];
    for (uint64_t i = 0; i < count; i++) {
        char what[32];
        random_bytes(i * 7919, bytes, sizeof bytes);
        choices from = {bytes, sizeof bytes};
        og_doc *doc = og_doc_new(NULL);
        snprintf(what, sizeof what, "seed %llu", (unsigned long long)i);
        round_trip(random_value(doc, &from), what);
        og_doc_free(doc);
    }
}

static void expect(const char *text, const char *plain)
{
    og_error err = {.code = OG_OK};
    og_json_read_options in = {.size = sizeof in, .lossless = true};
    og_json_write_options out = {.size = sizeof out, .form = OG_JSON_PLAIN};
    og_doc *doc = og_json_loads(text, strlen(text), &in, &err);
    if (!doc) fail_msg("%s: %s", text, err.text);
    char *written = og_json_dumps(og_doc_root(doc), NULL, &out, &err);
    assert_string_equal(written, plain);
    free(written);
    round_trip(og_doc_root(doc), text);
    og_doc_free(doc);
}

static void test_tags(void **state)
{
    (void)state;
    expect("{\"py/tuple\":[1,{\"py/set\":[2]}]}", "[1,[2]]");
    expect("{\"py\\/tuple\":[]}", "[]");
    expect("{\"py/b64\":\"AP8=\"}", "\"AP8=\"");
    expect("{\"py/complex\":[1,{\"py/float\":\"inf\"}]}", "\"(1+infj)\"");
    expect("{\"py/dict\":[[1,2],[\"py/x\",3]]}", "{\"1\":2,\"py/x\":3}");
    expect("{\"py/dict\":[[\"json://{}\",2],[\"a\",{\"py/dict\":[[\"json://\",3]]}]]}",
           "{\"json://{}\":2,\"a\":{\"json://\":3}}");
    expect("{\"json:/\":1}", "{\"json:/\":1}");
    expect("{\"py/object\":\"m.C\",\"py/state\":{\"a\":1}}", "{\"py/object\":\"m.C\",\"a\":1}");
    /* A class with __slots__: the attributes of its dict, if it has one, and those of its slots. */
    expect("[{\"py/object\":\"m.C\",\"py/state\":{\"py/tuple\":[null,{\"a\":1,\"b\":[2]}]}},3]",
           "[{\"py/object\":\"m.C\",\"a\":1,\"b\":[2]},3]");
    expect("{\"py/object\":\"m.C\",\"py/state\":{\"py/tuple\":[{\"c\":{},\"d\":4},{\"a\":1}]}}",
           "{\"py/object\":\"m.C\",\"c\":{},\"d\":4,\"a\":1}");
    expect("{\"py/object\":\"m.C\",\"py/state\":{\"py/tuple\":[null,{}]}}", "{\"py/object\":\"m.C\"}");
    expect("{\"py/object\":\"m.C\",\"py/state\":{\"py/tuple\":[{},{\"a\":1}]}}",
           "{\"py/object\":\"m.C\",\"a\":1}");
    expect("{\"py/object\":\"m.C\",\"py/state\":{\"py/tuple\":[null,1]}}",
           "{\"py/object\":\"m.C\",\"py/state\":[null,1]}");
    expect(
        "{\"py/def\":[1,{\"py/object\":\"m.C\",\"py/state\":{\"py/tuple\":[{\"c\":{\"py/ref\":1}},{\"a\":{\"py/ref\":1}}]}}]}",
        "{\"py/object\":\"m.C\",\"c\":\"{...}\",\"a\":\"{...}\"}");
    expect("{\"py/make\":\"persistent\",\"py/arg\":\"id\"}",
           "{\"py/make\":\"persistent\",\"py/arg\":\"id\"}");
    expect("{\"py/type\":[\"m\",\"A.b\"]}", "\"m.A.b\"");
    expect("{\"a\":1,\"a\":2}", "{\"a\":2}");
    /* A number that is given within an object, whose parts are made last, and used outside of it. */
    expect(
        "[{\"py/object\":\"m.C\",\"py/state\":[{\"py/def\":[1,{\"py/frozenset\":[1]}]}]},{\"py/set\":[{\"py/ref\":1}]}]",
        "[{\"py/object\":\"m.C\",\"py/state\":[[1]]},[[1]]]");
    /* A frozenset of an object that holds a set of that frozenset. */
    expect(
        "{\"py/def\":[1,{\"py/frozenset\":[{\"py/object\":\"m.C\",\"py/state\":{\"s\":{\"py/set\":[{\"py/ref\":1}]}}}]}]}",
        "[{\"py/object\":\"m.C\",\"s\":[\"[...]\"]}]");
    /* A list that was taken before it was filled. */
    expect("{\"py/object\":\"m.C\",\"py/args\":[{\"py/def\":[1,{\"py/late\":[{\"py/ref\":1}]}]}]}",
           "{\"py/object\":\"m.C\",\"py/args\":[[\"[...]\"]]}");
    /* A tuple in its own list. */
    expect("{\"py/def\":[1,{\"py/tuple\":[[{\"py/ref\":1}],{\"k\":{\"py/ref\":1}}]}]}",
           "[[\"[...]\"],{\"k\":\"[...]\"}]");
}

typedef struct refusal {
    const char *text;
    og_status code;
    size_t position;
    const char *sentence; /* or a part of it */
} refusal;

static void refuse(const refusal *row)
{
    og_error err = {.code = OG_OK};
    og_json_read_options in = {.size = sizeof in, .lossless = true};
    if (og_json_loads(row->text, strlen(row->text), &in, &err)) fail_msg("%s: accepted", row->text);
    if (!strstr(err.text, row->sentence)) fail_msg("%s: %s", row->text, err.text);
    assert_int_equal(err.code, row->code);
    if (err.position != row->position) fail_msg("%s: at %zu", row->text, err.position);
}

static void test_malformed_tags(void **state)
{
    static const refusal rows[] = {
        {"[{\"py/nothing\":1}]", OG_ESYNTAX, 1, "\"py/nothing\" is not a tag"},
        {"[0,{\"py/tuple\":1}]", OG_ESYNTAX, 3, "expected an array"},
        {"{\"py/tuple\":[],\"x\":1}", OG_ESYNTAX, 0, "no other key beside this tag"},
        {"{\"x\":1,\"py/tuple\":[]}", OG_ESYNTAX, 0, "comes after others"},
        {"{\"py/b64\":\"AAA\"}", OG_ESYNTAX, 0, "base64"},
        {"{\"py/b64\":\"A=AA\"}", OG_ESYNTAX, 0, "base64"},
        {"{\"py/b64\":\"AA==AAAA\"}", OG_ESYNTAX, 0, "base64"},
        {"{\"py/b64\":5}", OG_ESYNTAX, 0, "base64"},
        {"{\"py/str\":\"/w==\"}", OG_ESYNTAX, 0, "UTF-8"},
        {"{\"py/float\":\"NaN\"}", OG_ESYNTAX, 0, "\"nan\""},
        {"{\"py/complex\":[1]}", OG_ESYNTAX, 0, "two floats"},
        {"{\"py/complex\":[1,\"2\"]}", OG_ESYNTAX, 0, "two floats"},
        {"{\"py/dict\":[[1,2],[3]]}", OG_ESYNTAX, 18, "[key, value]"},
        {"{\"py/set\":[[]]}", OG_ETYPE, 10, "hash"},
        {"{\"py/dict\":[[{},2]]}", OG_ETYPE, 11, "hash"},
        {"{\"py/type\":\"noname\"}", OG_ESYNTAX, 0, "module.name"},
        {"{\"py/object\":\"m.C\",\"py/args\":1}", OG_ESYNTAX, 0, "an array after \"py/args\""},
        {"{\"py/object\":\"m.C\",\"name\":1}", OG_ESYNTAX, 0, "py/state"},
        {"{\"py/object\":\"m.C\",\"py/args\":[],\"py/arg\":1}", OG_ESYNTAX, 0, "twice"},
        {"{\"py/object\":\"m.C\",\"py/next\":{}}", OG_ESYNTAX, 0, "an object after \"py/next\""},
        {"{\"py/make\":\"magic\"}", OG_ESYNTAX, 0, "py/make"},
        {"[{\"py/ref\":1}]", OG_ESYNTAX, 1, "no \"py/def\""},
        {"[{\"py/ref\":1},{\"py/def\":[1,[]]}]", OG_ESYNTAX, 1, "no \"py/def\""},
        {"[{\"py/def\":[2,[]]}]", OG_ESYNTAX, 1, "count up from 1"},
        {"[{\"py/def\":[1,[]]},{\"py/def\":[1,[]]}]", OG_ESYNTAX, 19, "count up from 1"},
        {"{\"py/def\":[1]}", OG_ESYNTAX, 0, "[number, value]"},
        {"{\"py/def\":[1,{\"py/def\":[2,[]]}]}", OG_ESYNTAX, 13, "has one already"},
        {"{\"py/late\":1}", OG_ESYNTAX, 0, "a list, dict, set or object"},
        {"{\"py/late\":{\"py/tuple\":[[]]}}", OG_ESYNTAX, 11, "a list, dict, set or object"},
        {"{\"py/late\":{\"py/def\":[1,[]]}}", OG_ESYNTAX, 11, "a list, dict, set or object"},
        {"{\"py/late\":{\"py/late\":[]}}", OG_ESYNTAX, 11, "a list, dict, set or object"},
        {"{\"py/late\":{\"py/b64\":\"AAAA\"}}", OG_ESYNTAX, 11, "a list, dict, set or object"},
        {"{\"py/def\":[1,{\"py/ref\":1}]}", OG_ESYNTAX, 13, "has one already"},
        {"{\"py/def\":[1,{\"py/tuple\":[{\"py/ref\":1}]}]}", OG_ESYNTAX, 26, "part of itself"},
        {"{\"py/def\":[1,{\"py/frozenset\":[{\"py/tuple\":[{\"py/ref\":1}]}]}]}", OG_ESYNTAX, 43,
         "part of itself"},
        {"{\"py/def\":[1,{\"py/tuple\":[[{\"py/set\":[{\"py/ref\":1}]}]]}]}", OG_ESYNTAX, 38,
         "part of itself"},
        {"{\"py/def\":[1,{\"py/tuple\":[{\"py/dict\":[[{\"py/ref\":1},0]]}]}]}", OG_ESYNTAX, 39,
         "part of itself"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(&rows[i]);
}

/* Doubling tuples as keys take exponential time to hash, if nobody counts. */
static void test_work_is_bounded(void **state)
{
    (void)state;
    og_doc *doc = og_doc_new(NULL);
    og_value tuple = og_tuple(doc, NULL, 0);
    for (int i = 0; i < 60; i++)
        tuple = og_tuple(doc, (og_value[]){tuple, tuple}, 2);
    og_value list = og_pack(doc, NULL, "[v]", tuple);
    og_json_write_options out = {.size = sizeof out, .form = OG_JSON_LOSSLESS};
    size_t len;
    char *text = og_json_dumps(list, &len, &out, NULL);
    assert_non_null(text);
    char *wrapped = malloc(len + 20);
    int n = snprintf(wrapped, len + 20, "{\"py/set\":%s}", text);
    og_json_read_options in = {.size = sizeof in, .lossless = true};
    og_error err = {.code = OG_OK};
    og_doc *read = og_json_loads(wrapped, (size_t)n, &in, &err);
    assert_true(read || err.code == OG_ELIMIT);
    og_doc_free(read);
    free(wrapped);
    free(text);
    og_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_values),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_malformed_tags),
        cmocka_unit_test(test_work_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
