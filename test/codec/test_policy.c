/* SPDX-License-Identifier: MIT */
/* Policies: how rows match, how texts are parsed, and what reading and checking by them refuses. */
#include <onggi/inspect.h>
#include <onggi/pickle.h>

#include "../support/failing_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool allows(const og_policy *policy, const char *module, const char *qualname)
{
    return og_policy_allows(policy, module, strlen(module), qualname, strlen(qualname), NULL);
}

/* A policy from a text, which must be right. */
static og_policy *policy_of(const char *text)
{
    og_policy *policy = og_policy_new(NULL);
    og_error err = {0};
    assert_non_null(policy);
    int status = og_policy_parse(policy, text, strlen(text), &err);
    if (status < 0) print_error("%s\n", err.text);
    assert_int_equal(status, OG_OK);
    return policy;
}

/* ---- Rows ---- */

static void test_allow_is_exact(void **state)
{
    (void)state;
    og_policy *policy = policy_of("allow shop.Order\nallow shop.stock.*\nallow shop:Order.Line\n");
    assert_true(allows(policy, "shop", "Order"));
    assert_true(allows(policy, "shop", "Order.Line"));
    assert_true(allows(policy, "shop.stock", "Item"));
    assert_false(allows(policy, "shop", "stock.Item"));
    assert_false(allows(policy, "shop.stock", "Item.os"));
    assert_false(allows(policy, "shop.stock.deep", "Item"));
    assert_false(allows(policy, "shop.Order", "Line"));
    assert_false(allows(policy, "shop", "Orders"));
    assert_false(allows(policy, "shop", "Orde"));
    assert_false(allows(policy, "shop", "order"));
    assert_false(allows(policy, "", "shop.Order"));
    assert_false(allows(policy, "shop", ""));
    og_policy_free(policy);
}

static void explains(const og_policy *policy, const char *module, const char *qualname, const char *expected)
{
    og_buf row = OG_BUF_INIT;
    assert_int_equal(og_policy_explain(policy, module, strlen(module), qualname, strlen(qualname), &row),
                     OG_OK);
    assert_int_equal(og_buf_putc(&row, 0), OG_OK);
    assert_string_equal((const char *)row.data, expected);
    og_buf_free(&row);
}

static void test_what_unpickles_is_allowed_by_name_alone(void **state)
{
    (void)state;
    static const char *const names[] = {"pickle.loads",        "torch.serialization.load",
                                        "operator.attrgetter", "functools.partial",
                                        "os:path.join",        "builtins.eval"};
    og_policy *policy = policy_of("allow pickle.*\nallow torch.storage.*\nallow os.*\nallow shop.*\n"
                                  "allow-unsafe marshal.loads\n");
    og_error err = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(og_policy_allow(policy, names[i], &err), OG_EINVAL);
        assert_non_null(strstr(err.text, "allow-unsafe"));
    }
    assert_false(allows(policy, "pickle", "loads"));
    assert_false(allows(policy, "torch", "storage._load_from_bytes"));
    assert_false(allows(policy, "os", "system"));
    assert_true(allows(policy, "torch.storage", "TypedStorage"));
    assert_true(allows(policy, "shop", "Order"));
    assert_true(allows(policy, "marshal", "loads"));
    assert_false(allows(policy, "marshal", "load"));
    explains(policy, "marshal", "loads", "allow-unsafe marshal.loads");
    explains(policy, "torch.storage", "_load_from_bytes", "allow torch.storage.*");
    assert_int_equal(og_policy_allow(policy, "torch.storage._load_from_bytes", NULL), OG_OK);
    assert_int_equal(og_policy_allow_unsafe(policy, "torch.storage._load_from_bytes", NULL), OG_OK);
    explains(policy, "torch.storage", "_load_from_bytes", "allow-unsafe torch.storage._load_from_bytes");
    explains(policy, "pickle", "loads", "deny (no pattern allows it; allow-unsafe does)");
    assert_int_equal(og_policy_allow_unsafe(policy, "pickle.loads", NULL), OG_OK);
    assert_true(allows(policy, "pickle", "loads"));
    assert_int_equal(og_policy_allow_unsafe(policy, "pickle.*", NULL), OG_EINVAL);
    assert_int_equal(og_policy_deny(policy, "pickle.loads", NULL), OG_OK);
    assert_false(allows(policy, "pickle", "loads"));
    assert_non_null(og_policy_unsafe("numpy", 5, "load", 4));
    assert_null(og_policy_unsafe("numpy", 5, "loads", 5));
    assert_null(og_policy_unsafe("osprey", 6, "Bird", 4));
    og_policy_free(policy);
}

