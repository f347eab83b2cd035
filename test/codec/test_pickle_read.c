/* SPDX-License-Identifier: MIT */
/* What pickles read as, and how bad ones are refused. */
#include <onggi/pickle.h>

#include "codec/pickle/opcodes.h"
#include "codec/pickle_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static og_doc *doc;   /* what is read */
static og_doc *other; /* what it is compared with */

static int set_up(void **state)
{
    (void)state;
    doc = og_doc_new(NULL);
    other = og_doc_new(NULL);
    return doc && other ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    og_doc_free(doc);
    og_doc_free(other);
    return 0;
}

/* Reads a literal; its bytes are copied to a block of their own size, so that valgrind and ASan see every
 * slip. */
static og_value read_bytes(const char *bytes, size_t len, const og_pickle_read_options *options,
                           og_error *err)
{
    static uint8_t *copy;
    free(copy);
    copy = malloc(len ? len : 1);
    assert_non_null(copy);
    if (len) memcpy(copy, bytes, len);
    size_t used = 0;
    if (og_pickle_read(doc, copy, len, &used, options, err) < 0) return (og_value){0};
    assert_true(options && options->allow_trailing ? used <= len : used == len);
    return og_doc_root(doc);
}

#define READ(text) read_bytes(text, sizeof(text) - 1, NULL, NULL)

static void assert_int(og_value v, int64_t want)
{
    int64_t number = 0;
    assert_int_equal(og_kind_of(v), OG_INT);
    assert_int_equal(og_as_int64(v, &number), 0);
    assert_int_equal(number, want);
}

static void assert_same(og_value a, og_value b)
{
    assert_true(og_valid(a) && og_valid(b));
    assert_int_equal(og_identical(a, b), 1);
}

static void reads_scalars(void **state)
{
    (void)state;
    double number = 0;
    assert_int_equal(og_kind_of(READ("N.")), OG_NONE);
    assert_same(READ("\x88."), og_bool(true));
    assert_same(READ("I01\n."), og_bool(true));
    assert_same(READ("I00\n."), og_bool(false));
    assert_int(READ("I0\n."), 0);
    assert_int(READ("I010\n."), 8); /* as C's strtol() has it */
    assert_int(READ("L0x10L\n."), 16);
    assert_int(READ("K\xff."), 255);
    assert_int(READ("M\xff\xff."), 65535);
    assert_int(READ("J\xff\xff\xff\xff."), -1);
    assert_int(READ("\x8a\x00."), 0);
    assert_int(READ("\x8a\x01\x80."), -128);
    assert_int(READ("\x8a\x08\0\0\0\0\0\0\0\x80."), INT64_MIN);
    assert_true(og_is_big(READ("\x8a\x09\0\0\0\0\0\0\0\x80\0.")));
    assert_int_equal(og_as_double(READ("G\xbf\xf8\0\0\0\0\0\0."), &number), 0);
    assert_true(number == -1.5);
    assert_int_equal(og_as_double(READ("F.5\n."), &number), 0);
    assert_true(number == 0.5);
}

static void reads_strings(void **state)
{
    (void)state;
    assert_true(og_str_is(READ("\x8c\x02\xc3\xa9."), "\xc3\xa9"));
    assert_true(og_str_has_surrogates(READ("\x8c\x03\xed\xa0\xbd.")));
    assert_true(og_str_is(READ("V\xe9\\u0041\\\\u0041\n."), "\xc3\xa9"
                                                            "A\\\\u0041"));
    assert_true(og_str_is(READ("S'a\\x42\\103\\n\\q'\n."), "aBC\n\\q"));
    assert_int_equal(og_kind_of(READ("C\x01\xff.")), OG_BYTES);
    assert_int_equal(og_kind_of(READ("\x96\x01\0\0\0\0\0\0\0x.")), OG_BYTEARRAY);
}

static void reads_python_2_strings_as_told(void **state)
{
    (void)state;
    og_pickle_read_options options = {.size = sizeof options};
    og_error err = {0};
    assert_false(og_valid(read_bytes("U\x01\xe9.", 4, &options, &err)));
    assert_int_equal(err.code, OG_ESYNTAX);
    options.encoding = OG_PICKLE_LATIN1;
    assert_true(og_str_is(read_bytes("U\x01\xe9.", 4, &options, &err), "\xc3\xa9"));
    options.encoding = OG_PICKLE_UTF8;
    assert_true(og_str_is(read_bytes("U\x02\xc3\xa9.", 5, &options, &err), "\xc3\xa9"));
    assert_false(og_valid(read_bytes("U\x01\xe9.", 4, &options, &err)));
    options.encoding = OG_PICKLE_BYTES;
    assert_int_equal(og_kind_of(read_bytes("U\x01\xe9.", 4, &options, &err)), OG_BYTES);
}

