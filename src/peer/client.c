/* SPDX-License-Identifier: MIT */
/* Blocking connections: a thread that waits, with time limits. */
#include "peer/client.h"

#include "base/alloc.h"
#include "peer/layered.h"
#include "peer/message.h"

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
    og__core core;
    char peer[OG__ADDRESS_TEXT];
    og__address to; /* whom answers go to, for such a datagram */
    uint8_t *buffer;
    size_t buffer_size;
    pthread_mutex_t core_lock;  /* `core`, but for the value being read */
    pthread_mutex_t write_lock; /* writing to the socket, and opening */
    pthread_mutex_t read_lock;  /* reading from it, where there are layers */
    atomic_bool opened;         /* messages may pass: the layers have shaken hands, or there are none */
    og_value value;             /* the last one received */
    og__message held;           /* og_poll() found it, og_recv() gives it */
    bool holds;
    uint64_t start; /* of the last message, among the bytes that were sent */
    og__parts parts;
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
    og__layer_set_ref(c->setup.layers);
    atomic_init(&c->opened, !c->setup.layers);
    c->own = (og__socket)OG__SOCKET_NONE;
    c->buffer_size = buffer_size + OG_PADDING;
    c->buffer = og__base_alloc(setup->alloc, c->buffer_size);
    if (!c->buffer) {
        og__peer_setup_fini(&c->setup);
        og__base_free(setup->alloc, c->buffer, c->buffer_size);
        og__base_free(setup->alloc, c, sizeof *c);
        return NULL;
    }
    og__peer_handle_init(&c->conn, &blocking, &c->setup, id);
    og__peer_core_init(&c->core, &c->setup);
    atomic_init(&c->conn.core, &c->core);
    c->conn.peer_at = offsetof(client, peer);
    og__net_address_text(peer, c->peer, sizeof c->peer);
    memset(c->buffer + buffer_size, 0, OG_PADDING);
    pthread_mutex_init(&c->core_lock, NULL);
    pthread_mutex_init(&c->write_lock, NULL);
    pthread_mutex_init(&c->read_lock, NULL);
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
    if (!setup->datagram) c->own.count = &c->conn.counts.bytes_out;
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
    og__peer_core_feed(&c->core, c->buffer, len);
    og__peer_core_end(&c->core);
    OG__COUNT(&c->conn, bytes_in, len);
    return &c->conn;
}

/* ---- Sending ---- */

static int write_out(client *c, const og_buf *out, int64_t timeout_ms, og_error *err)
{
    const og__address *to = is_accepted_datagram(c) ? &c->to : NULL;
    int status = c->setup.datagram
                     ? og__net_socket_send_to(c->socket, out->data, out->len, to, timeout_ms, err)
                     : og__net_socket_write(c->socket, out->data, out->len, timeout_ms, err);
    if (status == OG_OK && c->setup.datagram) OG__COUNT(&c->conn, bytes_out, out->len);
    return status;
}

/* Takes what is to be sent out of the core, so that it can be written without holding up the reader. A layer
 * that fails says so in `status`, unless there was another failure before. */
static og_buf take_out(client *c, int *status, og_error *err)
{
    og_buf out;
    int taken = og__peer_core_out(&c->core, &out, *status < 0 ? NULL : err);
    if (*status >= 0 && taken < 0) *status = taken;
    return out;
}

static void give_back(client *c, og_buf *out)
{
    pthread_mutex_lock(&c->core_lock);
    og_buf *own = &c->core.out;
    if (own->cap == 0 && out->cap <= KEPT_OUT) {
        *own = *out;
        own->len = 0;
        og_buf_init(out, c->setup.alloc);
    }
    pthread_mutex_unlock(&c->core_lock);
    og_buf_free(out);
}

/* Writes what the core has for the socket. With the write lock held. */
static int flush(client *c, og_error *err)
{
    int status = OG_OK;
    pthread_mutex_lock(&c->core_lock);
    og_buf out = take_out(c, &status, err);
    pthread_mutex_unlock(&c->core_lock);
    int written = out.len > 0 ? write_out(c, &out, c->setup.send_timeout_ms, status < 0 ? NULL : err) : OG_OK;
    give_back(c, &out);
    return status < 0 ? status : written;
}

