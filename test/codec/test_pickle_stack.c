/* SPDX-License-Identifier: MIT */
/* Opcodes of pickle on stacks that do not suit them: too little, of the wrong kind, empty, read-only,
 * doubled. */
#include <onggi/json.h>
#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static og_doc *doc;
static og_buf out;

static int set_up(void **state)
{
    (void)state;
    doc = og_doc_new(NULL);
    og_buf_init(&out, NULL);
    return doc ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    og_doc_free(doc);
    og_buf_free(&out);
    return 0;
}

static int read_it(const og_buf *b, og_error *err)
{
    *err = (og_error){0};
    return og_pickle_read(doc, b->data, b->len, NULL, NULL, err);
}

static void put(og_buf *b, const void *bytes, size_t len)
{
    assert_int_equal(og_buf_put(b, bytes, len), 0);
}

#define PUT(b, text) put(b, text, sizeof(text) - 1)

/* One value of each kind, pushed. */
typedef struct pushed {
    const char *bytes;
    size_t len;
} pushed;

#define PUSHED(text)            \
    {                           \
        text, sizeof(text) - 1, \
    }

static const pushed values[] = {
    PUSHED("N"),
    PUSHED("\x88"),
    PUSHED("K\x05"),
    PUSHED("\x8a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01"),
    PUSHED("G?\xf0\0\0\0\0\0\0"),
    PUSHED("\x8c\x01"
           "a"),
    PUSHED("C\x01"
           "a"),
    PUSHED("\x96\x01\0\0\0\0\0\0\0a"),
    PUSHED("cbuiltins\ncomplex\n)R"),
    PUSHED("]"),
    PUSHED("(K\x01K\x02t"),
    PUSHED(")"),
    PUSHED("}"),
    PUSHED("\x8f"),
    PUSHED("(K\x01\x91"),
    PUSHED("cm\nC\n"),
    PUSHED("cm\nC\n)R"),
    PUSHED("\x97"),
    PUSHED("("),
};
enum { VALUES = sizeof values / sizeof *values };

/* Arguments that suit every opcode that has one in text, or in bytes. */
static void put_argument(og_buf *b, int op)
{
    og__arg_shape shape = og__pickle_arg_shape_of(og__pickle_opcodes[op].argument);
    static const uint8_t zeros[8];
    if (shape.lines == 0) put(b, zeros, shape.fixed);
    for (unsigned i = 0; i < shape.lines; i++)
        PUT(b, "0\n");
}

/* How many values an opcode takes; those above a mark count as none. */
static size_t needs(const char *before)
{
    size_t count = before[0] != '\0';
    if (strncmp(before, "mark", 4) == 0) return 0;
    for (; *before && strncmp(before, "mark *", 6) != 0; before++)
        count += *before == ' ' && strncmp(before, " mark *", 7) != 0;
    return count;
}

/* Those who go by opcode refuse it as well, perhaps for another reason. */
static void assert_refused_by_all(void)
{
    og_policy *policy = og_policy_builtin("plain-data", NULL);
    og_pickle_read_options strict = {.size = sizeof strict, .strict = true};
    og_pickle_read_options judged = {.size = sizeof judged, .policy = policy};
    assert_non_null(policy);
    assert_true(og_pickle_read(doc, out.data, out.len, NULL, &strict, NULL) < 0);
    assert_true(og_pickle_read(doc, out.data, out.len, NULL, &judged, NULL) < 0);
    og_policy_free(policy);
}

/* With `below` on the stack, perhaps under a mark, and `have` values above that. */
static void assert_underflow(int op, size_t have, bool marked, const char *below)
{
    og_error err;
    out.len = 0;
    put(&out, below, strlen(below));
    if (marked) PUT(&out, "(");
    for (size_t i = 0; i < have; i++)
        PUT(&out, "]");
    if (strstr(og__pickle_opcodes[op].before, "mark *")) PUT(&out, "(");
    size_t position = out.len;
    assert_int_equal(og_buf_putc(&out, (uint8_t)op), 0);
    put_argument(&out, op);
    if (op != OG__OP_STOP) PUT(&out, ".");
    assert_int_equal(read_it(&out, &err), OG_ESYNTAX);
    if (err.position != position || !strstr(err.text, marked ? "found a mark" : "found nothing"))
        fail_msg("%s with %zu, marked %d: %s", og__pickle_opcodes[op].name, have, marked, err.text);
    assert_refused_by_all();
}

static void every_opcode_refuses_too_little(void **state)
{
    (void)state;
    size_t tried = 0;
    for (int op = 0; op < 256; op++) {
        if (!og__pickle_opcodes[op].name) continue;
        size_t need = needs(og__pickle_opcodes[op].before);
        for (size_t have = 0; have < need; have++, tried++) {
            assert_underflow(op, have, false, "NN00");
            if (op == OG__OP_POP) continue; /* which takes the mark */
            assert_underflow(op, have, true, "NN");
            assert_underflow(op, have, true, "");
        }
    }
    assert_true(tried > 30);
}

