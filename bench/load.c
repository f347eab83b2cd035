/* SPDX-License-Identifier: MIT */
/*
 * Load for servers of any protocol: it sends the same message over and over and counts the bytes of answers.
 *
 *     load echo PORT CONNECTIONS IN_FLIGHT SECONDS MESSAGE ANSWER [OPENING OPENED]
 *     load flood PORT CONNECTIONS COUNT 0 MESSAGE 0 [OPENING OPENED]
 *     load latency PORT 1 1 SECONDS MESSAGE ANSWER
 *     load idle PORT CONNECTIONS 1 0 MESSAGE ANSWER [OPENING OPENED]
 *     load udp-echo PORT 1 IN_FLIGHT SECONDS MESSAGE ANSWER
 *     load udp-flood PORT 1 PER_CALL SECONDS MESSAGE 0
 *
 * MESSAGE and OPENING are in hexadecimal; ANSWER and OPENED are how many bytes come back for each. `echo`
 * keeps IN_FLIGHT messages under way on every connection, `flood` sends COUNT and waits until the server has
 * closed; both print messages a second. `latency` waits for each answer, and prints the microseconds within
 * which half of them came, and 99 of 100. `idle` lets each connection have one message answered, prints a
 * line, and waits for its standard input to end. `udp-flood` sends PER_CALL datagrams with one call (GSO) and
 * prints how many.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 1024,
    SIZE = 65536,
    MOST_DATAGRAMS = 64,
    MOST_TIMES = 1 << 20,
    RESEND_MS = 100,
    PATIENCE = 20
};

static int port;
static int connections;
static size_t in_flight;
static double seconds;
static char message[SIZE];
static size_t message_len;
static size_t answer_len;
static char opening[SIZE];
static size_t opening_len;
static size_t opened_len;
static char data[SIZE]; /* as many messages as fit */
static size_t data_count;

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

static size_t unhex(char *to, const char *hex)
{
    size_t len = strlen(hex) / 2;
    need(len <= SIZE, "hexadecimal");
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        need(sscanf(hex + 2 * i, "%2x", &byte) == 1, "hexadecimal");
        to[i] = (char)byte;
    }
    return len;
}

static int connect_to(int type)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, type, 0);
    need(fd >= 0, "socket");
    if (type == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    need(connect(fd, (struct sockaddr *)&name, sizeof name) == 0, "connect");
    struct timeval limit = {.tv_sec = PATIENCE};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        need(n > 0, "send");
        bytes += n;
        len -= (size_t)n;
    }
}

/* Sends `count` messages in as few calls as they fit in. */
static void send_messages(int fd, size_t count)
{
    while (count > 0) {
        size_t some = count < data_count ? count : data_count;
        send_all(fd, data, some * message_len);
        count -= some;
    }
}

static void recv_exactly(int fd, size_t len)
{
    char bytes[4096];
    while (len > 0) {
        ssize_t n = recv(fd, bytes, len < sizeof bytes ? len : sizeof bytes, 0);
        need(n > 0, "recv");
        len -= (size_t)n;
    }
}

static int *open_all(void)
{
    int *fds = calloc((size_t)connections, sizeof *fds);
    need(fds != NULL, "calloc");
    for (int i = 0; i < connections; i++) {
        fds[i] = connect_to(SOCK_STREAM);
        send_all(fds[i], opening, opening_len);
        recv_exactly(fds[i], opened_len);
    }
    return fds;
}

/* Sends one message for each whole answer that has come; returns how many these are. */
static size_t take_answers(int fd, size_t *part)
{
    static char answers[SIZE];
    ssize_t n = recv(fd, answers, SIZE, MSG_DONTWAIT);
    need(n > 0, "recv");
    size_t whole = (*part + (size_t)n) / answer_len;
    *part = (*part + (size_t)n) % answer_len;
    send_messages(fd, whole);
    return whole;
}

static int run_echo(void)
{
    static struct epoll_event events[EVENTS];
    int *fds = open_all();
    int epoll = epoll_create1(0);
    size_t *parts = calloc((size_t)connections, sizeof *parts);
    need(parts != NULL && answer_len > 0, "calloc");
    for (int i = 0; i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = (uint32_t)i}};
        need(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) == 0, "epoll_ctl");
        send_messages(fds[i], in_flight);
    }
    size_t total = 0;
    double start = now();
    double end = start + seconds;
    while (now() < end) {
        int count = epoll_wait(epoll, events, EVENTS, 1000);
        for (int i = 0; i < count; i++)
            total += take_answers(fds[events[i].data.u32], &parts[events[i].data.u32]);
    }
    printf("%.0f\n", (double)total / (now() - start));
    return 0;
}

