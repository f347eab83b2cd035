/* SPDX-License-Identifier: MIT */
/* Loops: running and stopping, posts from many threads, timers, listeners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/loop.h"
#include "net_test.h"
#include "on_a_loop.h"

static void stop(void *arg)
{
    (void)arg;
    og__net_loop_stop(loop);
}

static void test_stop(void **state)
{
    (void)state;
    /* A stop before the run ends it at once; then the loop runs again. */
    og__net_loop_stop(loop);
    assert_int_equal(og__net_loop_run(loop, NULL), OG_OK);
    assert_int_equal(og__net_loop_post(loop, stop, NULL), OG_OK);
    assert_int_equal(og__net_loop_run(loop, NULL), OG_OK);
    og__net_loop_free(NULL);
}

static void *stop_later(void *arg)
{
    (void)arg;
    usleep(20000);
    og__net_loop_stop(loop);
    return NULL;
}

static void test_stop_by_thread(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_later, NULL), 0);
    assert_int_equal(og__net_loop_run(loop, NULL), OG_OK);
    pthread_join(thread, NULL);
}

static void on_alarm(int signal)
{
    (void)signal;
    og__net_loop_stop(loop);
}

static void test_stop_by_signal(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = on_alarm};
    struct sigaction before;
    const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(og__net_loop_run(loop, NULL), OG_OK);
    sigaction(SIGALRM, &before, NULL);
}

enum { POSTERS = 4, POSTS = 2000 };

typedef struct numbered {
    struct poster *poster;
    int number;
} numbered;

typedef struct poster {
    int next; /* that the loop expects */
    int wrong;
    numbered posts[POSTS];
} poster;

static int arrived;

static void on_post(void *arg)
{
    const numbered *post = arg;
    if (post->number != post->poster->next) post->poster->wrong++;
    post->poster->next++;
    if (++arrived == POSTERS * POSTS) og__net_loop_stop(loop);
}

static void *post_many(void *arg)
{
    poster *p = arg;
    for (int i = 0; i < POSTS; i++) {
        p->posts[i].poster = p;
        p->posts[i].number = i;
        if (og__net_loop_post(loop, on_post, &p->posts[i]) < 0) p->wrong++;
    }
    return NULL;
}

static void test_posts_by_threads(void **state)
{
    (void)state;
    pthread_t threads[POSTERS];
    poster *posters = calloc(POSTERS, sizeof *posters);
    arrived = 0;
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    assert_int_equal(og__net_loop_run(loop, NULL), OG_OK);
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(posters[i].next, POSTS);
        assert_int_equal(posters[i].wrong, 0);
    }
    free(posters);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void post_count(void *arg)
{
    assert_int_equal(og__net_loop_post(loop, count, arg), OG_OK);
}

/* What is posted after the stop is called by the next run, or when the loop is freed. */
static void test_posts_after_stop(void **state)
{
    (void)state;
    int calls = 0;
    og__net_loop_stop(loop);
    og__net_loop_run(loop, NULL);
    og__net_loop_post(loop, count, &calls);
    assert_int_equal(calls, 0);
    og__net_loop_stop(loop);
    og__net_loop_run(loop, NULL);
    assert_int_equal(calls, 1);
    og__net_loop_post(loop, post_count, &calls);
    og__net_loop_stop(loop);
    og__net_loop_free(loop);
    assert_int_equal(calls, 2);
    loop = og__net_loop_new(NULL, NULL);
}

/* ---- Timers ---- */

enum { TIMERS = 50 };

static og__timer *timers[TIMERS];
static int order[TIMERS * 2];
static int rings;

static void on_ring(void *ctx)
{
    order[rings++] = (int)(intptr_t)ctx;
}

/* All within one turn of the loop, for which the time stands still. */
static void start_timers(void *end)
{
    og__net_timer_start(end, 200);
    for (int i = 0; i < TIMERS; i++)
        og__net_timer_start(timers[i], (uint64_t)(1 + (i * 37) % TIMERS));
    og__net_timer_stop(timers[7]);
    og__net_timer_close(timers[8]);
    og__net_timer_start(timers[9], 120); /* later */
    og__net_timer_start(timers[10], 0);  /* sooner */
}

static void test_timer_order(void **state)
{
    (void)state;
    rings = 0;
    for (int i = 0; i < TIMERS; i++) {
        timers[i] = og__net_timer_open(loop, on_ring, (void *)(intptr_t)i, NULL);
        assert_non_null(timers[i]);
    }
    og__timer *end = og__net_timer_open(loop, stop, NULL, NULL);
    assert_int_equal(og__net_loop_post(loop, start_timers, end), OG_OK);
    og__net_loop_run(loop, NULL);
    assert_int_equal(rings, TIMERS - 2);
    assert_int_equal(order[rings - 1], 9);
    for (int i = 0, last = 0; i < rings - 1; i++) {
        int due = order[i] == 10 ? 1 : 1 + (order[i] * 37) % TIMERS;
        assert_true(due >= last);
        assert_true(order[i] != 7 && order[i] != 8);
        last = due;
    }
    for (int i = 0; i < TIMERS; i++)
        if (i != 8) og__net_timer_close(timers[i]);
    og__net_timer_close(end);
}

typedef struct beat {
    og__timer *timer;
    og__timer *kept;
    int left;
} beat;

