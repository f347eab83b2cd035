/* SPDX-License-Identifier: MIT */
/* The server as a whole: its endpoints, its lanes, starting and stopping. */
#include "peer/server.h"

#include "base/alloc.h"
#include "base/options.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
    BACKLOG = 1024,
    MAX_CONNECTIONS = 10000,
    MESSAGE_TIMEOUT_MS = 60000,
    STOP_TIMEOUT_MS = 5000,
    LINGER_MS = 1000,
    MAX_QUEUED = 1 << 20,
    MAX_THREADS = 1024
};

/* An accepted socket on its way to another lane. */
typedef struct arrival {
    og__lane *lane;
    og__port *port;
    og__socket socket;
} arrival;

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

/* ---- Making ---- */

static int64_t or_default(int64_t given, int64_t otherwise)
{
    return given == 0 ? otherwise : given;
}

static int fill_options(og_server_options *options, og_error *err)
{
    if (options->conn.size == 0) options->conn.size = sizeof options->conn;
    if (options->threads < 0 || options->threads > MAX_THREADS || options->workers < 0 ||
        options->workers > MAX_THREADS)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "found %d threads and %d workers, expected 0 to %d", options->threads,
                            options->workers, MAX_THREADS);
    if (options->threads == 0) options->threads = 1;
    if (options->max_connections == 0) options->max_connections = MAX_CONNECTIONS;
    if (options->max_queued == 0) options->max_queued = MAX_QUEUED;
    options->message_timeout_ms = or_default(options->message_timeout_ms, MESSAGE_TIMEOUT_MS);
    options->stop_timeout_ms = or_default(options->stop_timeout_ms, STOP_TIMEOUT_MS);
    return OG_OK;
}

static void lane_fini(og__lane *lane)
{
    if (!lane->loop) return;
    if (lane->stop_timer) og__net_timer_close(lane->stop_timer);
    og__peer_watches_fini(&lane->watches);
    og__net_loop_free(lane->loop);
    og_doc_free(lane->doc);
    og_buf_free(&lane->spare);
}

static void on_stop_timeout(void *ctx)
{
    og__lane *lane = ctx;
    og__served *served = lane->first;
    while (served) {
        og__served *next = served->next;
        if (og__peer_served_is_with_worker(served))
            og__peer_server_log(lane->server, OG_LOG_WARNING, &served->conn,
                                "the stop waits for the handler of its message, which has not returned");
        if (!served->is_gram) {
            og__peer_served_close(served, NULL);
        } else {
            og__peer_served_leave(served);
            og__peer_lane_left(lane, false);
        }
        served = next;
    }
}

static int lane_init(og_server *server, og__lane *lane, og_error *err)
{
    lane->server = server;
    og_buf_init(&lane->spare, server->alloc);
    lane->loop = og__net_loop_new(server->alloc, err);
    if (!lane->loop) return OG_ENOMEM;
    lane->doc = og_doc_new(server->alloc);
    lane->stop_timer = og__net_timer_open(lane->loop, on_stop_timeout, lane, err);
    if (og__peer_watches_init(&lane->watches, lane->loop, og__peer_served_expired, err) < 0 ||
        !lane->stop_timer || !lane->doc)
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a server");
    const og_server_options *options = &server->options;
    int64_t *limits = lane->watches.limit_ms;
    limits[OG__WATCH_SILENCE] = OG__SILENCE_MS;
    limits[OG__WATCH_MESSAGE] = options->message_timeout_ms;
    limits[OG__WATCH_IDLE] = options->idle_timeout_ms > 0 ? options->idle_timeout_ms : -1;
    limits[OG__WATCH_SEND] = or_default(options->conn.send_timeout_ms, 30000);
    limits[OG__WATCH_LINGER] = LINGER_MS;
    return OG_OK;
}

og_server *og_server_new(const og_server_options *options, og_error *err)
{
    og_server_options own;
    og__setup setup;
    og_endpoint nowhere = {.transport = OG_TCP};
    if (og__base_options_take(&own, sizeof own, options, err) < 0 || fill_options(&own, err) < 0) return NULL;
    if (og__peer_setup_init(&setup, &own.conn, &nowhere, err) < 0) return NULL;
    size_t lanes = (size_t)own.threads;
    og_server *server = og__base_alloc(own.conn.alloc, sizeof *server);
    og__lane *lane_memory = og__base_alloc(own.conn.alloc, lanes * sizeof *lane_memory);
    if (!server || !lane_memory) {
        og__base_free(own.conn.alloc, server, sizeof *server);
        og__base_free(own.conn.alloc, lane_memory, lanes * sizeof *lane_memory);
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a server");
        return NULL;
    }
    memset(server, 0, sizeof *server);
    memset(lane_memory, 0, lanes * sizeof *lane_memory);
    server->options = own;
    server->alloc = own.conn.alloc;
    server->lanes = lane_memory;
    server->lane_count = lanes;
    for (size_t i = 0; i < lanes; i++) {
        if (lane_init(server, &lane_memory[i], err) == OG_OK) continue;
        og_server_free(server);
        return NULL;
    }
    return server;
}

