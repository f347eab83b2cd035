/* SPDX-License-Identifier: MIT */
/*
 * The table of what else is sent to ports by mistake. doc/detection.md has it as `onggi help signatures`
 * prints it.
 *
 * The bytes of a row are written as people read them: hexadecimal, ranges of it (00-04), .. for any byte, and
 * 'text'. Rows that bytes alone cannot tell have a function.
 */
#include "codec/signature.h"

#include <string.h>

enum { YES = 1, MORE = 0, NO = -1 };

/* ---- Patterns ---- */

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static uint8_t hex_byte(const char *at)
{
    return (uint8_t)(hex(at[0]) << 4 | hex(at[1]));
}

/* The place after one token of a pattern; `ok` says whether `byte` is one of those that it means. */
static const char *match_byte(const char *at, uint8_t byte, bool *ok)
{
    if (at[0] == '.') {
        *ok = true;
        return at + 2;
    }
    uint8_t low = hex_byte(at);
    uint8_t high = at[2] == '-' ? hex_byte(at + 3) : low;
    *ok = byte >= low && byte <= high;
    return at + (at[2] == '-' ? 5 : 2);
}

/* Compares the bytes with a pattern: YES, NO, or MORE when they are too few. */
static int match_pattern(const char *at, const uint8_t *data, size_t len)
{
    bool quoted = false;
    for (size_t i = 0; *at;) {
        if (*at == '\'' || (*at == ' ' && !quoted)) {
            quoted = *at == '\'' ? !quoted : quoted;
            at++;
            continue;
        }
        if (i == len) return MORE;
        bool ok = quoted && data[i] == (uint8_t)*at;
        at = quoted ? at + 1 : match_byte(at, data[i], &ok);
        if (!ok) return NO;
        i++;
    }
    return YES;
}

/* ---- Rows that need more than a pattern ---- */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* The header of a zlib stream: a method, and both bytes a multiple of 31. Text may begin like that as well.
 */
static int is_zlib(const uint8_t *data, size_t len)
{
    if (len < 3) return len > 0 && data[0] != 0x78 ? NO : MORE;
    if (data[0] != 0x78 || (data[0] << 8 | data[1]) % 31 != 0) return NO;
    unsigned block = data[2] >> 1 & 3;
    if (block == 3) return NO;
    if (block == 0 && len >= 7) return (data[3] ^ data[5]) == 0xff && (data[4] ^ data[6]) == 0xff ? YES : NO;
    for (size_t i = 2; i < len && i < 12; i++)
        if (data[i] < 0x09 || data[i] >= 0x7f) return YES;
    return len < 12 ? MORE : NO;
}

/* A number and a line's end after a RESP type byte. */
static int is_resp(const uint8_t *data, size_t len)
{
    size_t at = 1;
    if (len == 0) return MORE;
    if (!data[0] || !strchr("*$:%~>(", data[0])) return NO;
    if (at < len && data[at] == '-') at++;
    size_t first = at;
    while (at < len && is_digit(data[at]))
        at++;
    if (at == len) return at - first < 20 ? MORE : NO;
    if (at == first || data[at] != '\r') return NO;
    return at + 1 == len ? MORE : data[at + 1] == '\n' ? YES : NO;
}

/* "-ERR unknown command": letters in capitals after the minus. */
static int is_resp_error(const uint8_t *data, size_t len)
{
    size_t at = 1;
    if (len == 0 || data[0] != '-') return len == 0 ? MORE : NO;
    while (at < len && data[at] >= 'A' && data[at] <= 'Z')
        at++;
    if (at == len) return at < 20 ? MORE : NO;
    return at > 2 && data[at] == ' ' ? YES : NO;
}

