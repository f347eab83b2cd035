/* SPDX-License-Identifier: MIT */
/*
 * The passes over the text that vectors make fast read what the one for any processor reads: the same values,
 * and the same sentences about the same bytes. Texts come right after memory that may not be read, or as
 * far before such memory as was promised.
 */
#include "codec/json/reader.h"
#include "random_value.h"

#include <onggi/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum {
    TEXT_MAX = 65536,
    RECORDS_MAX = 4096,
    PAGE = 4096,
    ROOM = TEXT_MAX + PAGE,
    KERNELS = OG__JSON_AVX512 + 1
};

typedef struct twins {
    og_doc *plain;
    og_doc *other[KERNELS];
    char *room;    /* ROOM bytes between pages that may not be touched */
    unsigned fill; /* differs from text to text: what comes after one must not matter */
    og_json_read_options options;
} twins;

/* 200 bytes. */
#define X50  "abcdefghi abcdefghi abcdefghi abcdefghi abcdefghi "
#define X200 X50 X50 X50 X50

static const char *const kernel_names[KERNELS] = {"any", "short", "AVX2", "AVX-512"};

static void read_by(twins *t, og__json_kernel kernel, size_t padding, const char *text, size_t len,
                    int status, const og_error *want)
{
    static const char fills[] = "7\"e ]\x80\\,}\n[:";
    char *at = padding > 0 && t->fill & 1 ? t->room : t->room + ROOM - padding - len;
    memcpy(at, text, len);
    memset(at + len, fills[t->fill++ % (sizeof fills - 1)], padding);
    og_error err = {.code = OG_OK};
    og_json_read_options options = t->options;
    options.padded = padding > 0;
    int other = og__json_read_by(kernel, t->other[kernel], at, len, &options, &err);
    if (other != status || err.position != want->position || strcmp(err.text, want->text) != 0)
        fail_msg("%.*s: \"%s\" at %zu, with %s \"%s\" at %zu", (int)len, text, want->text,
                 (size_t)want->position, kernel_names[kernel], err.text, (size_t)err.position);
    if (status == OG_OK && og_identical(og_doc_root(t->plain), og_doc_root(t->other[kernel])) != 1)
        fail_msg("%.*s: read otherwise with %s", (int)len, text, kernel_names[kernel]);
}

static void read_all(twins *t, const char *text, size_t len)
{
    char *exact = t->room + ROOM - len;
    memcpy(exact, text, len);
    char *keep = malloc(len ? len : 1);
    assert_non_null(keep);
    if (len) memcpy(keep, text, len);
    og_error want = {.code = OG_OK};
    int status = og__json_read_by(OG__JSON_ANY, t->plain, exact, len, &t->options, &want);
    /* Its strings are in the text: read again where the others do not overwrite it. */
    if (status == OG_OK) status = og__json_read_by(OG__JSON_ANY, t->plain, keep, len, &t->options, NULL);
    for (unsigned kernel = OG__JSON_ANY; kernel <= og__json_best_kernel(); kernel++) {
        for (size_t padding = 0; padding <= OG_PADDING; padding += OG_PADDING)
            read_by(t, kernel, padding, text, len, status, &want);
    }
    free(keep);
}

