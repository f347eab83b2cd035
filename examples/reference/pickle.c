/* SPDX-License-Identifier: MIT */
/* Shows: og_pickle_loads, og_pickle_dumps, og_repr. */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_doc_new(NULL);
    size_t len = 0;
    void *bytes = og_pickle_dumps(og_pack(doc, &err, "(i, [s])", 1, "two"), &len, NULL, &err);
    og_doc *back = og_pickle_loads(bytes, len, NULL, &err);
    og_buf text = OG_BUF_INIT;
    if (back != NULL && og_repr(og_doc_root(back), &text, NULL, &err) == 0) {
        printf("%.*s\n", (int)text.len, (const char *)text.data);
    }
    og_buf_free(&text);
    og_doc_free(back);
    og_doc_free(doc);
    free(bytes);
    return 0;
}

/* Prints: (1, ['two']) */
