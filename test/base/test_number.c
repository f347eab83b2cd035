/* SPDX-License-Identifier: MIT */
/* Numbers as text: doubles against the C library's, integers against their own digits. */
#include "base/number.h"
#include "base/number_avx512.h"
#include "base/number_digits16.h"
#include "base/number_short.h"
#include "base/number_table.h"
#include "base/u128.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 88172645463325252u;

static uint64_t random64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(2685821657736338717);
}

static double from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void check_read(const char *text)
{
    double found = 0;
    double expected = strtod(text, NULL);
    assert_int_equal(og__base_double_read(text, strlen(text), &found), strlen(text));
    if (memcmp(&found, &expected, sizeof found) != 0) fail_msg("%s is %a, read as %a", text, expected, found);
}

/* Digits of a text, without those zeros that stand for nothing. */
static int significant(const char *text)
{
    int count = 0;
    int zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9') continue;
        if (*text != '0') {
            count += zeros + 1;
            zeros = 0;
        } else if (count) {
            zeros++;
        }
    }
    return count;
}

#if defined(OG__AVX512_NUMBERS)
static OG__AVX512_TARGET size_t twin_double_write(double number, char *text)
{
    return og__base_avx512_double_write(og__base_avx512_digits_get(), number, text);
}

static OG__AVX512_TARGET size_t twin_int64_write(int64_t number, char *text)
{
    return og__base_avx512_int64_write(og__base_avx512_digits_get(), number, text);
}

/* The twins for some processors write the same, and nothing after their room. */
static void check_twin_writes(double number, int64_t whole)
{
    if (!og__base_avx512_numbers()) return;
    char text[OG__DOUBLE_SIZE + 1];
    char other[OG__DOUBLE_SIZE + 1];
    text[OG__DOUBLE_SIZE] = '#';
    size_t len = og__base_double_write(number, other);
    assert_int_equal(twin_double_write(number, text), len);
    assert_memory_equal(text, other, len);
    assert_int_equal(text[OG__DOUBLE_SIZE], '#');
    text[OG__INT64_SIZE] = '#';
    len = og__base_int64_write(whole, other);
    assert_int_equal(twin_int64_write(whole, text), len);
    assert_memory_equal(text, other, len);
    assert_int_equal(text[OG__INT64_SIZE], '#');
}
#else
static void check_twin_writes(double number, int64_t whole)
{
    (void)number;
    (void)whole;
}
#endif

/* The way for short numbers writes the same, or leaves it. */
static bool check_short_write(double number)
{
    char text[OG__DOUBLE_SIZE];
    char other[OG__DOUBLE_SIZE];
    uint64_t millionths = og__base_millionths_of(number);
    if (millionths == OG__NOT_SHORT) return false;
    size_t len = (size_t)(og__base_millionths_put(text, millionths, signbit(number) != 0) - text);
    if (og__base_double_write(number, other) != len || memcmp(text, other, len) != 0)
        fail_msg("%a is written as %.*s", number, (int)len, text);
    return true;
}

static void check_write(double number)
{
    char text[OG__DOUBLE_SIZE + 1];
    char other[64];
    size_t len = og__base_double_write(number, text);
    check_twin_writes(number, (int64_t)len);
    check_short_write(number);
    assert_true(len <= OG__DOUBLE_SIZE);
    text[len] = '\0';
    check_read(text);
    double back = strtod(text, NULL);
    if (memcmp(&back, &number, sizeof back) != 0) fail_msg("%a is written as %s", number, text);
    int digits = significant(text);
    if (digits > 1) {
        snprintf(other, sizeof other, "%.*e", digits - 2, number);
        if (strtod(other, NULL) == number) fail_msg("%s is not the shortest: %s", text, other);
    }
    /* Of that many digits it is the nearest. */
    snprintf(other, sizeof other, "%.*e", digits > 0 ? digits - 1 : 0, number);
    if (strtod(other, NULL) == number && significant(other) == digits) {
        char *end = strpbrk(other, ".e");
        assert_non_null(end);
        assert_true(fabsl(strtold(text, NULL) - (long double)number) <=
                    fabsl(strtold(other, NULL) - (long double)number));
    }
}

