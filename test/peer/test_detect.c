/* SPDX-License-Identifier: MIT */
/* Detection: each opening, at each split point, and what must be refused. The rows are those of
 * doc/detection.md. */
#include "detect_test.h"

#include "codec/signature.h"

#include <stdio.h>

typedef struct row {
    const char *bytes;
    size_t len;
    const char *codec;
    const char *framing;
    int protocol;
} row;

/* What SocketHandler sends, in short: a dict in protocol 1. */
#define RECORD "}q\0(X\4\0\0\0nameq\1K\1u."
#define P2     "\x80\2}q\0X\1\0\0\0aq\1K\1s."
#define P4     "\x80\4\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\1a\x94K\1s."
#define P0     "(dp0\nS'a'\np1\nI1\ns."

static const row streams[] = {
    /* Nothing before the value. */
    {B("{\"name\": \"John\", \"age\": 30}"), "json", "raw", -1},
    {B("{}"), "json", "raw", -1},
    {B("[]"), "json", "raw", -1},
    {B("[1, 2, 3]"), "json", "raw", -1},
    {B("[[1,2],[3]]"), "json", "raw", -1},
    {B("[{\"a\":1}]"), "json", "raw", -1},
    {B("\"hello\""), "json", "raw", -1},
    {B("\"(lp0\""), "json", "raw", -1},
    {B("\"12\""), "json", "raw", -1},
    {B("true"), "json", "raw", -1},
    {B("null"), "json", "raw", -1},
    {B("false\n"), "json", "raw", -1},
    {B("NaN\n"), "json", "raw", -1},
    {B("[NaN, -Infinity]"), "json", "raw", -1},
    {B("-Infinity\n"), "json", "raw", -1},
    {B("\0\0\0\3NaN"), "json", "u32be", -1},
    {B("42\n43\n"), "json", "raw", -1},
    {B("1\n"), "json", "raw", -1},
    {B("-1.5e3\r\n"), "json", "raw", -1},
    {B("  {\"a\":1}"), "json", "raw", -1},
    {B("{\"a\":1}{\"b\":2}"), "json", "raw", -1},
    {B("{\"Version\": 1}"), "json", "raw", -1},
    {B("1\n2\n3\n"), "json", "raw", -1},
    {B("{\"a\":1}\0"), "json", "raw", -1},
    {B(P2), "pickle", "raw", 2},
    {B("\x80\3]q\0K\1a."), "pickle", "raw", 3},
    {B(P4), "pickle", "raw", 4},
    {B("\x80\5K\5."), "pickle", "raw", 5},
    {B("\x80\4N."), "pickle", "raw", 4},
    {B(RECORD), "pickle", "raw", 1},
    {B("]q\0(K\1K\2e."), "pickle", "raw", 1},
    {B("K\5."), "pickle", "raw", 1},
    {B("X\1\0\0\0aq\0."), "pickle", "raw", 1},
    {B("U\1aq\0."), "pickle", "raw", 1},
    {B("G\x3f\xf0\0\0\0\0\0\0."), "pickle", "raw", 1},
    {B(P0), "pickle", "raw", 0},
    {B("I01\n."), "pickle", "raw", 0},
    {B("I42\n."), "pickle", "raw", 0},
    {B("L42L\n."), "pickle", "raw", 0},
    {B("F1.5\n."), "pickle", "raw", 0},
    {B("S'abc'\np0\n."), "pickle", "raw", 0},
    {B("Vabc\np0\n."), "pickle", "raw", 0},
    {B("N."), "pickle", "raw", 0},
    {B("(lp0\nI1\na."), "pickle", "raw", 0},
    {B("(I1\nI2\ntp0\n."), "pickle", "raw", 0},
    {B("cos\nsystem\np0\n(S'x'\np1\ntp2\nRp3\n."), "pickle", "raw", 0},
    {B("ccollections\nOrderedDict\nq\0)Rq\1."), "pickle", "raw", 1},
    /* A length before it. */
    {B("\0\0\0\x13" RECORD), "pickle", "u32be", 1},
    {B("\0\0\0\x11{\"name\": \"John\"} "), "json", "u32be", -1},
    {B("\0\0\0\x15" P4), "pickle", "u32be", 4},
    {B("\0\0\0\2{}"), "json", "u32be", -1},
    {B("\x10\0\0\0{\"name\": \"John\"}"), "json", "u32le", -1},
    {B("\x15\0\0\0" P4), "pickle", "u32le", 4},
    {B("\0\x10{\"name\": \"John\"}"), "json", "u16be", -1},
    {B("\x10\0{\"name\": \"John\"}"), "json", "u16le", -1},
    {B("\0\0\x10{\"name\": \"John\"}"), "json", "u24be", -1},
    {B("\x10\0\0{\"name\": \"John\"}"), "json", "u24le", -1},
    {B("\0\0\x15" P4), "pickle", "u24be", 4},
    {B("\0\0\0\0\0\0\0\x10{\"name\": \"John\"}"), "json", "u64be", -1},
    {B("\x10\0\0\0\0\0\0\0{\"name\": \"John\"}"), "json", "u64le", -1},
    /* Empty messages first. */
    {B("\0\0\0\0\0\0\0\0\0\0\0\x10{\"name\": \"John\"}"), "json", "u32be", -1},
    {B("\0\0\0\0\x10\0\0\0{\"name\": \"John\"}"), "json", "u32le", -1},
    {B("\0\0\0\0\x15\0\0\0" P4), "pickle", "u32le", 4},
    /* The length's first byte is a digit's. */
    {B("2\0\0\0{\"text\": \"01234567890123456789012345678901234567\"}"), "json", "u32le", -1},
    {B("2\0\0\0\0\0\0\0{\"text\": \"01234567890123456789012345678901234567\"}"), "json", "u64le", -1},
    {B("1\0\0\0\0\0\0\0\x80\4\x95\x26\0\0\0\0\0\0\0\x8c\x23"
       "01234567890123456789012345678901234"
       "."),
     "pickle", "u64le", 4},
    {B("2\0{\"text\": \"01234567890123456789012345678901234567\"}"), "json", "u16le", -1},
    {B("\xff\xff\xff\xff\0\0\0\0\0\0\0\x15" P4), "pickle", "mp", 4},
    {B("16:{\"name\": \"John\"},"), "json", "netstring", -1},
    {B("21:" P4 ","), "pickle", "netstring", 4},
    {B("16        {\"name\": \"John\"}"), "json", "digits:10", -1},
    {B("        16{\"name\": \"John\"}"), "json", "digits:10", -1},
    {B("0000000016{\"name\": \"John\"}"), "json", "digits:10", -1},
    {B("21        " P4), "pickle", "digits:10", 4},
    {B("00000000000000000021" P4), "pickle", "digits:20", 4},
    {B("Content-Length: 16\r\n\r\n{\"name\": \"John\"}"), NULL, "header", -1},
    {B("content-type: x\r\nContent-Length: 2\r\n\r\n{}"), NULL, "header", -1},
    /* RFC 7464. */
    {B("\x1e{\"a\":1}\n"), "json", "seq", -1},
    {B("\x1e{\"name\": \"a long one, which is more than thirty bytes\"}\n"), "json", "seq", -1},
};

