/* SPDX-License-Identifier: MIT */
/*
 * What detection makes of every framing, codec, width, padding and cut: the first value that comes out is the
 * one that went in, or nothing comes out. No pauses: a pause makes some readings equal (doc/detection.md).
 * ONGGI_MATRIX_EVERY=N: one cut in N, and N bytes at once instead of each on its own, where the processor is
 * slow.
 */
#include "wire.h"

#include <onggi/json.h>
#include <onggi/pickle.h>

#include <stdio.h>

enum { PROTOCOLS = 6 };

/* How many streams were tried, and how many gave their first value. */
static size_t tried;
static size_t given;

static size_t every = 1;

/* What a peer sends, in words, for a failure. */
static char sent[200];

/* Takes what comes out of a piece: true once something has come out, which is the value. */
static bool take_first(wire *w, og_value expected)
{
    og_value value;
    og_error err;
    int status = next_of(w, &value, &err);
    if (status <= 0) return status < 0;
    if (og_equal(value, expected) != 1) fail_msg("%s: another value came out", sent);
    given++;
    return true;
}

/* The bytes in two pieces, then the end. */
static void feed_cut(const og_buf *bytes, size_t cut, og_value expected)
{
    wire w;
    open_wire(&w, NULL, NULL, false, 0);
    bool out = false;
    tried++;
    for (int piece = 0; !out && piece < 2; piece++) {
        size_t from = piece == 0 ? 0 : cut;
        size_t len = piece == 0 ? cut : bytes->len - cut;
        if (len == 0) continue;
        uint8_t *copy = padded(bytes->data + from, len);
        og__peer_core_feed(&w.conn, copy, len);
        out = take_first(&w, expected);
        if (!out) assert_int_equal(og__peer_core_hold(&w.conn), 0);
        free(copy);
    }
    if (!out) {
        og__peer_core_end(&w.conn);
        take_first(&w, expected);
    }
    close_wire(&w);
}

/* Each byte on its own, or `every` at once. */
static void feed_bytes(const og_buf *bytes, og_value expected)
{
    wire w;
    open_wire(&w, NULL, NULL, false, 0);
    bool out = false;
    tried++;
    for (size_t i = 0; !out && i < bytes->len; i += every) {
        size_t len = bytes->len - i < every ? bytes->len - i : every;
        uint8_t *copy = padded(bytes->data + i, len);
        og__peer_core_feed(&w.conn, copy, len);
        out = take_first(&w, expected);
        if (!out) assert_int_equal(og__peer_core_hold(&w.conn), 0);
        free(copy);
    }
    close_wire(&w);
}

/* Cut at each of the first places, at some of the others, and at the last ones. */
static void feed_every_way(const og_buf *bytes, og_value expected)
{
    enum { FIRST = 14, LAST = 3, STEP = 17 };
    static size_t turn;
    for (size_t cut = 0; cut < bytes->len; cut++) {
        bool is_chosen = cut < FIRST || cut + LAST > bytes->len || cut % STEP == 0;
        if (is_chosen && turn++ % every == 0) feed_cut(bytes, cut, expected);
    }
    feed_bytes(bytes, expected);
}

/* False when the framing cannot carry it. */
static bool write_message(og_buf *out, const char *codec, const char *framing, int protocol, og_value value)
{
    wire w;
    og_error err;
    og_conn_options options = {.codec = codec, .framing = framing};
    if (protocol >= 0)
        og_pickle_of(&options.codecs)->write.protocol = protocol == 0 ? OG_PICKLE_PROTOCOL_0 : protocol;
    open_wire_with(&w, options, false);
    bool carried = og__peer_core_put(&w.conn, value, &err) == 0;
    if (carried) og_buf_put(out, w.conn.out.data, w.conn.out.len);
    close_wire(&w);
    return carried;
}

/* ---- Values ---- */

typedef struct values {
    og_doc *doc;
    og_value of[240];
    size_t count;
} values;