static void test_explain_names_the_row_that_decides(void **state)
{
    (void)state;
    og_policy *policy = policy_of("allow shop.*\ndeny shop.stock.*\nallow shop:Order.Line\nallow a.b.C\n");
    explains(policy, "shop", "Order", "allow shop.*");
    explains(policy, "shop", "Order.Line", "allow shop:Order.Line");
    explains(policy, "shop", "Order.Other", "default deny");
    explains(policy, "shop.stock", "Item", "deny shop.stock.*");
    explains(policy, "shop.stock.deep", "Item", "deny shop.stock.*");
    explains(policy, "a.b", "C", "allow a.b.C");
    explains(policy, "a", "b.C", "default deny");
    og_policy_set_default(policy, true);
    explains(policy, "a", "b.C", "default allow");
    char name[1200] = {0};
    memset(name, 'x', sizeof name - 1);
    explains(policy, name, "x", "deny (the name is too long)");
    og_policy_free(policy);
}

static void test_deny_is_generous(void **state)
{
    (void)state;
    og_policy *policy = policy_of("default allow\ndeny os.*\ndeny a.b.C\n");
    assert_true(allows(policy, "oss", "system"));
    assert_true(allows(policy, "posix", "system"));
    assert_false(allows(policy, "os", "system"));
    assert_false(allows(policy, "os.path", "join"));
    assert_false(allows(policy, "os", "path.join"));
    assert_false(allows(policy, "a.b", "C"));
    assert_false(allows(policy, "a", "b.C"));
    assert_true(allows(policy, "a", "C"));
    og_policy_free(policy);
}

static void test_most_specific_row_decides(void **state)
{
    (void)state;
    og_policy *policy = policy_of(
        "deny shop.*\nallow shop.path.*\nallow shop.PathLike\ndeny shop.path.join\nallow shop.path.join\n");
    assert_true(allows(policy, "shop", "PathLike"));
    assert_true(allows(policy, "shop.path", "split"));
    assert_false(allows(policy, "shop.path", "join")); /* of two equals the one that denies */
    assert_false(allows(policy, "shop", "system"));
    bool decided = false;
    assert_false(og_policy_allows(policy, "re", 2, "compile", 7, &decided));
    assert_false(decided);
    assert_false(og_policy_allows(policy, "shop", 4, "system", 6, &decided));
    assert_true(decided);
    og_policy_free(policy);
}

/* The longest pattern counts, however much longer the name is, and none is overlooked. */
static void test_patterns_of_all_lengths(void **state)
{
    (void)state;
    og_policy *policy = policy_of("allow a.*\nallow a.b.c.d.e.f.*\ndeny a.b.c.*\n");
    assert_true(allows(policy, "a", "x"));
    assert_false(allows(policy, "a.b.c", "x"));
    assert_false(allows(policy, "a.b.c.d.e", "x"));
    assert_true(allows(policy, "a.b.c.d.e.f", "a_name_that_is_much_longer_than_any_pattern"));
    assert_false(allows(policy, "a.b.c.d.e.f.g.h.i.j.k.l.m.n", "x"));
    og_policy_free(policy);
}

static void test_long_names_are_never_allowed(void **state)
{
    (void)state;
    static char name[100000];
    memset(name, '.', sizeof name);
    og_policy *policy = policy_of("default allow\n");
    assert_false(og_policy_allows(policy, name, sizeof name, "x", 1, NULL));
    assert_false(og_policy_allows(policy, "x", 1, name, sizeof name, NULL));
    assert_false(og_policy_allows(policy, name, SIZE_MAX, name, SIZE_MAX, NULL));
    assert_true(og_policy_allows(policy, name, 500, "x", 1, NULL));
    og_policy_free(policy);
}

