/* SPDX-License-Identifier: MIT */
/* Running the layers of a connection as one. */
#include "layer/stack.h"

#include "base/alloc.h"

#include <stdalign.h>
#include <string.h>

typedef struct stage {
    const og__layer *layer;
    const void *config;
    void *state;
    og_buf in; /* bytes that came and could not be used yet */
    bool started;
    bool gone; /* it has stepped aside */
} stage;

struct og__stack {
    og__layers *layers;
    const og_allocator *alloc;
    size_t size; /* of this allocation */
    og_role role;
    size_t count;
    og_buf wire;
    og_buf scratch[2]; /* what goes down from one layer to the next */
    stage stages[];
};

static int no_memory(og_error *err)
{
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the bytes of a connection");
}

/* ---- Making and unmaking ---- */

static size_t aligned(size_t size)
{
    size_t unit = alignof(max_align_t);
    return (size + unit - 1) / unit * unit;
}

og__stack *og__layer_stack_new(og__layers *layers, const og_allocator *alloc)
{
    const void *config;
    size_t count = og__layer_set_count(layers);
    size_t head = aligned(sizeof(og__stack) + count * sizeof(stage));
    size_t size = head;
    for (size_t i = 0; i < count; i++)
        size += aligned(og__layer_set_at(layers, i, &config)->state_size);
    og__stack *stack = og__base_alloc(alloc, size);
    if (!stack) return NULL;
    memset(stack, 0, size);
    *stack = (og__stack){.alloc = alloc, .size = size, .count = count};
    stack->layers = og__layer_set_ref(layers);
    stack->role = og__layer_set_role(layers);
    og_buf_init(&stack->wire, alloc);
    og_buf_init(&stack->scratch[0], alloc);
    og_buf_init(&stack->scratch[1], alloc);
    unsigned char *states = (unsigned char *)stack + head;
    for (size_t i = 0; i < count; i++) {
        stage *st = &stack->stages[i];
        st->layer = og__layer_set_at(layers, i, &st->config);
        st->state = states;
        states += aligned(st->layer->state_size);
        og_buf_init(&st->in, alloc);
    }
    return stack;
}

static void leave(stage *st)
{
    if (st->started && !st->gone && st->layer->fini) st->layer->fini(st->state);
    st->gone = true;
    og_buf_free(&st->in);
}

void og__layer_stack_free(og__stack *stack)
{
    if (!stack) return;
    for (size_t i = stack->count; i-- > 0;)
        leave(&stack->stages[i]);
    og__layer_set_unref(stack->layers);
    og_buf_free(&stack->wire);
    og_buf_free(&stack->scratch[0]);
    og_buf_free(&stack->scratch[1]);
    og__base_free(stack->alloc, stack, stack->size);
}

/* ---- Asking ---- */

static bool is_stage_open(const stage *st)
{
    if (st->gone) return true;
    return st->started && st->layer->is_open && st->layer->is_open(st->state);
}

/* The lowest layer that is not open yet, or NULL. */
static const stage *opening_stage(const og__stack *stack)
{
    for (size_t i = 0; i < stack->count; i++)
        if (!is_stage_open(&stack->stages[i])) return &stack->stages[i];
    return NULL;
}

bool og__layer_stack_is_open(const og__stack *stack)
{
    return !opening_stage(stack);
}

bool og__layer_stack_is_over(const og__stack *stack)
{
    for (size_t i = 0; i < stack->count; i++)
        if (!stack->stages[i].gone) return false;
    return true;
}

bool og__layer_stack_is_whole(const og__stack *stack)
{
    for (size_t i = stack->count; i-- > 0;)
        if (!stack->stages[i].gone) return stack->stages[i].layer->whole_messages;
    return false;
}

og_buf *og__layer_stack_wire(og__stack *stack)
{
    return &stack->wire;
}

size_t og__layer_stack_property(const og__stack *stack, const char *name, char *text, size_t size)
{
    if (size > 0) text[0] = '\0';
    for (size_t i = 0; i < stack->count; i++) {
        const stage *st = &stack->stages[i];
        if (st->gone || !st->started || !st->layer->property) continue;
        size_t len = st->layer->property(st->state, name, text, size);
        if (len > 0) return len;
    }
    return 0;
}