static void on_beat(void *ctx)
{
    beat *b = ctx;
    og__net_timer_start(b->kept, 60); /* as with every message that arrives */
    if (--b->left > 0)
        og__net_timer_start(b->timer, 5);
    else
        og__net_timer_close(b->timer); /* within its own call */
}

static void test_timer_restart(void **state)
{
    (void)state;
    beat b = {.left = 20};
    b.kept = og__net_timer_open(loop, stop, NULL, NULL);
    b.timer = og__net_timer_open(loop, on_beat, &b, NULL);
    og__net_timer_start(b.kept, 60);
    og__net_timer_start(b.timer, 5);
    og__net_loop_run(loop, NULL);
    assert_int_equal(b.left, 0);
    og__net_timer_start(b.kept, UINT64_MAX); /* never, and left to og__net_loop_free() */
}

/* ---- Listeners ---- */

typedef struct hall {
    og__listener *listener;
    int accepted;
    int errors;
    int close_at;
    int pause_at;
    int error_sys;
} hall;

static void on_accept(void *ctx, og__socket accepted)
{
    hall *h = ctx;
    h->accepted++;
    og__net_socket_close(&accepted);
    if (h->accepted == h->close_at) og__net_listener_close(h->listener);
    if (h->accepted == h->pause_at) og__net_listener_pause(h->listener, true);
}

static void on_accept_error(void *ctx, const og_error *err)
{
    hall *h = ctx;
    h->errors++;
    h->error_sys = err->sys;
    assert_int_equal(err->code, OG_EIO);
}

static void open_hall(hall *h, og_endpoint *endpoint)
{
    og__socket socket = open_listener("tcp://127.0.0.1:0", endpoint);
    h->listener = og__net_listener_open(loop, &socket, on_accept, on_accept_error, h, NULL);
    assert_non_null(h->listener);
    assert_int_equal(socket.fd, -1);
}

static void test_accept(void **state)
{
    (void)state;
    hall h = {.pause_at = 60};
    og_endpoint endpoint;
    og__socket clients[100];
    open_hall(&h, &endpoint);
    for (int i = 0; i < 100; i++)
        assert_int_equal(og__net_socket_connect(&clients[i], &endpoint, LIMIT_MS, NULL), OG_OK);
    run_until(loop, &h.accepted, 60);
    assert_int_equal(h.accepted, 60);
    og__net_listener_pause(h.listener, true);
    run_turns(loop, 20);
    assert_int_equal(h.accepted, 60);
    og__net_listener_pause(h.listener, false);
    h.close_at = 90;
    run_until(loop, &h.accepted, 90);
    run_turns(loop, 20);
    assert_int_equal(h.accepted, 90);
    assert_int_equal(h.errors, 0);
    for (int i = 0; i < 100; i++)
        og__net_socket_close(&clients[i]);
    og__socket late;
    assert_int_equal(og__net_socket_connect(&late, &endpoint, LIMIT_MS, NULL), OG_ECONNECT);
}

/* Out of descriptors: told once, tried again later, and everybody is served in the end. */
static void test_accept_without_descriptors(void **state)
{
    (void)state;
    hall h = {0};
    og_endpoint endpoint;
    og__socket clients[3];
    open_hall(&h, &endpoint);
    for (int i = 0; i < 3; i++)
        assert_int_equal(og__net_socket_connect(&clients[i], &endpoint, LIMIT_MS, NULL), OG_OK);
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit none = {.rlim_cur = (rlim_t)clients[2].fd + 1, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    run_until(loop, &h.errors, 1);
    run_turns(loop, 300);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(h.accepted, 0);
    assert_int_equal(h.errors, 1);
    assert_int_equal(h.error_sys, EMFILE);
    run_until(loop, &h.accepted, 3);
    assert_int_equal(h.accepted, 3);
    og__net_listener_close(h.listener);
    og__net_listener_close(NULL);
    for (int i = 0; i < 3; i++)
        og__net_socket_close(&clients[i]);
}

/* The path goes with the listener, also when it is left to og__net_loop_free(). */
static void test_listener_path(void **state)
{
    (void)state;
    hall h = {0};
    og_endpoint endpoint;
    og__socket socket = open_listener(temp_endpoint("unix", "x"), &endpoint);
    h.listener = og__net_listener_open(loop, &socket, on_accept, NULL, &h, NULL);
    assert_non_null(h.listener);
    assert_int_equal(access(endpoint.path, F_OK), 0);
    og__net_loop_free(loop);
    assert_int_not_equal(access(endpoint.path, F_OK), 0);
    loop = og__net_loop_new(NULL, NULL);
}

static int make_looking_loop(void **state)
{
    int status = make_loop(state);
    if (status == 0) og__net_loop_set_busy_poll(loop, 50);
    return status;
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(test_##name, make_loop, free_loop),                            \
    {                                                                                              \
        "test_" #name ", looking before it waits", test_##name, make_looking_loop, free_loop, NULL \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stop),
        TEST(stop_by_thread),
        TEST(stop_by_signal),
        TEST(posts_by_threads),
        TEST(posts_after_stop),
        TEST(timer_order),
        TEST(timer_restart),
        TEST(accept),
        TEST(accept_without_descriptors),
        TEST(listener_path),
    };
    return cmocka_run_group_tests_name("loop", tests, make_dir, remove_dir);
}
