/* SPDX-License-Identifier: MIT */
/* The scanner of JSON streams: any cut gives the same, no byte is looked at twice, and it agrees with the
 * reader about what is whole. The first two bytes say where to cut, and whether comments are allowed. */
#include <onggi/json.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) abort();
}

typedef struct result {
    int status;
    size_t start;
    size_t end;
    og_error err;
} result;

/* One call with memory that ends where the data ends, and that is spoilt as far as it has been looked at. */
static int step(og_json_scan *scan, const uint8_t *data, size_t len, bool ended, result *out)
{
    uint8_t *copy = malloc(len ? len : 1);
    check(copy != NULL);
    if (len) memcpy(copy, data, len);
    memset(copy, '\\', scan->at);
    out->status = og_json_scan_end(scan, copy, len, ended, &out->start, &out->end, &out->err);
    free(copy);
    check(out->status <= 1);
    if (out->status == 1) {
        bool blank = scan->allow_comments && ended && out->start == len;
        check((out->start < out->end || blank) && out->end <= len);
    }
    return out->status;
}

static result scan_whole(const uint8_t *data, size_t len, bool comments)
{
    og_json_scan scan = {.max_depth = 50, .allow_comments = comments};
    result out = {.status = 0};
    step(&scan, data, len, true, &out);
    return out;
}

static result scan_cut(const uint8_t *data, size_t len, bool comments, size_t first, size_t stride)
{
    og_json_scan scan = {.max_depth = 50, .allow_comments = comments};
    result out = {.status = 0};
    size_t n = first < len ? first : len;
    while (step(&scan, data, n, n == len, &out) == 0 && n < len)
        n = len - n > stride ? n + stride : len;
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    const uint8_t *text = data + 2;
    size_t len = size - 2;
    bool comments = data[1] & 16;
    result whole = scan_whole(text, len, comments);
    result cut = scan_cut(text, len, comments, data[0], data[1] % 16 + 1u);
    check(whole.status == cut.status);
    check(whole.status != 0);
    if (whole.status == 1)
        check(whole.start == cut.start && whole.end == cut.end);
    else
        check(whole.err.position == cut.err.position);

    /* What the reader takes, the scanner finds whole, but for white space and comments after it. */
    og_json_read_options in = {
        .size = sizeof in, .max_depth = 50, .allow_nan = true, .allow_comments = comments};
    og_doc *doc = og_json_loads((const char *)text, len, &in, NULL);
    if (doc) {
        check(whole.status == 1);
        for (size_t i = whole.end; i < len && !comments; i++)
            check(text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t');
    }
    og_doc_free(doc);
    return 0;
}
