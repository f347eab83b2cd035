/* SPDX-License-Identifier: MIT */
/* What values are written as; that they read back to the same; what cannot be written. */
#include <onggi/pickle.h>

#include "codec/pickle/write/intern.h"
#include "codec/pickle_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static og_doc *doc;
static og_doc *again;

static int set_up(void **state)
{
    (void)state;
    doc = og_doc_new(NULL);
    again = og_doc_new(NULL);
    return doc && again ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    og_doc_free(doc);
    og_doc_free(again);
    return 0;
}

static og_pickle_write_options protocol_of(int protocol)
{
    return (og_pickle_write_options){.size = sizeof(og_pickle_write_options),
                                     .protocol = protocol ? protocol : OG_PICKLE_PROTOCOL_0};
}

static void assert_writes(og_value v, int protocol, const char *bytes, size_t len)
{
    og_pickle_write_options options = protocol_of(protocol);
    size_t size = 0;
    char *out = og_pickle_dumps(v, &size, &options, NULL);
    assert_non_null(out);
    assert_int_equal(size, len);
    assert_memory_equal(out, bytes, len);
    free(out);
}

/* The value that a pickle reads as: its root is known to be in nothing. */
static og_value from(const char *bytes)
{
    assert_int_equal(og_pickle_read(doc, bytes, strlen(bytes), NULL, NULL, NULL), 0);
    return og_doc_root(doc);
}

#define WRITES(v, protocol, text) assert_writes(v, protocol, text, sizeof(text) - 1)

static void writes_the_bytes_of_small_values(void **state)
{
    (void)state;
    WRITES(og_none(), 0, "N.");
    WRITES(og_bool(true), 1, "I01\n.");
    WRITES(og_bool(true), 2, "\x80\x02\x88.");
    WRITES(og_none(), 4, "\x80\x04N.");
    WRITES(og_int(255), 2, "\x80\x02K\xff.");
    WRITES(og_int(256), 2, "\x80\x02M\0\x01.");
    WRITES(og_int(-1), 2, "\x80\x02J\xff\xff\xff\xff.");
    WRITES(og_int(1LL << 31), 2, "\x80\x02\x8a\x05\0\0\0\x80\0.");
    WRITES(og_int(-(1LL << 39)), 2, "\x80\x02\x8a\x05\0\0\0\0\x80.");
    WRITES(og_int(1LL << 31), 1, "L2147483648L\n.");
    WRITES(from("](L2147483648L\nL-9223372036854775808L\nI01\nI00\nK\x07\x65."), 1,
           "](L2147483648L\nL-9223372036854775808L\nI01\nI00\nK\x07\x65.");
    WRITES(og_float(1.5), 0, "F1.5\n.");
    WRITES(og_str(doc, "a\n\\\xc3\xa9\xe2\x82\xac"), 0, "Va\\u000a\\u005c\xe9\\u20ac\np0\n.");
    WRITES(og_list(doc), 0, "(l.");
    WRITES(from("](K\x01K\x02"
                "e."),
           0, "(lI1\naI2\na.");
    WRITES(from("}Vabcdefgh\nK\x01s."), 4,
           "\x80\x04\x95\x10\0\0\0\0\0\0\0}\x8c\x08"
           "abcdefgh\x94K\x01s.");
    WRITES(from("K\x01K\x02K\x03\x87."), 2, "\x80\x02K\x01K\x02K\x03\x87.");
}

/* Reads, writes and reads each sample in every protocol. */
static void reads_back_to_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < PICKLE_SAMPLES; i++) {
        for (int protocol = 0; protocol <= 5; protocol++) {
            const pickle_sample *s = &pickle_samples[i];
            og_pickle_write_options options = protocol_of(protocol);
            og_error err = {0};
            size_t size = 0;
            assert_int_equal(og_pickle_read(doc, s->bytes, s->len, NULL, NULL, NULL), 0);
            void *out = og_pickle_dumps(og_doc_root(doc), &size, &options, &err);
            if (!out && err.code == OG_EVALUE && protocol < 5) continue; /* buffers need protocol 5 */
            assert_non_null(out);
            assert_int_equal(og_pickle_read(again, out, size, NULL, NULL, NULL), 0);
            if (og_identical(og_doc_root(doc), og_doc_root(again)) != 1)
                fail_msg("sample %zu changed in protocol %d", i, protocol);
            free(out);
        }
    }
}