/* Whatever is read is written, or refused; and so is what cannot be read, at the opcode. */
static void assert_reads_or_refuses(size_t position)
{
    static og_buf again;
    og_error err;
    int status = read_it(&out, &err);
    again.len = 0;
    if (status == OG_OK) {
        og_value v = og_doc_root(doc);
        for (int protocol = 2; protocol <= 5; protocol += 3) {
            og_pickle_write_options options = {.size = sizeof options, .protocol = protocol};
            status = og_pickle_write(v, &again, &options, &err);
            assert_true(status == OG_OK || status == OG_EVALUE);
        }
        og_buf_free(&again);
        return;
    }
    assert_true(status == OG_ETYPE || status == OG_ESYNTAX || status == OG_EVALUE);
    assert_true(err.position == position || err.position == out.len - 1);
}

static void every_opcode_takes_or_refuses_every_kind(void **state)
{
    (void)state;
    for (int op = 0; op < 256; op++) {
        if (!og__pickle_opcodes[op].before || !og__pickle_opcodes[op].before[0] || op == OG__OP_STOP)
            continue;
        for (size_t i = 0; i < (size_t)VALUES * VALUES * VALUES; i++) {
            const pushed *taken[] = {&values[i / VALUES / VALUES], &values[i / VALUES % VALUES],
                                     &values[i % VALUES]};
            out.len = 0;
            for (size_t n = 0; n < 3; n++)
                put(&out, taken[n]->bytes, taken[n]->len);
            size_t position = out.len;
            assert_int_equal(og_buf_putc(&out, (uint8_t)op), 0);
            put_argument(&out, op);
            PUT(&out, ".");
            assert_reads_or_refuses(position);
        }
    }
}

/* ---- What was wrong once ---- */

static og_value read_text(const char *bytes, size_t len)
{
    og_error err = {0};
    if (og_pickle_read(doc, bytes, len, NULL, NULL, &err) < 0) fail_msg("%s", err.text);
    return og_doc_root(doc);
}

#define READ(text) read_text(text, sizeof(text) - 1)

static void assert_written(og_value v, int protocol, const char *bytes, size_t len)
{
    og_pickle_write_options options = {.size = sizeof options, .protocol = protocol};
    out.len = 0;
    assert_int_equal(og_pickle_write(v, &out, &options, NULL), 0);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, bytes, len);
}

#define WRITTEN(v, protocol, text) assert_written(v, protocol, text, sizeof(text) - 1)

static void names_may_be_empty(void **state)
{
    (void)state;
    og_error err;
    og_value v = READ("\x8c\0\x8c\0\x93.");
    assert_true(og_class_is(v, "", ""));
    WRITTEN(v, 4, "\x80\x04\x95\x07\0\0\0\0\0\0\0\x8c\0\x8c\0\x93\x94.");
    assert_int_equal(og_class_is(READ("\x8c\1"
                                      "m\x8c\0\x93."),
                                 "m", ""),
                     1);
    /* Not in lines: no reader of Python takes them there. */
    static const char *const lines[] = {"c\n\n.", "cm\n\n.", "c\nC\n.", "(i\n\n.", "(im\n\n."};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        out.len = 0;
        put(&out, lines[i], strlen(lines[i]));
        assert_int_equal(read_it(&out, &err), OG_ESYNTAX);
    }
    og_pickle_write_options options = {.size = sizeof options, .protocol = 2};
    og_doc *own = og_doc_new(NULL);
    assert_int_equal(og_pickle_write(og_class(own, "", 0, "C", 1), &out, &options, NULL), OG_EVALUE);
    assert_int_equal(og_pickle_write(og_class(own, "m", 1, "", 0), &out, &options, NULL), OG_EVALUE);
    og_doc_free(own);
}

static void there_is_one_empty_tuple(void **state)
{
    (void)state;
    og_value v = READ(")q\0h\0h\0\x87.");
    assert_int_equal(og_len(v), 3);
    WRITTEN(v, 2, "\x80\x02)))\x87.");
    og_doc *twice = og_doc_new(NULL);
    assert_int_equal(og_pickle_read(twice, ")))\x87.", 5, NULL, NULL, NULL), 0);
    assert_int_equal(og_identical(v, og_doc_root(twice)), 1);
    og_doc_free(twice);
    WRITTEN(READ("(tp0\ng0\ng0\n\x87."), 4, "\x80\x04\x95\x05\0\0\0\0\0\0\0)))\x87.");
    og_json_write_options lossless = {.size = sizeof lossless, .form = OG_JSON_LOSSLESS};
    char *text = og_json_dumps(READ(")q\0h\0\x86."), NULL, &lossless, NULL);
    assert_string_equal(text, "{\"py/tuple\":[{\"py/tuple\":[]},{\"py/tuple\":[]}]}");
    free(text);
}

