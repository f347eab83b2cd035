/* SPDX-License-Identifier: MIT */
/* Load for echo servers: PORT CONNECTIONS IN_FLIGHT SECONDS. Every connection keeps so many messages of JSON
 * under way, each a line of 64 bytes; prints how many came back a second. With 0 seconds it connects and
 * waits for its standard input to end. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, EVENTS = 1024, SIZE = 65536 };

/* A line of JSON as onggi writes it. */
static const char message[] =
    "{\"id\":12345,\"name\":\"John\",\"city\":\"New York\",\"on\":true,\"x\":1.25}\n";
_Static_assert(sizeof message == MESSAGE + 1, "the load is in messages of 64 bytes");

static char data[SIZE]; /* such messages */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void need(int ok, const char *what)
{
    if (ok) return;
    perror(what);
    exit(1);
}

static int connect_to(int port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    need(fd >= 0, "socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    need(connect(fd, (struct sockaddr *)&name, sizeof name) == 0, "connect");
    return fd;
}

static void send_all(int fd, size_t len)
{
    need(len <= SIZE && send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len, "send");
}

/* Sends one whole message for each that has come back; returns how many these are. */
static long answer(int fd, size_t *part)
{
    static char answers[SIZE];
    ssize_t n = recv(fd, answers, SIZE, MSG_DONTWAIT);
    need(n > 0, "recv");
    size_t whole = (*part + (size_t)n) / MESSAGE;
    *part = (*part + (size_t)n) % MESSAGE;
    if (whole) send_all(fd, whole * MESSAGE);
    return (long)whole;
}

int main(int argc, char **argv)
{
    need(argc == 5, "PORT CONNECTIONS IN_FLIGHT SECONDS");
    int connections = atoi(argv[2]);
    size_t in_flight = (size_t)atoi(argv[3]);
    double seconds = atof(argv[4]);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = message[i % MESSAGE];
    int epoll = epoll_create1(0);
    static struct epoll_event events[EVENTS];
    int *fds = calloc((size_t)connections, sizeof *fds);
    size_t *parts = calloc((size_t)connections, sizeof *parts);
    need(fds && parts, "calloc");
    for (int i = 0; i < connections; i++) {
        fds[i] = connect_to(atoi(argv[1]));
        struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = (uint32_t)i}};
        need(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) == 0, "epoll_ctl");
    }
    char byte;
    if (seconds <= 0) return read(STDIN_FILENO, &byte, 1) > 0;
    for (int i = 0; i < connections; i++)
        send_all(fds[i], in_flight * MESSAGE);
    long total = 0;
    double start = now();
    double end = start + seconds;
    while (now() < end) {
        int count = epoll_wait(epoll, events, EVENTS, 1000);
        for (int i = 0; i < count; i++)
            total += answer(fds[events[i].data.u32], &parts[events[i].data.u32]);
    }
    printf("%.0f\n", (double)total / (now() - start));
    return 0;
}
