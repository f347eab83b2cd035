/* SPDX-License-Identifier: MIT */
/* The pickle reader's stack, its failures, the bytes of arguments, and how deep values nest. */
#include "codec/pickle/read/reader.h"

#include "base/plural.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Marks of the walk that takes heights again, in a node's flags. */
enum { OPEN = 0x40, DONE = 0x80 };

int og__pickle_reader_fail(og__reader *r, og_status code, const char *format, ...)
{
    if (!r->err) return code;
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t position = (size_t)(r->op - r->start);
    return og_error_set(r->err, code, position, "opcode %s: %s", og__pickle_opcodes[*r->op].name, text);
}

int og__pickle_reader_nomem(og__reader *r)
{
    if (!r->doc->limited) return og__pickle_reader_fail(r, OG_ENOMEM, "no memory for its value");
    if (r->doc->memory_limit == r->memory_limit) {
        return og__pickle_reader_fail(r, OG_ELIMIT,
                                      "more than the %zu byte%s of memory that the document may hold",
                                      r->memory_limit, og__base_plural(r->memory_limit));
    }
    return og__pickle_reader_fail(
        r, OG_ELIMIT,
        "more than 64 bytes of memory for each byte of the pickle, which only a pickle made for it needs");
}

int og__pickle_reader_underflow(og__reader *r, const char *expected)
{
    return og__pickle_reader_fail(r, OG_ESYNTAX, "expected %s on the stack but found %s", expected,
                                  r->fence ? "a mark" : "nothing");
}

int og__pickle_reader_truncated(og__reader *r)
{
    return og__pickle_reader_fail(r, OG_ETRUNCATED, "the pickle ends within its argument, after %zu byte%s",
                                  (size_t)(r->end - r->start),
                                  og__base_plural((uint64_t)(r->end - r->start)));
}

int og__pickle_reader_grow(og__reader *r)
{
    size_t len = og__pickle_stack_len(r);
    if (og__value_doc_stack_reserve(r->doc, len + 1) < 0) return og__pickle_reader_nomem(r);
    r->top = r->doc->stack + len;
    r->limit = r->doc->stack + r->doc->stack_cap;
    return OG_OK;
}

bool og__pickle_reader_make_room(og__reader *r, size_t more)
{
    size_t len = og__pickle_stack_len(r);
    if (og__value_doc_stack_reserve(r->doc, len + more) < 0) {
        r->doc->limited = false; /* what needs it will fail */
        return false;
    }
    r->top = r->doc->stack + len;
    r->limit = r->doc->stack + r->doc->stack_cap;
    return true;
}

int og__pickle_pop_mark(og__reader *r, og_value **items, size_t *count)
{
    if (r->fence == 0)
        return og__pickle_reader_fail(r, OG_ESYNTAX, "expected a mark on the stack but found none");
    og_value *mark = r->doc->stack + r->fence - 1;
    *items = mark + 1;
    *count = (size_t)(r->top - mark) - 1;
    r->fence -= (size_t)mark->u.i + 1;
    r->top = mark;
    return OG_OK;
}

const uint8_t *og__pickle_take_counted(og__reader *r, size_t size, size_t *len)
{
    const uint8_t *bytes = og__pickle_take(r, size);
    if (!bytes) return NULL;
    uint64_t number = og__pickle_le(bytes, size);
    size_t left = (size_t)(r->end - r->at);
    if (number > left) {
        og__pickle_reader_fail(r, OG_ETRUNCATED, "expected %llu byte%s but the pickle ends after %zu",
                               (unsigned long long)number, og__base_plural(number), left);
        return NULL;
    }
    *len = (size_t)number;
    r->at += *len;
    return bytes + size;
}

const uint8_t *og__pickle_take_line(og__reader *r, size_t *len)
{
    const uint8_t *line = r->at;
    const uint8_t *feed = r->at < r->end ? memchr(r->at, '\n', (size_t)(r->end - r->at)) : NULL;
    if (!feed) {
        og__pickle_reader_fail(r, OG_ETRUNCATED, "the pickle ends before the end of its line");
        return NULL;
    }
    *len = (size_t)(feed - line);
    r->at = feed + 1;
    return line;
}

size_t og__pickle_height_of_items(const og_value *items, size_t count)
{
    size_t height = 0;
    for (size_t i = 0; i < count; i++) {
        size_t item = og__pickle_height(items[i]);
        if (item > height) height = item;
    }
    return height;
}

