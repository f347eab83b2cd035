/* SPDX-License-Identifier: MIT */
/* What the tests of the net room share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_test.h"

og_endpoint parse(const char *text)
{
    og_endpoint endpoint;
    og_error err = {0};
    if (og_endpoint_parse(&endpoint, text, &err) < 0) fail_msg("%s: %s", text, err.text);
    return endpoint;
}

og__socket open_listener(const char *text, og_endpoint *endpoint)
{
    og__socket listener;
    og_error err = {0};
    *endpoint = parse(text);
    if (og__net_socket_listen(&listener, endpoint, 0, &err) < 0) fail_msg("%s: %s", text, err.text);
    return listener;
}

og__socket open_client(const og_endpoint *endpoint)
{
    og__socket client;
    og_error err = {0};
    if (og__net_socket_connect(&client, endpoint, LIMIT_MS, &err) < 0) fail_msg("%s", err.text);
    return client;
}

void open_pair(const char *text, og__socket *near, og__socket *far)
{
    og_endpoint endpoint;
    og_error err = {0};
    og__socket listener = open_listener(text, &endpoint);
    *near = open_client(&endpoint);
    if (og__net_socket_accept(&listener, far, LIMIT_MS, &err) < 0) fail_msg("%s", err.text);
    og__net_socket_close(&listener);
}

static char dir[] = "/tmp/onggi-net-XXXXXX"; /* for paths; removed at the end */

int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

const char *temp_path(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir); /* fails when a socket has left its path behind */
}

const char *temp_endpoint(const char *scheme, const char *name)
{
    static char text[200];
    snprintf(text, sizeof text, "%s://%s", scheme, temp_path(name));
    return text;
}

bool have_ipv6(void)
{
    og_endpoint endpoint = parse("tcp://[::1]:0");
    og__socket probe;
    if (og__net_socket_listen(&probe, &endpoint, 0, NULL) < 0) return false;
    og__net_socket_close(&probe);
    return true;
}

void small_buffers(const og__socket *socket)
{
    int size = 16384;
    assert_int_equal(setsockopt(socket->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    assert_int_equal(setsockopt(socket->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
}

/* ---- Running a loop until something has happened ---- */

typedef struct waiting {
    og__loop *loop;
    og__timer *timer;
    const int *counter; /* NULL: only turns count */
    int wanted;
    int turns;
} waiting;

static void look(void *ctx)
{
    waiting *w = ctx;
    if (--w->turns <= 0 || (w->counter && *w->counter >= w->wanted))
        og__net_loop_stop(w->loop);
    else
        og__net_timer_start(w->timer, 1);
}

static void run(waiting w)
{
    w.timer = og__net_timer_open(w.loop, look, &w, NULL);
    og__net_timer_start(w.timer, 1);
    og__net_loop_run(w.loop, NULL);
    og__net_timer_close(w.timer);
}

void run_until(og__loop *loop, const int *counter, int wanted)
{
    if (*counter < wanted)
        run((waiting){.loop = loop, .counter = counter, .wanted = wanted, .turns = LIMIT_MS});
    if (*counter < wanted) fail_msg("counted %d, expected %d", *counter, wanted);
}

void run_turns(og__loop *loop, int turns)
{
    run((waiting){.loop = loop, .turns = turns});
}
