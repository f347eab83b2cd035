/* SPDX-License-Identifier: MIT */
/* The server as a whole: its endpoints, its loops, starting and stopping. */
#include "peer/server.h"
#include "base/plural.h"

#include "base/alloc.h"
#include "base/options.h"
#include "base/thread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    MAX_CONNECTIONS = 10000,
    MOST_TURNED_AWAY = 64, /* at the same time */
    MESSAGE_TIMEOUT_MS = 60000,
    STOP_TIMEOUT_MS = 5000,
    LINGER_MS = 1000,
    STOP_SILENCE_MS = 100,
    LAYERS_MS = 100, /* so exactly is the time of layers kept */
    MAX_QUEUED = 1 << 20,
    MAX_AMPLIFICATION = 2,
    MAX_RATE = 10000,
    MAX_THREADS = 1024
};

/* An accepted socket on its way to another loop. */
typedef struct arrival {
    og__server_loop *loop;
    og__port *port;
    og__socket socket;
    bool crowded;
} arrival;

/* ---- Making ---- */

static int64_t or_default(int64_t given, int64_t otherwise)
{
    return given == 0 ? otherwise : given;
}

/* 1 GiB, or a quarter of the memory. */
static size_t default_total(void)
{
    const size_t most = (size_t)1 << 30;
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0 || (size_t)pages > most / (size_t)page * 4) return most;
    return (size_t)pages * (size_t)page / 4;
}

static int fill_options(og_server_options *options, og_error *err)
{
    if (options->conn.size == 0) options->conn.size = sizeof options->conn;
    if (options->threads < 0 || options->threads > MAX_THREADS || options->workers < 0 ||
        options->workers > MAX_THREADS)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "found %d threads and %d workers, expected 0 to %d", options->threads,
                            options->workers, MAX_THREADS);
    if (options->more_workers && !options->workers)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "found threads to be added to the workers, and no workers");
    if (options->busy_poll_us > OG_BUSY_POLL_MAX)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "found %u microseconds of looking before each wait, expected 0 to %d",
                            options->busy_poll_us, OG_BUSY_POLL_MAX);
    if (options->threads == 0) options->threads = 1;
    if (options->max_connections == 0) options->max_connections = MAX_CONNECTIONS;
    if (options->max_queued == 0) options->max_queued = MAX_QUEUED;
    if (options->max_total == 0) options->max_total = default_total();
    if (options->max_amplification == 0) options->max_amplification = MAX_AMPLIFICATION;
    if (options->max_rate == 0) options->max_rate = MAX_RATE;
    options->message_timeout_ms = or_default(options->message_timeout_ms, MESSAGE_TIMEOUT_MS);
    options->stop_timeout_ms = or_default(options->stop_timeout_ms, STOP_TIMEOUT_MS);
    return OG_OK;
}

static void loop_fini(og__server_loop *loop)
{
    if (!loop->net) return;
    if (loop->stop_timer) og__net_timer_close(loop->stop_timer);
    if (loop->relief) og__net_timer_close(loop->relief);
    loop->loan.spares.on_long = NULL;
    if (loop->forget) og__net_timer_close(loop->forget);
    og__peer_limits_fini(&loop->limits);
    og__net_loop_free(loop->net);
    og_doc_free(loop->doc);
    og_doc_free(loop->loan.judging);
    og__peer_parts_fini(&loop->parts, loop->server->alloc);
    og__peer_spares_fini(&loop->loan.spares);
}

static void close_now(og__served *served)
{
    og__server_loop *loop = served->loop;
    if (served->work->count > 0)
        og__peer_server_log(loop->server, OG_LOG_WARNING, &served->conn,
                            "the stop waits for the handler of its message, which has not returned");
    if (!served->is_datagram) {
        og__peer_served_close(served, NULL);
        return;
    }
    if (loop->server->workers) og__peer_workers_drop(loop->server->workers, served);
    og__peer_served_leave(served);
    og__peer_loop_left(loop, false);
}

