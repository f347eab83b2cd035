/* SPDX-License-Identifier: MIT */
/* The connection without sockets: every framing and codec at every split point, detection, refusals, answers.
 */
#include "../support/failing_alloc.h"
#include "wire.h"

#include <onggi/json.h>

#include <stdio.h>

enum { MESSAGES = 3 };

/* Feeds `bytes` in pieces of `piece` (0: all) from `from` on, and compares what comes out with `expected`. */
static void feed_pieces(wire *w, const uint8_t *bytes, size_t len, size_t first, size_t piece,
                        const og_value *expected, size_t count)
{
    size_t at = 0;
    size_t got = 0;
    og_error err;
    og_value value;
    while (at < len || !w->conn.ended) {
        size_t n = at == 0 && first > 0 ? first : piece > 0 ? piece : len;
        if (n > len - at) n = len - at;
        uint8_t *copy = padded(bytes + at, n);
        if (n == 0) {
            og__peer_core_end(&w->conn);
        } else {
            size_t size = 0;
            uint8_t *space = og__peer_core_space(&w->conn, &size);
            if (space && size >= n) {
                memcpy(space, copy, n);
                og__peer_core_feed(&w->conn, space, n);
            } else {
                og__peer_core_feed(&w->conn, copy, n);
            }
        }
        at += n;
        int status;
        while ((status = next_of(w, &value, &err)) > 0) {
            assert_true(got < count);
            if (og_equal(value, expected[got]) != 1) fail_msg("message %zu is another", got);
            got++;
        }
        if (status < 0) fail_msg("after %zu of %zu bytes: %s", at, len, err.text);
        free(copy);
    }
    assert_int_equal(got, count);
}

/* Three values that the codec can carry. */
static void make_values(og_doc *doc, const og_codec *codec, og_value *values)
{
    if (codec->opaque && codec->lines) {
        values[0] = og_str(doc, "hello");
        values[1] = og_str(doc, "서버로부터 응답");
        values[2] = og_str(doc, "x");
    } else if (codec->opaque) {
        values[0] = og_bytes(doc, "abc", 3);
        values[1] = og_bytes(doc, "\xff\xfe\x01", 3);
        values[2] = og_bytes(doc, "z", 1);
    } else {
        values[0] = og_pack(doc, NULL, "{s:s, s:i}", "name", "John", "age", 30);
        values[1] = og_pack(doc, NULL, "[i, s, {s:n}]", 1, "서버", "a");
        values[2] = og_pack(doc, NULL, "s", "");
    }
    for (size_t i = 0; i < MESSAGES; i++)
        assert_true(og_valid(values[i]));
}

/* So many of the three messages the two can carry together. */
static size_t can_carry(const og_codec *codec, const og_frame_ops *framing)
{
    bool marks = framing->ending || framing->opener || (framing->set && !framing->head);
    if (codec->opaque ? framing->is_raw : marks && !codec->lines) return 0;
    return framing->ends_stream ? 1 : MESSAGES;
}

/* What a peer of ours writes of the values. */
static void write_wire(const char *codec, const char *framing, const og_value *values, size_t count,
                       og_buf *bytes)
{
    wire w;
    open_wire(&w, codec, framing, false, 0);
    og_error err;
    for (size_t i = 0; i < count; i++)
        if (og__peer_core_put(&w.conn, values[i], &err) < 0)
            fail_msg("%s in %s: %s", codec, framing, err.text);
    assert_int_equal(og_buf_put(bytes, w.conn.out.data, w.conn.out.len), 0);
    close_wire(&w);
}

