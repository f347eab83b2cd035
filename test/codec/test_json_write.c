/* SPDX-License-Identifier: MIT */
/* Writing JSON: what strict form refuses, what plain form shows, limits, sharing and cycles. */
#include "../support/failing_alloc.h"
#include "codec/json/writer.h"
#include "random_value.h"
#include "value/doc.h"
#include <onggi/json.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static og_json_write_options with(og_json_form form)
{
    return (og_json_write_options){.size = sizeof(og_json_write_options), .form = form};
}

/* The way for any processor writes the same as the one for this. */
static void expect_twin(og_value value, const og_json_write_options *options, const char *text, size_t len)
{
    og_buf out = {.limit = len};
    assert_int_equal(og__json_write_by(value, &out, options, NULL, og__json_write_items), OG_OK);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, text, len);
    og_buf_free(&out);
}

static void expect(og_value value, const og_json_write_options *options, const char *text)
{
    og_error err = {.code = OG_OK};
    size_t len;
    char *written = og_json_dumps(value, &len, options, &err);
    if (!written) fail_msg("%s: %s", text, err.text);
    assert_string_equal(written, text);
    assert_int_equal(len, strlen(text));
    expect_twin(value, options, text, len);
    free(written);
}

static void refuse(og_value value, const og_json_write_options *options, og_status code, const char *sentence)
{
    og_error err = {.code = OG_OK};
    og_buf out = OG_BUF_INIT;
    og_buf_puts(&out, "before");
    assert_int_equal(og_json_write(value, &out, options, &err), code);
    assert_int_equal(out.len, 6);
    assert_memory_equal(out.data, "before", 6);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, sentence)) fail_msg("\"%s\" is not in \"%s\"", sentence, err.text);
    og_buf_free(&out);
}

static int setup(void **state)
{
    *state = og_doc_new(NULL);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    og_doc_free(*state);
    return 0;
}

static void test_strict(void **state)
{
    og_doc *doc = *state;
    og_value bytes = og_bytes(doc, "x", 1);
    og_value photos = og_pack(doc, NULL, "{s:{s:[n,n,n,v]}}", "user", "photo", bytes);
    refuse(photos, NULL, OG_ETYPE,
           "at .user.photo[3]: bytes cannot be carried by JSON; use plain or lossless form or pickle");
    refuse(og_pack(doc, NULL, "{s:<i>}", "not a name", 1), NULL, OG_ETYPE, "at [\"not a name\"]: set");
    refuse(og_complex(doc, 1, 2), NULL, OG_ETYPE, "complex");
    refuse(og_bytearray(doc, "x", 1), NULL, OG_ETYPE, "bytearray");
    refuse(og_class(doc, "m", 1, "C", 1), NULL, OG_ETYPE, "class");
    refuse(og_object(doc, OG_MAKE_NEW, og_class(doc, "m", 1, "C", 1), og_tuple(doc, NULL, 0)), NULL, OG_ETYPE,
           "object");
    refuse(og_float((double)NAN), NULL, OG_EVALUE, "nan is not JSON");
    refuse(og_pack(doc, NULL, "[v]", og_float(-(double)INFINITY)), NULL, OG_EVALUE, "at [0]: -inf");
    refuse((og_value){0}, NULL, OG_EINVAL, "no value");
    expect(og_pack(doc, NULL, "(i,(),[],{})", 1), NULL, "[1,[],[],{}]");
    og_json_write_options wrong = with(OG_JSON_STRICT);
    wrong.indent = -5;
    refuse(og_none(), &wrong, OG_EINVAL, "indent");
}

static og_value mixed_keys(og_doc *doc)
{
    og_value dict = og_dict(doc);
    og_dict_set(doc, dict, og_int(12), og_int(0), NULL);
    og_dict_set(doc, dict, og_bool(true), og_int(1), NULL);
    og_dict_set(doc, dict, og_none(), og_int(2), NULL);
    og_dict_set(doc, dict, og_float(1.5), og_int(3), NULL);
    og_dict_set(doc, dict, og_int_from_text(doc, "-99999999999999999999", 21, 0, NULL), og_int(4), NULL);
    og_dict_sets(doc, dict, "12", og_int(5), NULL);
    return dict;
}

