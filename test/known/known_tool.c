/* SPDX-License-Identifier: MIT */
/*
 * For tests from Python: shows pickles as plain JSON (a request 'j'; 'p': as it is by default, without NaN),
 * lossless JSON ('l') or repr ('r'), and tells the type of their value, or its kind where it is no object
 * ('t'). Request: a byte, u32le length, a pickle. Answer: '+' or '-', u32le length, the text or the error.
 */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer(char kind, const void *bytes, size_t len)
{
    uint8_t head[5] = {(uint8_t)kind, (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
                       (uint8_t)(len >> 24)};
    fwrite(head, 1, sizeof head, stdout);
    if (len) fwrite(bytes, 1, len, stdout);
    fflush(stdout);
}

static void show(og_doc *doc, char how, const uint8_t *bytes, size_t len)
{
    og_pickle_read_options in = {.size = sizeof in, .encoding = OG_PICKLE_LATIN1};
    og_json_write_options plain = {.size = sizeof plain, .form = OG_JSON_PLAIN, .allow_nan = true};
    og_error err = {0};
    og_buf out;
    og_buf_init(&out, NULL);
    int status = og_pickle_read(doc, bytes, len, NULL, &in, &err);
    og_value root = og_doc_root(doc);
    plain.allow_nan = how != 'p';
    if (status == OG_OK && (how == 'j' || how == 'p')) status = og_json_write(root, &out, &plain, &err);
    if (status == OG_OK && how == 'l') {
        plain.form = OG_JSON_LOSSLESS;
        status = og_json_write(root, &out, &plain, &err);
    }
    if (status == OG_OK && how == 'r') status = og_repr(root, &out, NULL, &err);
    if (status == OG_OK && how == 't') {
        og_type type = og_type_of(root);
        bool object = og_kind_of(root) == OG_OBJECT;
        status = og_buf_puts(&out, object ? og_type_name(type) : og_kind_name(og_kind_of(root)));
    }
    if (status == OG_OK) {
        answer('+', out.data, out.len);
    } else {
        char text[400];
        int n = snprintf(text, sizeof text, "%s %s", og_status_name(status), err.text);
        answer('-', text, (size_t)n);
    }
    og_buf_free(&out);
}

int main(void)
{
    uint8_t head[5];
    og_doc *doc = og_doc_new(NULL);
    while (doc && fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t len = head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 | (size_t)head[4] << 24;
        uint8_t *bytes = malloc(len ? len : 1);
        if (!bytes || fread(bytes, 1, len, stdin) != len) return 1;
        show(doc, (char)head[0], bytes, len);
        free(bytes);
    }
    og_doc_free(doc);
    return 0;
}