static void assert_found(const row *r, const void *bytes, size_t len)
{
    char name[32];
    og_framing_name(found.framing, name, sizeof name);
    const char *codec = found.codec ? found.codec->name : "none";
    if (strcmp(name, r->framing) != 0 || strcmp(codec, r->codec ? r->codec : "none") != 0)
        fail_msg("%.*s (%zu of %zu bytes): found %s in %s, expected %s in %s", (int)r->len, r->bytes, len,
                 r->len, codec, name, r->codec, r->framing);
    if (found.codec && found.codec->name[0] == 'p') assert_int_equal(found.note, r->protocol);
    assert_true(as_told(bytes, len)[0] != '\0');
}

static void assert_is(const row *r, size_t len)
{
    assert_found(r, r->bytes, len);
}

/* Bytes come one by one: nothing else is ever found, and all of it is enough. */
static void each_opening_at_each_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        const row *r = &streams[i];
        for (size_t len = 1; len <= r->len; len++) {
            int status = look(r->bytes, len, (og__look){0});
            if (status < 0) fail_msg("%.*s at %zu: %s", (int)r->len, r->bytes, len, err.text);
            if (status > 0) assert_is(r, len);
            if (len == r->len && status == 0) fail_msg("%.*s: undecided", (int)r->len, r->bytes);
        }
    }
}

/* Each row decides the same when more messages come after it. */
static void each_opening_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        const row *r = &streams[i];
        uint8_t *twice = malloc(2 * r->len);
        memcpy(twice, r->bytes, r->len);
        memcpy(twice + r->len, r->bytes, r->len);
        if (r->bytes[r->len - 1] != 'e' && r->bytes[r->len - 1] != 'l') { /* truetrue is no stream */
            int status = look(twice, 2 * r->len, (og__look){0});
            if (status < 1) fail_msg("%.*s twice: %d %s", (int)r->len, r->bytes, status, err.text);
            assert_found(r, twice, 2 * r->len);
        }
        free(twice);
    }
}

static void bare_numbers_need_silence_or_an_end(void **state)
{
    (void)state;
    const row number = {B("42"), "json", "raw", -1};
    assert_int_equal(look("42", 2, (og__look){0}), 0);
    assert_int_equal(look("42", 2, (og__look){.silent = true}), 1);
    assert_is(&number, 2);
    assert_int_equal(look("42", 2, (og__look){.ended = true}), 1);
    assert_is(&number, 2);
    assert_int_equal(look("42 ", 3, (og__look){.silent = true}), 1);
    assert_is(&number, 3);
    assert_int_equal(look("42\0", 3, (og__look){0}), 0);
    assert_int_equal(look("42\0", 3, (og__look){.silent = true}), 1);
    assert_is(&number, 3);
    assert_int_equal(look("Content-Le", 10, (og__look){.silent = true}), 0);
    /* Padding: a length whose message is still to come. */
    assert_int_equal(look("42        ", 10, (og__look){.silent = true}), 0);
    assert_int_equal(look("0000000042", 10, (og__look){.silent = true}), 0);
    assert_int_equal(look("{\"a\"", 4, (og__look){0}), 0); /* a length of three letters, before a str */
    assert_int_equal(look("{\"a\"", 4, (og__look){.silent = true}), 1);
    assert_int_equal(look("-", 1, (og__look){.silent = true}), 0);
    assert_int_equal(look("-", 1, (og__look){.ended = true}), OG_ESYNTAX);
}

