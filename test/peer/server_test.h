/* SPDX-License-Identifier: MIT */
/* A server that echoes and counts, and peers of both kinds, for the server's tests. */
#ifndef TEST_PEER_SERVER_TEST_H
#define TEST_PEER_SERVER_TEST_H

#include <onggi/peer.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct tally {
    atomic_int opened;
    atomic_int closed;
    atomic_int failed; /* closed with a reason */
    atomic_int messages;
    atomic_int refused;
    atomic_int closings;
    atomic_int busy;
    atomic_int close_code;
    atomic_size_t refused_at;
    long delay_ms;
} tally;

/* Each test that should hold in all ways of serving runs in these. */
struct way {
    int threads;
    int workers;
};

enum { WAYS = 3 };

extern const struct way ways[WAYS];

void nap(long ms);
void on_open(og_conn *conn, void *user);
void on_message(og_conn *conn, og_value value, void *user);
og_server_options echoing(tally *t, int threads, int workers);
og_server *start(const og_server_options *options, const char *endpoint);
void finish(og_server *server);
og_conn *reach(const og_server *server, const char *codec, const char *framing);
void ask(og_conn *conn, int64_t number);
int plain(const og_server *server);
void plain_send(int fd, const void *bytes, size_t len);
void plain_expect(int fd, const char *answer);
void plain_expect_end(int fd);
void wait_for(atomic_int *what, int least);

#endif
