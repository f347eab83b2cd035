/* SPDX-License-Identifier: MIT */
/* A loop for each test of a file: set-up and teardown. */
#ifndef TEST_NET_ON_A_LOOP_H
#define TEST_NET_ON_A_LOOP_H

#include "net/loop.h"

static og__loop *loop;

static int make_loop(void **state)
{
    (void)state;
    loop = og__net_loop_new(NULL, NULL);
    return loop ? 0 : -1;
}

static int free_loop(void **state)
{
    (void)state;
    og__net_loop_free(loop);
    loop = NULL;
    return 0;
}

#endif