static char *map_room(void)
{
    char *all = mmap(NULL, ROOM + 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return NULL;
    bool good = mprotect(all, PAGE, PROT_NONE) == 0 && mprotect(all + PAGE + ROOM, PAGE, PROT_NONE) == 0;
    return good ? all + PAGE : NULL;
}

static int set_up(void **state)
{
    static twins t;
    t = (twins){.plain = og_doc_new(NULL), .room = map_room(), .options = {.size = sizeof t.options}};
    for (unsigned kernel = 0; kernel < KERNELS; kernel++)
        t.other[kernel] = og_doc_new(NULL);
    *state = &t;
    return t.plain && t.room ? 0 : -1;
}

static int tear_down(void **state)
{
    twins *t = *state;
    og_doc_free(t->plain);
    for (unsigned kernel = 0; kernel < KERNELS; kernel++)
        og_doc_free(t->other[kernel]);
    return munmap(t->room - PAGE, ROOM + 2 * PAGE);
}

/* All runs of four bytes of which each is at the edge of some rule, at many places of a vector, without
 * halves of surrogate pairs or with them. */
static void test_utf8(void **state)
{
    twins *t = *state;
    static const uint8_t edges[] = {'a',  '"',  '\\', 0x1f, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                    0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
                                    0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    enum { EDGES = sizeof edges };
    for (unsigned i = 0; i < EDGES * EDGES * EDGES * EDGES; i++) {
        char text[80];
        unsigned lead = i * 7 % 37;
        memset(text, 'x', sizeof text);
        text[0] = '"';
        unsigned rest = i;
        for (unsigned k = 0; k < 4; k++, rest /= EDGES)
            text[1 + lead + k] = (char)edges[rest % EDGES];
        text[1 + lead + 4 + i % 3] = '"';
        read_all(t, text, 1 + lead + 4 + i % 3 + 1);
        if (!memchr(text, 0xed, sizeof text)) continue;
        t->options.allow_surrogates = true;
        read_all(t, text, 1 + lead + 4 + i % 3 + 1);
        t->options.allow_surrogates = false;
    }
}

/* Numbers of all lengths of their parts. */
static void test_numbers(void **state)
{
    static const char digits[] = "1234567890987654321012345678909876543210";
    for (int whole = 0; whole < 40; whole++) {
        for (int fraction = 0; fraction < 40; fraction++) {
            for (int form = 0; form < 12; form++) {
                char text[128];
                int n = snprintf(text, sizeof text, "%s%s%.*s%s%.*s%s%s", form & 1 ? "[" : "",
                                 form & 2 ? "-" : "", whole, digits + form % 10,
                                 fraction || form > 9 ? "." : "", fraction, digits + (form * 3 + whole) % 20,
                                 form >= 8   ? "e-7"
                                 : form >= 4 ? "x"
                                             : "",
                                 form & 1 ? "]" : "");
                read_all(*state, text, (size_t)n);
                text[form & 1] = '0';
                read_all(*state, text, (size_t)n);
            }
        }
    }
}

/* Records with keys in order, out of order, missing, new and twice, in lines of any indent. */
static size_t make_records(const uint8_t *from, size_t len, char *text)
{
    static const char *const keys[] = {
        "id", "name", "a key of more than 16 bytes", "\xed\x95\x9c", "e\\n", "f", "g", "h", "i", "j",
        "k",  "l"};
    static const char *const values[] = {"1",  "-2.5", "null", "\"text\"",     "{\"id\":1,\"name\":2}",
                                         "[]", "true", "{}",   "[{\"id\":3}]", "\"\\u00e9\\/\xc3\xa9\""};
    enum { KEYS = sizeof keys / sizeof keys[0], VALUES = sizeof values / sizeof values[0] };
    size_t n = (size_t)snprintf(text, RECORDS_MAX, "[");
    for (size_t i = 0; i + 16 < len && n < RECORDS_MAX - 1200; i += 16) {
        int indent = from[i] % 50;
        unsigned shift = from[i + 1] < 64 ? from[i + 1] : 0;
        n += (size_t)snprintf(text + n, RECORDS_MAX - n, "%s{", i ? "," : "");
        for (unsigned k = 0; k < KEYS; k++) {
            unsigned c = from[i + 2 + k];
            if (c < 20) continue;
            n += (size_t)snprintf(text + n, RECORDS_MAX - n, "%s%s%*s\"%s\": %s",
                                  text[n - 1] == '{' ? "" : ",", indent ? "\n" : "", indent, "",
                                  keys[(c < 30 ? c : k + shift) % KEYS], values[c % VALUES]);
        }
        n += (size_t)snprintf(text + n, RECORDS_MAX - n, "}");
    }
    return n + (size_t)snprintf(text + n, RECORDS_MAX - n, "]");
}

static void test_records(void **state)
{
    static const char other[] = "\"\\{}[],: \n0e.-x\x80\xe2";
    for (unsigned seed = 0; seed < 300; seed++) {
        uint8_t bytes[200];
        char text[RECORDS_MAX];
        random_bytes(seed, bytes, sizeof bytes);
        size_t len = make_records(bytes, sizeof bytes, text);
        read_all(*state, text, len);
        for (unsigned i = 0; i < 40; i++) {
            size_t at = (bytes[i] * 257u + bytes[i + 40] * 31u) % len;
            char was = text[at];
            text[at] = other[bytes[i + 80] % (sizeof other - 1)];
            read_all(*state, text, len);
            text[at] = was;
            read_all(*state, text, at);
        }
    }
}

/* Strings of all lengths with something in them at any place. */
static void test_strings(void **state)
{
    twins *t = *state;
    static const char *const parts[] = {"\\n",
                                        "\\\\",
                                        "\\u00e9",
                                        "\\ud83d\\ude00",
                                        "\\x",
                                        "\x1f",
                                        "\t",
                                        "\xc3\xa9",
                                        "\xf0\x9f\x98\x80",
                                        "\xed\xa0\x80",
                                        "\xe2\x82",
                                        "\"",
                                        "\\\"",
                                        "\x7f",
                                        "\\ud800",
                                        "\xed\xb0\x80\\n",
                                        "\\/\\/\\/\\b\\f\\r\\t\\\""};
    enum { LONGEST = 200, PARTS = sizeof parts / sizeof parts[0] };
    for (size_t len = 0; len <= LONGEST; len++) {
        for (size_t at = 0; at <= len; at += 1 + (len > 70) * (at % 5)) {
            char text[LONGEST + 100];
            const char *part = parts[(len + at) % PARTS];
            size_t lead = (len * 7 + at) % 5;
            int n = snprintf(text, sizeof text, "[%*s\"%.*s%s%.*s\"%s", (int)lead, "", (int)at, X200, part,
                             (int)(len - at), X200, at % 7 ? "]" : "");
            read_all(t, text, (size_t)n);
            t->options.allow_surrogates = true;
            read_all(t, text, (size_t)n);
            t->options.allow_surrogates = false;
        }
    }
}

/* Runs of backslashes across the ends of vectors, before a quote and before other things. */
static void test_backslashes(void **state)
{
    for (size_t lead = 0; lead < 140; lead++) {
        for (size_t run = 0; run < 70; run += 1 + run / 9) {
            for (unsigned last = 0; last < 3; last++) {
                char text[512];
                memset(text, 'x', sizeof text);
                memcpy(text, "[\"", 2);
                size_t n = 2 + lead;
                memset(text + n, '\\', run);
                n += run;
                n += (size_t)snprintf(text + n, 64, "%s",
                                      last == 0   ? "\",1,\"\"]"
                                      : last == 1 ? "n\"]"
                                                  : "\"\"]");
                read_all(*state, text, n);
            }
        }
    }
}

/* Texts of many tokens, cut and shifted by every few bytes. */
static void test_long(void **state)
{
    static char text[TEXT_MAX];
    static const char *const items[] = {"[]",     "{}",   "[[1],[2]]",     "{\"a\":[],\"b\":{\"a\":1}}",
                                        "-1.5e3", "null", "\"\\u00e9\"",   "123456789012345678",
                                        "[ ]",    "true", "{ \"k\" :\n0 }"};
    enum { ITEMS = sizeof items / sizeof items[0] };
    for (unsigned shift = 0; shift < 80; shift++) {
        size_t n = (size_t)snprintf(text, TEXT_MAX, "%*s[", (int)shift, "");
        for (unsigned i = 0; n < 9000 + shift * 50; i++)
            n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s%s", i ? "," : "",
                                  items[i * i % (ITEMS - shift % 4)]);
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "]%*s", (int)(shift * 7 % 130), "");
        read_all(*state, text, n);
        for (size_t cut = n - 140; cut < n; cut += 3)
            read_all(*state, text, cut);
        text[n / 2 + shift] ^= (char)(1u << shift % 8);
        read_all(*state, text, n);
        text[n++] = "]},:\"1"[shift % 6];
        read_all(*state, text, n);
    }
}

