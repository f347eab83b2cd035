/* SPDX-License-Identifier: MIT */
/* Threads of the command. */
#ifndef ONGGI_CLI_THREAD_H
#define ONGGI_CLI_THREAD_H

#include <pthread.h>

/* Starts a thread to which no signal is delivered: they are for the main thread, whose wait they end.
 * `attributes` may be NULL. 0 or an errno. Any thread. */
int cli_thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *), void *arg);

#endif
