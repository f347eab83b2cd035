/* SPDX-License-Identifier: MIT */
/*
 * A server of datagrams that keeps what comes, its clients, and the system's calls, which are wrapped: they
 * can be refused, and what goes through them is counted. Link with --wrap for each of the four.
 */
#ifndef TEST_NET_POST_OFFICE_H
#define TEST_NET_POST_OFFICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"
#include "net_test.h"

enum { MOST = 4096 };

/* What the calls do, and what they have seen. */
typedef struct calls_seen {
    int refuse_cut;     /* errno of sendmmsg() for a message that is to be cut; 0: none */
    size_t refuse_from; /* for pieces of so many bytes and more */
    int refuse_gro;     /* errno of setsockopt(UDP_GRO) */
    int refuse_gso;     /* errno of getsockopt(UDP_SEGMENT) */
    int (*make)(struct mmsghdr *messages, unsigned count); /* instead of recvmmsg() */
    int gro;                                               /* how often UDP_GRO was set */
    int refused;                                           /* messages */
    unsigned received;                                     /* calls */
    unsigned asked[MOST];
    size_t sent; /* messages that went */
    size_t pieces[MOST];
    size_t sizes[MOST]; /* into which each was to be cut; 0: it was not */
} calls_seen;

typedef struct arrived {
    size_t len;
    uint8_t *bytes;
    og__address from;
} arrived;

typedef struct post_office {
    og__datagrams *datagrams;
    og_endpoint endpoint;
    arrived of[MOST];
    int count;
    int stop_at;
    int errors;
    int closes;
    bool echo;
    bool close; /* on the first one */
    og_error error;
} post_office;

/* A buffer that no kernel makes, or no test can ask one for. */
typedef struct made_buffer {
    size_t len;
    int size;
    bool cut_off;
} made_buffer;

extern calls_seen calls;
extern post_office office;
extern made_buffer made;
extern og__loop *loop;

/* Endpoints over IPv4, over IPv6, and for both, which is reached over IPv4. */
enum { ENDPOINTS = 3 };
extern const char *const endpoints[ENDPOINTS];

/* False where there is no IPv6. */
bool have_endpoint(size_t index);

/* Where a client of the server at endpoint `index` connects to. */
og_endpoint reach_office(size_t index);

int set_up(void **state);
int tear_down(void **state);
void open_office(const char *endpoint);
void take_on(og__socket *socket);

/* Closes the server and begins anew. */
void close_office(void **state);

/* True when the system cuts messages into datagrams. */
bool cuts(void);

/* For calls.make: the buffer `made`, once. */
int make_buffers(struct mmsghdr *messages, unsigned count);

/* Sends `len` bytes that the system cuts into pieces of `size`: they are datagrams from number `first` on. */
bool send_cut(const og__socket *client, size_t first, size_t size, size_t len);

/* Datagram `number`, whose bytes differ from place to place and from those of others. */
void send_one(og__socket *client, size_t number, size_t len);
void expect(og__socket *client, size_t number, size_t len);
void assert_bytes(const uint8_t *bytes, size_t len, size_t number);

#define ON_A_LOOP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