static void reads_data_made_by_calls(void **state)
{
    (void)state;
    assert_same(READ("c__builtin__\nset\n](K\x01K\x02"
                     "e\x85R."),
                og_pack(other, NULL, "<ii>", 1, 2));
    assert_same(READ("c_codecs\nencode\n(V\xe9\nVlatin1\ntR."), og_bytes(other, "\xe9", 1));
    assert_same(READ("c__builtin__\nbytearray\n)R."), og_bytearray(other, "", 0));
    assert_same(READ("c__builtin__\ncomplex\n(F1\nF-2\ntR."), og_complex(other, 1, -2));
    assert_int_equal(og_kind_of(READ("cbuiltins\nfrozenset\n((K\x01ttR.")), OG_FROZENSET);
    /* What protocols from 3 on call __builtin__ is no builtin to Python 3. */
    assert_int_equal(og_kind_of(READ("\x80\x03"
                                     "c__builtin__\nset\n)R.")),
                     OG_OBJECT);
}

static void never_runs_what_is_named(void **state)
{
    (void)state;
    og_value v = READ("cos\nsystem\n(Vecho\ntR.");
    assert_int_equal(og_kind_of(v), OG_OBJECT);
    assert_int_equal(og_object_make(v), OG_MAKE_CALL);
    assert_true(og_class_is(og_object_class(v), "os", "system"));
    assert_true(og_str_is(og_item(og_object_args(v), 0), "echo"));
}

static void reads_objects(void **state)
{
    (void)state;
    og_value v = READ("\x80\x04\x8c\x01m\x8c\x01"
                      "C\x93K\x01\x85}\x8c\x01kNs\x92(NNe(K\x01Nu}\x8c\x01xK\x07sb.");
    assert_int_equal(og_object_make(v), OG_MAKE_NEW);
    assert_int(og_item(og_object_args(v), 0), 1);
    assert_int_equal(og_len(og_object_kwargs(v)), 1);
    assert_int_equal(og_len(og_object_items(v)), 2);
    assert_int_equal(og_len(og_object_pairs(v)), 2);
    assert_int(og_object_attr(v, "x"), 7);
    v = READ("(K\x01im\nC\n.");
    assert_int_equal(og_object_make(v), OG_MAKE_INSTANCE);
    v = READ("K\x07Q.");
    assert_int_equal(og_object_make(v), OG_MAKE_PERSISTENT);
    assert_int(og_object_args(v), 7);
    v = READ("\x84\x07\0\x01\0.");
    assert_int_equal(og_object_make(v), OG_MAKE_EXTENSION);
    assert_int(og_object_args(v), 65543);
}

static void takes_buffers_that_are_passed_in(void **state)
{
    (void)state;
    og_value buffers[2] = {og_bytes_borrow("ab", 2), og_bytes_borrow("cd", 2)};
    og_pickle_read_options options = {.size = sizeof options, .buffers = buffers, .buffer_count = 2};
    og_error err = {0};
    assert_same(read_bytes("\x97\x97\x98\x86.", 5, &options, &err),
                og_pack(other, NULL, "(y#y#)", "ab", (size_t)2, "cd", (size_t)2));
    assert_false(og_valid(read_bytes("\x97\x97\x97\x87.", 5, &options, &err)));
    assert_int_equal(err.position, 2);
}

static void keeps_sharing_and_cycles(void **state)
{
    (void)state;
    og_value v = READ("]q\0h\0a.");
    assert_true(og_item(v, 0).u.p == v.u.p);
    v = READ("]q\0h\0\x85q\1"
             "a0h\1."); /* a tuple in its own list, as CPython writes it */
    assert_int_equal(og_kind_of(v), OG_TUPLE);
    assert_true(og_item(og_item(v, 0), 0).u.p == v.u.p);
    v = READ("]q\0h\0\x86.");
    assert_true(og_item(v, 0).u.p == og_item(v, 1).u.p);
}

static void keeps_the_first_place_of_the_last_value(void **state)
{
    (void)state;
    og_value v = READ("}(K\x01NK\x02NK\x01K\x09u.");
    assert_same(v, og_pack(other, NULL, "{i:i,i:n}", 1, 9, 2));
}

