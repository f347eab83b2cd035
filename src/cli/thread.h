/* SPDX-License-Identifier: MIT */
/* Threads of the command. */
#ifndef ONGGI_CLI_THREAD_H
#define ONGGI_CLI_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts a thread to which no signal is delivered: they are for the main thread, whose wait they end.
 * `attributes` may be NULL. 0 or an errno. Any thread. */
int cli_thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *), void *arg);

/* Makes a condition whose times are of CLOCK_MONOTONIC: setting the date must not make a wait longer. */
void cli_cond_init(pthread_cond_t *cond);

/* Waits for a condition of cli_cond_init(), for `ms` at most. `lock` is held before and after. */
void cli_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms);

#endif