/* Two pieces cut at each place, then pieces of 1 to 7 bytes, are all read as `values`. */
static void read_every_way(const char *codec, const char *framing, const og_buf *bytes,
                           const og_value *values, size_t count, void (*check)(const wire *, const void *),
                           const void *ctx)
{
    for (size_t way = 1; way <= bytes->len + 7; way++) {
        bool two = way <= bytes->len;
        wire w;
        open_wire(&w, codec, framing, false, 0);
        feed_pieces(&w, bytes->data, bytes->len, two ? way : 0, two ? 0 : way - bytes->len, values, count);
        if (check) check(&w, ctx);
        close_wire(&w);
    }
}

static void every_codec_and_framing_at_every_split(void **state)
{
    (void)state;
    const og_codec *codec;
    const og_frame_ops *ops;
    for (size_t c = 0; (codec = og_codec_at(c)); c++) {
        og_doc *doc = og_doc_new(NULL);
        og_value values[MESSAGES];
        make_values(doc, codec, values);
        for (size_t f = 0; (ops = og_framing_at(f)); f++) {
            size_t count = can_carry(codec, ops);
            if (count == 0) continue;
            og_buf bytes = OG_BUF_INIT;
            write_wire(codec->name, framing_name(f), values, count, &bytes);
            read_every_way(codec->name, framing_name(f), &bytes, values, count, NULL, NULL);
            og_buf_free(&bytes);
        }
        og_doc_free(doc);
    }
}

/* The first other framing that writes the same bytes; NULL when none does. */
static const og_frame_ops *writes_the_same(const og_codec *codec, size_t framing, const og_value *values,
                                           const og_buf *bytes)
{
    const og_frame_ops *ops;
    const og_frame_ops *found = NULL;
    for (size_t f = 0; !found && (ops = og_framing_at(f)); f++) {
        og_buf others = OG_BUF_INIT;
        if (f == framing || can_carry(codec, ops) < MESSAGES) continue;
        write_wire(codec->name, framing_name(f), values, MESSAGES, &others);
        if (others.len == bytes->len && memcmp(others.data, bytes->data, bytes->len) == 0) found = ops;
        og_buf_free(&others);
    }
    return found;
}

typedef struct wanted {
    const char *codec;
    const char *framing;
} wanted;

static void is_wanted(const wire *w, const void *ctx)
{
    const wanted *want = ctx;
    char name[OG_FRAMING_NAME_MAX];
    assert_string_equal(og__peer_core_codec(&w->conn), want->codec);
    assert_string_equal(og__peer_core_framing(&w->conn, name, sizeof name), want->framing);
}

/* Where two framings write the same, neither is guessed, or the one that may also write otherwise is not. */
static void every_framing_detected_at_every_split(void **state)
{
    (void)state;
    const og_codec *codec;
    const og_frame_ops *ops;
    for (size_t c = 0; (codec = og_codec_at(c)); c++) {
        if (codec->asked) continue;
        og_doc *doc = og_doc_new(NULL);
        og_value values[MESSAGES];
        make_values(doc, codec, values);
        for (size_t f = 0; (ops = og_framing_at(f)); f++) {
            bool shows = ops->is_raw || ops->ending || ops->opener || ops->head || ops->opens;
            if (!shows || can_carry(codec, ops) < MESSAGES) continue;
            og_buf bytes = OG_BUF_INIT;
            write_wire(codec->name, framing_name(f), values, MESSAGES, &bytes);
            const og_frame_ops *twin = writes_the_same(codec, f, values, &bytes);
            wanted want = {codec->name, framing_name(f)};
            og_framing shown = {.ops = ops};
            og_frame_head head = {.shown = &shown};
            if (twin && ops->head(&shown, bytes.data, bytes.len, &head, NULL) > 0 && head.odd)
                want.framing = twin->name;
            if (!twin || head.odd) read_every_way(NULL, NULL, &bytes, values, MESSAGES, is_wanted, &want);
            og_buf_free(&bytes);
        }
        og_doc_free(doc);
    }
}

