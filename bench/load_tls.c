/* SPDX-License-Identifier: MIT */
/*
 * Load for servers that send back what comes over TLS 1.3.
 *
 *     load-tls echo PORT CONNECTIONS IN_FLIGHT SECONDS MESSAGE [SIZE]
 *     load-tls idle PORT CONNECTIONS 1 0 MESSAGE
 *     load-tls full|resumed PORT 1 1 SECONDS MESSAGE
 *
 * MESSAGE is in hexadecimal; with SIZE, NUL bytes after it make it so long. `echo` keeps IN_FLIGHT messages
 * under way on every connection and prints messages a second. `full` and `resumed` shake hands on one
 * connection after another, each with one message answered, and print handshakes a second. `idle` lets each
 * connection have one message answered and waits for its standard input to end. Each prints a line when it
 * has connected.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1024, SIZE = 65536 };

typedef struct conn {
    SSL *ssl;
    int fd;
    unsigned events; /* that epoll watches for */
    size_t owed;     /* bytes to send */
    size_t at;       /* how far into the messages the next one is */
    size_t part;     /* bytes of the answer that is coming */
} conn;

static int port;
static size_t connections;
static size_t in_flight;
static double seconds;
static char *messages; /* as many as fit into SIZE, but at least one */
static size_t message_len;
static size_t messages_len;
static SSL_CTX *context;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void need(bool ok, const char *what)
{
    if (ok) return;
    perror(what);
    exit(1);
}

static void make_messages(const char *hex, size_t size)
{
    size_t len = strlen(hex) / 2;
    message_len = size > len ? size : len;
    size_t count = message_len < SIZE ? SIZE / message_len : 1;
    messages_len = count * message_len;
    messages = calloc(count, message_len);
    need(messages != NULL && len > 0, "MESSAGE");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < len; k++) {
            unsigned byte = 0;
            sscanf(hex + 2 * k, "%2x", &byte);
            messages[i * message_len + k] = (char)byte;
        }
    }
}

/* Connected, shaken hands; blocking. */
static void open_conn(conn *c, SSL_SESSION *session)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *c = (conn){.ssl = SSL_new(context), .fd = socket(AF_INET, SOCK_STREAM, 0)};
    need(c->ssl != NULL && c->fd >= 0, "socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    need(connect(c->fd, (struct sockaddr *)&name, sizeof name) == 0, "connect");
    SSL_set_fd(c->ssl, c->fd);
    if (session) SSL_set_session(c->ssl, session);
    need(SSL_connect(c->ssl) == 1, "TLS");
}

static void close_conn(conn *c)
{
    SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    close(c->fd);
}

/* One message there and back; blocking. */
static void ask(conn *c)
{
    char bytes[4096];
    need(SSL_write(c->ssl, messages, (int)message_len) > 0, "SSL_write");
    for (size_t got = 0; got < message_len;) {
        int n = SSL_read(c->ssl, bytes, sizeof bytes);
        need(n > 0, "SSL_read");
        got += (size_t)n;
    }
}

/* ---- Kinds ---- */

static void say_ready(void)
{
    puts("ready");
    fflush(stdout);
}

static void watch(int epoll, conn *c)
{
    unsigned events = EPOLLIN | (c->owed > 0 ? EPOLLOUT : 0);
    if (c->events == events) return;
    struct epoll_event event = {.events = events, .data = {.ptr = c}};
    need(epoll_ctl(epoll, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll_ctl");
    c->events = events;
}

static void send_owed(conn *c)
{
    while (c->owed > 0) {
        size_t put = 0;
        size_t len = messages_len - c->at;
        if (len > c->owed) len = c->owed;
        ERR_clear_error();
        if (SSL_write_ex(c->ssl, messages + c->at, len, &put) != 1) {
            need(SSL_get_error(c->ssl, 0) == SSL_ERROR_WANT_WRITE, "SSL_write");
            return;
        }
        c->owed -= put;
        c->at = (c->at + put) % messages_len;
    }
}

/* Takes what came; owes a message for each whole answer. Returns how many these are. */
static size_t take_answers(conn *c)
{
    static char bytes[SIZE];
    size_t got = 0;
    size_t whole = 0;
    for (;;) {
        ERR_clear_error();
        if (SSL_read_ex(c->ssl, bytes, sizeof bytes, &got) != 1) break;
        c->part += got;
        whole += c->part / message_len;
        c->part %= message_len;
    }
    need(SSL_get_error(c->ssl, 0) == SSL_ERROR_WANT_READ, "SSL_read");
    c->owed += whole * message_len;
    return whole;
}

static int run_echo(void)
{
    static struct epoll_event events[EVENTS];
    conn *all = calloc(connections, sizeof *all);
    int epoll = epoll_create1(0);
    need(all != NULL, "calloc");
    for (size_t i = 0; i < connections; i++)
        open_conn(&all[i], NULL);
    size_t total = 0;
    say_ready();
    double start = now();
    for (size_t i = 0; i < connections; i++) {
        fcntl(all[i].fd, F_SETFL, O_NONBLOCK);
        all[i].owed = in_flight * message_len;
        send_owed(&all[i]);
        watch(epoll, &all[i]);
    }
    while (now() < start + seconds) {
        int count = epoll_wait(epoll, events, EVENTS, 1000);
        for (int i = 0; i < count; i++) {
            conn *c = events[i].data.ptr;
            total += take_answers(c);
            send_owed(c);
            watch(epoll, c);
        }
    }
    printf("%.1f\n", (double)total / (now() - start));
    return 0;
}

static int run_idle(void)
{
    conn *all = calloc(connections, sizeof *all);
    need(all != NULL, "calloc");
    for (size_t i = 0; i < connections; i++) {
        open_conn(&all[i], NULL);
        ask(&all[i]);
    }
    say_ready();
    char byte;
    return read(STDIN_FILENO, &byte, 1) > 0;
}

static int shake_hands(bool resumed)
{
    size_t total = 0;
    conn c;
    open_conn(&c, NULL);
    ask(&c);
    SSL_SESSION *session = resumed ? SSL_get1_session(c.ssl) : NULL;
    close_conn(&c);
    say_ready();
    double start = now();
    for (; now() < start + seconds; total++) {
        open_conn(&c, session);
        need(SSL_session_reused(c.ssl) == resumed, "resumption");
        ask(&c);
        close_conn(&c);
    }
    printf("%.1f\n", (double)total / (now() - start));
    SSL_SESSION_free(session);
    return 0;
}

static int run_full(void)
{
    return shake_hands(false);
}

static int run_resumed(void)
{
    return shake_hands(true);
}

static const struct {
    const char *name;
    int (*run)(void);
} kinds[] = {{"echo", run_echo}, {"idle", run_idle}, {"full", run_full}, {"resumed", run_resumed}};

int main(int argc, char **argv)
{
    need(argc == 7 || argc == 8, "KIND PORT CONNECTIONS IN_FLIGHT SECONDS MESSAGE [SIZE]");
    port = atoi(argv[2]);
    connections = strtoul(argv[3], NULL, 10);
    in_flight = strtoul(argv[4], NULL, 10);
    seconds = atof(argv[5]);
    make_messages(argv[6], argc == 8 ? strtoul(argv[7], NULL, 10) : 0);
    context = SSL_CTX_new(TLS_client_method());
    need(context != NULL, "SSL_CTX_new");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, argv[1]) == 0) return kinds[i].run();
    need(false, "KIND");
    return 2;
}
