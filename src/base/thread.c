/* SPDX-License-Identifier: MIT */
/* Threads that the library starts. */
#include "base/thread.h"

#include <signal.h>

int og__base_start_thread(pthread_t *thread, void *(*fn)(void *), void *arg)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int sys = pthread_create(thread, NULL, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return sys;
}