/* An empty message and one of two bytes begin as a length in 8 bytes does: what comes next tells. */
static void an_empty_message_in_u32be(void **state)
{
    (void)state;
    const row wide = {B("\0\0\0\0\0\0\0\2{}"), "json", "u64be", -1};
    const row two = {B("\0\0\0\0\0\0\0\2{}\0\0\0\2[]"), "json", "u32be", -1};
    assert_int_equal(look("\0\0\0\0", 4, (og__look){.silent = true, .still = true}), 0);
    assert_int_equal(look(wide.bytes, wide.len, (og__look){0}), 1);
    assert_is(&wide, wide.len);
    assert_int_equal(look(two.bytes, two.len, (og__look){0}), 1);
    assert_is(&two, two.len);
}

static void a_number_before_an_object_is_a_length_only_if_it_fits(void **state)
{
    (void)state;
    const row raw = {B("12 {\"a\":1}"), "json", "raw", -1};
    const row digits = {B("7  {\"a\":1}"), "json", "digits:3", -1};
    assert_int_equal(look(B("12 {\"a\":1}"), (og__look){0}), 0); /* two bytes more may come */
    assert_int_equal(look(B("12 {\"a\":1}"), (og__look){.silent = true}), 1);
    assert_is(&raw, raw.len);
    assert_int_equal(look(B("12 {\"a\":1}{\"b\":2}"), (og__look){0}), 1);
    assert_is(&raw, raw.len);
    assert_int_equal(look(B("5 {\"a\":1}"), (og__look){.silent = true}), 1);
    assert_is(&raw, raw.len);
    assert_int_equal(look(B("7  {\"a\":1}"), (og__look){0}), 1);
    assert_is(&digits, digits.len);
}

static void assert_refused(const void *bytes, size_t len, og__look with, int code, const char *says)
{
    int status = look(bytes, len, with);
    if (status != code || !strstr(err.text, says))
        fail_msg("%.*s: %d (%s), expected %d and '%s'", (int)len, (const char *)bytes, status,
                 status < 0 ? err.text : "", code, says);
}

static void two_readings_are_refused(void **state)
{
    (void)state;
    assert_refused(B("\x10{\"name\": \"John\"}"), (og__look){0}, OG_EAMBIGUOUS, "u8 or varint");
    assert_refused(B("\x10{\"name\": \"John\"}"), (og__look){0}, OG_EAMBIGUOUS, "framing=u8");
    assert_refused(B("\x15" P4), (og__look){0}, OG_EAMBIGUOUS, "u8 or varint");
    /* A line feed before ten bytes of JSON, or a length of ten. */
    assert_refused(B("\n{\"a\": 123}"), (og__look){0}, OG_EAMBIGUOUS, "raw");
    const row raw = {B("\n{\"a\": 1}"), "json", "raw", -1};
    assert_int_equal(look(B("\n{\"a\": 1}"), (og__look){0}), 1);
    assert_is(&raw, raw.len);
}

