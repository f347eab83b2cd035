/* SPDX-License-Identifier: MIT */
/* The writer's output: room, brackets, separators, lines. */
#include "base/alloc.h"
#include "codec/json/writer.h"

#include <string.h>

enum { SPARE = 64 };

void og__json_sync(og__json_writer *w)
{
    og_buf *out = w->out;
    w->at = w->end = out->data;
    if (!out->data) return;
    size_t end = out->cap < w->limit ? out->cap : w->limit;
    w->at = out->data + out->len;
    w->end = out->data + (end > out->len ? end : out->len);
}

int og__json_reserve_slow(og__json_writer *w, size_t len)
{
    og_buf *out = w->out;
    out->len = og__json_length(w);
    if (out->len > w->limit || len > w->limit - out->len) return og__json_too_long(w);
    /* Some more, so that short items need not ask one by one; but no more than may be. */
    size_t more = w->limit - out->len - len;
    if (og_buf_reserve(out, len + (more < SPARE ? more : SPARE)) < 0) return og__json_write_no_memory(w);
    og__json_sync(w);
    return OG_OK;
}

int og__json_put(og__json_writer *w, const char *text, size_t len)
{
    int status = og__json_reserve(w, len);
    if (status < 0) return status;
    memcpy(w->at, text, len);
    w->at += len;
    return OG_OK;
}

int og__json_puts(og__json_writer *w, const char *text)
{
    return og__json_put(w, text, strlen(text));
}

static int new_line(og__json_writer *w)
{
    if (w->depth && w->indent > (SIZE_MAX - 1) / w->depth)
        return og__json_refuse(w, OG_ELIMIT, "an indentation of %zu is too much", w->indent);
    size_t spaces = w->indent * w->depth;
    int status = og__json_reserve(w, spaces + 1);
    if (status < 0) return status;
    /* After a reservation there is room. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    *w->at++ = '\n';
    if (!w->indent_text) memset(w->at, ' ', spaces);
    for (size_t i = 0; w->indent_text && i < w->depth; i++)
        memcpy(w->at + i * w->indent, w->indent_text, w->indent);
    w->at += spaces;
    return OG_OK;
}

int og__json_begin_item(og__json_writer *w)
{
    og__json_frame *f = &w->frames[w->depth - 1];
    int status = OG_OK;
    if (f->any) status = og__json_put(w, w->o.item_separator, w->item_separator_len);
    f->any = true;
    return status < 0 || !w->lines ? status : new_line(w);
}

static int grow_frames(og__json_writer *w)
{
    if (w->depth >= w->o.max_depth)
        return og__json_refuse(w, OG_ELIMIT,
                               "arrays and objects are in one another more than %zu deep; raise max_depth to "
                               "allow it",
                               w->o.max_depth);
    if (w->depth < w->room) return OG_OK;
    size_t room = w->room * 2;
    if (room > SIZE_MAX / sizeof *w->frames) return og__json_write_no_memory(w);
    bool first = w->frames == w->frames_first;
    og__json_frame *frames = og__base_realloc(w->alloc, first ? NULL : w->frames,
                                              first ? 0 : w->room * sizeof *frames, room * sizeof *frames);
    if (!frames) return og__json_write_no_memory(w);
    if (first) memcpy(frames, w->frames, w->depth * sizeof *frames);
    w->frames = frames;
    w->room = room;
    og__json_count_frames(w);
    return OG_OK;
}

int og__json_open(og__json_writer *w, og__json_frame_kind kind, const og_value *run, size_t count)
{
    int status = OG_OK;
    if (w->depth >= w->room || w->depth >= w->o.max_depth) status = grow_frames(w);
    if (status == OG_OK) status = og__json_reserve(w, 1);
    if (status < 0) return status;
    bool list = kind == OG__FRAME_LIST || kind == OG__FRAME_PAIRS || kind == OG__FRAME_DEF;
    w->frames[w->depth++] = (og__json_frame){
        .next = run,
        .last = count ? run + count : run,
        .first = run,
        .kind = (uint8_t)kind,
        .closing = list ? ']' : '}',
    };
    /* After a reservation there is room. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    *w->at++ = list ? '[' : '{';
    return OG_OK;
}

void og__json_end_frame(og__json_writer *w, og__json_frame *f)
{
    if (!f->is_sorted) return;
    bool keep = f->u.sorted.size > w->spare.size;
    og__json_block old = keep ? w->spare : f->u.sorted;
    if (keep) w->spare = f->u.sorted;
    og__base_free(w->alloc, old.bytes, old.size);
    f->is_sorted = false;
}

int og__json_close(og__json_writer *w)
{
    og__json_frame *f = &w->frames[--w->depth];
    og__json_end_frame(w, f);
    int status = f->any && w->lines ? new_line(w) : OG_OK;
    if (status == OG_OK) status = og__json_reserve(w, 1);
    if (status < 0) return status;
    /* After a reservation there is room. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    *w->at++ = (uint8_t)f->closing;
    return OG_OK;
}

int og__json_put_key(og__json_writer *w, const char *key)
{
    size_t len = strlen(key);
    int status = og__json_begin_item(w);
    if (status == OG_OK) status = og__json_reserve(w, len + 2);
    if (status < 0) return status;
    /* After a reservation there is room. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    *w->at++ = '"';
    memcpy(w->at, key, len);
    w->at += len;
    *w->at++ = '"';
    return og__json_put(w, w->o.key_separator, w->key_separator_len);
}

int og__json_open_tag(og__json_writer *w, const char *tag)
{
    int status = og__json_open(w, OG__FRAME_TAG, NULL, 0);
    return status < 0 ? status : og__json_put_key(w, tag);
}