/* Where comments are allowed they come between the texts of a stream and in them, and at its end. */
static void comments_in_streams(void **state)
{
    (void)state;
    static const char text[] = "// \"[\n[1/*]*/]/**/\"//\" // the end";
    og_doc *doc = og_doc_new(NULL);
    og_value one = og_int(1);
    og_value values[] = {og_list(doc), og_str(doc, "//")};
    og_list_append(doc, values[0], one, NULL);
    for (size_t piece = 0; piece < sizeof text; piece++) {
        wire w;
        og_conn_options options = {.codec = "json", .framing = "raw"};
        og_json_of(&options.codecs)->read.allow_comments = true;
        open_wire_with(&w, options, false);
        feed_pieces(&w, (const uint8_t *)text, sizeof text - 1, 0, piece, values, 2);
        close_wire(&w);
    }
    og_doc_free(doc);
}

/* A message of a megabyte in pieces: into `pending` directly, memory in proportion. */
static void long_messages_come_in_pieces(void **state)
{
    (void)state;
    size_t len = (size_t)1 << 20;
    char *text = malloc(len);
    memset(text, 'x', len);
    text[0] = text[len - 1] = '"';
    og_doc *doc = og_doc_new(NULL);
    og_value expected = og_strn(doc, text + 1, len - 2);
    for (size_t piece = 1000; piece < 70000; piece = piece * 4 + 1) {
        wire w;
        open_wire(&w, NULL, NULL, false, 0);
        feed_pieces(&w, (const uint8_t *)text, len, 0, piece, &expected, 1);
        assert_true(w.conn.pending.cap < 2 * len);
        close_wire(&w);
    }
    free(text);
    og_doc_free(doc);
}

/* Framing seq asks the codec where a text ends, and the codec may not be known yet. */
static void a_framing_given_finds_the_codec_itself(void **state)
{
    (void)state;
    const og_frame_ops *ops;
    for (size_t f = 0; (ops = og_framing_at(f)); f++) {
        const og_codec *json = og_codec_find("json", NULL);
        size_t count = can_carry(json, ops);
        if (ops->is_raw) continue;
        og_doc *doc = og_doc_new(NULL);
        og_value values[MESSAGES];
        make_values(doc, json, values);
        og_buf bytes = OG_BUF_INIT;
        write_wire("json", framing_name(f), values, count, &bytes);
        for (size_t piece = 1; piece < 8; piece++) {
            wire w;
            open_wire(&w, NULL, framing_name(f), false, 0);
            feed_pieces(&w, bytes.data, bytes.len, 0, piece, values, count);
            assert_string_equal(og__peer_core_codec(&w.conn), "json");
            close_wire(&w);
        }
        og_buf_free(&bytes);
        og_doc_free(doc);
    }
}

/* A conversation in which every allocation fails in turn: 0 or OG_ENOMEM, and nothing is lost or left. */
static int converse(const og_allocator *alloc, void *ctx)
{
    const char *const *wire_names = ctx;
    og_conn_options options = {.size = sizeof options, .alloc = alloc};
    og_endpoint endpoint = {.transport = OG_TCP};
    wire w;
    og_error why = {0};
    assert_int_equal(og__peer_setup_init(&w.setup, &options, &endpoint, OG_ROLE_SERVER, &why), 0);
    og__peer_core_init(&w.conn, &w.setup);
    size_t len = strlen(wire_names[1]);
    size_t cut = len / 3;
    uint8_t *one = padded(wire_names[1], cut);
    uint8_t *two = padded(wire_names[1] + cut, len - cut);
    og_value value;
    og__peer_core_feed(&w.conn, one, cut);
    int status = og__peer_core_next(&w.conn, &value, &why);
    if (status == 0) {
        og__peer_core_feed(&w.conn, two, len - cut);
        while ((status = og__peer_core_next(&w.conn, &value, &why)) > 0)
            if ((status = og__peer_core_put(&w.conn, value, &why)) < 0) break;
    }
    if (status == 0) status = og__peer_core_hold(&w.conn);
    free(one);
    free(two);
    og__peer_core_fini(&w.conn);
    return status;
}