/* Tells the peer, through the layers, that no more comes. With the write lock held. */
static int end_layers(client *c, int64_t timeout_ms, og_error *err)
{
    int status = OG_OK;
    pthread_mutex_lock(&c->core_lock);
    og__peer_layered_end(&c->core);
    og_buf out = take_out(c, &status, NULL);
    pthread_mutex_unlock(&c->core_lock);
    int written = out.len > 0 ? write_out(c, &out, timeout_ms, err) : OG_OK;
    give_back(c, &out);
    return written;
}

static int shut(client *c, og_error *err)
{
    int status = c->core.layered ? end_layers(c, c->setup.send_timeout_ms, err) : OG_OK;
    og__net_socket_shutdown(c->socket);
    return status;
}

/* ---- Being refused ---- */

/* Gives the layers what has come, without waiting, until they say what is wrong. < 0: they have. */
static int read_pending(client *c, og_error *err)
{
    enum { MOST = 64 }; /* reads: a peer that goes on sending is not refusing us */
    uint8_t data[4096 + OG_PADDING] = {0};
    size_t got = 0;
    int status = OG_OK;
    for (int i = 0; i < MOST && status == OG_OK && c->core.layered; i++) {
        if (og__net_socket_read(c->socket, data, sizeof data - OG_PADDING, &got, 0, NULL) <= 0) break;
        pthread_mutex_lock(&c->core_lock);
        status = og__peer_core_hold(&c->core) < 0 ? OG_ENOMEM : OG_OK;
        if (status == OG_OK) status = og__peer_layered_feed(&c->core, data, got, og__peer_clock_ms(), err);
        pthread_mutex_unlock(&c->core_lock);
    }
    return status;
}

/* Writing has failed with `status`. A peer that refuses us says why before it resets the connection, and its
 * reason tells more than the failure to write. With the write lock held; a thread that reads hears it itself.
 */
static int hear_why(client *c, int status, og_error *err)
{
    og_error why;
    if (!c->core.layered || (status != OG_ECLOSED && status != OG_EIO)) return status;
    if (pthread_mutex_trylock(&c->read_lock) != 0) return status;
    int heard = read_pending(c, &why);
    pthread_mutex_unlock(&c->read_lock);
    if (heard >= 0 || heard == OG_ENOMEM) return status;
    c->core.broken = true;
    if (err) *err = why;
    return heard;
}

/* ---- Opening ---- */

/* Waits for bytes, or for the time that the layers want to be told. */
static int read_handshake(client *c, int64_t deadline, og_error *err)
{
    og__core *core = &c->core;
    int64_t now = og__peer_clock_ms();
    int64_t until = core->layered->next && (deadline < 0 || core->layered->next < deadline)
                        ? core->layered->next
                        : deadline;
    int64_t wait = until < 0 ? -1 : until > now ? until - now : 0;
    size_t got = 0;
    int status = og__net_socket_read(c->socket, c->buffer, c->buffer_size - OG_PADDING, &got, wait, err);
    now = og__peer_clock_ms();
    if (status > 0) return og__peer_layered_feed(core, c->buffer, got, now, err);
    if (status == 0) {
        status = og__peer_layered_hangup(core, err);
        return status < 0 ? status : og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the peer closed early");
    }
    if (status != OG_ETIMEOUT) return status;
    if (deadline >= 0 && now >= deadline)
        return og__peer_layered_expired(core, c->setup.handshake_timeout_ms, err);
    return og__peer_layered_tick(core, now, err);
}

/* With the write lock held; nobody else reads or writes meanwhile. */
static int shake_hands(client *c, og_error *err)
{
    og__core *core = &c->core;
    int64_t now = og__peer_clock_ms();
    int64_t limit = c->setup.handshake_timeout_ms;
    int64_t deadline = limit < 0 ? -1 : now + limit;
    int status = core->layered ? og__peer_layered_feed(core, NULL, 0, now, err)
                               : og__peer_layered_begin(core, c->setup.layers, now, err);
    for (;;) {
        int sent = flush(c, status < 0 ? NULL : err); /* after a failure the peer is told why */
        if (status == OG_OK && sent < 0) status = hear_why(c, sent, err);
        if (status < 0) break;
        if (!og__peer_layered_is_opening(core)) {
            atomic_store(&c->opened, true);
            return OG_OK;
        }
        status = read_handshake(c, deadline, err);
    }
    core->broken = true;
    return status;
}

