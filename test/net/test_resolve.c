/* SPDX-License-Identifier: MIT */
/* From endpoints to addresses: the order of what is tried, names, time limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <unistd.h>

#include "net/address.h"
#include "net_test.h"

static void check_first(const char *endpoint, og__purpose purpose, const char *text, unsigned least)
{
    og_endpoint e = parse(endpoint);
    og__addresses found;
    og_error err = {0};
    char first[140];
    if (og__net_resolve(&e, purpose, 5000, &found, &err) < 0) fail_msg("%s: %s", endpoint, err.text);
    assert_true(found.count >= least);
    assert_string_equal(og__net_address_text(&found.list[0], first, sizeof first), text);
}

static void test_plain(void **state)
{
    (void)state;
    check_first("tcp://:80", OG__TO_CONNECT, "127.0.0.1:80", 2);
    check_first("tcp://:80", OG__TO_LISTEN, "127.0.0.1:80", 1);
    check_first("tcp://*:80", OG__TO_LISTEN, "[::]:80", 2);
    check_first("udp://1.2.3.4:80", OG__TO_CONNECT, "1.2.3.4:80", 1);
    check_first("tcp://[2001:db8:0::1]:80", OG__TO_CONNECT, "[2001:db8::1]:80", 1);
    check_first("tcp://[::ffff:1.2.3.4]:80", OG__TO_CONNECT, "1.2.3.4:80", 1);
    check_first("tcp://[fe80::1%7]:80", OG__TO_CONNECT, "[fe80::1%7]:80", 1);
    check_first("unix:///run/x", OG__TO_CONNECT, "/run/x", 1);
}

static void check_refused(const char *endpoint, const char *what)
{
    og_endpoint e = parse(endpoint);
    for (int purpose = OG__TO_CONNECT; purpose <= OG__TO_LISTEN; purpose++) {
        og__addresses found;
        og_error err = {0};
        assert_int_equal(og__net_resolve(&e, (og__purpose)purpose, 5000, &found, &err), OG_EADDRESS);
        assert_non_null(strstr(err.text, what));
        assert_non_null(strstr(err.text, "use udp://"));
    }
}

/* A connection has one machine at its other end; datagrams may go to many. */
static void test_many(void **state)
{
    (void)state;
    check_refused("tcp://239.1.2.3:80", "'239.1.2.3' is a multicast address");
    check_refused("tls://224.0.0.1:80", "a multicast address");
    check_refused("tcp://[ff02::1]:80", "'ff02::1' is a multicast address");
    check_refused("tcp://[ff02::1%7]:80", "a multicast address");
    check_refused("tcp://[::ffff:239.1.2.3]:80", "a multicast address");
    check_refused("tcp://255.255.255.255:80", "'255.255.255.255' is a broadcast address");
    check_refused("tls://127.255.255.255:80", "a broadcast address");
    check_first("udp://239.1.2.3:80", OG__TO_LISTEN, "239.1.2.3:80", 1);
    check_first("udp://255.255.255.255:80", OG__TO_CONNECT, "255.255.255.255:80", 1);
    check_first("udp://127.255.255.255:80", OG__TO_CONNECT, "127.255.255.255:80", 1);
    check_first("tcp://223.255.255.255:80", OG__TO_CONNECT, "223.255.255.255:80", 1);
    check_first("tcp://127.255.255.254:80", OG__TO_CONNECT, "127.255.255.254:80", 1);
}

/* A full path has no NUL of its own in the address. */
static void test_longest_path(void **state)
{
    (void)state;
    og_endpoint e = {.transport = OG_UNIX};
    og__addresses found;
    char text[140];
    memset(e.path, 'p', 107);
    assert_int_equal(og__net_resolve(&e, OG__TO_CONNECT, -1, &found, NULL), OG_OK);
    assert_string_equal(og__net_address_text(&found.list[0], text, sizeof text), e.path);
}

/* Where one address must do, it is an IPv4 one. */
static void test_names(void **state)
{
    (void)state;
    check_first("udp://localhost:80", OG__TO_CONNECT, "127.0.0.1:80", 1);
    check_first("tcp://localhost:80", OG__TO_LISTEN, "127.0.0.1:80", 1);
}

static void add(struct addrinfo *answer, struct sockaddr_in6 *address, struct addrinfo *next)
{
    *answer = (struct addrinfo){.ai_family = AF_INET6,
                                .ai_addr = (struct sockaddr *)address,
                                .ai_addrlen = sizeof *address,
                                .ai_next = next};
}

/* More addresses than are tried, and none at all. */
static void test_many_addresses(void **state)
{
    (void)state;
    og_endpoint e = parse("tcp://many:1");
    og__addresses found;
    og_error err = {0};
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(1)};
    struct addrinfo answers[40];
    for (int i = 0; i < 40; i++)
        add(&answers[i], &address, i < 39 ? &answers[i + 1] : NULL);
    assert_int_equal(og__net_resolve_answer(&e, OG__TO_CONNECT, 0, answers, &found, &err), OG_OK);
    assert_int_equal(found.count, OG__ADDRESSES_MAX);
    assert_int_equal(og__net_resolve_answer(&e, OG__TO_CONNECT, 0, NULL, &found, &err), OG_EADDRESS);
    assert_int_equal(og__net_resolve_answer(&e, OG__TO_CONNECT, EAI_MEMORY, NULL, &found, &err), OG_ENOMEM);
}

/* Look-ups that are over sooner or later than their time limit: either is told, nothing is lost. */
static void test_time_limit(void **state)
{
    (void)state;
    og_endpoint e = parse("tcp://localhost:80");
    for (int i = 0; i < 60; i++) {
        og__addresses found;
        og_error err = {0};
        int status = og__net_resolve(&e, OG__TO_CONNECT, i % 3, &found, &err);
        if (status != OG_OK) {
            assert_int_equal(status, OG_ETIMEOUT);
            assert_non_null(strstr(err.text, "'localhost' took longer than"));
        }
    }
    usleep(50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),          cmocka_unit_test(test_many),
        cmocka_unit_test(test_longest_path),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_many_addresses), cmocka_unit_test(test_time_limit),
    };
    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