static void what_is_neither_is_refused_with_advice(void **state)
{
    (void)state;
    const og__look silent = {.silent = true};
    static const char *const texts[] = {
        "hello",       "Hello",      "Login me in", "User x",       "Start",     "Xylophone",
        "Keep",        "Move",       "Jump up",     "Go right now", "No",        "Kill.",
        "(hello)",     "time",       "nobody",      "connect\nfoo", "Version 1", "Insert",
        "false alarm", "true story", "12 monkeys",  "3abc",         "5:hello",   "\xec\x95\x88\xeb\x85\x95"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_refused(texts[i], strlen(texts[i]), silent, OG_ESYNTAX, "codec=text");
    assert_refused(B("hello"), silent, OG_ESYNTAX, "\"hello\"");
    static const char *const literals[] = {"{'a': 1}", "[None, True]", "('a', 1)",
                                           "b'abc'",   "{1, 2}",       "None"};
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++)
        assert_refused(literals[i], strlen(literals[i]), silent, OG_ESYNTAX,
                       "for Python's repr() say codec=repr");
    assert_refused(B("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"), silent, OG_ESYNTAX, "TLS");
    assert_refused(B("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), silent, OG_ESYNTAX, "HTTP");
    assert_refused(B("\0\0\0\x1f#CHALLENGE#01234567890123456789"), silent, OG_ESYNTAX, "authkey");
    assert_refused(B("\x01\xf3\x80\x81\x92\xab\xcd\xef\x80"), silent, OG_ESYNTAX, "01 f3 80");
    assert_refused(B("{\"a\""), (og__look){.ended = true, .codec = NULL}, OG_OK + 1, "");
}

/* Few bytes that nothing begins with, and then no more. */
static void what_stops_within_a_header_is_refused(void **state)
{
    (void)state;
    const og__look silent = {.silent = true};
    const og__look still = {.silent = true, .still = true};
    const og__look ended = {.ended = true};
    static const struct {
        const char *bytes;
        size_t len;
    } nonsense[] = {{B("\xfe\x03\x91\x77\x12")}, {B("\x91\x03\x80\x80\x80\x80\x80")}};
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        assert_int_equal(look(nonsense[i].bytes, nonsense[i].len, silent), 0);
        assert_refused(nonsense[i].bytes, nonsense[i].len, still, OG_ESYNTAX, "expected JSON");
        assert_refused(nonsense[i].bytes, nonsense[i].len, ended, OG_ESYNTAX, "expected JSON");
    }
    /* What may be a length, and its message be long in coming. */
    assert_int_equal(look(B("\0\0"), still), 0);
    assert_int_equal(look(B("\0\0\0\x13"), still), 0);
    assert_int_equal(look(B("\x13\0\0\0"), still), 0);
    assert_int_equal(look(B("0000000042"), still), 0);
    assert_int_equal(look(B("\x80"), still), 0);
}

/* What the real peers send, as recorded from them. */
static const struct {
    const char *bytes;
    size_t len;
    const char *says;
} others[] = {
    {B("\377\000\000\000\000\000\000\000\001\177"), "ZeroMQ"}, /* libzmq */
    {B("\377\000\000\000\000\000\000\000\004\177"), "ZeroMQ"}, /* libzmq, an identity of three bytes */
    {B("x\234\253V\312K\314MU\262RP\362\312\317\310S\322QPJL\007q\215\015j\001n\251\007\205"),
     "zlib"}, /* zlib of JSON */
    {B("x\234k`\231*\315\000\001\265S4zX\362\022sS\247\364\260x\345g\344M\351aNLO\235\342-W\252\007\000\275\332\013B"),
     "zlib"}, /* zlib of a pickle */
    {B("x\001\001&\000\331\377\200\004\225\033\000\000\000\000\000\000\000}\224(\214\004name\224\214\004John\224\214\003age\224K\036u.\275\332\013B"),
     "zlib"}, /* zlib, level 0 */
    {B("x\001k`\231*\315\000\001\265S4zX\362\022sS\247\364\260x\345g\344M\351aNLO\235\342-W\252\007\000\275\332\013B"),
     "zlib"}, /* zlib, level 1 */
    {B("x\332k`\231*\315\000\001\265S4zX\362\022sS\247\364\260x\345g\344M\351aNLO\235\342-W\252\007\000\275\332\013B"),
     "zlib"}, /* zlib, level 9 */
    {B("\037\213\010\000\000\000\000\000\002\003\253V\312K\314MU\262RP\362\312\317\310S\322QPJL\007q\215\015j\001\265mX\036\033\000\000\000"),
     "gzip"}, /* gzip */
    {B("BZh91AY&SY\247&\335N\000\000\000\000\200\000\012 \000!\000\202\261w$S\205\011\012rm\324\340"),
     "bzip2"}, /* bzip2 */
    {B("\3757zXZ\000\000\004\346\326\264F\002\000!\001\026\000\000\000t/\345\243\001\000\001{}\000\000\000]\325\336ujY\221\223\000\001\032\002\334.\245~\037\266\363}\001\000\000\000\000\004YZ"),
     "xz"}, /* xz */
    {B("gAJ9cQAoWAQAAABuYW1lcQFYBAAAAEpvaG5xAlgDAAAAYWdlcQNLHnUu"),
     "base64 of a pickle"}, /* base64, protocol 2 */
    {B("gAN9cQAoWAQAAABuYW1lcQFYBAAAAEpvaG5xAlgDAAAAYWdlcQNLHnUu"),
     "base64 of a pickle"}, /* base64, protocol 3 */
    {B("gASVGwAAAAAAAAB9lCiMBG5hbWWUjARKb2hulIwDYWdllEsedS4="),
     "base64 of a pickle"}, /* base64, protocol 4 */
    {B("gAWVGwAAAAAAAAB9lCiMBG5hbWWUjARKb2hulIwDYWdllEsedS4="),
     "base64 of a pickle"}, /* base64, protocol 5 */
    {B("gASVGwAAAAAAAAB9lCiMBG5hbWWUjARKb2hulIwDYWdllEsedS4=\012"),
     "base64 of a pickle"},                                        /* base64 and a line feed */
    {B("eyJuYW1lIjogIkpvaG4iLCAiYWdlIjogMzB9"), "base64 of JSON"}, /* base64 of JSON */
    {B("8004951b000000000000007d94288c046e616d65948c044a6f686e948c03616765944b1e752e"),
     "hexadecimal of a pickle"},                                  /* hex */
    {B("\254\355\000\005t\000\005hello"), "Java serialization"},  /* ObjectOutputStream */
    {B("\014\000\000\000\020a\000\001\000\000\000\000"), "BSON"}, /* BSON */
    {B("\035\000\000\000\002name\000\005\000\000\000John\000\020age\000\036\000\000\000\000"),
     "BSON"}, /* BSON, a str first */
    {B("=\000\000\000\003d\0005\000\000\000\002x\000)\000\000\000yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\000\000\000"),
     "BSON"},                                                         /* BSON, a document first */
    {B("\020\020\000\004MQTT\004\002\000<\000\004test"), "MQTT"},     /* MQTT 3.1.1 */
    {B("\020\023\000\004MQTT\005\002\000<\000\000\004test"), "MQTT"}, /* MQTT 5 */
    {B("\020\022\000\006MQIsdp\003\002\000<\000\004test"), "MQTT"},   /* MQTT 3.1 */
    {B(" \002\000\000"), "MQTT"},                                     /* CONNACK */
    {B("*1\015\012$4\015\012PING\015\012"), "Redis"},                 /* RESP */
    {B("*3\015\012$3\015\012SET\015\012$1\015\012a\015\012$1\015\0121\015\012"), "Redis"}, /* RESP SET */
    {B("+PONG\015\012"), "Redis"},                                                         /* PONG */
    {B("+OK\015\012"), "Redis"},                                                           /* OK */
    {B(":1\015\012"), "Redis"},                                                            /* RESP int */
    {B("$5\015\012hello\015\012"), "Redis"},                                               /* RESP str */
    {B("$-1\015\012"), "Redis"},                                                           /* RESP nil */
    {B("-ERR unknown command '{\042a\042:'\015\012"), "Redis"},                            /* RESP error */
    {B("-NOAUTH Authentication required.\015\012"), "Redis"},                              /* RESP NOAUTH */
    {B("PRI * HTTP/2.0\015\012\015\012SM\015\012\015\012\000\000\022\004\000\000\000\000\000"),
     "HTTP/2"},                                                                    /* gRPC client */
    {B("\000\000\022\004\000\000\000\000\000\000\003\000\000\000\200"), "HTTP/2"}, /* gRPC server */
    {B("\026\003\001\002\000\001\000\001\374\003\003"), "TLS"},                    /* ClientHello */
    {B("\025\003\003\000\002\002F"), "TLS"},                                       /* alert */
    {B("GET / HTTP/1.1\015\012Host: x\015\012\015\012"), "HTTP"},                  /* GET */
    {B("POST / HTTP/1.1\015\012Host: x\015\012\015\012"), "HTTP"},                 /* POST */
    {B("PUT / HTTP/1.1\015\012Host: x\015\012\015\012"), "HTTP"},                  /* PUT */
    {B("DELETE / HTTP/1.1\015\012Host: x\015\012\015\012"), "HTTP"},               /* DELETE */
    {B("HEAD / HTTP/1.1\015\012Host: x\015\012\015\012"), "HTTP"},                 /* HEAD */
    {B("OPTIONS / HTTP/1.1\015\012Host: x\015\012\015\012"), "HTTP"},              /* OPTIONS */
    {B("PATCH / HTTP/1.1\015\012Host: x\015\012\015\012"), "HTTP"},                /* PATCH */
    {B("HTTP/1.0 400 Bad Request\015\012\015\012"), "HTTP"},                       /* response */
    {B("SSH-2.0-OpenSSH_9.2\015\012"), "SSH"},                                     /* ssh */
    {B("\000\000\000\037#CHALLENGE#01234567890123456789"), "authkey"},             /* multiprocessing */
    {B("SNGLSNGLSNGLSNGL"), "PicklingTools"},                                      /* PicklingTools */
    {B("\000SP\000\0000\000\000"), "NNG"},                                         /* nng */
    {B("PYRO\001\366\001\000\000\000\000\000\000\000"), "Pyro"},                   /* Pyro5 */
    {B("\377\376{\000\042\000a\000\042\000:\000 \0001\000}\000"), "UTF-16"},       /* utf-16 */
    {B("\377\376[\0001\000,\000 \0002\000]\000"), "UTF-16"},                       /* utf-16 */
    {B("\377\376\042\000h\000e\000l\000l\000o\000\042\000"), "UTF-16"},            /* utf-16 */
    {B("\377\376[\000\042\000a\000\042\000]\000"), "UTF-16"},                      /* utf-16 */
    {B("{\000\042\000a\000\042\000:\000 \0001\000}\000"), "UTF-16"},               /* utf-16-le */
    {B("[\0001\000,\000 \0002\000]\000"), "UTF-16"},                               /* utf-16-le */
    {B("\042\000h\000e\000l\000l\000o\000\042\000"), "UTF-16"},                    /* utf-16-le */
    {B("[\000\042\000a\000\042\000]\000"), "UTF-16"},                              /* utf-16-le */
    {B("\000{\000\042\000a\000\042\000:\000 \0001\000}"), "UTF-16"},               /* utf-16-be */
    {B("\000[\0001\000,\000 \0002\000]"), "UTF-16"},                               /* utf-16-be */
    {B("\000\042\000h\000e\000l\000l\000o\000\042"), "UTF-16"},                    /* utf-16-be */
    {B("\000[\000\042\000a\000\042\000]"), "UTF-16"},                              /* utf-16-be */
    {B("\377\376\000\000{\000\000\000\042\000\000\000a\000\000\000\042\000\000\000:\000\000\000 \000\000\0001\000\000\000}\000\000\000"),
     "UTF-32"}, /* utf-32 */
    {B("\377\376\000\000[\000\000\0001\000\000\000,\000\000\000 \000\000\0002\000\000\000]\000\000\000"),
     "UTF-32"}, /* utf-32 */
    {B("\377\376\000\000\042\000\000\000h\000\000\000e\000\000\000l\000\000\000l\000\000\000o\000\000\000\042\000\000\000"),
     "UTF-32"}, /* utf-32 */
    {B("\377\376\000\000[\000\000\000\042\000\000\000a\000\000\000\042\000\000\000]\000\000\000"),
     "UTF-32"}, /* utf-32 */
    {B("{\000\000\000\042\000\000\000a\000\000\000\042\000\000\000:\000\000\000 \000\000\0001\000\000\000}\000\000\000"),
     "UTF-32"}, /* utf-32-le */
    {B("[\000\000\0001\000\000\000,\000\000\000 \000\000\0002\000\000\000]\000\000\000"),
     "UTF-32"}, /* utf-32-le */
    {B("\042\000\000\000h\000\000\000e\000\000\000l\000\000\000l\000\000\000o\000\000\000\042\000\000\000"),
     "UTF-32"},                                                                               /* utf-32-le */
    {B("[\000\000\000\042\000\000\000a\000\000\000\042\000\000\000]\000\000\000"), "UTF-32"}, /* utf-32-le */
    {B("\000\000\000{\000\000\000\042\000\000\000a\000\000\000\042\000\000\000:\000\000\000 \000\000\0001\000\000\000}"),
     "UTF-32"}, /* utf-32-be */
    {B("\000\000\000[\000\000\0001\000\000\000,\000\000\000 \000\000\0002\000\000\000]"),
     "UTF-32"}, /* utf-32-be */
    {B("\000\000\000\042\000\000\000h\000\000\000e\000\000\000l\000\000\000l\000\000\000o\000\000\000\042"),
     "UTF-32"},                                                                               /* utf-32-be */
    {B("\000\000\000[\000\000\000\042\000\000\000a\000\000\000\042\000\000\000]"), "UTF-32"}, /* utf-32-be */
    {B("\376\377\000{\000\042\000n\000a\000m\000e\000\042\000:\000 \000\042\000J\000o\000h\000n\000\042\000,\000 \000\042\000a\000g\000e\000\042\000:\000 \0003\0000\000}"),
     "UTF-16"}, /* utf-16 be with mark */
    {B("\000g{\042byteorder\042: \042little\042, \042content-type\042: \042text/json\042, \042content-encoding\042: \042utf-8\042, \042content-length\042: 27}{\042name\042: \042John\042, \042age\042: 30}"),
     "Real Python"},                                           /* tutorial */
    {B("\202\244name\244John\243age\036"), "MessagePack"},     /* msgpack */
    {B("\242dnamedJohncage\030\036"), "CBOR"},                 /* cbor */
    {B("AMQP\000\000\011\001"), "AMQP"},                       /* amqp */
    {B("INFO {\042server_id\042:\042x\042}\015\012"), "NATS"}, /* nats */
    {B("\005\001\000"), "SOCKS"},                              /* socks */
    {B("\004\001\000\120\102\146\007\002\000"), "SOCKS"},      /* socks4 */
    {B("\377\373\037\377\373 "), "telnet"},                    /* telnet */
    {B("<\077xml version='1.0'\077><methodCall>"), "XML"},     /* xml */
    {B("\223NUMPY\001\000v\000{'descr'"), "numpy"},            /* npy */
    {B("PK\003\004\024\000\000\000"), "zip"},                  /* zip */
};

/* No cut lets a value out of them, and with nothing more to come each is named, with what to do. */
static void other_protocols_are_named(void **state)
{
    (void)state;
    const og__look silent = {.paused = true, .silent = true, .still = true};
    const og__look ended = {.ended = true};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const char *bytes = others[i].bytes;
        for (size_t len = 1; len < others[i].len; len++)
            if (look(bytes, len, (og__look){0}) > 0)
                fail_msg("%s: %.*s is taken for %s", others[i].says, (int)len, bytes, as_told(bytes, len));
        assert_refused(bytes, others[i].len, silent, OG_ESYNTAX, others[i].says);
        assert_refused(bytes, others[i].len, ended, OG_ESYNTAX, others[i].says);
        if (!strchr(err.text, ':')) fail_msg("%s: no advice", err.text);
    }
}

