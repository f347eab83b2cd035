/* SPDX-License-Identifier: MIT */
/* The least that a server can do: bytes back to where they came from, on bare epoll. What other servers are
 * measured against. Prints its port; ends with its standard input. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 1024, SIZE = 65536 };

static void need(int ok, const char *what)
{
    if (ok) return;
    perror(what);
    exit(1);
}

static int listen_anywhere(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t len = sizeof name;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    need(fd >= 0, "socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    need(bind(fd, (struct sockaddr *)&name, len) == 0 && listen(fd, SOMAXCONN) == 0, "listen");
    getsockname(fd, (struct sockaddr *)&name, &len);
    printf("%d\n", ntohs(name.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    need(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

/* Answers are small beside the socket's buffer, so they are written at once; that they are is checked. */
static void echo(int fd)
{
    static char data[SIZE];
    ssize_t n = recv(fd, data, SIZE, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0 && send(fd, data, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n) return;
    close(fd);
}

int main(void)
{
    int listener = listen_anywhere();
    int epoll = epoll_create1(0);
    static struct epoll_event events[EVENTS];
    watch(epoll, listener);
    watch(epoll, STDIN_FILENO);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO) return 0;
            if (fd != listener) {
                echo(fd);
                continue;
            }
            int accepted;
            while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
                watch(epoll, accepted);
        }
    }
}