static void writes_nothing_twice(void **state)
{
    (void)state;
    og_value list = og_list(doc);
    og_list_append(doc, list, list, NULL);
    WRITES(list, 4, "\x80\x04\x95\x06\0\0\0\0\0\0\0]\x94h\0a.");
    WRITES(from("](Vsame text\nVsame text\ne."), 2, "\x80\x02](X\x09\0\0\0same textq\0h\0e.");
}

/* A list of `count` strings, each of them twice: in the same place of memory, or in two. */
static og_value list_of_pairs(int count, bool same_place)
{
    og_doc_reset(doc);
    og_value list = og_list(doc);
    for (int i = 0; i < 2 * count; i++) {
        char text[16];
        snprintf(text, sizeof text, "text %d", i % count);
        bool twin = i >= count && same_place;
        og_value item = twin ? og_item(list, (size_t)(i - count)) : og_str(doc, text);
        assert_int_equal(og_list_append(doc, list, item, NULL), 0);
    }
    return list;
}

/* The memo of strings has 63 places at first, then a table that grows. */
static void writes_no_string_twice_however_many_there_are(void **state)
{
    static const int counts[] = {1, 2, 62, 63, 64, 65, 127, 128, 129, 300, 1030};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof counts / sizeof counts[0]; i++) {
        for (int protocol = 0; protocol <= 5; protocol++) {
            og_value list = list_of_pairs(counts[i / 2], i % 2);
            og_pickle_write_options options = protocol_of(protocol);
            size_t len = 0;
            char *out = og_pickle_dumps(list, &len, &options, NULL);
            assert_int_equal(og_pickle_read(again, out, len, NULL, NULL, NULL), 0);
            assert_int_equal(og_identical(list, og_doc_root(again)), 1);
            int written = 0;
            for (size_t k = 0; k + 5 <= len; k++)
                written += memcmp(out + k, "text ", 5) == 0;
            assert_int_equal(written, counts[i / 2]);
            free(out);
        }
    }
}

static void writes_large_strings_outside_of_frames(void **state)
{
    (void)state;
    static char text[70000];
    memset(text, 'x', sizeof text);
    og_value list = og_pack(doc, NULL, "[s#is#]", text, sizeof text, 1, text, sizeof text);
    og_pickle_write_options options = protocol_of(4);
    size_t size = 0;
    uint8_t *out = og_pickle_dumps(list, &size, &options, NULL);
    assert_non_null(out);
    assert_true(size < 70100 + 70000);
    assert_int_equal(og_pickle_read(again, out, size, NULL, NULL, NULL), 0);
    assert_int_equal(og_identical(list, og_doc_root(again)), 1);
    free(out);
}

static void refuses(og_value v, int protocol, int status)
{
    og_pickle_write_options options = protocol_of(protocol);
    og_error err = {0};
    og_buf out = OG_BUF_INIT;
    og_buf_puts(&out, "before");
    assert_int_equal(og_pickle_write(v, &out, &options, &err), status);
    assert_int_equal(err.code, status);
    assert_int_equal(out.len, 6);
    assert_true(strlen(err.text) > 10);
    og_buf_free(&out);
}

