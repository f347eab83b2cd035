/* SPDX-License-Identifier: MIT */
/* Does the steps of an object early, when it is fetched and must be whole by then. */
#include "codec/pickle/write/writer.h"

bool og__pickle_object_takes_state(const og__frame *f)
{
    return f->kind == OG__FRAME_OBJECT && f->step == OG__STEP_BUILT;
}

bool og__pickle_object_is_late(const og__frame *f)
{
    return f->kind == OG__FRAME_OBJECT && f->step > OG__STEP_NEXT;
}

int og__pickle_object_early(og__writer *w, size_t i)
{
    og__frame old = w->open[i];
    if (old.step <= OG__STEP_MAKE || old.step >= OG__STEP_NEXT) return 0;
    int status = og__pickle_put_op(w, OG__OP_DUP);
    if (status < 0) return status;
    og__frame *f = og__pickle_frame_push(w, OG__FRAME_OBJECT, old.value, old.depth);
    if (!f) return OG_ELIMIT;
    w->open[i].dropped = true;
    f->part = old.part;
    f->step = old.step;
    f->duplicated = true;
    if (old.step == OG__STEP_BUILT) {
        f->step = OG__STEP_STATE;
        return 1;
    }
    og__frame *run = &w->open[i + 1]; /* items or pairs are being written */
    run->dropped = true;
    og__frame rest = *run;
    status = og__pickle_run_push(w, rest.value, rest.items + rest.since, rest.count - rest.since, rest.depth);
    return status < 0 ? status : 1;
}
