/* SPDX-License-Identifier: MIT */
/* The end of a pickle in a stream, however it is cut. */
#include <onggi/pickle.h>

#include "codec/pickle_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int scan_whole(const char *bytes, size_t len, size_t *end, og_error *err)
{
    og_pickle_scan scan = {0};
    return og_pickle_scan_end(&scan, (const uint8_t *)bytes, len, true, end, err);
}

static void finds_the_end_of_each_sample(void **state)
{
    (void)state;
    for (size_t i = 0; i < PICKLE_SAMPLES; i++) {
        size_t end = 0;
        assert_int_equal(scan_whole(pickle_samples[i].bytes, pickle_samples[i].len, &end, NULL), 1);
        assert_int_equal(end, pickle_samples[i].len);
    }
}

/* Bytes come one by one, and two by two from each split point; what follows is never touched. */
static void finds_it_at_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < PICKLE_SAMPLES; i++) {
        const pickle_sample *s = &pickle_samples[i];
        for (size_t cut = 0; cut <= s->len; cut++) {
            og_pickle_scan scan = {0};
            size_t end = 0;
            const uint8_t *bytes = (const uint8_t *)s->bytes;
            int status = og_pickle_scan_end(&scan, bytes, cut, false, &end, NULL);
            assert_int_equal(status, cut == s->len);
            if (status == 0) assert_int_equal(og_pickle_scan_end(&scan, bytes, s->len, false, &end, NULL), 1);
            assert_int_equal(end, s->len);
        }
        og_pickle_scan scan = {0};
        size_t end = 0;
        for (size_t len = 0; len <= s->len; len++)
            assert_int_equal(og_pickle_scan_end(&scan, (const uint8_t *)s->bytes, len, false, &end, NULL),
                             len == s->len);
    }
}

static void leaves_what_follows(void **state)
{
    (void)state;
    size_t end = 0;
    assert_int_equal(scan_whole("K\x01.\xff\xff", 5, &end, NULL), 1);
    assert_int_equal(end, 3);
    assert_int_equal(scan_whole("Vx.y\n.N.", 8, &end, NULL), 1);
    assert_int_equal(end, 6);
}

static void says_when_more_is_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < PICKLE_SAMPLES; i++) {
        for (size_t cut = 1; cut < pickle_samples[i].len; cut++) {
            og_error err = {0};
            size_t end = 0;
            assert_int_equal(scan_whole(pickle_samples[i].bytes, cut, &end, &err), OG_ETRUNCATED);
            assert_int_equal(err.position, cut);
        }
    }
    og_pickle_scan scan = {0};
    size_t end = 0;
    assert_int_equal(og_pickle_scan_end(&scan, (const uint8_t *)"", 0, false, &end, NULL), 0);
}

static void refuses(const char *bytes, size_t len, int status, size_t position)
{
    og_error err = {0};
    size_t end = 0;
    assert_int_equal(scan_whole(bytes, len, &end, &err), status);
    assert_int_equal(err.position, position);
}

static void refuses_what_is_no_pickle(void **state)
{
    (void)state;
    refuses("N\xff.", 3, OG_ESYNTAX, 1);
    refuses("\x80\x06N.", 4, OG_ESYNTAX, 0);
    refuses("N\x8b\xff\xff\xff\xff.", 7, OG_ESYNTAX, 1);
    refuses("\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", 10, OG_ELIMIT, 0);
    refuses("{\"a\": 1}", 8, OG_ESYNTAX, 0);
    refuses("POST / HTTP/1.1\r\nHost: x\r\n", 26, OG_ESYNTAX, 17);
}

/* A length that was claimed is passed over as bytes come; none of them is looked at twice. */
static void passes_over_long_arguments(void **state)
{
    (void)state;
    static uint8_t bytes[5 + 100000 + 1] = {'X', 0xa0, 0x86, 0x01, 0x00};
    bytes[sizeof bytes - 1] = '.';
    og_pickle_scan scan = {0};
    size_t end = 0;
    for (size_t len = 0; len < sizeof bytes; len += 1000) {
        assert_int_equal(og_pickle_scan_end(&scan, bytes, len, false, &end, NULL), 0);
        assert_int_equal(scan.at, len);
    }
    assert_int_equal(og_pickle_scan_end(&scan, bytes, sizeof bytes, false, &end, NULL), 1);
    assert_int_equal(end, sizeof bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_end_of_each_sample), cmocka_unit_test(finds_it_at_every_cut),
        cmocka_unit_test(leaves_what_follows),          cmocka_unit_test(says_when_more_is_needed),
        cmocka_unit_test(refuses_what_is_no_pickle),    cmocka_unit_test(passes_over_long_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
