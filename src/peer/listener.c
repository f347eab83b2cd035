/* SPDX-License-Identifier: MIT */
/* Listening with a thread per client: og_listen() and og_accept(). */
#include "base/alloc.h"
#include "peer/client.h"

#include <string.h>

enum { BACKLOG = 511, ENDPOINT_TEXT = 416 };

struct og_listener {
    og__setup setup;
    og__socket socket;
    uint64_t accepted;
    og__address bound;
    uint8_t *buffer; /* datagrams */
    size_t buffer_size;
    char endpoint[ENDPOINT_TEXT];
};

static og_listener *no_memory(og_listener *listener, og_error *err)
{
    og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a listener");
    og_listener_close(listener);
    return NULL;
}

og_listener *og_listen(const char *endpoint, const og_conn_options *options, og_error *err)
{
    og_endpoint where;
    og__setup setup;
    if (og_endpoint_parse(&where, endpoint, err) < 0 || og__net_endpoint_settle(&where, err) < 0) return NULL;
    if (og__peer_setup_init(&setup, options, &where, OG_ROLE_SERVER, err) < 0) return NULL;
    og_listener *listener = og__base_alloc(setup.alloc, sizeof *listener);
    if (!listener) {
        og__peer_setup_fini(&setup);
        return no_memory(NULL, err);
    }
    memset(listener, 0, sizeof *listener);
    listener->setup = setup;
    listener->socket = (og__socket)OG__SOCKET_NONE;
    if (setup.datagram) {
        listener->buffer_size = og__net_socket_max_datagram(where.transport);
        listener->buffer = og__base_alloc(setup.alloc, listener->buffer_size);
        if (!listener->buffer) return no_memory(listener, err);
    }
    if (og__net_socket_listen(&listener->socket, &where, BACKLOG, err) < 0) {
        og_listener_close(listener);
        return NULL;
    }
    og_endpoint_text(&where, listener->endpoint, sizeof listener->endpoint);
    og__net_socket_bound(&listener->socket, &listener->bound);
    return listener;
}

const char *og_listener_endpoint(const og_listener *listener)
{
    return listener->endpoint;
}

static og_conn *accept_datagram(og_listener *listener, int64_t timeout_ms, og_error *err)
{
    og__address from;
    size_t got = 0;
    do { /* what we have sent ourselves would be answered without end */
        int status = og__net_socket_recv_from(&listener->socket, listener->buffer, listener->buffer_size,
                                              &got, &from, timeout_ms, err);
        if (status < 0) return NULL;
    } while (og__net_address_is_same_socket(&listener->bound, &from));
    return og__peer_client_new_datagram(&listener->setup, &listener->socket, &from, listener->buffer, got,
                                        ++listener->accepted, err);
}

og_conn *og_accept(og_listener *listener, int64_t timeout_ms, og_error *err)
{
    if (listener->setup.datagram) return accept_datagram(listener, timeout_ms, err);
    og__socket socket = OG__SOCKET_NONE;
    if (og__net_socket_accept(&listener->socket, &socket, timeout_ms, err) < 0) return NULL;
    return og__peer_client_new(&listener->setup, &socket, ++listener->accepted, err);
}

void og_listener_interrupt(og_listener *listener)
{
    og__net_socket_interrupt(&listener->socket);
}

void og_listener_close(og_listener *listener)
{
    if (!listener) return;
    const og_allocator *alloc = listener->setup.alloc;
    og__net_socket_close(&listener->socket);
    og__peer_setup_fini(&listener->setup);
    og__base_free(alloc, listener->buffer, listener->buffer_size);
    og__base_free(alloc, listener, sizeof *listener);
}
