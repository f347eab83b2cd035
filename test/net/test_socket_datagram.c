/* SPDX-License-Identifier: MIT */
/* Blocking datagram sockets: exchange, sizes, refusals, full queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "net_test.h"

static void exchange_datagrams(const char *text)
{
    og_endpoint endpoint;
    og_error err = {0};
    og__socket server = open_listener(text, &endpoint);
    og__socket client = open_client(&endpoint);
    og__address from;
    char data[100];
    size_t got;
    assert_int_equal(og__net_socket_recv_from(&server, data, sizeof data, &got, NULL, 30, &err), OG_ETIMEOUT);
    assert_int_equal(og__net_socket_send_to(&client, "ping", 4, NULL, LIMIT_MS, NULL), OG_OK);
    assert_int_equal(og__net_socket_send_to(&client, "", 0, NULL, LIMIT_MS, NULL), OG_OK);
    assert_int_equal(og__net_socket_send_to(&client, "longer", 6, NULL, LIMIT_MS, NULL), OG_OK);
    assert_int_equal(og__net_socket_recv_from(&server, data, sizeof data, &got, &from, -1, NULL), 1);
    assert_int_equal(got, 4);
    assert_int_equal(og__net_socket_recv_from(&server, data, sizeof data, &got, &from, LIMIT_MS, NULL), 1);
    assert_int_equal(got, 0);
    assert_int_equal(og__net_socket_recv_from(&server, data, 5, &got, &from, LIMIT_MS, &err), OG_ELIMIT);
    assert_non_null(strstr(err.text, "6 bytes"));
    assert_int_equal(og__net_socket_send_to(&server, "pong", 4, &from, LIMIT_MS, &err), OG_OK);
    assert_int_equal(og__net_socket_recv_from(&client, data, sizeof data, &got, NULL, LIMIT_MS, NULL), 1);
    assert_int_equal(got, 4);
    assert_memory_equal(data, "pong", 4);
    og__net_socket_close(&client);
    og__net_socket_close(&server);
}

static void test_datagrams(void **state)
{
    (void)state;
    exchange_datagrams("udp://127.0.0.1:0");
    exchange_datagrams("udp://localhost:0");
    exchange_datagrams("udp://:0");
    exchange_datagrams(temp_endpoint("unixgram", "datagrams"));
    if (have_ipv6()) exchange_datagrams("udp://[::1]:0");
}

static void test_datagram_sizes(void **state)
{
    (void)state;
    const char *schemes[] = {"udp", "unixgram"};
    static char data[70000];
    static char back[70000];
    for (int i = 0; i < 2; i++) {
        og_endpoint endpoint;
        og_error err = {0};
        size_t got;
        og__socket server =
            open_listener(i ? temp_endpoint(schemes[i], "sizes") : "udp://127.0.0.1:0", &endpoint);
        og__socket client = open_client(&endpoint);
        size_t most = og__net_socket_max_datagram(endpoint.transport);
        memset(data, 'd', sizeof data);
        assert_int_equal(og__net_socket_send_to(&client, data, most + 1, NULL, LIMIT_MS, &err), OG_EVALUE);
        assert_non_null(strstr(err.text, "does not fit a datagram"));
        assert_int_equal(og__net_socket_send_to(&client, data, most, NULL, LIMIT_MS, &err), OG_OK);
        assert_int_equal(og__net_socket_recv_from(&server, back, sizeof back, &got, NULL, LIMIT_MS, &err), 1);
        assert_int_equal(got, most);
        assert_memory_equal(back, data, most);
        og__net_socket_close(&client);
        og__net_socket_close(&server);
    }
    assert_int_equal(og__net_socket_max_datagram(OG_UDP), 65507);
    assert_int_equal(og__net_socket_max_datagram(OG_TCP), 0);
}

static void test_datagram_refused(void **state)
{
    (void)state;
    og_endpoint endpoint = parse("udp://127.0.0.1:1");
    og_error err = {0};
    char data[8];
    size_t got;
    og__socket socket = open_client(&endpoint);
    assert_int_equal(og__net_socket_send_to(&socket, "x", 1, NULL, LIMIT_MS, NULL), OG_OK);
    assert_int_equal(og__net_socket_recv_from(&socket, data, sizeof data, &got, NULL, LIMIT_MS, &err),
                     OG_ECLOSED);
    char expected[80];
    snprintf(expected, sizeof expected, "nobody listens at udp 127.0.0.1:%u", endpoint.port);
    assert_string_equal(err.text, expected);
    og__net_socket_close(&socket);
}

/* A reader that has stopped: the sender's time is over, whether it is connected or not. */
static void test_datagram_queue_full(void **state)
{
    (void)state;
    og_endpoint endpoint;
    og_error err = {0};
    char data[1000] = {0};
    og__socket server = open_listener(temp_endpoint("unixgram", "queue"), &endpoint);
    og__socket client = open_client(&endpoint);
    int status = OG_OK;
    for (int i = 0; i < 10000 && status == OG_OK; i++)
        status = og__net_socket_send_to(&client, data, sizeof data, NULL, 50, &err);
    assert_int_equal(status, OG_ETIMEOUT);
    og__net_socket_close(&client);
    og__net_socket_close(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datagrams),
        cmocka_unit_test(test_datagram_sizes),
        cmocka_unit_test(test_datagram_refused),
        cmocka_unit_test(test_datagram_queue_full),
    };
    return cmocka_run_group_tests_name("datagram", tests, make_dir, remove_dir);
}
