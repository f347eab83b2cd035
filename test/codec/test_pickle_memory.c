/* SPDX-License-Identifier: MIT */
/* Memory of reading and writing pickles: within what was promised, and survived when there is none. */
#include <onggi/pickle.h>

#include "codec/pickle_samples.h"
#include "support/failing_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 200000 };

/* The most memory held while reading: at most 64 bytes a byte and 64 KiB, whatever came of it. */
static void assert_promise(const uint8_t *bytes, size_t len, const char *what)
{
    failing_alloc counting;
    failing_alloc_init(&counting);
    og_doc *doc = og_doc_new(&counting.allocator);
    assert_non_null(doc);
    og_pickle_read_options options = {.size = sizeof options, .max_depth = 60000};
    og_pickle_read(doc, bytes, len, NULL, &options, NULL);
    if (counting.peak_bytes > 64 * len + 65536)
        fail_msg("%s: %zu bytes held for %zu, that is %.1f a byte", what, counting.peak_bytes, len,
                 (double)counting.peak_bytes / (double)len);
    og_doc_free(doc);
    assert_int_equal(counting.live_bytes, 0);
    assert_int_equal(counting.mistakes, 0);
}

/* A head, and then the same few bytes over and over. */
static void assert_promise_of(const char *head, size_t head_len, const char *part, size_t part_len)
{
    static uint8_t bytes[SIZE];
    for (size_t size = 20; size <= SIZE; size *= 10) {
        size_t n = 0;
        memcpy(bytes, head, head_len);
        for (n = head_len; n + part_len < size; n += part_len)
            memcpy(bytes + n, part, part_len);
        bytes[n++] = '.';
        assert_promise(bytes, n, part);
    }
}

#define PROMISE(head, part) assert_promise_of(head, sizeof(head) - 1, part, sizeof(part) - 1)

static void holds_no_more_than_promised(void **state)
{
    (void)state;
    PROMISE("", "]");
    PROMISE("", "}");
    PROMISE("", ")");
    PROMISE("", "\x8f");
    PROMISE("", "(");
    PROMISE("", "N");
    PROMISE("", "]2");
    PROMISE("N", "2");
    PROMISE("N", "\x94");
    PROMISE("", "]\x94");
    PROMISE("", ")\x94");
    PROMISE("N", "\x85");
    PROMISE("N", "Q");
    PROMISE("", "NQ");
    PROMISE("", "NQ\x94");
    PROMISE("", "\x97");
    PROMISE("", "\x82\x01");
    PROMISE("", "(t");
    PROMISE("", "(l");
    PROMISE("", "(d");
    PROMISE("", "(\x91");
    PROMISE("]", "Na");
    PROMISE("]", "]a");
    PROMISE("]", "(]]]]e");
    PROMISE("", "N\x85N\x86");
    PROMISE("", "](Ne");
    PROMISE("", "}NNs");
    PROMISE("", "}(NNu");
    PROMISE("\x8f", "(N\x90");
    PROMISE("", "\x8f(N\x90");
    PROMISE("cm\nC\nq\0", "h\0)R");
    PROMISE("cm\nC\nq\0", "h\0)\x81}b");
    PROMISE("cm\nC\n)R", "Nb");
    PROMISE("cm\nC\n)R", "Na");
    PROMISE("cm\nC\n)R", "NNs");
    PROMISE("cm\nC\n)R", "NaNb");
    PROMISE("", "cm\nC\n");
    PROMISE("Vm\nq\0", "h\0h\0\x93");
    PROMISE("", "(im\nC\n");
    PROMISE("cm\nC\nq\0", "(h\0o");
    PROMISE("cbuiltins\nset\nq\0", "h\0)R");
    PROMISE("cbuiltins\nbytearray\nq\0", "h\0)R");
    PROMISE("cbuiltins\ncomplex\nq\0", "h\0)R");
    PROMISE("", "V\xe9\n");
    PROMISE("", "S'\\n'\n");
    PROMISE("", "\x96\0\0\0\0\0\0\0\0");
    PROMISE("", "\x8a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01");
    PROMISE("", "L99999999999999999999L\n");
    PROMISE("N", "r\0\0\xff\xff");
    PROMISE("Pid\n", "2");
}

