/* SPDX-License-Identifier: MIT */
/* What the tests of the net room share: sockets that are opened or the test fails, and paths of its own. */
#ifndef TEST_NET_NET_TEST_H
#define TEST_NET_NET_TEST_H

#include "net/socket.h"

int64_t now_ms(void);

og_endpoint parse(const char *text);

og__socket open_listener(const char *text, og_endpoint *endpoint);
og__socket open_client(const og_endpoint *endpoint);

/* A connected pair over `text`'s transport. */
void open_pair(const char *text, og__socket *near, og__socket *far);

bool have_ipv6(void);

/* A port at which nobody listens: the system has just given it and taken it back. */
uint16_t free_port(void);

/* For a group: a directory for paths, which must be empty in the end. */
int make_dir(void **state);
int remove_dir(void **state);

/* A path in it, and the endpoint of one. Valid until the next call. */
const char *temp_path(const char *name);
const char *temp_endpoint(const char *scheme, const char *name);

#endif