static void add(values *all, og_value value)
{
    assert_true(og_valid(value));
    assert_true(all->count < sizeof all->of / sizeof all->of[0]);
    all->of[all->count++] = value;
}

/* The kinds of values, and texts of so many lengths that a length's first byte is each printable character.
 */
static void make_values(values *all, size_t most)
{
    char text[600];
    memset(text, 'x', sizeof text);
    memset(all, 0, sizeof *all);
    all->doc = og_doc_new(NULL);
    og_doc *doc = all->doc;
    static const char *const texts[] = {
        "{\"a\":1}",    "{\"name\":\"John\",\"age\":30}",
        "[1,2,3]",      "[]",
        "{}",           "\"\"",
        "42",           "12345",
        "-1.5",         "true",
        "null",         "\"hello world\"",
        "\"12\"",       "[[1,2],[3,[4]]]",
        "{\"n\":null}", "1e10",
        "\"서버\"",     "[\"a\",{\"b\":[]}]",
        "[true,null]",  "10",
        "99",           "\"(lp0\"",
        "\"K\"",        "\"{}\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        og_doc *read = og_json_loads(texts[i], strlen(texts[i]), NULL, NULL);
        add(all, og_copy(doc, og_doc_root(read)));
        og_doc_free(read);
    }
    for (size_t len = 1; len <= most; len += len < 130 ? 1 : 61)
        add(all, og_strn(doc, text, len));
}

static void free_values(values *all)
{
    og_doc_free(all->doc);
}

/* ---- The matrix ---- */

/* Two messages of each value, in each framing of the table, in each codec and protocol. */
static void every_framing_codec_and_length(void **state)
{
    (void)state;
    static const char *const more[] = {"digits:\\n", "digits:\\r\\n", "digits: ", "digits:|",    "digits::",
                                       "digits:\\0", "digits:4",      "delim:;",  "delim:\\0\\0"};
    enum { MORE = sizeof more / sizeof more[0] };
    values all;
    make_values(&all, 400);
    for (size_t f = 0; framing_name(f) || f < 64; f++) {
        const char *framing = framing_name(f)  ? framing_name(f)
                              : f >= 64 - MORE ? more[f - (64 - MORE)]
                                               : NULL;
        if (!framing) continue;
        for (size_t v = 0; v < all.count; v++)
            for (int protocol = -1; protocol < PROTOCOLS; protocol++) {
                bool pickle = protocol >= 0;
                og_buf bytes = OG_BUF_INIT;
                if (pickle && v >= 24 && protocol != 4) continue;
                if (!write_message(&bytes, pickle ? "pickle" : "json", framing, protocol, all.of[v]))
                    continue;
                if (strcmp(framing, "eof") != 0)
                    write_message(&bytes, pickle ? "pickle" : "json", framing, protocol, all.of[0]);
                snprintf(sent, sizeof sent, "value %zu in %s, protocol %d", v, framing, protocol);
                feed_every_way(&bytes, all.of[v]);
                og_buf_free(&bytes);
            }
    }
    print_message("%zu of %zu gave their first value\n", given, tried);
    assert_true(given > tried / 2);
    free_values(&all);
}

typedef enum padding { LEFT, RIGHT, ZEROS, CENTRE, NULS, PADDINGS } padding;

static bool is_number(og_value value)
{
    return og_kind_of(value) == OG_INT || og_kind_of(value) == OG_FLOAT;
}

/* A header of `width` characters; false when the number does not fit. */
static bool put_header(og_buf *out, size_t len, size_t width, padding how)
{
    char number[24];
    char header[256];
    size_t digits = (size_t)snprintf(number, sizeof number, "%zu", len);
    if (digits > width) return false;
    size_t before = how == RIGHT || how == ZEROS ? width - digits : how == CENTRE ? (width - digits) / 2 : 0;
    memset(header, how == ZEROS ? '0' : how == NULS ? '\0' : ' ', width);
    memcpy(header + before, number, digits);
    return og_buf_put(out, header, width) == 0;
}

