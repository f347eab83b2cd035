/* SPDX-License-Identifier: MIT */
/* Blocking stream sockets: connecting, refusals, time limits, interruption, Unix paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/fd.h"
#include "net_test.h"

static void exchange(const char *text)
{
    og__socket near;
    og__socket far;
    char data[16];
    size_t got;
    open_pair(text, &near, &far);
    assert_int_equal(og__net_socket_write(&near, "hello", 5, LIMIT_MS, NULL), OG_OK);
    assert_int_equal(og__net_socket_read(&far, data, sizeof data, &got, LIMIT_MS, NULL), 1);
    assert_int_equal(got, 5);
    assert_memory_equal(data, "hello", 5);
    assert_int_equal(og__net_socket_write(&far, "world!", 6, -1, NULL), OG_OK);
    assert_int_equal(og__net_socket_read(&near, data, 3, &got, -1, NULL), 1);
    assert_int_equal(got, 3);
    assert_int_equal(og__net_socket_read(&near, data, sizeof data, &got, -1, NULL), 1);
    assert_int_equal(got, 3);
    /* Half closed: the end is seen, and the other direction goes on. */
    og__net_socket_shutdown(&near);
    assert_int_equal(og__net_socket_read(&far, data, sizeof data, &got, LIMIT_MS, NULL), 0);
    assert_int_equal(og__net_socket_read(&far, data, sizeof data, &got, -1, NULL), 0);
    assert_int_equal(og__net_socket_write(&far, "late", 4, LIMIT_MS, NULL), OG_OK);
    og__net_socket_close(&far);
    assert_int_equal(og__net_socket_read(&near, data, sizeof data, &got, LIMIT_MS, NULL), 1);
    assert_memory_equal(data, "late", 4);
    assert_int_equal(og__net_socket_read(&near, data, sizeof data, &got, LIMIT_MS, NULL), 0);
    og__net_socket_close(&near);
    og__net_socket_close(&near);
}

static void test_exchange(void **state)
{
    (void)state;
    exchange("tcp://127.0.0.1:0");
    exchange("tcp://:0");
    exchange("tcp://localhost:0");
    exchange(temp_endpoint("unix", "exchange"));
    char abstract[60];
    snprintf(abstract, sizeof abstract, "unix://@onggi-test-%d", (int)getpid());
    exchange(abstract);
    if (have_ipv6()) exchange("tcp://[::1]:0");
}

