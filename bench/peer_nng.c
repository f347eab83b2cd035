/* SPDX-License-Identifier: MIT */
/*
 * NNG as a server. Prints its port; ends with its standard input.
 *
 *     peer-nng rep           answers each request with itself
 *     peer-nng pull COUNT    takes COUNT messages, then ends
 */
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *wait_for_end(void *arg)
{
    char byte;
    (void)arg;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    _exit(0);
}

int main(int argc, char **argv)
{
    bool answers = argc > 1 && strcmp(argv[1], "rep") == 0;
    size_t left = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    nng_socket socket;
    nng_listener listener;
    int port;
    pthread_t thread;
    nng_msg *message;
    if (answers ? nng_rep0_open(&socket) : nng_pull0_open(&socket)) return 1;
    if (nng_listener_create(&listener, socket, "tcp://127.0.0.1:0") || nng_listener_start(listener, 0) ||
        nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port))
        return 1;
    printf("%d\n", port);
    fflush(stdout);
    pthread_create(&thread, NULL, wait_for_end, NULL);
    while (answers || left-- > 0) {
        if (nng_recvmsg(socket, &message, 0)) return 1;
        if (!answers)
            nng_msg_free(message);
        else if (nng_sendmsg(socket, message, 0))
            return 1;
    }
    _exit(0);
}
