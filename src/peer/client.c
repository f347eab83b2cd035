/* SPDX-License-Identifier: MIT */
/* Blocking connections: a thread that waits, with time limits. */
#include "peer/client.h"

#include "base/alloc.h"

#include <pthread.h>
#include <string.h>

enum {
    STREAM_BUFFER = 65536,
    KEPT_OUT = 65536 /* an output buffer that grew larger is given back after its message */
};

typedef struct client {
    og_conn conn;
    og__setup setup;
    og__socket own;
    og__socket *socket; /* `own`, or that of the listener which took the datagram */
    og__address to;     /* whom answers go to, for such a datagram */
    uint8_t *buffer;
    size_t buffer_size;
    pthread_mutex_t core_lock;  /* conn.core, but for the value being read */
    pthread_mutex_t write_lock; /* writing to the socket */
} client;

static const og__handle_ops blocking;

static const client *const_client_of(const og_conn *conn)
{
    return (const client *)(const void *)conn;
}

static client *client_of(og_conn *conn)
{
    return (client *)(void *)conn;
}

static bool is_accepted_datagram(const client *c)
{
    return c->socket != &c->own;
}

/* ---- Making and unmaking ---- */

static client *client_new(const og__setup *setup, const og__address *peer, size_t buffer_size, uint64_t id)
{
    client *c = og__base_alloc(setup->alloc, sizeof *c);
    if (!c) return NULL;
    memset(c, 0, sizeof *c);
    c->setup = *setup;
    c->own = (og__socket)OG__SOCKET_NONE;
    c->buffer_size = buffer_size + OG__PADDING;
    c->buffer = og__base_alloc(setup->alloc, c->buffer_size);
    if (!c->buffer || og__peer_handle_init(&c->conn, &blocking, &c->setup, id, peer) < 0) {
        og__base_free(setup->alloc, c->buffer, c->buffer_size);
        og__base_free(setup->alloc, c, sizeof *c);
        return NULL;
    }
    memset(c->buffer + buffer_size, 0, OG__PADDING);
    pthread_mutex_init(&c->core_lock, NULL);
    pthread_mutex_init(&c->write_lock, NULL);
    return c;
}

static og_conn *no_memory(og_error *err)
{
    og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a connection");
    return NULL;
}

og_conn *og__peer_client_new(const og__setup *setup, og__socket *socket, uint64_t id, og_error *err)
{
    size_t size = setup->datagram ? og__net_socket_max_datagram(socket->transport) : STREAM_BUFFER;
    client *c = client_new(setup, &socket->peer, size, id);
    if (!c) {
        og__net_socket_close(socket);
        return no_memory(err);
    }
    c->own = *socket;
    c->socket = &c->own;
    *socket = (og__socket)OG__SOCKET_NONE;
    return &c->conn;
}

og_conn *og__peer_client_new_datagram(const og__setup *setup, og__socket *shared, const og__address *from,
                                      const uint8_t *data, size_t len, uint64_t id, og_error *err)
{
    client *c = client_new(setup, from, len, id);
    if (!c) return no_memory(err);
    c->socket = shared;
    c->to = *from;
    if (len > 0) memcpy(c->buffer, data, len);
    og__peer_core_feed(&c->conn.core, c->buffer, len);
    og__peer_core_end(&c->conn.core);
    return &c->conn;
}

og_conn *og_connect(const char *endpoint, const og_conn_options *options, og_error *err)
{
    og_endpoint where;
    og__setup setup;
    og__socket socket = OG__SOCKET_NONE;
    if (og_endpoint_parse(&where, endpoint, err) < 0) return NULL;
    if (og__peer_setup_init(&setup, options, &where, err) < 0) return NULL;
    if (og__net_socket_connect(&socket, &where, setup.connect_timeout_ms, err) < 0) return NULL;
    return og__peer_client_new(&setup, &socket, 0, err);
}

static void close_client(og_conn *conn)
{
    client *c = client_of(conn);
    const og_allocator *alloc = c->setup.alloc;
    og__net_socket_close(&c->own);
    og__peer_handle_fini(conn);
    pthread_mutex_destroy(&c->core_lock);
    pthread_mutex_destroy(&c->write_lock);
    og__base_free(alloc, c->buffer, c->buffer_size);
    og__base_free(alloc, c, sizeof *c);
}

/* ---- Sending ---- */

static int write_out(client *c, const og_buf *out, og_error *err)
{
    if (!c->setup.datagram)
        return og__net_socket_write(c->socket, out->data, out->len, c->setup.send_timeout_ms, err);
    const og__address *to = is_accepted_datagram(c) ? &c->to : NULL;
    return og__net_socket_send_to(c->socket, out->data, out->len, to, c->setup.send_timeout_ms, err);
}

/* Takes what is to be sent out of the core, so that it can be written without holding up the reader. */
static og_buf take_out(client *c)
{
    og_buf out = c->conn.core.out;
    og_buf_init(&c->conn.core.out, c->setup.alloc);
    return out;
}

static void give_back(client *c, og_buf *out)
{
    pthread_mutex_lock(&c->core_lock);
    og_buf *own = &c->conn.core.out;
    if (own->cap == 0 && out->cap <= KEPT_OUT) {
        *own = *out;
        own->len = 0;
        og_buf_init(out, c->setup.alloc);
    }
    pthread_mutex_unlock(&c->core_lock);
    og_buf_free(out);
}

