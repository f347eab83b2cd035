/* SPDX-License-Identifier: MIT */
/* Sockets that the process was started with: what they are, and that others who have them are not disturbed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net_test.h"

static og_endpoint endpoint_of(const char *scheme, int fd)
{
    char text[40];
    snprintf(text, sizeof text, "%s://%d", scheme, fd);
    return parse(text);
}

/* The descriptor of a socket that is listened on, or bound, elsewhere; `text` becomes its endpoint. */
static int manager_socket(const char *where, char *text, size_t size)
{
    og_endpoint endpoint;
    og__socket own = open_listener(where, &endpoint);
    int fd = dup(own.fd);
    assert_true(fd >= 0);
    og_endpoint_text(&endpoint, text, size);
    own.path_owner = 0; /* so that its path stays */
    og__net_socket_close(&own);
    return fd;
}

static og__socket inherit(og_endpoint *endpoint)
{
    og__socket socket = {.fd = -1};
    og_error err = OG_ERROR_INIT;
    if (og__net_endpoint_settle(endpoint, &err) < 0 || og__net_socket_listen(&socket, endpoint, 0, &err) < 0)
        fail_msg("%s", err.text);
    return socket;
}

static void test_endpoints(void **state)
{
    (void)state;
    char before[400];
    char after[400];
    const char *const places[] = {"tcp://127.0.0.1:0", "udp://127.0.0.1:0", "unix", "unixgram",
                                  "tcp://[::1]:0"};
    for (size_t i = 0; i < sizeof places / sizeof *places - !have_ipv6(); i++) {
        bool path = strncmp(places[i], "unix", 4) == 0;
        int fd =
            manager_socket(path ? temp_endpoint(places[i], "inherited") : places[i], before, sizeof before);
        og_endpoint endpoint = endpoint_of("fd", fd);
        og__socket socket = inherit(&endpoint);
        assert_int_equal(socket.fd, fd);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        assert_string_equal(og_endpoint_text(&endpoint, after, sizeof after), before);
        og__net_socket_close(&socket);
        assert_int_equal(fcntl(fd, F_GETFD), -1);
        if (path) assert_int_equal(unlink(temp_path("inherited")), 0); /* it was left alone */
    }
    int fd = manager_socket("tcp://127.0.0.1:0", before, sizeof before);
    og_endpoint endpoint = endpoint_of("tls+fd", fd);
    og__socket socket = inherit(&endpoint);
    assert_int_equal(endpoint.transport, OG_TLS);
    og__net_socket_close(&socket);
}

static void refused(const char *scheme, int fd, const char *part)
{
    og_error err = OG_ERROR_INIT;
    og_endpoint endpoint = endpoint_of(scheme, fd);
    assert_int_equal(og__net_endpoint_settle(&endpoint, &err), OG_EBIND);
    if (!strstr(err.text, part)) fail_msg("%s", err.text);
    if (fd < 500) assert_true(fcntl(fd, F_GETFD) >= 0); /* it is the caller's still */
}

static void test_refused(void **state)
{
    (void)state;
    char text[400];
    int pair[2];
    int ends[2];
    int deaf = socket(AF_INET, SOCK_STREAM, 0);
    int packets = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    int unbound = socket(AF_INET6, SOCK_DGRAM, 0);
    int folder = open("/", O_RDONLY);
    int datagrams = manager_socket("udp://127.0.0.1:0", text, sizeof text);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(pipe(ends), 0);
    refused("fd", 999, "descriptor 999 is not open");
    og_endpoint tied = parse("fd://999?interface=lo");
    assert_int_equal(og__net_endpoint_settle(&tied, NULL), OG_EBIND);
    refused("fd", folder, "is a folder: a listening socket is expected");
    refused("fd", ends[0], "is a pipe");
    refused("fd", deaf, "a stream socket that does not listen");
    refused("fd", pair[0], "is a connection, not a listening socket");
    refused("fd", packets, "TCP, UDP or a Unix socket");
    if (unbound >= 0) refused("fd", unbound, "without an address");
    refused("tls+fd", datagrams, "no TCP socket");
    const int all[] = {pair[0], pair[1], ends[0], ends[1], deaf, packets, unbound, folder, datagrams};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] >= 0) close(all[i]);
}

