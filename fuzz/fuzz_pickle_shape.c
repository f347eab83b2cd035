/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what a pickle teaches. The first two bytes say how it is read and how many changes follow; each
 * change is a place (two bytes) and a byte; the rest is a pickle that teaches. It is read, then changed and
 * read again, both with what was taught and by a document that knows nothing: all must be the same.
 */
#include <onggi/pickle.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) abort();
}

/* The bytes that a value is written as are those of the other. */
static void compare_written(og_value a, og_value b)
{
    og_pickle_write_options options = {.size = sizeof options, .max_depth = 4000, .max_bytes = 1 << 20};
    og_buf first = OG_BUF_INIT;
    og_buf second = OG_BUF_INIT;
    check(og_pickle_write(a, &first, &options, NULL) == og_pickle_write(b, &second, &options, NULL));
    check(first.len == second.len && (first.len == 0 || memcmp(first.data, second.data, first.len) == 0));
    og_buf_free(&first);
    og_buf_free(&second);
}

static void compare(og_doc *taught, const uint8_t *bytes, size_t len, const og_pickle_read_options *way)
{
    og_error err = {0};
    og_error expected = {0};
    size_t used = 0;
    size_t expected_used = 0;
    og_doc *plain = og_doc_new(NULL);
    uint8_t *exact = malloc(len + 1);
    check(plain && exact);
    memcpy(exact, bytes, len);
    int status = og_pickle_read(plain, exact, len, &expected_used, way, &expected);
    check(og_pickle_read(taught, exact, len, &used, way, &err) == status);
    if (status == OG_OK) {
        check(used == expected_used && og_identical(og_doc_root(plain), og_doc_root(taught)) == 1);
        compare_written(og_doc_root(plain), og_doc_root(taught));
    } else {
        check(err.position == expected.position && strcmp(err.text, expected.text) == 0);
    }
    og_doc_free(plain);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 16384 };
    if (size < 2 || size > MOST) return 0;
    static og_policy *policy;
    if (!policy) policy = og_policy_builtin("plain-data", NULL);
    og_pickle_read_options ways[2] = {{.size = sizeof ways[0]}, {.size = sizeof ways[1]}};
    for (int i = 0; i < 2; i++) {
        unsigned how = data[0] >> (2 * i) & 3;
        ways[i].strict = how == 1;
        ways[i].policy = how == 2 ? policy : NULL;
        ways[i].allow_trailing = how == 3;
    }
    size_t changes = data[1] % 16;
    if (size < 2 + changes * 3) return 0;
    const uint8_t *change = data + 2;
    const uint8_t *bytes = change + changes * 3;
    size_t len = size - 2 - changes * 3;
    og_doc *doc = og_doc_new(NULL);
    uint8_t *copy = malloc(len + 1);
    check(doc && copy);
    memcpy(copy, bytes, len);
    for (int i = 0; i < 3; i++)
        compare(doc, copy, len, &ways[0]);
    for (size_t i = 0; i < changes && len > 0; i++, change += 3) {
        copy[(change[0] | (size_t)change[1] << 8) % len] = change[2];
        compare(doc, copy, len, &ways[1]);
    }
    free(copy);
    og_doc_free(doc);
    return 0;
}