static void every_width_and_padding(void **state)
{
    (void)state;
    static const size_t widths[] = {1,  2,  3,  4,  5,  6,  7,   8,   10,  12,
                                    16, 20, 33, 50, 64, 65, 100, 128, 200, 256};
    values all;
    make_values(&all, 60);
    given = tried = 0;
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
        for (int how = 0; how < PADDINGS; how++)
            for (size_t v = 0; v < all.count; v++)
                for (int protocol = -1; protocol < PROTOCOLS; protocol += 5) {
                    og_buf body = OG_BUF_INIT;
                    og_buf bytes = OG_BUF_INIT;
                    write_message(&body, protocol < 0 ? "json" : "pickle", protocol < 0 ? "eof" : "raw",
                                  protocol, all.of[v]);
                    /* A number right after its length is one number. */
                    bool joined = widths[w] <= 2 || how == RIGHT;
                    bool one = joined && protocol < 0 && is_number(all.of[v]);
                    if (!one && put_header(&bytes, body.len, widths[w], (padding)how)) {
                        og_buf_put(&bytes, body.data, body.len);
                        snprintf(sent, sizeof sent, "value %zu, width %zu, padding %d, protocol %d", v,
                                 widths[w], how, protocol);
                        feed_every_way(&bytes, all.of[v]);
                    }
                    og_buf_free(&bytes);
                    og_buf_free(&body);
                }
    print_message("%zu of %zu gave their first value\n", given, tried);
    assert_true(given > tried / 2);
    free_values(&all);
}

/* Whatever counts the messages, white space and NULs after a pickle, and a byte order mark before JSON, are
 * not held against them. */
static void blanks_and_marks(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        const char *after;
        size_t after_len;
        bool pickle;
    } ways[] = {{"", "\n", 1, true},
                {"", "\0\0\0\0", 4, true},
                {"", " \r\n", 3, true},
                {"\xef\xbb\xbf", "", 0, false},
                {"\xef\xbb\xbf", "\n", 1, false}};
    static const char *const framings[] = {"raw",   "u32be",     "u32le",   "u16be",
                                           "u64be", "digits:10", "digits:#"};
    values all;
    make_values(&all, 40);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        for (size_t f = 0; f < sizeof framings / sizeof framings[0]; f++)
            for (size_t v = 0; v < all.count; v++) {
                og_buf text = OG_BUF_INIT;
                og_buf bytes = OG_BUF_INIT;
                write_message(&text, ways[i].pickle ? "pickle" : "json", ways[i].pickle ? "raw" : "eof",
                              ways[i].pickle ? 4 : -1, all.of[v]);
                og_buf whole = OG_BUF_INIT;
                og_buf_put(&whole, ways[i].before, strlen(ways[i].before));
                og_buf_put(&whole, text.data, text.len);
                og_buf_put(&whole, ways[i].after, ways[i].after_len);
                for (int twice = 0; twice < 2; twice++) {
                    og_framing framing;
                    size_t mark;
                    assert_int_equal(og_framing_find(&framing, framings[f], NULL), 0);
                    assert_int_equal(og_frame_begin(&framing, &bytes, &mark, NULL), 0);
                    og_buf_put(&bytes, whole.data, whole.len);
                    assert_int_equal(og_frame_end(&framing, &bytes, mark, NULL), 0);
                }
                snprintf(sent, sizeof sent, "value %zu in %s, way %zu", v, framings[f], i);
                given = 0;
                feed_every_way(&bytes, all.of[v]);
                if (given == 0 && v < 6) fail_msg("%s: nothing came out", sent);
                og_buf_free(&bytes);
                og_buf_free(&whole);
                og_buf_free(&text);
            }
    free_values(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_framing_codec_and_length),
        cmocka_unit_test(every_width_and_padding),
        cmocka_unit_test(blanks_and_marks),
    };
    const char *asked = getenv("ONGGI_MATRIX_EVERY");
    if (asked && atoi(asked) > 0) every = (size_t)atoi(asked);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
