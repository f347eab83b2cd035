/* SPDX-License-Identifier: MIT */
/* Values without parts, made and read back; ints of any size as bytes, as text and as doubles. */
#include "../support/value_test.h"

#include <float.h>
#include <math.h>

static void test_kinds(void **state)
{
    og_doc *doc = *state;
    assert_string_equal(og_kind_name(og_kind_of(og_none())), "NoneType");
    assert_string_equal(og_kind_name(og_kind_of(og_bool(true))), "bool");
    assert_string_equal(og_kind_name(og_kind_of(og_bytearray(doc, "x", 1))), "bytearray");
    assert_string_equal(og_kind_name((og_kind)200), "invalid");
    assert_false(og_valid((og_value){0}));
    assert_int_equal(sizeof(og_value), 16);
    assert_int_equal(sizeof(og__node), 8 + sizeof(void *));
}

static void test_wrong_kind(void **state)
{
    og_doc *doc = *state;
    og_value values[] = {{0},          og_none(),    og_str(doc, "1"),     og_bytes(doc, "1", 1),
                         og_list(doc), og_dict(doc), og_complex(doc, 1, 0)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        bool b;
        int64_t s;
        uint64_t u;
        double d;
        assert_int_equal(og_as_bool(values[i], &b), OG_ETYPE);
        assert_int_equal(og_as_int64(values[i], &s), OG_ETYPE);
        assert_int_equal(og_as_uint64(values[i], &u), OG_ETYPE);
        assert_int_equal(og_as_double(values[i], &d), OG_ETYPE);
        assert_int_equal(og_int_to_text(values[i], 0, NULL, NULL), OG_ETYPE);
        assert_int_equal(og_int_to_bytes(values[i], NULL), OG_ETYPE);
    }
    double re;
    double im;
    assert_int_equal(og_as_complex(og_float(1), &re, &im), OG_ETYPE);
    assert_int_equal(og_as_complex(og_complex(doc, 1.5, -2), &re, &im), 0);
    assert_true(re == 1.5 && im == -2);
    assert_null(og_data(og_int(1), NULL));
    assert_int_equal(og_len(og_int(1)), 0);
}

static void test_ranges(void **state)
{
    og_doc *doc = *state;
    int64_t i;
    uint64_t u;
    og_value most = og_uint(doc, UINT64_MAX);
    assert_true(og_is_big(most));
    assert_false(og_is_big(og_uint(doc, INT64_MAX)));
    assert_int_equal(og_as_int64(most, &i), OG_EVALUE);
    assert_int_equal(og_as_uint64(most, &u), 0);
    assert_true(u == UINT64_MAX);
    assert_int_equal(og_as_uint64(og_int(-1), &u), OG_EVALUE);
    assert_int_equal(og_as_int64(og_bool(true), &i), 0);
    assert_int_equal(i, 1);
    uint64_t limbs[2] = {5, 1};
    og_value wide = og__value_int_from_limbs(doc, limbs, 2, false);
    assert_int_equal(og_as_uint64(wide, &u), OG_EVALUE);
    assert_int_equal(og_as_uint64(og__value_int_from_limbs(doc, limbs, 1, true), &u), OG_EVALUE);
    /* Leading zeros, and the least int64_t, are no reason to be big. */
    uint64_t zeros[3] = {UINT64_C(1) << 63, 0, 0};
    assert_true(og_is_big(og__value_int_from_limbs(doc, zeros, 3, false)));
    assert_false(og_is_big(og__value_int_from_limbs(doc, zeros, 3, true)));
    assert_true(og__value_int_from_limbs(doc, zeros, 3, true).u.i == INT64_MIN);
    assert_int_equal(og__value_int_from_limbs(doc, zeros + 1, 2, true).u.i, 0);
}

