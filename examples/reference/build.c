/* SPDX-License-Identifier: MIT */
/* Shows: og_doc_new, og_doc_free, og_dict, og_dict_sets, og_list, og_list_append, og_json_write. */
#include <onggi/onggi.h>

#include <stdio.h>

int main(void)
{
    og_error err = OG_ERROR_INIT;
    og_buf text = OG_BUF_INIT;
    og_doc *doc = og_doc_new(NULL);
    og_value list = og_list(doc);
    og_value person = og_dict(doc);
    for (int i = 1; i <= 3; i++) {
        og_list_append(doc, list, og_int(i), &err);
    }
    og_dict_sets(doc, person, "name", og_str(doc, "John"), &err);
    og_dict_sets(doc, person, "scores", list, &err);
    if (og_json_write(person, &text, NULL, &err) == 0) {
        printf("%.*s\n", (int)text.len, (const char *)text.data);
    }
    og_buf_free(&text);
    og_doc_free(doc); /* and with it every value */
    return 0;
}

/* Prints: {"name":"John","scores":[1,2,3]} */