/* [[...]] with each list twice in the next one: 2**200 paths, a few hundred bytes. */
static void reads_doubling_at_once(void **state)
{
    (void)state;
    char bytes[2 + 200 * 4];
    size_t n = 0;
    bytes[n++] = ']';
    for (int i = 0; i < 200; i++) {
        bytes[n++] = '2';
        bytes[n++] = (char)0x86;
    }
    bytes[n++] = '.';
    og_value v = read_bytes(bytes, n, NULL, NULL);
    assert_int_equal(og_kind_of(v), OG_TUPLE);
}

/* `depth` tuples in one another. */
static int read_nested(size_t depth, og_error *err)
{
    char *bytes = malloc(depth + 2);
    assert_non_null(bytes);
    memset(bytes, 0x85, depth + 1);
    bytes[0] = 'N';
    bytes[depth + 1] = '.';
    int status = og_pickle_read(doc, bytes, depth + 2, NULL, NULL, err);
    free(bytes);
    return status;
}

static void limits_depth(void **state)
{
    (void)state;
    og_error err = {0};
    assert_int_equal(read_nested(1000, &err), 0);
    assert_int_equal(read_nested(1001, &err), OG_ELIMIT);
    assert_int_equal(err.position, 1001);
    og_pickle_read_options options = {.size = sizeof options, .max_depth = 2};
    assert_true(og_valid(read_bytes("]]a.", 4, &options, &err)));
    assert_false(og_valid(read_bytes("]]]aa.", 6, &options, &err)));
    assert_false(og_valid(read_bytes("N\x85\x85\x85.", 5, &options, &err)));
    assert_false(og_valid(read_bytes("cm\nC\n)R]]a\x86\x85.", 14, &options, &err)));
}

/* Lists are put into one another from the outside in, by way of the memo: depth shows only at the end. */
static void limits_depth_that_comes_late(void **state)
{
    (void)state;
    char bytes[4096 * 8];
    og_error err = {0};
    for (int depth = 1000; depth <= 1001; depth++) {
        size_t n = 0;
        for (int i = 0; i < depth; i++) {
            bytes[n++] = ']';
            bytes[n++] = (char)0x94;
        }
        for (int i = 0; i + 1 < depth; i++) { /* list i gets list i + 1 */
            const char step[] = {
                'j', (char)i, (char)(i >> 8), 0, 0, 'j', (char)(i + 1), (char)((i + 1) >> 8), 0, 0, 'a', '0'};
            memcpy(bytes + n, step, sizeof step);
            n += sizeof step;
        }
        memcpy(bytes + n, "h\0.", 3);
        int status = og_pickle_read(doc, bytes, n + 3, NULL, NULL, &err);
        assert_int_equal(status, depth == 1000 ? 0 : OG_ELIMIT);
    }
}

/* A cycle is no depth: a list may hold itself more often than max_depth. */
static void does_not_count_cycles_as_depth(void **state)
{
    (void)state;
    char bytes[2 + 5000 * 3 + 1];
    size_t n = 0;
    bytes[n++] = ']';
    bytes[n++] = (char)0x94;
    for (int i = 0; i < 5000; i++) {
        memcpy(bytes + n, "h\0a", 3);
        n += 3;
    }
    bytes[n++] = '.';
    assert_int_equal(og_len(read_bytes(bytes, n, NULL, NULL)), 5000);
}

typedef struct bad {
    const char *bytes;
    size_t len;
    int status;
    size_t position;
    const char *text; /* part of the sentence */
} bad;

#define BAD(bytes, status, position, text)               \
    {                                                    \
        bytes, sizeof(bytes) - 1, status, position, text \
    }