/* The grace is over: what was read is answered, and after a last while all is closed. */
static void on_stop_timeout(void *ctx)
{
    og__server_loop *loop = ctx;
    bool last = loop->grace_over;
    loop->grace_over = true;
    for (og__served *served = loop->first, *next; served; served = next) {
        next = served->next;
        if (last)
            close_now(served);
        else if (!served->is_datagram)
            og__peer_served_stop_reading(served, NULL);
    }
    if (!last) og__net_timer_start(loop->stop_timer, LINGER_MS);
}

static int loop_init(og_server *server, og__server_loop *loop, og_error *err)
{
    loop->server = server;
    loop->net = og__net_loop_new(server->alloc, err);
    if (!loop->net) return OG_ENOMEM;
    og__net_loop_set_high_water(loop->net, server->options.max_queued);
    og__net_loop_set_busy_poll(loop->net, server->options.busy_poll_us);
    loop->doc = og_doc_new(server->alloc);
    loop->stop_timer = og__net_timer_open(loop->net, on_stop_timeout, loop, err);
    loop->relief = og__net_timer_open(loop->net, og__peer_total_relief, loop, err);
    if (og__peer_limits_init(&loop->limits, loop->net, server->alloc, og__peer_served_expired, err) < 0 ||
        !loop->stop_timer || !loop->relief || !loop->doc)
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a server");
    const og_server_options *options = &server->options;
    int64_t *ms = loop->limits.ms;
    ms[OG__LIMIT_SILENCE] = OG__SILENCE_MS;
    ms[OG__LIMIT_MESSAGE] = options->message_timeout_ms;
    ms[OG__LIMIT_IDLE] = options->idle_timeout_ms > 0 ? options->idle_timeout_ms : -1;
    ms[OG__LIMIT_SEND] = or_default(options->conn.send_timeout_ms, OG_SEND_TIMEOUT_DEFAULT);
    ms[OG__LIMIT_LAYERS] = LAYERS_MS;
    ms[OG__LIMIT_STOP] = STOP_SILENCE_MS;
    ms[OG__LIMIT_LINGER] = LINGER_MS;
    return OG_OK;
}

og_server *og_server_new(const og_server_options *options, og_error *err)
{
    og_server_options own;
    og__setup setup;
    og_endpoint nowhere = {.transport = OG_TCP};
    if (og__base_options_take(&own, sizeof own, options, err) < 0 || fill_options(&own, err) < 0) return NULL;
    if (og__peer_setup_init(&setup, &own.conn, &nowhere, OG_ROLE_SERVER, err) < 0) return NULL;
    og__peer_setup_fini(&setup);
    size_t loops = (size_t)own.threads;
    og_server *server = og__base_alloc(own.conn.alloc, sizeof *server);
    og__server_loop *loop_memory = og__base_alloc(own.conn.alloc, loops * sizeof *loop_memory);
    if (!server || !loop_memory) {
        og__base_free(own.conn.alloc, server, sizeof *server);
        og__base_free(own.conn.alloc, loop_memory, loops * sizeof *loop_memory);
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a server");
        return NULL;
    }
    memset(server, 0, sizeof *server);
    memset(loop_memory, 0, loops * sizeof *loop_memory);
    pthread_mutex_init(&server->layers_lock, NULL);
    server->options = own;
    server->alloc = own.conn.alloc;
    server->loops = loop_memory;
    server->loop_count = loops;
    for (size_t i = 0; i < loops; i++) {
        if (loop_init(server, &loop_memory[i], err) == OG_OK) continue;
        og_server_free(server);
        return NULL;
    }
    return server;
}

void og_server_free(og_server *server)
{
    if (!server) return;
    for (size_t i = 0; i < server->loop_count; i++) {
        server->loops[i].stopping = true; /* what is still on its way to the loop goes */
        loop_fini(&server->loops[i]);
    }
    og__port *port = server->ports;
    while (port) {
        og__port *next = port->next;
        og__net_socket_close(&port->socket);
        og__peer_setup_fini(&port->setup);
        og__base_free(server->alloc, port->senders, OG__CHAINS * sizeof(og__served *));
        og__base_free(server->alloc, port->buckets, OG__BUCKETS * sizeof *port->buckets);
        og__base_free(server->alloc, port, sizeof *port);
        port = next;
    }
    og__peer_relay_free(server);
    pthread_mutex_destroy(&server->layers_lock);
    og__base_free(server->alloc, server->loops, server->loop_count * sizeof *server->loops);
    og__base_free(server->alloc, server, sizeof *server);
}

