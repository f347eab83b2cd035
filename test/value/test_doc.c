/* SPDX-License-Identifier: MIT */
/* Documents: memory asked for, kept, limited and given back. */
#include "../support/value_test.h"

#include "../support/failing_alloc.h"

#include <stdlib.h>

/* A list of `count` dicts, made as a reader makes them. */
static og_value read_like(og_doc *doc, size_t count)
{
    assert_int_equal(og__value_doc_stack_reserve(doc, count), 0);
    for (size_t i = 0; i < count; i++) {
        og_value pairs[4] = {str_of("name"), og_str(doc, "a name of some length"), str_of("number"),
                             og_int((int64_t)i)};
        size_t bad;
        og_value dict = og__value_dict_from(doc, pairs, 2, OG__DUPLICATE_LAST, &bad, NULL);
        if (!og_valid(dict)) return dict;
        doc->stack[i] = dict;
    }
    return og__value_list_from(doc, doc->stack, count);
}

static void test_small_document_is_small(void **state)
{
    (void)state;
    og_doc *doc = og_doc_new(NULL);
    assert_true(og_doc_memory(doc) <= 256);
    assert_true(og_valid(og_pack(doc, NULL, "{s:s, s:i}", "name", "John", "age", 30)));
    assert_true(og_doc_memory(doc) <= 4096);
    og_doc_free(doc);
    og_doc_free(NULL);
}

static void test_alignment(void **state)
{
    for (size_t align = 1; align <= _Alignof(max_align_t); align *= 2) {
        for (size_t size = 0; size < 3000; size += 37) {
            void *at = og__value_doc_alloc(*state, size, align);
            assert_non_null(at);
            assert_int_equal((uintptr_t)at % align, 0);
            memset(at, 0x5a, size);
        }
    }
    assert_null(og__value_doc_alloc(*state, SIZE_MAX, 1));
    assert_null(og__value_doc_alloc(*state, SIZE_MAX - 8, 16));
}

/* What is held beyond 64 KiB is at most an eighth more than what was asked for. */
static void test_slack(void **state)
{
    size_t asked = 0;
    size_t sizes[] = {1, 16, 48, 400, 24, 8, 5000, 16, 100000};
    for (size_t i = 0; asked < 50000000; i++) {
        size_t size = sizes[i % (i < 1000 ? 7 : 9)];
        assert_non_null(og__value_doc_alloc(*state, size, 8));
        asked += (size + 7) / 8 * 8;
        assert_true(og_doc_memory(*state) <= asked + asked / 8 + 65536);
    }
}

static void test_memory_is_counted(void **state)
{
    (void)state;
    failing_alloc f;
    failing_alloc_init(&f);
    og_doc *doc = og_doc_new(&f.allocator);
    for (size_t count = 1; count < 100000; count *= 7) {
        assert_true(og_valid(read_like(doc, count)));
        assert_int_equal(og_doc_memory(doc), f.live_bytes);
        og_doc_reset(doc);
        assert_int_equal(og_doc_memory(doc), f.live_bytes);
    }
    og_doc_free(doc);
    assert_int_equal(f.live_bytes, 0);
    assert_int_equal(f.mistakes, 0);
}

static void test_reset_reuses(void **state)
{
    (void)state;
    for (size_t count = 1; count < 100000; count *= 3) {
        failing_alloc f;
        failing_alloc_init(&f);
        og_doc *doc = og_doc_new(&f.allocator);
        read_like(doc, count);
        og_doc_reset(doc);
        size_t calls = f.calls;
        for (int i = 0; i < 5; i++) {
            assert_true(og_valid(read_like(doc, count)));
            og_doc_reset(doc);
        }
        assert_int_equal(f.calls, calls);
        og_doc_free(doc);
    }
}