/* json.dumps({12: 0, True: 1, None: 2, 1.5: 3, -99999999999999999999: 4, "12": 5}) */
static void test_keys(void **state)
{
    og_doc *doc = *state;
    og_value dict = mixed_keys(doc);
    expect(dict, NULL, "{\"12\":0,\"true\":1,\"null\":2,\"1.5\":3,\"-99999999999999999999\":4,\"12\":5}");
    og_json_write_options sorted = with(OG_JSON_STRICT);
    sorted.sort_keys = true;
    refuse(dict, &sorted, OG_ETYPE, "no order");
    og_value item = og_tuple(doc, (og_value[]){og_int(1)}, 1);
    og_dict_set(doc, dict, item, og_int(6), NULL);
    refuse(dict, NULL, OG_ETYPE, "keys must be str, int, float, bool or None, not tuple");
    og_json_write_options plain = with(OG_JSON_PLAIN);
    expect(dict, &plain,
           "{\"12\":0,\"true\":1,\"null\":2,\"1.5\":3,\"-99999999999999999999\":4,\"12\":5,\"(1,)\":6}");
}

/* sorted([10, 9, True, -1.5, 2**70, -2**70, 0.5]) */
static void test_sorting(void **state)
{
    og_doc *doc = *state;
    og_value dict = og_dict(doc);
    og_value keys[] = {og_int(10),
                       og_int(9),
                       og_bool(true),
                       og_float(-1.5),
                       og_int_from_text(doc, "1180591620717411303424", 22, 0, NULL),
                       og_int_from_text(doc, "-1180591620717411303424", 23, 0, NULL),
                       og_float(0.5)};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        og_dict_set(doc, dict, keys[i], og_none(), NULL);
    og_json_write_options sorted = with(OG_JSON_STRICT);
    sorted.sort_keys = true;
    expect(dict, &sorted,
           "{\"-1180591620717411303424\":null,\"-1.5\":null,\"0.5\":null,\"true\":null,\"9\":null,\"10\":"
           "null,\"1180591620717411303424\":null}");
    og_value text = og_pack(doc, NULL, "{s:i,s:i,s:i,s:i,s:{s:i,s:i}}", "b", 1, "\xf0\x90\x80\x80", 2,
                            "\xef\xbf\xbf", 3, "aa", 4, "a", "z", 1, "y", 2);
    expect(text, &sorted,
           "{\"a\":{\"y\":2,\"z\":1},\"aa\":4,\"b\":1,\"\xef\xbf\xbf\":3,\"\xf0\x90\x80\x80\":2}");
}

static void test_plain(void **state)
{
    og_doc *doc = *state;
    og_json_write_options plain = with(OG_JSON_PLAIN);
    expect(og_bytes(doc, "\x00\xff\x10", 3), &plain, "\"AP8Q\"");
    expect(og_bytes(doc, "a", 1), &plain, "\"YQ==\"");
    expect(og_bytearray(doc, "ab", 2), &plain, "\"YWI=\"");
    expect(og_pack(doc, NULL, "<i,i>", 1, 2), &plain, "[1,2]");
    expect(og_float((double)NAN), &plain, "null");
    expect(og_complex(doc, 1, 2), &plain, "\"(1+2j)\"");
    expect(og_complex(doc, 0, -2.5), &plain, "\"-2.5j\"");
    expect(og_complex(doc, -0.0, 1e20), &plain, "\"(-0+1e+20j)\"");
    expect(og_complex(doc, (double)NAN, -(double)INFINITY), &plain, "\"(nan-infj)\"");
    expect(og_class(doc, "os.path", 7, "join", 4), &plain, "\"os.path.join\"");
    og_value object = og_object(doc, OG_MAKE_NEW, og_class(doc, "app", 3, "User", 4), og_tuple(doc, NULL, 0));
    expect(object, &plain, "{\"py/object\":\"app.User\"}");
    og_object_build(doc, object, og_pack(doc, NULL, "{s:s,s:v}", "name", "John", "self", object), NULL);
    expect(object, &plain, "{\"py/object\":\"app.User\",\"name\":\"John\",\"self\":\"{...}\"}");
    const char halves[] = "{\"\\udce9\":\"\\ud800x\"}";
    og_doc *read = og_doc_new(NULL);
    og_json_read_options lenient = {.size = sizeof lenient, .allow_surrogates = true};
    assert_int_equal(og_json_read(read, halves, sizeof halves - 1, &lenient, NULL), 0);
    expect(og_doc_root(read), &plain, halves);
    og_doc_free(read);
    plain.allow_nan = true;
    expect(og_float((double)NAN), &plain, "NaN");
}

