/* SPDX-License-Identifier: MIT */
/* The public functions on connections that are the same for all kinds, or lead to each kind's own. */
#include "peer/handle.h"

#include "base/alloc.h"
#include "peer/layered.h"

#include <string.h>
#include <time.h>

void og__peer_handle_init(og_conn *conn, const og__handle_ops *ops, const og__setup *setup, uint64_t id)
{
    conn->ops = ops;
    conn->id = id;
    conn->user = NULL;
    atomic_init(&conn->ended, false);
    conn->setup = setup;
    conn->counts = (og__counts){.since_ms = og__peer_clock_ms()};
}

int64_t og__peer_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int og_send(og_conn *conn, og_value value, og_error *err)
{
    return conn->ops->send(conn, &value, 1, err);
}

int og_send_parts(og_conn *conn, const og_value *parts, size_t count, og_error *err)
{
    return conn->ops->send(conn, parts, count, err);
}

int og_recv(og_conn *conn, og_value *value, og_error *err)
{
    const og_value *parts = NULL;
    size_t count = 0;
    int status = conn->ops->recv(conn, &parts, &count, err);
    if (status <= 0) return status;
    if (count != 1)
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "a message of %zu parts has arrived where messages of one part are expected",
                            count);
    *value = parts[0];
    return status;
}

int og_recv_parts(og_conn *conn, const og_value **parts, size_t *count, og_error *err)
{
    return conn->ops->recv(conn, parts, count, err);
}

/* What is under the connection, with its lock held; or NULL. */
static const og__layered *layered_of(const og_conn *conn)
{
    const og__core *core = og__peer_core_of(conn);
    return core ? core->layered : NULL;
}

size_t og_conn_property(const og_conn *conn, const char *name, char *text, size_t size)
{
    size_t len = 0;
    if (size > 0) text[0] = '\0';
    bool locked = conn->ops->lock(conn);
    const og__layered *layered = layered_of(conn);
    if (layered) len = og__layer_stack_property(layered->stack, name, text, size);
    if (locked) conn->ops->unlock(conn);
    return len;
}

const char *og_conn_property_at(const og_conn *conn, size_t index)
{
    bool locked = conn->ops->lock(conn);
    const og__layered *layered = layered_of(conn);
    const char *name = layered ? og__layer_stack_property_at(layered->stack, index) : NULL;
    if (locked) conn->ops->unlock(conn);
    return name;
}

bool og_conn_untaken(const og_conn *conn)
{
    return conn->ops->untaken && conn->ops->untaken(conn);
}

bool og_conn_refused(const og_conn *conn)
{
    return conn->ops->refused && conn->ops->refused(conn);
}

bool og_conn_cut_off(const og_conn *conn, og_error *err)
{
    return conn->ops->cut_off && conn->ops->cut_off(conn, err);
}

bool og_conn_usable(const og_conn *conn)
{
    return conn->ops->usable(conn);
}

int og_shutdown(og_conn *conn, og_error *err)
{
    return conn->ops->shutdown(conn, err);
}

void og_close(og_conn *conn)
{
    if (conn) conn->ops->close(conn);
}

og_conn *og_conn_keep(og_conn *conn)
{
    conn->ops->keep(conn);
    return conn;
}

void og_conn_release(og_conn *conn)
{
    if (conn) conn->ops->release(conn);
}

void og_disconnect(og_conn *conn)
{
    conn->ops->disconnect(conn);
}

const char *og_conn_peer(const og_conn *conn)
{
    return (const char *)conn + conn->peer_at;
}

const char *og_conn_codec(const og_conn *conn)
{
    bool locked = conn->ops->lock(conn);
    const og__core *core = og__peer_core_of(conn);
    const char *name = core ? og__peer_core_codec(core) : og__peer_rested_codec(&conn->rested, conn->setup);
    if (locked) conn->ops->unlock(conn);
    return name;
}

const char *og_conn_framing(const og_conn *conn, char *text, size_t size)
{
    bool locked = conn->ops->lock(conn);
    const og__core *core = og__peer_core_of(conn);
    if (core)
        og__peer_core_framing(core, text, size);
    else
        og__peer_rested_framing(&conn->rested, conn->setup, text, size);
    if (locked) conn->ops->unlock(conn);
    return text;
}

const char *og_conn_profile(const og_conn *conn)
{
    return conn->setup->profile;
}

static uint64_t number_of(const atomic_uint_fast64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

void og_conn_count(const og_conn *conn, og_conn_counts *counts)
{
    const og__counts *own = &conn->counts;
    *counts = (og_conn_counts){
        .bytes_in = number_of(&own->bytes_in),
        .bytes_out = number_of(&own->bytes_out),
        .messages_in = number_of(&own->messages_in),
        .messages_out = number_of(&own->messages_out),
        .refused = number_of(&own->refused),
        .age_ms = og__peer_clock_ms() - own->since_ms,
        .ended = atomic_load_explicit(&conn->ended, memory_order_relaxed),
    };
}

uint64_t og_conn_id(const og_conn *conn)
{
    return conn->id;
}

void og_conn_set_user(og_conn *conn, void *user)
{
    conn->user = user;
}

void *og_conn_user(const og_conn *conn)
{
    return conn->user;
}
