/* SPDX-License-Identifier: MIT */
/* Threads of the command. */
#include "cli/thread.h"

#include <signal.h>

int cli_thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *), void *arg)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int sys = pthread_create(thread, attributes, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return sys;
}
