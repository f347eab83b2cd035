/* SPDX-License-Identifier: MIT */
/*
 * The pass over the text that vectors make fast reads what the one for any processor reads: only padded texts
 * are read by the former.
 */
#include "random_value.h"

#include <onggi/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096, PADDING = 64 };

typedef struct twins {
    og_doc *plain;
    og_doc *padded;
    unsigned fill; /* differs from text to text: what stands behind one must not matter */
} twins;

static void read_both(twins *t, const char *text, size_t len)
{
    static const char fills[] = "7\"e ]\x80\\,}\n";
    char *exact = malloc(len ? len : 1);
    char *wide = malloc(len + PADDING);
    assert_non_null(exact);
    assert_non_null(wide);
    memcpy(exact, text, len);
    memcpy(wide, text, len);
    memset(wide + len, fills[t->fill++ % (sizeof fills - 1)], PADDING);
    og_json_read_options options = {.size = sizeof options};
    og_error want = {.code = OG_OK};
    og_error err = {.code = OG_OK};
    int status = og_json_read(t->plain, exact, len, &options, &want);
    options.padded = true;
    int other = og_json_read(t->padded, wide, len, &options, &err);
    if (other != status || err.position != want.position || strcmp(err.text, want.text) != 0)
        fail_msg("%.*s: \"%s\" at %zu, with padding \"%s\" at %zu", (int)len, text, want.text,
                 (size_t)want.position, err.text, (size_t)err.position);
    if (status == OG_OK) assert_int_equal(og_identical(og_doc_root(t->plain), og_doc_root(t->padded)), 1);
    free(exact);
    free(wide);
}

static int set_up(void **state)
{
    static twins t;
    t = (twins){og_doc_new(NULL), og_doc_new(NULL), 0};
    *state = &t;
    return t.plain && t.padded ? 0 : -1;
}

static int tear_down(void **state)
{
    twins *t = *state;
    og_doc_free(t->plain);
    og_doc_free(t->padded);
    return 0;
}

/* All runs of four bytes of which each is at the edge of some rule, at many places of a vector. */
static void test_utf8(void **state)
{
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
        read_both(*state, text, 1 + lead + 4 + i % 3 + 1);
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
                read_both(*state, text, (size_t)n);
                text[form & 1] = '0';
                read_both(*state, text, (size_t)n);
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
    size_t n = (size_t)snprintf(text, TEXT_MAX, "[");
    for (size_t i = 0; i + 16 < len && n < TEXT_MAX - 1200; i += 16) {
        int indent = from[i] % 50;
        unsigned shift = from[i + 1] < 64 ? from[i + 1] : 0;
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s{", i ? "," : "");
        for (unsigned k = 0; k < KEYS; k++) {
            unsigned c = from[i + 2 + k];
            if (c < 20) continue;
            n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s%s%*s\"%s\": %s", text[n - 1] == '{' ? "" : ",",
                                  indent ? "\n" : "", indent, "", keys[(c < 30 ? c : k + shift) % KEYS],
                                  values[c % VALUES]);
        }
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "}");
    }
    return n + (size_t)snprintf(text + n, TEXT_MAX - n, "]");
}

static void test_records(void **state)
{
    static const char other[] = "\"\\{}[],: \n0e.-x\x80\xe2";
    for (unsigned seed = 0; seed < 300; seed++) {
        uint8_t bytes[200];
        char text[TEXT_MAX];
        random_bytes(seed, bytes, sizeof bytes);
        size_t len = make_records(bytes, sizeof bytes, text);
        read_both(*state, text, len);
        for (unsigned i = 0; i < 40; i++) {
            size_t at = (bytes[i] * 257u + bytes[i + 40] * 31u) % len;
            char was = text[at];
            text[at] = other[bytes[i + 80] % (sizeof other - 1)];
            read_both(*state, text, len);
            text[at] = was;
            read_both(*state, text, at);
        }
    }
}

/* A key that stands twice is found whatever the records before had. */
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
    char text[TEXT_MAX];
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
        cmocka_unit_test(test_utf8),  cmocka_unit_test(test_numbers),  cmocka_unit_test(test_records),
        cmocka_unit_test(test_twice), cmocka_unit_test(test_likeness),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
