/* SPDX-License-Identifier: MIT */
/* Numbers: text against strtod(), any double written and read again, integers of any size there and back. */
#include "base/number.h"
#include "base/number_avx512.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) abort();
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_text(const char *text, size_t len)
{
    double number;
    size_t used = og__base_double_read(text, len, &number);
    check(used <= len);
    if (used == 0) return;
    char *copy = malloc(used + 1);
    check(copy != NULL);
    memcpy(copy, text, used);
    copy[used] = '\0';
    check(same(strtod(copy, NULL), number));
    free(copy);
}

#if defined(OG__AVX512_NUMBERS)
static OG__AVX512_TARGET size_t twin_write(double number, char *text)
{
    return og__base_avx512_double_write(og__base_avx512_digits_get(), number, text);
}
#endif

/* Some processors have a way of their own, which gives the same. */
static void check_twin(double number, const char *text, size_t len)
{
#if defined(OG__AVX512_NUMBERS)
    char other[OG__DOUBLE_SIZE];
    if (og__base_avx512_numbers()) check(twin_write(number, other) == len && memcmp(other, text, len) == 0);
#else
    (void)number;
    (void)text;
    (void)len;
#endif
}

static void check_double(double number)
{
    char text[OG__DOUBLE_SIZE + 1];
    double back;
    size_t len = og__base_double_write(number, text);
    check(len <= OG__DOUBLE_SIZE);
    check_twin(number, text, len);
    if (!isfinite(number)) return;
    check(og__base_double_read(text, len, &back) == len && same(back, number));
    text[len] = '\0';
    check(same(strtod(text, NULL), number));
}

/* The digits among the bytes as one integer. */
static void check_int(const uint8_t *data, size_t size)
{
    char *digits = malloc(size + 1);
    check(digits != NULL);
    size_t len = 0;
    for (size_t i = 0; i < size; i++)
        if (data[i] >= (len ? '0' : '1') && data[i] <= '9') digits[len++] = (char)data[i];
    uint64_t *limbs = calloc(og__base_limbs_for_digits(len), sizeof *limbs);
    check(limbs != NULL);
    size_t count = og__base_limbs_from_digits(digits, len, limbs);
    check(count <= og__base_limbs_for_digits(len));
    if (len) {
        char *text = malloc(og__base_digits_for_limbs(count));
        check(text != NULL);
        check(og__base_limbs_to_digits(limbs, count, text) == len && memcmp(text, digits, len) == 0);
        free(text);
    }
    free(limbs);
    free(digits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double number;
    char *text = malloc(size ? size : 1);
    check(text != NULL);
    if (size) memcpy(text, data, size);
    check_text(text, size);
    check_int(data, size);
    for (size_t i = 0; i + sizeof number <= size; i += sizeof number) {
        memcpy(&number, data + i, sizeof number);
        check_double(number);
    }
    free(text);
    return 0;
}