/* Every row of the table says what it is, and what to do. */
static void signatures_give_advice(void **state)
{
    (void)state;
    const og_signature *sign;
    size_t count = 0;
    for (; (sign = og_signature_at(count)); count++) {
        assert_true(sign->bytes[0] && sign->what[0] && sign->advice[0]);
        assert_true(strlen(sign->what) + strlen(sign->advice) < 180);
    }
    assert_true(count > 20);
    assert_null(og_signature_at(count + 1));
}

/* Headers that are no framing are said to be that; their bytes as a length are never advice. */
static void other_headers_are_no_lengths(void **state)
{
    (void)state;
    const og__look silent = {.paused = true, .silent = true};
    static const struct {
        const char *bytes;
        size_t len;
        const char *says;
    } rows[] = {
        {B("\1\0\2\0\0\0\x1e{\"name\": \"John\", \"age\": 30}      "), "7 bytes before JSON"}, /* !BHL */
        {B("\1\0\0\0\x10{\"name\": \"John\"}"), "5 bytes before JSON"},                        /* !BI */
        {B("\0\0\0\0\x10{\"name\": \"John\"}"), "5 bytes before JSON"},
        {B("\xde\xad\xbe\xef\0\0\0\x10{\"name\": \"John\"}"), "8 bytes before JSON"},
        {B("\0\1\0\0\0\x10{\"name\": \"John\"}"), "6 bytes before JSON"},
        {B("\xca\xfe\x01" P4), "3 bytes before a pickle"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t len = 1; len < rows[i].len; len++)
            assert_true(look(rows[i].bytes, len, (og__look){0}) <= 0);
        assert_refused(rows[i].bytes, rows[i].len, silent, OG_ESYNTAX, rows[i].says);
        assert_null(strstr(err.text, "raise"));
    }
}

