/* SPDX-License-Identifier: MIT */
/* Shows: og_pack, og_unpack, og_dict_gets, og_as_int64. */
#include <onggi/onggi.h>

#include <stdio.h>

int main(void)
{
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_doc_new(NULL);
    og_value person = og_pack(doc, &err, "{s:s, s:i}", "name", "John", "age", 30);
    const char *name;
    size_t len;
    int64_t age = 0;
    if (og_unpack(person, &err, "{s:s#}", "name", &name, &len) == 0 &&
        og_as_int64(og_dict_gets(person, "age"), &age) == 0) {
        printf("%.*s is %d\n", (int)len, name, (int)age);
    }
    og_doc_free(doc);
    return 0;
}

/* Prints: John is 30 */
