/* SPDX-License-Identifier: MIT */
/*
 * The core of a connection: the bytes that have come, and how long a message may be waited for.
 *
 * Unconsumed bytes are pending[at..] followed by fed[lent..fed_len]. A message that is whole in what was fed
 * is used where it is; of one that is not, as little as possible is copied after the pending rest.
 */
#include "peer/core_parts.h"
#include "peer/layered.h"

#include <string.h>

enum { LONG_MESSAGE = 16384 /* from so many bytes on reading straight into `pending` pays */ };

/* ---- Making and unmaking ---- */

/* The codec's scanner as a framing wants it; starts over after each message. */
static int scan_message(void *ctx, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                        og_error *err)
{
    og__core *core = ctx;
    int found = core->in.codec->scan(&core->scan, &core->setup->codecs, data, len, ended, start, end, err);
    if (found != 0) memset(&core->scan, 0, sizeof core->scan);
    return found;
}

void og__peer_core_start(og__core *core)
{
    memset(&core->scan, 0, sizeof core->scan);
    if (core->in.framing.ops)
        og_frame_reader_init(&core->reader, core->in.framing, core->setup->max_message,
                             core->in.codec ? scan_message : NULL, core);
}

void og__peer_core_init(og__core *core, const og__setup *setup)
{
    memset(core, 0, sizeof *core);
    core->setup = setup;
    og_buf_init(&core->pending, setup->alloc);
    og_buf_init(&core->out, setup->alloc);
    og__peer_core_reset(core);
}

void og__peer_core_reset(og__core *core)
{
    const og__setup *setup = core->setup;
    core->in = setup->in;
    core->out_wire = setup->out;
    core->detected = setup->codec_given && setup->framing_given;
    core->settled = core->detected && !(setup->framing_given && setup->in.framing.ops->drops_cr);
    core->ended = core->broken = core->wrote = core->spans_lines = core->begun = false;
    atomic_store_explicit(&core->note, setup->note, memory_order_relaxed);
    core->end_begun = 0;
    core->unsettled_answers = 0;
    core->silences = 0;
    core->pending.len = core->at = core->lent = core->fed_len = core->looked = 0;
    core->consumed = 0;
    og__peer_core_start(core);
}

void og__peer_core_fini(og__core *core)
{
    if (!core->doc_lent) og_doc_free(core->doc);
    core->doc = NULL;
    og__peer_layered_free(core);
    og_buf_free(&core->pending);
    og_buf_free(&core->out);
}

/* ---- The bytes that are there ---- */

int og__peer_core_no_memory(og__core *core, og_error *err)
{
    core->broken = true;
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the bytes of a message");
}

/* Copies `len` more of the fed bytes behind the pending ones. */
int og__peer_core_lend(og__core *core, size_t len)
{
    if (core->at > 0) {
        og_buf_drop(&core->pending, core->at);
        core->at = 0;
    }
    int status = og_buf_reserve(&core->pending, len + OG_PADDING);
    if (status < 0) return status;
    if (len > 0) memcpy(core->pending.data + core->pending.len, core->fed + core->lent, len);
    core->pending.len += len;
    core->lent += len;
    memset(core->pending.data + core->pending.len, 0, OG_PADDING);
    return OG_OK;
}

int og__peer_core_hold(og__core *core)
{
    size_t rest = core->fed_len - core->lent;
    if (rest > 0 || core->lent > 0) {
        int status = og__peer_core_lend(core, rest);
        if (status < 0) return status;
    }
    core->fed_len = core->lent = 0;
    return OG_OK;
}

void og__peer_core_feed(og__core *core, const uint8_t *data, size_t len)
{
    core->silences = 0;
    if (core->setup->datagram) og__peer_core_reset(core);
    if (core->pending.data && data == core->pending.data + core->pending.len) {
        core->pending.len += len;
        memset(core->pending.data + core->pending.len, 0, OG_PADDING);
        return;
    }
    core->fed = data;
    core->fed_len = len;
    core->lent = 0;
}

uint8_t *og__peer_core_space(og__core *core, size_t *size)
{
    size_t have = core->pending.len - core->at;
    if (have < LONG_MESSAGE || core->fed_len > 0 || core->setup->datagram || core->layered) return NULL;
    size_t need = og_frame_need(&core->reader);
    size_t want = core->detected && need > have + 1 ? need - have : have;
    if (want > have) want = have; /* memory follows what really came */
    if (want < LONG_MESSAGE) want = LONG_MESSAGE;
    if (og__peer_core_lend(core, 0) < 0 || og_buf_reserve(&core->pending, want + OG_PADDING) < 0) return NULL;
    *size = core->pending.cap - core->pending.len - OG_PADDING;
    return core->pending.data + core->pending.len;
}

void og__peer_core_end(og__core *core)
{
    core->ended = true;
}

bool og__peer_core_midway(const og__core *core)
{
    size_t len;
    og__peer_core_window(core, &len);
    return len > 0 && !core->broken;
}

/* ---- Silence ---- */

bool og__peer_core_wants_idle(const og__core *core)
{
    size_t len;
    const uint8_t *data = og__peer_core_window(core, &len);
    if (len == 0 || core->broken || core->ended) return false;
    if (!core->detected)
        return core->silences < OG__SILENCES &&
               (!core->setup->framing_given || og_framing_is_raw(core->in.framing));
    if (core->silences >= OG__SILENT || !og__peer_core_reads_raw(core)) return false;
    const og_codec *codec = core->in.codec;
    return codec->opaque || (codec->may_be_whole && codec->may_be_whole(data, len));
}

void og__peer_core_idle(og__core *core)
{
    if (core->silences < OG__SILENCES) core->silences++;
}
