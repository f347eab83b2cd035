/* SPDX-License-Identifier: MIT */
/* Shows: og_json_loads, og_json_dumps, og_json_pointer. */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    const char *text = "{\"users\": [{\"name\": \"John\", \"age\": 30}]}";
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_json_loads(text, strlen(text), NULL, &err);
    if (doc == NULL) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    char *user = og_json_dumps(og_json_pointer(og_doc_root(doc), "/users/0", &err), NULL, NULL, &err);
    printf("%s\n", user ? user : err.text);
    free(user);
    og_doc_free(doc);
    return 0;
}

/* Prints: {"name":"John","age":30} */
