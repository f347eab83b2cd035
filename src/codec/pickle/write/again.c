/* SPDX-License-Identifier: MIT */
/*
 * Writes what was met before: from the memo, or once more within itself when it cannot be made before what it
 * holds.
 *
 * A call looks into its arguments, and should find in them what it found when it was made first. What is
 * fetched from the memo while it is being filled is half-filled. That is as it was for what is OG__N_LATE;
 * all else was whole, so it is filled as it is fetched, and what was written of it further out is dropped.
 * DUP tells readers of ours that this is so: nobody refers to it before it is filled.
 */
#include "codec/pickle/write/writer.h"

/* Frames that are looked at for each byte written, at most. */
enum { LOOKS_A_BYTE = 64 };

/* True of what can be filled after it was made. */
static bool is_filled(const og__writer *w, og_value v)
{
    og_kind kind = og_kind_of(v);
    return kind == OG_LIST || kind == OG_DICT || (kind == OG_SET && w->protocol >= 4) || kind == OG_OBJECT;
}

static bool is_late(og_value v)
{
    return og__value_node_of(v)->flags & OG__N_LATE;
}

/* Whose state frame `i` writes, or half of it, for it may be a pair of two dicts; else i. */
static size_t owner_of(const og__writer *w, size_t i)
{
    size_t at = i;
    if (at > 0 && w->open[at - 1].kind == OG__FRAME_TUPLE && w->open[at - 1].count == 2) at--;
    return at > 0 && og__pickle_object_takes_state(&w->open[at - 1]) ? at - 1 : i;
}

static int refuse_way(og__writer *w, og_value v)
{
    bool set = og_kind_of(v) == OG_SET;
    for (size_t i = w->open_count; i > 0 && w->open[i - 1].value.u.p != v.u.p; i--)
        set = set || og_kind_of(w->open[i - 1].value) == OG_SET;
    if (set && w->protocol < 4)
        return og__pickle_writer_fail(w, OG_EVALUE,
                                      "a set that holds what a call makes of it needs protocol 4");
    return og__pickle_writer_fail(w, OG_EVALUE,
                                  "a value holds itself, and nothing in between can be made before it");
}

/* Frame `i`, or the one above it that writes the same anew, and so on. */
static size_t newest(const og__writer *w, size_t i)
{
    size_t last = i;
    for (; i < w->open_count && (w->open[last].dropped || w->open[last].again); i++) {
        if (w->open[i].value.u.p == w->open[last].value.u.p) last = i;
    }
    return last;
}

static uint64_t *numbered(const og__writer *w, size_t i)
{
    uint64_t *entry = og__value_map_find(&w->nodes, og__value_node_of(w->open[i].value));
    return entry && (*entry & OG__NODE_STATE) == OG__NODE_NUMBERED ? entry : NULL;
}

/* The frames between a value and itself that can be fetched from the memo, as indices; SIZE_MAX: none. */
typedef struct way {
    size_t outermost;
    size_t next;  /* but one */
    size_t stops; /* the outermost that must be fetched as it is */
    bool fresh;   /* there are others than the outermost that were not filled early before */
} way;

/* From the frame of a value to the top. State is copied when its object takes it, so it is the object that is
 * fetched, and as it is when its state is. */
static way find_way(og__writer *w, size_t from)
{
    way found = {SIZE_MAX, SIZE_MAX, SIZE_MAX, false};
    w->looks += w->open_count - from;
    for (size_t i = from + 1; i < w->open_count && found.stops == SIZE_MAX; i++) {
        i = newest(w, i);
        const uint64_t *entry = numbered(w, i);
        if (!entry) continue;
        size_t owner = owner_of(w, i);
        if ((is_filled(w, w->open[i].value) && is_late(w->open[i].value)) ||
            og__pickle_object_is_late(&w->open[i]))
            found.stops = owner;
        if (owner < i) continue;
        if (found.outermost == SIZE_MAX) {
            found.outermost = i;
        } else {
            if (found.next == SIZE_MAX) found.next = i;
            found.fresh = found.fresh || !(*entry & OG__NODE_FILLED);
        }
    }
    return found;
}

