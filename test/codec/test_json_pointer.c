/* SPDX-License-Identifier: MIT */
/* JSON Pointer: RFC 6901 to the letter, what it names in values that are more than JSON, and its sentences.
 */
#include <onggi/json.h>
#include <onggi/pickle.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void finds(og_value root, const char *pointer, const char *text)
{
    og_error err = {.code = OG_OK};
    og_json_write_options plain = {.size = sizeof plain, .form = OG_JSON_PLAIN};
    og_value value = og_json_pointer(root, pointer, &err);
    if (!og_valid(value)) fail_msg("%s: %s", pointer, err.text);
    char *written = og_json_dumps(value, NULL, &plain, NULL);
    assert_string_equal(written, text);
    free(written);
}

static void misses(og_value root, const char *pointer, og_status code, size_t position, const char *sentence)
{
    og_error err = {.code = OG_OK};
    if (og_valid(og_json_pointer(root, pointer, &err))) fail_msg("%s was found", pointer);
    assert_false(og_valid(og_json_pointer(root, pointer, NULL)));
    assert_int_equal(err.code, code);
    assert_int_equal(err.position, position);
    if (strcmp(err.text, sentence) != 0) fail_msg("%s: \"%s\" is not \"%s\"", pointer, err.text, sentence);
}

static og_doc *parse(const char *text)
{
    og_error err;
    og_doc *doc = og_json_loads(text, strlen(text), NULL, &err);
    if (!doc) fail_msg("%s: %s", text, err.text);
    return doc;
}

/* The table of section 5. */
static void test_rfc_6901(void **state)
{
    (void)state;
    const char *text =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
        "\"k\\\"l\":6,\" \":7,\"m~n\":8}";
    static const char *const found[][2] = {
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
    };
    og_doc *doc = parse(text);
    og_value root = og_doc_root(doc);
    finds(root, "", text);
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        finds(root, found[i][0], found[i][1]);
    og_doc_free(doc);
}

/* ~01 is ~1, never /; empty steps are empty keys; nothing is normalised. */
static void test_names(void **state)
{
    (void)state;
    og_doc *doc =
        parse("{\"~1\":1,\"/\":2,\"~\":3,\"\":{\"\":{\"\":4}},\"0\":5,\"01\":6,\"-\":7,\"-1\":8,"
              "\"\\u00e9\":9,\"e\\u0301\":10,\"~0\":11,\"twice\":12,\"twice\":13,\"1e0\":14,\"a b\":15}");
    og_value root = og_doc_root(doc);
    static const char *const found[][2] = {
        {"/~01", "1"},        {"/~1", "2"},   {"/~0", "3"},     {"///", "4"},   {"//", "{\"\":4}"},
        {"/0", "5"},          {"/01", "6"},   {"/-", "7"},      {"/-1", "8"},   {"/\xc3\xa9", "9"},
        {"/e\xcc\x81", "10"}, {"/~00", "11"}, {"/twice", "13"}, {"/1e0", "14"}, {"/a b", "15"},
    };
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        finds(root, found[i][0], found[i][1]);
    og_doc_free(doc);
}

static void test_indices(void **state)
{
    (void)state;
    og_doc *doc = parse("{\"l\":[0,1,2,3,4,5,6,7,8,9,[\"x\"]],\"e\":[]}");
    og_value root = og_doc_root(doc);
    finds(root, "/l/0", "0");
    finds(root, "/l/10", "[\"x\"]");
    finds(root, "/l/10/0", "\"x\"");
    misses(root, "/l/11", OG_ENOTFOUND, 3, "no item \"11\" in the list at \"/l\", which has 11");
    misses(root, "/e/0", OG_ENOTFOUND, 3, "no item \"0\" in the list at \"/e\", which has 0");
    misses(root, "/l/99999999999999999999999999999999999999", OG_ENOTFOUND, 3,
           "no item \"99999999999999999999999999999999999999\" in the list at \"/l\", which has 11");
    misses(root, "/l/-", OG_ENOTFOUND, 3,
           "\"-\" names the item after the last one of the list at \"/l\", which is not there");
    static const char *const wrong[] = {"/l/00", "/l/01", "/l/+1", "/l/-1", "/l/1.0", "/l/1e0",
                                        "/l/ 1", "/l/1 ", "/l/",   "/l/x",  "/l/~01"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char sentence[80];
        snprintf(sentence, sizeof sentence, "\"%s\" is no index into the list at \"/l\"", wrong[i] + 3);
        misses(root, wrong[i], OG_ENOTFOUND, 3, sentence);
    }
    og_doc_free(doc);
}