static const bad bad_pickles[] = {
    BAD("", OG_ETRUNCATED, 0, "before its STOP"),
    BAD("N", OG_ETRUNCATED, 1, "before its STOP"),
    BAD("N.N", OG_ETRAILING, 2, "1 byte follows"),
    BAD(".", OG_ESYNTAX, 0, "opcode STOP: expected the result on the stack but found nothing"),
    BAD("N(.", OG_ESYNTAX, 2, "but found a mark"),
    BAD("NN\xff.", OG_ESYNTAX, 2, "byte 0xff"),
    BAD("\x80\x06N.", OG_ESYNTAX, 0, "protocol 6"),
    BAD("}(NNe.", OG_ETYPE, 4, "opcode APPENDS: expected a list below the items but found dict"),
    BAD("](Nu.", OG_ESYNTAX, 3, "expected keys and values above the mark but found 1 item"),
    BAD("](NNu.", OG_ETYPE, 4, "expected a dict below the keys but found list"),
    BAD("(NNe.", OG_ESYNTAX, 3, "expected a list below the mark on the stack but found nothing"),
    BAD("NNe.", OG_ESYNTAX, 2, "expected a mark on the stack but found none"),
    BAD("a.", OG_ESYNTAX, 0, "expected a list and an item"),
    BAD("Na.", OG_ESYNTAX, 1, "expected a list below the item"),
    BAD("NNa.", OG_ETYPE, 2, "expected a list below the items but found NoneType"),
    BAD("}]Ns.", OG_ETYPE, 3, "unhashable"),
    BAD("(]\x91.", OG_ETYPE, 2, "unhashable"),
    BAD("(Nd.", OG_ESYNTAX, 2, "found 1 item"),
    BAD("h\x07.", OG_ESYNTAX, 0, "nothing was stored in the memo under 7"),
    BAD("g7\n.", OG_ESYNTAX, 0, "under 7"),
    BAD("Np-1\n.", OG_ESYNTAX, 1, "out of range"),
    BAD("Ix\n.", OG_ESYNTAX, 0, "expected an int but found 'x'"),
    BAD("I12", OG_ETRUNCATED, 0, "before the end of its line"),
    BAD("F1e999\n.", OG_EVALUE, 0, "too large for a float"),
    BAD("K", OG_ETRUNCATED, 0, "within its argument"),
    BAD("X\x05\0\0\0ab.", OG_ETRUNCATED, 0, "expected 5 bytes but the pickle ends after 3"),
    BAD("\x8c\x03"
        "a\xff"
        "b.",
        OG_ESYNTAX, 3, "byte 0xff, which is not UTF-8"),
    BAD("\x8b\xff\xff\xff\xff.", OG_ESYNTAX, 0, "negative length"),
    BAD("Sabc\n.", OG_ESYNTAX, 0, "quotes"),
    BAD("S'\\x4'\n.", OG_ESYNTAX, 0, "malformed escape"),
    BAD("V\\u12\n.", OG_ESYNTAX, 0, "malformed \\u escape"),
    BAD("NN\x93.", OG_ETYPE, 2, "expected a str as module but found NoneType"),
    BAD("cm\nC\nNR.", OG_ETYPE, 6, "expected a tuple of arguments but found NoneType"),
    BAD("N)R.", OG_ETYPE, 2, "expected a class or function but found NoneType"),
    BAD("]}b.", OG_ETYPE, 2, "expected an object below its state but found list"),
    BAD("\x82\0.", OG_ESYNTAX, 0, "above 0"),
    BAD("\x95\xff\0\0\0\0\0\0\0N.", OG_ETRUNCATED, 0, "a frame of 255 bytes"),
    BAD("\x98.", OG_ESYNTAX, 0, "a buffer on the stack"),
    BAD("N\x98.", OG_ETYPE, 1, "expected a buffer but found NoneType"),
};

static void refuses_with_position_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_pickles / sizeof *bad_pickles; i++) {
        const bad *b = &bad_pickles[i];
        og_error err = {0};
        og_value v = read_bytes(b->bytes, b->len, NULL, &err);
        if (og_valid(v) || err.code != b->status || err.position != b->position || !strstr(err.text, b->text))
            fail_msg("case %zu: %s at %zu: %s", i, og_status_name(err.code), err.position, err.text);
    }
}

static void refuses_too_many_digits(void **state)
{
    (void)state;
    char bytes[4400];
    og_error err = {0};
    memset(bytes, '1', sizeof bytes);
    bytes[0] = 'L';
    memcpy(bytes + 4301, "\n.", 2);
    assert_true(og_valid(read_bytes(bytes, 4303, NULL, &err)));
    bytes[4301] = '1';
    memcpy(bytes + 4302, "\n.", 2);
    assert_false(og_valid(read_bytes(bytes, 4304, NULL, &err)));
    assert_int_equal(err.code, OG_ELIMIT);
}

/* Ints that fit 64 bits have digits too; leading zeros and signs are none, and hexadecimal text has no limit.
 */