static void test_nobody_connects_to_a_descriptor(void **state)
{
    (void)state;
    og__socket client;
    og_error err = OG_ERROR_INIT;
    og_endpoint endpoint = endpoint_of("fd", 3);
    assert_int_equal(og__net_socket_connect(&client, &endpoint, LIMIT_MS, &err), OG_EADDRESS);
    assert_non_null(strstr(err.text, "fd://3 is for listening"));
}

typedef struct waiting {
    og__socket *socket;
    int status;
} waiting;

static void *wait_there(void *arg)
{
    waiting *w = arg;
    og__socket accepted;
    char data[16];
    size_t got;
    w->status = og_transport_is_datagram(w->socket->transport)
                    ? og__net_socket_recv_from(w->socket, data, sizeof data, &got, NULL, -1, NULL)
                    : og__net_socket_accept(w->socket, &accepted, -1, NULL);
    return NULL;
}

/* Interrupting and closing our copy leaves the manager's as it is. */
static void test_interrupt(void **state)
{
    (void)state;
    const char *const places[] = {"tcp://127.0.0.1:0", "udp://127.0.0.1:0"};
    for (size_t i = 0; i < 2; i++) {
        char text[400];
        pthread_t thread;
        int manager = manager_socket(places[i], text, sizeof text);
        og_endpoint endpoint = endpoint_of("fd", dup(manager));
        og__socket socket = inherit(&endpoint);
        waiting w = {.socket = &socket};
        pthread_create(&thread, NULL, wait_there, &w);
        og__net_socket_interrupt(&socket);
        pthread_join(thread, NULL);
        assert_int_equal(w.status, OG_ECANCELED);
        og__net_socket_close(&socket);

        og_endpoint there = parse(text);
        og__socket client = open_client(&there);
        og_endpoint again = endpoint_of("fd", manager);
        og__socket next = inherit(&again);
        if (i == 0) {
            og__socket accepted;
            assert_int_equal(og__net_socket_accept(&next, &accepted, LIMIT_MS, NULL), OG_OK);
            og__net_socket_close(&accepted);
        } else {
            char data[16];
            size_t got;
            assert_int_equal(og__net_socket_send_to(&client, "x", 1, NULL, LIMIT_MS, NULL), OG_OK);
            assert_int_equal(og__net_socket_recv_from(&next, data, sizeof data, &got, NULL, -1, NULL), 1);
        }
        og__net_socket_close(&client);
        og__net_socket_close(&next);
    }
}

/* ---- The last datagrams ---- */

static void on_data(void *ctx, const uint8_t *data, size_t len, const og__address *from)
{
    (void)data;
    (void)len;
    (void)from;
    ++*(int *)ctx;
}

/* What has come is handed out, what comes after is not; of an inherited socket nothing is. */
static void test_last_datagrams(void **state)
{
    (void)state;
    for (int inherited = 0; inherited < 2; inherited++) {
        char text[400];
        int count = 0;
        int manager = manager_socket("udp://127.0.0.1:0", text, sizeof text);
        og_endpoint endpoint = endpoint_of("fd", dup(manager));
        og__socket own = inherit(&endpoint);
        og_endpoint there = parse(text);
        og__socket client = open_client(&there);
        if (!inherited) {
            close(own.wake);
            own.wake = -1; /* as a socket that we have bound */
        }
        og__loop *loop = og__net_loop_new(NULL, NULL);
        og__datagrams *datagrams = og__net_datagrams_open(loop, &own, on_data, NULL, NULL, &count, NULL);
        for (int i = 0; i < 100; i++)
            assert_int_equal(og__net_socket_send_to(&client, "x", 1, NULL, LIMIT_MS, NULL), OG_OK);
        og__net_datagrams_read_last(datagrams);
        assert_int_equal(count, inherited ? 0 : 100);
        assert_int_equal(og__net_socket_send_to(&client, "x", 1, NULL, LIMIT_MS, NULL), OG_OK);
        run_turns(loop, 20);
        assert_int_equal(count, inherited ? 0 : 100);
        og__net_datagrams_close(datagrams);
        og__net_loop_free(loop);
        og__net_socket_close(&client);
        close(manager);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nobody_connects_to_a_descriptor),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_last_datagrams),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
