/* SPDX-License-Identifier: MIT */
/* The fast ways of reading and writing pickles, against the plain ones that they must equal. */
#include <onggi/pickle.h>

#include "base/utf8.h"
#include "codec/pickle/read/reader.h"
#include "codec/pickle/read/text.h"
#include "codec/pickle_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 1;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

/* Every opcode by its own function. */
static bool run_nowhere(og__reader *r, const uint8_t *pace)
{
    (void)r;
    (void)pace;
    return false;
}

static int run_slowly(og__reader *r)
{
    int status = OG_OK;
    while (status == OG_OK) {
        if (r->at == r->end) return og__pickle_reader_no_stop(r);
        r->op = r->at++;
        status = og__pickle_reader_step(r);
    }
    return status < 0 ? status : OG_OK;
}

static int read_by(og__pickle_run_fn *way, og_doc *doc, const uint8_t *bytes, size_t len, bool padded,
                   og_error *err)
{
    og_pickle_read_options options = {.size = sizeof options, .max_depth = 8, .padded = padded};
    og__reader r;
    og_doc_reset(doc);
    int status = og__pickle_reader_init(&r, doc, bytes, len, &options, err);
    if (status == OG_OK) status = way ? og__pickle_reader_run_by(&r, way) : run_slowly(&r);
    if (status == OG_OK) status = og__pickle_reader_finish(&r, false, false);
    og__pickle_reader_fini(&r);
    return status;
}

static void assert_way_reads(og__pickle_run_fn *way, const uint8_t *bytes, size_t len, og_doc *slow, int want,
                             const og_error *slow_error)
{
    og_error error = {0};
    og_doc *fast = og_doc_new(NULL);
    uint8_t *more = malloc(len + OG_PADDING);
    assert_non_null(fast);
    assert_non_null(more);
    /* What comes after a message is the next one. */
    for (size_t i = 0; i < len + OG_PADDING; i++)
        more[i] = bytes[i % len];
    for (int again = 0; again < 4; again++) {
        bool padded = again >= 2;
        assert_int_equal(read_by(way, fast, padded ? more : bytes, len, padded, &error), want);
        assert_int_equal(error.position, slow_error->position);
        assert_string_equal(error.text, slow_error->text);
        if (want == OG_OK) assert_int_equal(og_identical(og_doc_root(fast), og_doc_root(slow)), 1);
    }
    og_doc_free(fast);
    free(more);
}

static void assert_same_reading(const uint8_t *bytes, size_t len)
{
    og_error error = {0};
    og_doc *slow = og_doc_new(NULL);
    assert_non_null(slow);
    int want = read_by(NULL, slow, bytes, len, false, &error);
    assert_way_reads(run_nowhere, bytes, len, slow, want, &error);
    assert_way_reads(og__pickle_reader_run_to, bytes, len, slow, want, &error);
#if defined(OG__PICKLE_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
        assert_way_reads(og__pickle_reader_run_to_avx2, bytes, len, slow, want, &error);
#endif
    og_doc_free(slow);
}

/* The last bytes of a pickle are read with care. As the first item of a tuple it has others after it. */
static void assert_same_reading_within(const uint8_t *bytes, size_t len)
{
    static const uint8_t rest[] = "\x8c\x20"
                                  "abcdefghijklmnopqrstuvwxyz012345"
                                  "\x94\x86.";
    uint8_t *whole = malloc(len + sizeof rest);
    assert_non_null(whole);
    memcpy(whole, bytes, len);
    memcpy(whole + len - 1, rest, sizeof rest - 1); /* over STOP */
    assert_same_reading(whole, len + sizeof rest - 2);
    free(whole);
}

/* Changes that often leave a pickle whole: an opcode for another, one more, one less. */
static size_t change(uint8_t *bytes, size_t len)
{
    static const char usual[] = "(](}ue}\x94\x94h\0h\1asK\7N\x85\x86\x87t)0.lcd\x8c\1x";
    uint8_t byte = (uint8_t)usual[random_below(sizeof usual - 1)];
    size_t at = random_below((uint32_t)len);
    switch (random_below(4)) {
    case 0:
        memmove(bytes + at + 1, bytes + at, len - at);
        bytes[at] = byte;
        return len + 1;
    case 1: memmove(bytes + at, bytes + at + 1, len - at - 1); return len > 1 ? len - 1 : len;
    case 2: bytes[at] = (uint8_t)random_below(256); return len;
    default: bytes[at] = byte; return len;
    }
}