/* Brackets and nothing else: as many tokens as bytes, and deep. */
static void test_brackets(void **state)
{
    twins *t = *state;
    static char text[TEXT_MAX];
    t->options.max_depth = TEXT_MAX;
    for (size_t depth = 1; depth < 20000; depth += 1 + depth / 3) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        read_all(t, text, 2 * depth);
        read_all(t, text, 2 * depth - 1);
        read_all(t, text, depth);
        text[2 * depth] = ']';
        read_all(t, text, 2 * depth + 1);
        text[depth] = '}';
        read_all(t, text, 2 * depth);
    }
    t->options.max_depth = 0;
}

/* All short texts of some tokens, with and without what options allow. */
static void test_options(void **state)
{
    twins *t = *state;
    static const char *const tokens[] = {"[",
                                         "]",
                                         "{",
                                         "}",
                                         ",",
                                         ":",
                                         "\"a\"",
                                         "1",
                                         " ",
                                         "NaN",
                                         "-Infinity",
                                         "\"\\ud800\"",
                                         "\"\xed\xa0\x80\""};
    enum { TOKENS = sizeof tokens / sizeof tokens[0], MOST = 6 };
    for (unsigned round = 0; round < 3; round++) {
        t->options.allow_nan = t->options.allow_trailing_comma = t->options.allow_surrogates = round == 1;
        t->options.refuse_duplicates = round == 1;
        t->options.lossless = round == 2;
        for (unsigned seed = 0; seed < 60000; seed++) {
            char text[128];
            size_t n = 0;
            unsigned rest = seed * 2654435761u;
            for (unsigned i = 0; i < MOST + seed % 5; i++, rest = rest * 1664525u + 1013904223u) {
                const char *token = i == 0 ? tokens[seed % 2 * 2] : tokens[(rest >> 16) % TOKENS];
                n += (size_t)snprintf(text + n, sizeof text - n, "%s", token);
            }
            read_all(t, text, n);
        }
    }
    t->options = (og_json_read_options){.size = sizeof t->options};
}