/* Two's complement, as int.to_bytes(…, 'little', signed=True) in as few bytes as do. */
static void test_int_bytes(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *text;
    } rows[] = {
        {"", 0, "0"},
        {"\x01", 1, "1"},
        {"\xff", 1, "-1"},
        {"\x7f", 1, "127"},
        {"\x80", 1, "-128"},
        {"\x80\x00", 2, "128"},
        {"\xff\x00", 2, "255"},
        {"\x7f\xff", 2, "-129"},
        {"\xff\xff\xff\xff\xff\xff\xff\x7f", 8, "9223372036854775807"},
        {"\x00\x00\x00\x00\x00\x00\x00\x80", 8, "-9223372036854775808"},
        {"\x00\x00\x00\x00\x00\x00\x00\x80\x00", 9, "9223372036854775808"},
        {"\xff\xff\xff\xff\xff\xff\xff\x7f\xff", 9, "-9223372036854775809"},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\x00", 9, "18446744073709551615"},
        {"\x00\x00\x00\x00\x00\x00\x00\x00\x01", 9, "18446744073709551616"},
        {"\x00\x00\x00\x00\x00\x00\x00\x00\xff", 9, "-18446744073709551616"},
        {"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", 16,
         "-170141183460469231731687303715884105728"},
        {"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00", 17,
         "170141183460469231731687303715884105728"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        og_value v = og_int_from_bytes(*state, (const uint8_t *)rows[i].bytes, rows[i].len);
        og_value w = og_int_from_text(*state, rows[i].text, strlen(rows[i].text), 0, NULL);
        og_buf buf = OG_BUF_INIT;
        assert_int_equal(og_identical(v, w), 1);
        assert_int_equal(og_int_to_bytes(v, &buf), 0);
        assert_int_equal(buf.len, rows[i].len);
        assert_memory_equal(buf.data, rows[i].bytes, buf.len);
        buf.len = 0;
        assert_int_equal(og_int_to_text(v, 0, &buf, NULL), 0);
        assert_int_equal(buf.len, strlen(rows[i].text));
        assert_memory_equal(buf.data, rows[i].text, buf.len);
        og_buf_free(&buf);
    }
}

/* Bytes that only repeat the sign change nothing. */
static void test_int_bytes_padded(void **state)
{
    uint8_t bytes[40];
    for (size_t len = 1; len <= sizeof bytes; len++) {
        for (int low = 0; low < 256; low += 51) {
            memset(bytes, low & 0x80 ? 0xff : 0, len);
            bytes[0] = (uint8_t)low;
            og_value v = og_int_from_bytes(*state, bytes, len);
            assert_false(og_is_big(v));
            assert_int_equal(v.u.i, (int8_t)low);
        }
    }
}

static void test_int_text_limits(void **state)
{
    og_error err;
    og_buf buf = OG_BUF_INIT;
    char digits[5000];
    memset(digits, '7', sizeof digits);
    og_value v = og_int_from_text(*state, digits, 4300, 4300, &err);
    assert_true(og_valid(v));
    assert_false(og_valid(og_int_from_text(*state, digits, 4301, 4300, &err)));
    assert_int_equal(err.code, OG_ELIMIT);
    assert_int_equal(og_int_to_text(v, 4300, &buf, &err), 0);
    assert_int_equal(buf.len, 4300);
    assert_memory_equal(buf.data, digits, 4300);
    assert_int_equal(og_int_to_text(v, 4299, &buf, &err), OG_ELIMIT);
    assert_int_equal(og_int_to_text(v, 10, &buf, &err), OG_ELIMIT);
    assert_int_equal(og_int_to_text(og_int(-100), 2, &buf, &err), OG_ELIMIT);
    assert_int_equal(og_int_to_text(og_int(-100), 3, &buf, &err), 0);
    assert_int_equal(buf.len, 4304);
    og_buf_free(&buf);
}

static void test_int_text_wrong(void **state)
{
    static const struct {
        const char *text;
        size_t position;
    } rows[] = {{"", 0},    {"-", 1},   {"+1", 0},
                {" 1", 0},  {"1 ", 1},  {"--1", 1},
                {"12a", 2}, {"1.0", 1}, {"123456789012345678901234567890x", 30}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        og_error err;
        assert_false(og_valid(og_int_from_text(*state, rows[i].text, strlen(rows[i].text), 0, &err)));
        assert_int_equal(err.code, OG_ESYNTAX);
        assert_int_equal(err.position, rows[i].position);
    }
    assert_int_equal(og_int_from_text(*state, "-0", 2, 0, NULL).u.i, 0);
    assert_int_equal(og_int_from_text(*state, "-007", 4, 0, NULL).u.i, -7);
    assert_int_equal(og_int_from_text(*state, "00000000000000000000000000012", 29, 0, NULL).u.i, 12);
}

/* The nearest double, ties to even, as float(int) in Python. */
static void test_big_to_double(void **state)
{
    static const struct {
        uint64_t limbs[3];
        size_t count;
        double want;
    } rows[] = {
        {{UINT64_C(0x8000000000000000)}, 1, 0x1p63},
        {{UINT64_C(0x8000000000000400)}, 1, 0x1p63}, /* a tie: to even */
        {{UINT64_C(0x8000000000000401)}, 1, 0x1.0000000000001p63},
        {{UINT64_C(0x8000000000000c00)}, 1, 0x1.0000000000002p63}, /* a tie: to even */
        {{UINT64_MAX}, 1, 0x1p64},
        {{0, 1}, 2, 0x1p64},
        {{UINT64_C(0x800), 1}, 2, 0x1p64}, /* a tie */
        {{UINT64_C(0x801), 1}, 2, 0x1.0000000000001p64},
        {{1, UINT64_C(0x8000000000000400)}, 2, 0x1.0000000000001p127},
        {{1, UINT64_C(0x400), UINT64_C(0x8000000000000000)}, 3, 0x1p191},
        {{1, 0, UINT64_C(0x8000000000000400)}, 3, 0x1.0000000000001p191},
        {{0, 0, 1}, 3, 0x1p128},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double d;
        og_value v = og__value_int_from_limbs(*state, rows[i].limbs, rows[i].count, false);
        assert_int_equal(og_as_double(v, &d), 0);
        assert_true(d == rows[i].want);
        v = og__value_int_from_limbs(*state, rows[i].limbs, rows[i].count, true);
        if (!og_is_big(v)) continue;
        assert_int_equal(og_as_double(v, &d), 0);
        assert_true(d == -rows[i].want);
    }
}

