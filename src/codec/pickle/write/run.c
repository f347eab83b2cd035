/* SPDX-License-Identifier: MIT */
/* Runs of items that go into a container on the stack, in batches. */
#include "codec/pickle/write/writer.h"

/* Items of a batch as CPython writes them. */
enum { LATE_BATCH = 1000 };

/* Begins the next batch of a run: a mark, unless it is one item or protocol 0. What was met half-filled by
 * what it holds is filled in CPython's steps, so that it is met as it was. */
int og__pickle_batch_begin(og__writer *w, og__frame *f)
{
    size_t batch =
        w->references || (og__value_node_of(f->value)->flags & OG__N_LATE) ? LATE_BATCH : OG__BATCH;
    size_t unit = f->one == OG__OP_SETITEM ? 2 : 1;
    size_t left = f->count - f->index;
    bool single = f->one && (left == unit || w->protocol == 0);
    size_t most = single ? unit : batch * unit;
    f->since = f->index;
    f->until = f->index + (left < most ? left : most);
    f->step = single ? 2 : 1;
    return single ? OG_OK : og__pickle_put_op(w, OG__OP_MARK);
}

int og__pickle_run_push(og__writer *w, og_value container, const og_value *items, size_t count, size_t depth)
{
    og__frame run = {.value = container,
                     .items = items,
                     .count = count,
                     .depth = (uint32_t)depth,
                     .kind = OG__FRAME_RUN,
                     .one = (uint8_t)og__pickle_op_of_one(container),
                     .many = (uint8_t)og__pickle_op_of_many(container)};
    if (count == 0) return 0;
    int status = og__pickle_batch_begin(w, &run);
    if (status < 0) return status;
    if (depth < w->max_depth) run.index = og__pickle_write_scalars(w, items, run.until);
    if (run.index == count)
        return og__pickle_put_op(w, run.step == 1 ? run.many : run.one); /* no frame is needed */
    og__frame *f = og__pickle_frame_push(w, OG__FRAME_RUN, container, depth);
    if (!f) return OG_ELIMIT;
    *f = run;
    return 1;
}
