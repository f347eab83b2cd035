/* SPDX-License-Identifier: MIT */
/*
 * Datagrams by hand. Prints its port; ends with its standard input, and prints how many came.
 *
 *     peer-udp echo           one call to receive, one to send
 *     peer-udp echo-batched   recvmmsg and sendmmsg
 *     peer-udp count          one call for each
 *     peer-udp count-gro      many datagrams of equal size from one call
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 65536, BATCH = 32, DATAGRAM = 2048, TURN = 64 };

static int fd;
static size_t count;

static void need(int ok, const char *what)
{
    if (ok) return;
    perror(what);
    exit(1);
}

/* Each of these does one call's work; false when nothing had come. */
static bool echo_one(void)
{
    static char data[SIZE];
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    ssize_t n = recvfrom(fd, data, sizeof data, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
    if (n < 0) return false;
    count++;
    return sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&from, len) == n;
}

static bool echo_batch(void)
{
    static char data[BATCH][DATAGRAM];
    static struct sockaddr_in from[BATCH];
    struct iovec parts[BATCH];
    struct mmsghdr headers[BATCH];
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){data[i], DATAGRAM};
        headers[i].msg_hdr = (struct msghdr){
            .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(fd, headers, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++)
        parts[i].iov_len = headers[i].msg_len;
    if (n <= 0) return false;
    count += (size_t)n;
    return sendmmsg(fd, headers, (unsigned)n, 0) == n;
}

static bool count_one(void)
{
    static char data[SIZE];
    if (recv(fd, data, sizeof data, MSG_DONTWAIT) < 0) return false;
    count++;
    return true;
}

static bool count_gro(void)
{
    static char data[SIZE];
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {data, sizeof data};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &header, MSG_DONTWAIT);
    if (n <= 0) return false;
    int each = (int)n;
    struct cmsghdr *found = CMSG_FIRSTHDR(&header);
    if (found && found->cmsg_level == SOL_UDP && found->cmsg_type == UDP_GRO)
        memcpy(&each, CMSG_DATA(found), sizeof each);
    count += (size_t)((n + each - 1) / each);
    return true;
}

static const struct {
    const char *name;
    bool (*step)(void);
} modes[] = {
    {"echo", echo_one}, {"echo-batched", echo_batch}, {"count", count_one}, {"count-gro", count_gro}};

static void serve(bool (*step)(void))
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t len = sizeof name;
    int on = 1;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    need(fd >= 0 && bind(fd, (struct sockaddr *)&name, len) == 0, "bind");
    if (step == count_gro) need(setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on) == 0, "UDP_GRO");
    getsockname(fd, (struct sockaddr *)&name, &len);
    printf("%d\n", ntohs(name.sin_port));
    fflush(stdout);
    struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (poll(ready, 2, -1) > 0 && !ready[1].revents) {
        for (int i = 0; i < TURN && step(); i++)
            ;
    }
    printf("%zu\n", count);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (argc > 1 && strcmp(modes[i].name, argv[1]) == 0) {
            serve(modes[i].step);
            return 0;
        }
    }
    fprintf(stderr, "peer-udp: no such mode\n");
    return 2;
}