static void test_big_past_double(void **state)
{
    uint64_t limbs[17];
    double d;
    memset(limbs, 0xff, sizeof limbs);
    assert_int_equal(og_as_double(og__value_int_from_limbs(*state, limbs, 17, false), &d), OG_EVALUE);
    assert_int_equal(og_as_double(og__value_int_from_limbs(*state, limbs, 16, false), &d), OG_EVALUE);
    /* The largest double, and the last int that rounds to it. */
    limbs[15] = UINT64_C(0xfffffffffffff800);
    memset(limbs, 0, 15 * 8);
    assert_int_equal(og_as_double(og__value_int_from_limbs(*state, limbs, 16, false), &d), 0);
    assert_true(d == DBL_MAX);
    memset(limbs, 0xff, 15 * 8);
    limbs[15] = UINT64_C(0xfffffffffffffbff);
    assert_int_equal(og_as_double(og__value_int_from_limbs(*state, limbs, 16, true), &d), 0);
    assert_true(d == -DBL_MAX);
    limbs[15]++;
    assert_int_equal(og_as_double(og__value_int_from_limbs(*state, limbs, 16, true), &d), OG_EVALUE);
    /* Ints and floats meet exactly: the largest double is one key with its int. */
    limbs[15] = UINT64_C(0xfffffffffffff800);
    memset(limbs, 0, 15 * 8);
    og_value v = og__value_int_from_limbs(*state, limbs, 16, false);
    assert_int_equal(og_equal(v, og_float(DBL_MAX)), 1);
    og_value set = og_frozenset(*state, &v, 1, NULL);
    assert_true(og_set_has(set, og_float(DBL_MAX)));
}

static void test_text_and_bytes(void **state)
{
    og_doc *doc = *state;
    size_t len;
    og_value v = og_str(doc, "John");
    assert_string_equal(og_data(v, &len), "John");
    assert_int_equal(len, 4);
    assert_int_equal(og_len(v), 4);
    assert_true(og_str_is(v, "John"));
    assert_false(og_str_is(v, "Johnn"));
    assert_false(og_str_is(og_bytes(doc, "John", 4), "John"));
    assert_true(og_str_is(og_strn(doc, NULL, 0), ""));
    assert_non_null(og_data(og_str_borrow(NULL, 0), NULL));
    assert_false(og_valid(og_str(doc, "\xff")));
    assert_false(og_valid(og_str(doc, "\xed\xa0\x80")));
    assert_false(og_valid(og_str_borrow("a\xc3", 2)));
    const char *borrowed = "borrowed";
    assert_ptr_equal(og_data(og_str_borrow(borrowed, 8), NULL), borrowed);
    assert_ptr_equal(og_data(og_bytes_borrow(borrowed, 8), NULL), borrowed);
    assert_true(og_str(doc, "abc").meta & OG__F_ASCII);
    assert_false(og_str(doc, "\xc3\xa9").meta & OG__F_ASCII);
    assert_false(og_str_has_surrogates(v));
    v = og_bytearray(doc, "\0\xff", 2);
    assert_memory_equal(og_data(v, &len), "\0\xff", 2);
    assert_int_equal(len, 2);
    assert_int_equal(og_len(og_bytearray(doc, NULL, 0)), 0);
    static const char there[] = "ab";
    v = og_bytearray_borrow(doc, there, 2);
    assert_int_equal(og_kind_of(v), OG_BYTEARRAY);
    assert_ptr_equal(og_data(v, NULL), there);
    assert_int_equal(og_equal(v, og_bytearray(doc, "ab", 2)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kinds, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_kind, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_ranges, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_int_bytes, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_int_bytes_padded, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_int_text_limits, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_int_text_wrong, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_big_to_double, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_big_past_double, doc_setup, doc_teardown),
        cmocka_unit_test_setup_teardown(test_text_and_bytes, doc_setup, doc_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