/* One giant message does not hold its memory for ever. */
static void test_reset_lets_go(void **state)
{
    og_doc *doc = *state;
    assert_true(og_valid(read_like(doc, 100000)));
    size_t giant = og_doc_memory(doc);
    og_doc_reset(doc);
    int resets = 0;
    while (og_doc_memory(doc) > 200000) {
        assert_true(og_valid(read_like(doc, 3)));
        og_doc_reset(doc);
        assert_true(++resets < 60);
    }
    assert_true(giant > 10000000);
    assert_true(og_valid(og_bytes(doc, NULL, 0)));
    void *large = og__value_doc_alloc(doc, 50000000, 1);
    assert_non_null(large);
    og_doc_reset(doc);
    for (int i = 0; i < 60; i++)
        og_doc_reset(doc);
    assert_true(og_doc_memory(doc) < 200000);
}

static void test_reset_forgets(void **state)
{
    og_doc *doc = *state;
    assert_false(og_valid(og_doc_root(doc)));
    og_doc_set_root(doc, og_list(doc));
    assert_int_equal(og_kind_of(og_doc_root(doc)), OG_LIST);
    doc->work = 77;
    og_doc_reset(doc);
    assert_false(og_valid(og_doc_root(doc)));
    assert_int_equal(doc->work, 0);
}

/* After a rewind a document holds what it held when it was marked, and goes on from there. */
static void test_rewind(void **state)
{
    (void)state;
    static const size_t before[] = {0, 1, 40, 900, 3000, 50000, 400000};
    static const size_t after[] = {16, 900, 30000, 16, 5000, 300000, 24};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        og_doc *doc = og_doc_new(NULL);
        assert_non_null(doc);
        for (size_t n = 0; n < before[i]; n += 40)
            assert_non_null(og__value_doc_alloc(doc, 40, 8));
        uint8_t *kept = og__value_doc_alloc(doc, 10, 1);
        assert_non_null(kept);
        memset(kept, 0x5a, 10);
        if (before[i] == 0) og_doc_reset(doc);
        size_t memory = og_doc_memory(doc);
        size_t in_use = doc->in_use;
        og__doc_mark mark = og__value_doc_marked(doc);
        for (size_t round = 0; round < 30; round++) {
            for (size_t k = 0; k <= (i + round) % 7; k++)
                memset(og__value_doc_alloc(doc, after[(k + round) % 7], 8), 0xa5, after[(k + round) % 7]);
            og__value_doc_rewind(doc, mark);
            assert_int_equal(og_doc_memory(doc), memory);
            assert_int_equal(doc->in_use, in_use);
            assert_ptr_equal(doc->at, mark.at);
        }
        for (size_t k = 0; before[i] && k < 10; k++)
            assert_int_equal(kept[k], 0x5a);
        og_doc_free(doc);
    }
    og_doc *doc = og_doc_new(NULL);
    og__doc_mark none = og__value_doc_marked(doc);
    size_t memory = og_doc_memory(doc);
    assert_non_null(og__value_doc_alloc(doc, 100000, 8));
    og__value_doc_rewind(doc, none);
    assert_int_equal(og_doc_memory(doc), memory);
    assert_non_null(og__value_doc_alloc(doc, 10, 8));
    og_doc_free(doc);
}

static void test_memory_limit(void **state)
{
    og_doc *doc = *state;
    og_doc_set_memory_limit(doc, 100000);
    og_value list = og_list(doc);
    og_error err = {0};
    size_t count = 0;
    while (og_list_append(doc, list, og_int(1), &err) == 0)
        count++;
    assert_int_equal(err.code, OG_ENOMEM);
    assert_int_equal(og_len(list), count);
    assert_true(count > 1500);
    assert_true(og_doc_memory(doc) <= 100000);
    assert_int_equal(og__value_doc_stack_reserve(doc, 100000), OG_ENOMEM);
    assert_false(og_valid(og_bytes(doc, "", SIZE_MAX)));
    og_doc_set_memory_limit(doc, 0);
    assert_int_equal(og_list_append(doc, list, og_int(1), NULL), 0);
    og_doc_set_memory_limit(doc, 100000);
    og_doc_reset(doc);
    assert_true(og_doc_memory(doc) <= 200000);
}