static void refuses_what_cannot_be_written(void **state)
{
    (void)state;
    refuses((og_value){0}, 4, OG_EINVAL);
    refuses(og_none(), 6, OG_EINVAL);
    refuses(og_object(doc, OG_MAKE_BUFFER, (og_value){0}, og_int(0)), 4, OG_EVALUE);
    refuses(og_object(doc, OG_MAKE_BUFFER, (og_value){0}, og_int(1)), 5, OG_EVALUE);
    refuses(og_object(doc, OG_MAKE_EXTENSION, (og_value){0}, og_int(0)), 4, OG_EVALUE);
    refuses(og_class(doc, "a\nb", 3, "c", 1), 2, OG_EVALUE);
    refuses(og_class(doc, "__builtin__", 11, "set", 3), 2, OG_EVALUE);
    og_value list = og_list(doc);
    for (int i = 0; i < 1000; i++) {
        og_value outer = og_list(doc);
        og_list_append(doc, outer, list, NULL);
        list = outer;
    }
    refuses(list, 4, OG_ELIMIT);
}

static void keeps_to_its_limit_of_bytes(void **state)
{
    (void)state;
    og_value list = og_list(doc);
    for (int i = 0; i < 1000; i++)
        og_list_append(doc, list, og_int(i), NULL);
    og_pickle_write_options options = protocol_of(4);
    size_t size = 0;
    free(og_pickle_dumps(list, &size, &options, NULL));
    assert_true(size > 2000);
    options.max_bytes = size;
    void *out = og_pickle_dumps(list, &size, &options, NULL);
    assert_non_null(out);
    free(out);
    options.max_bytes--;
    og_error err = {0};
    assert_null(og_pickle_dumps(list, &size, &options, &err));
    assert_int_equal(err.code, OG_ELIMIT);
}

/* A dict of plain values of all lengths, and of repeated ones. */
static og_value plain_values(void)
{
    static const int64_t ints[] = {0,         255,       256,        65536,       -1,
                                   INT32_MAX, INT32_MIN, 4294967296, -2147483649, 98765432109876,
                                   INT64_MAX, INT64_MIN, 2147483648, 100000000};
    enum { INTS = sizeof ints / sizeof ints[0] };
    og_value dict = og_dict(doc);
    og_value list = og_list(doc);
    for (size_t i = 0; i < INTS; i++) {
        assert_int_equal(og_dict_set(doc, dict, og_int(ints[i]), og_int(ints[INTS - 1 - i]), NULL), 0);
        assert_int_equal(og_list_append(doc, list, og_bool(i % 2), NULL), 0);
    }
    assert_int_equal(og_dict_set(doc, dict, og_str(doc, "key"), list, NULL), 0);
    assert_int_equal(og_dict_set(doc, dict, og_float(1.5), og_str(doc, "key"), NULL), 0);
    assert_int_equal(og_dict_set(doc, dict, og_str(doc, "a longer key"), og_none(), NULL), 0);
    return dict;
}

/* Where there is little room each value is written by the general way, which asks for more. */
static void writes_the_same_whatever_room_there_is(void **state)
{
    (void)state;
    enum { CAP = 4096, MOST = 600 };
    og_value values = plain_values();
    for (int protocol = 0; protocol <= 5; protocol++) {
        og_pickle_write_options options = protocol_of(protocol);
        size_t size = 0;
        uint8_t *expected = og_pickle_dumps(values, &size, &options, NULL);
        assert_non_null(expected);
        for (size_t room = 0; room < MOST; room++) {
            og_buf out = OG_BUF_INIT;
            assert_int_equal(og_buf_reserve(&out, CAP), 0);
            out.len = out.cap - room;
            size_t start = out.len;
            assert_int_equal(og_pickle_write(values, &out, &options, NULL), 0);
            assert_int_equal(out.len - start, size);
            assert_memory_equal(out.data + start, expected, size);
            og_buf_free(&out);
        }
        free(expected);
    }
}