/* Before the first message: accepted connections do it here, so that og_accept() waits for nobody's
 * handshake.
 */
static int open_up(client *c, og_error *err)
{
    if (atomic_load_explicit(&c->opened, memory_order_acquire)) return OG_OK;
    pthread_mutex_lock(&c->write_lock);
    int status = c->opened ? OG_OK : shake_hands(c, err);
    pthread_mutex_unlock(&c->write_lock);
    return status;
}

/* ---- Messages out ---- */

static int send_client(og_conn *conn, const og_value *parts, size_t count, og_error *err)
{
    client *c = client_of(conn);
    int status = open_up(c, err);
    if (status < 0) return status;
    pthread_mutex_lock(&c->write_lock);
    c->start = c->socket->sent;
    pthread_mutex_lock(&c->core_lock);
    status = og__peer_core_put_parts(&c->core, parts, count, err);
    if (status == OG_OK) OG__COUNT(conn, messages_out, 1);
    bool last = status == OG_OK && !c->setup.datagram && og_framing_ends_stream(c->core.out_wire.framing);
    og_buf out = take_out(c, &status, err);
    pthread_mutex_unlock(&c->core_lock);
    if (status == OG_OK) {
        status = write_out(c, &out, c->setup.send_timeout_ms, err);
        if (status < 0) status = hear_why(c, status, err);
    }
    give_back(c, &out);
    if (status == OG_OK && last) status = shut(c, err);
    pthread_mutex_unlock(&c->write_lock);
    return status;
}

static int shutdown_client(og_conn *conn, og_error *err)
{
    client *c = client_of(conn);
    if (c->setup.datagram)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION, "datagrams have no end to tell the peer about");
    int status = open_up(c, err);
    if (status < 0) return status;
    pthread_mutex_lock(&c->write_lock);
    status = shut(c, err);
    pthread_mutex_unlock(&c->write_lock);
    return status;
}

/* ---- Receiving ---- */

/* The next message; also sends what reading has made the core or its layers owe the peer. */
static int take(client *c, og__message *message, og_error *err)
{
    pthread_mutex_lock(&c->core_lock);
    int status = og__peer_core_take(&c->core, message, err);
    if (status > 0) OG__COUNT(&c->conn, messages_in, 1);
    if (status < 0) OG__COUNT(&c->conn, refused, 1);
    bool owed = og__peer_core_owes(&c->core);
    pthread_mutex_unlock(&c->core_lock);
    if (!owed) return status;
    pthread_mutex_lock(&c->write_lock);
    flush(c, NULL); /* a peer that is gone shows when it is read from */
    pthread_mutex_unlock(&c->write_lock);
    return status;
}

/* A stream that a layer says was cut off is an error where that leaves a message unfinished. */
static int end_of_stream(client *c, og_error *err)
{
    og__core *core = &c->core;
    bool midway = og__peer_core_midway(core);
    og__peer_core_end(core);
    int status = core->layered && midway ? og__peer_layered_hangup(core, err) : OG_OK;
    if (status < 0) core->broken = true;
    return status;
}

static int read_more(client *c, int64_t wait, og_error *err)
{
    size_t got = 0;
    size_t size = 0;
    uint8_t *space = og__peer_core_space(&c->core, &size);
    if (!space) {
        space = c->buffer;
        size = c->buffer_size - OG_PADDING;
    }
    int status = c->setup.datagram ? og__net_socket_recv_from(c->socket, space, size, &got, NULL, wait, err)
                                   : og__net_socket_read(c->socket, space, size, &got, wait, err);
    if (status > 0) {
        OG__COUNT(&c->conn, bytes_in, got);
        pthread_mutex_lock(&c->core_lock); /* a datagram starts detection over */
        status = og__peer_layered_feed(&c->core, space, got, og__peer_clock_ms(), err);
        pthread_mutex_unlock(&c->core_lock);
        if (status < 0) c->core.broken = true;
        return status;
    }
    if (status == 0) {
        atomic_store_explicit(&c->conn.ended, true, memory_order_relaxed);
        status = end_of_stream(c, err);
    }
    if (status == OG_ECLOSED || status == OG_EIO) c->core.broken = true;
    return status;
}

