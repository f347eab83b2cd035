/* SPDX-License-Identifier: MIT */
/* A relay as a whole: its options, and the connection behind for each client's. */
#include "peer/server.h"

#include "base/alloc.h"
#include "base/options.h"
#include "base/plural.h"

#include <string.h>

enum { REMINDER_MS = 60000, FORGET_MS = 1000 };

/* ---- Connecting ---- */

static void on_connected(void *ctx, og__socket *socket, const og_error *err)
{
    og__served *behind = ctx;
    behind->pair->connecting = NULL;
    if (socket) {
        og__peer_served_adopt(behind, socket);
        return;
    }
    og__peer_server_log(behind->loop->server, OG_LOG_ERROR,
                        behind->pair->other ? &behind->pair->other->conn : NULL,
                        "%s; the client's connection is closed", err->text);
    og__peer_served_close(behind, err);
}

/* A client is there: its other side is connected, and meanwhile it is not read. */
static void on_open(og_conn *conn, void *user)
{
    og_error err;
    og__served *front = (og__served *)(void *)conn;
    og__relay *relay = front->loop->server->relay;
    if (relay->on_open) relay->on_open(conn, user);
    og__served *behind = og__peer_served_behind(front, &relay->behind, og__net_target_address(relay->target));
    if (!behind) {
        og__peer_server_log(front->loop->server, OG_LOG_ERROR, conn, "no memory for a connection");
        og__peer_served_close(front, NULL);
        return;
    }
    behind->pair->connecting = og__net_connect(
        front->loop->net, relay->target, relay->behind.setup.connect_timeout_ms, on_connected, behind, &err);
    if (behind->pair->connecting) return;
    og__peer_server_log(front->loop->server, OG_LOG_ERROR, conn, "%s", err.text);
    og__peer_served_close(behind, &err);
}

/* ---- Making ---- */

/* Policies where none are given. 0 or < 0. */
static int give_policies(og__relay *relay, og_error *err)
{
    og_conn_options *front = &relay->options.front.conn;
    og_conn_options *behind = &relay->options.behind;
    if (front->policy && behind->policy) return OG_OK;
    relay->plain = og_policy_builtin("plain-data", err);
    if (!relay->plain) return OG_ENOMEM;
    if (!front->policy) front->policy = relay->plain;
    if (!behind->policy) behind->policy = relay->plain;
    return OG_OK;
}

/* What is only known of raw by how its reader reads. */
static int give_reader(og__relay *relay, og_error *err)
{
    const og_relay_options *options = &relay->options;
    og__setup *setup = &relay->behind.setup;
    bool raw = setup->framing_given && og_framing_is_raw(setup->in.framing);
    if (!raw || options->dry_run) return OG_OK;
    if (options->raw_reader == OG_READER_UNKNOWN)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "nothing sets messages apart for the server behind: say how it reads them "
                            "(raw_reader)");
    if (options->raw_reader != OG_READER_RECV) return OG_OK;
    if (options->recv_size == 0)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "say how many bytes it asks for (recv_size)");
    if (!og__net_target_is_near(relay->target))
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "a network may cut a message anywhere, and a server that loads what one recv() "
                            "gives cannot be protected there: run the relay on its machine");
    if (setup->max_written > options->recv_size) setup->max_written = options->recv_size;
    return OG_OK;
}

/* The server behind. 0 or < 0. */
static int give_target(og_server *server, og__relay *relay, og_error *err)
{
    og_endpoint where;
    og__port *port = &relay->behind;
    port->server = server;
    port->options = &relay->options.behind;
    port->socket = (og__socket)OG__SOCKET_NONE;
    if (!relay->options.upstream)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "no server behind is named (upstream)");
    int status = og_endpoint_parse(&where, relay->options.upstream, err);
    if (status < 0) return status;
    status = og__peer_setup_init(&port->setup, port->options, &where, OG_ROLE_CLIENT, err);
    if (status < 0) return status;
    og_endpoint_text(&where, port->endpoint, sizeof port->endpoint);
    status = og__peer_relay_check(relay, port, err);
    if (status < 0) return status;
    relay->target = og__net_target_new(&where, port->setup.connect_timeout_ms, server->alloc, err);
    return relay->target ? give_reader(relay, err) : err ? (int)err->code : OG_EADDRESS;
}

