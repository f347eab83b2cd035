/* SPDX-License-Identifier: MIT */
/* Memory of reading and writing pickles: within what was promised, and survived when there is none. */
#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"
#include "codec/pickle_samples.h"
#include "support/failing_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 200000 };

/* The most memory held while reading: at most 64 bytes a byte and 64 KiB, whatever came of it. */
static int assert_promise(const uint8_t *bytes, size_t len, const char *what)
{
    failing_alloc counting;
    failing_alloc_init(&counting);
    og_doc *doc = og_doc_new(&counting.allocator);
    assert_non_null(doc);
    og_pickle_read_options options = {.size = sizeof options, .max_depth = 60000};
    int status = og_pickle_read(doc, bytes, len, NULL, &options, NULL);
    if (counting.peak_bytes > 64 * len + 65536)
        fail_msg("%s: %zu bytes held for %zu, that is %.1f a byte", what, counting.peak_bytes, len,
                 (double)counting.peak_bytes / (double)len);
    og_doc_free(doc);
    assert_int_equal(counting.live_bytes, 0);
    assert_int_equal(counting.mistakes, 0);
    return status;
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

/* An opcode over and over, with what it needs before it: `head` once, then `part`. */
typedef struct repeated {
    og__opcode op;
    int status; /* of a long one */
    const char *head;
    size_t head_len;
    const char *part;
    size_t part_len;
} repeated;

#define REPEATED(op, status, head, part)                                     \
    {                                                                        \
        OG__OP_##op, status, head, sizeof(head) - 1, part, sizeof(part) - 1, \
    }

#define OBJECT "cm\nC\n)R"
#define CALLED "cm\nC\nq\0"

/*
 * OG_ELIMIT: what is asked for takes more than 64 bytes a byte, and no pickler writes it. A buffer that was
 * not passed in is a record of 64 bytes and its place on the stack; every BUILD after the first is one of
 * 144.
 */
static const repeated every_opcode[] = {
    REPEATED(MARK, 0, "N", "(0"),
    REPEATED(MARK, OG_ESYNTAX, "", "("),
    REPEATED(STOP, OG_ETRAILING, "N", "."),
    REPEATED(POP, 0, "N", "N0"),
    REPEATED(POP_MARK, 0, "N", "(1"),
    REPEATED(DUP, 0, "N", "2"),
    REPEATED(PROTO, 0, "N", "\x80\x04"),
    REPEATED(FRAME, 0, "N", "\x95\0\0\0\0\0\0\0\0"),
    REPEATED(NONE, 0, "", "N"),
    REPEATED(NEWTRUE, 0, "", "\x88"),
    REPEATED(NEWFALSE, 0, "", "\x89"),
    REPEATED(INT, 0, "", "I1\n"),
    REPEATED(BININT, 0, "", "J\1\2\3\4"),
    REPEATED(BININT1, 0, "", "K\1"),
    REPEATED(BININT2, 0, "", "M\1\2"),
    REPEATED(LONG, 0, "", "L1L\n"),
    REPEATED(LONG, 0, "", "L9999999999999999999L\n"),
    REPEATED(LONG1, 0, "", "\x8a\0"),
    REPEATED(LONG1, 0, "", "\x8a\x08\0\0\0\0\0\0\0\x80"),
    REPEATED(LONG4, 0, "", "\x8b\1\0\0\0\1"),
    REPEATED(FLOAT, 0, "", "F1\n"),
    REPEATED(BINFLOAT, 0, "", "G?\xf0\0\0\0\0\0\0"),
    REPEATED(STRING, 0, "", "S''\n"),
    REPEATED(BINSTRING, 0, "", "T\0\0\0\0"),
    REPEATED(SHORT_BINSTRING, 0, "", "U\0"),
    REPEATED(UNICODE, 0, "", "V\n"),
    REPEATED(UNICODE, 0, "", "V\xe9\n"),
    REPEATED(BINUNICODE, 0, "", "X\0\0\0\0"),
    REPEATED(SHORT_BINUNICODE, 0, "", "\x8c\0"),
    REPEATED(BINUNICODE8, 0, "", "\x8d\0\0\0\0\0\0\0\0"),
    REPEATED(BINBYTES, 0, "", "B\0\0\0\0"),
    REPEATED(SHORT_BINBYTES, 0, "", "C\0"),
    REPEATED(BINBYTES8, 0, "", "\x8e\0\0\0\0\0\0\0\0"),
    REPEATED(BYTEARRAY8, 0, "", "\x96\0\0\0\0\0\0\0\0"),
    REPEATED(BYTEARRAY8, 0, "", "\x96\1\0\0\0\0\0\0\0a"),
    REPEATED(NEXT_BUFFER, OG_ELIMIT, "", "\x97"),
    REPEATED(NEXT_BUFFER, 0, "]", "\227a"),
    REPEATED(READONLY_BUFFER, OG_ELIMIT, "", "\x97\x98"),
    REPEATED(READONLY_BUFFER, 0, "\x97", "\x98"),
    REPEATED(EMPTY_LIST, 0, "", "]"),
    REPEATED(EMPTY_LIST, 0, "", "]\x94"),
    REPEATED(APPEND, 0, "]", "Na"),
    REPEATED(APPEND, 0, OBJECT, "Na"),
    REPEATED(APPEND, 0, "", "]Na"),
    REPEATED(APPENDS, 0, "]", "(Ne"),
    REPEATED(APPENDS, 0, "]", "(e"),
    REPEATED(LIST, 0, "", "(l"),
    REPEATED(LIST, 0, "", "(Nl"),
    REPEATED(EMPTY_TUPLE, 0, "", ")"),
    REPEATED(EMPTY_TUPLE, 0, "", ")\x94"),
    REPEATED(TUPLE, 0, "", "(t"),
    REPEATED(TUPLE1, 0, "", "N\x85"),
    REPEATED(TUPLE1, 0, "N",
             "\x85\x85\x85"
             "0N"),
    REPEATED(TUPLE2, 0, "", "NN\x86"),
    REPEATED(TUPLE2, 0, "N",
             "2\x86"
             "2\x86"
             "0N"),
    REPEATED(TUPLE3, 0, "", "NNN\x87"),
    REPEATED(EMPTY_DICT, 0, "", "}"),
    REPEATED(DICT, 0, "", "(d"),
    REPEATED(DICT, 0, "", "(NNd"),
    REPEATED(SETITEM, 0, "}", "NNs"),
    REPEATED(SETITEM, 0, OBJECT, "NNs"),
    REPEATED(SETITEM, 0, "", "}NNs"),
    REPEATED(SETITEMS, 0, "}", "(NNu"),
    REPEATED(SETITEMS, 0, "", "}(NNu"),
    REPEATED(EMPTY_SET, 0, "", "\x8f"),
    REPEATED(ADDITEMS, 0, "\x8f", "(N\x90"),
    REPEATED(ADDITEMS, 0, "", "\x8f(N\x90"),
    REPEATED(FROZENSET, 0, "", "(\x91"),
    REPEATED(FROZENSET, 0, "", "(N\x91"),
    REPEATED(GET, 0, "Np0\n", "g0\n"),
    REPEATED(BINGET, 0, "Nq\0", "h\0"),
    REPEATED(BINGET, 0, "]q\0", "h\0"),
    REPEATED(LONG_BINGET, 0, "Nq\0", "j\0\0\0\0"),
    REPEATED(PUT, 0, "N", "p0\n"),
    REPEATED(BINPUT, 0, "N", "q\0"),
    REPEATED(LONG_BINPUT, 0, "N", "r\0\0\xff\xff"),
    REPEATED(MEMOIZE, 0, "N", "\x94"),
    REPEATED(GLOBAL, 0, "", "cm\nC\n"),
    REPEATED(STACK_GLOBAL, 0, "Vm\nq\0", "h\0h\0\x93"),
    REPEATED(REDUCE, 0, CALLED, "h\0)R"),
    REPEATED(REDUCE, 0, CALLED ")q\1", "h\0h\1R\x94"),
    REPEATED(REDUCE, 0, "cbuiltins\nset\nq\0)q\1", "h\0h\1R"),
    REPEATED(BUILD, OG_ELIMIT, OBJECT, "Nb"),
    REPEATED(BUILD, 0, "", OBJECT "Nb"),
    REPEATED(BUILD, 0, OBJECT, "}NNsb"),
    REPEATED(NEWOBJ, 0, CALLED, "h\0)\x81"),
    REPEATED(NEWOBJ, 0, CALLED, "h\0)\x81}b"),
    REPEATED(NEWOBJ_EX, 0, CALLED, "h\0)}\x92"),
    REPEATED(INST, 0, "", "(im\nC\n"),
    REPEATED(OBJ, 0, CALLED, "(h\0o"),
    REPEATED(PERSID, 0, "", "P1\n"),
    REPEATED(BINPERSID, 0, "", "NQ"),
    REPEATED(BINPERSID, 0, "N", "QQQ0N"),
    REPEATED(EXT1, 0, "", "\x82\x01"),
    REPEATED(EXT2, 0, "", "\x83\x01\1"),
    REPEATED(EXT4, 0, "", "\x84\x01\1\1\1"),
};
enum { REPEATS = sizeof every_opcode / sizeof *every_opcode };

static void keeps_the_promise_for_every_opcode(void **state)
{
    (void)state;
    static uint8_t bytes[SIZE];
    bool seen[256] = {0};
    for (size_t i = 0; i < REPEATS; i++) {
        const repeated *r = &every_opcode[i];
        int status = 0;
        for (size_t size = 100; size <= SIZE; size *= 10) {
            size_t n = r->head_len;
            memcpy(bytes, r->head, n);
            for (; n + r->part_len < size; n += r->part_len)
                memcpy(bytes + n, r->part, r->part_len);
            bytes[n++] = '.';
            status = assert_promise(bytes, n, og__pickle_opcodes[r->op].name);
            if (size == 100 && r->status == OG_ELIMIT) assert_int_equal(status, 0); /* few are taken */
        }
        if (status != r->status)
            fail_msg("%s, row %zu: %s", og__pickle_opcodes[r->op].name, i, og_status_name(status));
        seen[r->op] = true;
    }
    for (int op = 0; op < 256; op++)
        assert_true(!og__pickle_opcodes[op].name || seen[op]);
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
        cmocka_unit_test(keeps_the_promise_for_every_opcode),
        cmocka_unit_test(holds_no_more_for_memo_games),
        cmocka_unit_test(holds_no_more_for_keys),
        cmocka_unit_test(survives_every_failing_allocation),
        cmocka_unit_test(survives_failures_while_growing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