/* All at once, as one by one: those with a mark among none, some and all that there can be. */
static void marks_are_found(void **state)
{
    (void)state;
    enum { MARKS = 256 };
    og__few_interned few;
    uint8_t one_by_one[OG__FEW_INTERNED] = {0};
    memset(few.marks, 0, sizeof few.marks);
    for (uint32_t which = 0; which < OG__FEW_INTERNED; which++) {
        one_by_one[which] = (uint8_t)(which % 7 * 50 + 1);
        og__pickle_intern_set_mark(&few, which, one_by_one[which]);
        for (unsigned mark = 0; mark < MARKS; mark++) {
            uint32_t expected = 0;
            for (uint32_t i = 0; i < OG__FEW_INTERNED; i++)
                expected |= (uint32_t)(one_by_one[i] == mark) << i;
            assert_int_equal(og__pickle_intern_marked(&few, (uint8_t)mark), expected);
        }
    }
}

static void writes_deep_values_when_allowed(void **state)
{
    (void)state;
    og_value list = og_list(doc);
    for (int i = 0; i < 50000; i++) {
        og_value outer = og_list(doc);
        og_list_append(doc, outer, list, NULL);
        list = outer;
    }
    og_pickle_write_options options = protocol_of(4);
    options.max_depth = 60000;
    size_t size = 0;
    void *out = og_pickle_dumps(list, &size, &options, NULL);
    assert_non_null(out);
    og_pickle_read_options read = {.size = sizeof read, .max_depth = 60000};
    assert_int_equal(og_pickle_read(again, out, size, NULL, &read, NULL), 0);
    assert_int_equal(og_identical(list, og_doc_root(again)), 1);
    free(out);
}

/* Names of Python 2 in protocols that Python 2 reads, those of Python 3 after that. */
static void writes_names_for_the_protocol(void **state)
{
    (void)state;
    og_value set = og_class(doc, "builtins", 8, "set", 3);
    WRITES(set, 2,
           "\x80\x02"
           "c__builtin__\nset\nq\0.");
    WRITES(set, 3,
           "\x80\x03"
           "cbuiltins\nset\nq\0.");
    og_value inner = og_class(doc, "m", 1, "A.B", 3);
    WRITES(inner, 2,
           "\x80\x02"
           "c__builtin__\ngetattr\nq\0cm\nA\nX\x01\0\0\0Bq\x01\x86Rq\x02.");
}

/* A chain of getattr() is read as one name up to a length; beyond that it would come back as calls. */
static void writes_long_nested_names_from_protocol_4_on(void **state)
{
    (void)state;
    char name[1001];
    memset(name, 'a', sizeof name);
    name[500] = '.';
    for (int protocol = 1; protocol <= 5; protocol++) {
        og_pickle_write_options options = {.size = sizeof options, .protocol = protocol};
        for (size_t len = 1000; len <= 1001; len++) {
            og_value class = og_class(doc, "m", 1, name, len);
            og_error err = {0};
            size_t size;
            void *bytes = og_pickle_dumps(class, &size, &options, &err);
            if (protocol < 4 && len > 1000) {
                assert_null(bytes);
                assert_int_equal(err.code, OG_EVALUE);
                continue;
            }
            assert_non_null(bytes);
            assert_int_equal(og_pickle_read(again, bytes, size, NULL, NULL, NULL), 0);
            assert_int_equal(og_identical(class, og_doc_root(again)), 1);
            free(bytes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_bytes_of_small_values),
        cmocka_unit_test(reads_back_to_the_same),
        cmocka_unit_test(writes_nothing_twice),
        cmocka_unit_test(writes_no_string_twice_however_many_there_are),
        cmocka_unit_test(writes_large_strings_outside_of_frames),
        cmocka_unit_test(refuses_what_cannot_be_written),
        cmocka_unit_test(keeps_to_its_limit_of_bytes),
        cmocka_unit_test(writes_the_same_whatever_room_there_is),
        cmocka_unit_test(marks_are_found),
        cmocka_unit_test(writes_deep_values_when_allowed),
        cmocka_unit_test(writes_names_for_the_protocol),
        cmocka_unit_test(writes_long_nested_names_from_protocol_4_on),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
