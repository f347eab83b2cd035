/* SPDX-License-Identifier: MIT */
/* The core of a connection: writing messages. */
#include "peer/core_parts.h"
#include "peer/layered.h"

#include <string.h>

enum { HANDED_OVER = 64 << 10 /* bytes from which on memory is handed over, not copied */ };

/* The options to answer with, after what the peer's messages have shown. */
static const og_codec_options *answer_options(const og__core *core, og_codec_options *own)
{
    const og_codec *codec = core->out_wire.codec;
    const og_codec_options *options = &core->setup->codecs;
    int note = atomic_load_explicit(&core->note, memory_order_relaxed);
    bool same = codec->answer && note != OG_CODEC_NO_NOTE && codec == core->in.codec;
    if (same) options = codec->answer(options, note, own);
    return core->judging && codec->judge_in ? codec->judge_in(options, core->judging, own) : options;
}

/* Puts what must come after a bare value, or the next one would go on where it ends. */
static int separate(og__core *core, og_value value, og_error *err)
{
    const og_codec *codec = core->out_wire.codec;
    int byte = core->setup->datagram ? -1 : codec->separator(value);
    int status = byte < 0 ? OG_OK : og_buf_putc(&core->out, (uint8_t)byte);
    return status < 0 ? og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for an answer") : OG_OK;
}

static int too_long(const og__core *core, size_t len, og_error *err)
{
    return og_error_set(err, OG_ELIMIT, OG_NO_POSITION,
                        "the message is %zu bytes long, more than the limit of %zu (max_message)", len,
                        core->setup->max_written);
}

/* ---- Messages that a layer carries whole ---- */

static int put_part(og__core *core, og_value value, bool more, og_error *err)
{
    og_codec_options own;
    size_t mark = core->out.len;
    int status = core->out_wire.codec->write(value, &core->out, answer_options(core, &own), err);
    if (status >= 0 && core->out.len - mark > core->setup->max_written)
        status = too_long(core, core->out.len - mark, err);
    return status < 0 ? status : og__peer_layered_put(core, more, err);
}

static int put_whole(og__core *core, const og_value *values, size_t count, og_error *err)
{
    size_t out = core->out.len;
    size_t ends = core->layered->down_ends.len;
    for (size_t i = 0; i < count; i++) {
        int status = put_part(core, values[i], i + 1 < count, err);
        if (status >= 0) continue;
        core->out.len = out;
        core->layered->down_ends.len = ends;
        return status;
    }
    return OG_OK;
}

/* ---- Messages in a framing ---- */

int og__peer_core_put(og__core *core, og_value value, og_error *err)
{
    if (core->layered && og__peer_layered_is_whole(core)) return put_whole(core, &value, 1, err);
    og_codec_options own;
    const og_codec_options *options = answer_options(core, &own);
    const og_codec *codec = core->out_wire.codec;
    const og_framing *framing = &core->out_wire.framing;
    size_t mark = 0;
    int status = og_frame_begin(framing, &core->out, &mark, err);
    if (status < 0) return status;
    size_t before = core->out.len;
    status = codec->write(value, &core->out, options, err);
    size_t len = core->out.len - before;
    if (status >= 0 && len > core->setup->max_written) status = too_long(core, len, err);
    if (status >= 0 && codec->separator && og_framing_is_raw(*framing)) status = separate(core, value, err);
    if (status < 0) {
        og_frame_cancel(&core->out, mark);
        return status;
    }
    status = og_frame_end(framing, &core->out, mark, err);
    if (status < 0) return status;
    if (!core->detected) core->wrote = true;
    if (core->detected && !core->settled) core->unsettled_answers++;
    return OG_OK;
}

int og__peer_core_put_bytes(og__core *core, const uint8_t *bytes, size_t len, og_error *err)
{
    const og_framing *framing = &core->out_wire.framing;
    size_t mark = 0;
    if (len > core->setup->max_written) return too_long(core, len, err);
    if (core->layered && og__peer_layered_is_whole(core))
        return og_buf_put(&core->out, bytes, len) < 0 ? OG_ENOMEM : og__peer_layered_put(core, false, err);
    int status = og_frame_begin(framing, &core->out, &mark, err);
    if (status < 0) return status;
    if (og_buf_put(&core->out, bytes, len) < 0) {
        og_frame_cancel(&core->out, mark);
        return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a message");
    }
    return og_frame_end(framing, &core->out, mark, err);
}