/* Feeds `text` in two pieces and passes over greetings; what is left then is read as [1]. */
static void greeted(const char *framing, const char *text, size_t cut, size_t lines)
{
    wire w;
    og_error err;
    og_value value = {0};
    size_t len = strlen(text);
    open_wire(&w, NULL, framing, false, 0);
    for (size_t at = 0; at < len; at = at ? len : cut) {
        uint8_t *piece = padded(text + at, at ? len - at : cut);
        og__peer_core_feed(&w.conn, piece, at ? len - at : cut);
        while (lines > 0 && og__peer_core_pass_greeting(&w.conn) == OG__GREETING)
            lines--;
        if (lines > 0) assert_int_equal(og__peer_core_hold(&w.conn), OG_OK);
        int status = lines > 0 ? 0 : next_of(&w, &value, &err);
        if (status < 0) fail_msg("%s cut at %zu: %s", text, cut, err.text);
        free(piece);
    }
    assert_int_equal(lines, 0);
    int64_t number;
    assert_int_equal(og_as_int64(og_item(value, 0), &number), OG_OK);
    assert_int_equal(number, 1);
    close_wire(&w);
}

/* Lines of text before the first message, cut at every byte. */
static void greetings_in_text_at_every_split(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t lines;
    } rows[] = {{"220 ready\n[1]\n", 1}, {"HELLO\r\n[1]\n", 1}, {"* OK [x]\nWelcome!\r\n[1]\n", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t cut = 1; cut < strlen(rows[i].text); cut++) {
            greeted(NULL, rows[i].text, cut, rows[i].lines);
            greeted("line", rows[i].text, cut, rows[i].lines);
        }
}

/* What begins as a message is none, whole or in part. */
static void messages_are_no_greetings(void **state)
{
    (void)state;
    static const char *const texts[] = {"[1]\n",  "\"hi\"\n", "220\n", "39 {\n", "12:[1]",
                                        "(dp0\n", "true\n",   "I1\n",  "\n",     "\x80\x04"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t len = 1; len <= strlen(texts[i]); len++) {
            wire w;
            open_wire(&w, NULL, NULL, false, 0);
            uint8_t *bytes = padded(texts[i], len);
            og__peer_core_feed(&w.conn, bytes, len);
            if (og__peer_core_pass_greeting(&w.conn) != OG__NO_GREETING)
                fail_msg("%s, %zu bytes", texts[i], len);
            close_wire(&w);
            free(bytes);
        }
}

static void every_failing_allocation(void **state)
{
    (void)state;
    static const char *const wires[][2] = {
        {"lines", "{\"a\": [1, 2, \"b\\n\"]}\n[3, 4]\n{\"c\":"},
        {"bare", "{\"a\": [1, 2]}[3, 4]{\"c\":"},
        {"pickles", "(lp0\nI1\na.(lp0\nI2\na.(lp0\n"},
        {"netstrings", "13:{\"a\": [1, 2]},6:[3, 4],"},
    };
    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        const char *names[2] = {wires[i][0], wires[i][1]};
        assert_true(failing_alloc_run(converse, names) > 2);
    }
}

/* Those before went on as if they had not: the core was made anew wherever nothing was in it. */
static void many_have_rested(void **state)
{
    (void)state;
    assert_true(wire_rests > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_and_framing_at_every_split),
        cmocka_unit_test(every_framing_detected_at_every_split),
        cmocka_unit_test(comments_in_streams),
        cmocka_unit_test(long_messages_come_in_pieces),
        cmocka_unit_test(a_framing_given_finds_the_codec_itself),
        cmocka_unit_test(greetings_in_text_at_every_split),
        cmocka_unit_test(messages_are_no_greetings),
        cmocka_unit_test(every_failing_allocation),
        cmocka_unit_test(many_have_rested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
