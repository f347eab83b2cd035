/* SPDX-License-Identifier: MIT */
/* Byte buffers: growing, limits, dropping, and failing without harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../support/failing_alloc.h"

static void test_put(void **state)
{
    (void)state;
    og_buf buf = OG_BUF_INIT;
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(og_buf_putc(&buf, (uint8_t)i), 0);
    assert_int_equal(og_buf_puts(&buf, "end"), 0);
    assert_int_equal(og_buf_put(&buf, NULL, 0), 0);
    assert_int_equal(buf.len, 100003);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(buf.data[i], (uint8_t)i);
    assert_memory_equal(buf.data + 100000, "end", 3);
    og_buf_free(&buf);
    assert_int_equal(buf.len, 0);
    assert_int_equal(og_buf_puts(&buf, "usable"), 0);
    og_buf_free(&buf);
}

static void test_drop(void **state)
{
    (void)state;
    og_buf buf = OG_BUF_INIT;
    og_buf_puts(&buf, "0123456789");
    og_buf_drop(&buf, 0);
    og_buf_drop(&buf, 4);
    assert_int_equal(buf.len, 6);
    assert_memory_equal(buf.data, "456789", 6);
    og_buf_drop(&buf, 100);
    assert_int_equal(buf.len, 0);
    og_buf_drop(&buf, 1);
    og_buf_free(&buf);
}

static void test_limit(void **state)
{
    (void)state;
    og_buf buf = {.limit = 10};
    assert_int_equal(og_buf_puts(&buf, "01234567"), 0);
    assert_int_equal(og_buf_puts(&buf, "890"), OG_ELIMIT);
    assert_int_equal(buf.len, 8);
    assert_int_equal(og_buf_puts(&buf, "89"), 0);
    assert_int_equal(og_buf_putc(&buf, 'x'), OG_ELIMIT);
    assert_int_equal(og_buf_reserve(&buf, 0), 0);
    assert_int_equal(og_buf_reserve(&buf, SIZE_MAX), OG_ENOMEM);
    assert_memory_equal(buf.data, "0123456789", 10);
    og_buf_free(&buf);
}

static int append_much(const og_allocator *alloc, void *ctx)
{
    (void)ctx;
    og_buf buf;
    og_buf_init(&buf, alloc);
    int status = 0;
    size_t len = 0;
    for (unsigned i = 0; i < 3000 && status == 0; i++) {
        status = og_buf_put(&buf, &i, sizeof i);
        if (status == 0) len += sizeof i;
        assert_int_equal(buf.len, len);
    }
    for (size_t i = 0; i < len / sizeof(unsigned); i++) {
        unsigned word;
        memcpy(&word, buf.data + i * sizeof word, sizeof word);
        assert_int_equal(word, i);
    }
    og_buf_free(&buf);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(failing_alloc_run(append_much, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