const char *og__layer_stack_property_at(const og__stack *stack, size_t index)
{
    for (size_t i = 0; i < stack->count; i++) {
        const stage *st = &stack->stages[i];
        const char *const *names = st->gone ? NULL : st->layer->properties;
        for (; names && *names; names++)
            if (index-- == 0) return *names;
    }
    return NULL;
}

int og__layer_stack_expired(const og__stack *stack, int64_t limit_ms, og_error *err)
{
    const stage *st = opening_stage(stack);
    const char *what = st && st->started && st->layer->awaits ? st->layer->awaits(st->state) : NULL;
    return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION,
                        "the handshake (%s) took longer than %lld ms (handshake_timeout_ms)%s%s",
                        st ? st->layer->name : "none", (long long)limit_ms, what ? ", waiting for " : "",
                        what ? what : "");
}

/* ---- Down to the wire ---- */

/* The next stage below `i` that has not stepped aside, or stack->count. */
static size_t below(const og__stack *stack, size_t i)
{
    while (i-- > 0)
        if (!stack->stages[i].gone) return i;
    return stack->count;
}

/* Sends what stage `i` has put into `bytes` down through the layers below it. */
static int send_down(og__stack *stack, size_t i, og_buf *bytes, og_error *err)
{
    int status = OG_OK;
    while (bytes != &stack->wire && bytes->len > 0 && status == OG_OK) {
        size_t next = below(stack, i);
        og_buf *to = &stack->wire;
        const og__part part = {bytes->data, bytes->len};
        if (next == stack->count) {
            if (og_buf_put(to, part.data, part.len) < 0) status = no_memory(err);
        } else {
            if (below(stack, next) != stack->count)
                to = bytes == &stack->scratch[0] ? &stack->scratch[1] : &stack->scratch[0];
            const stage *st = &stack->stages[next];
            status = st->layer->write(st->state, &part, 1, to, err);
        }
        bytes->len = 0;
        bytes = to;
        i = next;
    }
    return status;
}

/* Where stage `i` puts what goes down. */
static og_buf *wire_of(og__stack *stack, size_t i)
{
    return below(stack, i) == stack->count ? &stack->wire : &stack->scratch[0];
}

int og__layer_stack_write(og__stack *stack, const og__part *parts, size_t count, og_error *err)
{
    size_t top = below(stack, stack->count);
    if (top == stack->count) {
        for (size_t i = 0; i < count; i++)
            if (og_buf_put(&stack->wire, parts[i].data, parts[i].len) < 0) return no_memory(err);
        return OG_OK;
    }
    const stage *st = &stack->stages[top];
    og_buf *wire = wire_of(stack, top);
    int status = st->layer->write(st->state, parts, count, wire, err);
    int sent = send_down(stack, top, wire, status < 0 ? NULL : err);
    return status < 0 ? status : sent;
}

void og__layer_stack_end(og__stack *stack)
{
    for (size_t i = stack->count; i-- > 0;) {
        const stage *st = &stack->stages[i];
        if (st->gone || !st->started || !st->layer->end) continue;
        og_buf *wire = wire_of(stack, i);
        st->layer->end(st->state, wire);
        send_down(stack, i, wire, NULL);
    }
}

int og__layer_stack_hangup(const og__stack *stack, og_error *err)
{
    for (size_t i = 0; i < stack->count; i++) {
        const stage *st = &stack->stages[i];
        if (st->gone || !st->started || !st->layer->hangup) continue;
        int status = st->layer->hangup(st->state, err);
        if (status < 0) return status;
    }
    return OG_OK;
}

int og__layer_stack_tick(og__stack *stack, int64_t now, int64_t *next, og_error *err)
{
    *next = 0;
    for (size_t i = 0; i < stack->count; i++) {
        const stage *st = &stack->stages[i];
        if (st->gone || !st->started || !st->layer->tick) continue;
        int64_t due = 0;
        og_buf *wire = wire_of(stack, i);
        int status = st->layer->tick(st->state, now, &due, wire, err);
        int sent = send_down(stack, i, wire, status < 0 ? NULL : err);
        if (status < 0 || sent < 0) return status < 0 ? status : sent;
        if (due != 0 && (*next == 0 || due < *next)) *next = due;
    }
    return OG_OK;
}

