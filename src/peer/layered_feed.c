/* SPDX-License-Identifier: MIT */
/* The layers under a connection: what the drivers give them, and what of that reaches the core. */
#include "peer/layered.h"

#include "base/alloc.h"

#include <string.h>

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the layers of a connection");
}

/* Notes why nothing more can pass. */
static int fail(og__layered *l, int status, const og_error *why, og_error *err)
{
    if (!l->failed.code) l->failed = *why;
    if (err) *err = l->failed;
    return status;
}

static void drop_taken(og__layered *l)
{
    if (l->ends_taken * sizeof(og__part_end) < l->up.ends.len) return;
    l->up.bytes.len = 0;
    l->up.ends.len = 0;
    l->ends_taken = 0;
}

/* The plain bytes of a long message are put where the rest of it is, to spare a copy. */
static int rise_into(og__core *core, og_buf *growing, const uint8_t *data, size_t len, og_error *err)
{
    og__layered *l = core->layered;
    const og_buf usual = l->up.bytes;
    size_t before = growing->len;
    l->up.bytes = *growing;
    int status = og__layer_stack_read(l->stack, data, len, &l->up, err);
    if (status == OG_OK && og_buf_reserve(&l->up.bytes, OG_PADDING) < 0) status = no_memory(err);
    *growing = l->up.bytes;
    l->up.bytes = usual;
    size_t more = growing->len - before;
    growing->len = before;
    if (status == OG_OK && more > 0) og__peer_core_feed(core, growing->data + before, more);
    return status;
}

/* Lets bytes from the wire rise through the layers, and gives the core the plain ones that come of them. */
static int rise(og__core *core, const uint8_t *data, size_t len, og_error *err)
{
    enum { SLACK = 16384 + OG_PADDING }; /* what a layer may have kept */
    og__layered *l = core->layered;
    bool whole = og__layer_stack_is_whole(l->stack);
    og_buf *growing = whole ? NULL : og__peer_core_growing(core, len + SLACK);
    if (growing) return rise_into(core, growing, data, len, err);
    return og__layer_stack_read(l->stack, data, len, &l->up, err);
}

/* Gives the core the plain bytes that have come up. */
static int hand_up(og__core *core, og_error *err)
{
    og__layered *l = core->layered;
    og_buf *bytes = &l->up.bytes;
    if (l->up.ended) og__peer_core_end(core);
    if (bytes->len == 0 || og__layer_stack_is_whole(l->stack)) return OG_OK;
    if (og_buf_reserve(bytes, OG_PADDING) < 0) return no_memory(err);
    memset(bytes->data + bytes->len, 0, OG_PADDING);
    og__peer_core_feed(core, bytes->data, bytes->len);
    return OG_OK;
}

/* All layers have stepped aside: what they left goes the plain way from now on. */
static int step_aside(og__core *core, og_error *err)
{
    og__layered *l = core->layered;
    og_buf *wire = og__layer_stack_wire(l->stack);
    if (og__peer_core_hold(core) < 0) return no_memory(err);
    if (core->out.len > 0 && og_buf_put(wire, core->out.data, core->out.len) < 0) return no_memory(err);
    og_buf_free(&core->out);
    core->out = *wire;
    og_buf_init(wire, core->setup->alloc);
    og__peer_layered_free(core);
    return OG_OK;
}

int og__peer_layered_feed(og__core *core, const uint8_t *data, size_t len, int64_t now, og_error *err)
{
    og__layered *l = core->layered;
    og_error why;
    if (!l) {
        og__peer_core_feed(core, data, len);
        return OG_OK;
    }
    if (l->failed.code) return fail(l, l->failed.code, &l->failed, err);
    drop_taken(l);
    int status = rise(core, data, len, &why);
    if (status == OG_OK) status = og__layer_stack_tick(l->stack, now, &l->next, &why);
    if (status == OG_OK) status = hand_up(core, &why);
    if (status < 0) return fail(l, status, &why, err);
    if (!og__layer_stack_is_open(l->stack)) return OG_OK;
    l->opening = false;
    if (!og__layer_stack_is_over(l->stack)) return OG_OK;
    status = step_aside(core, &why);
    return status < 0 ? fail(l, status, &why, err) : OG_OK;
}

int og__peer_layered_tick(og__core *core, int64_t now, og_error *err)
{
    og__layered *l = core->layered;
    og_error why;
    if (l->failed.code) return fail(l, l->failed.code, &l->failed, err);
    int status = og__layer_stack_tick(l->stack, now, &l->next, &why);
    return status < 0 ? fail(l, status, &why, err) : OG_OK;
}

int og__peer_layered_begin(og__core *core, og__layers *layers, int64_t now, og_error *err)
{
    const og_allocator *alloc = core->setup->alloc;
    if (!layers) return OG_OK;
    og__layered *l = og__base_alloc(alloc, sizeof *l);
    if (!l) return no_memory(err);
    memset(l, 0, sizeof *l);
    core->layered = l;
    l->opening = true;
    l->since = now;
    og_buf_init(&l->up.bytes, alloc);
    og_buf_init(&l->up.ends, alloc);
    og_buf_init(&l->down_ends, alloc);
    l->stack = og__layer_stack_new(layers, alloc);
    int status = l->stack ? og__layer_stack_start(l->stack, err) : no_memory(err);
    if (status == OG_OK) status = og__peer_layered_feed(core, NULL, 0, now, err);
    return status;
}

int og__peer_layered_expired(og__core *core, int64_t limit_ms, og_error *err)
{
    og_error why;
    int status = og__layer_stack_expired(core->layered->stack, limit_ms, &why);
    return fail(core->layered, status, &why, err);
}