/* A document of BSON: its length with itself, then a type, a name and a NUL. */
static int is_bson(const uint8_t *data, size_t len)
{
    if (len < 5) return MORE;
    uint32_t size =
        (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
    bool type = (data[4] >= 0x01 && data[4] <= 0x13) || data[4] == 0x7f || data[4] == 0xff;
    if (size < 8 || size > 1 << 24 || !type) return NO;
    for (size_t at = 5; at < len && at < 4 + (size_t)size; at++) {
        if (data[at] == 0) return at > 5 || data[4] == 0x10 ? YES : NO;
        if (data[at] < ' ') return NO;
    }
    return len < 260 ? MORE : NO;
}

/* A text of MessagePack with its length before it, and nothing after it. */
static int is_msgpack_text(const uint8_t *data, size_t len)
{
    if (len == 0) return MORE;
    if (data[0] < 0xa2 || data[0] > 0xbf) return NO;
    size_t size = 1 + (size_t)(data[0] & 0x1f);
    for (size_t at = 1; at < len; at++)
        if (data[at] < ' ' || data[at] == 0x7f) return NO;
    return len < size ? MORE : len == size ? YES : NO;
}

/* Base64 of `80 02` to `80 05`, which pickles begin with. */
static int is_base64_pickle(const uint8_t *data, size_t len)
{
    if (match_pattern("'gA'", data, len) != YES) return match_pattern("'gA'", data, len);
    for (size_t i = 2; i < len && i < 12; i++) {
        bool letter = (data[i] >= 'A' && data[i] <= 'Z') || (data[i] >= 'a' && data[i] <= 'z');
        bool other = is_digit(data[i]) || (data[i] && strchr("+/-_=\r\n", data[i]));
        if (!letter && !other) return NO;
    }
    if (len > 2 && !(data[2] && strchr("IJKLMNOPQRSTUVWX", data[2]))) return NO;
    return len < 8 ? MORE : YES;
}

/* Hexadecimal of the same. */
static int is_hex_pickle(const uint8_t *data, size_t len)
{
    bool letter = false;
    int begins = match_pattern("'80' '0' 32-35", data, len);
    if (begins != YES) return begins;
    size_t i = 4;
    for (; i < len && i < 64; i++) {
        bool hexadecimal = (data[i] >= 'a' && data[i] <= 'f') || (data[i] >= 'A' && data[i] <= 'F');
        if (!is_digit(data[i]) && !hexadecimal) break;
        letter = letter || hexadecimal;
    }
    if (i < len && i < 64 && data[i] != '\n' && data[i] != '\r') return NO;
    return letter && i >= 8 ? YES : len < 64 && i == len ? MORE : NO;
}

static bool has_word(const uint8_t *data, size_t len, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = 0; at + n <= len; at++)
        if (memcmp(data + at, word, n) == 0) return true;
    return false;
}

/* The length before a JSON text in `prefix` bytes, as far as they are here. False when it is none of a
 * header. */
static bool is_header_length(const uint8_t *data, size_t len, size_t prefix, bool little, size_t *size)
{
    enum { HEADER_MAX = 1024 };
    *size = 0;
    for (size_t i = 0; i < prefix; i++) {
        size_t place = little ? i : prefix - 1 - i; /* of the byte's weight */
        if (i >= len) return true;
        if (place >= 2 && data[i]) return false;
        if (place < 2) *size |= (size_t)data[i] << 8 * place;
    }
    return *size >= 2 && *size <= HEADER_MAX && (len == prefix || data[prefix] == '{');
}

static const char *const header_words[] = {"\"content-length\"", "\"content-type\"", "\"content-encoding\"",
                                           "\"byteorder\""};

/* Whether an object begins with a word of such a header. */
static int begins_header(const uint8_t *json, size_t len)
{
    size_t at = 1;
    while (at < len && json[at] == ' ')
        at++;
    if (at >= len) return MORE;
    for (size_t i = 0; i < sizeof header_words / sizeof header_words[0]; i++) {
        size_t n = strlen(header_words[i]);
        size_t here = len - at < n ? len - at : n;
        if (memcmp(json + at, header_words[i], here) == 0) return here == n ? YES : MORE;
    }
    return NO;
}

/* Whether JSON says how long the content after it is, and of what kind or nothing else. */
static int describes_content(const uint8_t *json, size_t len)
{
    if (!has_word(json, len, header_words[0])) return NO;
    if (!memchr(json, ',', len)) return YES;
    for (size_t i = 1; i < sizeof header_words / sizeof header_words[0]; i++)
        if (has_word(json, len, header_words[i])) return YES;
    return NO;
}