/* ---- Endpoints ---- */

/* A descriptor is taken over once. */
static int check_inherited(const og_server *server, const og_endpoint *where, og_error *err)
{
    for (const og__port *port = server->ports; port && where->inherited; port = port->next)
        if (port->socket.fd == where->inherited - 1)
            return og_error_set(err, OG_EBIND, OG_NO_POSITION, "descriptor %d is listened on already, as %s",
                                port->socket.fd, port->endpoint);
    return OG_OK;
}

int og_server_listen(og_server *server, const char *endpoint, og_error *err)
{
    og_endpoint where;
    int status = og_endpoint_parse(&where, endpoint, err);
    if (status == OG_OK) status = og__net_endpoint_settle(&where, err);
    if (status == OG_OK) status = check_inherited(server, &where, err);
    if (status < 0) return status;
    og__port *port = og__base_alloc(server->alloc, sizeof *port);
    if (!port) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to listen");
    memset(port, 0, sizeof *port);
    port->server = server;
    port->options = &server->options.conn;
    port->socket = (og__socket)OG__SOCKET_NONE;
    port->max_datagram = og__net_socket_max_datagram(where.transport);
    og_endpoint_text(&where, port->endpoint, sizeof port->endpoint);
    status = og__peer_setup_init(&port->setup, port->options, &where, OG_ROLE_SERVER, err);
    if (status == OG_OK && server->relay) status = og__peer_relay_check(server->relay, port, err);
    if (status == OG_OK) status = og__net_socket_listen(&port->socket, &where, BACKLOG, err);
    if (status < 0) {
        og__peer_setup_fini(&port->setup);
        og__base_free(server->alloc, port, sizeof *port);
        return status;
    }
    og_endpoint_text(&where, port->endpoint, sizeof port->endpoint);
    if (port->setup.datagram) og__net_socket_bound(&port->socket, &port->bound);
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

/* ---- Layers ---- */

static int reload_port(og__port *port, og_error *err)
{
    og_endpoint where;
    og__setup fresh = {0};
    og_server *server = port->server;
    if (!port->setup.layers) return OG_OK;
    int status = og_endpoint_parse(&where, port->endpoint, err);
    if (status == OG_OK) status = og__peer_setup_init(&fresh, port->options, &where, port->setup.role, err);
    if (status < 0) return status;
    pthread_mutex_lock(&server->layers_lock);
    og__layers *old = port->setup.layers;
    port->setup.layers = fresh.layers;
    pthread_mutex_unlock(&server->layers_lock);
    og__layer_set_unref(old);
    return OG_OK;
}

static void reload_keys(og__port *port)
{
    og_error err;
    const og_server *server = port->server;
    if (!port->setup.layers) return;
    if (reload_port(port, &err) == OG_OK)
        og__peer_server_log(server, OG_LOG_INFO, NULL, "%s: keys were read anew", port->endpoint);
    else
        og__peer_server_log(server, OG_LOG_ERROR, NULL, "%s: the old keys stay: %s", port->endpoint,
                            err.text);
}

/* Reads the files of layers anew. Whoever is connected keeps what was agreed with it. */
static void reload(og_server *server)
{
    const og_server_options *options = &server->options;
    og__peer_server_log(server, OG_LOG_INFO, NULL, "told to read files again");
    if (options->on_reload) options->on_reload(false, options->user);
    for (og__port *port = server->ports; port; port = port->next)
        reload_keys(port);
    if (server->relay) reload_keys(&server->relay->behind);
    if (options->on_reload) options->on_reload(true, options->user);
}

void og_server_reload(og_server *server)
{
    int before = errno; /* a signal handler must leave it alone */
    atomic_store(&server->reload_wanted, true);
    og__net_loop_stop(server->loops[0].net);
    errno = before;
}

/* ---- Accepting ---- */

static void pause_accepting(og_server *server, bool pause)
{
    atomic_store(&server->accept_paused, pause);
    for (og__port *port = server->ports; port; port = port->next)
        if (port->listener) og__net_listener_pause(port->listener, pause);
}

/* How many connections there may be, with those that are turned away at the moment. */
static size_t most_connections(const og_server *server)
{
    const og_server_options *options = &server->options;
    return options->max_connections + (options->when_crowded == OG_CROWDED_REFUSE ? MOST_TURNED_AWAY : 0);
}

static void resume_if_room(og_server *server)
{
    if (atomic_load(&server->connections) < most_connections(server)) pause_accepting(server, false);
}

static void resume_accepting(void *arg)
{
    og_server *server = arg;
    atomic_store(&server->resuming, false);
    resume_if_room(server);
}

static void arrive(og__server_loop *loop, og__port *port, og__socket *socket, bool crowded)
{
    loop->count++;
    if (!loop->stopping) {
        og__peer_served_open(loop, port, socket, crowded);
        return;
    }
    og__net_socket_close(socket);
    og__peer_loop_left(loop, true);
}

static void on_arrival(void *arg)
{
    arrival *a = arg;
    arrive(a->loop, a->port, &a->socket, a->crowded);
    og__base_free(a->port->server->alloc, a, sizeof *a);
}

static void log_turned_away(og__port *port)
{
    size_t left_out;
    const og_server *server = port->server;
    if (!og__peer_quota_take(&port->refusals, og__net_loop_now(port->loop->net), &left_out)) return;
    if (left_out > 0)
        og__peer_server_log(server, OG_LOG_WARNING, NULL, "%s: %zu more client%s turned away before this",
                            port->endpoint, left_out, left_out == 1 ? " was" : "s were");
    og__peer_server_log(
        server, OG_LOG_WARNING, NULL,
        "%s: a client is turned away: as many connections are open as may be (max_connections: %zu)",
        port->endpoint, server->options.max_connections);
}

static void on_accept(void *ctx, og__socket socket)
{
    og__port *port = ctx;
    og_server *server = port->server;
    og__server_loop *loop = &server->loops[server->next_loop++ % server->loop_count];
    size_t count = atomic_fetch_add(&server->connections, 1) + 1;
    bool refuses = server->options.when_crowded == OG_CROWDED_REFUSE;
    bool crowded = refuses && count > server->options.max_connections;
    if (crowded) log_turned_away(port);
    if (count >= most_connections(server)) {
        pause_accepting(server, true);
        if (!refuses)
            og__peer_server_log(server, OG_LOG_WARNING, NULL,
                                "connections open: %zu, as many as may be (max_connections): others wait",
                                count);
        resume_if_room(server); /* one may have gone meanwhile */
    }
    if (loop == port->loop) {
        arrive(loop, port, &socket, crowded);
        return;
    }
    arrival *a = og__base_alloc(server->alloc, sizeof *a);
    if (a) {
        *a = (arrival){loop, port, socket, crowded};
        if (og__net_loop_post(loop->net, on_arrival, a) == OG_OK) return;
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

/* Puts every endpoint on a loop: those of streams on the first, which deals connections out to all. */
static int open_ports(og_server *server, og_error *err)
{
    size_t datagrams = 0;
    for (og__port *port = server->ports; port; port = port->next) {
        if (port->setup.datagram) {
            port->loop = &server->loops[datagrams++ % server->loop_count];
            port->datagrams =
                og__net_datagrams_open(port->loop->net, &port->socket, og__peer_datagram_received,
                                       og__peer_datagram_error, og__peer_datagram_closed, port, err);
            if (!port->datagrams) return OG_EIO;
        } else {
            port->loop = &server->loops[0];
            port->listener =
                og__net_listener_open(port->loop->net, &port->socket, on_accept, on_accept_error, port, err);
            if (!port->listener) return OG_EIO;
        }
    }
    return OG_OK;
}

/* Tells what the log has left out. */
static void sum_up(const og__port *port)
{
    size_t left_out = og__peer_quota_left_out(&port->refusals);
    if (left_out == 0) return;
    og__peer_server_log(port->server, OG_LOG_WARNING, NULL,
                        port->setup.datagram ? "%s: refused %zu more message%s%s"
                                             : "%s: %zu more client%s%s turned away",
                        port->endpoint, left_out, og__base_plural(left_out),
                        port->setup.datagram ? ""
                        : left_out == 1      ? " was"
                                             : " were");
}

static void close_ports(og__server_loop *loop)
{
    for (og__port *port = loop->server->ports; port; port = port->next) {
        if (port->loop != loop) continue;
        sum_up(port);
        if (port->listener) og__net_listener_close(port->listener);
        port->listener = NULL;
        if (port->idle) og__peer_served_leave(port->idle);
        port->idle = NULL;
    }
}

/* Datagrams that have come are handled; what comes from now on stays in the socket. */
static void read_last_datagrams(const og__server_loop *loop)
{
    for (og__port *port = loop->server->ports; port; port = port->next)
        if (port->loop == loop && port->datagrams) og__net_datagrams_read_last(port->datagrams);
}

/* Accepts no more, and reads each connection until it is silent. */
static void stop_loop(void *arg)
{
    og__server_loop *loop = arg;
    if (loop->stopping) return;
    read_last_datagrams(loop);
    loop->stopping = true;
    loop->count++; /* so that it is not done before all are told */
    close_ports(loop);
    og__served *served = loop->first;
    while (served) {
        og__served *next = served->next;
        if (!served->is_datagram) og__peer_served_stop(served);
        served = next;
    }
    if (loop->server->options.stop_timeout_ms >= 0)
        og__net_timer_start(loop->stop_timer, (uint64_t)loop->server->options.stop_timeout_ms);
    og__peer_loop_left(loop, false);
}

static void run_loop(og__server_loop *loop)
{
    while (!loop->done)
        og__net_loop_run(loop->net, NULL);
    og__net_timer_stop(loop->stop_timer);
    for (og__port *port = loop->server->ports; port; port = port->next)
        if (port->loop == loop && port->datagrams) og__net_datagrams_close(port->datagrams);
}

static void *loop_thread(void *arg)
{
    og__server_loop *loop = arg;
    loop->thread = pthread_self();
    run_loop(loop);
    return NULL;
}

/* Clients whose system has connected them already are served. */
static void accept_last(og_server *server)
{
    for (og__port *port = server->ports; port; port = port->next)
        if (port->listener) og__net_listener_accept_last(port->listener);
}

/* The first loop, on the thread that called: also the one that hears of the stop. */
static void run_first(og_server *server, size_t others)
{
    og__server_loop *first = &server->loops[0];
    while (!atomic_load(&server->stopping)) {
        if (atomic_exchange(&server->reload_wanted, false)) reload(server);
        og__net_loop_run(first->net, NULL);
    }
    accept_last(server);
    for (size_t i = 1; i <= others; i++) {
        og__server_loop *loop = &server->loops[i];
        loop->stop = (og__call){.fn = stop_loop, .arg = loop};
        og__net_loop_call(loop->net, &loop->stop);
    }
    stop_loop(first);
    run_loop(first);
}

static int run_loops(og_server *server, pthread_t *threads, og_error *err)
{
    size_t started = 0;
    server->result = OG_OK;
    server->resume = (og__call){.fn = resume_accepting, .arg = server};
    server->loops[0].thread = pthread_self();
    while (started + 1 < server->loop_count) {
        int sys = og__base_start_thread(&threads[started], loop_thread, &server->loops[started + 1]);
        if (sys != 0) {
            server->result = og_error_set_sys(err, OG_EIO, sys, "cannot start thread %zu of %zu", started + 2,
                                              server->loop_count);
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
    size_t size = server->loop_count * sizeof(pthread_t);
    pthread_t *threads = og__base_alloc(server->alloc, size);
    if (!threads) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for threads");
    int status = open_ports(server, err);
    if (status == OG_OK && server->options.workers > 0) {
        server->workers = og__peer_workers_start(server, server->options.workers, err);
        if (!server->workers) status = OG_ENOMEM;
    }
    if (status == OG_OK) status = run_loops(server, threads, err);
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
    int sys = og__base_start_thread(&server->thread, run_in_background, server);
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
    og__net_loop_stop(server->loops[0].net);
    errno = before;
}