static void test_layout(void **state)
{
    (void)state;
    /* What Python's repr() gives. */
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {9999999999999998.0, "9999999999999998.0"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {1e-5, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {100.0, "100.0"},
        {1e100, "1e+100"},
        {0.1, "0.1"},
        {4.35, "4.35"},
        {9007199254740993.0, "9007199254740992.0"},
        {299792458.0, "299792458.0"},
        {1.0 / 3, "0.3333333333333333"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[OG__DOUBLE_SIZE + 1];
        text[og__base_double_write(cases[i].number, text)] = '\0';
        assert_string_equal(text, cases[i].text);
    }
    char text[OG__DOUBLE_SIZE];
    assert_memory_equal(text, "nan", og__base_double_write((double)NAN, text));
    assert_memory_equal(text, "inf", og__base_double_write((double)INFINITY, text));
    assert_memory_equal(text, "-inf", og__base_double_write(-(double)INFINITY, text));
}

static void test_random_doubles(void **state)
{
    (void)state;
    long count = getenv("ONGGI_SOAK") ? 20000000 : 200000;
    for (long i = 0; i < count; i++) {
        uint64_t bits = random64();
        double number = from_bits(bits);
        if (i % 4 == 1) number = from_bits((bits & 0x800fffffffffffff) | (UINT64_C(993) + bits % 60) << 52);
        if (i % 4 == 2) number = (double)(int64_t)(bits % 2000000000) / 1000.0;
        if (i % 4 == 3) number = (double)(bits >> bits % 64);
        if (isfinite(number)) check_write(number);
    }
}

static void test_edges(void **state)
{
    (void)state;
    for (uint64_t field = 0; field < 2047; field++) {
        static const uint64_t fractions[] = {0, 1, 2, 0x8000000000000, 0xffffffffffffe, 0xfffffffffffff};
        for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++)
            check_write(from_bits(field << 52 | fractions[i]));
    }
    for (int e = -330; e < 312; e++) {
        char text[64];
        for (int digit = 1; digit < 10; digit++) {
            snprintf(text, sizeof text, "%de%d", digit, e);
            check_read(text);
            snprintf(text, sizeof text, "%d.%d%016dE+%d", digit, digit, digit, e < 0 ? -e : e);
            check_read(text);
        }
    }
}

/* The middle between two doubles, and a hair above and below it. */
static void test_halfway(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random64() >> 1;
        if (i % 3 == 0) bits &= 0x000fffffffffffff;
        if (i % 3 == 1) bits = (bits & 0x000fffffffffffff) | (UINT64_C(963) + bits % 160) << 52;
        double low = from_bits(bits);
        double high = from_bits(bits + 1);
        char text[1200];
        if (!isfinite(low) || !isfinite(high)) continue;
        /* long double has room for the middle, and printf is exact. */
        snprintf(text, sizeof text, "%.770Le", (long double)low / 2 + (long double)high / 2);
        check_read(text);
        char *exponent = strchr(text, 'e');
        char tail[16];
        snprintf(tail, sizeof tail, "%s", exponent);
        snprintf(exponent, 400, "%0300d%s", 1, tail);
        check_read(text);
        char *last = exponent - 1;
        while (last > text && (*last == '0' || *last == '.'))
            last--;
        (*last)--;
        check_read(text);
    }
}

static void test_read_forms(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0000000000000000000000000000000000000000000000000000000000000000000000000001e70",
        "1e400",
        "-1e400",
        "1e-400",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827021181583404541015625",
        "9007199254740993",
        "9007199254740992.99999999999999999999999999",
        "8.5",
        "2.2250738585072011e-308",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_read(texts[i]);
    static const struct {
        const char *text;
        size_t len;
    } parts[] = {{"1.", 1}, {"1.e5", 1}, {"1e", 1}, {"1e+", 1}, {"1.5x", 3},
                 {"-", 0},  {"", 0},     {".5", 0}, {"x", 0},   {"1 2", 1}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        double number;
        assert_int_equal(og__base_double_read(parts[i].text, strlen(parts[i].text), &number), parts[i].len);
    }
    /* A number of a million digits takes no more than looking at them. */
    char *text = malloc(1000100);
    memset(text, '0', 1000100);
    memcpy(text, "0.", 2);
    strcpy(text + 1000000, "123e1000000");
    check_read(text);
    free(text);
}

static void test_u128(void **state)
{
    (void)state;
    uint64_t a = UINT64_MAX;
    uint64_t b = UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 0; i < 100000; i++) {
        og__u128 fast = og__base_u128_product(a, b);
        og__u128 slow = og__base_u128_product_scalar(a, b);
        assert_true(fast.high == slow.high && fast.low == slow.low);
        fast = og__base_u128_shift_right(slow, (unsigned)i % 128);
        slow = og__base_u128_shift_right_scalar(slow, (unsigned)i % 128);
        assert_true(fast.high == slow.high && fast.low == slow.low);
        a = (a ^ b) * UINT64_C(6364136223846793005) >> (i % 40);
        b = b * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    }
    og__u128 carried = og__base_u128_add((og__u128){1, UINT64_MAX}, 1);
    assert_true(carried.high == 2 && carried.low == 0);
}

