/* SPDX-License-Identifier: MIT */
/* JSON from anyone: what can be read is written and read again, and is the same; also with tags, comments and
 * NaN. The first byte chooses the options. */
#include "codec/json/reader.h"
#include "codec/json/writer.h"
#include <onggi/json.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) abort();
}

/* Memory that ends where the text ends. */
static char *copy_of(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    check(copy != NULL);
    if (len) memcpy(copy, text, len);
    return copy;
}

/* The writer for any processor writes the same as the one for this; so does the general way, which is taken
 * where the fast one is never begun. */
static void check_writers(og_value value, const og_json_write_options *how, int status, const og_buf *text)
{
    og_buf other = OG_BUF_INIT;
    og_json_write_options general = *how;
    if (how->indent == 0) general.item_separator = ",";
    for (int i = 0; i < 2; i++) {
        other.len = 0;
        check(og__json_write_by(value, &other, i ? &general : how, NULL, og__json_write_items) == status);
        check(other.len == text->len && (!text->len || memcmp(other.data, text->data, text->len) == 0));
    }
    og_buf_free(&other);
}

static void check_write(og_value value, uint8_t choice, const og_json_read_options *in)
{
    og_json_write_options out = {
        .size = sizeof out,
        .form = in->lossless ? OG_JSON_LOSSLESS : OG_JSON_STRICT,
        .indent = choice & 8 ? 2 : 0,
        .ensure_ascii = (choice & 4) != 0,
        .allow_surrogates = in->allow_surrogates,
        .allow_nan = true,
    };
    og_error err;
    og_buf text = OG_BUF_INIT;
    int status = og_json_write(value, &text, &out, &err);
    check_writers(value, &out, status, &text);
    /* Tags take more depth than what was read. */
    if (status < 0) {
        check(err.code == OG_ELIMIT);
        og_buf_free(&text);
        return;
    }
    og_json_read_options again = {
        .size = sizeof again, .allow_nan = true, .allow_surrogates = true, .lossless = in->lossless};
    og_doc *doc = og_json_loads((const char *)text.data, text.len, &again, &err);
    check(doc != NULL);
    check(og_identical(value, og_doc_root(doc)) == 1);
    og_doc_free(doc);

    og_json_write_options plain = {.size = sizeof plain,
                                   .form = OG_JSON_PLAIN,
                                   .sort_keys = (choice & 16) != 0,
                                   .ensure_ascii = true,
                                   .max_bytes = 1 << 20};
    text.len = 0;
    status = og_json_write(value, &text, &plain, &err);
    check_writers(value, &plain, status, &text);
    if (status == OG_OK) {
        again.lossless = false;
        doc = og_json_loads((const char *)text.data, text.len, &again, &err);
        check(doc != NULL);
        og_doc_free(doc);
    }
    og_buf_free(&text);
}

/* What was read in another way: the same status and sentence, or the same value. */
static void check_twin(const og_doc *doc, int status, const og_error *err, const og_doc *twin,
                       int twin_status, const og_error *same)
{
    check(twin_status == status);
    if (status < 0)
        check(same->code == status && err->position == same->position && strcmp(err->text, same->text) == 0);
    else
        check(og_identical(og_doc_root(doc), og_doc_root(twin)) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    uint8_t choice = data[0];
    og_json_read_options in = {
        .size = sizeof in,
        .max_depth = 100,
        .lossless = choice & 1,
        .allow_surrogates = (choice & 2) != 0,
        .allow_nan = (choice & 32) != 0,
        .allow_comments = (choice & 64) != 0,
        .allow_trailing_comma = (choice & 64) != 0,
        .refuse_duplicates = (choice & 128) != 0,
    };
    const char *text = (const char *)data + 1;
    size_t len = size - 1;
    og_error err = {.code = OG_OK};
    og_error same = {.code = OG_OK};
    char *copy = copy_of(text, len);
    og_doc *doc = og_doc_new(NULL);
    int status = og__json_read_by(OG__JSON_ANY, doc, copy, len, &in, &err);
    check(status == OG_OK || (err.code == status && (err.position <= len || err.position == OG_NO_POSITION)));
    for (og__json_kernel kernel = OG__JSON_SHORT; kernel <= og__json_best_kernel(); kernel++) {
        og_doc *twin = og_doc_new(NULL);
        og__json_read_by(kernel, twin, copy, len / 2, &in, NULL); /* what it leaves behind must not matter */
        og__json_read_by(kernel, twin, copy, len, &in, NULL);
        int twin_status = og__json_read_by(kernel, twin, copy, len, &in, &same);
        check_twin(doc, status, &err, twin, twin_status, &same);
        og_doc_free(twin);
    }
    og_doc *padded = og_json_loads(text, len, &in, &same);
    check_twin(doc, status, &err, padded, padded ? OG_OK : same.code, &same);
    if (status == OG_OK) check_write(og_doc_root(doc), choice, &in);
    og_doc_free(doc);
    og_doc_free(padded);
    free(copy);
    return 0;
}
