/* SPDX-License-Identifier: MIT */
/* The frames of containers that are open, and what ends the wait for one that holds itself. */
#include "base/alloc.h"
#include "codec/pickle/write/writer.h"

enum { OPEN_A_DEPTH = 8 };

/* Room for more open containers than there are. */
static int grow_open(og__writer *w)
{
    size_t cap = w->open_cap * 4;
    size_t size = w->open_cap * sizeof *w->open;
    bool small = w->open == w->small->open;
    og__frame *open =
        og__base_realloc(w->out->alloc, small ? NULL : w->open, small ? 0 : size, cap * sizeof *open);
    if (!open) return og__pickle_writer_fail(w, OG_ENOMEM, "out of memory");
    if (small) memcpy(open, w->open, size);
    w->open = open;
    w->open_cap = cap;
    return OG_OK;
}

og__frame *og__pickle_frame_push(og__writer *w, og__frame_kind kind, og_value v, size_t depth)
{
    if (depth >= w->max_depth || w->open_count / OPEN_A_DEPTH > w->max_depth) {
        og__pickle_writer_fail(w, OG_ELIMIT, "values nest deeper than %zu; raise max_depth to allow it",
                               w->max_depth);
        return NULL;
    }
    if (w->open_count == w->open_cap && grow_open(w) < 0) return NULL;
    og__frame *f = &w->open[w->open_count++];
    *f = (og__frame){.value = v, .depth = (uint32_t)depth, .kind = (uint8_t)kind};
    return f;
}

int og__pickle_save_wait(og__writer *w, og__frame *f)
{
    if (!og__pickle_may_recur(w, f->value)) return OG_OK;
    uint64_t open = (uint64_t)f->depth << OG__NODE_SHIFT | OG__NODE_OPEN;
    if (!og__pickle_node_entry(w, f->value, open)) return OG_ENOMEM;
    f->waiting = true;
    w->waiting++;
    return OG_OK;
}

static void wait_no_more(og__writer *w, og__frame *f)
{
    if (f->waiting) w->waiting--;
    f->waiting = false;
}

int og__pickle_finish(og__writer *w, og__frame *f)
{
    uint32_t number;
    wait_no_more(w, f);
    if (og__pickle_node_number(w, f->value, &number)) {
        int status = og__pickle_put_op(w, OG__OP_POP);
        return status < 0 ? status : og__pickle_put_get(w, number);
    }
    return og__pickle_memoize_node(w, f->value);
}

int og__pickle_finish_parts(og__writer *w, og__frame *f, og__opcode op, size_t parts, bool marked)
{
    uint32_t number;
    wait_no_more(w, f);
    if (!og__pickle_node_number(w, f->value, &number)) {
        int status = og__pickle_put_op(w, op);
        return status < 0 ? status : og__pickle_memoize_node(w, f->value);
    }
    int status = OG_OK;
    if (marked && w->protocol > 0) {
        status = og__pickle_put_op(w, OG__OP_POP_MARK);
    } else {
        for (size_t i = 0; i < parts + marked && status == OG_OK; i++)
            status = og__pickle_put_op(w, OG__OP_POP);
    }
    return status < 0 ? status : og__pickle_put_get(w, number);
}