static void test_bad_rows(void **state)
{
    (void)state;
    static const char *const rows[] = {"",      "os",    ".os", "os.", "a..b",   "a.*.b", "*.b",  ".*",
                                       "a b.c", "a:b:c", "a:",  ":b",  "a\\b.c", "a.b*",  "a.b\n"};
    og_policy *policy = og_policy_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        og_error err = {0};
        assert_int_equal(og_policy_allow(policy, rows[i], &err), OG_EINVAL);
        assert_non_null(strstr(err.text, "no row of a policy"));
        assert_int_equal(og_policy_deny(policy, rows[i], NULL), OG_EINVAL);
    }
    og_policy_free(policy);
}

static void test_builtin(void **state)
{
    (void)state;
    og_error err = {0};
    og_policy *plain = og_policy_builtin("plain-data", &err);
    og_policy *numpy = og_policy_builtin("numpy-data", &err);
    assert_true(allows(plain, "builtins", "set"));
    assert_true(allows(plain, "zoneinfo", "ZoneInfo._unpickle"));
    assert_false(allows(plain, "builtins", "eval"));
    assert_true(allows(plain, "builtins", "getattr")); /* its result must be allowed too */
    assert_false(allows(plain, "numpy", "dtype"));
    assert_true(allows(numpy, "numpy", "dtype"));
    assert_true(allows(numpy, "builtins", "set"));
    assert_null(og_policy_builtin("plain", &err));
    assert_int_equal(err.code, OG_ENOTFOUND);
    assert_string_equal(og_policy_builtin_at(0), "plain-data");
    assert_non_null(og_policy_builtin_at(3));
    assert_null(og_policy_builtin_at(4));
    og_policy_free(plain);
    og_policy_free(numpy);
}

/* ---- Texts ---- */

static void test_parse(void **state)
{
    (void)state;
    og_policy *policy = policy_of(
        "# a comment\r\n\n  include plain-data # more\n\tdeny builtins.set\nlenient\nstrict\nnested 0");
    assert_false(allows(policy, "builtins", "set"));
    assert_true(allows(policy, "builtins", "list"));
    og_policy_free(policy);
}

static void test_parse_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t position;
        og_status status;
    } cases[] = {
        {"permit a.b", 0, OG_ESYNTAX},
        {"allow", 5, OG_ESYNTAX},
        {"allow a.b c.d", 10, OG_ESYNTAX},
        {"strict\nallow x", 13, OG_ESYNTAX},
        {"default maybe", 8, OG_ESYNTAX},
        {"nested 9", 7, OG_ESYNTAX},
        {"include x", 8, OG_ENOTFOUND},
        {"allow a.b\ndeny # x", 15, OG_ESYNTAX},
        {"strict now", 7, OG_ESYNTAX},
        {"\xef\xbb\xbf# marked\n", 0, OG_ESYNTAX},
        {"Allow a.b", 0, OG_ESYNTAX},
        {"allow\xc2\xa0"
         "a.b",
         0, OG_ESYNTAX},
        {"allow a.b\rallow c.d", 10, OG_ESYNTAX},
        {"nested -1", 7, OG_ESYNTAX},
        {"include Plain-Data", 8, OG_ENOTFOUND},
        {"default allow deny", 14, OG_ESYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_policy *policy = og_policy_new(NULL);
        og_error err = {0};
        assert_int_equal(og_policy_parse(policy, cases[i].text, strlen(cases[i].text), &err),
                         cases[i].status);
        assert_int_equal(err.code, cases[i].status);
        assert_int_equal(err.position, cases[i].position);
        og_policy_free(policy);
    }
}

/* What says nothing allows nothing, and a NUL hides nothing after it. */
static void test_parse_fails_closed(void **state)
{
    (void)state;
    static const char nul[] = "allow a.b\0c\n";
    static const char *const empty[] = {"", "\n", "#allow builtins.set", "   \t\r\n", "lenient"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        og_policy *policy = policy_of(empty[i]);
        assert_false(allows(policy, "builtins", "set"));
        og_policy_free(policy);
    }
    og_policy *policy = og_policy_new(NULL);
    assert_int_equal(og_policy_parse(policy, nul, sizeof nul - 1, NULL), OG_ESYNTAX);
    assert_false(allows(policy, "a", "b"));
    assert_int_equal(og_policy_parse(policy, NULL, 0, NULL), OG_OK);
    og_policy_free(policy);
}