static void buffers_are_read_only_when_told(void **state)
{
    (void)state;
    static const char bytes[] = "\x97\x98\x97\x86.";
    og_value passed[2] = {og_bytearray(doc, "ab", 2), og_bytes_borrow("cd", 2)};
    og_doc *own = og_doc_new(NULL);
    passed[0] = og_bytearray(own, "ab", 2);
    og_pickle_read_options options = {.size = sizeof options, .buffers = passed, .buffer_count = 2};
    assert_int_equal(og_pickle_read(doc, bytes, 5, NULL, &options, NULL), 0);
    assert_int_equal(og_kind_of(og_item(og_doc_root(doc), 0)), OG_BYTES);
    assert_int_equal(og_kind_of(og_item(og_doc_root(doc), 1)), OG_BYTES);
    passed[1] = passed[0];
    assert_int_equal(og_pickle_read(doc, bytes, 5, NULL, &options, NULL), 0);
    assert_int_equal(og_kind_of(og_item(og_doc_root(doc), 1)), OG_BYTEARRAY);
    static const char large[1 << 20]; /* received as well, though not with the pickle */
    passed[0] = og_bytearray(own, large, sizeof large);
    assert_int_equal(og_pickle_read(doc, "\x97.", 2, NULL, &options, NULL), 0);
    assert_int_equal(og_len(og_doc_root(doc)), sizeof large);
    og_doc_free(own);
    /* None passed in: as it is, once. */
    og_value v = READ("\x97\x98\x98\x97\x86.");
    assert_int_equal(og_object_make(og_item(v, 0)), OG_MAKE_BUFFER);
    assert_int_equal(og_kind_of(og_object_args(og_item(v, 0))), OG_TUPLE);
    assert_int_equal(og_kind_of(og_object_args(og_item(v, 1))), OG_INT);
    WRITTEN(v, 5, "\x80\x05\x95\x05\0\0\0\0\0\0\0\x97\x98\x97\x86.");
    /* What a call makes may be a buffer; nothing else is. */
    assert_int_equal(og_object_make(READ("cm\nC\n)R\x98.")), OG_MAKE_CALL);
    assert_int_equal(og_kind_of(READ("C\1a\x98.")), OG_BYTES);
    assert_int_equal(og_kind_of(READ("\x96\1\0\0\0\0\0\0\0a\x98.")), OG_BYTES);
    for (size_t i = 0; i < VALUES; i++) {
        og_error err;
        bool buffer =
            memchr("C\x96\x97", values[i].bytes[0], 3) || strchr("R", values[i].bytes[values[i].len - 1]);
        if (buffer) continue;
        out.len = 0;
        put(&out, values[i].bytes, values[i].len);
        PUT(&out, "\x98.");
        assert_int_equal(read_it(&out, &err),
                         values[i].bytes[0] == '(' && values[i].len == 1 ? OG_ESYNTAX : OG_ETYPE);
    }
}

/* a = [b, b], b = [c, c], … is a few bytes a level; to write it plainly is 2**levels. */
static void doubling_costs_nothing_until_it_is_written_out(void **state)
{
    (void)state;
    enum { LEVELS = 400 };
    og_buf bytes = OG_BUF_INIT;
    PUT(&bytes, "]\x94");
    for (unsigned i = 0; i < LEVELS; i++) {
        const uint8_t level[] = {']', 0x94, '(', 'j',        (uint8_t)i,        (uint8_t)(i >> 8),
                                 0,   0,    'j', (uint8_t)i, (uint8_t)(i >> 8), 0,
                                 0,   'e'};
        put(&bytes, level, sizeof level);
    }
    PUT(&bytes, ".");
    size_t before = og_doc_memory(doc);
    assert_int_equal(og_pickle_read(doc, bytes.data, bytes.len, NULL, NULL, NULL), 0);
    assert_true(og_doc_memory(doc) - before <= 64 * bytes.len + 65536);
    og_value v = og_doc_root(doc);
    og_json_write_options plain = {.size = sizeof plain, .form = OG_JSON_PLAIN, .max_bytes = 1 << 20};
    og_json_write_options lossless = {.size = sizeof lossless, .form = OG_JSON_LOSSLESS, .max_depth = 5000};
    out.len = 0;
    assert_int_equal(og_json_write(v, &out, &plain, NULL), OG_ELIMIT);
    assert_int_equal(out.len, 0);
    assert_int_equal(og_json_write(v, &out, &lossless, NULL), 0);
    assert_true(out.len < 40 * LEVELS);
    out.len = 0;
    assert_int_equal(og_pickle_write(v, &out, NULL, NULL), 0);
    assert_true(out.len <= bytes.len);
    assert_int_equal(og_pickle_canonical(v, &out, NULL, NULL), 0);
    og_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_opcode_refuses_too_little, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_opcode_takes_or_refuses_every_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_may_be_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_is_one_empty_tuple, set_up, tear_down),
        cmocka_unit_test_setup_teardown(buffers_are_read_only_when_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(doubling_costs_nothing_until_it_is_written_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
