/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the pickle reader and writer. The first byte chooses options. With bytes after the pickle it reads
 * alike. What reads is written in a protocol, read again and must be the same; the reader's memory must keep
 * to its promise, and the scanner agree about the end.
 */
#include <onggi/pickle.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) abort();
}

static void write_again(og_value root, uint8_t choice)
{
    og_pickle_write_options options = {.size = sizeof options, .max_depth = 4000, .max_bytes = 1 << 22};
    options.protocol = choice % 6 ? choice % 6 : OG_PICKLE_PROTOCOL_0;
    og_error err = {0};
    size_t len = 0;
    void *bytes = og_pickle_dumps(root, &len, &options, &err);
    if (!bytes) {
        check(err.code == OG_EVALUE || err.code == OG_ELIMIT || err.code == OG_ENOMEM);
        return;
    }
    og_doc *again = og_doc_new(NULL);
    check(again != NULL);
    og_pickle_read_options read = {.size = sizeof read, .max_depth = 8000, .max_digits = 1 << 20};
    int status = og_pickle_read(again, bytes, len, NULL, &read, &err);
    check(status == OG_OK || status == OG_ENOMEM || status == OG_ELIMIT);
    /* Protocol 0 has one text for all NaNs. */
    if (status == OG_OK && choice % 6) check(og_identical(root, og_doc_root(again)) != 0);
    og_doc_free(again);
    free(bytes);
}

/* The canonical form is found again from itself, and holds the same value. */
static void canonical_again(og_value root)
{
    og_pickle_write_options options = {.size = sizeof options, .max_depth = 4000, .max_bytes = 1 << 22};
    og_pickle_read_options read = {.size = sizeof read, .max_depth = 8000};
    og_buf first = OG_BUF_INIT;
    og_buf second = OG_BUF_INIT;
    og_doc *doc = og_doc_new(NULL);
    check(doc != NULL);
    if (og_pickle_canonical(root, &first, &options, NULL) == OG_OK &&
        og_pickle_read(doc, first.data, first.len, NULL, &read, NULL) == OG_OK) {
        check(og_identical(root, og_doc_root(doc)) != 0);
        check(og_pickle_canonical(og_doc_root(doc), &second, &options, NULL) == OG_OK);
        check(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    }
    og_doc_free(doc);
    og_buf_free(&first);
    og_buf_free(&second);
}

/* What may be looked at after the pickle, here the same bytes once more, changes nothing. */
static void read_padded(const uint8_t *bytes, size_t len, const og_pickle_read_options *options, int status,
                        const og_doc *doc, const og_error *err)
{
    og_pickle_read_options padded = *options;
    og_error other = {0};
    og_doc *again = og_doc_new(NULL);
    uint8_t *more = malloc(len + OG_PADDING);
    check(again && more);
    for (size_t i = 0; i < len + OG_PADDING; i++)
        more[i] = len > 0 ? bytes[i % len] : 0;
    padded.padded = true;
    check(og_pickle_read(again, more, len, NULL, &padded, &other) == status);
    if (status < 0)
        check(other.position == err->position && strcmp(other.text, err->text) == 0);
    else
        check(og_identical(og_doc_root(doc), og_doc_root(again)) != 0);
    og_doc_free(again);
    free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    uint8_t choice = *data;
    og_pickle_read_options options = {.size = sizeof options, .max_depth = 2000, .allow_trailing = true};
    options.encoding = (og_pickle_encoding)(choice / 6 % 4);
    options.strict = choice / 24 % 2;
    og_doc *doc = og_doc_new(NULL);
    check(doc != NULL);
    size_t used = 0;
    og_error err = {0};
    int status = og_pickle_read(doc, data + 1, size - 1, &used, &options, &err);
    check(og_doc_memory(doc) <= 64 * size + 65536);
    read_padded(data + 1, size - 1, &options, status, doc, &err);
    if (status < 0) {
        check(err.code == status && err.position <= size && err.text[0]);
    } else {
        og_pickle_scan scan = {0};
        size_t end = 0;
        check(og_pickle_scan_end(&scan, data + 1, size - 1, true, &end, NULL) == 1 && end == used);
        write_again(og_doc_root(doc), choice);
        canonical_again(og_doc_root(doc));
    }
    og_doc_free(doc);
    return 0;
}
