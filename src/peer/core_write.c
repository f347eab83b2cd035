/* SPDX-License-Identifier: MIT */
/* The core of a connection: writing messages. */
#include "peer/core_parts.h"

/* The options to answer with, after what the peer's messages have shown. */
static const og_codec_options *answer_options(const og__core *core, og_codec_options *own)
{
    const og_codec *codec = core->out_wire.codec;
    const og_codec_options *given = &core->setup->codecs;
    int note = atomic_load_explicit(&core->note, memory_order_relaxed);
    bool same = codec->answer && note != OG_CODEC_NO_NOTE && codec == core->in.codec;
    return same ? codec->answer(given, note, own) : given;
}

/* What must come after a bare value, or the next one would go on where it ends. */
static int separate(og__core *core, og_value value, og_error *err)
{
    const og_codec *codec = core->out_wire.codec;
    if (!codec->separator || !og_framing_is_raw(core->out_wire.framing) || core->setup->datagram)
        return OG_OK;
    int byte = codec->separator(value);
    int status = byte < 0 ? OG_OK : og_buf_putc(&core->out, (uint8_t)byte);
    return status < 0 ? og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for an answer") : OG_OK;
}

int og__peer_core_put(og__core *core, og_value value, og_error *err)
{
    og_codec_options own;
    size_t mark = 0;
    int status = og_frame_begin(core->out_wire.framing, &core->out, &mark, err);
    if (status < 0) return status;
    size_t before = core->out.len;
    status = core->out_wire.codec->write(value, &core->out, answer_options(core, &own), err);
    if (status >= 0 && core->out.len - before > core->setup->max_message)
        status = og_error_set(err, OG_ELIMIT, OG_NO_POSITION,
                              "the message is %zu bytes long, more than the limit of %zu",
                              core->out.len - before, core->setup->max_message);
    if (status >= 0) status = separate(core, value, err);
    if (status < 0) {
        og_frame_cancel(&core->out, mark);
        return status;
    }
    status = og_frame_end(core->out_wire.framing, &core->out, mark, err);
    if (status < 0) return status;
    if (!core->detected) core->wrote = true;
    if (core->detected && !core->settled) core->unsettled_answers++;
    return OG_OK;
}