/*
 * `v` is reached again from inside of itself before it is made: it will be written once more in there, and
 * that is the one that stays. When it is not known how what is in between was, the outermost of it must
 * be filled when it is met, if there is another one that can wait instead.
 */
static int prepare_way(og__writer *w, og_value v)
{
    size_t from = w->open_count - 1;
    while (w->open[from].value.u.p != v.u.p)
        from--;
    way found = find_way(w, from);
    if (found.outermost == SIZE_MAX) return refuse_way(w, v);
    w->open[from].again = true;
    if (og_kind_of(v) != OG_OBJECT || found.stops != SIZE_MAX || !found.fresh) return OG_OK;
    for (size_t i = found.outermost; i < found.next; i = newest(w, i + 1)) {
        uint64_t *entry = numbered(w, i);
        if (entry && is_filled(w, w->open[i].value)) *entry |= OG__NODE_EARLY;
    }
    return OG_OK;
}

/* The newest frame that fills a node; SIZE_MAX: none does. */
static size_t filled_by(og__writer *w, og_value v)
{
    for (size_t i = w->open_count; i-- > 0; w->looks++) {
        const og__frame *f = &w->open[i];
        if (f->value.u.p == v.u.p && !f->dropped) return i;
    }
    return SIZE_MAX;
}

/* True when a node must be filled when it is fetched: it is not late, but something it waits for is. */
static bool must_be_whole(og__writer *w, og_value v, uint64_t *entry)
{
    if (*entry & OG__NODE_EARLY) return true;
    if (w->waiting == 0 || (*entry & OG__NODE_WHOLE) || !is_filled(w, v) || is_late(v)) return false;
    size_t from = filled_by(w, v);
    if (from == SIZE_MAX) {
        *entry |= OG__NODE_WHOLE;
        return false;
    }
    size_t stops = find_way(w, from).stops;
    return stops != SIZE_MAX && stops > from;
}

/* What is still to come of the run of frame `i`, into the container on top of the stack. */
static int run_early(og__writer *w, size_t i)
{
    og__frame *old = &w->open[i];
    const og_value *items = old->items + old->since;
    size_t count = old->count - old->since;
    size_t depth = old->depth;
    old->dropped = true;
    int status = og__pickle_put_op(w, OG__OP_DUP);
    if (status == OG_OK) status = og__pickle_run_push(w, old->value, items, count, depth);
    if (status == 0) return og__pickle_put_op(w, OG__OP_POP);
    if (status > 0) w->open[w->open_count - 1].duplicated = true;
    return status;
}

/* It is on top of the stack: what is still to come of it is done now. 0 or 1, as og__pickle_write_value(). */
static int fill_early(og__writer *w, og_value v)
{
    size_t i = filled_by(w, v);
    if (i == SIZE_MAX) return 0; /* it is whole */
    return og_kind_of(v) == OG_OBJECT ? og__pickle_object_early(w, i) : run_early(w, i);
}

static int fetch(og__writer *w, og_value v, uint64_t *entry)
{
    bool early = must_be_whole(w, v, entry);
    if (early) *entry = (*entry & ~(uint64_t)OG__NODE_EARLY) | OG__NODE_FILLED;
    if (w->looks / LOOKS_A_BYTE > w->out->len + OG__FRAME_TARGET)
        return og__pickle_writer_fail(w, OG_ELIMIT, "calls hold one another in too many ways");
    int status = og__pickle_put_get(w, (uint32_t)(*entry >> OG__NODE_SHIFT));
    return early && status == OG_OK ? fill_early(w, v) : status;
}

bool og__pickle_met_before(og__writer *w, og_value v, size_t *depth, int *status)
{
    uint64_t *entry = og__value_map_find(&w->nodes, og__value_node_of(v));
    *status = OG_OK;
    if (!entry) return false;
    if ((*entry & OG__NODE_STATE) == OG__NODE_OPEN) {
        *depth = (size_t)(*entry >> OG__NODE_SHIFT);
        *status = prepare_way(w, v);
        return *status < 0;
    }
    *status = fetch(w, v, entry);
    return true;
}