static void test_nodelay(void **state)
{
    (void)state;
    og__socket near;
    og__socket far;
    open_pair("tcp://127.0.0.1:0", &near, &far);
    int fds[] = {near.fd, far.fd};
    for (int i = 0; i < 2; i++) {
        int on = 0;
        socklen_t len = sizeof on;
        assert_int_equal(getsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
        assert_true(on);
    }
    og__net_socket_close(&near);
    og__net_socket_close(&far);
}

static void test_addresses(void **state)
{
    (void)state;
    og_endpoint endpoint;
    char text[140];
    char expected[140];
    og__socket listener = open_listener("tcp://*:0", &endpoint);
    assert_int_not_equal(endpoint.port, 0);
    const char *hosts[] = {"127.0.0.1", have_ipv6() ? "::1" : "127.0.0.1", ""};
    const char *starts[] = {"127.0.0.1:", have_ipv6() ? "[::1]:" : "127.0.0.1:", "127.0.0.1:"};
    for (int i = 0; i < 3; i++) {
        og_endpoint to = {.transport = OG_TCP, .port = endpoint.port};
        snprintf(to.host, sizeof to.host, "%s", hosts[i]);
        og__socket client = open_client(&to);
        og__socket accepted;
        assert_int_equal(og__net_socket_accept(&listener, &accepted, LIMIT_MS, NULL), OG_OK);
        snprintf(expected, sizeof expected, "%s%u", starts[i], (unsigned)endpoint.port);
        assert_string_equal(og__net_address_text(&client.peer, text, sizeof text), expected);
        og__net_address_text(&accepted.peer, text, sizeof text);
        assert_int_equal(strncmp(text, starts[i], strlen(starts[i])), 0);
        og__net_socket_close(&client);
        og__net_socket_close(&accepted);
    }
    og__net_socket_close(&listener);
    assert_string_equal(og__net_address_text(&(og__address){0}, text, sizeof text), "unknown");
}

static void test_loopback_is_default(void **state)
{
    (void)state;
    og_endpoint endpoint;
    og__socket listener = open_listener("tcp://:0", &endpoint);
    struct sockaddr_in name;
    socklen_t len = sizeof name;
    assert_int_equal(getsockname(listener.fd, (struct sockaddr *)(void *)&name, &len), 0);
    assert_int_equal(name.sin_family, AF_INET);
    assert_int_equal(ntohl(name.sin_addr.s_addr), INADDR_LOOPBACK);
    og__net_socket_close(&listener);
}

static void test_refused(void **state)
{
    (void)state;
    og__socket socket;
    og_error err = {0};
    og_endpoint endpoint = parse("tcp://127.0.0.1:1");
    endpoint.port = DEAD_PORT;
    char expected[240];
    snprintf(expected, sizeof expected, "cannot connect to 127.0.0.1:%u: Connection refused", endpoint.port);
    assert_int_equal(og__net_socket_connect(&socket, &endpoint, LIMIT_MS, &err), OG_ECONNECT);
    assert_string_equal(err.text, expected);
    assert_int_equal(err.sys, ECONNREFUSED);
    assert_int_equal(socket.fd, -1);

    /* Both loopback addresses were tried and both said no. */
    if (!have_ipv6()) return;
    endpoint.host[0] = '\0';
    snprintf(expected, sizeof expected,
             "cannot connect to localhost:%u: 127.0.0.1:%u: Connection refused; [::1]:%u: Connection refused",
             endpoint.port, endpoint.port, endpoint.port);
    assert_int_equal(og__net_socket_connect(&socket, &endpoint, LIMIT_MS, &err), OG_ECONNECT);
    assert_string_equal(err.text, expected);
}

/* A port that nobody listens at may be the one that the system picks for the client: it is then connected to
 * itself, which is a refusal, too. */
static void test_connected_to_itself(void **state)
{
    (void)state;
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t len = sizeof name;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&name, len), 0);
    assert_int_equal(og__net_fd_connected(fd), -ECONNREFUSED);
    close(fd);
}

static void test_second_address(void **state)
{
    (void)state;
    if (!have_ipv6()) return;
    og_endpoint endpoint;
    og__socket listener = open_listener("tcp://[::1]:0", &endpoint);
    endpoint.host[0] = '\0'; /* 127.0.0.1 refuses, ::1 answers */
    og__socket client = open_client(&endpoint);
    char text[140];
    assert_int_equal(strncmp(og__net_address_text(&client.peer, text, sizeof text), "[::1]:", 6), 0);
    og__net_socket_close(&client);
    og__net_socket_close(&listener);
}

static void test_bad_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        {"tcp://no-such-host.invalid:1", "cannot look up the host 'no-such-host.invalid'"},
        {"tcp://*:1", "'*' is for listening"},
        {"tcp://127.0.0.1:0", "port 0 is for listening"},
        {"tcp://[fe80::1%nosuch]:1", "unknown network interface 'nosuch'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        og_endpoint endpoint = parse(cases[i].text);
        og__socket socket;
        og_error err = {0};
        assert_int_equal(og__net_socket_connect(&socket, &endpoint, 20000, &err), OG_EADDRESS);
        if (!strstr(err.text, cases[i].part)) fail_msg("%s", err.text);
    }
}

