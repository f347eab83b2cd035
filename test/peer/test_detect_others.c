/* SPDX-License-Identifier: MIT */
/* Detection: openings that are something else, which are named, and headers that nothing may print as a
 * value. */
#include "detect_test.h"

#include "codec/signature.h"

#define P4 "\x80\4\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\1a\x94K\1s."
#define P0 "(dp0\nS'a'\np1\nI1\ns."

typedef struct row {
    const char *bytes;
    size_t len;
    const char *says; /* a word of the refusal, or the framing */
} row;

static void assert_refused(const row *r, og__look with)
{
    int status = look(r->bytes, r->len, with);
    if (status >= 0 || !strstr(err.text, r->says))
        fail_msg("%s: %d, %s", r->says, status, status < 0 ? err.text : as_told(r->bytes, r->len));
}

/* The first bytes of each, as its programs send them. */
static const row others[] = {
    {B("TRACE / HTTP/1.1\015\012\015\012"), "HTTP"},                                       /* http trace */
    {B("\201\205\001\002\003\004abcde"), "WebSocket"},                                     /* ws frame */
    {B("CONNECT\012accept-version:1"), "STOMP"},                                           /* stomp */
    {B("STOMP\012accept-version:1.2"), "STOMP"},                                           /* stomp2 */
    {B("\000\000\000\032\000\022\000\003\000\000\000\001\000\010rdkafka\000rd"), "Kafka"}, /* kafka */
    {B("\000\000\000\032\000\003\000\001\000\000\000\001\000\005clien\000\000\000\000\000"),
     "Kafka"},                                                                         /* kafka meta */
    {B("J\000\000\000\0128.0.33\000\010\000\000\000abcdefgh"), "MySQL"},               /* mysql greet */
    {B("[\000\000\000\0125.5.5-10.6\000\000\000\000\000\000\000\000\000"), "MariaDB"}, /* mariadb greet */
    {B("\000\000\000/\377SMBr\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"),
     "SMB"}, /* smb1 */
    {B("\000\000\000j\376SMB@\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"),
     "SMB"},                                                                                    /* smb2 */
    {B("\003\000\000\023\016\340\000\000\000\000\000\001\000\010\000\003\000\000\000"), "RDP"}, /* rdp */
    {B("\003\000\000+&\340\000\000\000\000\000Cookie: mstsh"), "RDP"}, /* rdp cookie */
    {B("\003\000\000\026\021\340\000\000\000\001\000\300\001\012\301\002\001\000\302\002\001\002"),
     "S7"},                                             /* s7 */
    {B("OPTIONS sip:nm SIP/2.0\015\012"), "SIP"},       /* sip */
    {B("REGISTER sip:x SIP/2.0\015\012"), "SIP"},       /* sip2 */
    {B("INVITE sip:x SIP/2.0\015\012\015\012"), "SIP"}, /* sip inv */
    {B("DESCRIBE rtsp://x RTSP/1"), "RTSP"},            /* rtsp */
    {B("OPTIONS rtsp://x RTSP/1."), "RTSP"},            /* rtsp opt */
    {B("CONNECT {\042verbose\042:false"), "NATS"},      /* nats c */
    {B("\200\000\000\003\000\000\000\000\000\000\000\003\000\000\000\000\000\000\000\000\000\000\000\000"),
     "memcached"}, /* memc bin */
    {B("\200 \000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"),
     "memcached"},                                                     /* memc bin sasl */
    {B("220 mail ESMTP Postfix\015\012"), "SMTP"},                     /* smtp */
    {B("220 (vsFTPd 3.0)\015\012"), "FTP"},                            /* ftp */
    {B("EHLO x\015\012"), "SMTP"},                                     /* smtp c */
    {B("+OK ready\015\012"), "POP3"},                                  /* pop */
    {B("* OK IMAP4rev1 ready\015\012"), "IMAP"},                       /* imap */
    {B("NICK x\015\012USER x 0 * :x\015\012"), "IRC"},                 /* irc */
    {B("<stream:stream to='x'>"), "XMPP"},                             /* xmpp */
    {B("0\014\002\001\001`\007\002\001\003\004\000\200\000"), "LDAP"}, /* ldap */
    {B("0)\002\001\001\004\006public\240\034\002\004\000\000\000\000\000\000\000"), "SNMP"}, /* snmp */
    {B("\000\035\0224\001\000\000\001\000\000\000\000\000\000\003www\007examp"), "DNS"},     /* dns tcp */
    {B(":\000\000\000\001\000\000\000\000\000\000\000\324\007\000\000\000\000\000\000admin.$cmd\000\000\000\000\000\377\377\377\377\023\000\000\000\020ismaster\000\001\000\000\000\000"),
     "MongoDB"}, /* mongo */
    {B("A\000\000\000\001\000\000\000\000\000\000\000\335\007\000\000\000\000\000\000\000,\000\000\000\020hello\000\001\000\000\000\002$db\000\006\000\000\000admin\000\000"),
     "MongoDB"},                                                                         /* mongo msg */
    {B("\004\000\000\000\001\000\000\000\026\000\001\000\013CQL_VERSION"), "Cassandra"}, /* cassandra */
    {B("\000\000\000-\000\000\000\000\000\000\000\000\000\000\000\000\000\000u0\000\000\000\000"),
     "ZooKeeper"},                                                             /* zk */
    {B("\200\001\000\001\000\000\000\004ping\000\000\000\000\000"), "Thrift"}, /* thrift strict */
    {B("\000\000\000\021\200\001\000\001\000\000\000\004ping\000\000\000\000\000"),
     "Thrift"},                             /* thrift framed */
    {B("\202!\001\004ping\000"), "Thrift"}, /* thrift compact */
    {B("\000\004_ask\000\0011\000\010_command\000\003Sum\000\001a\000\00213\000\000"), "AMP"},
    {B("\000\007_answer\000\0011\000\005total\000\00294\000\000"), "AMP"},
    {B("\000\006_error\000\0011\000\013_error_code\000\001X\000\000"), "AMP"},
    {B("\000\001A\000\00213\000\004_ask\000\0011\000\010_command\000\003Sum\000\000"), "AMP"},
    {B("\000\004name\000\003Kim\000\003age\000\00230\000\000"), "AMP"},
    {B("\002\200\002\202pb\004\202none"), "Perspective Broker"},
    {B("\002\202pb\002\200\023\207\006\201"), "Perspective Broker"},
    {B("\005\200\001\201\005\202hello\204@\004\000\000\000\000\000\000\003\203\001\200\001\202x"), "banana"},
    {B("\002\200\012\202dictionary\002\200\002\200\007\202unicode\001\202a\003\200\004\202list\001\201\002\201"),
     "banana"},
    {B("\004\200\004\202list\001\201\002\201\003\201"), "banana"},
    {B("\003\202one"), "banana"},
    {B("\245hello"), "MessagePack"}, /* msgpack str */
    {B("\336\000\020\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001\241a\001"),
     "MessagePack"},                                                             /* msgpack map16 */
    {B("\224\000\001\243add\222\001\002"), "MessagePack"},                       /* msgpack rpc */
    {B("\331 aaaaaaaaaaaaaaaaaaaaaa"), "MessagePack"},                           /* msgpack str8 */
    {B("\277aa\001\377"), "CBOR"},                                               /* cbor indef */
    {B("\331\331\367\241aa\001"), "CBOR"},                                       /* cbor tag */
    {B("---\012a: 1\012b:\012  - x\012"), "YAML"},                               /* yaml */
    {B("<note><to>x</to></note>\012"), "XML"},                                   /* xml2 */
    {B("<!DOCTYPE html><html>"), "HTML"},                                        /* html */
    {B("a:1:{s:1:\042a\042;i:1;}"), "PHP"},                                      /* php ser */
    {B("O:3:\042Foo\042:1:{s:1:\042a\042;i:1"), "PHP"},                          /* php obj */
    {B("s:5:\042hello\042;"), "PHP"},                                            /* php str */
    {B("i:5;"), "PHP"},                                                          /* php int */
    {B("\004\010{\006:\006ai\006"), "Ruby"},                                     /* ruby */
    {B("\004\010I\042\012hello\006:\006ET"), "Ruby"},                            /* ruby str */
    {B("\004\013\01012345678\004\010\010\003\001"), "Storable"},                 /* perl */
    {B("pst0\004\013\01012345678"), "Storable"},                                 /* perl nst */
    {B("\005\013\003\000\000\000\001"), "Storable"},                             /* perl net */
    {B("{\332\001a\351\001\000\000\0000"), "marshal"},                           /* marshal dict */
    {B("[\002\000\000\000\351\001\000\000\000\351\002\000\000\000"), "marshal"}, /* marshal list */
    {B("bplist00\321\001\002Qa\020\001\010\013\015\000\000\000\000\000\000"), "property list"}, /* bplist */
    {B("RFB 003.008\012"), "VNC"},                                                              /* vnc */
    {B("PAR1\025"), "Parquet"},                                                                 /* parquet */
    {B("ARROW1\000\000\377\377"), "Arrow"},                                                     /* arrow */
    {B("\377\377\377\377\020\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"),
     "Arrow"},                                                               /* arrow stream */
    {B("\211HDF\015\012\032\012"), "HDF5"},                                  /* hdf5 */
    {B("\211PNG\015\012\032\012\000\000\000\015IHDR"), "PNG"},               /* png */
    {B("\377\330\377\340\000\020JFIF"), "JPEG"},                             /* jpg */
    {B("GIF89a\001\000"), "GIF"},                                            /* gif */
    {B("%PDF-1.4\012"), "PDF"},                                              /* pdf */
    {B("SQLite format 3\000"), "SQLite"},                                    /* sqlite */
    {B("\177ELF\002\001\001"), "ELF"},                                       /* elf */
    {B("RIFF\004\000\000\000WAVE"), "WAV"},                                  /* riff */
    {B("OggS\000\002"), "Ogg"},                                              /* ogg */
    {B("\000\000\000\030ftypmp42"), "MP4"},                                  /* mp4 */
    {B("\377\006\000\000sNaPpY"), "Snappy"},                                 /* snappy */
    {B("\203h\002a\001a\002"), "Erlang"},                                    /* erlang */
    {B("<34>1 2003-10-11T22:14:1"), "syslog"},                               /* syslog */
    {B("@RSYNCD: 31.0\012"), "rsync"},                                       /* rsync */
    {B("0033git-upload-pack /x\000h"), "git"},                               /* git */
    {B("JDWP-Handshake"), "debugger"},                                       /* jdwp */
    {B("\000AUTH EXTERNAL 30\015\012"), "D-Bus"},                            /* dbus */
    {B("\000\025{\042content-length\042: 8}{\042a\042: 1}"), "Real Python"}, /* rp only len */
    {B("5\000\012\000"), "UTF-16"},                                          /* utf16le digit, line */
    {B("\042\000\351\000\042\000"), "UTF-16"},                               /* utf16le é */
    {B("\000\042\000\351\000\042"), "UTF-16"},                               /* utf16be é */
    {B("\042\000=\330\000\336\042\000"), "UTF-16"},                          /* utf16le emoji */
    {B("\000\042\330=\336\000\000\042"), "UTF-16"},                          /* utf16be emoji */
    {B("\000[\000\042\325\134\256\000\000\042\000]"), "UTF-16"},             /* utf16be list of Hangul */
    {B("\000{\000\042\325\134\000\042\000:\000 \0001\000}"), "UTF-16"},      /* utf16be key in Hangul */
    {B("n\000u\000l\000l\000"), "UTF-16"},                                   /* utf16le null */
    {B("\000t\000r\000u\000e"), "UTF-16"},                                   /* utf16be true */
    {B("-\0001\000.\0005\000"), "UTF-16"},                                   /* utf16le -1.5 */
    {B("\000[\000]"), "UTF-16"},                                             /* utf16be empty list */
    {B("\000\012\000{\000\042\000a\000\042"), "UTF-16"},                     /* utf16be white space */
    {B("\042\000\000\000\134\325\000\000\000\256\000\000\042\000\000\000"), "UTF-32"}, /* utf32le Hangul */
    {B("\000\000\000\042\000\000\325\134\000\000\256\000\000\000\000\042"), "UTF-32"}, /* utf32be Hangul */
    {B("n\000\000\000u\000\000\000l\000\000\000l\000\000\000"), "UTF-32"},             /* utf32le null */
    {B("\223\001\002\003"), "MessagePack"},
    {B("\221\241a"), "MessagePack"},
    {B("\222\242ab\241c"), "MessagePack"},
    {B("\201\001\002"), "MessagePack"},
    {B("\221\201\241a\001"), "MessagePack"},
    {B("\334\000\003\001\002\003"), "MessagePack"},
    {B("\221\331\002ab"), "MessagePack"},
    {B("\223\300\303\302"), "MessagePack"},
    {B("\222\313\077\370\000\000\000\000\000\000\315\001,"), "MessagePack"},
    {B("\222\304\002ab\324\001x"), "MessagePack"},
    {B("\202\201\001\201\002"), "CBOR"},
    {B("\203\001\002\003"), "CBOR"},
    {B("\202babac"), "CBOR"},
    {B("\241\001\002"), "CBOR"},
    {B("\203\031\001,\366\001"), "CBOR"},
    {B("\202\373\077\370\000\000\000\000\000\000\365"), "CBOR"},
    {B("\000\000\000\004\223\001\002\003"), "a length in 4 bytes, big-endian, then MessagePack"},
    {B("\000\014\241aahhellowow"), "a length in 2 bytes, big-endian, then CBOR"},
    {B("\014\000\000\000\037\213\010\000\000\000\000\000\000\377K\004"),
     "a length in 4 bytes, little-endian, then gzip"},
    {B("\022\007testing"), "found Protocol Buffers;"},
    {B("\032\003\010\226\001"), "found Protocol Buffers;"},
    {B("\012\004John\020\036"), "found Protocol Buffers;"},
    {B("\042\006\003\216\002\236\247\005"), "found Protocol Buffers;"},                         /* packed */
    {B("\011\000\000\000\000\000\000\370\077\025\000\000\300\077"), "found Protocol Buffers;"}, /* fixed */
    {B("\010\226\001\022\001a\030\001\042\200\001xxxxxx"), "found Protocol Buffers;"},          /* cut */
    {B("\010\012\004John\020\036"), "Protocol Buffers, with a length before each"},
    {B("\010\012\004John\020\036\005\012\003Eve\010\012\004Jo"),
     "Protocol Buffers, with a length before each"},
    {B("\000\000\000\000\010\012\004John\020\036"), "Protocol Buffers, as gRPC frames them"},
    {B("\000\000\000\010\012\004John\020\036"), "a length in 4 bytes, big-endian, then Protocol Buffers"},
    {B("\010\000\000\000\012\004John\020\036"), "a length in 4 bytes, little-endian, then Protocol Buffers"},
    {B("\313\077\370\000\000\000\000\000\000"), "found MessagePack"}, /* 1.5 */
    {B("\316\000\001\021\160"), "found MessagePack"},                 /* 70000 */
    {B("\304\003abc"), "found MessagePack"},                          /* bytes */
    {B("\326\377\145\000\000\000"), "found MessagePack"},             /* time */
    {B("\000\000\000\011\313\077\370\000\000\000\000\000\000"),
     "a length in 4 bytes, big-endian, then MessagePack"},
    {B("\373\077\370\000\000\000\000\000\000"), "found CBOR"}, /* 1.5 */
    {B("\301\032\145\000\000\000"), "found CBOR"},             /* time */
    {B("\300\1642013-03-21T20:04:00Z"), "found CBOR"},         /* date */
    {B("\237\001\002\377"), "found CBOR"},                     /* open array */
    {B("\033\000\000\000\001\000\000\000\001"), "found CBOR"}, /* 2**32 + 1 */
    {B("1\0002\000"), "UTF-16"},                               /* utf16le num */
    {B("\042\0009\3060\256\042\000"), "UTF-16"},               /* utf16 str ko */
};