/* ---- Reading ---- */

static int read_by(const og_policy *policy, const char *bytes, size_t len, bool inert, og_error *err)
{
    og_pickle_read_options options = {.size = sizeof options, .policy = policy, .policy_inert = inert};
    og_doc *doc = og_pickle_loads(bytes, len, &options, err);
    og_doc_free(doc);
    return doc ? OG_OK : (int)err->code;
}

#define READ_BY(policy, literal, inert, err) read_by(policy, literal, sizeof literal - 1, inert, err)

static void test_reading(void **state)
{
    (void)state;
    og_error err = {0};
    og_policy *policy = policy_of("include plain-data\ndeny os.*\n");
    assert_int_equal(READ_BY(policy,
                             "\x80\x02"
                             "c__builtin__\nset\n]\x85R.",
                             false, &err),
                     OG_OK);
    assert_int_equal(READ_BY(policy, "N0cshop\nOrder\n.", false, &err), OG_EPOLICY);
    assert_int_equal(err.position, 2);
    assert_string_equal(err.text, "opcode GLOBAL: names shop.Order, which the policy does not allow");
    assert_int_equal(READ_BY(policy, "cshop\nOrder\n.", true, &err), OG_OK);
    assert_int_equal(READ_BY(policy, "cos\nsystem\n.", true, &err), OG_EPOLICY);
    assert_int_equal(READ_BY(policy, "NN.", false, &err), OG_EPOLICY);
    assert_int_equal(READ_BY(policy, "Pid\n.", false, &err), OG_EPOLICY);
    assert_int_equal(READ_BY(policy, "\x80\x02\x82\x05.", false, &err), OG_EPOLICY);
    assert_int_equal(READ_BY(policy, "Pid\n.", true, &err), OG_OK);
    assert_int_equal(READ_BY(policy, "]cos\nsystem\n", false, &err), OG_EPOLICY);
    assert_int_equal(READ_BY(policy, "]", false, &err), OG_ETRUNCATED);
    assert_int_equal(READ_BY(policy, "N.N.", false, &err), OG_ETRAILING);
    og_policy_free(policy);
    policy = policy_of("allow persistent-ids\nallow extensions\nlenient\n");
    assert_int_equal(READ_BY(policy, "NPid\n0\x82\x05.", false, &err), OG_OK);
    og_policy_free(policy);
}

/* Checking and reading by one policy agree on what may come after a pickle. */
static void test_what_follows_a_pickle(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        int strict;
        int lenient;
    } rows[] = {
        {"N.", 2, OG_OK, OG_OK},
        {"N.\0\0", 4, OG_ETRAILING, OG_OK},
        {"N.\r\n", 4, OG_ETRAILING, OG_OK},
        {"N. \t\f\v", 6, OG_ETRAILING, OG_OK},
        {"N.\0x", 4, OG_ETRAILING, OG_ETRAILING},
        {"N.N.", 4, OG_ETRAILING, OG_ETRAILING},
        {"cos\nsystem\n.\0", 13, OG_EPOLICY, OG_EPOLICY},
    };
    og_policy *policy = policy_of("include plain-data\n");
    og_pickle_report report;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        bool lenient = i % 2;
        const char *bytes = rows[i / 2].bytes;
        size_t len = rows[i / 2].len;
        int expected = lenient ? rows[i / 2].lenient : rows[i / 2].strict;
        og_error err = {0};
        og_policy_set_strict(policy, !lenient);
        assert_int_equal(read_by(policy, bytes, len, false, &err), expected);
        assert_int_equal(og_pickle_check(bytes, len, policy, &report, &err), expected);
        og_pickle_report_fini(&report);
    }
    og_policy_free(policy);
}