/* A listener whose queue is full: nobody answers further connects. */
static void test_connect_timeout(void **state)
{
    (void)state;
    og_endpoint endpoint = parse("tcp://127.0.0.1:0");
    og__socket listener;
    og__socket filler[8];
    og__socket client;
    og_error err = {0};
    int fillers = 0;
    assert_int_equal(og__net_socket_listen(&listener, &endpoint, 1, NULL), OG_OK);
    while (fillers < 8 && og__net_socket_connect(&filler[fillers], &endpoint, 300, NULL) == OG_OK)
        fillers++;
    assert_in_range(fillers, 1, 7);
    assert_int_equal(og__net_socket_connect(&client, &endpoint, 150, &err), OG_ETIMEOUT);
    assert_non_null(strstr(err.text, "within 150 ms"));
    while (fillers > 0)
        og__net_socket_close(&filler[--fillers]);
    og__net_socket_close(&listener);

    endpoint = parse(temp_endpoint("unix", "full"));
    assert_int_equal(og__net_socket_listen(&listener, &endpoint, 1, NULL), OG_OK);
    while (fillers < 8 && og__net_socket_connect(&filler[fillers], &endpoint, 300, NULL) == OG_OK)
        fillers++;
    assert_in_range(fillers, 1, 7);
    assert_int_equal(og__net_socket_connect(&client, &endpoint, 50, &err), OG_ETIMEOUT);
    while (fillers > 0)
        og__net_socket_close(&filler[--fillers]);
    og__net_socket_close(&listener);
}

static void test_time_limits(void **state)
{
    (void)state;
    og__socket near;
    og__socket far;
    og__socket accepted;
    og_endpoint endpoint;
    og_error err = {0};
    char data[8];
    size_t got;
    og__socket listener = open_listener("tcp://127.0.0.1:0", &endpoint);
    assert_int_equal(og__net_socket_accept(&listener, &accepted, 60, &err), OG_ETIMEOUT);
    assert_int_equal(og__net_socket_accept(&listener, &accepted, 0, &err), OG_ETIMEOUT);
    og__net_socket_close(&listener);

    open_pair("tcp://127.0.0.1:0", &near, &far);
    assert_int_equal(og__net_socket_read(&near, data, sizeof data, &got, 60, &err), OG_ETIMEOUT);
    assert_non_null(strstr(err.text, "60 ms"));
    assert_int_equal(og__net_socket_read(&near, data, sizeof data, &got, 0, &err), OG_ETIMEOUT);
    assert_int_equal(og__net_socket_read(&near, data, 0, &got, 0, &err), OG_EINVAL);

    /* The peer reads nothing: what it took is told. */
    size_t size = 64u << 20;
    small_buffers(&near);
    small_buffers(&far);
    char *big = calloc(1, size);
    assert_non_null(big);
    assert_int_equal(og__net_socket_write(&near, big, size, 80, &err), OG_ETIMEOUT);
    assert_non_null(strstr(err.text, "of 67108864 bytes"));
    free(big);
    og__net_socket_close(&near);
    og__net_socket_close(&far);
}

static void *write_all(void *arg)
{
    og__socket *socket = arg;
    size_t size = 8u << 20;
    uint8_t *data = malloc(size);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 13));
    int status = og__net_socket_write(socket, data, size, LIMIT_MS, NULL);
    og__net_socket_shutdown(socket);
    free(data);
    return (void *)(intptr_t)status;
}

static void test_big_write(void **state)
{
    (void)state;
    og__socket near;
    og__socket far;
    pthread_t thread;
    open_pair("tcp://127.0.0.1:0", &near, &far);
    assert_int_equal(pthread_create(&thread, NULL, write_all, &near), 0);
    uint8_t data[10000];
    size_t got;
    size_t total = 0;
    bool same = true;
    while (og__net_socket_read(&far, data, sizeof data, &got, LIMIT_MS, NULL) == 1)
        for (size_t i = 0; i < got; i++, total++)
            same = same && data[i] == (uint8_t)(total * 7 + (total >> 13));
    void *status;
    pthread_join(thread, &status);
    assert_null(status);
    assert_true(same);
    assert_int_equal(total, 8u << 20);
    og__net_socket_close(&near);
    og__net_socket_close(&far);
}

