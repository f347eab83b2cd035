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

size_t wire_rests;

/* As a server does with a connection that is silent: the core goes when nothing is in it, and is made anew.
 */
static void rest(wire *w)
{
    enum { GARBAGE = 0xee };
    og__rested rested;
    og__core *core = &w->conn;
    og_doc *doc = core->doc;
    bool lent = core->doc_lent;
    if (core->out.len == 0) og_buf_free(&core->out);
    core->doc_lent = true; /* what is in it may still be looked at */
    if (og__peer_core_rest(core, &rested)) {
        og__peer_core_fini(core);
        memset(core, GARBAGE, sizeof *core);
        og__peer_core_wake(core, &w->setup, &rested);
        core->doc = doc;
        wire_rests++;
    }
    core->doc_lent = lent;
}

int next_of(wire *w, og_value *value, og_error *err)
{
    memset(err, 0, sizeof *err);
    int status = og__peer_core_next(&w->conn, value, err);
    if (status == 0 && !w->setup.datagram) rest(w);
    return status;
}

const char *framing_name(size_t index)
{
    const og_frame_ops *ops = og_framing_at(index);
    return !ops ? NULL : ops->example ? ops->example : ops->name;
}
