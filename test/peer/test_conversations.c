/* SPDX-License-Identifier: MIT */
/* The connection without sockets: what it reads of what arrives, what it refuses, and how it answers. */
#include "wire.h"

#include <onggi/json.h>

enum { MOST_STEPS = 10 };

typedef enum { DONE, ARRIVES, NEXT, SILENCE, PUT, HOLD, END, CODEC, NO_TIMER } act;

/* A step of a conversation, and what must come of it. */
typedef struct step {
    act act;
    const char *bytes; /* ARRIVES: these; PUT: the value as JSON */
    size_t len;
    int status; /* of ARRIVES, NEXT: 1 is a value, 0 none yet, < 0 a refusal; of PUT and HOLD: theirs */
    const char
        *expected; /* the value read as JSON; part of a refusal; PUT: all written so far; CODEC: its name */
    int64_t position; /* of a refusal; 0: any */
} step;

typedef struct conversation {
    const char *name;                      /* of the test */
    enum { STREAM, DATAGRAM, STRICT } way; /* STRICT: JSON of RFC 8259 */
    og_conn_options options;
    step steps[MOST_STEPS];
} conversation;

/* clang-format off */

/* What arrives, and the value read first then, as JSON; or that there is none yet; or why it is refused. */
#define GIVES(bytes, json) {ARRIVES, bytes, sizeof bytes - 1, 1, json, 0}
#define GIVES_NOTHING(bytes) {ARRIVES, bytes, sizeof bytes - 1, 0, NULL, 0}
#define GIVES_ERROR(bytes, status, text, position) {ARRIVES, bytes, sizeof bytes - 1, status, text, position}

/* The value after it in what has arrived. */
#define THEN(json) {NEXT, NULL, 0, 1, json, 0}
#define THEN_NOTHING {NEXT, NULL, 0, 0, NULL, 0}
#define THEN_ERROR(status, text, position) {NEXT, NULL, 0, status, text, position}

/* A value is written: what has been written so far; or why it cannot be, which leaves nothing. */
#define ANSWER(json, bytes) {PUT, json, sizeof json - 1, OG_OK, bytes, 0}
#define NO_ANSWER(json, status) {PUT, json, sizeof json - 1, status, "", 0}

/* The timer of silence has fired so many times; it is not set. */
#define SILENT(times) {SILENCE, NULL, times, 0, NULL, 0}
#define NOT_WAITING {NO_TIMER, NULL, 0, 0, NULL, 0}

#define HELD {HOLD, NULL, 0, OG_OK, NULL, 0}
#define ENDED {END, NULL, 0, 0, NULL, 0}
#define IS_CODEC(name) {CODEC, NULL, 0, 0, name, 0}

#define TEN(text) text text text text text text text text text text
#define HUNDRED   TEN(TEN("x"))