/* A digit, NULs and something else: a length, lowest byte first, whose message nobody knows. */
static void a_digit_and_nuls_is_no_value(void **state)
{
    (void)state;
    const og__look ended = {.ended = true};
    char bytes[64];
    for (char digit = '0'; digit <= '9'; digit++)
        for (size_t nuls = 1; nuls <= 7; nuls += 2) {
            memset(bytes, 0, sizeof bytes);
            bytes[0] = digit;
            memset(bytes + 1 + nuls, 0x9f, 57 - nuls);
            for (size_t len = 3; len <= 57; len++)
                if (look(bytes, len, (og__look){0}) > 0)
                    fail_msg("%c and %zu NULs: %s", digit, nuls, as_told(bytes, len));
            assert_true(look(bytes, 57, ended) < 0);
        }
}

/* Tutorials' headers: every width, padding and kind of message, cut anywhere. */
static void headers_of_every_width_and_padding(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *codec;
    } bodies[] = {{B("{\"name\": \"John\", \"age\": 30}"), "json"},
                  {B("[1, 2, 3, 4]"), "json"},
                  {B(P4), "pickle"},
                  {B(P0), "pickle"},
                  {B(RECORD), "pickle"}};
    for (size_t b = 0; b < sizeof bodies / sizeof bodies[0]; b++)
        for (int width = 3; width <= 256; width += width < 40 ? 1 : 31)
            for (int padding = 0; padding < 5; padding++) {
                char bytes[512];
                char name[32];
                char number[8];
                int digits = snprintf(number, sizeof number, "%zu", bodies[b].len);
                int left = padding == 1 || padding == 2 ? width - digits
                           : padding == 3               ? (width - digits) / 2
                                                        : 0;
                if (width - digits < 2) continue;
                memset(bytes, padding == 2 ? '0' : padding == 4 ? '\0' : ' ', (size_t)width);
                memcpy(bytes + left, number, (size_t)digits);
                memcpy(bytes + width, bodies[b].bytes, bodies[b].len);
                snprintf(name, sizeof name, "digits:%d", width);
                const row r = {bytes, (size_t)width + bodies[b].len, bodies[b].codec, name, -1};
                for (size_t len = 1; len <= r.len; len++) {
                    int status = look(bytes, len, (og__look){.paused = true, .silent = len == (size_t)width});
                    if (status < 0 || (status == 0 && len == r.len))
                        fail_msg("padding %d, width %d, %zu: %d %s", padding, width, len, status, err.text);
                    if (status > 0 && strcmp(found.codec->name, "pickle") == 0) found.note = -1;
                    if (status > 0) assert_is(&r, len);
                }
            }
}

