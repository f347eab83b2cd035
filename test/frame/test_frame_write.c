/* SPDX-License-Identifier: MIT */
/* What is written is what is read, the bytes are those of the table, and what a framing cannot carry is
 * refused whole. */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

typedef struct wire {
    const char *framing;
    const char *body;
    size_t body_len;
    const char *bytes;
    size_t len;
} wire;

static const wire wires[] = {
    {"raw", BYTES("[1]"), BYTES("[1]")},
    {"eof", BYTES("[1]"), BYTES("[1]")},
    {"line", BYTES("[1]"), BYTES("[1]\n")},
    {"line", BYTES(""), BYTES("\n")},
    {"line", BYTES("a\rb"), BYTES("a\rb\n")},
    {"nul", BYTES("a\nb\r"), BYTES("a\nb\r\0")},
    {"seq", BYTES("[\n1]"), BYTES("\x1e[\n1]\n")},
    {"u8", BYTES("abc"),
     BYTES("\x03"
           "abc")},
    {"u16be", BYTES("abc"),
     BYTES("\0\x03"
           "abc")},
    {"u16le", BYTES("abc"), BYTES("\x03\0abc")},
    {"u24be", BYTES("abc"),
     BYTES("\0\0\x03"
           "abc")},
    {"u24le", BYTES("abc"), BYTES("\x03\0\0abc")},
    {"u32be", BYTES("abc"),
     BYTES("\0\0\0\x03"
           "abc")},
    {"u32le", BYTES("abc"), BYTES("\x03\0\0\0abc")},
    {"u64be", BYTES("abc"),
     BYTES("\0\0\0\0\0\0\0\x03"
           "abc")},
    {"u64le", BYTES("abc"), BYTES("\x03\0\0\0\0\0\0\0abc")},
    {"varint", BYTES("abc"),
     BYTES("\x03"
           "abc")},
    {"varint", BYTES(""), BYTES("\0")},
    {"netstring", BYTES("hello world!"), BYTES("12:hello world!,")},
    {"netstring", BYTES(""), BYTES("0:,")},
    {"digits:10", BYTES("abc"), BYTES("3         abc")},
    {"digits:1", BYTES("123456789"), BYTES("9123456789")},
    {"header", BYTES("abc"), BYTES("Content-Length: 3\r\n\r\nabc")},
    {"mp", BYTES("abc"),
     BYTES("\0\0\0\x03"
           "abc")},
};

static int write_frame(const char *framing, og_buf *out, const char *body, size_t len, og_error *err)
{
    size_t mark;
    og_framing f = framing_of(framing);
    int status = og_frame_begin(&f, out, &mark, err);
    if (status < 0) return status;
    assert_int_equal(og_buf_put(out, body, len), 0);
    return og_frame_end(&f, out, mark, err);
}

static void test_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        const wire *w = &wires[i];
        og_buf buf = OG_BUF_INIT;
        og_error err = {0};
        assert_int_equal(og_buf_puts(&buf, "before"), 0);
        int status = write_frame(w->framing, &buf, w->body, w->body_len, &err);
        if (status < 0) print_error("%s: %s\n", w->framing, err.text);
        assert_int_equal(status, 0);
        assert_int_equal(buf.len, w->len + 6);
        assert_memory_equal(buf.data, "before", 6);
        assert_memory_equal(buf.data + 6, w->bytes, w->len);
        og_buf_free(&buf);
    }
}

/* Messages of many lengths, one after the other, every framing. */
static void test_round_trips(void **state)
{
    static const size_t lengths[] = {2, 3, 127, 128, 129, 255};
    static outcome out;
    (void)state;
    const og_frame_ops *ops;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        const char *name = ops->example ? ops->example : ops->name;
        if (ops->ends_stream) continue;
        og_buf buf = OG_BUF_INIT;
        og_error err = {0};
        char body[256];
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            memset(body, 'a' + (char)k, lengths[k]);
            body[0] = '[';
            body[lengths[k] - 1] = ']';
            assert_int_equal(write_frame(name, &buf, body, lengths[k], &err), 0);
        }
        feed_every_way(&out, framing_of(name), 255, (const char *)buf.data, buf.len);
        assert_int_equal(out.status, 0);
        assert_int_equal(out.count, sizeof lengths / sizeof lengths[0]);
        for (size_t k = 0; k < out.count; k++) {
            assert_int_equal(out.messages[k].len, lengths[k]);
            assert_int_equal(out.messages[k].bytes[0], '[');
            if (lengths[k] > 2) assert_int_equal(out.messages[k].bytes[1], 'a' + (int)k);
        }
        og_buf_free(&buf);
    }
}