/* Names the caller's limit, not what was left of it at the last look. */
static int say_late(const client *c, int64_t limit, og_error *err)
{
    const char *what = c->setup.datagram                ? "no datagram has arrived"
                       : og__peer_core_midway(&c->core) ? "only a part of a message has arrived"
                                                        : "nothing has arrived";
    return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION, "%s within %lld ms", what, (long long)limit);
}

/* Waits for bytes, at most `wait` of `limit` (< 0: for ever), or until the layers want to know the time. */
static int wait_for_layers(client *c, int64_t wait, int64_t limit, og_error *err)
{
    og__core *core = &c->core;
    int64_t left = core->layered->next - og__peer_clock_ms();
    if (left < 0) left = 0;
    bool theirs = wait < 0 || left < wait;
    int status = read_more(c, theirs ? left : wait, err);
    if (status != OG_ETIMEOUT) return status;
    if (!theirs) return say_late(c, limit, err);
    pthread_mutex_lock(&c->core_lock);
    status = og__peer_layered_tick(core, og__peer_clock_ms(), err);
    pthread_mutex_unlock(&c->core_lock);
    return status;
}

/* Waits for bytes until `deadline`, the end of `limit` (< 0: for ever), or until silence means something. */
static int wait_more(client *c, int64_t deadline, int64_t limit, og_error *err)
{
    int64_t wait = -1;
    if (deadline >= 0) {
        wait = deadline - og__peer_clock_ms();
        if (wait < 0) wait = 0;
    }
    if (c->core.layered && c->core.layered->next) return wait_for_layers(c, wait, limit, err);
    bool quiet = og__peer_core_wants_idle(&c->core) && (wait < 0 || wait > OG__SILENCE_MS);
    int status = read_more(c, quiet ? OG__SILENCE_MS : wait, err);
    if (status != OG_ETIMEOUT) return status;
    if (!quiet) return say_late(c, limit, err);
    og__peer_core_idle(&c->core);
    return OG_OK;
}

static int read_value(client *c, const og__message *message, const og_value **parts, size_t *count,
                      og_error *err)
{
    og__core *core = &c->core;
    if (message->parts > 1) {
        *count = message->parts;
        int read = og__peer_parts_read(&c->parts, &c->setup, message, err);
        *parts = c->parts.values;
        return read;
    }
    *parts = &c->value;
    *count = 1;
    if (!core->doc) core->doc = og_doc_new(c->setup.alloc);
    if (!core->doc) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a document");
    int status = og__peer_message_read(&c->setup, message, core->doc, &c->value, err);
    if (status >= 0) return status;
    og__peer_core_refused(core);
    OG__COUNT(&c->conn, refused, 1);
    OG__COUNT(&c->conn, messages_in, (uint64_t)-1);
    return status;
}

/* Holds the next message, which is waited for at most `limit` ms (< 0: for ever). 1, 0 at the end of the
 * stream, or < 0. */
static int hold_message(client *c, int64_t limit, og_error *err)
{
    const og__core *core = &c->core;
    int64_t deadline = limit < 0 ? -1 : og__peer_clock_ms() + limit;
    while (!c->holds) {
        int status = take(c, &c->held, err);
        c->holds = status > 0;
        if (status < 0 || (status == 0 && core->ended)) return status;
        if (status == 0) status = wait_more(c, deadline, limit, err);
        if (status < 0) return status;
    }
    return 1;
}

static int recv_open(client *c, const og_value **parts, size_t *count, og_error *err)
{
    int status = hold_message(c, c->setup.recv_timeout_ms, err);
    if (status <= 0) return status;
    c->holds = false;
    return read_value(c, &c->held, parts, count, err);
}