/* What to do with bytes that are nothing known: no text is read from what is none. */
static void unknown_bytes_are_taken_as_they_are(void **state)
{
    static const row rows[] = {
        {B("\000\001\000\000\000\006\001\003\000\000\000\001"),
         "for any bytes say codec=bytes (--codec bytes)"},                                     /* Modbus */
        {B("l\000\013\000\000\000\000\000\000\000\000\000"), "for any bytes say codec=bytes"}, /* X11 */
        {B("Gr\374\337e aus M\374nchen\n"), "for any bytes say codec=bytes"},                  /* Latin-1 */
        {B("Gr\303\274\303\237e aus M\303\274nchen\n"), "for plain text say codec=text (--codec text)"},
        {B("Gr\303\274\303\237e aus M\303"), "for plain text say codec=text"}, /* the rest may come */
        {B("{'a': 1}"), "for Python's repr() say codec=repr"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(&rows[i], (og__look){.ended = true});
}

static void other_protocols_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_refused(&others[i], (og__look){.paused = true, .silent = true, .still = true});
        assert_refused(&others[i], (og__look){.ended = true});
        if (!strchr(err.text, ':')) fail_msg("%s: no advice", others[i].says);
    }
}

/* What fits these formats by chance is not called so: text, text after its length, fields in no order. */
static void what_something_else_explains_is_not_named(void **state)
{
    static const row rows[] = {
        {B("hello world"), "found \"hello"},
        {B("\013hello world"),
         "a length in 1 byte, then text; expected JSON or a pickle: for plain text say codec=text and framing=u8 "},
        {B("\000\005hello"), "a length in 2 bytes, big-endian, then text"}, /* Java's writeUTF() */
        {B("\000\005hello\000\005world"), "say codec=text and framing=u16be (--codec text --framing u16be)"},
        {B("\022\000hhhhhhhhhhhhhhhhhh"), "a length in 2 bytes, little-endian, then text"},
        {B("\000\000\000\020hhhhhhhhhhhhhhhh"), "framing=u32be"},
        {B("\012ABCDEFGHIJ"), "a length in 1 byte, then text"},
        {B("\030\001\010\001"), "found 18 01"}, /* 3, then 1 */
        {B("\010\200\000"), "found 08 80"},     /* a number longer than it must be */
        {B("\010\001"), "found 08 01"},         /* may be anything */
        {B("\005"), "found 05"},
        {B("\303\251t\303\251"), "found \"\303\251t\303\251\","}, /* letters in UTF-8, as people see them */
        {B("\354\225\210\353\205\225"), "found \"\354\225\210\353\205\225\","},
        {B("a\354\225\210\353\205\225\354\225\210\353\205\225"), /* one is cut where what is shown ends */
         "found \"a\354\225\210\353\205\225\354\225\210\342\200\246\","},
        {B("\303\251\303"), "found c3 a9 c3,"},        /* one is cut where all ends */
        {B("\302\205\302\205"), "found c2 85 c2 85,"}, /* a control character */
        {B("ehello"), "found \"ehello"},
        {B("x xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "found \"x xx"},
        {B("\003\000\000\000\000\000\000\000\000\000"), "found 03 00"}, /* no opcode of Cassandra's */
        {B("\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000"),
         "found 00 00"}, /* no length of Kafka's */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(&rows[i], (og__look){.ended = true});
}

/* With nothing after them; a length in two bytes, or more of one, might still be waited for. */
static void small_values_may_be_something_once_all_has_come(void **state)
{
    static const row rows[] = {
        {B("\221\001"), "what may be MessagePack"},     /* [1] */
        {B("\300"), "what may be MessagePack"},         /* nil */
        {B("\315\003\350"), "what may be MessagePack"}, /* 1000 */
        {B("\200"), "what may be MessagePack"},         /* {} */
        {B("\201\001"), "what may be CBOR"},            /* [1] */
        {B("\365"), "what may be CBOR"},                /* true */
        {B("\030*"), "what may be CBOR"},               /* 42 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(&rows[i], (og__look){.ended = true});
}

/* A codec that was asked for is what is expected instead. */
static void the_codec_that_was_asked_for_is_named(void **state)
{
    static const row rows[] = {
        {B("\201\241a\001"), "found MessagePack; expected JSON: "},
        {B("\012\004John\020\036"), "found Protocol Buffers; expected JSON: "},
        {B("\010\226\001"), "found Protocol Buffers; expected JSON: "},
        {B("\000\000\000\003\202\001\002"), "expected JSON: "},
        {B("\026\003\001\002\000\001"), "found a TLS handshake; expected JSON: "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(&rows[i], (og__look){.codec = og_codec_find("json", NULL), .ended = true});
}

/* Lengths of 37 KB and the start of the message, as a slow network cuts them: with the rest they are read. */
static void a_length_that_looks_like_a_value_is_waited_for(void **state)
{
    static const row rows[] = {
        {B("\222\064{"), ""},        {B("\222\064{\""), ""},
        {B("\222\064\x80"), ""},     {B("\221\001"), ""},
        {B("\201\241{"), ""},        {B("\202\001["), ""},
        {B("\203\001\""), ""},       {B("\010{"), ""},
        {B("\010\x80"), ""},         {B("\022\001{"), ""},
        {B("\030\x80\4"), ""},       {B("\012\001\x80"), ""},
        {B("\000\000\000\010"), ""}, {B("\000\000\000\010{"), ""},
        {B("\240\001{"), ""},        {B("\310\001{"), ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t len = 1; len <= rows[i].len; len++)
            if (look(rows[i].bytes, len, (og__look){.paused = true, .silent = true}) < 0)
                fail_msg("row %zu, %zu bytes: %s", i, len, err.text);
}

/* ---- Lengths that are the first bytes of another protocol ---- */

/* Bytes that fit the pattern of a row, the lowest or the highest, as many as there is room for. */
static void fit_pattern(const char *at, bool highest, uint8_t *bytes, size_t room)
{
    bool quoted = false;
    for (size_t i = 0; *at && i < room;) {
        if (*at == '\'' || (*at == ' ' && !quoted)) {
            quoted = *at == '\'' ? !quoted : quoted;
            at++;
        } else if (quoted) {
            bytes[i++] = (uint8_t)*at++;
        } else {
            const char *from = highest && at[2] == '-' ? at + 3 : at;
            bytes[i++] = *at == '.' ? 0 : (uint8_t)strtoul(from, NULL, 16);
            at += at[2] == '-' ? 5 : 2;
        }
    }
}

static const row openings[] = {
    {B("{\"name\": \"John\""), "JSON"}, {B("[\"a\", 1, 2"), "JSON"},
    {B("\"some text"), "JSON"},         {B("\x80\4\x95\x10\0\0\0\0\0\0\0}\x94"), "pickle"},
    {B("\x80\2}q\0X\1"), "pickle"},     {B("(dp0\nS'a'"), "pickle"},
};

/* Looks at a header alone, and at all of an opening from its second byte on. */
static void assert_may_be_length(const uint8_t *header, size_t size, const row *opening, const char *what)
{
    char bytes[64];
    memcpy(bytes, header, size);
    memcpy(bytes + size, opening->bytes, opening->len);
    for (size_t len = size; len <= size + opening->len; len += len == size ? 2 : 1)
        if (look(bytes, len, (og__look){.paused = true, .silent = len == size && header[size - 1] < '\t'}) <
                0 &&
            err.code != OG_EAMBIGUOUS)
            fail_msg("%zu bytes of %s after a length: %s (%s)", len - size, opening->says, err.text, what);
}

/* 790 in four bytes, lowest first, begins as TLS does. */
static void no_length_is_another_protocol(void **state)
{
    enum { LEAST = 32, MOST = 64 << 20 };
    const og_signature *seen;
    const og_frame_ops *ops;
    (void)state;
    for (size_t i = 0; (seen = og_signature_at(i)); i++)
        for (size_t k = 0; (ops = og_framing_at(k)); k++)
            for (unsigned highest = 0; highest < 2 && og__codec_signature_is_pattern(seen); highest++) {
                uint8_t header[16] = {0};
                og_frame_head head = {0};
                og_framing framing = {.ops = ops};
                if (!ops->head || ops->in_text) continue;
                fit_pattern(seen->bytes, highest, header, 8);
                int found_head = ops->head(&framing, header, sizeof header, &head, NULL);
                if (found_head != 1 || head.odd || head.body < LEAST || head.body > MOST) continue;
                for (size_t m = 0; m < sizeof openings / sizeof openings[0]; m++)
                    assert_may_be_length(header, head.size, &openings[m], seen->what);
            }
}

/* Lengths in digits, whatever pads them: no cut of them lets the number out as a value. */
static void a_padded_length_is_no_value(void **state)
{
    static const row rows[] = {
        {B("16\t\t\t\t\t\t{\"name\": \"John\"}"), "digits:8"},
        {B("16     \n{\"name\": \"John\"}"), "digits:8"},
        {B("16    \r\n{\"name\": \"John\"}"), "digits:8"},
        {B("16\n     {\"name\": \"John\"}"), "digits:8"},
        {B("\0\0\0\0\0\0\0\00016{\"name\": \"John\"}"), "digits:10"},
        {B("\0\0\00016{\"name\": \"John\"}"), "digits:5"},
        {B("21\t\t\t\t\t\t" P4), "digits:8"},
        {B("21     \n" P4), "digits:8"},
        {B("21\n     " P4), "digits:8"},
        {B("\0\0\0\0\0\0\0\00021" P4), "digits:10"},
    };
    (void)state;
    char name[OG_FRAMING_NAME_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t len = 1; len < rows[i].len; len++)
            if (look(rows[i].bytes, len, (og__look){0}) > 0 && found.framing.width == 0)
                fail_msg("%.*s: %s", (int)len, rows[i].bytes, as_told(rows[i].bytes, len));
        if (look(rows[i].bytes, rows[i].len, (og__look){0}) != 1) fail_msg("%s: %s", rows[i].bytes, err.text);
        assert_string_equal(og_framing_name(found.framing, name, sizeof name), rows[i].says);
    }
}

/* Headers that are no framing here: neither they nor their parts are values. */
static void a_number_before_something_else_is_no_value(void **state)
{
    static const row rows[] = {
        {B("54        7B226E616D65223A20224A6F686E222C2022616765223A2033307D"),
         "found \"54  "},                                                     /* hexadecimal */
        {B("35        {\"a\": 1, =\n\"b\": [true, null]}"), "expected JSON"}, /* quoted-printable */
        {B("24        " P4), "a header of 10 bytes before a pickle"},         /* a length in base 16 */
        {B("99\t\t" P4), "a header of 4 bytes before a pickle"},
        {B("15\n" P4), "a header of 3 bytes before a pickle"},
        {B("15\r\n" P0), "expected JSON"},
        {B("16\n\n{\"name\": \"John\"}"), "a header of 4 bytes before JSON"},
        {B("7\r\n\"hello\"\r\n0\r\n\r\n"), "a header of 3 bytes before JSON"}, /* HTTP's chunks */
        {B("220 (vsFTPd 3.0.5)\r\n"), "FTP"},
        {B("  16{\"name\": \"Johnny\"}"), "16{"},
        {B("\0\0\0\x0e{\"length\": 8} {\"a\": 1}"), "before JSON"}, /* a header, and content after it */
        {B("\0\0\0\x1a{\"name\": \"x\", \"size\": 12}\xff\xfe\xfd\1\2\3"), "before JSON"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(&rows[i], (og__look){.ended = true});
}

/* Blanks beyond those of any header. */
static void more_blanks_than_a_header_has_pad_no_length(void **state)
{
    (void)state;
    char bytes[400];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, "16", 2);
    memcpy(bytes + 300, "{\"name\": \"John\"}", 16);
    assert_refused(&(row){bytes, 316, "a header of 300 bytes"}, (og__look){.ended = true});
    memcpy(bytes, "  ", 2);
    memcpy(bytes + 298, "16", 2);
    assert_refused(&(row){bytes, 316, "expected JSON"}, (og__look){.ended = true});
}

/* Numbers that are values: what follows them speaks for it. */
static void numbers_are_still_values(void **state)
{
    static const row rows[] = {
        {B("5\n{\"a\": 1}\n"), ""}, {B("42\nnot JSON\n"), ""}, {B("1\n2\n3\n"), ""},
        {B("4\n\"ab\"\n"), ""},     {B("12 [1, 2, 3]"), ""},   {B("   7\n"), ""},
        {B("7\n\"hello\"\n"), ""},  {B("3 4 5"), ""},          {B("10\r\n{}\r\n"), ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (look(rows[i].bytes, rows[i].len, (og__look){.ended = true}) != 1)
            fail_msg("%s: %s", rows[i].bytes, err.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_protocols_are_named),
        cmocka_unit_test(unknown_bytes_are_taken_as_they_are),
        cmocka_unit_test(what_something_else_explains_is_not_named),
        cmocka_unit_test(small_values_may_be_something_once_all_has_come),
        cmocka_unit_test(the_codec_that_was_asked_for_is_named),
        cmocka_unit_test(a_length_that_looks_like_a_value_is_waited_for),
        cmocka_unit_test(no_length_is_another_protocol),
        cmocka_unit_test(a_padded_length_is_no_value),
        cmocka_unit_test(a_number_before_something_else_is_no_value),
        cmocka_unit_test(more_blanks_than_a_header_has_pad_no_length),
        cmocka_unit_test(numbers_are_still_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