static void set_height(og_value v, size_t height)
{
    if (og_kind_of(v) == OG_OBJECT) {
        og__value_node_of(v)->count = (uint32_t)height;
    } else {
        og__value_node_of(v)->high = (uint16_t)height;
    }
}

static int too_deep(og__reader *r)
{
    return og__pickle_reader_fail(r, OG_ELIMIT, "values nest deeper than %zu; raise max_depth to allow it",
                                  r->max_depth);
}

int og__pickle_raise(og__reader *r, og_value v, size_t below)
{
    size_t height = below + 1;
    if (height <= og__pickle_height(v)) return OG_OK;
    if (og__value_is_shared(v)) r->regrown = true;
    if (height > r->max_depth) {
        if (!r->regrown) return too_deep(r);
        height = r->max_depth; /* not known for certain: cycles count themselves */
    }
    set_height(v, height);
    return OG_OK;
}

/* A container on the way of the walk. `part` is the object record whose parts are being looked at. */
typedef struct frame {
    og_value value;
    const og__object *part;
    uint32_t index;
    uint32_t below;
} frame;

_Static_assert(sizeof(frame) <= 2 * sizeof(og_value), "the reader's stack has room for two values a frame");

/* Part `index` of an object: 1 and the part, 0 at the end. Goes on with its later records by itself. */
static int next_part(frame *f, og_value *child)
{
    for (;;) {
        const og__object *part = f->part;
        const og__object_more *more = part->more;
        uint32_t index = f->index++;
        og_value found = {0};
        switch (index) {
        case 0: found = part->callable; break;
        case 1: found = part->args; break;
        case 2:
            if (!more) return 0;
            found = more->kwargs;
            break;
        case 3: found = more->items; break;
        case 4: found = more->pairs; break;
        case 5: found = more->state; break;
        default:
            if (!og_valid(more->next)) return 0;
            f->part = og__value_node_of(more->next)->items;
            f->index = 0;
        }
        if (og_valid(found)) {
            *child = found;
            return 1;
        }
    }
}

static int next_child(frame *f, og_value *child)
{
    if (f->part) return next_part(f, child);
    const og__node *node = og__value_node_of(f->value);
    size_t count = og_kind_of(f->value) == OG_DICT ? (size_t)node->count * 2 : node->count;
    if (f->index == count) return 0;
    *child = ((const og_value *)node->items)[f->index++];
    return 1;
}

static bool nests(og_value v)
{
    return og_kind_of(v) >= OG_LIST && og_kind_of(v) != OG_CLASS;
}

static int open_frame(og__reader *r, size_t depth, og_value v)
{
    if (depth == r->max_depth) return too_deep(r);
    if (og__value_doc_stack_reserve(r->doc, 2 * (depth + 1)) < 0) return og__pickle_reader_nomem(r);
    frame *f = (frame *)(void *)r->doc->stack + depth;
    *f = (frame){.value = v, .part = og_kind_of(v) == OG_OBJECT ? og__value_node_of(v)->items : NULL};
    og__value_node_of(v)->flags |= OPEN;
    return OG_OK;
}

int og__pickle_reader_check_depth(og__reader *r, og_value root)
{
    if (!r->regrown || !nests(root)) return OG_OK;
    int status = open_frame(r, 0, root);
    size_t depth = 1;
    while (status == OG_OK && depth > 0) {
        frame *f = (frame *)(void *)r->doc->stack + depth - 1;
        og_value child;
        if (next_child(f, &child)) {
            if (!nests(child) || (og__value_node_of(child)->flags & OPEN)) continue;
            if (!(og__value_node_of(child)->flags & DONE)) {
                status = open_frame(r, depth++, child);
            } else if (og__pickle_height(child) > f->below) {
                f->below = (uint32_t)og__pickle_height(child);
            }
            continue;
        }
        uint32_t height = f->below + 1;
        og__value_node_of(f->value)->flags = (uint8_t)((og__value_node_of(f->value)->flags & ~OPEN) | DONE);
        set_height(f->value, height);
        depth--;
        if (depth + height > r->max_depth) return too_deep(r);
        if (depth > 0 && f[-1].below < height) f[-1].below = height;
    }
    return status;
}