/* Lengths around each boundary of the varint. */
static void test_long_round_trips(void **state)
{
    static const size_t lengths[] = {16383, 16384, 65535, 2097151, 2097152};
    static const char *const names[] = {"varint", "netstring", "header", "digits:10", "u32le", "mp", "line"};
    char *body = malloc(2097152);
    (void)state;
    assert_non_null(body);
    memset(body, 'x', 2097152);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            og_buf buf = OG_BUF_INIT;
            og_frame_reader reader;
            og_frame frame;
            assert_int_equal(write_frame(names[i], &buf, body, lengths[k], NULL), 0);
            og_frame_reader_init(&reader, framing_of(names[i]), lengths[k], NULL, NULL);
            assert_int_equal(og_frame_next(&reader, buf.data, buf.len, false, &frame, NULL), 1);
            assert_int_equal(frame.body_len, lengths[k]);
            assert_int_equal(frame.size, buf.len);
            assert_memory_equal(buf.data + frame.body, body, lengths[k]);
            og_buf_free(&buf);
        }
    }
    free(body);
}

static void test_refusals(void **state)
{
    static char long_body[70000];
    static const struct {
        const char *framing;
        const char *body;
        size_t len;
        size_t position;
        const char *text;
    } rows[] = {
        {"line", BYTES("a\nb"), 1, "a line break"},
        {"line", BYTES("ab\r"), 2, "a carriage return at its end"},
        {"nul", BYTES("ab\0"), 2, "a NUL byte"},
        {"seq", BYTES("a\x1e"), 1, "the record separator 0x1e"},
        {"seq", BYTES(""), OG_NO_POSITION, "empty message"},
        {"u8", long_body, 256, OG_NO_POSITION, "256 bytes does not fit framing u8, which carries 255"},
        {"u8", long_body, 300, OG_NO_POSITION, "300 bytes does not fit framing u8, which carries 255"},
        {"u16be", long_body, 65536, OG_NO_POSITION, "which carries 65535"},
        {"u16le", long_body, 70000, OG_NO_POSITION, "use a wider one, e.g. u32be"},
        {"digits:1", long_body, 10, OG_NO_POSITION, "10 bytes does not fit 1 character"},
        {"digits:4", long_body, 10000, OG_NO_POSITION, "use a wider digits:N"},
    };
    (void)state;
    memset(long_body, 'x', sizeof long_body);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_buf buf = OG_BUF_INIT;
        og_error err = {0};
        assert_int_equal(og_buf_puts(&buf, "before"), 0);
        assert_int_equal(write_frame(rows[i].framing, &buf, rows[i].body, rows[i].len, &err), OG_EVALUE);
        if (!strstr(err.text, rows[i].text)) print_error("%s: %s\n", rows[i].framing, err.text);
        assert_non_null(strstr(err.text, rows[i].text));
        assert_int_equal(err.position, rows[i].position);
        assert_int_equal(buf.len, 6);
        assert_memory_equal(buf.data, "before", 6);
        og_buf_free(&buf);
    }
}

/* Memory that lasts for `left` more calls. */
static void *scarce_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    size_t *left = ctx;
    const og_allocator *plain = og_allocator_default();
    if (new_size == 0) return plain->resize(plain->ctx, ptr, old_size, 0);
    if (*left == 0) return NULL;
    --*left;
    return plain->resize(plain->ctx, ptr, old_size, new_size);
}

/* Every failing allocation, and a buffer's limit that leaves no room for the frame. */
static void test_out_of_room(void **state)
{
    (void)state;
    const og_frame_ops *ops;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        const char *name = ops->example ? ops->example : ops->name;
        for (size_t calls = 0; calls < 3; calls++) {
            size_t left = calls;
            og_allocator scarce = {scarce_resize, &left};
            og_buf buf;
            og_error err = {0};
            size_t mark = 99;
            og_framing framing = framing_of(name);
            og_buf_init(&buf, &scarce);
            int status = og_frame_begin(&framing, &buf, &mark, &err);
            if (status == 0) {
                /* A body that fills the first allocation to its end. */
                size_t fill = buf.cap > buf.len ? buf.cap - buf.len : 200;
                while (fill-- && og_buf_putc(&buf, 'x') == 0)
                    continue;
                status = og_frame_end(&framing, &buf, mark, &err);
            }
            if (status < 0) {
                assert_true(status == OG_ENOMEM || status == OG_EVALUE);
                assert_int_equal(buf.len, 0);
            }
            og_buf_free(&buf);
        }
        og_buf buf = OG_BUF_INIT;
        size_t mark;
        og_framing framing = framing_of(name);
        buf.limit = 20;
        assert_int_equal(og_frame_begin(&framing, &buf, &mark, NULL), 0);
        while (og_buf_putc(&buf, 'x') == 0)
            continue;
        int status = og_frame_end(&framing, &buf, mark, NULL);
        assert_true(status == 0 || status == OG_ELIMIT);
        assert_int_equal(buf.len, status == 0 ? 20 : 0);
        og_buf_free(&buf);
    }
}

static void test_cancel(void **state)
{
    og_buf buf = OG_BUF_INIT;
    size_t mark;
    (void)state;
    assert_int_equal(og_buf_puts(&buf, "before"), 0);
    assert_int_equal(og_frame_begin(&(og_framing){.ops = framing_of("u32be").ops}, &buf, &mark, NULL), 0);
    assert_int_equal(og_buf_puts(&buf, "half"), 0);
    og_frame_cancel(&buf, mark);
    assert_int_equal(buf.len, 6);
    og_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_long_round_trips),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_out_of_room),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
