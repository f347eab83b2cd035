/* SPDX-License-Identifier: MIT */
/* What the tests of the net room share: sockets that are opened or the test fails, and paths of its own. */
#ifndef TEST_NET_NET_TEST_H
#define TEST_NET_NET_TEST_H

#include "net/loop.h"

/* A time limit for what should happen soon: far more than any machine takes. */
enum { LIMIT_MS = 120000 };

og_endpoint parse(const char *text);

og__socket open_listener(const char *text, og_endpoint *endpoint);
og__socket open_client(const og_endpoint *endpoint);

/* A connected pair over `text`'s transport. */
void open_pair(const char *text, og__socket *near, og__socket *far);

bool have_ipv6(void);

/* Makes the socket's buffers small, so that a peer that does not read is noticed soon on every machine. */
void small_buffers(const og__socket *socket);

/* A port at which nobody listens: the system never gives it to anyone. */
enum { DEAD_PORT = 1 };

/* Runs the loop until `*counter` is `wanted` or more, or fails after LIMIT_MS. */
void run_until(og__loop *loop, const int *counter, int wanted);

/* Runs the loop for a number of turns, so that what must not happen could. */
void run_turns(og__loop *loop, int turns);

/* For a group: a directory for paths, which must be empty in the end. */
int make_dir(void **state);
int remove_dir(void **state);

/* A path in it, and the endpoint of one. Valid until the next call. */
const char *temp_path(const char *name);
const char *temp_endpoint(const char *scheme, const char *name);

#endif
