/* SPDX-License-Identifier: MIT */
/* Endpoints as text: what is taken, what is refused and where, and that text reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <onggi/net.h>

typedef struct good {
    const char *text;
    og_endpoint expected;
    const char *written; /* NULL: as `text` */
} good;

static const good valid[] = {
    {"tcp://localhost:8080", {.transport = OG_TCP, .port = 8080, .host = "localhost"}, NULL},
    {"tcp://:8080", {.transport = OG_TCP, .port = 8080}, NULL},
    {"tcp://*:0", {.transport = OG_TCP, .host = "*"}, NULL},
    {"TCP://a:1", {.transport = OG_TCP, .port = 1, .host = "a"}, "tcp://a:1"},
    {"tcp://127.0.0.1:65535", {.transport = OG_TCP, .port = 65535, .host = "127.0.0.1"}, NULL},
    {"tcp://h:00080", {.transport = OG_TCP, .port = 80, .host = "h"}, "tcp://h:80"},
    {"tcp://[::1]:5", {.transport = OG_TCP, .port = 5, .host = "::1"}, NULL},
    {"tcp://[fe80::1%25eth0]:5", {.transport = OG_TCP, .port = 5, .host = "fe80::1%eth0"}, NULL},
    {"tcp://[fe80::1%eth0]:5",
     {.transport = OG_TCP, .port = 5, .host = "fe80::1%eth0"},
     "tcp://[fe80::1%25eth0]:5"},
    {"tcp://[fe80::1%25251]:5", {.transport = OG_TCP, .port = 5, .host = "fe80::1%251"}, NULL},
    {"udp://h-1.example_x:12345", {.transport = OG_UDP, .port = 12345, .host = "h-1.example_x"}, NULL},
    {"fd://3", {.transport = OG_FD, .inherited = 4}, NULL},
    {"fd://0?as=logging", {.transport = OG_FD, .inherited = 1, .profile = "logging"}, "fd://0"},
    {"tls+fd://12", {.transport = OG_TLS_FD, .inherited = 13}, NULL},
    {"tls://h:443", {.transport = OG_TLS, .port = 443, .host = "h"}, NULL},
    {"unix:///run/x.sock", {.transport = OG_UNIX, .path = "/run/x.sock"}, NULL},
    {"unix://x.sock", {.transport = OG_UNIX, .path = "x.sock"}, NULL},
    {"unixgram:///a%3Fb%20%25", {.transport = OG_UNIXGRAM, .path = "/a?b %"}, NULL},
    {"unix:///\xec\x98\xb9\xea\xb8\xb0", {.transport = OG_UNIX, .path = "/\xec\x98\xb9\xea\xb8\xb0"}, NULL},
    {"tcp://h:1?codec=pickle&framing=u32be",
     {.transport = OG_TCP, .port = 1, .host = "h", .codec = "pickle", .framing = "u32be"},
     "tcp://h:1"},
    {"tcp://h:1?framing=digits%3a10",
     {.transport = OG_TCP, .port = 1, .host = "h", .framing = "digits:10"},
     "tcp://h:1"},
    {"tcp://h:1?framing=digits:10",
     {.transport = OG_TCP, .port = 1, .host = "h", .framing = "digits:10"},
     "tcp://h:1"},
    {"udp://h:1?interface=eth0&codec=json",
     {.transport = OG_UDP, .port = 1, .host = "h", .codec = "json", .interface = "eth0"},
     "udp://h:1?interface=eth0"},
    {"udp://h:1?interface=a%25b%26c?d",
     {.transport = OG_UDP, .port = 1, .host = "h", .interface = "a%b&c?d"},
     "udp://h:1?interface=a%25b%26c?d"},
    {"udp://[ff02::7]:1?interface=2",
     {.transport = OG_UDP, .port = 1, .host = "ff02::7", .interface = "2"},
     NULL},
    {"tcp://h:1?skip=1&skip-bytes=04",
     {.transport = OG_TCP, .port = 1, .host = "h", .skip = "1", .skip_bytes = "04"},
     "tcp://h:1"},
    {"tcp://h:1?skip=0", {.transport = OG_TCP, .port = 1, .host = "h", .skip = "0"}, "tcp://h:1"},
    {"unix:///p?as=logging", {.transport = OG_UNIX, .path = "/p", .profile = "logging"}, "unix:///p"},
};

