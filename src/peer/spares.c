/* SPDX-License-Identifier: MIT */
/* Memory of messages that have left, kept for those that come. */
#include "peer/spares.h"

void og__peer_spares_forget(og__spares *spares)
{
    for (size_t i = 0; i < OG__LONG_SPARES; i++)
        og_buf_free(&spares->longs[i]);
}

void og__peer_spares_fini(og__spares *spares)
{
    og__peer_spares_forget(spares);
    for (size_t i = 0; i < spares->count; i++)
        og_buf_free(&spares->list[i]);
    spares->count = spares->bytes = 0;
}

static og_buf cut(og__spares *spares, size_t at)
{
    og_buf buf = spares->list[at];
    spares->list[at] = spares->list[--spares->count];
    spares->bytes -= buf.cap;
    buf.len = 0;
    return buf;
}

static size_t smallest(const og__spares *spares)
{
    size_t best = 0;
    for (size_t i = 1; i < spares->count; i++)
        if (spares->list[i].cap < spares->list[best].cap) best = i;
    return best;
}

/* The largest ones stay. */
static void give_long(og__spares *spares, og_buf *buf)
{
    og_buf *place = &spares->longs[0];
    for (size_t i = 1; i < OG__LONG_SPARES; i++)
        if (spares->longs[i].cap < place->cap) place = &spares->longs[i];
    if (spares->on_long && place->cap < buf->cap) {
        og_buf_free(place);
        *place = *buf;
        og_buf_init(buf, buf->alloc);
        spares->on_long(spares->ctx);
    }
    og_buf_free(buf);
}

void og__peer_spares_give(og__spares *spares, og_buf *buf)
{
    if (buf->cap > OG__SPARE_MAX) {
        give_long(spares, buf);
        return;
    }
    bool fits = buf->cap > 0 && spares->bytes + buf->cap <= OG__SPARES_MAX;
    if (fits && spares->count == OG__SPARES) {
        size_t at = smallest(spares);
        fits = spares->list[at].cap < buf->cap;
        if (fits) {
            og_buf dropped = cut(spares, at);
            og_buf_free(&dropped);
        }
    }
    if (!fits) {
        og_buf_free(buf);
        return;
    }
    spares->bytes += buf->cap;
    spares->list[spares->count++] = *buf;
    og_buf_init(buf, buf->alloc);
}

/* Whether a spare of `cap` bytes suits better than one of `best`. */
static bool suits_better(size_t cap, size_t best, size_t least)
{
    if (cap >= least) return best < least || cap < best;
    return cap > best;
}

static bool take_long(og__spares *spares, size_t least, size_t have, og_buf *buf)
{
    og_buf *best = &spares->longs[0];
    for (size_t i = 1; i < OG__LONG_SPARES; i++)
        if (suits_better(spares->longs[i].cap, best->cap, least)) best = &spares->longs[i];
    if (best->cap <= have) return false;
    *buf = *best;
    buf->len = 0;
    og_buf_init(best, best->alloc);
    return true;
}

bool og__peer_spares_take(og__spares *spares, size_t least, size_t have, og_buf *buf)
{
    bool is_long = least > OG__SPARE_MAX && least < SIZE_MAX;
    if (is_long && take_long(spares, least, have, buf)) return true;
    size_t at = 0;
    for (size_t i = 1; i < spares->count; i++)
        if (suits_better(spares->list[i].cap, spares->list[at].cap, least)) at = i;
    if (spares->count == 0 || spares->list[at].cap <= have) return false;
    *buf = cut(spares, at);
    return true;
}