/* A malformed pointer is one whatever it is to reach into. */
static void test_malformed(void **state)
{
    (void)state;
    og_doc *doc = parse("{\"a\":{\"b\":1}}");
    const char *escape = "after '~' expected 0 (for '~') or 1 (for '/')";
    og_value roots[] = {og_doc_root(doc), og_none(), og_list(doc)};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        misses(roots[i], "a", OG_EINVAL, 0, "a JSON Pointer is empty or begins with '/'");
        misses(roots[i], "#/a", OG_EINVAL, 0,
               "a JSON Pointer begins with '/'; the form with '#' is for URLs");
        misses(roots[i], "/nowhere/~", OG_EINVAL, 9, escape);
        misses(roots[i], "/a/b~2", OG_EINVAL, 4, escape);
        misses(roots[i], "/~~0", OG_EINVAL, 1, escape);
        misses(roots[i], "/~0~/a", OG_EINVAL, 3, escape);
    }
    og_doc_free(doc);
}

static void test_sentences(void **state)
{
    (void)state;
    og_doc *doc =
        parse("{\"users\":[{\"name\":\"John\",\"age\":30,\"a key that is much too long to be shown\":1}],"
              "\"none\":{},\"many\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6},\"n\":null}");
    og_value root = og_doc_root(doc);
    misses(root, "/users/0/nam", OG_ENOTFOUND, 9,
           "no key \"nam\" in the dict at \"/users/0\", which has \"name\", \"age\", ...");
    misses(root, "/user", OG_ENOTFOUND, 1,
           "no key \"user\" in the dict at the top, which has \"users\", \"none\", \"many\", \"n\"");
    misses(root, "/none/x", OG_ENOTFOUND, 6, "no key \"x\" in the dict at \"/none\", which is empty");
    misses(root, "/many/g", OG_ENOTFOUND, 6,
           "no key \"g\" in the dict at \"/many\", which has \"a\", \"b\", \"c\", \"d\", \"e\", ...");
    misses(root, "/users/0/name/first", OG_ENOTFOUND, 14, "cannot reach into the str at \"/users/0/name\"");
    misses(root, "/n/", OG_ENOTFOUND, 3, "cannot reach into the NoneType at \"/n\"");
    misses(root, "/\xff", OG_ENOTFOUND, 1,
           "no key \"?\" in the dict at the top, which has \"users\", \"none\", \"many\", \"n\"");
    og_doc_free(doc);
}

/* What is long is shown in part, and never cut within a character. */
static void test_long_sentences(void **state)
{
    (void)state;
    char pointer[4001] = "";
    og_error err;
    og_doc *doc = og_doc_new(NULL);
    og_value value = og_dict(doc);
    for (int i = 0; i < 40; i++) {
        og_value outer = og_dict(doc);
        og_dict_sets(doc, outer, "\xea\xb0\x80", value, NULL);
        value = outer;
        strcat(pointer, "/\xea\xb0\x80");
    }
    finds(value, pointer, "{}");
    strcat(pointer, "/");
    for (int i = 0; i < 400; i++)
        strcat(pointer, "\xeb\x82\x98");
    assert_false(og_valid(og_json_pointer(value, pointer, &err)));
    assert_int_equal(err.position, 161);
    assert_true(og_valid(og_str_borrow(err.text, strlen(err.text))));
    assert_non_null(strstr(err.text, "\xeb\x82\x98...\" in the dict at \"..."));
    og_doc_free(doc);
}

