/* SPDX-License-Identifier: MIT */
/* How long what was read may become when it is written again, whichever codec writes it. */
#include <onggi/onggi.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEVELS = 16 };

/* ---- Values that hold the previous one twice ---- */

typedef og_value build_fn(og_doc *doc, og_value inner);

static og_value twice_list(og_doc *doc, og_value inner)
{
    og_value list = og_list(doc);
    assert_int_equal(og_list_append(doc, list, inner, NULL), OG_OK);
    assert_int_equal(og_list_append(doc, list, inner, NULL), OG_OK);
    return list;
}

static og_value twice_tuple(og_doc *doc, og_value inner)
{
    return og_tuple(doc, (const og_value[]){inner, inner}, 2);
}

static og_value twice_dict(og_doc *doc, og_value inner)
{
    og_value dict = og_dict(doc);
    assert_int_equal(og_dict_sets(doc, dict, "a", inner, NULL), OG_OK);
    assert_int_equal(og_dict_sets(doc, dict, "b", inner, NULL), OG_OK);
    return dict;
}

static og_value twice_object(og_doc *doc, og_value inner)
{
    return og_object(doc, OG_MAKE_CALL, og_class(doc, "m", 1, "C", 1), twice_tuple(doc, inner));
}

static build_fn *const builders[] = {twice_list, twice_tuple, twice_dict, twice_object};

/* `value` as it is after it was sent: read from `len` bytes. */
static og_doc *sent(og_value value, size_t *len)
{
    void *bytes = og_pickle_dumps(value, len, NULL, NULL);
    assert_non_null(bytes);
    og_doc *doc = og_pickle_loads(bytes, *len, NULL, NULL);
    assert_non_null(doc);
    free(bytes);
    return doc;
}

static og_doc *sent_laughs(build_fn *build, size_t *len)
{
    og_doc *made = og_doc_new(NULL);
    og_value value = og_list(made);
    for (int i = 0; i < LEVELS; i++)
        value = build(made, value);
    og_doc *doc = sent(value, len);
    og_doc_free(made);
    return doc;
}

/* ---- Ways to write ---- */

typedef int write_fn(og_value value, og_buf *out, size_t growth, og_error *err);

static int write_json(og_value value, og_buf *out, size_t growth, og_error *err)
{
    const og_json_write_options o = {.size = sizeof o, .form = OG_JSON_PLAIN, .max_growth = growth};
    return og_json_write(value, out, &o, err);
}

static int write_indented(og_value value, og_buf *out, size_t growth, og_error *err)
{
    const og_json_write_options o = {
        .size = sizeof o, .form = OG_JSON_PLAIN, .indent = 2, .max_growth = growth};
    return og_json_write(value, out, &o, err);
}

static int write_repr(og_value value, og_buf *out, size_t growth, og_error *err)
{
    const og_repr_options o = {.size = sizeof o, .max_growth = growth};
    return og_repr(value, out, &o, err);
}

static int write_lossless(og_value value, og_buf *out, size_t growth, og_error *err)
{
    const og_json_write_options o = {.size = sizeof o, .form = OG_JSON_LOSSLESS, .max_growth = growth};
    return og_json_write(value, out, &o, err);
}

static int write_pickle(og_value value, og_buf *out, size_t growth, og_error *err)
{
    const og_pickle_write_options o = {.size = sizeof o, .max_growth = growth};
    return og_pickle_write(value, out, &o, err);
}

static int write_canonical(og_value value, og_buf *out, size_t growth, og_error *err)
{
    const og_pickle_write_options o = {.size = sizeof o, .max_growth = growth};
    return og_pickle_canonical(value, out, &o, err);
}

static void assert_refused(write_fn *write, og_value value, size_t growth)
{
    og_buf out = OG_BUF_INIT;
    og_error err = OG_ERROR_INIT;
    assert_int_equal(og_buf_puts(&out, "kept"), OG_OK);
    assert_int_equal(write(value, &out, growth, &err), OG_ELIMIT);
    assert_non_null(strstr(err.text, "raise max_growth"));
    assert_int_equal(out.len, 4);
    assert_true(out.limit == 0);
    og_buf_free(&out);
}

static size_t assert_written(write_fn *write, og_value value, size_t growth)
{
    og_buf out = OG_BUF_INIT;
    og_error err = OG_ERROR_INIT;
    if (write(value, &out, growth, &err) != OG_OK) fail_msg("%s", err.text);
    size_t len = out.len;
    og_buf_free(&out);
    return len;
}

