/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <stdlib.h>
#include <string.h>

static int worse(int a, int b)
{
    return a < b ? a : b;
}

static int end_open(end *e, og__layers *layers, const og_allocator *alloc)
{
    memset(e, 0, sizeof *e);
    og_buf_init(&e->parts.bytes, alloc);
    og_buf_init(&e->parts.ends, alloc);
    e->stack = og__layer_stack_new(layers, alloc);
    og__layer_set_unref(layers);
    if (!e->stack) return e->status = OG_ENOMEM;
    e->status = og__layer_stack_start(e->stack, &e->err);
    return e->status;
}

int ends_open(end *client, end *server, og__layers *for_client, og__layers *for_server,
              const og_allocator *alloc)
{
    int status = end_open(client, for_client, alloc);
    return worse(status, end_open(server, for_server, alloc));
}

void end_close(end *e)
{
    og__layer_stack_free(e->stack);
    og_buf_free(&e->parts.bytes);
    og_buf_free(&e->parts.ends);
}

void end_feed(end *e, const void *bytes, size_t len, int64_t now)
{
    uint8_t *copy = malloc(len ? len : 1); /* exactly so long, so that sanitizers see a read past the end */
    assert_non_null(copy);
    if (len > 0) memcpy(copy, bytes, len);
    e->carried += len;
    e->status = og__layer_stack_read(e->stack, copy, len, &e->parts, &e->err);
    free(copy);
    if (e->status >= 0) e->status = og__layer_stack_tick(e->stack, now, &e->next, &e->err);
}

static bool carry(end *from, end *to, size_t piece, size_t cut, int64_t now)
{
    og_buf *wire = og__layer_stack_wire(from->stack);
    if (wire->len == 0) return false;
    og_buf taken = *wire;
    og_buf_init(wire, taken.alloc);
    for (size_t at = 0; at < taken.len && to->status >= 0;) {
        size_t n = taken.len - at;
        if (piece && n > piece) n = piece;
        if (to->carried < cut && n > cut - to->carried) n = cut - (size_t)to->carried;
        end_feed(to, taken.data + at, n, now);
        at += n;
    }
    og_buf_free(&taken);
    return true;
}

int play(end *client, end *server, size_t piece, size_t cut, int64_t now)
{
    if (!client->stack || !server->stack) return OG_ENOMEM;
    bool going = true;
    while (going) {
        going = carry(client, server, piece, cut, now);
        going |= carry(server, client, piece, cut, now);
    }
    return worse(client->status, server->status);
}

og__layers *set_of(const og__layer *const *rows, size_t count, og_role role, const og_layer_option *options,
                   size_t option_count, const og_allocator *alloc)
{
    og__layers *layers = NULL;
    og__layer_given given = {.role = role,
                             .host = "",
                             .max_message = 1 << 20,
                             .options = options,
                             .option_count = option_count,
                             .alloc = alloc};
    int status = og__layer_set_of(&layers, rows, count, &given, NULL);
    assert_true(status == OG_OK || status == OG_ENOMEM);
    return layers;
}

void assert_came(const end *e, const char *bytes, size_t len)
{
    assert_int_equal(e->parts.bytes.len, len);
    assert_memory_equal(e->parts.bytes.data, bytes, len);
}