static const conversation conversations[] = {
    {"a bare value is answered with a blank after it", STREAM, {0},    /* or a second answer would go on where the number ends */
     {GIVES("{\"a\":1}", "{\"a\":1}"), ANSWER("7", "7 ")}},
    {"a line is answered with a line", STREAM, {0},
     {GIVES("{\"a\":1}\n", "{\"a\":1}"), ANSWER("7", "7\n")}},
    {"a line of Windows is answered with one", STREAM, {0},
     {GIVES("{\"a\":1}\r\n", "{\"a\":1}"), ANSWER("7", "7\r\n")}},
    {"digits and a line feed are answered so", STREAM, {0},
     {GIVES("7\n{\"a\":1}", "{\"a\":1}"), ANSWER("7", "1\n7")}},
    {"digits and # are answered so", STREAM, {0},
     {GIVES("7#{\"a\":1}", "{\"a\":1}"), ANSWER("7", "1#7")}},
    {"digits and a blank are answered so", STREAM, {0},
     {GIVES("7 {\"a\":1}", "{\"a\":1}"), ANSWER("7", "1 7")}},
    {"values in a row are answered with a blank", STREAM, {0},
     {GIVES("{\"a\":1}{\"a\":1}", "{\"a\":1}"), ANSWER("7", "7 ")}},
    {"a text sequence is answered with one", STREAM, {0},
     {GIVES("\x1e{\"a\":1}\n", "{\"a\":1}"), ANSWER("7", "\x1e" "7\n")}},
    {"a netstring is answered with one", STREAM, {0},
     {GIVES("7:{\"a\":1},", "{\"a\":1}"), ANSWER("7", "1:7,")}},
    {"padded digits are answered so", STREAM, {0},
     {GIVES("7         {\"a\":1}", "{\"a\":1}"), ANSWER("7", "1         7")}},
    {"a header is answered with one", STREAM, {0},
     {GIVES("Content-Length: 7\r\n\r\n{\"a\":1}", "{\"a\":1}"), ANSWER("7", "Content-Length: 1\r\n\r\n7")}},
    {"a line feed that comes late ends the answer too", STREAM, {0},
     {GIVES("{\"a\":1}", "{\"a\":1}"), ANSWER("7", "7 "), THEN_NOTHING,
      GIVES("\n{\"a\":2}\n", "{\"a\":2}"), ANSWER("8", "7 \n8\n")}},
    {"JSON on several lines is answered with lines", STREAM, {0},
     {GIVES("{\n \"a\": 1\n}\n[\n 2\n]\n", "{\"a\":1}"), ANSWER("1", "1\n"), THEN("[2]"), ANSWER("2", "1\n2\n")}},

    {"silence ends a number", STREAM, {0},
     {GIVES_NOTHING("12"), SILENT(OG__SILENT), THEN("12"), GIVES_NOTHING("3"), GIVES_NOTHING("4"), SILENT(OG__SILENT),
      THEN("34"), NOT_WAITING}},
    {"silence ends a float", STREAM, {0}, {GIVES_NOTHING("-1"), GIVES_NOTHING(".5"), SILENT(OG__SILENT), THEN("-1.5")}},
    {"silence says nothing within a number", STREAM, {0},
     {GIVES("[1]", "[1]"), GIVES_NOTHING("12e"), NOT_WAITING, GIVES_NOTHING("1"), SILENT(OG__SILENT), THEN("120.0")}},
    {"a text goes on where a character was cut", STREAM, {.codec = "text", .framing = "raw"},
     {GIVES("ab\xec\x84", "\"ab\""), THEN_NOTHING, GIVES("\x9c", "\"\xec\x84\x9c\"")}},
    {"silence ends a character that is cut", STREAM, {.codec = "text", .framing = "raw"},
     {GIVES_NOTHING("\xec\x84"), SILENT(OG__SILENT), THEN_ERROR(OG_ESYNTAX, "", 0)}},
    {"a short silence within a header says nothing", STREAM, {0},
     {GIVES_NOTHING("\xfe\x03\x91\x77\x12"), SILENT(OG__SILENCES - 1), THEN_NOTHING, SILENT(1),
      THEN_ERROR(OG_ESYNTAX, "found fe 03 91 77 12", 0), NOT_WAITING}},

    {"a bad line is refused with its byte, and the next one is read", STREAM, {0},
     {GIVES("{\"a\":1}\n{\"a\":x}\n[2]\n", "{\"a\":1}"), THEN_ERROR(OG_ESYNTAX, "", 13), THEN("[2]")}},
    {"after a bad bare value nothing is read", STREAM, {0},
     {GIVES("{\"a\":1}{\"a\":x}[2]", "{\"a\":1}"), THEN_ERROR(OG_ESYNTAX, "", 12), THEN_ERROR(OG_ECLOSED, "", 0)}},
    {"a length and a pickle after a line are named", STREAM, {0},
     {GIVES("{\"a\":1}\n", "{\"a\":1}"),
      GIVES_ERROR("\0\0\0\x11\x80\4\x95\4\0\0\0\0\0\0\0](K\1e.\n", OG_ESYNTAX,
                  "but found a length in 4 bytes, big-endian, then a pickle: ", 8)}},
    {"a bare pickle after bare JSON is named", STREAM, {0},
     {GIVES("{\"a\":1}", "{\"a\":1}"),
      GIVES_ERROR("\x80\4\x95\4\0\0\0\0\0\0\0](K\1e.", OG_ESYNTAX, "expected JSON as before, but found a pickle", 7)}},
    {"what ends each bare message is proposed", STREAM, {0},
     {GIVES("{\"a\":1}", "{\"a\":1}"), GIVES_ERROR("<END>[2]<END>", OG_ESYNTAX, "say framing=delim:<END> (--framing 'delim:<END>')", 7)}},
    {"what ends each bare pickle is proposed", STREAM, {0},
     {GIVES("\x80\4K\1.", "1"), GIVES_ERROR("\4\4\x80\4K\2.\4\4", OG_ESYNTAX, "say framing=delim:\\x04\\x04 (", 5)}},
    {"JSON after a pickle in the same framing is named", STREAM, {0},
     {GIVES("\0\0\0\4}q\0.", "{}"), GIVES_ERROR("\0\0\0\7{\"a\":1}", OG_ESYNTAX, "expected a pickle as before, but found JSON", 12)}},
    {"an end within a value is refused", STREAM, {0},
     {GIVES_NOTHING("{\"a\": [1, 2"), ENDED, THEN_ERROR(OG_ETRUNCATED, "", 11)}},
    {"a length over the limit is refused before its message", STREAM, {.max_message = 100},
     {GIVES_ERROR("\0\0\0\x65{\"a\"", OG_ELIMIT, "", 0)}},

    {"datagrams are whole messages", DATAGRAM, {0},
     {GIVES("12", "12"), THEN_NOTHING, GIVES_ERROR("{\"a\":", OG_ETRUNCATED, "", 0),
      GIVES("\0\0\0\4}q\0.", "{}"), IS_CODEC("pickle"), GIVES("[1]\n", "[1]"), ANSWER("7", "7\n")}},
    {"a datagram with a wrong length is refused alone", DATAGRAM, {.codec = "json", .framing = "u32be"},
     {GIVES("\0\0\0\2[]", "[]"), GIVES_ERROR("\0\0\0\3[]", OG_ETRUNCATED, "", 0), GIVES("\0\0\0\2[]", "[]")}},

    {"what the codec cannot carry leaves nothing", STREAM, {.codec = "text", .framing = "u8"}, {NO_ANSWER("1", OG_ETYPE)}},
    {"what the framing cannot carry leaves nothing", STREAM, {.codec = "text", .framing = "u8"},
     {NO_ANSWER("\"" HUNDRED HUNDRED HUNDRED "\"", OG_EVALUE)}},
    {"what is over the limit leaves nothing", STREAM, {.codec = "text", .framing = "raw", .max_message = 100},
     {NO_ANSWER("\"" HUNDRED "x\"", OG_ELIMIT)}},

    {"what is held goes on", STREAM, {.codec = "json", .framing = "raw"},
     {GIVES("[1][2][3][4", "[1]"), HELD, THEN("[2]"), THEN("[3]"), THEN_NOTHING, GIVES(",5][6]", "[4,5]"), HELD,
      THEN("[6]"), THEN_NOTHING}},

    {"an answer has the protocol of the pickle", STREAM, {0},
     {GIVES("\x80\2}q\0.", "{}"), ANSWER("null", "\x80\2N.")}},
    {"no answer has a higher protocol than 4", STREAM, {0},
     {GIVES("\x80\5N.", "null"), ANSWER("null", "\x80\4N.")}},
    {"a pickle without a protocol has an answer without", STREAM, {0}, {GIVES("(dp0\n.", "{}"), ANSWER("null", "N.")}},

    {"JSON is read and written as Python does it, NaN", STREAM, {.codec = "json", .framing = "line"},
     {GIVES("[NaN,Infinity,-Infinity]\n", "[NaN,Infinity,-Infinity]"), ANSWER("[NaN]", "[NaN]\n")}},
    {"JSON is read and written as Python does it, a surrogate", STREAM, {.codec = "json", .framing = "line"},
     {GIVES("{\"a\":\"\\udce9.txt\"}\n", "{\"a\":\"\\udce9.txt\"}"), ANSWER("\"\\ud800\"", "\"\\ud800\"\n")}},
    {"JSON is read as Python does it, a surrogate of three bytes", STREAM, {0},
     {GIVES("\"\xed\xb3\xa9.txt\"\n", "\"\\udce9.txt\""), IS_CODEC("json"), ANSWER("\"\\udce9\"", "\"\\udce9\"\n")}},
    {"a number beyond floats is not lost as infinity", STREAM, {.codec = "json", .framing = "line"},
     {GIVES_ERROR("[1e400]\n", OG_EVALUE, "larger than a float", 1)}},
    {"RFC 8259 has no NaN", STRICT, {.codec = "json", .framing = "line"}, {GIVES_ERROR("[NaN]\n", OG_ESYNTAX, "", 0)}},
    {"RFC 8259 has no lone surrogates", STRICT, {.codec = "json", .framing = "line"},
     {GIVES_ERROR("\"\\ud800\"\n", OG_ESYNTAX, "", 0)}},
    {"RFC 8259 has no surrogates of three bytes", STRICT, {.codec = "json", .framing = "line"},
     {GIVES_ERROR("\"\xed\xa0\x80\"\n", OG_ESYNTAX, "ed a0 80", 1)}},
};
/* clang-format on */