/* A JSON header before the content, and before the header its own length. */
static int is_header_and_content(const uint8_t *data, size_t len)
{
    static const uint8_t prefixes[] = {2, 4, 8};
    int best = NO;
    for (size_t i = 0; i < 2 * sizeof prefixes; i++) {
        size_t prefix = prefixes[i / 2];
        size_t size;
        if (!is_header_length(data, len, prefix, i % 2, &size)) continue;
        bool whole = len > prefix && len - prefix >= size;
        int found = len > prefix ? begins_header(data + prefix, len - prefix) : MORE;
        if (found == YES) found = whole ? describes_content(data + prefix, size) : MORE;
        if (found == YES) return YES;
        if (found == MORE) best = MORE;
    }
    return best;
}

/* ---- The table ---- */

/* What to say next, where the same is right for several rows. */
#define AS_BYTES "to take any bytes as they are say codec=bytes (--codec bytes)"
#define TAKE_OUT "unpack it before it is sent, or take it as it is with codec=bytes (--codec bytes)"
#define AS_FILE \
    "to take any bytes as they are say codec=bytes (--codec bytes) and framing=eof (--framing eof)"
#define AS_TEXT     "for plain text say codec=text (--codec text)"
#define SEND_UTF8   "send UTF-8: text.encode() in Python"
#define FROM_BASE64 "decode it first: base64.b64decode() in Python, base64 -d in a shell"
#define FROM_HEX    "decode it first: bytes.fromhex() in Python, xxd -r -p in a shell"
#define FROM_PROTOBUF                                                                               \
    "send JSON: json_format.MessageToJson() in Python, JsonFormat in Java; or take the bytes with " \
    "codec=bytes (--codec bytes)"
#define HTTP "send the body alone, over a plain socket"

typedef struct row {
    og_signature seen;
    int (*match)(const uint8_t *data, size_t len); /* NULL: the bytes of `seen` are a pattern */
} row;

