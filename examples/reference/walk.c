/* SPDX-License-Identifier: MIT */
/* Shows: og_kind_of, og_kind_name, og_iter_of, og_iter_next, og_data. */
#include <onggi/onggi.h>

#include <stdio.h>

int main(void)
{
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_doc_new(NULL);
    og_iter items = og_iter_of(og_pack(doc, &err, "{s:s, s:i}", "name", "John", "age", 30));
    og_value key, item;
    while (og_iter_next(&items, &key, &item)) {
        size_t len;
        const char *name = og_data(key, &len);
        printf("%.*s: %s; ", (int)len, name, og_kind_name(og_kind_of(item)));
    }
    printf("\n");
    og_doc_free(doc);
    return 0;
}

/* Prints: name: str; age: int; */