static void test_cycles(void **state)
{
    og_doc *doc = *state;
    og_json_write_options plain = with(OG_JSON_PLAIN);
    og_json_write_options lossless = with(OG_JSON_LOSSLESS);
    og_value list = og_list(doc);
    og_value dict = og_pack(doc, NULL, "{s:v}", "list", list);
    og_list_append(doc, list, dict, NULL);
    og_list_append(doc, list, list, NULL);
    refuse(list, NULL, OG_EVALUE, "at [0].list: the list holds itself");
    expect(list, &plain, "[{\"list\":\"[...]\"},\"[...]\"]");
    expect(dict, &plain, "{\"list\":[\"{...}\",\"[...]\"]}");
    expect(list, &lossless, "{\"py/def\":[1,[{\"list\":{\"py/ref\":1}},{\"py/ref\":1}]]}");
    /* The same node within the cycle and outside of it has two texts. */
    og_value both = og_pack(doc, NULL, "[v,v]", list, dict);
    expect(both, &plain, "[[{\"list\":\"[...]\"},\"[...]\"],{\"list\":[\"{...}\",\"[...]\"]}]");
}

static void test_shared(void **state)
{
    og_doc *doc = *state;
    og_json_write_options lossless = with(OG_JSON_LOSSLESS);
    og_value a = og_pack(doc, NULL, "[i]", 1);
    og_value both = og_pack(doc, NULL, "{s:v,s:[v],s:v}", "a", a, "b", a, "c", a);
    expect(both, NULL, "{\"a\":[1],\"b\":[[1]],\"c\":[1]}");
    expect(both, &lossless, "{\"a\":{\"py/def\":[1,[1]]},\"b\":[{\"py/ref\":1}],\"c\":{\"py/ref\":1}}");
    og_json_write_options lines = with(OG_JSON_STRICT);
    lines.indent = 1;
    expect(both, &lines, "{\n \"a\": [\n  1\n ],\n \"b\": [\n  [\n   1\n  ]\n ],\n \"c\": [\n  1\n ]\n}");
    /* Marked as shared, but there only once. */
    og_value once = og_list(doc);
    og__value_mark_shared(once);
    expect(og_pack(doc, NULL, "[v]", once), &lossless, "[[]]");
}

/* a = [b, b]; b = [c, c]; …: nothing to hold, but 2**60 items to write. */
static void test_blow_up(void **state)
{
    og_doc *doc = *state;
    og_value top = og_pack(doc, NULL, "[i]", 1);
    og_value deep = top;
    for (int i = 0; i < 60; i++) {
        og_value wrapped = og_pack(doc, NULL, "[[v]]", deep);
        deep = og_pack(doc, NULL, "[v,v]", deep, wrapped);
        top = og_pack(doc, NULL, "[v,v]", top, top);
    }
    og_json_write_options plain = with(OG_JSON_PLAIN);
    refuse(top, &plain, OG_ELIMIT, "67108864 bytes");
    refuse(top, NULL, OG_ELIMIT, "67108864 bytes");
    refuse(deep, &plain, OG_ELIMIT, "67108864 bytes");
    plain.max_bytes = 1000;
    refuse(top, &plain, OG_ELIMIT, "1000 bytes");
    og_json_write_options lossless = with(OG_JSON_LOSSLESS);
    char *text = og_json_dumps(top, NULL, &lossless, NULL);
    assert_non_null(text);
    free(text);
}