static int recv_client(og_conn *conn, const og_value **parts, size_t *count, og_error *err)
{
    client *c = client_of(conn);
    bool layers = c->setup.layers != NULL;
    int status = open_up(c, err);
    if (status < 0) return status;
    if (layers) pthread_mutex_lock(&c->read_lock);
    status = recv_open(c, parts, count, err);
    if (layers) pthread_mutex_unlock(&c->read_lock);
    return status;
}

static int poll_client(og_conn *conn, int64_t timeout_ms, og_error *err)
{
    client *c = client_of(conn);
    bool layers = c->setup.layers != NULL;
    int status = open_up(c, err);
    if (status < 0) return status;
    if (layers) pthread_mutex_lock(&c->read_lock);
    status = hold_message(c, timeout_ms, err);
    if (layers) pthread_mutex_unlock(&c->read_lock);
    if (status == 0)
        return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the peer has closed the connection");
    return status == OG_ETIMEOUT ? 0 : status;
}

static bool untaken_client(const og_conn *conn)
{
    const client *c = const_client_of(conn);
    return !c->setup.datagram && og__net_socket_untaken(c->socket, c->start);
}

static bool refused_client(const og_conn *conn)
{
    const client *c = const_client_of(conn);
    return !c->setup.datagram && og__net_socket_refused(c->socket);
}

static bool cut_off_client(const og_conn *conn, og_error *err)
{
    const og__core *core = og__peer_core_of(conn);
    return core->ended && og__peer_layered_hangup(core, err) < 0;
}

static bool usable_client(const og_conn *conn)
{
    const client *c = const_client_of(conn);
    if (c->setup.datagram && !is_accepted_datagram(c)) return true;
    return !c->core.broken && (!c->core.ended || og__peer_core_midway(&c->core));
}

/* ---- Making and unmaking the whole ---- */

og_conn *og_connect(const char *endpoint, const og_conn_options *options, og_error *err)
{
    og_endpoint where;
    og__setup setup;
    og__socket socket = OG__SOCKET_NONE;
    if (og_endpoint_parse(&where, endpoint, err) < 0) return NULL;
    if (og__peer_setup_init(&setup, options, &where, OG_ROLE_CLIENT, err) < 0) return NULL;
    og_conn *conn = NULL;
    if (og__net_socket_connect(&socket, &where, setup.connect_timeout_ms, err) == OG_OK)
        conn = og__peer_client_new(&setup, &socket, 0, err);
    og__peer_setup_fini(&setup);
    if (!conn || open_up(client_of(conn), err) == OG_OK) return conn;
    og_close(conn);
    return NULL;
}

static void close_client(og_conn *conn)
{
    client *c = client_of(conn);
    const og_allocator *alloc = c->setup.alloc;
    if (c->core.layered && c->opened && !c->core.broken) end_layers(c, 0, NULL);
    og__net_socket_close(&c->own);
    og__peer_core_fini(&c->core);
    og__peer_setup_fini(&c->setup);
    og__peer_parts_fini(&c->parts, alloc);
    pthread_mutex_destroy(&c->core_lock);
    pthread_mutex_destroy(&c->write_lock);
    pthread_mutex_destroy(&c->read_lock);
    og__base_free(alloc, c->buffer, c->buffer_size);
    og__base_free(alloc, c, sizeof *c);
}

/* For functions that are asked, and so get a const handle. */
static client *client_asked(const og_conn *conn)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    return (client *)(uintptr_t)conn;
}

static bool lock_client(const og_conn *conn)
{
    pthread_mutex_lock(&client_asked(conn)->core_lock);
    return true;
}

static void unlock_client(const og_conn *conn)
{
    pthread_mutex_unlock(&client_asked(conn)->core_lock);
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
    .poll = poll_client,
    .shutdown = shutdown_client,
    .usable = usable_client,
    .untaken = untaken_client,
    .refused = refused_client,
    .cut_off = cut_off_client,
    .lock = lock_client,
    .unlock = unlock_client,
    .close = close_client,
    .keep = nothing,
    .release = nothing,
    .disconnect = disconnect_client,
};