static void reads_the_same_when_fast(void **state)
{
    (void)state;
    for (size_t i = 0; i < PICKLE_SAMPLES; i++) {
        for (int round = 0; round < 60; round++) {
            size_t len = pickle_samples[i].len;
            size_t changes = (size_t)round / 8;
            uint8_t *bytes = malloc(len + 8);
            assert_non_null(bytes);
            memcpy(bytes, pickle_samples[i].bytes, len);
            for (size_t c = 0; c < changes; c++)
                len = change(bytes, len);
            uint8_t *exact = realloc(bytes, len); /* so that a byte too many is seen */
            assert_non_null(exact);
            assert_same_reading(exact, len);
            assert_same_reading_within(exact, len);
            free(exact);
        }
    }
}

/* ---- Dicts that have a model ---- */

/* A list of four dicts with `keys` keys each, all the same ones; the second dict gets another key afterwards.
 */
static size_t make_records(uint8_t *out, unsigned keys)
{
    size_t n = 0;
    memcpy(out, "\x80\x04](", 4);
    n = 4;
    for (unsigned d = 0; d < 4; d++) {
        out[n++] = '}';
        out[n++] = '(';
        for (unsigned k = 0; k < keys; k++) {
            if (d == 0) {
                const uint8_t key[] = {0x8c, 3, 'k', (uint8_t)('0' + k / 10), (uint8_t)('0' + k % 10), 0x94};
                memcpy(out + n, key, sizeof key);
                n += sizeof key;
            } else {
                out[n++] = 'h';
                out[n++] = (uint8_t)k;
            }
            out[n++] = 'K';
            out[n++] = (uint8_t)(d * 50 + k);
        }
        out[n++] = 'u';
        if (d != 1) continue;
        memcpy(out + n, "\x8c\4moreK\7s", 9);
        n += 9;
    }
    memcpy(out + n, "e.", 2);
    return n + 2;
}

static void finds_keys_of_dicts_like_others(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    og_doc *doc = og_doc_new(NULL);
    for (unsigned keys = 2; keys <= 40; keys++) {
        size_t len = make_records(bytes, keys);
        assert_int_equal(og_pickle_read(doc, bytes, len, NULL, NULL, NULL), 0);
        assert_same_reading(bytes, len);
        assert_same_reading_within(bytes, len);
        for (unsigned d = 0; d < 4; d++) {
            og_value dict = og_item(og_doc_root(doc), d);
            assert_int_equal(og_len(dict), keys + (d == 1));
            for (unsigned k = 0; k < keys; k++) {
                char key[4] = {'k', (char)('0' + k / 10), (char)('0' + k % 10), 0};
                int64_t number = -1;
                assert_int_equal(og_as_int64(og_dict_gets(dict, key), &number), 0);
                assert_int_equal(number, d * 50 + k);
            }
            assert_int_equal(og_valid(og_dict_gets(dict, "more")), d == 1);
        }
    }
    og_doc_free(doc);
}

/* ---- Many values ---- */

/* Lists of floats and of other things in one another, enough to outgrow the memo, the stack and the first
 * chunks. */
static size_t make_lists(uint8_t *out, unsigned count)
{
    size_t n = 4;
    memcpy(out, "\x80\x04](", 4);
    for (unsigned i = 0; i < count; i++) {
        out[n++] = ']';
        if (i % 7) out[n++] = 0x94;
        out[n++] = '(';
        for (unsigned k = 0; k < i % 5; k++) {
            out[n++] = 'G';
            for (unsigned byte = 0; byte < 8; byte++)
                out[n++] = (uint8_t)(random_below(256) & 0x7f);
        }
        if (i % 11 == 0) out[n++] = 'N';
        out[n++] = 'e';
    }
    memcpy(out + n, "e.", 2);
    return n + 2;
}

static void reads_many_values(void **state)
{
    (void)state;
    enum { MOST = 3000 };
    uint8_t *bytes = malloc(MOST * 48);
    assert_non_null(bytes);
    for (unsigned count = 1; count < MOST; count += count / 2 + 1) {
        size_t len = make_lists(bytes, count);
        assert_same_reading(bytes, len);
        assert_same_reading(bytes, len - random_below((uint32_t)len)); /* cut somewhere */
    }
    free(bytes);
}

