/* SPDX-License-Identifier: MIT */
/* What all files of the server need: telling people, starting threads, counting connections. */
#include "peer/server.h"

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

/* Lines about one thing in each period; further ones are counted. */
enum { QUOTA_LINES = 5, QUOTA_MS = 10000 };

size_t og__peer_quota_left_out(const og__quota *quota)
{
    return quota->lines > QUOTA_LINES ? quota->lines - QUOTA_LINES : 0;
}

bool og__peer_quota_take(og__quota *quota, uint64_t now_ms, size_t *left_out)
{
    *left_out = 0;
    if (quota->lines == 0 || (uint32_t)now_ms - quota->since >= QUOTA_MS) {
        *left_out = og__peer_quota_left_out(quota);
        *quota = (og__quota){.since = (uint32_t)now_ms};
    }
    return ++quota->lines <= QUOTA_LINES;
}

og__layers *og__peer_port_layers(og__port *port)
{
    pthread_mutex_lock(&port->server->layers_lock);
    og__layers *layers = og__layer_set_ref(port->setup.layers);
    pthread_mutex_unlock(&port->server->layers_lock);
    return layers;
}

static void on_pulse(void *arg)
{
    og__server_loop *loop = arg;
    atomic_store(&loop->pulse_wanted, false);
}

bool og_server_pulse(og_server *server)
{
    bool all = true;
    for (size_t i = 0; i < server->loop_count; i++) {
        og__server_loop *loop = &server->loops[i];
        if (atomic_exchange(&loop->pulse_wanted, true)) {
            all = false;
            continue;
        }
        loop->pulse = (og__call){.fn = on_pulse, .arg = loop};
        og__net_loop_call(loop->net, &loop->pulse);
    }
    return all;
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
