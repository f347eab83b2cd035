/* SPDX-License-Identifier: MIT */
/* What a service manager asks of a server: its sockets taken over, a pulse for the watchdog, news of a
 * reload. */
#include "server_test.h"

static og_error err;

/* A listening socket of the "manager's", and the endpoint of a copy of it. */
static int manager_socket(char *endpoint, size_t size)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(fd, 64), 0);
    snprintf(endpoint, size, "fd://%d", dup(fd));
    return fd;
}

/* One server after the other on one socket: nobody is refused in between. */
static void a_server_takes_over(void **state)
{
    (void)state;
    char endpoint[32];
    int manager = manager_socket(endpoint, sizeof endpoint);
    close(atoi(endpoint + 5));
    for (size_t w = 0; w < WAYS; w++) {
        tally t;
        og_server_options options = echoing(&t, ways[w].threads, ways[w].workers);
        snprintf(endpoint, sizeof endpoint, "fd://%d", dup(manager));
        og_server *server = start(&options, endpoint);
        assert_memory_equal(og_server_endpoint(server, 0), "tcp://127.0.0.1:", 16);
        char where[416];
        snprintf(where, sizeof where, "%s", og_server_endpoint(server, 0));
        og_conn *conn = reach(server, "json", NULL);
        ask(conn, 1);
        og_close(conn);
        finish(server);
        og_conn *early = og_connect(where, NULL, &err); /* nobody serves, but somebody will */
        if (!early) fail_msg("%s", err.text);
        og_close(early);
    }
    close(manager);
}

/* Whoever has connected, and was not taken, when a server stops is served by the next one. */
static void who_waits_at_a_stop_waits_for_the_next(void **state)
{
    (void)state;
    char endpoint[32];
    tally t;
    int manager = manager_socket(endpoint, sizeof endpoint);
    og_server_options options = echoing(&t, 1, 0);
    og_server *first = og_server_new(&options, &err);
    assert_int_equal(og_server_listen(first, endpoint, &err), 0);
    og_conn *conn = reach(first, "json", NULL);
    og_server_stop(first);
    assert_int_equal(og_server_run(first, &err), 0);
    og_server_free(first);
    snprintf(endpoint, sizeof endpoint, "fd://%d", dup(manager));
    og_server *second = start(&options, endpoint);
    ask(conn, 1);
    og_close(conn);
    finish(second);
    close(manager);
}

static void a_blocking_listener_takes_over(void **state)
{
    (void)state;
    char endpoint[32];
    int manager = manager_socket(endpoint, sizeof endpoint);
    og_listener *listener = og_listen(endpoint, NULL, &err);
    if (!listener) fail_msg("%s", err.text);
    og_conn *client = og_connect(og_listener_endpoint(listener), NULL, &err);
    og_conn *accepted = og_accept(listener, 120000, &err);
    assert_non_null(accepted);
    assert_int_equal(og_send(client, og_int(7), &err), 0);
    og_value value;
    assert_int_equal(og_recv(accepted, &value, &err), 1);
    og_close(client);
    og_close(accepted);
    og_listener_interrupt(listener);
    assert_null(og_accept(listener, OG_FOREVER, &err));
    assert_int_equal(err.code, OG_ECANCELED);
    char where[416];
    snprintf(where, sizeof where, "%s", og_listener_endpoint(listener));
    og_listener_close(listener);
    client = og_connect(where, NULL, &err); /* the manager's socket listens on */
    if (!client) fail_msg("%s", err.text);
    og_close(client);
    close(manager);
}

static void descriptors_that_will_not_do(void **state)
{
    (void)state;
    char endpoint[32];
    tally t;
    int manager = manager_socket(endpoint, sizeof endpoint);
    og_server_options options = echoing(&t, 1, 0);
    og_server *server = og_server_new(&options, &err);
    assert_int_equal(og_server_listen(server, endpoint, &err), 0);
    assert_int_equal(og_server_listen(server, endpoint, &err), OG_EBIND);
    assert_non_null(strstr(err.text, "is listened on already, as tcp://127.0.0.1:"));
    assert_int_equal(og_server_listen(server, "fd://999", &err), OG_EBIND);
    assert_null(og_listen("fd://999", NULL, &err));
    assert_int_equal(err.code, OG_EBIND);
    assert_null(og_connect("fd://999", NULL, &err));
    assert_int_equal(err.code, OG_EADDRESS);
    og_server_free(server);

    /* One that is refused for another reason stays the caller's. */
    int fd = dup(manager);
    snprintf(endpoint, sizeof endpoint, "fd://%d?framing=no", fd);
    assert_null(og_listen(endpoint, NULL, &err));
    assert_int_equal(close(fd), 0);
    close(manager);
}

/* ---- The watchdog's pulse ---- */

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;

static void on_message_stuck(og_conn *conn, og_value value, void *user)
{
    tally *t = user;
    t->messages++;
    pthread_mutex_lock(&door);
    pthread_mutex_unlock(&door);
    assert_int_equal(og_send(conn, value, &err), 0);
}

static void a_loop_that_is_stuck_has_no_pulse(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 2, 0);
    options.on_message = on_message_stuck;
    pthread_mutex_lock(&door);
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    while (!og_server_pulse(server) || !og_server_pulse(server))
        nap(1);
    int fd = plain(server);
    plain_send(fd, "1\n", 2);
    wait_for(&t.messages, 1);
    og_server_pulse(server);
    for (int i = 0; i < 20; i++) {
        nap(1);
        assert_false(og_server_pulse(server));
    }
    pthread_mutex_unlock(&door);
    plain_expect(fd, "1\n");
    while (!og_server_pulse(server))
        nap(1);
    close(fd);
    finish(server);
}

/* ---- Reload ---- */

static atomic_int begun;
static atomic_int done_with;

static void on_reload(bool done, void *user)
{
    (void)user;
    if (!done) {
        begun++;
        return;
    }
    assert_int_equal(begun, done_with + 1);
    done_with++;
}

static void a_reload_is_told(void **state)
{
    (void)state;
    tally t;
    og_server_options options = echoing(&t, 2, 0);
    options.on_reload = on_reload;
    og_server *server = start(&options, "tcp://127.0.0.1:0");
    for (int i = 1; i <= 3; i++) {
        og_server_reload(server);
        wait_for(&done_with, i);
    }
    finish(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_takes_over),
        cmocka_unit_test(who_waits_at_a_stop_waits_for_the_next),
        cmocka_unit_test(a_blocking_listener_takes_over),
        cmocka_unit_test(descriptors_that_will_not_do),
        cmocka_unit_test(a_loop_that_is_stuck_has_no_pulse),
        cmocka_unit_test(a_reload_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