static int send_client(og_conn *conn, og_value value, og_error *err)
{
    client *c = client_of(conn);
    pthread_mutex_lock(&c->write_lock);
    pthread_mutex_lock(&c->core_lock);
    int status = og__peer_core_put(&conn->core, value, err);
    bool last = status == OG_OK && !c->setup.datagram && og_framing_ends_stream(conn->core.out_wire.framing);
    og_buf out = take_out(c);
    pthread_mutex_unlock(&c->core_lock);
    if (status == OG_OK) status = write_out(c, &out, err);
    give_back(c, &out);
    if (status == OG_OK && last) og__net_socket_shutdown(c->socket);
    pthread_mutex_unlock(&c->write_lock);
    return status;
}

static int shutdown_client(og_conn *conn, og_error *err)
{
    client *c = client_of(conn);
    if (c->setup.datagram)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "datagrams have no end to tell the peer about");
    og__net_socket_shutdown(c->socket);
    return OG_OK;
}

/* ---- Receiving ---- */

/* The next message; also sends what reading it has shown that an answer lacked. */
static int take(client *c, og__message *message, og_error *err)
{
    pthread_mutex_lock(&c->core_lock);
    int status = og__peer_core_take(&c->conn.core, message, err);
    bool owed = c->conn.core.out.len > 0;
    pthread_mutex_unlock(&c->core_lock);
    if (!owed) return status;
    og_error ignored; /* a peer that is gone shows when it is read from */
    pthread_mutex_lock(&c->write_lock);
    pthread_mutex_lock(&c->core_lock);
    og_buf out = take_out(c);
    pthread_mutex_unlock(&c->core_lock);
    if (out.len > 0) write_out(c, &out, &ignored);
    give_back(c, &out);
    pthread_mutex_unlock(&c->write_lock);
    return status;
}

static int read_more(client *c, int64_t wait, og_error *err)
{
    size_t got = 0;
    size_t size = 0;
    uint8_t *space = og__peer_core_space(&c->conn.core, &size);
    if (!space) {
        space = c->buffer;
        size = c->buffer_size - OG__PADDING;
    }
    int status = c->setup.datagram ? og__net_socket_recv_from(c->socket, space, size, &got, NULL, wait, err)
                                   : og__net_socket_read(c->socket, space, size, &got, wait, err);
    if (status > 0) {
        pthread_mutex_lock(&c->core_lock); /* a datagram starts detection over */
        og__peer_core_feed(&c->conn.core, space, got);
        pthread_mutex_unlock(&c->core_lock);
    }
    if (status == 0) og__peer_core_end(&c->conn.core);
    if (status == OG_ECLOSED || status == OG_EIO) c->conn.core.broken = true;
    return status < 0 ? status : OG_OK;
}

/* Waits for bytes until `deadline` (< 0: for ever), or until silence means something. */
static int wait_more(client *c, int64_t deadline, og_error *err)
{
    int64_t wait = -1;
    if (deadline >= 0) {
        wait = deadline - og__peer_clock_ms();
        if (wait < 0) wait = 0;
    }
    bool quiet = og__peer_core_wants_idle(&c->conn.core) && (wait < 0 || wait > OG__SILENCE_MS);
    int status = read_more(c, quiet ? OG__SILENCE_MS : wait, err);
    if (status != OG_ETIMEOUT || !quiet) return status;
    og__peer_core_idle(&c->conn.core);
    return OG_OK;
}

static int read_value(client *c, const og__message *message, og_value *value, og_error *err)
{
    og__core *core = &c->conn.core;
    if (!core->doc) core->doc = og_doc_new(c->setup.alloc);
    if (!core->doc) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a document");
    int status = og__peer_message_read(&c->setup, message, core->doc, value, err);
    if (status < 0) og__peer_core_refused(core);
    return status;
}

static int recv_client(og_conn *conn, og_value *value, og_error *err)
{
    client *c = client_of(conn);
    int64_t limit = c->setup.recv_timeout_ms;
    int64_t deadline = limit < 0 ? -1 : og__peer_clock_ms() + limit;
    for (;;) {
        og__message message;
        int status = take(c, &message, err);
        if (status > 0) return read_value(c, &message, value, err);
        if (status < 0 || conn->core.ended) return status;
        status = wait_more(c, deadline, err);
        if (status < 0) return status;
    }
}

static bool usable_client(const og_conn *conn)
{
    const client *c = const_client_of(conn);
    if (c->setup.datagram && !is_accepted_datagram(c)) return true;
    return !conn->core.broken && (!conn->core.ended || og__peer_core_midway(&conn->core));
}

/* A blocking connection is kept by whoever has it. */
static void nothing(og_conn *conn)
{
    (void)conn;
}

static void disconnect_client(og_conn *conn)
{
    client *c = client_of(conn);
    if (!is_accepted_datagram(c)) og__net_socket_interrupt(c->socket);
}

static const og__handle_ops blocking = {
    .send = send_client,
    .recv = recv_client,
    .shutdown = shutdown_client,
    .usable = usable_client,
    .close = close_client,
    .keep = nothing,
    .release = nothing,
    .disconnect = disconnect_client,
};