/* A registry makes names of codes, which the policy sees then. */
static void test_extensions_with_names(void **state)
{
    (void)state;
    static const og_pickle_extension registry[] = {{5, "shop", "Order"}, {6, "os", "system"}};
    og_policy *policy = policy_of("allow shop.Order\n");
    og_pickle_read_options options = {
        .size = sizeof options, .policy = policy, .extensions = registry, .extension_count = 2};
    og_error err = {0};
    og_doc *doc = og_pickle_loads("\x82\x05.", 3, &options, &err);
    assert_non_null(doc);
    og_doc_free(doc);
    assert_null(og_pickle_loads("\x82\x06.", 3, &options, &err));
    assert_string_equal(err.text, "opcode EXT1: names os.system, which the policy does not allow");
    assert_null(og_pickle_loads("\x82\x07.", 3, &options, &err));
    assert_int_equal(err.code, OG_EPOLICY);
    og_policy_free(policy);
}

static void test_pickles_inside(void **state)
{
    (void)state;
    og_error err = {0};
    og_policy *policy = policy_of("include plain-data\n");
    assert_int_equal(READ_BY(policy,
                             "]C\x0f"
                             "cos\nsystem\n)R.xa.",
                             false, &err),
                     OG_EPOLICY);
    assert_int_equal(err.position, 1);
    assert_string_equal(
        err.text,
        "a pickle within these bytes or this str: opcode GLOBAL: names os.system, which the policy does not allow");
    assert_int_equal(READ_BY(policy,
                             "]C\x0f"
                             "cos\nsystem\nxxxxa.",
                             false, &err),
                     OG_OK);
    og_policy_set_nested(policy, 0);
    assert_int_equal(READ_BY(policy,
                             "]C\x0f"
                             "cos\nsystem\n)R.xa.",
                             false, &err),
                     OG_OK);
    og_policy_free(policy);
}

static void put(og_buf *out, const char *text, size_t len)
{
    assert_int_equal(og_buf_put(out, text, len), OG_OK);
}

/* bytes(b), over and over: each gives bytes that may be a pickle, and only so many are read. */
static void test_copies_of_bytes_are_bounded(void **state)
{
    (void)state;
    enum { HALF = 10000, COPIES = 5000 };
    og_buf bytes = OG_BUF_INIT;
    uint8_t len[4] = {(2 * HALF + 5) & 0xff, (2 * HALF + 5) >> 8, 0, 0};
    put(&bytes,
        "\x80\x04\x8c\x08"
        "builtins\x8c\x05"
        "bytes\x93\x94"
        "0B",
        23);
    put(&bytes, (const char *)len, sizeof len);
    for (size_t i = 0; i < HALF; i++)
        put(&bytes, "N0", 2);
    put(&bytes,
        "ca\nb\n"
        "\x94"
        "0",
        7);
    for (size_t i = 0; i < COPIES; i++)
        put(&bytes, "h\0h\1\x85R0", 7);
    put(&bytes, "N.", 2);
    og_error err = {0};
    assert_int_equal(og_pickle_check(bytes.data, bytes.len, NULL, NULL, &err), OG_EPOLICY);
    assert_non_null(strstr(err.text, "more copies of bytes than are looked at"));
    og_policy *policy = og_policy_builtin("plain-data", NULL);
    assert_int_equal(read_by(policy, (const char *)bytes.data, bytes.len, false, &err), OG_EPOLICY);
    assert_non_null(strstr(err.text, "more copies of bytes than are looked at"));
    og_policy_free(policy);
    og_buf_free(&bytes);
}

/* A class that getattr() finds in another one is named too, though no opcode names it. */
static void test_classes_found_by_getattr(void **state)
{
    (void)state;
    static const char bytes[] = "\x80\x02"
                                "c__builtin__\ngetattr\ncshop\nOrder\nX\x05\0\0\0"
                                "Inner\x86R)R.";
    og_error err = {0};
    og_policy *policy = policy_of("allow builtins.getattr\nallow shop.Order\n");
    assert_int_equal(read_by(policy, bytes, sizeof bytes - 1, false, &err), OG_EPOLICY);
    assert_non_null(strstr(err.text, "names shop:Order.Inner"));
    assert_int_equal(og_policy_allow(policy, "shop:Order.Inner", NULL), OG_OK);
    assert_int_equal(read_by(policy, bytes, sizeof bytes - 1, false, &err), OG_OK);
    og_policy_free(policy);
}