/* Each connection in turn sends what fits into one call, until its share is sent. */
static int run_flood(void)
{
    int *fds = open_all();
    char bytes[4096];
    size_t each = in_flight / (size_t)connections;
    double start = now();
    for (size_t sent = 0; sent < each; sent += data_count) {
        for (int i = 0; i < connections; i++)
            send_messages(fds[i], each - sent < data_count ? each - sent : data_count);
    }
    for (int i = 0; i < connections; i++)
        shutdown(fds[i], SHUT_WR);
    for (int i = 0; i < connections; i++) {
        while (recv(fds[i], bytes, sizeof bytes, 0) > 0)
            ;
    }
    printf("%.0f\n", (double)(each * (size_t)connections) / (now() - start));
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return *x < *y ? -1 : *x > *y;
}

static int run_latency(void)
{
    static double times[MOST_TIMES];
    int *fds = open_all();
    size_t count = 0;
    double start = now();
    for (double at = start; at < start + seconds && count < MOST_TIMES;) {
        send_messages(fds[0], 1);
        recv_exactly(fds[0], answer_len);
        double then = now();
        times[count++] = (then - at) * 1e6;
        at = then;
    }
    qsort(times, count, sizeof *times, by_time);
    need(count > 0, "SECONDS");
    printf("%.1f %.1f\n", times[count / 2], times[count * 99 / 100]);
    return 0;
}

static int run_idle(void)
{
    int *fds = open_all();
    for (int i = 0; i < connections; i++) {
        send_messages(fds[i], 1);
        recv_exactly(fds[i], answer_len);
    }
    puts("ready");
    fflush(stdout);
    char byte;
    return read(STDIN_FILENO, &byte, 1) > 0;
}

/* Datagrams of one batch, all alike. */
static struct mmsghdr *batch(struct iovec *part)
{
    static struct mmsghdr headers[MOST_DATAGRAMS];
    for (size_t i = 0; i < MOST_DATAGRAMS; i++)
        headers[i].msg_hdr = (struct msghdr){.msg_iov = part, .msg_iovlen = 1};
    return headers;
}

/* A datagram that got lost is sent again when nothing has come for a while. */
static int run_udp_echo(void)
{
    static char answer[SIZE];
    int fd = connect_to(SOCK_DGRAM);
    struct timeval limit = {.tv_usec = RESEND_MS * 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    struct iovec out = {message, message_len};
    struct iovec in = {answer, sizeof answer};
    struct mmsghdr *sent = batch(&out);
    struct mmsghdr received[MOST_DATAGRAMS];
    need(in_flight <= MOST_DATAGRAMS, "IN_FLIGHT");
    for (size_t i = 0; i < MOST_DATAGRAMS; i++)
        received[i].msg_hdr = (struct msghdr){.msg_iov = &in, .msg_iovlen = 1};
    size_t total = 0;
    double start = now();
    sendmmsg(fd, sent, (unsigned)in_flight, 0);
    while (now() < start + seconds) {
        int n = recvmmsg(fd, received, MOST_DATAGRAMS, MSG_WAITFORONE, NULL);
        if (n > 0) total += (size_t)n;
        sendmmsg(fd, sent, n > 0 ? (unsigned)n : (unsigned)in_flight, 0);
    }
    printf("%.0f\n", (double)total / (now() - start));
    return 0;
}

static int run_udp_flood(void)
{
    int fd = connect_to(SOCK_DGRAM);
    int segment = (int)message_len;
    if (in_flight > 1)
        need(setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0, "UDP_SEGMENT");
    need(in_flight <= data_count, "PER_CALL");
    size_t total = 0;
    double start = now();
    while (now() < start + seconds) {
        ssize_t n = send(fd, data, in_flight * message_len, 0);
        need(n >= 0 || errno == ENOBUFS || errno == ECONNREFUSED, "send");
        if (n > 0) total += (size_t)n / message_len;
    }
    printf("%zu\n", total);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} kinds[] = {
    {"echo", run_echo},         {"flood", run_flood},         {"idle", run_idle},
    {"udp-echo", run_udp_echo}, {"udp-flood", run_udp_flood}, {"latency", run_latency},
};

int main(int argc, char **argv)
{
    need(argc == 8 || argc == 10, "KIND PORT CONNECTIONS IN_FLIGHT SECONDS MESSAGE ANSWER [OPENING OPENED]");
    port = atoi(argv[2]);
    connections = atoi(argv[3]);
    in_flight = strtoul(argv[4], NULL, 10);
    seconds = atof(argv[5]);
    message_len = unhex(message, argv[6]);
    answer_len = strtoul(argv[7], NULL, 10);
    if (argc == 10) {
        opening_len = unhex(opening, argv[8]);
        opened_len = strtoul(argv[9], NULL, 10);
    }
    need(message_len > 0 && connections > 0, "MESSAGE");
    data_count = SIZE / message_len;
    for (size_t i = 0; i < data_count * message_len; i++)
        data[i] = message[i % message_len];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0) return kinds[i].run();
    }
    need(0, "KIND");
    return 2;
}
