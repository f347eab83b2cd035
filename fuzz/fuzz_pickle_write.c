/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the pickle writer with values that pickles hold: in every protocol, self-contained too, in the
 * canonical form and as lossless JSON, what is written reads as the same value; the writer's memory follows
 * input and output. The first byte chooses the encoding of Python 2's str.
 */
#include <onggi/json.h>
#include <onggi/pickle.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a writer may use for each byte read or written, and beside that. */
enum { BYTES_FOR_A_BYTE = 64, BYTES_FREE = 65536, MAX_BYTES = 1 << 22 };

/* Memory in use through an allocator, and the most that there was. */
typedef struct meter {
    size_t now;
    size_t peak;
} meter;

static void check(bool good)
{
    if (!good) abort();
}

static void *metered(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    meter *m = ctx;
    m->now += new_size - old_size;
    if (m->now > m->peak) m->peak = m->now;
    if (new_size > 0) return realloc(ptr, new_size);
    free(ptr);
    return NULL;
}

/* Limits and memory may end a writing, nothing else; a buffer out of place has no pickle. */
static bool may_fail(int status)
{
    return status == OG_ELIMIT || status == OG_ENOMEM || status == OG_EVALUE;
}

static og_doc *read_pickle(const og_buf *bytes)
{
    og_pickle_read_options options = {.size = sizeof options, .max_depth = 8000, .max_digits = 1 << 20};
    og_doc *doc = og_doc_new(NULL);
    check(doc != NULL);
    og_error err = {0};
    if (og_pickle_read(doc, bytes->data, bytes->len, NULL, &options, &err) == OG_OK) return doc;
    check(err.code == OG_ELIMIT || err.code == OG_ENOMEM);
    og_doc_free(doc);
    return NULL;
}

static bool write_pickle(og_value value, int protocol, og_buf *out)
{
    og_pickle_write_options options = {.size = sizeof options, .max_depth = 4000, .max_bytes = MAX_BYTES};
    options.protocol = protocol ? protocol : OG_PICKLE_PROTOCOL_0;
    int status = og_pickle_write(value, out, &options, NULL);
    check(status == OG_OK || (may_fail(status) && out->len == 0));
    return status == OG_OK;
}

static bool write_canonical(og_value value, og_buf *out)
{
    og_pickle_write_options options = {.size = sizeof options, .max_depth = 4000, .max_bytes = MAX_BYTES};
    int status = og_pickle_canonical(value, out, &options, NULL);
    check(status == OG_OK || may_fail(status));
    return status == OG_OK;
}

/* The same value has the same canonical pickle, wherever it was read from. */
static void check_canonical(og_value value, const og_buf *want)
{
    og_buf again = OG_BUF_INIT;
    if (want->len > 0 && write_canonical(value, &again))
        check(again.len == want->len && memcmp(again.data, want->data, want->len) == 0);
    og_buf_free(&again);
}

static void check_protocol(og_value value, int protocol, size_t size, const og_buf *canonical)
{
    meter m = {0};
    og_allocator alloc = {metered, &m};
    og_buf out;
    og_buf_init(&out, &alloc);
    bool written = write_pickle(value, protocol, &out);
    check(m.peak <= BYTES_FOR_A_BYTE * (size + (written ? out.len : MAX_BYTES)) + BYTES_FREE);
    og_doc *doc = written ? read_pickle(&out) : NULL;
    /* Protocol 0 has one text for all NaNs, whatever their bits. */
    if (doc && (protocol > 0 || !memmem(out.data, out.len, "Fnan\n", 5))) {
        check(og_identical(value, og_doc_root(doc)) != 0);
        check_canonical(og_doc_root(doc), canonical);
    }
    og_doc_free(doc);
    og_buf_free(&out);
    check(m.now == 0);
}

/* What a reader can read that has read others before: the same value, in the form that may go on as it is. */
static void check_contained(og_value value, int protocol)
{
    og_pickle_write_options options = {
        .size = sizeof options, .max_depth = 4000, .max_bytes = MAX_BYTES, .self_contained = true};
    options.protocol = protocol ? protocol : OG_PICKLE_PROTOCOL_0;
    og_buf out = OG_BUF_INIT;
    int status = og_pickle_write(value, &out, &options, NULL);
    check(status == OG_OK || (may_fail(status) && out.len == 0));
    og_doc *doc = status == OG_OK ? read_pickle(&out) : NULL;
    if (status == OG_OK) check(og_pickle_check_contained(out.data, out.len, false, NULL) == OG_OK);
    if (doc && (protocol > 0 || !memmem(out.data, out.len, "Fnan\n", 5)))
        check(og_identical(value, og_doc_root(doc)) != 0);
    og_doc_free(doc);
    og_buf_free(&out);
}

static void check_json(og_value value, const og_buf *canonical)
{
    og_json_write_options write = {.size = sizeof write,
                                   .form = OG_JSON_LOSSLESS,
                                   .max_depth = 8000,
                                   .max_digits = 1 << 20,
                                   .max_bytes = MAX_BYTES};
    og_json_read_options read = {
        .size = sizeof read, .lossless = true, .max_depth = 16000, .max_digits = 1 << 20};
    og_buf text = OG_BUF_INIT;
    og_error err = {0};
    int status = og_json_write(value, &text, &write, &err);
    check(status == OG_OK || status == OG_ELIMIT || status == OG_ENOMEM);
    og_doc *doc = og_doc_new(NULL);
    check(doc != NULL);
    if (status == OG_OK) {
        status = og_json_read(doc, (const char *)text.data, text.len, &read, &err);
        check(status == OG_OK || status == OG_ELIMIT || status == OG_ENOMEM);
        /* JSON has one NaN, whatever its bits: then the values are the same, but not to the bit. */
        if (status == OG_OK && !memmem(text.data, text.len, "\"nan\"", 5)) {
            check(og_identical(value, og_doc_root(doc)) != 0);
            check_canonical(og_doc_root(doc), canonical);
        }
    }
    og_doc_free(doc);
    og_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    og_pickle_read_options options = {.size = sizeof options, .max_depth = 1000, .allow_trailing = true};
    options.encoding = (og_pickle_encoding)(*data / 6 % 4);
    og_doc *doc = og_doc_new(NULL);
    check(doc != NULL);
    og_buf canonical = OG_BUF_INIT;
    if (og_pickle_read(doc, data + 1, size - 1, NULL, &options, NULL) == OG_OK) {
        og_value value = og_doc_root(doc);
        if (!write_canonical(value, &canonical)) og_buf_free(&canonical);
        for (int protocol = 0; protocol <= OG_PICKLE_HIGHEST_PROTOCOL; protocol++) {
            check_protocol(value, protocol, size, &canonical);
            check_contained(value, protocol);
        }
        check_json(value, &canonical);
    }
    og_buf_free(&canonical);
    og_doc_free(doc);
    return 0;
}
