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
    core->skip_bytes = setup->skip_bytes;
    core->skip = setup->skip;
    core->skips = core->skip_bytes > 0 || core->skip > 0;
    og__peer_core_reset(core);
}

void og__peer_core_reset(og__core *core)
{
    const og__setup *setup = core->setup;
    core->in = setup->in;
    core->out_wire = setup->out;
    core->detected = setup->codec_given && setup->framing_given;
    core->settled = core->detected && !(setup->framing_given && setup->in.framing.ops->drops_cr);
    core->ended = core->broken = core->wrote = core->spans_lines = core->begun = core->steady = false;
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

/* ---- Names ---- */

const char *og__peer_core_codec(const og__core *core)
{
    return core->in.codec ? core->in.codec->name : "auto";
}

const char *og__peer_core_framing(const og__core *core, char *text, size_t size)
{
    static const og_framing none;
    og_framing framing = core->settled ? core->out_wire.framing : core->in.framing;
    if (!core->in.framing.ops) framing = none;
    if (!framing.ops) {
        if (size > 0) {
            strncpy(text, "auto", size - 1);
            text[size - 1] = '\0';
        }
        return text;
    }
    return og_framing_name(framing, text, size);
}