/* ---- Text ---- */

/* The text as a str, in a pickle that is long enough to be read at full speed. */
static void assert_same_str(const uint8_t *text, size_t len)
{
    uint8_t bytes[256] = {0x8c, (uint8_t)len};
    memcpy(bytes + 2, text, len);
    bytes[len + 2] = '.';
    assert_same_reading(bytes, len + 3);
    assert_same_reading_within(bytes, len + 3);
    uint8_t later[260] = "N0";
    memcpy(later + 2, bytes, len + 3);
    assert_same_reading_within(later, len + 5);
}

static void knows_text_as_the_plain_check_does(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "a",        "plain ascii text", "\"",       "\\",           "\n",
        "\xc3\xa9", "\xe3\x81\x82",     "\xe0\xa0", "\xed\xa0\x80", "\xf0\x9f\x98\x80",
        "\x80",     "\xe0\x80\x80",     "\xc1\xbf", "\xed\x9f\xbf", "\x7f"};
    for (int round = 0; round < 40000; round++) {
        uint8_t text[160];
        size_t len = 0;
        unsigned most = random_below(9);
        unsigned kinds = random_below(2) ? 15 : 7;
        for (unsigned i = 0; i < most; i++) {
            const char *part = parts[random_below(kinds)];
            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        bool ascii = false;
        bool surrogates = false;
        unsigned want = OG__F_CLEAN;
        if (og__base_utf8_valid_surrogates(text, len, &ascii, &surrogates) < len) {
            want = OG__TEXT_BAD;
        } else {
            for (size_t i = 0; i < len; i++) {
                if (text[i] < 0x20 || text[i] == '"' || text[i] == '\\') want = 0;
            }
            want |= (ascii ? OG__F_ASCII : 0) | (surrogates ? OG__F_SURROGATE : 0);
        }
        assert_int_equal(og__pickle_text_flags(text, len), want);
        assert_int_equal(og__pickle_text_at(text, text, len, len), want);
        assert_int_equal(og__pickle_text_at(text, text, len, sizeof text), want);
        if (round % 4 == 0) assert_same_str(text, len);
    }
}

/* ---- Writing ---- */

/* Strings, ints of all sizes and small lists, enough for several frames; strings are in their places twice.
 */
static og_value make_many(og_doc *doc)
{
    og_value list = og_list(doc);
    og_value name = {0};
    for (int i = 0; i < 12000; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "%s%d", i % 3 ? "a key with a number " : "", i % 2500);
        if (i % 2 == 0) name = og_strn(doc, text, (size_t)len);
        og_value pair = og_list(doc);
        int64_t number = (int64_t)((uint64_t)0x9123456789abcdef >> (i % 64)) * (i % 5 ? 1 : -1);
        og_list_append(doc, pair, name, NULL);
        og_list_append(doc, pair, i % 7 ? og_int(number) : og_float(i / 3.0), NULL);
        assert_int_equal(og_list_append(doc, list, i % 11 ? pair : og_bool(i % 2), NULL), 0);
    }
    return list;
}

static void writes_what_reads_back(void **state)
{
    (void)state;
    og_doc *doc = og_doc_new(NULL);
    og_doc *back = og_doc_new(NULL);
    og_value many = make_many(doc);
    size_t sizes[6] = {0};
    for (int protocol = 1; protocol <= 5; protocol++) {
        og_pickle_write_options options = {.size = sizeof options, .protocol = protocol};
        uint8_t *bytes = og_pickle_dumps(many, &sizes[protocol], &options, NULL);
        assert_non_null(bytes);
        assert_int_equal(og_pickle_read(back, bytes, sizes[protocol], NULL, NULL, NULL), 0);
        assert_int_equal(og_identical(many, og_doc_root(back)), 1);
        free(bytes);
    }
    assert_int_equal(sizes[4], sizes[5]);
    assert_true(sizes[4] < sizes[3]);
    og_doc_free(doc);
    og_doc_free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_same_when_fast), cmocka_unit_test(finds_keys_of_dicts_like_others),
        cmocka_unit_test(reads_many_values),        cmocka_unit_test(knows_text_as_the_plain_check_does),
        cmocka_unit_test(writes_what_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