static void test_limits(void **state)
{
    og_doc *doc = *state;
    og_value value = og_pack(doc, NULL, "[i,f,s,{s:b}]", 12, 0.5, "text", "k", 1);
    const char *text = "[12,0.5,\"text\",{\"k\":true}]";
    og_json_write_options exact = with(OG_JSON_STRICT);
    exact.max_bytes = strlen(text);
    expect(value, &exact, text);
    exact.max_bytes--;
    refuse(value, &exact, OG_ELIMIT, "limit of 25 bytes");
    og_buf out = {.limit = strlen(text) + 3};
    og_buf_puts(&out, "abc");
    assert_int_equal(og_json_write(value, &out, NULL, NULL), OG_OK);
    assert_int_equal(og_json_write(og_int(1), &out, NULL, NULL), OG_ELIMIT);
    assert_int_equal(out.len, strlen(text) + 3);
    assert_int_equal(out.limit, strlen(text) + 3);
    og_buf_free(&out);

    og_value nested = og_list(doc);
    for (int i = 1; i < 1000; i++)
        nested = og_pack(doc, NULL, "[v]", nested);
    char *deep = og_json_dumps(nested, NULL, NULL, NULL);
    assert_int_equal(strlen(deep), 2000);
    free(deep);
    refuse(og_pack(doc, NULL, "[v]", nested), NULL, OG_ELIMIT, "more than 1000");

    char digits[4302];
    memset(digits, '7', sizeof digits);
    og_value longest = og_int_from_text(doc, digits, 4300, 0, NULL);
    char *written = og_json_dumps(longest, NULL, NULL, NULL);
    assert_memory_equal(written, digits, 4300);
    free(written);
    refuse(og_pack(doc, NULL, "[v]", og_int_from_text(doc, digits, 4301, 0, NULL)), NULL, OG_ELIMIT,
           "at [0]: ");
    og_json_write_options more = with(OG_JSON_STRICT);
    more.max_digits = 5000;
    written = og_json_dumps(og_int_from_text(doc, digits, 4301, 0, NULL), NULL, &more, NULL);
    assert_int_equal(strlen(written), 4301);
    free(written);
}

/* Ints that fit 64 bits have digits too: alone, in containers, as keys, in every form and layout. */
static void test_few_digits(void **state)
{
    og_doc *doc = *state;
    static const og_json_form forms[] = {OG_JSON_STRICT, OG_JSON_PLAIN, OG_JSON_LOSSLESS};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        og_json_write_options three = with(forms[i]);
        three.max_digits = 3;
        for (int indent = 0; indent < 5; indent += 4) {
            three.indent = indent;
            char *written = og_json_dumps(og_pack(doc, NULL, "[i,i]", 999, -999), NULL, &three, NULL);
            assert_non_null(written);
            free(written);
            refuse(og_int(1000), &three, OG_ELIMIT, "more than 3 digits");
            refuse(og_pack(doc, NULL, "[i,[i]]", 1, -1000), &three, OG_ELIMIT, "at [1][0]: ");
            refuse(og_pack(doc, NULL, "{s:i}", "a", 1000), &three, OG_ELIMIT, "max_digits");
        }
    }
    og_json_write_options three = with(OG_JSON_PLAIN);
    three.max_digits = 3;
    og_value keys = og_dict(doc);
    assert_int_equal(og_dict_set(doc, keys, og_int(1000), og_none(), NULL), OG_OK);
    refuse(keys, &three, OG_ELIMIT, "max_digits");
}

/* Strings that need no escape, of every short length: as keys, items and alone, read and written back. */
static void test_lengths(void **state)
{
    og_doc *doc = *state;
    char text[700];
    char name[301];
    for (int len = 0; len <= 300; len++) {
        for (int i = 0; i < len; i++)
            name[i] = (char)('a' + i % 26);
        int n = snprintf(text, sizeof text, "{\"%.*s\":[\"%.*s\",%d,-%d.5,[],{}]}", len, name, len, name, len,
                         len);
        og_buf out = {.limit = (size_t)n};
        assert_int_equal(og_json_read(doc, text, (size_t)n, NULL, NULL), OG_OK);
        assert_int_equal(og_json_write(og_doc_root(doc), &out, NULL, NULL), OG_OK);
        assert_int_equal(out.len, n);
        assert_memory_equal(out.data, text, (size_t)n);
        expect_twin(og_doc_root(doc), NULL, text, (size_t)n);
        out.len = 0;
        out.limit--;
        assert_int_equal(og_json_write(og_doc_root(doc), &out, NULL, NULL), OG_ELIMIT);
        og_buf_free(&out);
    }
}

