/* SPDX-License-Identifier: MIT */
/*
 * libzmq as a server. Prints its port; ends with its standard input.
 *
 *     peer-zmq rep           answers each request with itself
 *     peer-zmq pull COUNT    takes COUNT messages, then ends
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

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
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, answers ? ZMQ_REP : ZMQ_PULL);
    char endpoint[256];
    size_t len = sizeof endpoint;
    pthread_t thread;
    zmq_msg_t message;
    if (zmq_bind(socket, "tcp://127.0.0.1:*") < 0) return 1;
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &len);
    printf("%s\n", strrchr(endpoint, ':') + 1);
    fflush(stdout);
    pthread_create(&thread, NULL, wait_for_end, NULL);
    zmq_msg_init(&message);
    while (answers || left-- > 0) {
        if (zmq_msg_recv(&message, socket, 0) < 0) return 1;
        if (answers && zmq_msg_send(&message, socket, 0) < 0) return 1;
    }
    _exit(0);
}
