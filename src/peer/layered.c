/* SPDX-License-Identifier: MIT */
/* The layers under a connection: what the core asks of them. */
#include "peer/layered.h"

#include "base/alloc.h"

#include <string.h>

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the layers of a connection");
}

/* ---- Making and unmaking ---- */

void og__peer_layered_free(og__core *core)
{
    og__layered *l = core->layered;
    if (!l) return;
    core->layered = NULL;
    og__layer_stack_free(l->stack);
    og_buf_free(&l->up.bytes);
    og_buf_free(&l->up.ends);
    og_buf_free(&l->down_ends);
    og__base_free(core->setup->alloc, l, sizeof *l);
}

bool og__peer_layered_is_opening(const og__core *core)
{
    return core->layered && core->layered->opening;
}

bool og__peer_layered_is_whole(const og__core *core)
{
    return core->layered && og__layer_stack_is_whole(core->layered->stack);
}

/* ---- Up ---- */

int og__peer_layered_hangup(const og__core *core, og_error *err)
{
    return core->layered ? og__layer_stack_hangup(core->layered->stack, err) : OG_OK;
}

void og__peer_layered_rest(og__core *core)
{
    og__layered *l = core->layered;
    if (!l || (l->up.ends.len > 0 && l->ends_taken * sizeof(og__part_end) < l->up.ends.len)) return;
    og_buf_free(&l->up.bytes);
    og_buf_free(&l->up.ends);
    l->ends_taken = 0;
}

/* ---- Whole messages ---- */

static og__part_end end_at(const og_buf *ends, size_t index)
{
    og__part_end end;
    memcpy(&end, ends->data + index * sizeof end, sizeof end);
    return end;
}

int og__peer_layered_take(og__core *core, og__message *message, og_error *err)
{
    og__layered *l = core->layered;
    size_t count = l->up.ends.len / sizeof(og__part_end);
    size_t last = l->ends_taken;
    while (last < count && end_at(&l->up.ends, last).more)
        last++;
    if (last == count) return 0;
    size_t start = l->ends_taken ? end_at(&l->up.ends, l->ends_taken - 1).end : 0;
    size_t len = end_at(&l->up.ends, last).end - start;
    if (og_buf_reserve(&l->up.bytes, OG_PADDING) < 0) return no_memory(err);
    *message = (og__message){
        .bytes = l->up.bytes.data + start,
        .len = len,
        .position = core->consumed,
        .part_ends = (const og__part_end *)(const void *)l->up.ends.data + l->ends_taken,
        .parts = last + 1 - l->ends_taken,
        .parts_from = start,
    };
    core->consumed += len;
    l->ends_taken = last + 1;
    return 1;
}

int og__peer_layered_put(og__core *core, bool more, og_error *err)
{
    const og__part_end end = {core->out.len, more};
    return og_buf_put(&core->layered->down_ends, &end, sizeof end) < 0 ? no_memory(err) : OG_OK;
}

/* ---- Down ---- */

/* Sends each whole message down with its parts. */
static int send_whole(og__layered *l, const og_buf *out, og_error *err)
{
    enum { MOST = 64 };
    og__part few[MOST];
    size_t count = l->down_ends.len / sizeof(og__part_end);
    size_t from = 0;
    size_t n = 0;
    int status = OG_OK;
    og__part *parts = few;
    size_t size = 0;
    if (count > MOST) {
        size = count * sizeof *parts;
        parts = og__base_alloc(out->alloc, size);
        if (!parts) return no_memory(err);
    }
    for (size_t i = 0; i < count && status == OG_OK; i++) {
        og__part_end end = end_at(&l->down_ends, i);
        parts[n++] = (og__part){out->data + from, end.end - from};
        from = end.end;
        if (end.more) continue;
        status = og__layer_stack_write(l->stack, parts, n, err);
        n = 0;
    }
    if (size > 0) og__base_free(out->alloc, parts, size);
    l->down_ends.len = 0;
    return status;
}

int og__peer_layered_out(og__core *core, const og_buf *plain, size_t *at, og_buf *wire, og_error *err)
{
    enum { PIECE = 128 << 10 }; /* fits into a processor's cache, together with what is made of it */
    og__layered *l = core->layered;
    og_buf *below = og__layer_stack_wire(l->stack);
    size_t len = plain->len - *at;
    int status = OG_OK;
    if (below->len == 0) { /* the memory of `wire` is used; else what is there is older */
        og_buf_free(below);
        *below = *wire;
        og_buf_init(wire, below->alloc);
    }
    if (len > 0 && og__layer_stack_is_whole(l->stack)) {
        status = send_whole(l, plain, err);
    } else if (len > 0) {
        const og__part part = {plain->data + *at, len = len < PIECE ? len : PIECE};
        status = og__layer_stack_write(l->stack, &part, 1, err);
    }
    *at += len;
    og_buf_free(wire);
    *wire = *below;
    og_buf_init(below, core->setup->alloc);
    return status;
}

void og__peer_layered_end(og__core *core)
{
    if (core->layered && !core->layered->failed.code) og__layer_stack_end(core->layered->stack);
}

bool og__peer_layered_owes(const og__core *core)
{
    return core->layered && og__layer_stack_wire(core->layered->stack)->len > 0;
}
