/* SPDX-License-Identifier: MIT */
/*
 * Servers written by hand on bare epoll, one a mode, each doing a little more than the one before; what others
 * are measured against. Prints its port; ends with its standard input.
 *
 *     peer-epoll echo            bytes back to where they came from
 *     peer-epoll bytes           takes bytes
 *     peer-epoll lines           finds each line
 *     peer-epoll simdjson        and reads it with simdjson
 *     peer-epoll simdjson-echo   and writes it back
 *     peer-epoll relay PORT      bytes to a server on that port, and its answers back
 */
#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef BENCH_HAVE_SIMDJSON
#    include <simdjson.h>
#endif

namespace
{

constexpr size_t size = 65536;
constexpr size_t padding = 64; /* bytes after what was read that may be looked at */

char data[2 * size + padding];
std::map<int, std::string> rests; /* of lines that have not ended, by descriptor */
std::map<int, int> opposite; /* of a relay: the descriptor where the bytes of another go */
std::string answers;
size_t count;
int behind; /* port of the server behind a relay; 0: this is none */

void need(bool ok, const char *what)
{
    if (ok) return;
    perror(what);
    exit(1);
}

/* Calls `each` for every line that has ended; the rest waits for more. */
template <typename Each> void for_lines(int fd, size_t len, Each each)
{
    auto rest = rests.find(fd);
    if (rest != rests.end()) {
        memmove(data + rest->second.size(), data, len);
        memcpy(data, rest->second.data(), rest->second.size());
        len += rest->second.size();
        rests.erase(rest);
    }
    char *at = data;
    while (char *end = static_cast<char *>(memchr(at, '\n', len - static_cast<size_t>(at - data)))) {
        each(at, static_cast<size_t>(end - at));
        at = end + 1;
    }
    size_t left = len - static_cast<size_t>(at - data);
    if (left > 0) rests[fd].assign(at, left);
}

void send_back(int fd, const char *bytes, size_t len)
{
    /* Answers are small beside the socket's buffer, so they are written at once; that they are is checked. */
    if (send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) != static_cast<ssize_t>(len)) shutdown(fd, SHUT_RDWR);
}

void echo(int fd, size_t len)
{
    send_back(fd, data, len);
}

void pass_on(int fd, size_t len)
{
    auto to = opposite.find(fd);
    if (to != opposite.end()) send_back(to->second, data, len);
}

void take_bytes(int, size_t len)
{
    count += len;
}

void take_lines(int fd, size_t len)
{
    for_lines(fd, len, [](char *, size_t) { count++; });
}

#ifdef BENCH_HAVE_SIMDJSON
simdjson::dom::parser parser;

bool parse(const char *line, size_t len, simdjson::dom::element &root)
{
    if (parser.parse(line, len, false).get(root)) return false;
    count++;
    return true;
}

void take_simdjson(int fd, size_t len)
{
    for_lines(fd, len, [](char *line, size_t line_len) {
        simdjson::dom::element root;
        need(parse(line, line_len, root), "JSON");
    });
}

void echo_simdjson(int fd, size_t len)
{
    answers.clear();
    for_lines(fd, len, [](char *line, size_t line_len) {
        simdjson::dom::element root;
        need(parse(line, line_len, root), "JSON");
        answers += simdjson::minify(root);
        answers += '\n';
    });
    if (!answers.empty()) send_back(fd, answers.data(), answers.size());
}
#endif

const struct {
    const char *name;
    void (*take)(int fd, size_t len);
} modes[] = {
    {"echo", echo},
    {"bytes", take_bytes},
    {"lines", take_lines},
    {"relay", pass_on},
#ifdef BENCH_HAVE_SIMDJSON
    {"simdjson", take_simdjson},
    {"simdjson-echo", echo_simdjson},
#endif
};

int listen_anywhere()
{
    sockaddr_in name = {};
    socklen_t len = sizeof name;
    int on = 1;
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    need(fd >= 0, "socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    need(bind(fd, reinterpret_cast<sockaddr *>(&name), len) == 0 && listen(fd, SOMAXCONN) == 0, "listen");
    getsockname(fd, reinterpret_cast<sockaddr *>(&name), &len);
    printf("%d\n", ntohs(name.sin_port));
    fflush(stdout);
    return fd;
}

void watch(int epoll, int fd)
{
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = fd;
    need(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

/* Connects to the server behind for a connection that was accepted. */
void join(int epoll, int front)
{
    sockaddr_in name = {};
    int on = 1;
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(static_cast<uint16_t>(behind));
    int back = socket(AF_INET, SOCK_STREAM, 0);
    need(back >= 0, "socket");
    setsockopt(back, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    need(connect(back, reinterpret_cast<sockaddr *>(&name), sizeof name) == 0, "connect");
    watch(epoll, back);
    opposite[front] = back;
    opposite[back] = front;
}

void end(int fd)
{
    auto other = opposite.find(fd);
    if (other != opposite.end()) {
        shutdown(other->second, SHUT_RDWR);
        opposite.erase(other->second);
        opposite.erase(fd);
    }
    rests.erase(fd);
    close(fd);
}

void read_from(int fd, void (*take)(int fd, size_t len))
{
    ssize_t n = recv(fd, data, size, MSG_DONTWAIT);
    if (n > 0) take(fd, static_cast<size_t>(n));
    if (n == 0 || (n < 0 && errno != EAGAIN)) end(fd);
}

[[noreturn]] void serve(void (*take)(int fd, size_t len))
{
    static epoll_event events[1024];
    int listener = listen_anywhere();
    int epoll = epoll_create1(0);
    watch(epoll, listener);
    watch(epoll, STDIN_FILENO);
    for (;;) {
        int ready = epoll_wait(epoll, events, 1024, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO) exit(0);
            if (fd != listener) {
                read_from(fd, take);
                continue;
            }
            int accepted;
            while ((accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
                if (behind) join(epoll, accepted);
                watch(epoll, accepted);
            }
        }
    }
}

} // namespace

int main(int argc, char **argv)
{
    if (argc > 2) behind = atoi(argv[2]);
    for (auto &mode : modes) {
        if (argc > 1 && strcmp(mode.name, argv[1]) == 0) serve(mode.take);
    }
    fprintf(stderr, "peer-epoll: no such mode\n");
    return 2;
}