static og_doc *parse(const char *json, size_t len)
{
    og_json_read_options lenient = {.size = sizeof lenient, .allow_nan = true, .allow_surrogates = true};
    og_error err;
    og_doc *doc = og_json_loads(json, len, &lenient, &err);
    if (!doc) fail_msg("%s: %s", json, err.text);
    return doc;
}

static void assert_is(og_value value, const char *json)
{
    og_json_write_options lenient = {.size = sizeof lenient, .allow_nan = true, .allow_surrogates = true};
    og_buf text = OG_BUF_INIT;
    og_doc *doc = parse(json, strlen(json));
    og_buf wanted = OG_BUF_INIT;
    assert_int_equal(og_json_write(og_doc_root(doc), &wanted, &lenient, NULL), OG_OK);
    assert_int_equal(og_json_write(value, &text, &lenient, NULL), OG_OK);
    if (text.len != wanted.len || memcmp(text.data, wanted.data, text.len) != 0)
        fail_msg("read %.*s instead of %s", (int)text.len, (const char *)text.data, json);
    og_doc_free(doc);
    og_buf_free(&wanted);
    og_buf_free(&text);
}

static void read_next(wire *w, const step *s)
{
    og_value value;
    og_error err;
    int status = next_of(w, &value, &err);
    if (status != s->status) fail_msg("%d instead of %d: %s", status, s->status, err.text);
    if (status > 0) assert_is(value, s->expected);
    if (status >= 0) return;
    if (!strstr(err.text, s->expected)) fail_msg("%s", err.text);
    if (s->position) assert_int_equal(err.position, s->position);
}