/* Numbers of the memo that jump about: each is far from the others. */
static void holds_no_more_for_memo_games(void **state)
{
    (void)state;
    static uint8_t bytes[SIZE];
    for (unsigned step = 1; step < 1u << 20; step = step * 3 + 1) {
        size_t n = 0;
        bytes[n++] = 'N';
        for (uint32_t number = 0; n + 6 < SIZE; number += step) {
            const uint8_t put[] = {'r', (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                                   (uint8_t)(number >> 24)};
            memcpy(bytes + n, put, sizeof put);
            n += sizeof put;
        }
        bytes[n++] = '.';
        assert_promise(bytes, n, "numbers of the memo");
    }
}

/* Large integers are keys, in dicts that grow one by one. */
static void holds_no_more_for_keys(void **state)
{
    (void)state;
    static uint8_t bytes[SIZE];
    for (int grow = 0; grow < 2; grow++) {
        size_t n = 0;
        bytes[n++] = '}';
        if (!grow) bytes[n++] = '(';
        for (unsigned i = 0; n + 7 < SIZE; i++) {
            const uint8_t pair[] = {'M', (uint8_t)i, (uint8_t)(i >> 8), 'N', 's'};
            memcpy(bytes + n, pair, grow ? 5 : 4);
            n += grow ? 5 : 4;
        }
        if (!grow) bytes[n++] = 'u';
        bytes[n++] = '.';
        assert_promise(bytes, n, grow ? "keys one by one" : "keys at once");
    }
}

static int read_sample(const og_allocator *alloc, void *ctx)
{
    const pickle_sample *s = ctx;
    og_doc *doc = og_doc_new(alloc);
    if (!doc) return OG_ENOMEM;
    int status = og_pickle_read(doc, s->bytes, s->len, NULL, NULL, NULL);
    og_doc_free(doc);
    return status;
}

static int write_value(const og_allocator *alloc, void *ctx)
{
    og_buf out;
    og_buf_init(&out, alloc);
    int status = OG_OK;
    for (int protocol = 0; protocol <= 5 && status == OG_OK; protocol++) {
        og_pickle_write_options options = {.size = sizeof options,
                                           .protocol = protocol ? protocol : OG_PICKLE_PROTOCOL_0};
        status = og_pickle_write(*(og_value *)ctx, &out, &options, NULL);
        if (status == OG_EVALUE && protocol < 5) status = OG_OK; /* buffers */
    }
    og_buf_free(&out);
    return status;
}

static void survives_every_failing_allocation(void **state)
{
    (void)state;
    og_doc *doc = og_doc_new(NULL);
    assert_non_null(doc);
    for (size_t i = 0; i < PICKLE_SAMPLES; i++) {
        pickle_sample sample = pickle_samples[i];
        assert_true(failing_alloc_run(read_sample, &sample) > 0);
        assert_int_equal(og_pickle_read(doc, sample.bytes, sample.len, NULL, NULL, NULL), 0);
        og_value root = og_doc_root(doc);
        assert_true(failing_alloc_run(write_value, &root) > 0);
    }
    og_doc_free(doc);
}

/* A larger one, in which stack, memo and tables grow. */
static void survives_failures_while_growing(void **state)
{
    (void)state;
    static char bytes[3000 * 8];
    size_t n = 0;
    bytes[n++] = ']';
    bytes[n++] = '(';
    for (int i = 0; i < 2000; i++) {
        const char part[] = {(char)0x8c,
                             5,
                             't',
                             (char)('0' + i % 10),
                             (char)('0' + i / 10 % 10),
                             (char)('0' + i / 100 % 10),
                             (char)('0' + i / 1000),
                             (char)0x94};
        memcpy(bytes + n, part, sizeof part);
        n += sizeof part;
    }
    memcpy(bytes + n, "](e}e.", 6);
    pickle_sample sample = {bytes, n + 6};
    assert_true(failing_alloc_run(read_sample, &sample) > 5);
    og_doc *doc = og_doc_new(NULL);
    assert_int_equal(og_pickle_read(doc, sample.bytes, sample.len, NULL, NULL, NULL), 0);
    og_value root = og_doc_root(doc);
    assert_true(failing_alloc_run(write_value, &root) > 5);
    og_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_no_more_than_promised),
        cmocka_unit_test(holds_no_more_for_memo_games),
        cmocka_unit_test(holds_no_more_for_keys),
        cmocka_unit_test(survives_every_failing_allocation),
        cmocka_unit_test(survives_failures_while_growing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