/* The compact way and the general one, which other separators ask for, say the same. */
static void test_two_ways(void **state)
{
    og_doc *doc = *state;
    og_json_write_options plain = with(OG_JSON_PLAIN);
    og_json_write_options general = with(OG_JSON_PLAIN);
    general.item_separator = " ,";
    og_value shared = og_pack(doc, NULL, "[i,[],{}]", 1);
    og_value object = og_object(doc, OG_MAKE_NEW, og_class(doc, "m", 1, "C", 1), og_tuple(doc, NULL, 0));
    og_value empty = og_object(doc, OG_MAKE_NEW, og_class(doc, "m", 1, "D", 1), og_tuple(doc, NULL, 0));
    og_object_build(doc, object, og_pack(doc, NULL, "{s:v,s:[n]}", "x", shared, "y"), NULL);
    og_object_build(doc, empty, og_dict(doc), NULL);
    og_value big = og_int_from_text(doc, "123456789012345678901234567890", 30, 0, NULL);
    og_value all = og_pack(doc, NULL, "[v,v,{s:v,s:v,s:[v,<i>]},v,v,[[[v]]],v,{},[],f,s,y#]", shared, object,
                           "a", shared, "b\n", empty, "c", object, 1, big, empty, object, shared, (double)NAN,
                           "\"", "z", (size_t)1);
    og_list_append(doc, all, og_pack(doc, NULL, "{i:v}", 1, all), NULL);
    char *compact = og_json_dumps(all, NULL, &plain, NULL);
    char *spaced = og_json_dumps(all, NULL, &general, NULL);
    assert_non_null(compact);
    assert_non_null(spaced);
    char *to = spaced;
    for (const char *from = spaced; *from; from++)
        if (*from != ' ') *to++ = *from;
    *to = '\0';
    assert_string_equal(compact, spaced);
    free(compact);
    free(spaced);
}

static void assert_same(const og_buf *one, const og_buf *other)
{
    assert_int_equal(one->len, other->len);
    if (one->len) assert_memory_equal(one->data, other->data, one->len);
}

/* The way for any processor and the one for this write the same of anything; so does the general way, which a
 * separator asks for, wherever in a buffer of little room the fast one must go over to it. */
static void test_processors(void **state)
{
    og_doc *doc = *state;
    for (unsigned seed = 0; seed < 3000; seed++) {
        uint8_t bytes[600];
        random_bytes(seed, bytes, sizeof bytes);
        choices from = {bytes, 20 + seed % 580};
        og_doc_reset(doc);
        og_value value = random_value(doc, &from);
        og_json_write_options options = with(OG_JSON_PLAIN);
        options.indent = seed % 4 == 1 ? 3 : 0;
        options.ensure_ascii = seed % 4 == 2;
        options.sort_keys = seed % 4 == 3;
        og_buf one = OG_BUF_INIT;
        og_buf other = OG_BUF_INIT;
        og_buf general = OG_BUF_INIT;
        assert_int_equal(og_buf_reserve(&one, 1 + seed % 256), OG_OK);
        int status = og_json_write(value, &one, &options, NULL);
        assert_int_equal(og__json_write_by(value, &other, &options, NULL, og__json_write_items), status);
        assert_same(&one, &other);
        options.item_separator = ",";
        assert_int_equal(og_json_write(value, &general, &options, NULL), status);
        assert_same(&one, &general);
        og_buf_free(&one);
        og_buf_free(&other);
        og_buf_free(&general);
    }
}

/* Texts of every length up to two blocks and more, as key and value, wherever the room may end. */
static void test_short_texts(void **state)
{
    og_doc *doc = *state;
    char text[71];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    for (size_t len = 0; len < sizeof text; len++) {
        og_doc_reset(doc);
        og_value string = og_strn(doc, text, len);
        og_value list = og_pack(doc, NULL, "[v,v]", string, string);
        og_value dict = og_pack(doc, NULL, "{v:v,v:v,s:i}", string, string, og_int(1), list, "b", 7);
        char wanted[600];
        int n = (int)len;
        n = snprintf(wanted, sizeof wanted, "{\"%.*s\":\"%.*s\",\"1\":[\"%.*s\",\"%.*s\"],\"b\":7}", n, text,
                     n, text, n, text, n, text);
        for (size_t room = 1; room < 400; room++) {
            og_buf out = {.data = malloc(room), .cap = room};
            assert_int_equal(og_json_write(dict, &out, NULL, NULL), OG_OK);
            assert_int_equal(out.len, n);
            assert_memory_equal(out.data, wanted, out.len);
            og_buf_free(&out);
        }
        expect_twin(dict, NULL, wanted, (size_t)n);
    }
}

static int write_scenario(const og_allocator *alloc, void *ctx)
{
    const og_value *values = ctx;
    for (size_t i = 0; i < 3; i++) {
        og_buf out;
        og_buf_init(&out, alloc);
        og_json_write_options options = with(i == 1 ? OG_JSON_LOSSLESS : OG_JSON_PLAIN);
        options.sort_keys = i < 2;
        options.indent = i < 2 ? 2 : 0;
        int status = og_json_write(values[0], &out, &options, NULL);
        og_buf_free(&out);
        if (status < 0) return status;
    }
    return OG_OK;
}