/* ---- Tests ---- */

static void laughs_are_refused(void **state)
{
    static write_fn *const in_full[] = {write_json, write_indented, write_repr};
    (void)state;
    size_t len;
    for (size_t b = 0; b < sizeof builders / sizeof *builders; b++) {
        og_doc *doc = sent_laughs(builders[b], &len);
        for (size_t i = 0; i < sizeof in_full / sizeof *in_full; i++) {
            assert_refused(in_full[i], og_doc_root(doc), 0);
            assert_refused(in_full[i], og_doc_root(doc), 2 * OG_MAX_GROWTH_DEFAULT);
            size_t all = assert_written(in_full[i], og_doc_root(doc), 10000000);
            assert_true(all > OG_MAX_GROWTH_DEFAULT * len + OG_GROWTH_FREE);
        }
        og_doc_free(doc);
    }
}

static void what_stays_shared_is_written(void **state)
{
    static write_fn *const shared[] = {write_lossless, write_pickle, write_canonical};
    (void)state;
    size_t len;
    for (size_t b = 0; b < sizeof builders / sizeof *builders; b++) {
        og_doc *doc = sent_laughs(builders[b], &len);
        for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
            assert_written(shared[i], og_doc_root(doc), 0);
        og_doc_free(doc);
    }
}

/* Strings have no node: each place where they are is on its own. */
static void shared_strings_count(void **state)
{
    static write_fn *const in_full[] = {write_json, write_indented, write_lossless, write_repr};
    enum { LONG = 10000, TIMES = 200 };
    (void)state;
    size_t len;
    char *text = malloc(LONG);
    memset(text, 'x', LONG);
    const og_value long_ones[] = {og_str_borrow(text, LONG), og_bytes_borrow(text, LONG)};
    for (size_t k = 0; k < 2; k++) {
        og_doc *made = og_doc_new(NULL);
        og_value list = og_list(made);
        for (int i = 0; i < TIMES; i++)
            assert_int_equal(og_list_append(made, list, long_ones[k], NULL), OG_OK);
        og_doc *doc = sent(list, &len);
        assert_true(len < (size_t)2 * LONG);
        for (size_t i = 0; i < sizeof in_full / sizeof *in_full; i++)
            assert_refused(in_full[i], og_doc_root(doc), 0);
        assert_written(write_pickle, og_doc_root(doc), 0);
        og_doc_free(doc);
        og_doc_free(made);
    }
    free(text);
}

/* 4 bytes of JSON each, 9 of a pickle. */
static void pickles_are_bounded_too(void **state)
{
    enum { ITEMS = 100000 };
    (void)state;
    og_buf text = OG_BUF_INIT;
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(og_buf_puts(&text, i ? ",1.5" : "[1.5"), OG_OK);
    assert_int_equal(og_buf_putc(&text, ']'), OG_OK);
    og_doc *doc = og_json_loads((const char *)text.data, text.len, NULL, NULL);
    assert_non_null(doc);
    assert_refused(write_pickle, og_doc_root(doc), 1);
    assert_refused(write_canonical, og_doc_root(doc), 1);
    assert_true(assert_written(write_pickle, og_doc_root(doc), 3) > (size_t)9 * ITEMS);
    assert_true(assert_written(write_json, og_doc_root(doc), 1) == text.len);
    og_doc_free(doc);
    og_buf_free(&text);
}

