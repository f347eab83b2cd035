/* SPDX-License-Identifier: MIT */
/* dumps and loads of both, without a socket, as python/in_memory.py does. */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>

/* print(what, value), then frees the document */
static int show(const char *what, og_doc *doc, const og_error *err)
{
    og_buf text = OG_BUF_INIT;
    if (doc == NULL) {
        fprintf(stderr, "%s: %s\n", what, err->text);
        return 1;
    }
    if (og_repr(og_doc_root(doc), &text, NULL, NULL) == 0) {
        printf("%s: %.*s\n", what, (int)text.len, (const char *)text.data);
    }
    og_buf_free(&text);
    og_doc_free(doc);
    return 0;
}

static int json(og_value person)
{
    og_json_write_options like_python = OG_INIT;
    like_python.size = sizeof(like_python);
    like_python.item_separator = ", ";
    like_python.key_separator = ": ";
    og_error err = OG_ERROR_INIT;
    size_t len;
    char *text = og_json_dumps(person, &len, &like_python, &err);
    if (text == NULL) {
        fprintf(stderr, "json.dumps: %s\n", err.text);
        return 1;
    }
    printf("json.dumps: %s\n", text);
    int status = show("json.loads", og_json_loads(text, len, NULL, &err), &err);
    free(text);
    return status;
}

static int pickle(og_value person)
{
    og_error err = OG_ERROR_INIT;
    size_t len;
    void *data = og_pickle_dumps(person, &len, NULL, &err);
    if (data == NULL) {
        fprintf(stderr, "pickle.dumps: %s\n", err.text);
        return 1;
    }
    printf("pickle.dumps: %zu bytes\n", len);
    int status = show("pickle.loads", og_pickle_loads(data, len, NULL, &err), &err);
    free(data);
    return status;
}

int main(void)
{
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_doc_new(NULL);
    og_value person = og_pack(doc, &err, "{s:s, s:i, s:[s,s], s:n}", "name", "홍길동", "age", 30, "langs",
                              "ko", "en", "married");
    if (!og_valid(person)) {
        fprintf(stderr, "in_memory: %s\n", err.text);
        og_doc_free(doc);
        return 1;
    }
    int status = json(person) + pickle(person);
    og_doc_free(doc);
    if (fflush(stdout) != 0) {
        perror("in_memory: standard output");
        status = 1;
    }
    return status == 0 ? 0 : 1;
}