/* ---- Up from the wire ---- */

/* Starts each layer whose lower neighbour is open. */
static int start_stages(og__stack *stack, og_error *err)
{
    for (size_t i = 0; i < stack->count; i++) {
        stage *st = &stack->stages[i];
        if (!st->started) {
            og_buf *wire = wire_of(stack, i);
            st->started = true;
            int status = st->layer->start(st->state, st->config, stack->role, wire, err);
            int sent = send_down(stack, i, wire, status < 0 ? NULL : err);
            if (status < 0 || sent < 0) return status < 0 ? status : sent;
        }
        if (!is_stage_open(st)) return OG_OK;
    }
    return OG_OK;
}

int og__layer_stack_start(og__stack *stack, og_error *err)
{
    return start_stages(stack, err);
}

/* Lets stage `i` read until it needs more, and keeps what it has not used. `up` takes what comes of it. */
static int read_stage(og__stack *stack, size_t i, const uint8_t *data, size_t len, og__layer_parts *up,
                      og_error *err)
{
    stage *st = &stack->stages[i];
    og_buf *wire = wire_of(stack, i);
    size_t at = 0;
    int status = OG__LAYER_PROGRESS;
    while (status == OG__LAYER_PROGRESS) {
        size_t used = 0;
        status = st->layer->read(st->state, data + at, len - at, &used, up, wire, err);
        at += used;
        int sent = send_down(stack, i, wire, status < 0 ? NULL : err);
        if (status >= 0 && sent < 0) status = sent;
        if (at == len && status == OG__LAYER_PROGRESS) status = OG__LAYER_WAIT;
    }
    if (status == OG__LAYER_DONE && og_buf_put(&up->bytes, data + at, len - at) < 0) return no_memory(err);
    if (status == OG__LAYER_DONE) leave(st);
    if (status != OG__LAYER_WAIT) return status;
    if (data == st->in.data) {
        og_buf_drop(&st->in, at);
    } else if (og_buf_put(&st->in, data + at, len - at) < 0) {
        return no_memory(err);
    }
    if (st->in.len == 0) og_buf_free(&st->in);
    return OG__LAYER_WAIT;
}

/* The next stage from `i` on that has not stepped aside, or stack->count. */
static size_t from(const og__stack *stack, size_t i)
{
    while (i < stack->count && stack->stages[i].gone)
        i++;
    return i;
}

/* Stage `i` reads `data`, or what is kept for it when that is NULL; the stage above is given what comes up.
 */
static int rise(og__stack *stack, size_t i, const uint8_t *data, size_t len, og__layer_parts *parts,
                og_error *err)
{
    stage *st = &stack->stages[i];
    size_t next = from(stack, i + 1);
    if (st->in.len > 0) {
        if (og_buf_put(&st->in, data, len) < 0) return no_memory(err);
        data = st->in.data;
        len = st->in.len;
    }
    if (len == 0) return OG_OK;
    if (next == stack->count) return read_stage(stack, i, data, len, parts, err);
    og__layer_parts up = {.bytes = stack->stages[next].in, .ended = parts->ended};
    og_buf_init(&up.ends, stack->alloc);
    int status = read_stage(stack, i, data, len, &up, err);
    stack->stages[next].in = up.bytes;
    parts->ended = up.ended;
    og_buf_free(&up.ends);
    return status;
}

int og__layer_stack_read(og__stack *stack, const uint8_t *data, size_t len, og__layer_parts *parts,
                         og_error *err)
{
    size_t i = from(stack, 0);
    if (i == stack->count && og_buf_put(&parts->bytes, data, len) < 0) return no_memory(err);
    while (i < stack->count) {
        int status = rise(stack, i, data, len, parts, err);
        if (status >= 0) status = start_stages(stack, err);
        if (status < 0) return status;
        data = NULL;
        len = 0;
        i = from(stack, i + 1);
    }
    return OG_OK;
}
