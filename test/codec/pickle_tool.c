/* SPDX-License-Identifier: MIT */
/*
 * For tests from Python: reads requests from standard input and answers each on standard output.
 * Request: what to do (a byte: 0 to 5 write again in that protocol; 's' scan), u32le length, a pickle.
 * Answer: a byte ('+' or '-'), u32le length, the new pickle, the end that the scanner found, or the error's
 * text.
 */
#include <onggi/pickle.h>

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

static void answer_error(const og_error *err)
{
    char text[400];
    int len = snprintf(text, sizeof text, "%s %zd %s", og_status_name(err->code), (ssize_t)err->position,
                       err->text);
    answer('-', text, (size_t)len);
}

static void scan(const uint8_t *bytes, size_t len)
{
    og_pickle_scan state = {0};
    og_error err = {0};
    size_t end = 0;
    char text[32];
    if (og_pickle_scan_end(&state, bytes, len, true, &end, &err) < 0) {
        answer_error(&err);
    } else {
        answer('+', text, (size_t)snprintf(text, sizeof text, "%zu", end));
    }
}

static void rewrite(og_doc *doc, const uint8_t *bytes, size_t len, int protocol)
{
    og_pickle_write_options options = {.size = sizeof options,
                                       .protocol = protocol ? protocol : OG_PICKLE_PROTOCOL_0};
    og_error err = {0};
    size_t size;
    if (og_pickle_read(doc, bytes, len, NULL, NULL, &err) < 0) {
        answer_error(&err);
        return;
    }
    void *again = og_pickle_dumps(og_doc_root(doc), &size, &options, &err);
    if (!again) {
        answer_error(&err);
        return;
    }
    answer('+', again, size);
    free(again);
}

int main(void)
{
    uint8_t head[5];
    og_doc *doc = og_doc_new(NULL);
    while (doc && fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t len = head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 | (size_t)head[4] << 24;
        uint8_t *bytes = malloc(len ? len : 1);
        if (!bytes || fread(bytes, 1, len, stdin) != len) return 1;
        if (head[0] == 's') {
            scan(bytes, len);
        } else {
            rewrite(doc, bytes, len, head[0]);
        }
        free(bytes);
    }
    og_doc_free(doc);
    return 0;
}
