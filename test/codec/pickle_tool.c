/* SPDX-License-Identifier: MIT */
/*
 * For tests from Python: reads requests from standard input and answers each on standard output.
 * Request: what to do (a byte), u32le length, a pickle. 's' is: scan; 'c': check by plain-data; 'n': by
 * numpy-data; 't': by torch-data; 'd': by pandas-data; 'a': by a policy that allows everything; 'p': read by
 * plain-data; 'v': may go on as it is. Else bits 0 to 2 are the protocol to write it again in, 6 the
 * canonical form, 7 the lossless JSON text; bit 3: by way of lossless JSON; bits 4 and 5: the encoding of
 * Python 2's str; bit 6 (not with bit 5): self-contained; bit 7: read strictly. Answer: a byte ('+' or '-'),
 * u32le length, the new pickle, the end that the scanner found, or the error's text.
 */
#include <onggi/json.h>
#include <onggi/pickle.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANONICAL = 6, TEXT = 7, VIA_JSON = 8, CONTAINED = 64, STRICT = 128 };

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

static void put_hex(og_buf *out, const char *text, size_t len)
{
    char pair[3];
    for (size_t i = 0; i < len; i++) {
        snprintf(pair, sizeof pair, "%02x", (unsigned char)text[i]);
        og_buf_puts(out, pair);
    }
}

/* A line with status, verdict, position where the reading failed (or -1) and text; then a line for each use.
 */
static void check(const uint8_t *bytes, size_t len, const char *name, bool all)
{
    og_policy *policy = og_policy_builtin(name, NULL);
    og_pickle_report report;
    og_error err = {0};
    og_buf out = OG_BUF_INIT;
    char text[512];
    if (all) og_policy_set_default(policy, true);
    int status = og_pickle_check(bytes, len, policy, &report, &err);
    ssize_t failed = report.unreadable.code == OG_OK ? -1 : (ssize_t)report.unreadable.position;
    snprintf(text, sizeof text, "%s\t%s\t%zd\t%.250s\n", status ? og_status_name(status) : "OG_OK",
             og_verdict_text(report.verdict), failed, err.text);
    og_buf_puts(&out, text);
    for (size_t i = 0; i < report.use_count; i++) {
        const og_pickle_use *use = &report.uses[i];
        snprintf(text, sizeof text, "%s\t%u\t%zu\t%zu\t%d\t", og_use_text(use->how), use->depth,
                 use->position, use->count, use->allowed);
        og_buf_puts(&out, text);
        put_hex(&out, use->module, use->module_len);
        og_buf_puts(&out, "\t");
        put_hex(&out, use->qualname, use->qualname_len);
        og_buf_puts(&out, "\n");
    }
    answer('+', out.data, out.len);
    og_buf_free(&out);
    og_pickle_report_fini(&report);
    og_policy_free(policy);
}

static void check_contained(const uint8_t *bytes, size_t len, bool fresh)
{
    og_error err = {0};
    if (og_pickle_check_contained(bytes, len, fresh, &err) < 0) {
        answer_error(&err);
    } else {
        answer('+', "", 0);
    }
}

static void read_by_policy(og_doc *doc, const uint8_t *bytes, size_t len)
{
    og_policy *policy = og_policy_builtin("plain-data", NULL);
    og_error err = {0};
    og_pickle_read_options options = {.size = sizeof options, .encoding = OG_PICKLE_LATIN1, .policy = policy};
    if (og_pickle_read(doc, bytes, len, NULL, &options, &err) < 0) {
        answer_error(&err);
    } else {
        answer('+', "", 0);
    }
    og_policy_free(policy);
}

/* Class references that EXT codes stand for, as the tests register them. */
static const og_pickle_extension extensions[] = {
    {200, "collections", "OrderedDict"}, {40000, "fractions", "Fraction"}, {100000, "decimal", "Decimal"}};

static int to_text(og_value value, og_buf *out, og_error *err)
{
    og_json_write_options options = {
        .size = sizeof options, .form = OG_JSON_LOSSLESS, .max_depth = 10000, .max_digits = 1000000};
    return og_json_write(value, out, &options, err);
}

/* The value that a lossless text of `*value` gives, read into `other` (`text` must stay). */
static int through_text(og_doc *other, og_buf *text, og_value *value, og_error *err)
{
    og_json_read_options options = {
        .size = sizeof options, .lossless = true, .max_depth = 20000, .max_digits = 1000000};
    int status = to_text(*value, text, err);
    if (status == OG_OK) status = og_json_read(other, (const char *)text->data, text->len, &options, err);
    *value = og_doc_root(other);
    return status;
}

static int write_again(og_value value, unsigned what, og_buf *out, og_error *err)
{
    og_pickle_write_options options = {.size = sizeof options, .self_contained = (what & CONTAINED) != 0};
    unsigned protocol = what & 7;
    if (protocol == TEXT) return to_text(value, out, err);
    if (protocol == CANONICAL) return og_pickle_canonical(value, out, &options, err);
    options.protocol = protocol ? (int)protocol : OG_PICKLE_PROTOCOL_0;
    return og_pickle_write(value, out, &options, err);
}

static void rewrite(og_doc *docs[2], const uint8_t *bytes, size_t len, unsigned what)
{
    og_pickle_read_options options = {.size = sizeof options,
                                      .encoding = (og_pickle_encoding)(what >> 4 & 3),
                                      .strict = (what & STRICT) != 0,
                                      .extensions = extensions,
                                      .extension_count = sizeof extensions / sizeof extensions[0]};
    og_error err = {0};
    og_buf text = OG_BUF_INIT;
    og_buf out = OG_BUF_INIT;
    int status = og_pickle_read(docs[0], bytes, len, NULL, &options, &err);
    og_value value = og_doc_root(docs[0]);
    if (status == OG_OK && (what & VIA_JSON)) status = through_text(docs[1], &text, &value, &err);
    if (status == OG_OK) status = write_again(value, what, &out, &err);
    if (status < 0) {
        answer_error(&err);
    } else {
        answer('+', out.data, out.len);
    }
    og_buf_free(&text);
    og_buf_free(&out);
}

/* The policy that a request asks to check by; NULL: it asks for something else. */
static const char *policy_of(uint8_t request)
{
    switch (request) {
    case 'a':
    case 'c': return "plain-data";
    case 'n': return "numpy-data";
    case 't': return "torch-data";
    case 'd': return "pandas-data";
    default: return NULL;
    }
}

int main(void)
{
    uint8_t head[5];
    og_doc *docs[2] = {og_doc_new(NULL), og_doc_new(NULL)};
    while (docs[0] && docs[1] && fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t len = head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 | (size_t)head[4] << 24;
        uint8_t *bytes = malloc(len ? len : 1);
        if (!bytes || fread(bytes, 1, len, stdin) != len) return 1;
        if (head[0] == 's') {
            scan(bytes, len);
        } else if (policy_of(head[0])) {
            check(bytes, len, policy_of(head[0]), head[0] == 'a');
        } else if (head[0] == 'v' || head[0] == 'w') {
            check_contained(bytes, len, head[0] == 'w');
        } else if (head[0] == 'p') {
            read_by_policy(docs[0], bytes, len);
        } else {
            rewrite(docs, bytes, len, head[0]);
        }
        free(bytes);
    }
    og_doc_free(docs[0]);
    og_doc_free(docs[1]);
    return 0;
}
