/* SPDX-License-Identifier: MIT */
/* What all files of the server need: telling people, starting threads, counting connections. */
#include "peer/server.h"

#include <signal.h>
#include <stdio.h>

void og__peer_server_log(const og_server *server, og_log_level level, const og_conn *conn, const char *format,
                         ...)
{
    if (!server->options.on_log) return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    server->options.on_log(level, conn, text, server->options.user);
}

int og__peer_start_thread(pthread_t *thread, void *(*fn)(void *), void *arg)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int sys = pthread_create(thread, NULL, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return sys;
}

og__layers *og__peer_port_layers(og__port *port)
{
    pthread_mutex_lock(&port->server->layers_lock);
    og__layers *layers = og__layer_set_ref(port->setup.layers);
    pthread_mutex_unlock(&port->server->layers_lock);
    return layers;
}

void og__peer_loop_left(og__server_loop *loop, bool was_stream)
{
    og_server *server = loop->server;
    if (was_stream) {
        atomic_fetch_sub(&server->connections, 1);
        if (atomic_load(&server->accept_paused) && !atomic_exchange(&server->resuming, true))
            og__net_loop_call(server->loops[0].net, &server->resume);
    }
    loop->count--;
    if (!loop->stopping || loop->count > 0) return;
    loop->done = true;
    og__net_loop_stop(loop->net);
}