static void test_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        const good *g = &valid[i];
        og_endpoint found;
        og_error err = {0};
        char text[400];
        if (og_endpoint_parse(&found, g->text, &err) != OG_OK) fail_msg("%s: %s", g->text, err.text);
        assert_int_equal(found.transport, g->expected.transport);
        assert_int_equal(found.port, g->expected.port);
        assert_int_equal(found.inherited, g->expected.inherited);
        assert_string_equal(found.host, g->expected.host);
        assert_string_equal(found.path, g->expected.path);
        assert_string_equal(found.codec, g->expected.codec);
        assert_string_equal(found.framing, g->expected.framing);
        assert_string_equal(found.profile, g->expected.profile);
        assert_string_equal(found.skip, g->expected.skip);
        assert_string_equal(found.skip_bytes, g->expected.skip_bytes);
        assert_string_equal(og_endpoint_text(&found, text, sizeof text), g->written ? g->written : g->text);
    }
}

typedef struct bad {
    const char *text;
    size_t position;
    const char *part; /* of the sentence */
} bad;

static const bad invalid[] = {
    {"", 0, "no transport"},
    {"localhost:8080", 0, "tcp://localhost:8080"},
    {"http://h:1", 0, "unknown transport 'http'"},
    {"tc://h:1", 0, "unknown transport 'tc'"},
    {"tcp://", 6, "no port"},
    {"tcp://h", 7, "no port"},
    {"tcp://h?codec=json", 7, "no port"},
    {"tcp://h:", 8, "0 to 65535"},
    {"tcp://h:x", 8, "'x'"},
    {"tcp://h:80x", 8, "'80x'"},
    {"tcp://h:-1", 8, "'-1'"},
    {"tcp://h:65536", 8, "65536"},
    {"tcp://h:99999999999999999999999999", 8, "0 to 65535"},
    {"tcp://h:80/", 8, "'80/'"},
    {"tcp://u@h:80", 7, "unexpected '@'"},
    {"tcp://h h:80", 7, "unexpected ' '"},
    {"tcp://h\n:80", 7, "unexpected '?'"},
    {"tcp://**:80", 7, "unexpected '*'"},
    {"tcp://::1:80", 7, "brackets"},
    {"tcp://[::1", 6, "']'"},
    {"tcp://[::1]", 11, "no port"},
    {"tcp://[1.2.3.4]:5", 7, "no IPv6 address"},
    {"tcp://[]:5", 7, "no IPv6 address"},
    {"tcp://[fe80::1%]:5", 7, "no IPv6 address"},
    {"tcp://[fe80::1%25]:5", 7, "no IPv6 address"},
    {"tcp://[fe80::1%e%25t]:5", 7, "no IPv6 address"},
    {"tcp://[fe80::1%e:t]:5", 7, "no IPv6 address"},
    {"tcp://[fe80::1%0123456789abcdef]:5", 7, "no IPv6 address"},
    {"fd://", 5, "number of a descriptor"},
    {"fd://x", 5, "'x'"},
    {"fd://3:4", 5, "'3:4'"},
    {"fd://-1", 5, "'-1'"},
    {"fd://99999999999999999999", 5, "number of a descriptor"},
    {"tls+fd://", 9, "number of a descriptor"},
    {"unix://", 7, "no path"},
    {"unix://?codec=json", 7, "no path"},
    {"unix:///a%", 9, "hexadecimal"},
    {"unix:///a%0", 9, "hexadecimal"},
    {"unix:///a%zz", 9, "hexadecimal"},
    {"unix:///a%00", 9, "hexadecimal"},
    {"tcp://h:1?", 10, "unknown option ''"},
    {"tcp://h:1?codec", 10, "'codec='"},
    {"tcp://h:1?codec=", 10, "'codec='"},
    {"tcp://h:1?codec=&as=x", 10, "'codec='"},
    {"tcp://h:1?codec=json&codec=pickle", 21, "twice"},
    {"tcp://h:1?codec=json&", 21, "unknown option ''"},
    {"tcp://h:1?colour=red", 10, "'colour'"},
    {"tcp://h:1?codec=0123456789abcdef", 16, "at most 15"},
    {"tcp://h:1?skip", 10, "'skip=' and a number"},
    {"tcp://h:1?skip=", 10, "'skip=' and a number"},
    {"tcp://h:1?skip=-1", 15, "'-1'"},
    {"tcp://h:1?skip=1x", 15, "'1x'"},
    {"tcp://h:1?as=x&skip-bytes=0x4", 26, "'skip-bytes=' and a number, not '0x4'"},
    {"tcp://h:1?skip=1&skip=2", 17, "twice"},
    {"tcp://h:1?skip=1234567890", 15, "number is too long; at most 9"},
    {"tcp://h:1?skipbytes=4", 10, "did you mean skip-bytes=?"},
};