/* A last comma wherever the index is made anew, or the reader goes over to a copy. */
static void test_last_commas(void **state)
{
    twins *t = *state;
    static char text[8192];
    for (unsigned allow = 0; allow < 2; allow++) {
        t->options.allow_trailing_comma = allow;
        for (size_t items = 1; items < 700; items++) {
            size_t n = 0;
            for (size_t i = 0; i < items; i++) {
                memcpy(text + n, i == 0 ? "[1," : "1,", i == 0 ? 3 : 2);
                n += i == 0 ? 3 : 2;
            }
            text[n++] = ']';
            read_all(t, text, n);
            n = (size_t)snprintf(text, sizeof text, "{");
            for (size_t i = 0; i < items; i++)
                n += (size_t)snprintf(text + n, sizeof text - n, "\"%zu\":1,", i);
            text[n++] = '}';
            read_all(t, text, n);
        }
    }
    t->options.allow_trailing_comma = false;
}

/* Every byte, once and as a run, at every place of a text. */
static void test_every_byte(void **state)
{
    static const char base[] = "[ 1,{\"a\" : -2.5e3 ,\"b\":[true]}, \"c\\n\",null]";
    enum { LEN = sizeof base - 1, LONGEST = 70 };
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at <= LEN; at++) {
            size_t runs[] = {1, 2, LONGEST};
            for (size_t i = 0; i < 3; i++) {
                char text[LEN + LONGEST];
                memcpy(text, base, at);
                memset(text + at, (int)byte, runs[i]);
                memcpy(text + at + runs[i], base + at, LEN - at);
                read_all(*state, text, LEN + runs[i]);
            }
        }
    }
}