static void test_bytes(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 0x88, 9, 10};
    assert_true(og__base_load8(bytes) == UINT64_C(0x8807060504030201));
    assert_true(og__base_load_few(bytes + 7, 3, UINT64_MAX) == UINT64_C(0xffffffffff0a0988));
    assert_true(og__base_load_few(bytes, 0, 5) == 5);
    uint8_t back[8];
    og__base_store8(back, UINT64_C(0x8807060504030201));
    assert_memory_equal(back, bytes, sizeof back);
}

static void test_powers(void **state)
{
    (void)state;
    for (int e = 0; e <= 27; e++) {
        og__u128 power = {0, 1};
        for (int i = 0; i < e; i++) {
            og__u128 low = og__base_u128_product_scalar(power.low, 10);
            power = (og__u128){power.high * 10 + low.high, low.low};
        }
        while (!(power.high >> 63))
            power = (og__u128){power.high << 1 | power.low >> 63, power.low << 1};
        assert_true(og__base_powers[e - OG__POWER_FIRST].high == power.high);
        assert_true(og__base_powers[e - OG__POWER_FIRST].low == power.low);
    }
}

static void check_digits16(uint32_t high, uint32_t low)
{
    og__digits16 fast = og__base_digits16_of(high, low);
    og__digits16_scalar slow = og__base_digits16_scalar_of(high, low);
    char plain[32];
    char text[32] = {0};
    char expected[32] = {0};
    snprintf(plain, sizeof plain, "%08u%08u", high, low);
    og__base_digits16_put(fast, text);
    og__base_digits16_scalar_put(slow, expected);
    assert_memory_equal(text, plain, 16);
    assert_memory_equal(expected, plain, 16);
    assert_int_equal(og__base_digits16_count(fast), og__base_digits16_scalar_count(slow));
    unsigned count = og__base_digits16_put_number(fast, text);
    assert_int_equal(count, og__base_digits16_scalar_put_number(slow, expected));
    assert_memory_equal(text, expected, count);
    for (unsigned point = 0; point <= 16; point++) {
        og__base_digits16_put_point(fast, point, text);
        og__base_digits16_scalar_put_point(slow, point, expected);
        assert_memory_equal(text, expected, OG__DIGITS16_SIZE);
        assert_memory_equal(text, plain, point);
        assert_int_equal(text[point], '.');
        assert_memory_equal(text + point + 1, plain + point, 16 - point);
    }
}

/* Sixteen digits at once, with vectors and without. */
static void test_digits16(void **state)
{
    (void)state;
    const uint32_t most = 99999999;
    check_digits16(0, 0);
    check_digits16(most, most);
    for (uint32_t power = 1; power < most; power *= 10) {
        check_digits16(power, 0);
        check_digits16(0, power);
        check_digits16(power - 1, most);
        check_digits16(most, power - 1);
    }
    for (uint32_t i = 0; i < 10000; i++) {
        check_digits16(i * 10000 + 9999, i);
        check_digits16((uint32_t)(random64() % (most + 1)), (uint32_t)(random64() % (most + 1)));
    }
}

static void test_small_ints(void **state)
{
    (void)state;
    int64_t numbers[300] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1};
    int count = 7;
    for (int64_t power = 1; power < INT64_MAX / 10; power *= 10) {
        numbers[count++] = power;
        numbers[count++] = power - 1;
        numbers[count++] = -power;
        numbers[count++] = power * 9 + power / 3;
    }
    while (count < 300)
        numbers[count++] = (int64_t)(random64() >> random64() % 64);
    for (int i = 0; i < count; i++) {
        char text[OG__INT64_SIZE + 1];
        char expected[32];
        text[OG__INT64_SIZE] = '#';
        size_t len = og__base_int64_write(numbers[i], text);
        assert_int_equal(text[OG__INT64_SIZE], '#');
        text[len] = '\0';
        snprintf(expected, sizeof expected, "%lld", (long long)numbers[i]);
        assert_string_equal(text, expected);
        check_twin_writes((double)numbers[i], numbers[i]);
    }
}