void og_server_free(og_server *server)
{
    if (!server) return;
    for (size_t i = 0; i < server->lane_count; i++) {
        server->lanes[i].stopping = true; /* what is still on its way to the lane goes */
        lane_fini(&server->lanes[i]);
    }
    og__port *port = server->ports;
    while (port) {
        og__port *next = port->next;
        og__net_socket_close(&port->socket);
        og__base_free(server->alloc, port, sizeof *port);
        port = next;
    }
    og__base_free(server->alloc, server->lanes, server->lane_count * sizeof *server->lanes);
    og__base_free(server->alloc, server, sizeof *server);
}

/* ---- Endpoints ---- */

int og_server_listen(og_server *server, const char *endpoint, og_error *err)
{
    og_endpoint where;
    int status = og_endpoint_parse(&where, endpoint, err);
    if (status < 0) return status;
    og__port *port = og__base_alloc(server->alloc, sizeof *port);
    if (!port) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to listen");
    memset(port, 0, sizeof *port);
    port->server = server;
    port->socket = (og__socket)OG__SOCKET_NONE;
    port->max_datagram = og__net_socket_max_datagram(where.transport);
    status = og__peer_setup_init(&port->setup, &server->options.conn, &where, err);
    if (status == OG_OK) status = og__net_socket_listen(&port->socket, &where, BACKLOG, err);
    if (status < 0) {
        og__base_free(server->alloc, port, sizeof *port);
        return status;
    }
    og_endpoint_text(&where, port->endpoint, sizeof port->endpoint);
    og__port **last = &server->ports;
    while (*last)
        last = &(*last)->next;
    *last = port;
    return OG_OK;
}

const char *og_server_endpoint(const og_server *server, size_t index)
{
    const og__port *port = server->ports;
    while (port && index > 0) {
        port = port->next;
        index--;
    }
    return port ? port->endpoint : NULL;
}

size_t og_server_connections(const og_server *server)
{
    return atomic_load(&server->connections);
}

/* ---- Accepting ---- */

static void pause_accepting(og_server *server, bool pause)
{
    atomic_store(&server->accept_paused, pause);
    for (og__port *port = server->ports; port; port = port->next)
        if (port->listener) og__net_listener_pause(port->listener, pause);
}

static void resume_if_room(og_server *server)
{
    if (atomic_load(&server->connections) < server->options.max_connections) pause_accepting(server, false);
}

static void resume_accepting(void *arg)
{
    og_server *server = arg;
    atomic_store(&server->resuming, false);
    resume_if_room(server);
}

void og__peer_lane_left(og__lane *lane, bool was_stream)
{
    og_server *server = lane->server;
    if (was_stream) {
        atomic_fetch_sub(&server->connections, 1);
        if (atomic_load(&server->accept_paused) && !atomic_exchange(&server->resuming, true))
            og__net_loop_call(server->lanes[0].loop, &server->resume);
    }
    lane->count--;
    if (!lane->stopping || lane->count > 0) return;
    lane->done = true;
    og__net_loop_stop(lane->loop);
}

static void arrive(og__lane *lane, og__port *port, og__socket *socket)
{
    lane->count++;
    if (!lane->stopping) {
        og__peer_served_open(lane, port, socket);
        return;
    }
    og__net_socket_close(socket);
    og__peer_lane_left(lane, true);
}

static void on_arrival(void *arg)
{
    arrival *a = arg;
    arrive(a->lane, a->port, &a->socket);
    og__base_free(a->port->server->alloc, a, sizeof *a);
}

static void on_accept(void *ctx, og__socket socket)
{
    og__port *port = ctx;
    og_server *server = port->server;
    og__lane *lane = &server->lanes[server->next_lane++ % server->lane_count];
    size_t count = atomic_fetch_add(&server->connections, 1) + 1;
    if (count >= server->options.max_connections) {
        pause_accepting(server, true);
        og__peer_server_log(server, OG_LOG_WARNING, NULL,
                            "%zu connections are open, as many as may be: others wait", count);
        resume_if_room(server); /* one may have gone meanwhile */
    }
    if (lane == port->lane) {
        arrive(lane, port, &socket);
        return;
    }
    arrival *a = og__base_alloc(server->alloc, sizeof *a);
    if (a) {
        *a = (arrival){lane, port, socket};
        if (og__net_loop_post(lane->loop, on_arrival, a) == OG_OK) return;
        og__base_free(server->alloc, a, sizeof *a);
    }
    og__peer_server_log(server, OG_LOG_ERROR, NULL, "no memory for a connection");
    og__net_socket_close(&socket);
    atomic_fetch_sub(&server->connections, 1);
}

static void on_accept_error(void *ctx, const og_error *err)
{
    const og__port *port = ctx;
    og__peer_server_log(port->server, OG_LOG_ERROR, NULL, "%s: %s", port->endpoint, err->text);
}

/* ---- Running ---- */

