/* SPDX-License-Identifier: MIT */
/*
 * A bare OpenSSL echo on epoll, by hand: what TLS of onggi's is measured against. Prints its port; ends with
 * its standard input.
 *
 *     peer-tls PEM     a file with certificate and key
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 1024, SIZE = 65536 };

typedef struct conn {
    SSL *ssl;
    int fd;
    unsigned events; /* that epoll watches for */
    char *rest;      /* bytes that the socket did not take yet, or NULL */
    size_t rest_len;
} conn;

static int epoll;
static char data[SIZE];

static void need(bool ok, const char *what)
{
    if (ok) return;
    perror(what);
    exit(1);
}

static void watch(conn *c, unsigned events)
{
    if (c->events == events) return;
    struct epoll_event event = {.events = events, .data = {.ptr = c}};
    need(epoll_ctl(epoll, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll_ctl");
    c->events = events;
}

static void drop(conn *c)
{
    SSL_free(c->ssl);
    close(c->fd);
    free(c->rest);
    free(c);
}

/* True when all was written; else the rest waits for the socket. False with c->rest NULL: an error. */
static bool write_back(conn *c, const char *bytes, size_t len)
{
    size_t put = 0;
    ERR_clear_error();
    if (SSL_write_ex(c->ssl, bytes, len, &put) == 1) return true;
    if (SSL_get_error(c->ssl, 0) != SSL_ERROR_WANT_WRITE) return false;
    c->rest = malloc(len);
    need(c->rest != NULL, "malloc");
    memcpy(c->rest, bytes, len);
    c->rest_len = len;
    watch(c, EPOLLOUT);
    return false;
}

static void serve(conn *c)
{
    size_t got = 0;
    if (c->rest) {
        char *rest = c->rest;
        c->rest = NULL;
        bool done = write_back(c, rest, c->rest_len);
        free(rest);
        if (!done && !c->rest) drop(c);
        if (!done) return;
    }
    watch(c, EPOLLIN);
    for (;;) {
        ERR_clear_error();
        if (SSL_read_ex(c->ssl, data, sizeof data, &got) != 1) break;
        if (write_back(c, data, got)) continue;
        if (!c->rest) drop(c);
        return;
    }
    if (SSL_get_error(c->ssl, 0) != SSL_ERROR_WANT_READ) drop(c);
}

static int listen_anywhere(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t len = sizeof name;
    int on = 1;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    need(fd >= 0, "socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    need(bind(fd, (struct sockaddr *)&name, len) == 0 && listen(fd, SOMAXCONN) == 0, "listen");
    getsockname(fd, (struct sockaddr *)&name, &len);
    printf("%d\n", ntohs(name.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_all(int listener, SSL_CTX *context)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        conn *c = calloc(1, sizeof *c);
        need(c != NULL && (c->ssl = SSL_new(context)) != NULL, "SSL_new");
        c->fd = fd;
        SSL_set_fd(c->ssl, fd);
        SSL_set_accept_state(c->ssl);
        watch(c, EPOLLIN);
    }
}

/* As fast and as small as OpenSSL is when it is asked to be. */
static SSL_CTX *new_context(const char *pem)
{
    static const unsigned char sessions[] = "echo";
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    need(context != NULL, "SSL_CTX_new");
    need(SSL_CTX_use_certificate_chain_file(context, pem) == 1 &&
             SSL_CTX_use_PrivateKey_file(context, pem, SSL_FILETYPE_PEM) == 1,
         "certificate and key");
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, sessions, sizeof sessions - 1);
    return context;
}

int main(int argc, char **argv)
{
    static struct epoll_event events[EVENTS];
    conn listener = {0};
    conn input = {0};
    need(argc == 2, "usage: peer-tls PEM");
    SSL_CTX *context = new_context(argv[1]);
    epoll = epoll_create1(0);
    listener.fd = listen_anywhere();
    input.fd = STDIN_FILENO;
    watch(&listener, EPOLLIN);
    watch(&input, EPOLLIN);
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            conn *c = events[i].data.ptr;
            if (c == &input) return 0;
            if (c == &listener)
                accept_all(listener.fd, context);
            else
                serve(c);
        }
    }
}
