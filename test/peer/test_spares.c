/* SPDX-License-Identifier: MIT */
/* Memory that a loop keeps for its connections: which is given, and how much there is at most. */
#include "peer/spares.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void give(og__spares *spares, size_t size)
{
    og_buf buf = OG_BUF_INIT;
    assert_int_equal(og_buf_reserve(&buf, size), 0);
    buf.len = 1;
    og__peer_spares_give(spares, &buf);
    assert_null(buf.data);
    assert_int_equal(buf.cap, 0);
}

/* How large the one is that is taken; 0: none. It is given back. */
static size_t take(og__spares *spares, size_t least, size_t have)
{
    og_buf buf = OG_BUF_INIT;
    if (!og__peer_spares_take(spares, least, have, &buf)) return 0;
    assert_int_equal(buf.len, 0);
    size_t size = buf.cap;
    og__peer_spares_give(spares, &buf);
    return size;
}

static void test_the_one_that_suits_is_taken(void **state)
{
    (void)state;
    og__spares spares = {0};
    assert_int_equal(take(&spares, OG__SPARE_ANY, 0), 0);
    give(&spares, 3000);
    give(&spares, 1000);
    give(&spares, 2000);
    assert_true(take(&spares, OG__SPARE_ANY, 0) < 2000);
    assert_in_range(take(&spares, 1500, 0), 2000, 2999);
    assert_in_range(take(&spares, 2500, 0), 3000, 1 << 13);
    assert_in_range(take(&spares, SIZE_MAX, 0), 3000, 1 << 13);
    assert_in_range(take(&spares, 1 << 20, 2000), 3000, 1 << 13);
    assert_int_equal(take(&spares, 1 << 20, 1 << 13), 0);
    og__peer_spares_fini(&spares);
    assert_int_equal(take(&spares, OG__SPARE_ANY, 0), 0);
}

static void test_how_much_is_kept(void **state)
{
    (void)state;
    og__spares spares = {0};
    give(&spares, OG__SPARE_MAX + 1);
    assert_int_equal(spares.count, 0);
    for (int i = 0; i < 20; i++) {
        give(&spares, (OG__SPARE_MAX * 3u) / 4);
        assert_true(spares.bytes <= OG__SPARES_MAX);
    }
    assert_in_range(spares.count, 1, OG__SPARES - 1);
    og__peer_spares_fini(&spares);
}

static void test_larger_ones_stay(void **state)
{
    (void)state;
    og__spares spares = {0};
    for (size_t i = 0; i < OG__SPARES; i++)
        give(&spares, 1000);
    give(&spares, 100);
    assert_int_equal(spares.count, OG__SPARES);
    assert_true(take(&spares, OG__SPARE_ANY, 0) >= 1000);
    give(&spares, 100000);
    assert_int_equal(spares.count, OG__SPARES);
    assert_true(take(&spares, SIZE_MAX, 0) >= 100000);
    og__peer_spares_fini(&spares);
    assert_int_equal(spares.bytes, 0);
}

static void count_long(void *ctx)
{
    ++*(int *)ctx;
}

static void test_long_ones_are_kept_for_a_while(void **state)
{
    (void)state;
    enum { LONG = 2 * OG__SPARE_MAX, TWICE = 2 * LONG, THRICE = 3 * LONG, FOURFOLD = 4 * LONG };
    int kept = 0;
    og__spares spares = {0};
    give(&spares, LONG);
    assert_int_equal(take(&spares, LONG, 0), 0); /* nobody would forget it */
    spares.on_long = count_long;
    spares.ctx = &kept;
    give(&spares, LONG);
    give(&spares, THRICE);
    assert_int_equal(kept, 2);
    assert_int_equal(take(&spares, OG__SPARE_ANY, 0), 0);
    assert_int_equal(take(&spares, SIZE_MAX, 0), 0); /* who does not know how much gets none */
    assert_int_equal(take(&spares, LONG, 0), LONG);
    assert_int_equal(take(&spares, LONG + 1, 0), THRICE);
    assert_int_equal(take(&spares, FOURFOLD, 0), THRICE);
    assert_int_equal(take(&spares, FOURFOLD, THRICE), 0);
    give(&spares, TWICE); /* in place of the smallest */
    assert_int_equal(take(&spares, LONG, 0), TWICE);
    give(&spares, LONG);
    assert_int_equal(take(&spares, LONG, 0), TWICE);
    give(&spares, 1000);
    og__peer_spares_forget(&spares);
    assert_int_equal(take(&spares, LONG, 4096), 0);
    assert_in_range(take(&spares, LONG, 0), 1000, 1 << 13); /* the others stay */
    og__peer_spares_fini(&spares);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_one_that_suits_is_taken),
        cmocka_unit_test(test_how_much_is_kept),
        cmocka_unit_test(test_larger_ones_stay),
        cmocka_unit_test(test_long_ones_are_kept_for_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