/* ---- Checking ---- */

static void test_report(void **state)
{
    (void)state;
    static const char bytes[] = "(cos\nsystem\n(tRcos\nsystem\n(tRl.";
    og_pickle_report report;
    og_error err = {0};
    assert_int_equal(og_pickle_check(bytes, sizeof bytes - 1, NULL, &report, &err), OG_EPOLICY);
    assert_int_equal(report.verdict, OG_HARMFUL);
    assert_int_equal(report.use_count, 2);
    assert_int_equal(report.uses[0].how, OG_USE_IMPORTED);
    assert_int_equal(report.uses[0].position, 1);
    assert_int_equal(report.uses[0].count, 2);
    assert_string_equal(report.uses[1].module, "os");
    assert_string_equal(report.uses[1].qualname, "system");
    assert_int_equal(report.uses[1].how, OG_USE_CALLED);
    assert_false(report.uses[1].allowed);
    assert_int_equal(report.unreadable.code, OG_OK);
    og_pickle_report_fini(&report);
    og_pickle_report_fini(&report); /* may be called again */
    assert_int_equal(og_pickle_check(bytes, sizeof bytes - 1, NULL, NULL, NULL), OG_EPOLICY);
    assert_int_equal(og_pickle_check("N.", 2, NULL, NULL, NULL), OG_OK);
    assert_int_equal(og_pickle_check("N", 1, NULL, NULL, NULL), OG_ETRUNCATED);
    assert_int_equal(og_pickle_check("N.N.", 4, NULL, NULL, NULL), OG_ETRAILING);
    assert_int_equal(og_pickle_check_first("N.N.", 4, NULL, &report, NULL), OG_OK);
    assert_int_equal(report.size, 2);
    og_pickle_report_fini(&report);
}

/* As many different names as bytes allow: the report stays small, and the verdict stands. */
static void test_report_is_bounded(void **state)
{
    (void)state;
    og_buf bytes = OG_BUF_INIT;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        int len = snprintf(text, sizeof text, "cmodule%d\nname\n0", i);
        assert_int_equal(og_buf_put(&bytes, text, (size_t)len), OG_OK);
    }
    assert_int_equal(og_buf_puts(&bytes, "N."), OG_OK);
    og_pickle_report report;
    assert_int_equal(og_pickle_check(bytes.data, bytes.len, NULL, &report, NULL), OG_EPOLICY);
    assert_int_equal(report.use_count, 4096);
    assert_int_equal(report.left_out, 20000 - 4096);
    og_pickle_report_fini(&report);
    og_buf_free(&bytes);
}

/* Each byte cut off, each byte changed: never harmless unless nothing harmful is named any more. */
static void test_every_cut_and_change(void **state)
{
    (void)state;
    static const char whole[] =
        "\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.";
    size_t len = sizeof whole - 1;
    uint8_t *copy = malloc(len);
    assert_non_null(copy);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *part = malloc(cut ? cut : 1);
        assert_non_null(part);
        memcpy(part, whole, cut);
        assert_true(og_pickle_check(part, cut, NULL, NULL, NULL) < 0);
        free(part);
    }
    for (size_t at = 0; at < len; at++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(copy, whole, len);
            copy[at] = (uint8_t)byte;
            og_pickle_report report;
            int status = og_pickle_check(copy, len, NULL, &report, NULL);
            for (size_t i = 0; i < report.use_count; i++)
                assert_true(status != OG_OK || report.uses[i].allowed);
            assert_true((status == OG_OK) == (report.verdict == OG_HARMLESS));
            og_pickle_report_fini(&report);
        }
    }
    free(copy);
}

/* ---- Memory ---- */