static void test_peer_gone(void **state)
{
    (void)state;
    og__socket near;
    og__socket far;
    og_error err = {0};
    char data[8];
    size_t got;
    open_pair("tcp://127.0.0.1:0", &near, &far);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(far.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    og__net_socket_close(&far);
    assert_int_equal(og__net_socket_read(&near, data, sizeof data, &got, LIMIT_MS, &err), OG_ECLOSED);
    assert_int_equal(err.sys, ECONNRESET);
    assert_non_null(strstr(err.text, "127.0.0.1:"));
    /* No SIGPIPE. */
    assert_int_equal(og__net_socket_write(&near, "x", 1, LIMIT_MS, &err), OG_ECLOSED);
    assert_int_equal(err.sys, EPIPE);
    og__net_socket_close(&near);
}

typedef enum call { ACCEPT, READ, READ_FOREVER, RECV, RECV_FOREVER, WRITE } call;

typedef struct waiting {
    og__socket *socket;
    call call;
    int status;
} waiting;

static void *wait_in_call(void *arg)
{
    waiting *w = arg;
    static char data[1 << 16];
    og__socket accepted;
    size_t got;
    switch (w->call) {
    case ACCEPT: w->status = og__net_socket_accept(w->socket, &accepted, -1, NULL); break;
    case READ: w->status = og__net_socket_read(w->socket, data, 8, &got, LIMIT_MS, NULL); break;
    case READ_FOREVER: w->status = og__net_socket_read(w->socket, data, 8, &got, -1, NULL); break;
    case RECV: w->status = og__net_socket_recv_from(w->socket, data, 8, &got, NULL, LIMIT_MS, NULL); break;
    case RECV_FOREVER: w->status = og__net_socket_recv_from(w->socket, data, 8, &got, NULL, -1, NULL); break;
    case WRITE:
        do
            w->status = og__net_socket_write(w->socket, data, sizeof data, -1, NULL);
        while (w->status == OG_OK);
        break;
    }
    return NULL;
}

static void interrupt_in(og__socket *socket, call in)
{
    waiting w = {socket, in, 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_in_call, &w), 0);
    usleep(30000);
    og__net_socket_interrupt(socket);
    pthread_join(thread, NULL);
    assert_int_equal(w.status, OG_ECANCELED);
    /* And it lasts. */
    if (in == WRITE) return;
    wait_in_call(&w);
    assert_int_equal(w.status, OG_ECANCELED);
}

static void test_interrupt(void **state)
{
    (void)state;
    const char *listeners[] = {"tcp://127.0.0.1:0", "unix"};
    for (int i = 0; i < 2; i++) {
        og_endpoint endpoint;
        og__socket listener = open_listener(i ? temp_endpoint("unix", "interrupt") : listeners[i], &endpoint);
        interrupt_in(&listener, ACCEPT);
        og__net_socket_close(&listener);
    }
    const call streams[] = {READ, READ_FOREVER, WRITE};
    for (int i = 0; i < 3; i++) {
        og__socket near;
        og__socket far;
        open_pair("tcp://127.0.0.1:0", &near, &far);
        interrupt_in(&near, streams[i]);
        og__net_socket_close(&near);
        og__net_socket_close(&far);
    }
    const call datagrams[] = {RECV, RECV_FOREVER};
    for (int i = 0; i < 4; i++) {
        og_endpoint endpoint;
        og__socket bound =
            open_listener(i & 1 ? temp_endpoint("unixgram", "gram") : "udp://127.0.0.1:0", &endpoint);
        interrupt_in(&bound, datagrams[i / 2]);
        og__net_socket_close(&bound);
    }
}

static bool exists(const char *path)
{
    struct stat file;
    return lstat(path, &file) == 0;
}

static void test_stale_path(void **state)
{
    (void)state;
    const char *schemes[] = {"unix", "unixgram"};
    for (int i = 0; i < 2; i++) {
        og_endpoint endpoint;
        og__socket first = open_listener(temp_endpoint(schemes[i], "stale"), &endpoint);
        og__socket second;
        og_error err = {0};
        assert_int_equal(og__net_socket_listen(&second, &endpoint, 0, &err), OG_EBIND);
        assert_non_null(strstr(err.text, "a server listens there already"));
        assert_true(exists(endpoint.path));
        /* A server that died leaves its path behind. */
        close(first.fd);
        assert_true(exists(endpoint.path));
        assert_int_equal(og__net_socket_connect(&second, &endpoint, LIMIT_MS, &err), OG_ECONNECT);
        if (og__net_socket_listen(&second, &endpoint, 0, &err) < 0) fail_msg("%s", err.text);
        og__net_socket_close(&second);
        assert_false(exists(endpoint.path));
    }
}

