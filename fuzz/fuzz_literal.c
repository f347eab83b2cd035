/* SPDX-License-Identifier: MIT */
/* Reads bytes as a Python literal; what was read must show as text that reads back and shows the same. */
#include <onggi/text.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    og_error err = {0};
    og_doc *doc = og_doc_new(NULL);
    og_doc *again = og_doc_new(NULL);
    og_buf shown = OG_BUF_INIT;
    og_buf shown_again = OG_BUF_INIT;
    if (!doc || !again) abort();
    og_repr_options most = {.size = sizeof most, .max_bytes = MOST, .max_growth = MOST};
    int status = og_literal_read(doc, (const char *)data, size, NULL, &err);
    if (status < 0) check(err.code == status && err.text[0] != '\0');
    if (status == OG_OK && og_repr(og_doc_root(doc), &shown, &most, NULL) == OG_OK) {
        check(og_literal_read(again, (const char *)shown.data, shown.len, NULL, NULL) == OG_OK);
        check(og_repr(og_doc_root(again), &shown_again, &most, NULL) == OG_OK);
        check(shown.len == shown_again.len && memcmp(shown.data, shown_again.data, shown.len) == 0);
    }
    og_buf_free(&shown_again);
    og_buf_free(&shown);
    og_doc_free(again);
    og_doc_free(doc);
    return 0;
}