static void test_failing_allocations(void **state)
{
    og_doc *doc = *state;
    og_value list = og_pack(doc, NULL, "[i,s,(f,b),<i>,y#]", 1, "text", 2.5, 1, 3, "abc", (size_t)3);
    og_value tuple = og_pack(doc, NULL, "(i)", 1);
    og_value dict = og_pack(doc, NULL, "{s:v,s:v,s:{s:i,s:i}}", "x", list, "a", list, "n", "z", 1, "b", 2);
    og_dict_set(doc, dict, tuple, list, NULL);
    og_list_append(doc, list, dict, NULL);
    og_list_append(doc, list, og_int_from_text(doc, "123456789012345678901234567890", 30, 0, NULL), NULL);
    og_object_build(doc, og_object(doc, OG_MAKE_NEW, og_class(doc, "m", 1, "C", 1), tuple), dict, NULL);
    assert_true(failing_alloc_run(write_scenario, &dict) > 5);
}

/* What fits the limit to the byte is written, however much room is asked for on the way; one byte more is
 * refused. */
static void test_limits_to_the_byte(void **state)
{
    og_doc *doc = *state;
    og_value escapes =
        og_str(doc, "\n\"\x01 \xed\x95\x9c \xf0\x9f\x98\x80 and some plain text behind it all");
    og_value inner = og_pack(doc, NULL, "{s:[i,f,n,b],s:[],s:{}}", "z", -12345, 1.5e-7, true, "a", "\n");
    og_value value =
        og_pack(doc, NULL, "[v,{s:v,s:v},[[[v]]]]", escapes, "k", inner, "\xc3\xa9", escapes, inner);
    og_json_write_options rows[8] = {with(OG_JSON_STRICT), with(OG_JSON_PLAIN)};
    for (size_t i = 2; i < 8; i++)
        rows[i] = with(i % 2 ? OG_JSON_LOSSLESS : OG_JSON_STRICT);
    rows[2].indent = 2;
    rows[3].indent = OG_JSON_INDENT_0;
    rows[4].ensure_ascii = rows[4].sort_keys = true;
    rows[5].indent_text = "\t";
    rows[6].item_separator = " , ";
    rows[6].indent = 40;
    rows[7].ensure_ascii = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len;
        char *whole = og_json_dumps(value, &len, &rows[i], NULL);
        assert_non_null(whole);
        for (size_t limit = 1; limit <= len + 1; limit++) {
            og_buf out = OG_BUF_INIT;
            out.limit = limit % 2 ? limit : 0;
            rows[i].max_bytes = limit % 2 ? 0 : limit;
            int status = og_json_write(value, &out, &rows[i], NULL);
            assert_int_equal(status, limit < len ? OG_ELIMIT : OG_OK);
            assert_int_equal(out.len, limit < len ? 0 : len);
            if (out.len) assert_memory_equal(out.data, whole, len);
            og_buf_free(&out);
        }
        rows[i].max_bytes = 0;
        free(whole);
    }
}

/* indent and indent_text, in order of the text that they give. */
static void test_indents(void **state)
{
    og_doc *doc = *state;
    og_value value = og_pack(doc, NULL, "[i,{s:[],s:[i]}]", 1, "a", "b", 2);
    og_json_write_options o = with(OG_JSON_STRICT);
    o.indent = OG_JSON_INDENT_0;
    expect(value, &o, "[\n1,\n{\n\"a\": [],\n\"b\": [\n2\n]\n}\n]");
    o.indent = 1;
    expect(value, &o, "[\n 1,\n {\n  \"a\": [],\n  \"b\": [\n   2\n  ]\n }\n]");
    o.indent_text = "";
    expect(value, &o, "[\n1,\n{\n\"a\": [],\n\"b\": [\n2\n]\n}\n]");
    o.indent_text = "\t";
    expect(value, &o, "[\n\t1,\n\t{\n\t\t\"a\": [],\n\t\t\"b\": [\n\t\t\t2\n\t\t]\n\t}\n]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_strict, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sorting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cycles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blow_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_few_digits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_to_the_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_indents, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(test_processors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_allocations, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