static void remind(void *ctx)
{
    const og_server *server = ctx;
    const og__relay *relay = server->relay;
    og__peer_server_log(
        server, OG_LOG_WARNING, NULL,
        "UNPROTECTED: a dry run refuses nothing; %zu message%s would have been refused so far",
        (size_t)relay->passed, og__base_plural(relay->passed));
    og__net_timer_start(relay->reminder, REMINDER_MS);
}

static int give_reminder(og_server *server, og__relay *relay, og_error *err)
{
    if (!relay->options.dry_run) return OG_OK;
    relay->reminder = og__net_timer_open(server->loops[0].net, remind, server, err);
    if (!relay->reminder) return OG_ENOMEM;
    og__net_timer_start(relay->reminder, 0);
    return OG_OK;
}

static void forget(void *ctx)
{
    og__server_loop *loop = ctx;
    og__peer_spares_forget(&loop->loan.spares);
}

static void on_long_spare(void *ctx)
{
    const og__server_loop *loop = ctx;
    og__net_timer_start(loop->forget, FORGET_MS);
}

/* Has the loops keep the memory of long messages for a while: a long message is often followed by others. */
static int keep_long(og_server *server, og_error *err)
{
    for (size_t i = 0; i < server->loop_count; i++) {
        og__server_loop *loop = &server->loops[i];
        loop->forget = og__net_timer_open(loop->net, forget, loop, err);
        if (!loop->forget) return OG_ENOMEM;
        loop->loan.spares.ctx = loop;
        loop->loan.spares.on_long = on_long_spare;
    }
    return OG_OK;
}

static int check_options(const og_relay_options *options, og_error *err)
{
    if (options->front.workers || options->front.more_workers || options->front.long_message)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "a relay has no workers");
    if (options->fresh_unpickler && options->rewrite == OG_REWRITE_ANEW)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "fresh_unpickler is for messages that are passed on as they arrived (rewrite)");
    if (options->when_refused == OG_REFUSED_REPLY && !og_valid(options->reply))
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "no reply to refused messages is given (reply)");
    return OG_OK;
}

og_server *og_relay_new(const og_relay_options *options, og_error *err)
{
    og_relay_options own;
    og_error local;
    if (!err) err = &local;
    if (og__base_options_take(&own, sizeof own, options, err) < 0 || check_options(&own, err) < 0)
        return NULL;
    const og_allocator *alloc = own.front.conn.alloc;
    og__relay *relay = og__base_alloc(alloc, sizeof *relay);
    if (!relay) {
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a relay");
        return NULL;
    }
    memset(relay, 0, sizeof *relay);
    relay->options = own;
    if (own.rewrite == OG_REWRITE_VERBATIM)
        relay->passing = own.fresh_unpickler ? OG__VERBATIM_FRESH : OG__VERBATIM;
    relay->on_open = own.front.on_open;
    int status = give_policies(relay, err);
    own.front.conn = relay->options.front.conn;
    own.front.on_open = on_open;
    og_server *server = status == OG_OK ? og_server_new(&own.front, err) : NULL;
    if (!server) {
        og_policy_free(relay->plain);
        og__base_free(alloc, relay, sizeof *relay);
        return NULL;
    }
    server->relay = relay;
    status = give_target(server, relay, err);
    if (status == OG_OK) status = give_reminder(server, relay, err);
    if (status == OG_OK) status = keep_long(server, err);
    if (status == OG_OK) return server;
    og_server_free(server);
    return NULL;
}
