/* SPDX-License-Identifier: MIT */
/*
 * Prints what each file named on the command line is read as and written as in every form, as a length and a
 * hash: the same on all processors. tools/cross compares two such lists.
 */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a. */
static uint64_t hash_of(const void *bytes, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

/* Ends a line that tells of `out`, and empties it. */
static void tell(const char *name, const char *form, int status, og_buf *out, const og_error *err)
{
    printf("%s %s %s %zu %016llx %s\n", name, form, og_status_name(status), out->len,
           (unsigned long long)hash_of(out->data, out->len), status < 0 ? err->text : "");
    out->len = 0;
}

static void tell_pickles(const char *name, og_value value, og_buf *out)
{
    static const int protocols[] = {OG_PICKLE_PROTOCOL_0, 1, 2, 3, 4, 5};
    for (int i = 0; i < 6; i++) {
        char form[16];
        og_error err = OG_ERROR_INIT;
        og_pickle_write_options o = {.size = sizeof o, .protocol = protocols[i]};
        snprintf(form, sizeof form, "pickle%d", i);
        int status = og_pickle_write(value, out, &o, &err);
        tell(name, form, status, out, &err);
    }
}

static void tell_all(const char *name, og_value value)
{
    static const struct {
        const char *name;
        og_json_form form;
    } forms[] = {{"strict", OG_JSON_STRICT}, {"plain", OG_JSON_PLAIN}, {"lossless", OG_JSON_LOSSLESS}};
    og_buf out = OG_BUF_INIT;
    for (int i = 0; i < 3; i++) {
        og_error err = OG_ERROR_INIT;
        og_json_write_options o = {.size = sizeof o, .form = forms[i].form, .sort_keys = i == 1};
        int status = og_json_write(value, &out, &o, &err);
        tell(name, forms[i].name, status, &out, &err);
    }
    og_error err = OG_ERROR_INIT;
    int status = og_repr(value, &out, NULL, &err);
    tell(name, "repr", status, &out, &err);
    status = og_pickle_canonical(value, &out, NULL, &err);
    tell(name, "canonical", status, &out, &err);
    tell_pickles(name, value, &out);
    og_buf_free(&out);
}

static void read_file(const char *name, const void *bytes, size_t len)
{
    og_error err = OG_ERROR_INIT;
    bool json = strstr(name, "json") != NULL;
    og_json_read_options j = {.size = sizeof j, .allow_nan = true, .allow_surrogates = true};
    og_pickle_read_options p = {.size = sizeof p, .encoding = OG_PICKLE_LATIN1};
    og_doc *doc = json ? og_json_loads(bytes, len, &j, &err) : og_pickle_loads(bytes, len, &p, &err);
    if (doc)
        tell_all(name, og_doc_root(doc));
    else
        printf("%s is refused: %s\n", name, err.text);
    og_doc_free(doc);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file || fseek(file, 0, SEEK_END) != 0) return 1;
        long size = ftell(file);
        char *bytes = size < 0 ? NULL : malloc((size_t)size + 1);
        rewind(file);
        if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) return 1;
        read_file(argv[i], bytes, (size_t)size);
        free(bytes);
        fclose(file);
    }
    return 0;
}