int og__peer_core_put_parts(og__core *core, const og_value *values, size_t count, og_error *err)
{
    if (count == 1) return og__peer_core_put(core, values[0], err);
    if (count > 0 && og__peer_layered_is_whole(core)) return put_whole(core, values, count, err);
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "found a message of %zu parts, but this connection carries one: send a list", count);
}

/* What the codec noted of the message says how to write it again: in the same version, say. */
static void take_note(const og__core *from, og__core *core)
{
    if (from->in.codec != core->out_wire.codec) return;
    int note = atomic_load_explicit(&from->note, memory_order_relaxed);
    atomic_store_explicit(&core->note, note, memory_order_relaxed);
}

/* Whether all that the framing puts before a message is where it stands in `pending`. */
static bool fits_in_place(const og_buf *pending, const og__message *message, const og_framing *framing)
{
    og_buf lead;
    size_t mark = 0;
    og_buf_init(&lead, pending->alloc);
    bool begun = og_frame_begin(framing, &lead, &mark, NULL) == OG_OK;
    bool fits = begun && pending->data && message->bytes == pending->data + lead.len;
    og_buf_free(&lead);
    return fits;
}

/* Takes what comes after the message out of `pending`, into memory of its own. 0 or OG_ENOMEM. */
static int split_rest(og__core *from, og_buf *rest)
{
    const og_buf *pending = &from->pending;
    size_t len = pending->len - from->at;
    og_buf_init(rest, pending->alloc);
    if (len == 0) return OG_OK;
    if (og_buf_reserve(rest, len + OG_PADDING) < 0) return OG_ENOMEM;
    memcpy(rest->data, pending->data + from->at, len);
    memset(rest->data + len, 0, OG_PADDING);
    rest->len = len;
    return OG_OK;
}

/* Makes the memory that a long message came in that of the output, which is empty, instead of copying it. 1,
 * 0: it must be copied, or < 0. */
static int hand_over(og__core *from, og__core *core, const og__message *message, og_error *err)
{
    og_buf rest;
    const og_framing *framing = &core->out_wire.framing;
    if (message->len < HANDED_OVER || core->out.len > 0 || message->len > core->setup->max_written) return 0;
    if (core->layered && og__peer_layered_is_whole(core)) return 0;
    if (!fits_in_place(&from->pending, message, framing) || split_rest(from, &rest) < 0) return 0;
    if (core->loan) og__peer_spares_give(&core->loan->spares, &core->out);
    og_buf_free(&core->out);
    core->out = from->pending;
    core->out.len = (size_t)(message->bytes - core->out.data) + message->len;
    from->pending = rest;
    from->at = 0;
    int status = og_frame_end(framing, &core->out, 0, err);
    return status < 0 ? status : 1;
}

int og__peer_core_pass(og__core *from, og__core *core, og__passing how, const og__message *message,
                       const og_value *values, size_t count, og_error *err)
{
    take_note(from, core);
    if (how == OG__ANEW || count > 1) return og__peer_core_put_parts(core, values, count, err);
    int status = message->codec->contained(message->bytes, message->len, how == OG__VERBATIM_FRESH, err);
    if (status == OG_OK) {
        status = hand_over(from, core, message, err);
        if (status != 0) return status < 0 ? status : OG_OK;
        return og__peer_core_put_bytes(core, message->bytes, message->len, err);
    }
    if (err && err->position != OG_NO_POSITION) err->position += (size_t)message->position;
    return status;
}

int og__peer_core_out(og__core *core, og_buf *out, og_error *err)
{
    og_buf plain = core->out;
    size_t at = 0;
    int status;
    og_buf_init(&core->out, core->setup->alloc);
    *out = plain;
    if (!core->layered) return OG_OK;
    og_buf_init(out, core->setup->alloc);
    do {
        status = og__peer_layered_out(core, &plain, &at, out, err);
    } while (status == OG_OK && at < plain.len);
    og_buf_free(&plain);
    return status;
}

bool og__peer_core_owes(const og__core *core)
{
    return core->out.len > 0 || og__peer_layered_owes(core);
}