static void test_invalid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        const bad *b = &invalid[i];
        og_endpoint found = {.port = 77};
        og_error err = {0};
        if (og_endpoint_parse(&found, b->text, &err) != OG_EADDRESS) fail_msg("%s was taken", b->text);
        if (!strstr(err.text, b->part)) fail_msg("%s: %s", b->text, err.text);
        if (err.position != b->position) fail_msg("%s: at %zu: %s", b->text, err.position, err.text);
        assert_int_equal(found.port, 77); /* left alone */
    }
    assert_int_equal(og_endpoint_parse(NULL, "tcp://h:1", NULL), OG_EINVAL);
    assert_int_equal(og_endpoint_parse(&(og_endpoint){0}, NULL, NULL), OG_EINVAL);
}

static void test_lengths(void **state)
{
    (void)state;
    og_endpoint found;
    og_error err = {0};
    char text[600] = "unix://";
    memset(text + 7, 'p', 107);
    assert_int_equal(og_endpoint_parse(&found, text, &err), OG_OK);
    assert_int_equal(strlen(found.path), 107);
    text[7 + 107] = 'p';
    assert_int_equal(og_endpoint_parse(&found, text, &err), OG_EADDRESS);
    assert_non_null(strstr(err.text, "107"));

    memset(text, 0, sizeof text);
    memcpy(text, "tcp://", 6);
    memset(text + 6, 'h', 255);
    memcpy(text + 6 + 255, ":1", 2);
    assert_int_equal(og_endpoint_parse(&found, text, &err), OG_OK);
    memcpy(text + 6 + 255, "h:1", 3);
    assert_int_equal(og_endpoint_parse(&found, text, &err), OG_EADDRESS);
    assert_int_equal(err.position, 6);
}

static void test_text_is_cut(void **state)
{
    (void)state;
    og_endpoint endpoint;
    char text[8];
    assert_int_equal(og_endpoint_parse(&endpoint, "tcp://localhost:8080", NULL), OG_OK);
    assert_string_equal(og_endpoint_text(&endpoint, text, sizeof text), "tcp://l");
    assert_ptr_equal(og_endpoint_text(&endpoint, text, 0), text);
}

static void test_datagram(void **state)
{
    (void)state;
    assert_false(og_transport_is_datagram(OG_TCP));
    assert_true(og_transport_is_datagram(OG_UDP));
    assert_false(og_transport_is_datagram(OG_UNIX));
    assert_true(og_transport_is_datagram(OG_UNIXGRAM));
    assert_false(og_transport_is_datagram(OG_TLS));
    assert_false(og_transport_is_datagram((og_transport)99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),       cmocka_unit_test(test_invalid),  cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_text_is_cut), cmocka_unit_test(test_datagram),
    };
    return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