/* As a hostile pickle of ']' bytes does: an empty list a byte, all of them kept on the stack, then one list.
 */
static void test_list_a_byte(void **state)
{
    og_doc *doc = *state;
    size_t bytes = 1000000;
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(og__value_doc_stack_reserve(doc, i + 1), 0);
        doc->stack[i] = og_list(doc);
    }
    og_value list = og__value_list_from(doc, doc->stack, bytes);
    assert_int_equal(og_len(list), bytes);
    assert_true(og_doc_memory(doc) <= 64 * bytes + 65536);
}

/* A list that grows to a million items leaves no trail of old runs behind. */
static void test_growing_list_leaves_no_trail(void **state)
{
    og_doc *doc = *state;
    og_value list = og_list(doc);
    size_t count = (size_t)1 << 20;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(og_list_append(doc, list, i % 2 ? og_int((int64_t)i) : og_str(doc, "x"), NULL), 0);
    }
    assert_true(og_doc_memory(doc) < count * 16 + count * 2 + 400000);
    for (size_t i = 1; i < count; i += 2)
        assert_int_equal(og_item(list, i).u.i, i);
}

static int build_much(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    int status = og__value_doc_stack_reserve(doc, 300);
    og_value v = status == 0 ? read_like(doc, 300) : (og_value){0};
    if (og_valid(v)) og_doc_reset(doc);
    og_value list = og_valid(v) ? og_list(doc) : v;
    status = og_valid(list) ? 0 : OG_ENOMEM;
    for (int i = 0; i < 3000 && status == 0; i++)
        status = og_list_append(doc, list, og_str(doc, "text"), NULL);
    og_doc_free(doc);
    return status;
}

static void *note_largest(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    size_t *largest = ctx;
    if (new_size > *largest) *largest = new_size;
    return og_allocator_default()->resize(NULL, ptr, old_size, new_size);
}

/* malloc() keeps what it got back for as long as that is less than twice its largest block. */
static void test_large_text_comes_in_one_block(void **state)
{
    (void)state;
    enum { LEN = 600000 };
    char *text = malloc(LEN);
    assert_non_null(text);
    memset(text, 'x', LEN);
    size_t largest = 0;
    og_allocator noting = {note_largest, &largest};
    og_doc *doc = og_doc_new(&noting);
    const uint8_t *copy = og__value_doc_keep(doc, text, LEN, 64);
    assert_non_null(copy);
    assert_memory_equal(copy, text, LEN);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(copy[LEN + i], 0);
    assert_true(og_valid(read_like(doc, 10000)));
    assert_true(og_doc_memory(doc) < 2 * largest);
    og_doc_free(doc);
    free(text);
    og_doc *small = og_doc_new(NULL);
    assert_non_null(og__value_doc_keep(small, "12", 2, 64));
    assert_true(og_doc_memory(small) < 2048);
    assert_null(og__value_doc_keep(small, "", SIZE_MAX, 64));
    og_doc_free(small);
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(failing_alloc_run(build_much, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_document_is_small),
        cmocka_unit_test_setup_teardown(test_alignment, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_slack, doc_setup, doc_teardown),
        cmocka_unit_test(test_memory_is_counted),
        cmocka_unit_test(test_reset_reuses),
        cmocka_unit_test_setup_teardown(test_reset_lets_go, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_reset_forgets, doc_setup, doc_teardown),
        cmocka_unit_test(test_rewind),
        cmocka_unit_test_setup_teardown(test_memory_limit, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_list_a_byte, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_growing_list_leaves_no_trail, doc_setup, doc_teardown),
        cmocka_unit_test(test_large_text_comes_in_one_block),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
