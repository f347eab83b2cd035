/* SPDX-License-Identifier: MIT */
/* The loop finds a connection's lock taken, again and again: what the worker has put leaves all the same. */
#include "server_test.h"

#include "peer/server.h"

enum { UNLOCKS = 8 /* more than one answer takes */, PATIENCE_MS = 20 };

static pthread_mutex_t *_Atomic lock; /* of the connection */
static pthread_t loops_thread;        /* which never waits for it */
static atomic_int slow;               /* unlocks that still wait for the loop to look at the lock */
static atomic_int found_taken;        /* how often it did */

/* The names that the linker gives to what is wrapped. NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __real_pthread_mutex_trylock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex);

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (mutex == lock && !pthread_equal(pthread_self(), loops_thread) && slow > 0) {
        int before = found_taken;
        slow--;
        for (int i = 0; i < PATIENCE_MS && found_taken < before + 2; i++) /* it looks twice before it goes */
            nap(1);
    }
    return __real_pthread_mutex_unlock(mutex);
}

int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    int status = __real_pthread_mutex_trylock(mutex);
    if (mutex == lock && status != 0) found_taken++;
    return status;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void on_open_note(og_conn *conn, void *user)
{
    loops_thread = pthread_self();
    lock = &((og__served *)(void *)conn)->lock;
    on_open(conn, user);
}

static void an_answer_leaves_however_often_the_loop_finds_the_lock_taken(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 1, 1);
    options.on_open = on_open_note;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    int fd = plain(server);
    for (int unlocks = 0; unlocks <= UNLOCKS; unlocks++) {
        plain_send(fd, "[1]\n", 4);
        plain_expect(fd, "[1]\n");
        slow = unlocks;
    }
    assert_true(found_taken > 0);
    close(fd);
    finish(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_leaves_however_often_the_loop_finds_the_lock_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
