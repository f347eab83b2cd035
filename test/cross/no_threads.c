/* SPDX-License-Identifier: MIT */
/*
 * Preloaded where an emulator cannot run threads: a test that starts one ends as skipped, and does not hang.
 * tools/cross names these tests.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { SKIPPED = 77 }; /* meson's word for it */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *arg)
{
    (void)thread;
    (void)attributes;
    (void)start;
    (void)arg;
    fputs("skipped: this emulator cannot run threads\n", stderr);
    _exit(SKIPPED);
}