static int read_scenario(const og_allocator *alloc, void *ctx)
{
    static const char bytes[] = "]\x94(C\x0d"
                                "\x80\x04]C\x06\x80\x04]]a.a."
                                "cshop\nOrder\n)Re.";
    (void)ctx;
    og_policy *policy = og_policy_new(alloc);
    og_doc *doc = og_doc_new(alloc);
    og_error err = {.code = OG_ENOMEM};
    int status = policy && doc ? og_policy_allow(policy, "shop.*", &err) : OG_ENOMEM;
    if (status == OG_OK) status = og_policy_allow(policy, "shop.Order", &err);
    og_pickle_read_options options = {.size = sizeof options, .policy = policy};
    if (status == OG_OK) status = og_pickle_read(doc, bytes, sizeof bytes - 1, NULL, &options, &err);
    og_doc_free(doc);
    og_policy_free(policy);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(failing_alloc_run(read_scenario, NULL) > 4);
}

/* ---- Listing ---- */

static void test_listing(void **state)
{
    (void)state;
    static const char bytes[] = "(K\x01q\0t.";
    static const char *const lines[] = {"    0: (    MARK", "    1: K        BININT1    1",
                                        "    3: q        BINPUT     0",
                                        "    5: t        TUPLE      (MARK at 0)", "    6: .    STOP"};
    og_pickle_dis *dis = og_pickle_dis_new(bytes, sizeof bytes - 1);
    og_pickle_line line;
    og_error err = {0};
    for (size_t i = 0; i < 5; i++) {
        og_buf out = OG_BUF_INIT;
        assert_int_equal(og_pickle_dis_next(dis, &line, NULL, &err), 1);
        assert_int_equal(og_pickle_line_write(&line, &out), OG_OK);
        assert_int_equal(out.len, strlen(lines[i]));
        assert_memory_equal(out.data, lines[i], out.len);
        og_buf_free(&out);
    }
    assert_int_equal(og_pickle_dis_next(dis, &line, NULL, &err), 0);
    assert_int_equal(og_pickle_dis_end(dis, &err), OG_OK);
    assert_int_equal(og_pickle_dis_protocol(dis), 1);
    og_pickle_dis_free(dis);
}

static void test_listing_errors(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *text;
        bool shown;
    } cases[] = {
        {"Np0\np0\n.", "opcode PUT: memo entry 0 is defined already", true},
        {"Ng7\n.", "opcode GET: memo entry 7 has never been stored", true},
        {"Nt.", "opcode TUPLE: no mark is on the stack", true},
        {"0.", "opcode POP: takes 1 value from the stack, which has only 0", true},
        {"p0\n.", "opcode PUT: the stack is empty: nothing can be stored in the memo", true},
        {"(p0\n.", "opcode PUT: a mark cannot be stored in the memo", true},
        {"N", "the pickle ends after 1 byte, before its STOP opcode", false},
        {"!", "found byte 0x21 where a pickle has an opcode: this is not a pickle, or a damaged one", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_pickle_dis *dis = og_pickle_dis_new(cases[i].bytes, strlen(cases[i].bytes));
        og_pickle_line line;
        og_error err = {0};
        bool shown = false;
        int status;
        while ((status = og_pickle_dis_next(dis, &line, &shown, &err)) > 0)
            continue;
        assert_true(status < 0);
        assert_int_equal(shown, cases[i].shown);
        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(og_pickle_dis_next(dis, &line, &shown, &err), 0);
        og_pickle_dis_free(dis);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allow_is_exact),
        cmocka_unit_test(test_what_unpickles_is_allowed_by_name_alone),
        cmocka_unit_test(test_explain_names_the_row_that_decides),
        cmocka_unit_test(test_deny_is_generous),
        cmocka_unit_test(test_most_specific_row_decides),
        cmocka_unit_test(test_patterns_of_all_lengths),
        cmocka_unit_test(test_long_names_are_never_allowed),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_builtin),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_errors),
        cmocka_unit_test(test_parse_fails_closed),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_what_follows_a_pickle),
        cmocka_unit_test(test_extensions_with_names),
        cmocka_unit_test(test_pickles_inside),
        cmocka_unit_test(test_copies_of_bytes_are_bounded),
        cmocka_unit_test(test_classes_found_by_getattr),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_report_is_bounded),
        cmocka_unit_test(test_every_cut_and_change),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_listing),
        cmocka_unit_test(test_listing_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
