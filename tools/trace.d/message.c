/* SPDX-License-Identifier: MIT */
/*
 * Serves a few messages over TCP, one after the other, and prints every call that the server's loop made: a
 * line each, "> address" for a call and "< address" for its return. tools/trace-message builds the library
 * with -finstrument-functions, which calls the two functions below, and reads the lines.
 */
#include <onggi/onggi.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNTRACED __attribute__((no_instrument_function))

typedef struct call {
    void *function;
    char way;
} call;

enum { MOST = 100000, MESSAGES = 8 };
static call calls[MOST];
static size_t count;
static _Thread_local bool traced; /* the server's loop is the one thread that is */

UNTRACED static void note(void *function, char way)
{
    if (traced && count < MOST) calls[count++] = (call){function, way};
}

UNTRACED void __cyg_profile_func_enter(void *function, void *caller);
UNTRACED void __cyg_profile_func_exit(void *function, void *caller);

void __cyg_profile_func_enter(void *function, void *caller)
{
    (void)caller;
    note(function, '>');
}

void __cyg_profile_func_exit(void *function, void *caller)
{
    (void)caller;
    note(function, '<');
}

UNTRACED static void fail(const char *what)
{
    fprintf(stderr, "trace: %s\n", what);
    exit(1);
}

UNTRACED static void on_open(og_conn *conn, void *user)
{
    (void)conn, (void)user;
    traced = true;
}

/* The handler: instrumented, so that the trace shows where it was called. */
void handler(og_conn *conn, og_value value, void *user);

void handler(og_conn *conn, og_value value, void *user)
{
    (void)user;
    if (og_send(conn, value, NULL) < 0) fail("the answer was not taken");
}

UNTRACED static int reach(const char *endpoint)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("cannot connect");
    return fd;
}

UNTRACED static void ask(int fd)
{
    static const char question[] = "{\"name\":\"John\",\"age\":30}\n";
    char answer[64];
    size_t have = 0;
    if (send(fd, question, sizeof question - 1, MSG_NOSIGNAL) < 0) fail("cannot send");
    while (have == 0 || answer[have - 1] != '\n') {
        ssize_t n = recv(fd, answer + have, sizeof answer - have, 0);
        if (n <= 0) fail("no answer");
        have += (size_t)n;
    }
    if (have != sizeof question - 1 || memcmp(question, answer, have) != 0) fail("another answer");
}

UNTRACED int main(void)
{
    og_error err = {0};
    const og_server_options options = {.size = sizeof options, .on_open = on_open, .on_message = handler};
    og_server *server = og_server_new(&options, &err);
    if (!server || og_server_listen(server, "tcp://127.0.0.1:0", &err) < 0) fail(err.text);
    if (og_server_start(server, &err) < 0) fail(err.text);
    int fd = reach(og_server_endpoint(server, 0));
    for (int i = 0; i < MESSAGES; i++)
        ask(fd);
    close(fd);
    og_server_stop(server);
    if (og_server_join(server, &err) < 0) fail(err.text);
    og_server_free(server);
    for (size_t i = 0; i < count; i++)
        printf("%c %p\n", calls[i].way, calls[i].function);
    return 0;
}