static void write_answer(wire *w, const step *s)
{
    og_error err;
    og_doc *doc = parse(s->bytes, s->len);
    const og_buf *out = &w->conn.out;
    assert_int_equal(og__peer_core_put(&w->conn, og_doc_root(doc), &err), s->status);
    if (out->len != strlen(s->expected) || memcmp(out->data, s->expected, out->len) != 0)
        fail_msg("wrote '%.*s', expected '%s'", (int)out->len, (const char *)out->data, s->expected);
    og_doc_free(doc);
}

static void take_step(wire *w, const step *s, uint8_t **arrived)
{
    switch (s->act) {
    case ARRIVES:
        free(*arrived);
        *arrived = padded(s->bytes, s->len);
        og__peer_core_feed(&w->conn, *arrived, s->len);
        read_next(w, s);
        break;
    case NEXT: read_next(w, s); break;
    case SILENCE:
        for (size_t i = 0; i < s->len; i++) {
            assert_true(og__peer_core_wants_idle(&w->conn));
            og__peer_core_idle(&w->conn);
        }
        break;
    case PUT: write_answer(w, s); break;
    case HOLD:
        assert_int_equal(og__peer_core_hold(&w->conn), OG_OK);
        free(*arrived);
        *arrived = NULL;
        break;
    case END: og__peer_core_end(&w->conn); break;
    case CODEC: assert_string_equal(og__peer_core_codec(&w->conn), s->expected); break;
    case NO_TIMER: assert_false(og__peer_core_wants_idle(&w->conn)); break;
    case DONE: break;
    }
}

static void hold_conversation(void **state)
{
    const conversation *c = *state;
    og_conn_options options = c->options;
    uint8_t *arrived = NULL;
    wire w;
    og_json_of(&options.codecs)->strict = c->way == STRICT;
    open_wire_with(&w, options, c->way == DATAGRAM);
    for (const step *s = c->steps; s < c->steps + MOST_STEPS && s->act != DONE; s++)
        take_step(&w, s, &arrived);
    close_wire(&w);
    free(arrived);
}

int main(void)
{
    enum { COUNT = sizeof conversations / sizeof conversations[0] };
    struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){.name = conversations[i].name,
                                       .test_func = hold_conversation,
                                       .initial_state = (void *)(uintptr_t)&conversations[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
