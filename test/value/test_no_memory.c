/* SPDX-License-Identifier: MIT */
/* Every allocation of every way to build fails in turn; nothing leaks, nothing is half done. */
#include "../support/value_test.h"

#include "../support/failing_alloc.h"

/* A document to read from, made without failures. */
static og_doc *source;
static og_value sample;

static int make_sample(void **state)
{
    (void)state;
    source = og_doc_new(NULL);
    og_value dict = og_dict(source);
    for (int64_t i = 0; i < 300; i++) {
        og_value key = tuple2(source, og_int(i), str_of("a key that is looked for"));
        og_dict_set(source, dict, key, og_pack(source, NULL, "[is]", 1, "text that is copied"), NULL);
    }
    og_value object = og_object(source, OG_MAKE_CALL, og_class(source, "m", 1, "C", 1), dict);
    og_object_build(source, object, object, NULL);
    og_object_append(source, object, nested(source, OG_TUPLE, 300), NULL);
    sample = tuple2(source, object, nested(source, OG_FROZENSET, 100));
    return 0;
}

static int free_sample(void **state)
{
    (void)state;
    og_doc_free(source);
    return 0;
}

static int copy(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    og_value v = og_copy(doc, sample);
    if (og_valid(v)) assert_int_equal(og_identical(v, sample), 1);
    og_doc_free(doc);
    return og_valid(v) ? 0 : OG_ENOMEM;
}

static int pack(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    char text[2000];
    memset(text, 'x', sizeof text);
    og_error err = {0};
    og_value v = og_pack(doc, &err, "{s:[s#y#(iii)], s:<is#>, s:U, s:{s#:{s#:n}}}", "a", text, sizeof text,
                         text, sizeof text, 1, 2, 3, "b", 4, text, sizeof text, "c", UINT64_MAX, "d", text,
                         sizeof text, text, sizeof text);
    og_doc_free(doc);
    if (og_valid(v)) return 0;
    assert_int_equal(err.code, OG_ENOMEM);
    return OG_ENOMEM;
}

/* What fails leaves the container as it was. */
static int set_and_remove(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    og_value dict = og_dict(doc);
    int status = og_valid(dict) ? 0 : OG_ENOMEM;
    for (int64_t i = 0; status == 0 && i < 2000; i++) {
        status = og_dict_set(doc, dict, og_int(i), og_int(i), NULL);
        if (status < 0) assert_int_equal(og_len(dict), i);
        for (int64_t j = i - 3; status < 0 && j < i; j++)
            if (j >= 0) assert_int_equal(og_dict_get(dict, og_int(j)).u.i, j);
    }
    if (status == 0) assert_int_equal(og_dict_remove(doc, dict, og_int(7), NULL), 1);
    og_doc_free(doc);
    return status;
}

static int frozen_deep(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    og_value v = og_none();
    for (int i = 0; og_valid(v) && i < 200; i++) {
        og_value pair[2] = {v, og_int(i)};
        v = i % 2 ? og_tuple(doc, pair, 2) : og_frozenset(doc, pair, 2, NULL);
    }
    og_value set = og_valid(v) ? og_set(doc) : v;
    int status = og_valid(set) ? 0 : OG_ENOMEM;
    for (int i = 0; status == 0 && i < 20; i++)
        status = og_set_add(doc, set, i % 3 ? og_int(i) : v, NULL);
    og_doc_free(doc);
    return status;
}

static int objects(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    og_value v = og_object(doc, OG_MAKE_CALL, og_class(doc, "m", 1, "C", 1), og_bytearray(doc, "abc", 3));
    int status = og_valid(v) ? 0 : OG_ENOMEM;
    for (int i = 0; status == 0 && i < 40; i++) {
        status = og_object_set_item(doc, v, og_int(i), og_complex(doc, 1, 2), NULL);
        if (status == 0) status = og_object_append(doc, v, og_int(i), NULL);
        if (status == 0) status = og_object_build(doc, v, og_int(i), NULL);
        if (status == 0) status = og_object_set_kwargs(doc, v, og_dict(doc), NULL);
    }
    og_doc_free(doc);
    return status;
}

static int big_ints(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    char digits[4000];
    memset(digits, '9', sizeof digits);
    og_buf text;
    og_buf_init(&text, alloc);
    og_value v = og_int_from_text(doc, digits, sizeof digits, 0, NULL);
    int status = og_valid(v) ? og_int_to_text(v, 0, &text, NULL) : OG_ENOMEM;
    if (status == 0) assert_memory_equal(text.data, digits, sizeof digits);
    if (status == 0) status = og_int_to_bytes(v, &text);
    og_buf_free(&text);
    og_doc_free(doc);
    return status;
}

#define SCENARIO(name)                                   \
    static void test_##name(void **state)                \
    {                                                    \
        (void)state;                                     \
        assert_true(failing_alloc_run(name, NULL) >= 2); \
    }
SCENARIO(copy)
SCENARIO(pack)
SCENARIO(set_and_remove)
SCENARIO(frozen_deep)
SCENARIO(objects)
SCENARIO(big_ints)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),           cmocka_unit_test(test_pack),
        cmocka_unit_test(test_set_and_remove), cmocka_unit_test(test_frozen_deep),
        cmocka_unit_test(test_objects),        cmocka_unit_test(test_big_ints),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample) != 0;
}
