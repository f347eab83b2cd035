/* SPDX-License-Identifier: MIT */
/* Threads that the library starts. */
#ifndef ONGGI_BASE_THREAD_H
#define ONGGI_BASE_THREAD_H

#include <pthread.h>

/* Starts a thread that leaves all signals to the program's own threads. 0 or an errno. Any thread. */
int og__base_start_thread(pthread_t *thread, void *(*fn)(void *), void *arg);

/* Makes a condition whose times are of CLOCK_MONOTONIC: setting the date must not make a wait longer. */
void og__base_cond_init(pthread_cond_t *cond);

#endif
