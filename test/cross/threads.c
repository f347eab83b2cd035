/* SPDX-License-Identifier: MIT */
/* Whether an emulator can run threads: each must keep what is its own. */
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 100000 };

static _Thread_local size_t mine;

static void *run(void *arg)
{
    size_t number = *(size_t *)arg;
    mine = number;
    for (int i = 0; i < ROUNDS; i++) {
        free(malloc(64));
        if (mine != number) return arg;
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    size_t numbers[THREADS];
    int wrong = 0;
    for (size_t i = 0; i < THREADS; i++) {
        numbers[i] = i + 1;
        if (pthread_create(&threads[i], NULL, run, &numbers[i]) != 0) return 1;
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *result;
        if (pthread_join(threads[i], &result) != 0 || result) wrong = 1;
    }
    return wrong;
}