static const row rows[] = {
    {{"16 03 00-04", "a TLS handshake",
      "serve tls:// with a certificate (--cert), or use tcp:// on the other side", false},
     NULL},
    {{"15 03 00-04 00 02", "a TLS alert", "write tls:// instead of tcp://", false}, NULL},
    {{"'PRI * HTTP/2.0'", "an HTTP/2 connection, as of gRPC, which is not spoken here", HTTP, false}, NULL},
    {{"00 00 .. 04 00 00 00 00 00", "an HTTP/2 greeting, as of gRPC, which is not spoken here", HTTP, false},
     NULL},
    {{"'GET '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'POST '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'PUT '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'HEAD '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'PATCH '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'DELETE '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'TRACE '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'OPTIONS sip:'", "a SIP request, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'REGISTER sip'", "a SIP request, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'INVITE sip'", "a SIP request, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'SIP/2.0 '", "a SIP response, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'OPTIONS rtsp:'", "an RTSP request, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'DESCRIBE rtsp:'", "an RTSP request, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'RTSP/1.0 '", "an RTSP response, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'CONNECT {'", "a NATS connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'OPTIONS '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'CONNECT '", "an HTTP request, which is not spoken here", HTTP, false}, NULL},
    {{"'HTTP/'", "an HTTP response, which is not spoken here", HTTP, false}, NULL},
    {{"'SSH-'", "an SSH greeting, which is not spoken here", AS_BYTES, false}, NULL},
    {{"ff .. .. .. .. .. .. .. .. 7f", "a ZeroMQ greeting, which is not spoken here",
      "use a plain socket, and send what send_json() or send_pyobj() would", false},
     NULL},
    {{".. .. .. .. '#CHALLENGE#'", "multiprocessing's authentication",
      "give the key (--authkey-file), or use no authkey on the other side", false},
     NULL},
    {{"00 04 '_ask' 00", "a request of Twisted's AMP, which is not spoken here", AS_BYTES, false}, NULL},
    {{"00 07 '_answer' 00", "an answer of Twisted's AMP, which is not spoken here", AS_BYTES, false}, NULL},
    {{"00 06 '_error' 00", "an error of Twisted's AMP, which is not spoken here", AS_BYTES, false}, NULL},
    {{"00 08 '_command' 00", "a command of Twisted's AMP, which is not spoken here", AS_BYTES, false}, NULL},
    {{"keys and values with a length of 2 bytes before each, and 00 00 at the end",
      "a box of Twisted's AMP, which is not spoken here", AS_BYTES, true},
     og__codec_amp},
    {{"01-7f 80 02 82 'pb'", "a greeting of Twisted's Perspective Broker, which is not spoken here", AS_BYTES,
      false},
     NULL},
    {{"02 82 'pb'", "Twisted's Perspective Broker, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'SNGLSNGLSNGLSNGL'", "a PicklingTools greeting, which is not spoken here", AS_BYTES, false}, NULL},
    {{"00 'SP' 00 00 ..", "an NNG or nanomsg greeting, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'CONNECT' 0a", "a STOMP connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'STOMP' 0a", "a STOMP connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{".. .. 00 00 0a 34-39 '.'", "a MySQL or MariaDB greeting, which is not spoken here", AS_BYTES, false},
     NULL},
    {{".. .. 00 00 0a '1' 30-39 '.'", "a MySQL or MariaDB greeting, which is not spoken here", AS_BYTES,
      false},
     NULL},
    {{"00 00 .. .. ff 'SMB'", "an SMB message (file sharing), which is not spoken here", AS_BYTES, false},
     NULL},
    {{"00 00 .. .. fe 'SMB'", "an SMB message (file sharing), which is not spoken here", AS_BYTES, false},
     NULL},
    {{"03 00 00 .. .. e0 00 00", "an RDP or S7 connection (TPKT), which is not spoken here", AS_BYTES, false},
     NULL},
    {{"03 00 00 .. .. e0 00 00 00", "an RDP or S7 connection (TPKT), which is not spoken here", AS_BYTES,
      false},
     NULL},
    {{".. .. 00 00 .. .. .. .. 00 00 00 00 d4 07 00 00", "a MongoDB message, which is not spoken here",
      AS_BYTES, true},
     NULL},
    {{".. .. 00 00 .. .. .. .. 00 00 00 00 dd 07 00 00", "a MongoDB message, which is not spoken here",
      AS_BYTES, true},
     NULL},
    {{"00 00 00 2c-2d 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
      "a ZooKeeper connection, which is not spoken here", AS_BYTES, true},
     NULL},
    {{"00 00 00 0a-ff 00 00-50 00 00-14 .. .. .. .. 00", "a Kafka request, which is not spoken here",
      AS_BYTES, true},
     NULL},
    {{"00 00 01-ff .. 00 00-50 00 00-14 .. .. .. .. 00", "a Kafka request, which is not spoken here",
      AS_BYTES, true},
     NULL},
    {{"03-05 00-01 00 00 00-01 01 00 00 ..", "a Cassandra request, which is not spoken here", AS_BYTES, true},
     NULL},
    {{"03-05 00 00 00 01-0f 00 00 .. ..", "a Cassandra request, which is not spoken here", AS_BYTES, true},
     NULL},
    {{"80 00-23 00 .. .. 00 00 00", "a memcached request (binary), which is not spoken here", AS_BYTES, true},
     NULL},
    {{"80 01 00 01-04 00 00", "an Apache Thrift message, which is not spoken here", AS_BYTES, true}, NULL},
    {{"00 00 .. .. 80 01 00 01-04", "an Apache Thrift message, which is not spoken here", AS_BYTES, true},
     NULL},
    {{"an array or a map of CBOR, to the last byte", "CBOR", AS_BYTES, true}, og__codec_cbor},
    {{"83 61-77", "Erlang's term_to_binary()", AS_BYTES, true}, NULL},
    {{"an array or a map of MessagePack, to the last byte", "MessagePack", AS_BYTES, true},
     og__codec_msgpack},
    {{"82 21-81 .. ..", "an Apache Thrift message, which is not spoken here", AS_BYTES, true}, NULL},
    {{"30 .. 02 01 .. 60-6e", "an LDAP message, which is not spoken here", AS_BYTES, true}, NULL},
    {{"30 .. 02 01 00-01 04", "an SNMP message, which is not spoken here", AS_BYTES, true}, NULL},
    {{"00 .. .. .. 01 00 00 01 00 00 00 00", "a DNS query, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'RFB 00'", "a VNC greeting, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'JDWP-Handshake'", "a Java debugger, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'@RSYNCD:'", "an rsync greeting, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'00' .. .. 'git-'", "a git request, which is not spoken here", AS_BYTES, true}, NULL},
    {{"00 'AUTH '", "a D-Bus connection, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'* OK '", "an IMAP greeting, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'+OK '", "a POP3 greeting, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'220 '", "an SMTP or FTP greeting, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'220-'", "an SMTP or FTP greeting, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'EHLO '", "an SMTP client, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'HELO '", "an SMTP client, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'USER '", "an FTP, POP3 or IRC client, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'NICK '", "an IRC client, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'<' 30-39", "a syslog message", AS_TEXT, true}, NULL},
    {{"'PYRO' 00-01", "a Pyro message, which is not spoken here", AS_BYTES, false}, NULL},
    {{"a length of 2, 4 or 8 bytes, then JSON with content-length and content-type, content-encoding or "
      "byteorder",
      "a header in JSON before the content, as in Real Python's socket tutorial",
      "send the content alone, with its length before it", false},
     is_header_and_content},
    {{"1f 8b 08", "gzip", TAKE_OUT, false}, NULL},
    {{"'BZh' 31-39 31 41 59", "bzip2", TAKE_OUT, false}, NULL},
    {{"fd '7zXZ' 00", "xz", TAKE_OUT, false}, NULL},
    {{"28 b5 2f fd", "Zstandard", TAKE_OUT, false}, NULL},
    {{"04 22 4d 18", "LZ4", TAKE_OUT, false}, NULL},
    {{"'PK' 03 04", "a zip archive", "look into it with onggi inspect", false}, NULL},
    {{"93 'NUMPY'", "a numpy array (.npy)", "look into it with onggi inspect", false}, NULL},
    {{"'gA' and base64", "base64 of a pickle", FROM_BASE64, false}, is_base64_pickle},
    {{"base64 of how protocol 0 or 1 begins", "base64 of a pickle", FROM_BASE64, true},
     og__codec_base64_old_pickle},
    {{"'800' 2 to 5 and hexadecimal", "hexadecimal of a pickle", FROM_HEX, false}, is_hex_pickle},
    {{"hexadecimal of how protocol 0 or 1 begins", "hexadecimal of a pickle", FROM_HEX, true},
     og__codec_hex_old_pickle},
    {{"'eyJ'", "base64 of JSON", FROM_BASE64, false}, NULL},
    {{"ff fe 00 00", "UTF-32", SEND_UTF8, false}, NULL},
    {{"00 00 fe ff", "UTF-32", SEND_UTF8, false}, NULL},
    {{"00 00 00 7b 00 00 00 09-7d", "UTF-32", SEND_UTF8, false}, NULL},
    {{"00 00 00 5b 00 00 00 09-7d", "UTF-32", SEND_UTF8, false}, NULL},
    {{"00 00 00 22 00 00 00 20-7e", "UTF-32", SEND_UTF8, true}, NULL},
    {{"00 00 00 30-39 00 00 00 30-39", "UTF-32", SEND_UTF8, true}, NULL},
    {{"7b 00 00 00 09-7d 00 00 00", "UTF-32", SEND_UTF8, false}, NULL},
    {{"5b 00 00 00 09-7d 00 00 00", "UTF-32", SEND_UTF8, false}, NULL},
    {{"22 00 00 00 20-7e 00 00 00", "UTF-32", SEND_UTF8, false}, NULL},
    {{"30-39 00 00 00 30-39 00 00 00", "UTF-32", SEND_UTF8, true}, NULL},
    {{"ff fe 09-7e 00", "UTF-16", SEND_UTF8, false}, NULL},
    {{"fe ff 00 09-7e", "UTF-16", SEND_UTF8, false}, NULL},
    {{"7b 00 09-7d 00", "UTF-16", SEND_UTF8, false}, NULL},
    {{"5b 00 09-7d 00", "UTF-16", SEND_UTF8, false}, NULL},
    {{"22 00 20-7e 00", "UTF-16", SEND_UTF8, false}, NULL},
    {{"00 7b 00 09-7d 00", "UTF-16", SEND_UTF8, false}, NULL},
    {{"00 5b 00 09-7d 00", "UTF-16", SEND_UTF8, false}, NULL},
    {{"00 22 00 20-7e 00", "UTF-16", SEND_UTF8, false}, NULL},
    {{"30-39 00 30-39 00", "UTF-16, or numbers that end in NUL",
      "send UTF-8: text.encode() in Python; or say framing=nul (--framing nul)", false},
     NULL},
    {{"30-39 00 0a-0d 00", "UTF-16, or numbers that end in NUL",
      "send UTF-8: text.encode() in Python; or say framing=nul (--framing nul)", false},
     NULL},
    {{"two bytes for each character of JSON", "UTF-16", SEND_UTF8, true}, og__codec_utf16_json},
    {{"four bytes for each character of JSON", "UTF-32", SEND_UTF8, true}, og__codec_utf32_json},
    {{"ac ed 00 05", "Java serialization", "send JSON, or a text with writeUTF() (--framing u16be)", false},
     NULL},
    {{"00 01 00 00 00 ff ff ff ff 01", "a message of .NET's BinaryFormatter", AS_BYTES, false}, NULL},
    {{"10 .. 00 04 'MQTT'", "an MQTT connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{"10 .. 00 06 'MQIsdp'", "an MQTT connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{"10 80-ff .. 00 04 'MQTT'", "an MQTT connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{"20 02 00-01 00-05", "an MQTT answer, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'AMQP' 00-03", "an AMQP connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{"* $ : % ~ > or (, a number, 0d 0a", "Redis (RESP), which is not spoken here", AS_BYTES, false},
     is_resp},
    {{"'+OK' 0d 0a", "Redis (RESP), which is not spoken here", AS_BYTES, false}, NULL},
    {{"'+PONG' 0d 0a", "Redis (RESP), which is not spoken here", AS_BYTES, false}, NULL},
    {{"'-' and a word in capitals: -ERR", "a Redis error (RESP), which is not spoken here", AS_BYTES, false},
     is_resp_error},
    {{"'INFO {'", "a NATS greeting, which is not spoken here", AS_BYTES, false}, NULL},
    {{"'PROXY TCP'", "a PROXY header of a load balancer", "switch it off for this port", false}, NULL},
    {{"0d 0a 0d 0a 00 0d 0a 'QUIT' 0a", "a PROXY header of a load balancer", "switch it off for this port",
      false},
     NULL},
    {{"00 00 00 08 04 d2 16 2f", "a PostgreSQL connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{"00 00 .. .. 00 03 00 00 'user'", "a PostgreSQL connection, which is not spoken here", AS_BYTES, false},
     NULL},
    {{"05 01 00", "a SOCKS connection, which is not spoken here", AS_BYTES, true}, NULL},
    {{"05 02 00 01-02", "a SOCKS connection, which is not spoken here", AS_BYTES, true}, NULL},
    {{"04 01-02 00-7f .. .. .. .. .. 00", "a SOCKS connection, which is not spoken here", AS_BYTES, true},
     NULL},
    {{"1e 0f", "a piece of a GELF message", "send it whole, over TCP", false}, NULL},
    {{"13 'BitTorrent'", "a BitTorrent connection, which is not spoken here", AS_BYTES, false}, NULL},
    {{"ff fb-fe", "a telnet negotiation, which is not spoken here", "use nc, or telnet in line mode", true},
     NULL},
    {{"'<?xml'", "XML, which is not spoken here", AS_TEXT, false}, NULL},
    {{"'<stream:'", "XMPP, which is not spoken here", AS_BYTES, true}, NULL},
    {{"'<!'", "HTML or XML, which is not spoken here", AS_TEXT, true}, NULL},
    {{"'<html'", "HTML, which is not spoken here", AS_TEXT, true}, NULL},
    {{"'<' 41-7a", "XML, which is not spoken here", AS_TEXT, true}, NULL},
    {{"'---' 0a", "YAML", "send JSON: json.dumps() in Python; or say codec=text (--codec text)", true}, NULL},
    {{"'%YAML'", "YAML", "send JSON: json.dumps() in Python; or say codec=text (--codec text)", true}, NULL},
    {{"'bplist0'", "a binary property list (plistlib)", "send JSON: json.dumps() in Python", true}, NULL},
    {{"7b da 01-ff", "Python's marshal", "send JSON: json.dumps() in Python", false}, NULL},
    {{"7b e9", "Python's marshal", "send JSON: json.dumps() in Python", false}, NULL},
    {{"fb 5a-fa", "Python's marshal", "send JSON: json.dumps() in Python", true}, NULL},
    {{"5b .. .. 00 00 69-fb", "Python's marshal", "send JSON: json.dumps() in Python", true}, NULL},
    {{"5b 01-ff 00 00 00 a9-fb", "Python's marshal", "send JSON: json.dumps() in Python", false}, NULL},
    {{"db .. .. 00 00 5a-fb", "Python's marshal", "send JSON: json.dumps() in Python", true}, NULL},
    {{"e3 00 00 00 00", "Python's marshal", "send JSON: json.dumps() in Python", true}, NULL},
    {{"'a:' 30-39", "PHP's serialize()", "send JSON: json_encode() in PHP", true}, NULL},
    {{"'O:' 30-39", "PHP's serialize()", "send JSON: json_encode() in PHP", true}, NULL},
    {{"'s:' 30-39", "PHP's serialize()", "send JSON: json_encode() in PHP", true}, NULL},
    {{"'i:' 30-39", "PHP's serialize()", "send JSON: json_encode() in PHP", true}, NULL},
    {{"04 08 22-7d", "Ruby's Marshal", "send JSON: to_json in Ruby", true}, NULL},
    {{"04 0b 08 '12345678'", "Perl's Storable", "send JSON: encode_json() in Perl", true}, NULL},
    {{"05 0b 00-1f", "Perl's Storable", "send JSON: encode_json() in Perl", true}, NULL},
    {{"'pst0'", "Perl's Storable", "send JSON: encode_json() in Perl", true}, NULL},
    {{"89 'PNG' 0d 0a 1a 0a", "a PNG image", AS_FILE, true}, NULL},
    {{"'GIF8' 37-39 'a'", "a GIF image", AS_FILE, false}, NULL},
    {{"ff d8 ff", "a JPEG image", AS_FILE, true}, NULL},
    {{"'%PDF-'", "a PDF document", AS_FILE, true}, NULL},
    {{"89 'HDF' 0d 0a 1a 0a", "an HDF5 file", AS_FILE, true}, NULL},
    {{"'SQLite format 3' 00", "an SQLite database", AS_FILE, true}, NULL},
    {{"'PAR1' 15", "a Parquet file", AS_FILE, false}, NULL},
    {{"'ARROW1' 00 00", "an Arrow file", AS_FILE, true}, NULL},
    {{"ff ff ff ff 08-ff .. 00 00 00-20 00 00 00", "an Arrow stream", AS_FILE, true}, NULL},
    {{"7f 'ELF'", "a program (ELF)", AS_FILE, true}, NULL},
    {{"'RIFF'", "a WAV, AVI or WebP file", AS_FILE, true}, NULL},
    {{"'OggS' 00", "an Ogg file", AS_FILE, true}, NULL},
    {{"00 00 00 .. 'ftyp'", "an MP4 film", AS_FILE, true}, NULL},
    {{"ff 06 00 00 'sNaPpY'", "Snappy", TAKE_OUT, true}, NULL},
    {{"5d 00 00 .. .. ff ff ff ff ff ff ff ff", "LZMA", TAKE_OUT, true}, NULL},
    {{"5d 00 00 .. .. .. .. .. 00 00 00 00 00", "LZMA", TAKE_OUT, true}, NULL},
    {{"'7z' bc af 27 1c", "a 7z archive", TAKE_OUT, true}, NULL},
    {{"'Rar!' 1a 07", "a rar archive", TAKE_OUT, true}, NULL},
    {{"'begin 666 '", "uuencoded text", "decode it before it is sent: codecs.decode(text, 'uu') in Python",
      true},
     NULL},
    {{"'Obj' 01", "an Avro file, which is not spoken here", AS_BYTES, false}, NULL},
    {{"a length of 4 bytes with itself, a type, a name and 00", "BSON",
      "send JSON: bson.json_util.dumps() in Python", true},
     is_bson},
    {{"78 and a byte that makes both a multiple of 31", "a zlib stream", TAKE_OUT, true}, is_zlib},
    {{"81-8f a1-bf 20-7e", "MessagePack", AS_BYTES, true}, NULL},
    {{"a2-bf and as much text as it says", "MessagePack", AS_BYTES, true}, is_msgpack_text},
    {{"a1-b7 61-77 20-7e", "CBOR", AS_BYTES, true}, NULL},
    {{"d9 d9 f7", "CBOR", AS_BYTES, true}, NULL},
    {{"bf 60-77 20-7e", "CBOR", AS_BYTES, true}, NULL},
    {{"de-df 00 .. a0-bf 20-7e", "MessagePack", AS_BYTES, true}, NULL},
    {{"d9 .. 20-7e 20-7e", "MessagePack", AS_BYTES, true}, NULL},
    {{"94 00 00-7f a1-bf 20-7e", "MessagePack (RPC)", AS_BYTES, true}, NULL},
    {{"81-8a 80-fd .. .. .. ..", "a WebSocket frame, or MessagePack", AS_BYTES, true}, NULL},
};

/* Rows that only say what bytes look like which are refused anyway. */
static const row faint_rows[] = {
    {{"a list or a text of Twisted's banana, to the last byte",
      "Twisted's banana, as of Perspective Broker, which is not spoken here", AS_BYTES, true},
     og__codec_banana},
    {{"00, a length of 4 bytes, and as much of a message of Protocol Buffers",
      "Protocol Buffers, as gRPC frames them", FROM_PROTOBUF, true},
     og__codec_protobuf_grpc},
    {{"a length as a varint, and as much of a message of Protocol Buffers",
      "Protocol Buffers, with a length before each message", FROM_PROTOBUF, true},
     og__codec_protobuf_delimited},
    {{"fields of Protocol Buffers in their order, to the last byte or three of them", "Protocol Buffers",
      FROM_PROTOBUF, true},
     og__codec_protobuf},
    {{"one value of CBOR, five bytes or more, to the last byte", "CBOR", AS_BYTES, true},
     og__codec_cbor_scalar},
    {{"one value of MessagePack, five bytes or more, to the last byte", "MessagePack", AS_BYTES, true},
     og__codec_msgpack_scalar},
    {{"one value of MessagePack in two to four bytes; c0 c2 c3 80 90", "what may be MessagePack", AS_BYTES,
      true},
     og__codec_msgpack_small},
    {{"one value of CBOR in two to four bytes; f4 to f7", "what may be CBOR", AS_BYTES, true},
     og__codec_cbor_small},
};

enum {
    ROWS = sizeof rows / sizeof rows[0],
    ALL_ROWS = ROWS + sizeof faint_rows / sizeof faint_rows[0],
};

static const row *row_at(size_t index)
{
    return index < ROWS ? &rows[index] : &faint_rows[index - ROWS];
}

const og_signature *og_signature_at(size_t index)
{
    return index < ALL_ROWS ? &row_at(index)->seen : NULL;
}

static int match(const row *r, const uint8_t *data, size_t len)
{
    return r->match ? r->match(data, len) : match_pattern(r->seen.bytes, data, len);
}

/* True when a digit of base 16 is there that no number in JSON has. */
static bool has_hex_letter(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && data[i] > ' '; i++)
        if ((data[i] | 0x20) >= 'a' && (data[i] | 0x20) != 'e') return true;
    return false;
}

const og_signature *og_signature_of_text(const void *bytes, size_t len)
{
    const uint8_t *data = bytes;
    for (size_t i = 0; i < ROWS; i++) {
        bool base64 = strncmp(rows[i].seen.what, "base64", 6) == 0;
        bool hexadecimal = strncmp(rows[i].seen.what, "hexadecimal", 11) == 0;
        if ((base64 || (hexadecimal && has_hex_letter(data, len))) && match(&rows[i], data, len) == YES)
            return &rows[i].seen;
    }
    return NULL;
}

static og__signs signs_of(size_t index)
{
    if (index >= ROWS) return OG__SIGNS_FAINT;
    return rows[index].seen.unsure ? OG__SIGNS_UNSURE : OG__SIGNS_SURE;
}

const og_signature *og__codec_signature(const uint8_t *data, size_t len, og__signs signs)
{
    for (size_t i = 0; i < ALL_ROWS; i++)
        if (signs_of(i) <= signs && match(row_at(i), data, len) == YES) return &row_at(i)->seen;
    return NULL;
}

bool og__codec_signature_is_pattern(const og_signature *seen)
{
    for (size_t i = 0; i < ALL_ROWS; i++)
        if (&row_at(i)->seen == seen) return !row_at(i)->match;
    return false;
}

bool og__codec_signature_may_come(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < ROWS; i++)
        if (match(&rows[i], data, len) == MORE) return true;
    return false;
}