static void refuses_few_digits_too_many(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        og_status status;
    } rows[] = {
        {"I999\n.", OG_OK},        {"I-999\n.", OG_OK},
        {"I1000\n.", OG_ELIMIT},   {"I-1000\n.", OG_ELIMIT},
        {"L999L\n.", OG_OK},       {"L1000L\n.", OG_ELIMIT},
        {"L1_000\n.", OG_ELIMIT},  {"I00\n.", OG_OK},
        {"L0x7fffffff\n.", OG_OK}, {"(I1\nI1000\nl.", OG_ELIMIT},
    };
    og_pickle_read_options three = {.size = sizeof three, .max_digits = 3};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_error err = {0};
        bool read = og_valid(read_bytes(rows[i].text, strlen(rows[i].text), &three, &err));
        if (read != (rows[i].status == OG_OK) || err.code != rows[i].status ||
            (!read && !strstr(err.text, "max_digits")))
            fail_msg("%s: %s: %s", rows[i].text, og_status_name(err.code), err.text);
    }
}

/* Every sample, cut at every byte, and every opcode alone on the stack of an empty and a marked one. */
static void refuses_all_that_is_cut_or_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < PICKLE_SAMPLES; i++) {
        og_error err = {0};
        for (size_t cut = 0; cut < pickle_samples[i].len; cut++) {
            assert_false(og_valid(read_bytes(pickle_samples[i].bytes, cut, NULL, &err)));
            assert_true(err.position <= cut);
        }
        assert_true(og_valid(read_bytes(pickle_samples[i].bytes, pickle_samples[i].len, NULL, &err)));
    }
    for (int op = 0; op < 256; op++) {
        if (!og__pickle_opcodes[op].name || !og__pickle_opcodes[op].before[0]) continue;
        char alone[] = {(char)op, '0', '\n', '0', '\n', '.'};
        char marked[] = {'(', (char)op, '0', '\n', '0', '\n', '.'};
        og_error err = {0};
        assert_false(og_valid(read_bytes(alone, sizeof alone, NULL, &err)));
        assert_int_equal(err.position, 0);
        if (og__pickle_opcodes[op].before[0] == 'm') continue;
        if (op == OG__OP_POP) continue; /* takes the mark */
        assert_false(og_valid(read_bytes(marked, sizeof marked, NULL, &err)));
        assert_int_equal(err.position, 1);
    }
}

static void knows_all_opcodes(void **state)
{
    (void)state;
    int count = 0;
    bool seen[256] = {0};
    for (int op = 0; op < 256; op++)
        count += og__pickle_opcodes[op].name != NULL;
    assert_int_equal(count, 68);
    for (size_t i = 0; i < PICKLE_SAMPLES; i++) {
        for (size_t at = 0; at < pickle_samples[i].len; at++)
            seen[(uint8_t)pickle_samples[i].bytes[at]] = true;
    }
    for (int op = 0; op < 256; op++)
        assert_true(!og__pickle_opcodes[op].name || seen[op]);
}

static void leaves_trailing_bytes_when_told(void **state)
{
    (void)state;
    og_pickle_read_options options = {.size = sizeof options, .allow_trailing = true};
    size_t used = 0;
    assert_int_equal(og_pickle_read(doc, "N.K\x01.", 5, &used, &options, NULL), 0);
    assert_int_equal(used, 2);
}

static void loads_keeps_its_own_bytes(void **state)
{
    (void)state;
    char bytes[] = "\x8c\x05hello.";
    og_doc *own = og_pickle_loads(bytes, sizeof bytes - 1, NULL, NULL);
    assert_non_null(own);
    memset(bytes, 0, sizeof bytes);
    assert_true(og_str_is(og_doc_root(own), "hello"));
    og_doc_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_scalars),
        cmocka_unit_test(reads_strings),
        cmocka_unit_test(reads_python_2_strings_as_told),
        cmocka_unit_test(reads_data_made_by_calls),
        cmocka_unit_test(never_runs_what_is_named),
        cmocka_unit_test(reads_objects),
        cmocka_unit_test(takes_buffers_that_are_passed_in),
        cmocka_unit_test(keeps_sharing_and_cycles),
        cmocka_unit_test(keeps_the_first_place_of_the_last_value),
        cmocka_unit_test(reads_doubling_at_once),
        cmocka_unit_test(limits_depth),
        cmocka_unit_test(limits_depth_that_comes_late),
        cmocka_unit_test(does_not_count_cycles_as_depth),
        cmocka_unit_test(refuses_with_position_and_reason),
        cmocka_unit_test(refuses_too_many_digits),
        cmocka_unit_test(refuses_few_digits_too_many),
        cmocka_unit_test(refuses_all_that_is_cut_or_alone),
        cmocka_unit_test(knows_all_opcodes),
        cmocka_unit_test(leaves_trailing_bytes_when_told),
        cmocka_unit_test(loads_keeps_its_own_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