/* Two bytes of UTF-8 become six: n of them and four more, from 2 n + 4. */
static int write_ascii(size_t n)
{
    const og_json_write_options o = {.size = sizeof o, .ensure_ascii = true, .max_growth = 1};
    og_buf text = OG_BUF_INIT;
    og_buf out = OG_BUF_INIT;
    assert_int_equal(og_buf_puts(&text, "[\""), OG_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(og_buf_puts(&text, "\xc3\xa9"), OG_OK);
    assert_int_equal(og_buf_puts(&text, "\"]"), OG_OK);
    og_doc *doc = og_json_loads((const char *)text.data, text.len, NULL, NULL);
    assert_non_null(doc);
    int status = og_json_write(og_doc_root(doc), &out, &o, NULL);
    if (status == OG_OK) assert_int_equal(out.len, 6 * n + 4);
    og_doc_free(doc);
    og_buf_free(&out);
    og_buf_free(&text);
    return status;
}

static void the_bound_is_exact(void **state)
{
    (void)state;
    assert_int_equal(write_ascii(OG_GROWTH_FREE / 4), OG_OK);
    assert_int_equal(write_ascii(OG_GROWTH_FREE / 4 + 1), OG_ELIMIT);
}

/* Whatever way leads to them. */
static void parts_count_as_the_whole(void **state)
{
    (void)state;
    size_t len;
    og_value key;
    og_value item;
    og_doc *doc = sent_laughs(twice_list, &len);
    og_value root = og_doc_root(doc);
    assert_refused(write_json, og_item(root, 1), 0);
    assert_refused(write_json, og_item(og_item(root, 1), 0), 0);
    assert_refused(write_json, og_json_pointer(root, "/0/1", NULL), 0);
    og_iter it = og_iter_of(root);
    assert_true(og_iter_next(&it, &key, &item));
    assert_refused(write_json, item, 0);
    og_doc_free(doc);
    doc = sent_laughs(twice_dict, &len);
    assert_refused(write_json, og_dict_gets(og_doc_root(doc), "a"), 0);
    og_doc_free(doc);
    doc = sent_laughs(twice_object, &len);
    assert_refused(write_json, og_object_args(og_doc_root(doc)), 0);
    og_doc_free(doc);
}

static void copies_count_as_what_was_copied(void **state)
{
    (void)state;
    size_t len;
    og_doc *doc = sent_laughs(twice_list, &len);
    og_doc *kept = og_doc_new(NULL);
    og_value copy = og_copy(kept, og_doc_root(doc));
    assert_true(og_valid(copy));
    og_doc_free(doc);
    assert_refused(write_json, copy, 0);
    og_doc_free(kept);
}

/* What the program has added is its own. */
static void additions_are_not_bounded(void **state)
{
    enum { LONG = 1 << 20 };
    (void)state;
    char *text = malloc(LONG);
    memset(text, 'x', LONG);
    const char *const ways[] = {"{\"n\": []}", "{\"n\": {}}"};
    for (size_t i = 0; i < 2; i++) {
        og_doc *doc = og_json_loads(ways[i], strlen(ways[i]), NULL, NULL);
        assert_non_null(doc);
        og_value root = og_doc_root(doc);
        og_value inner = og_dict_gets(root, "n");
        og_value more = og_str_borrow(text, LONG);
        int status =
            i == 0 ? og_list_append(doc, inner, more, NULL) : og_dict_sets(doc, inner, "k", more, NULL);
        assert_int_equal(status, OG_OK);
        assert_true(assert_written(write_json, root, 0) > LONG);
        assert_true(assert_written(write_repr, root, 0) > LONG);
        assert_true(assert_written(write_pickle, root, 0) > LONG);
        og_doc_free(doc);
    }
    free(text);
}

/* A document is used again for the next message. */
static void the_next_message_counts_anew(void **state)
{
    (void)state;
    const char *const small = "[\"x\"]";
    const char *const literal = "['x', [1, 2]]";
    size_t len;
    og_doc *doc = sent_laughs(twice_list, &len);
    assert_int_equal(og_json_read(doc, small, strlen(small), NULL, NULL), OG_OK);
    assert_int_equal(assert_written(write_json, og_doc_root(doc), 0), strlen(small));
    assert_int_equal(og_literal_read(doc, literal, strlen(literal), NULL, NULL), OG_OK);
    assert_int_equal(assert_written(write_repr, og_doc_root(doc), 0), strlen(literal));
    assert_int_equal(assert_written(write_repr, og_item(og_doc_root(doc), 1), 0), 6);
    og_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laughs_are_refused),
        cmocka_unit_test(what_stays_shared_is_written),
        cmocka_unit_test(shared_strings_count),
        cmocka_unit_test(pickles_are_bounded_too),
        cmocka_unit_test(the_bound_is_exact),
        cmocka_unit_test(parts_count_as_the_whole),
        cmocka_unit_test(copies_count_as_what_was_copied),
        cmocka_unit_test(additions_are_not_bounded),
        cmocka_unit_test(the_next_message_counts_anew),
    };
    return cmocka_run_group_tests_name("growth", tests, NULL, NULL);
}