/* Puts every endpoint on a lane: those of streams on the first, which deals connections out to all. */
static int open_ports(og_server *server, og_error *err)
{
    size_t grams = 0;
    for (og__port *port = server->ports; port; port = port->next) {
        if (port->setup.datagram) {
            port->lane = &server->lanes[grams++ % server->lane_count];
            port->dgram = og__net_dgram_open(port->lane->loop, &port->socket, og__peer_gram_received,
                                             og__peer_gram_error, og__peer_gram_closed, port, err);
            if (!port->dgram) return OG_EIO;
        } else {
            port->lane = &server->lanes[0];
            port->listener =
                og__net_listener_open(port->lane->loop, &port->socket, on_accept, on_accept_error, port, err);
            if (!port->listener) return OG_EIO;
        }
    }
    return OG_OK;
}

static void close_ports(og__lane *lane)
{
    for (og__port *port = lane->server->ports; port; port = port->next) {
        if (port->lane != lane) continue;
        if (port->listener) og__net_listener_close(port->listener);
        port->listener = NULL;
        if (port->gram) og__peer_served_leave(port->gram);
        port->gram = NULL;
    }
}

/* Reads no more, and lets what is in hand leave. */
static void stop_lane(void *arg)
{
    og__lane *lane = arg;
    if (lane->stopping) return;
    lane->stopping = true;
    lane->count++; /* so that it is not done before all are told */
    close_ports(lane);
    og__served *served = lane->first;
    while (served) {
        og__served *next = served->next;
        og__peer_served_stop(served);
        served = next;
    }
    if (lane->server->options.stop_timeout_ms >= 0)
        og__net_timer_start(lane->stop_timer, (uint64_t)lane->server->options.stop_timeout_ms);
    og__peer_lane_left(lane, false);
}

static void run_lane(og__lane *lane)
{
    while (!lane->done)
        og__net_loop_run(lane->loop, NULL);
    og__net_timer_stop(lane->stop_timer);
    for (og__port *port = lane->server->ports; port; port = port->next)
        if (port->lane == lane && port->dgram) og__net_dgram_close(port->dgram);
}

static void *lane_thread(void *arg)
{
    og__lane *lane = arg;
    lane->thread = pthread_self();
    run_lane(lane);
    return NULL;
}

/* The first lane, on the thread that called: also the one that hears of the stop. */
static void run_first(og_server *server, size_t others)
{
    og__lane *first = &server->lanes[0];
    while (!atomic_load(&server->stopping))
        og__net_loop_run(first->loop, NULL);
    for (size_t i = 1; i <= others; i++) {
        og__lane *lane = &server->lanes[i];
        lane->stop = (og__call){.fn = stop_lane, .arg = lane};
        og__net_loop_call(lane->loop, &lane->stop);
    }
    stop_lane(first);
    run_lane(first);
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

static int run_lanes(og_server *server, pthread_t *threads, og_error *err)
{
    size_t started = 0;
    server->result = OG_OK;
    server->resume = (og__call){.fn = resume_accepting, .arg = server};
    server->lanes[0].thread = pthread_self();
    while (started + 1 < server->lane_count) {
        int sys = og__peer_start_thread(&threads[started], lane_thread, &server->lanes[started + 1]);
        if (sys != 0) {
            server->result = og_error_set_sys(err, OG_EIO, sys, "cannot start thread %zu of %zu", started + 2,
                                              server->lane_count);
            atomic_store(&server->stopping, true);
            break;
        }
        started++;
    }
    run_first(server, started);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return server->result;
}

int og_server_run(og_server *server, og_error *err)
{
    if (!server->ports)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "the server listens nowhere: call og_server_listen()");
    size_t size = server->lane_count * sizeof(pthread_t);
    pthread_t *threads = og__base_alloc(server->alloc, size);
    if (!threads) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for threads");
    int status = open_ports(server, err);
    if (status == OG_OK && server->options.workers > 0) {
        server->workers = og__peer_workers_start(server, server->options.workers, err);
        if (!server->workers) status = OG_ENOMEM;
    }
    if (status == OG_OK) status = run_lanes(server, threads, err);
    og__peer_workers_stop(server->workers);
    server->workers = NULL;
    og__base_free(server->alloc, threads, size);
    return status;
}

static void *run_in_background(void *arg)
{
    og_server *server = arg;
    int status = og_server_run(server, &server->error);
    server->result = status;
    return NULL;
}

int og_server_start(og_server *server, og_error *err)
{
    if (!server->ports)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "the server listens nowhere: call og_server_listen()");
    int sys = og__peer_start_thread(&server->thread, run_in_background, server);
    if (sys != 0) return og_error_set_sys(err, OG_EIO, sys, "cannot start the server's thread");
    server->started = true;
    return OG_OK;
}

int og_server_join(og_server *server, og_error *err)
{
    if (!server->started)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "the server was not started with og_server_start()");
    pthread_join(server->thread, NULL);
    server->started = false;
    if (server->result < 0 && err) *err = server->error;
    return server->result;
}

void og_server_stop(og_server *server)
{
    int before = errno; /* a signal handler must leave it alone */
    atomic_store(&server->stopping, true);
    og__net_loop_stop(server->lanes[0].loop);
    errno = before;
}