/* All decimals of few digits go the way for short numbers, and their neighbours do not. */
static void test_short_doubles(void **state)
{
    (void)state;
    static const double edges[] = {0.0, -0.0, 1e-4,          0.0001,       -0.000123,        0.999999,
                                   1.0, 9.5,  99999999.0,    100000000.0,  999999999.999999, 1764299999.125,
                                   1e9, 8e9,  8999999999.25, 8999999999.0, -1234567890.12345};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        if (!check_short_write(edges[i])) fail_msg("%.17g is not short", edges[i]);
    }
    static const double others[] = {1e-5,
                                    0.000099,
                                    9e9,
                                    1e10,
                                    1e16,
                                    1e300,
                                    0.1234567,
                                    4999999999.123456,
                                    1.0 / 3,
                                    (double)NAN,
                                    (double)INFINITY,
                                    -(double)INFINITY};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (check_short_write(others[i])) fail_msg("%.17g is short", others[i]);
    }
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = random64();
        static const double tens[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
        double number = (double)(bits >> 8 & 0xffffffff) / tens[bits % 7];
        bool tiny = number != 0 && number < 1e-4;
        if (check_short_write(number) == tiny) fail_msg("%.17g", number);
        assert_true(tiny || check_short_write(-number));
        check_short_write(nextafter(number, 1e300));
        check_short_write(nextafter(number, -1e300));
        double longest = (double)(bits >> 8 & 0x2ffffffffffff) / 1e5; /* up to 8.4e9 */
        if (longest >= 1e-4) assert_true(check_short_write(longest));
    }
}

static void test_short_ints(void **state)
{
    (void)state;
    char text[OG__INT64_SIZE];
    char other[OG__INT64_SIZE];
    for (uint32_t i = 0; i < OG__SHORT_INTS; i += i < 20000 ? 1 : 1 + i / 5000) {
        size_t len = og__base_int64_write(i, other);
        assert_int_equal(og__base_short_int_put(text, i) - text, len);
        assert_memory_equal(text, other, len);
    }
}

/* Each half of sixteen digits, and what is near a power of ten. */
static void test_twins(void **state)
{
    (void)state;
    const int64_t half = 100000000;
    const int64_t step = getenv("ONGGI_SOAK") ? 1 : 997;
    for (int64_t i = 0; i < half; i += step) {
        check_twin_writes((double)i, i);
        check_twin_writes((double)i / 1e8, -i * half - i);
    }
    for (int64_t power = 10; power <= half * half; power *= 10) {
        for (int64_t i = -1000; i <= 1000; i++)
            check_twin_writes((double)(power + i) / 1000.0, power + i);
    }
    check_twin_writes((double)NAN, INT64_MIN);
    check_twin_writes((double)-INFINITY, INT64_MAX);
}

static void test_big_ints(void **state)
{
    (void)state;
    enum { MOST = 5000 };
    char digits[MOST];
    uint64_t limbs[MOST / 19 + 2];
    char text[(MOST / 19 + 2) * 20];
    for (size_t len = 1; len <= MOST; len += len < 200 ? 1 : 371) {
        for (int fill = 0; fill < 4; fill++) {
            for (size_t i = 0; i < len; i++)
                digits[i] = (char)(fill == 0 ? '9' : fill == 1 ? '0' : '0' + random64() % 10);
            if (digits[0] == '0') digits[0] = '1';
            size_t count = og__base_limbs_from_digits(digits, len, limbs);
            assert_true(count <= og__base_limbs_for_digits(len));
            assert_true(limbs[count - 1] != 0);
            assert_true(og__base_digits_for_limbs(count) >= len);
            assert_int_equal(og__base_limbs_to_digits(limbs, count, text), len);
            assert_memory_equal(text, digits, len);
        }
    }
    assert_int_equal(og__base_limbs_from_digits("000", 3, limbs), 0);
    assert_int_equal(og__base_limbs_from_digits("00018446744073709551616", 23, limbs), 2);
    assert_true(limbs[0] == 0 && limbs[1] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),     cmocka_unit_test(test_random_doubles),
        cmocka_unit_test(test_edges),      cmocka_unit_test(test_halfway),
        cmocka_unit_test(test_read_forms), cmocka_unit_test(test_u128),
        cmocka_unit_test(test_bytes),      cmocka_unit_test(test_powers),
        cmocka_unit_test(test_small_ints), cmocka_unit_test(test_short_doubles),
        cmocka_unit_test(test_short_ints), cmocka_unit_test(test_twins),
        cmocka_unit_test(test_big_ints),   cmocka_unit_test(test_digits16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