/* Keys with escapes are copied: what is around the copy is not what stood around the key. */
static void test_copied_keys(void **state)
{
    static const char *const texts[] = {
        "[{\"a\\nb\":1},{\"a\nb\":1}]",
        "[{\"a\\nb\":1,\"c\":2},{\"a\\nb\":1,\"c\":2},{\"a\nb\":1,\"c\":2}]",
        "[{\"\\\"\":1,\"a\\nb\":1,\"\\\"\":2},{\"\\\"\":1,\"a\nb\":1}]",
        "[\"\\\"\",{\"\\t\":\"\\\"\"},\"\\\"\",{\"\t\":1}]",
        "[{\"\\u0061\":1},{\"a\":2},{\"\\u0061\":3}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        read_all(*state, texts[i], strlen(texts[i]));
}

/* A key that occurs twice is found whatever the records before had. */
static void test_twice(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[{\"a\":1,\"b\":2},{\"a\":1,\"b\":2,\"a\":3}]",
        "[{\"a\":1,\"b\":2,\"c\":3},{\"b\":1,\"a\":2,\"b\":3}]",
        "[{\"a\":1,\"b\":2},{\"a\":1,\"a\":3}]",
        "[{\"a\":1,\"b\":2},{\"a\":1,\"\\u0061\":3}]",
        "[{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9},{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"a\":9}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        og_json_read_options options = {.size = sizeof options, .refuse_duplicates = true};
        og_error err = {.code = OG_OK};
        assert_null(og_json_loads(texts[i], strlen(texts[i]), &options, &err));
        assert_int_equal(err.code, OG_EVALUE);
        og_doc *doc = og_json_loads(texts[i], strlen(texts[i]), NULL, &err);
        assert_non_null(doc);
        og_value last = og_item(og_doc_root(doc), 1);
        int64_t number;
        assert_int_equal(og_as_int64(og_dict_gets(last, i == 1 ? "b" : "a"), &number), 0);
        assert_int_equal(number, i == 4 ? 9 : 3);
        og_doc_free(doc);
    }
}

/* Records whose keys are as expected share nothing that a change could show. */
static void test_likeness(void **state)
{
    (void)state;
    char text[RECORDS_MAX];
    size_t n = 0;
    for (int record = 0; record < 3; record++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%c{", record ? ',' : '[');
        for (int key = 0; key < 20; key++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s\"key%d\":%d", key ? "," : "", key,
                                  record * 100 + key);
        n += (size_t)snprintf(text + n, sizeof text - n, "}");
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "]");
    og_doc *doc = og_json_loads(text, n, NULL, NULL);
    assert_non_null(doc);
    og_value second = og_item(og_doc_root(doc), 1);
    assert_int_equal(og_dict_sets(doc, second, "new", og_int(1), NULL), 0);
    assert_int_equal(og_dict_remove(doc, second, og_str_borrow("key7", 4), NULL), 1);
    for (size_t record = 0; record < 3; record++) {
        og_value dict = og_item(og_doc_root(doc), record);
        assert_int_equal(og_len(dict), 20);
        assert_int_equal(og_valid(og_dict_gets(dict, "new")), record == 1);
        assert_int_equal(og_valid(og_dict_gets(dict, "key7")), record != 1);
        int64_t number;
        assert_int_equal(og_as_int64(og_dict_gets(dict, "key19"), &number), 0);
        assert_int_equal(number, record * 100 + 19);
    }
    og_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_records),     cmocka_unit_test(test_strings),
        cmocka_unit_test(test_backslashes), cmocka_unit_test(test_long),
        cmocka_unit_test(test_brackets),    cmocka_unit_test(test_options),
        cmocka_unit_test(test_last_commas), cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_copied_keys), cmocka_unit_test(test_twice),
        cmocka_unit_test(test_likeness),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
