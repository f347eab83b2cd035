/* SPDX-License-Identifier: MIT */
/* A connection's core with bytes fed by hand. */
#include "wire.h"

void open_wire_with(wire *w, og_conn_options options, bool datagram)
{
    og_error err;
    options.size = sizeof options;
    og_endpoint endpoint = {.transport = datagram ? OG_UDP : OG_TCP};
    if (og__peer_setup_init(&w->setup, &options, &endpoint, OG_ROLE_SERVER, &err) < 0)
        fail_msg("%s", err.text);
    og__peer_core_init(&w->conn, &w->setup);
}

void open_wire(wire *w, const char *codec, const char *framing, bool datagram, size_t max)
{
    open_wire_with(w, (og_conn_options){.codec = codec, .framing = framing, .max_message = max}, datagram);
}

void close_wire(wire *w)
{
    og__peer_core_fini(&w->conn);
}

uint8_t *padded(const void *bytes, size_t len)
{
    uint8_t *copy = calloc(1, len + OG_PADDING);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return copy;
}

int next_of(wire *w, og_value *value, og_error *err)
{
    memset(err, 0, sizeof *err);
    return og__peer_core_next(&w->conn, value, err);
}

const char *framing_name(size_t index)
{
    const og_frame_ops *ops = og_framing_at(index);
    return !ops ? NULL : ops->example ? ops->example : ops->name;
}