/* Lengths with a mark: the message decides; where a pause makes two readings equal, the number wins. */
static void a_pause_after_a_header_is_no_end(void **state)
{
    (void)state;
    const og__look silent = {.paused = true, .silent = true};
    static const row rows[] = {
        {B("16\n{\"name\": \"John\"}"), "json", "digits:\\n", -1},
        {B("16\r\n{\"name\": \"John\"}"), "json", "digits:\\r\\n", -1},
        {B("16 {\"name\": \"John\"}"), "json", "digits:\\x20", -1},
        {B("16#{\"name\": \"John\"}"), "json", "digits:#", -1},
        {B("16|{\"name\": \"John\"}"), "json", "digits:|", -1},
        {B("16:{\"name\": \"John\"}16:"), "json", "digits::", -1},
        {B("16\0{\"name\": \"John\"}"), "json", "digits:\\x00", -1},
        {B("21\n" P4), "pickle", "digits:\\n", 4},
        {B("21#" P4), "pickle", "digits:#", 4},
        {B("7\n{\"a\":1}"), "json", "digits:\\n", -1},
        {B("00000016#{\"name\": \"John\"}"), "json", "digits:#", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t len = 1; len <= rows[i].len; len++) {
            int status = look(rows[i].bytes, len, (og__look){0});
            if (status < 0 || (status == 0 && len == rows[i].len))
                fail_msg("%s at %zu: %d %s", rows[i].framing, len, status, err.text);
            if (status > 0) assert_is(&rows[i], len);
        }
    const row number = {B("16\n"), "json", "raw", -1};
    assert_int_equal(look(B("16\n"), (og__look){0}), 0);
    assert_int_equal(look(B("16\n"), silent), 1);
    assert_is(&number, number.len);
    assert_int_equal(look(B("16\n{\"name\""), silent), 0);
    assert_int_equal(look(B("16#"), silent), 0);
    assert_int_equal(look(B("    16"), silent), 0);
    assert_int_equal(look(B("16      "), silent), 0);
    assert_int_equal(look(B("    16"), (og__look){.ended = true}), 1);
    /* Two numbers on lines, or a number with its length. */
    assert_refused(B("2\n42"), (og__look){.ended = true}, OG_EAMBIGUOUS, "digits:\\n");
    const row lines = {B("12\n13\n"), "json", "raw", -1};
    assert_int_equal(look(B("12\n13\n"), (og__look){0}), 1);
    assert_is(&lines, lines.len);
    /* A length, or a number before another value that it does not count. */
    assert_int_equal(look(B("39 {\"a\":1}"), silent), 1);
    assert_string_equal(found.framing.ops->name, "raw");
}

static void lengths_over_the_limit_are_named(void **state)
{
    (void)state;
    assert_refused(B("\0\0\0\x13" RECORD), (og__look){.max_message = 18}, OG_ELIMIT,
                   "19 bytes (framing u32be)");
    assert_refused(B("\0\0\x15\0" P4), (og__look){.max_message = 1000}, OG_ELIMIT, "u32");
}

static void datagrams(void **state)
{
    (void)state;
    const og__look datagram = {.datagram = true, .ended = true};
    static const row rows[] = {
        {B("{\"a\":1}"), "json", "raw", -1},
        {B("{\"a\":1}\n"), "json", "line", -1},
        {B("42"), "json", "raw", -1},
        {B("  42  "), "json", "raw", -1},
        {B(P4), "pickle", "raw", 4},
        {B(RECORD), "pickle", "raw", 1},
        {B("\0\0\0\x13" RECORD), "pickle", "u32be", 1},
        {B("N."), "pickle", "raw", 0},
        {B("7  {\"a\":1}"), "json", "digits:3", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = look(rows[i].bytes, rows[i].len, datagram);
        if (status < 1) fail_msg("%.*s: %s", (int)rows[i].len, rows[i].bytes, err.text);
        assert_is(&rows[i], rows[i].len);
    }
    assert_refused(B("hello"), datagram, OG_ESYNTAX, "codec=text");
    assert_true(look(B("\0\0\0\x14" RECORD), datagram) < 0);
    assert_true(look(B("\0\0\0\x12" RECORD), datagram) < 0);
}

static void what_was_asked_for_narrows(void **state)
{
    (void)state;
    const og__look text = {.codec = og_codec_find("text", NULL)};
    const og__look json = {.codec = og_codec_find("json", NULL)};
    const og__look pickle = {.codec = og_codec_find("pickle", NULL)};
    const og__look bytes = {.codec = og_codec_find("bytes", NULL)};
    const og__look repr = {.codec = og_codec_find("repr", NULL)};
    static const row texts[] = {
        {B("hello"), "text", "raw", -1},
        {B("hello\n"), "text", "line", -1},
        {B("3abc"), "text", "raw", -1},
        {B("5:hello,"), "text", "raw", -1},
        {B("\xec\x95\x88"), "text", "raw", -1},
        {B("Content-Length: 3\r\n"), "text", "line", -1},
        {B("\0\0\0\5hello"), "text", "u32be", -1},
        {B("hello\0"), "text", "nul", -1},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int status = look(texts[i].bytes, texts[i].len, text);
        if (status < 1) fail_msg("%.*s: %d %s", (int)texts[i].len, texts[i].bytes, status, err.text);
        assert_is(&texts[i], texts[i].len);
    }
    const row literal = {B("{'a': (1, None)}"), "repr", "raw", -1};
    assert_int_equal(look(literal.bytes, literal.len, repr), 1);
    assert_is(&literal, literal.len);
    const row counted = {B("\0\0\0\5b'ab'"), "repr", "u32be", -1};
    if (look(counted.bytes, counted.len, repr) != 1) fail_msg("%s", err.text);
    assert_is(&counted, counted.len);
    const row any = {B("\0\0"), "bytes", "raw", -1};
    assert_int_equal(look(B("\0\0"), bytes), 1);
    assert_is(&any, 2);
    assert_refused(B("K\5."), (og__look){.codec = json.codec, .ended = true}, OG_ESYNTAX, "expected JSON");
    assert_refused(B("{}"), (og__look){.codec = pickle.codec, .silent = true}, OG_ESYNTAX,
                   "expected a pickle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_opening_at_each_split),
        cmocka_unit_test(each_opening_twice),
        cmocka_unit_test(bare_numbers_need_silence_or_an_end),
        cmocka_unit_test(an_empty_message_in_u32be),
        cmocka_unit_test(a_number_before_an_object_is_a_length_only_if_it_fits),
        cmocka_unit_test(two_readings_are_refused),
        cmocka_unit_test(what_is_neither_is_refused_with_advice),
        cmocka_unit_test(what_stops_within_a_header_is_refused),
        cmocka_unit_test(other_protocols_are_named),
        cmocka_unit_test(signatures_give_advice),
        cmocka_unit_test(other_headers_are_no_lengths),
        cmocka_unit_test(a_digit_and_nuls_is_no_value),
        cmocka_unit_test(headers_of_every_width_and_padding),
        cmocka_unit_test(a_pause_after_a_header_is_no_end),
        cmocka_unit_test(lengths_over_the_limit_are_named),
        cmocka_unit_test(datagrams),
        cmocka_unit_test(what_was_asked_for_narrows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