/* What is no str is named as plain form writes it, after what is. */
static void test_other_keys(void **state)
{
    og_doc *doc = og_doc_new(NULL);
    (void)state;
    og_value big = og_int_from_text(doc, "-99999999999999999999", 21, 0, NULL);
    og_value pair = og_tuple(doc, (og_value[]){og_int(1), og_str(doc, "a/b")}, 2);
    og_value keys[] = {og_int(12),
                       og_bool(true),
                       og_none(),
                       og_float(1.5),
                       big,
                       pair,
                       og_bytes(doc, "x", 1),
                       og_str(doc, "7"),
                       og_int(7),
                       og_float((double)__builtin_nan("")),
                       og_int(8),
                       og_str(doc, "8")};
    og_value dict = og_dict(doc);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        og_dict_set(doc, dict, keys[i], og_int((int64_t)i), NULL);
    static const char *const found[][2] = {
        {"/12", "0"},          {"/true", "1"}, {"/null", "2"}, {"/1.5", "3"}, {"/-99999999999999999999", "4"},
        {"/(1, 'a~1b')", "5"}, {"/b'x'", "6"}, {"/7", "7"},    {"/NaN", "9"}, {"/8", "11"},
    };
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        finds(dict, found[i][0], found[i][1]);
    static const char *const wrong[] = {"/1", "/True", "/None", "/1.50", "/012", "/", "/12 ", "/x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(og_valid(og_json_pointer(dict, wrong[i], NULL)));
    og_doc_free(doc);
}

static void test_other_containers(void **state)
{
    (void)state;
    og_error err;
    og_doc *doc = og_doc_new(NULL);
    og_value root = og_pack(doc, &err, "{s:(i,i),s:<i,i>}", "t", 1, 2, "s", 3, 4);
    finds(root, "/t/1", "2");
    finds(root, "/s/1", "4");
    misses(root, "/s/2", OG_ENOTFOUND, 3, "no item \"2\" in the set at \"/s\", which has 2");
    og_doc_free(doc);
}

static void reads(const char *pickle, size_t len, const char *pointer, const char *text)
{
    og_error err;
    og_doc *doc = og_pickle_loads(pickle, len, NULL, &err);
    if (!doc) fail_msg("%s", err.text);
    finds(og_doc_root(doc), pointer, text);
    og_doc_free(doc);
}

/* Objects of pickles, in protocol 0, 1 and 2. */
static void test_objects(void **state)
{
    (void)state;
    static const char ordered[] = "ccollections\nOrderedDict\n)R(S'a'\nI1\nS'b'\n]I5\nau.";
    static const char counter[] = "ccollections\nCounter\n(}S'x'\nI3\nstR.";
    static const char deque[] = "ccollections\ndeque\n()I2\ntR(I1\nI2\nI3\ne.";
    static const char person[] = "c__main__\nPerson\n)\x81}S'name'\nS'John'\nsb.";
    static const char slotted[] = "c__main__\nPoint\n)\x81(N}S'x'\nI7\nstb.";
    reads(ordered, sizeof ordered - 1, "/b/0", "5");
    reads(counter, sizeof counter - 1, "/x", "3");
    reads(deque, sizeof deque - 1, "/0", "2");
    reads(person, sizeof person - 1, "/name", "\"John\"");
    reads(slotted, sizeof slotted - 1, "/x", "7");
    og_doc *doc = og_pickle_loads(person, sizeof person - 1, NULL, NULL);
    misses(og_doc_root(doc), "/age", OG_ENOTFOUND, 1,
           "no key \"age\" in the object at the top, which has \"name\"");
    og_doc_free(doc);
    doc = og_pickle_loads("cos\nsystem\n(S'x'\ntR.", 20, NULL, NULL);
    misses(og_doc_root(doc), "/0", OG_ENOTFOUND, 1, "cannot reach into the object at the top");
    og_doc_free(doc);
}

/* A deep way through a deep value is a loop. */
static void test_deep(void **state)
{
    (void)state;
    enum { DEEP = 200000 };
    og_doc *doc = og_doc_new(NULL);
    char *pointer = malloc(2 * DEEP + 1);
    og_value value = og_list(doc);
    for (size_t i = 0; i < DEEP; i++) {
        value = og_tuple(doc, &value, 1);
        memcpy(pointer + 2 * i, "/0", 2);
    }
    pointer[2 * DEEP] = '\0';
    og_value found = og_json_pointer(value, pointer, NULL);
    assert_int_equal(og_kind_of(found), OG_LIST);
    free(pointer);
    og_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_6901),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_indices),    cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_sentences),  cmocka_unit_test(test_long_sentences),
        cmocka_unit_test(test_other_keys), cmocka_unit_test(test_other_containers),
        cmocka_unit_test(test_objects),    cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