static void test_path_of_others(void **state)
{
    (void)state;
    og_endpoint endpoint;
    og__socket socket;
    og_error err = {0};
    /* A file is never replaced. */
    const char *path = temp_path("file");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    endpoint = parse(temp_endpoint("unix", "file"));
    assert_int_equal(og__net_socket_listen(&socket, &endpoint, 0, &err), OG_EBIND);
    assert_non_null(strstr(err.text, "no socket"));
    assert_true(exists(endpoint.path));
    unlink(endpoint.path);

    /* What took the path's place meanwhile stays. */
    socket = open_listener(temp_endpoint("unix", "taken"), &endpoint);
    unlink(endpoint.path);
    og__socket other;
    assert_int_equal(og__net_socket_listen(&other, &endpoint, 0, &err), OG_OK);
    og__net_socket_close(&socket);
    assert_true(exists(endpoint.path));

    /* A forked child that closes its copy leaves the parent's path alone. */
    pid_t child = fork();
    if (child == 0) {
        og__net_socket_close(&other);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    assert_true(exists(endpoint.path));
    og__net_socket_close(&other);
    assert_false(exists(endpoint.path));

    endpoint = parse("unix:///no/such/directory/x");
    assert_int_equal(og__net_socket_listen(&socket, &endpoint, 0, &err), OG_EBIND);
    assert_int_equal(og__net_socket_connect(&socket, &endpoint, 100, &err), OG_ECONNECT);
    assert_string_equal(err.text, "cannot connect to /no/such/directory/x: No such file or directory");
}

static void test_port_in_use(void **state)
{
    (void)state;
    const char *schemes[] = {"tcp", "udp"};
    for (int i = 0; i < 2; i++) {
        char text[40];
        og_endpoint endpoint;
        og__socket second;
        og_error err = {0};
        snprintf(text, sizeof text, "%s://127.0.0.1:0", schemes[i]);
        og__socket first = open_listener(text, &endpoint);
        assert_int_equal(og__net_socket_listen(&second, &endpoint, 0, &err), OG_EBIND);
        assert_int_equal(err.sys, EADDRINUSE);
        assert_non_null(strstr(err.text, "Address already in use"));
        og__net_socket_close(&first);
    }
}

/* Out of descriptors, accept() says so. */
static void test_accept_without_descriptors(void **state)
{
    (void)state;
    og_endpoint endpoint;
    og__socket accepted;
    og_error err = {0};
    og__socket listener = open_listener("tcp://127.0.0.1:0", &endpoint);
    og__socket client = open_client(&endpoint);
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit none = {.rlim_cur = (rlim_t)client.fd + 1, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    int status = og__net_socket_accept(&listener, &accepted, -1, &err);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(status, OG_EIO);
    assert_int_equal(err.sys, EMFILE);
    assert_int_equal(og__net_socket_accept(&listener, &accepted, LIMIT_MS, &err), OG_OK);
    og__net_socket_close(&accepted);
    og__net_socket_close(&client);
    og__net_socket_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_nodelay),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_loopback_is_default),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_connected_to_itself),
        cmocka_unit_test(test_second_address),
        cmocka_unit_test(test_bad_addresses),
        cmocka_unit_test(test_connect_timeout),
        cmocka_unit_test(test_time_limits),
        cmocka_unit_test(test_big_write),
        cmocka_unit_test(test_peer_gone),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_stale_path),
        cmocka_unit_test(test_path_of_others),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_accept_without_descriptors),
    };
    return cmocka_run_group_tests_name("socket", tests, make_dir, remove_dir);
}
