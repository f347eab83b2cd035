/* SPDX-License-Identifier: MIT */
/* The core of a connection: taking messages out of the bytes that have come. */
#include "peer/core_parts.h"
#include "peer/layered.h"

#include <string.h>

enum { FIRST_LENT = 256 /* bytes copied after a pending rest before looking whether that was enough */ };

static bool is_blank_byte(const og_codec *codec, uint8_t byte)
{
    return byte < 64 && (codec->blanks >> byte & 1);
}

/* Silence ends a bare value: looks without changing what the scanner knows. */
static int find_after_silence(og__core *core, const uint8_t *data, size_t len, og_frame *frame, og_error *err)
{
    if (core->silences < OG__SILENT || !og__peer_core_reads_raw(core)) return 0;
    og_codec_scan scan = core->scan;
    size_t start = 0;
    size_t end = 0;
    if (core->in.codec->scan(&scan, &core->setup->codecs, data, len, true, &start, &end, NULL) <= 0) return 0;
    if (start == end) return 0;
    if (end - start > core->setup->max_message)
        return og_error_set(err, OG_ELIMIT, 0, "found a message of %zu bytes, expected at most %zu",
                            end - start, core->setup->max_message);
    *frame = (og_frame){start, end - start, end};
    og__peer_core_start(core);
    return 1;
}

static int find(og__core *core, const uint8_t *data, size_t len, bool all, og_frame *frame, og_error *err)
{
    bool ended = all && (core->ended || core->setup->datagram);
    if (core->setup->datagram && og_framing_is_raw(core->in.framing)) {
        *frame = (og_frame){0, len, len};
        return 1;
    }
    int found = og_frame_next(&core->reader, data, len, ended, frame, err);
    return found == 0 && all ? find_after_silence(core, data, len, frame, err) : found;
}

/* The next message's place. Lends more of what was fed to `pending` as needed; what is left over at 0 is in
 * `pending`. */
static int find_growing(og__core *core, og_frame *frame, og_error *err)
{
    size_t step = FIRST_LENT;
    for (;;) {
        size_t len;
        const uint8_t *data = og__peer_core_window(core, &len);
        bool all = og__peer_core_window_is_all(core);
        int found = find(core, data, len, all, frame, err);
        if (found != 0) return found;
        if (all) return og__peer_core_hold(core) < 0 ? og__peer_core_no_memory(core, err) : 0;
        size_t need = og_frame_need(&core->reader);
        size_t more = core->fed_len - core->lent;
        if (need > len && need - len > step) step = need - len;
        if (og__peer_core_lend(core, more < step ? more : step) < 0)
            return og__peer_core_no_memory(core, err);
        step *= 2;
    }
}

/* What means nothing between bare messages. */
static void skip_blanks(og__core *core)
{
    const og_codec *codec = core->in.codec;
    if (!codec || !codec->blanks || !og__peer_core_reads_raw(core)) return;
    for (;;) {
        size_t len;
        const uint8_t *data = og__peer_core_window(core, &len);
        size_t n = 0;
        while (n < len && is_blank_byte(codec, data[n]))
            n++;
        if (n == 0) return;
        og__peer_core_consume(core, n);
        og__peer_core_start(core);
    }
}

/* A blank line is a message only where every byte counts. */
static bool is_blank(const og_codec *codec, const uint8_t *data, size_t len)
{
    if (codec && codec->opaque) return false;
    for (size_t i = 0; i < len; i++)
        if (!codec || !is_blank_byte(codec, data[i])) return false;
    return true;
}

static int shift(int status, size_t by, og_error *err)
{
    if (err && err->position != OG_NO_POSITION) err->position += by;
    return status;
}

static int refuse_stream(og__core *core, int status, uint64_t position, og_error *err)
{
    core->broken = true;
    return shift(status, (size_t)position, err);
}

/* Notes what the message tells about its peer. 0 or < 0. */
static int learn(og__core *core, const uint8_t *body, size_t len, og_error *err)
{
    if (!core->detected) {
        int status = og__peer_core_detect_codec(core, body, len, err);
        if (status < 0) return status;
    }
    int note = core->in.codec->learn ? core->in.codec->learn(body, len) : OG_CODEC_NO_NOTE;
    if (note != OG_CODEC_NO_NOTE) atomic_store_explicit(&core->note, note, memory_order_relaxed);
    return OG_OK;
}

/* Makes sure that framing (and for raw the codec) is known. As og__peer_core_take(). */
static int prepare(og__core *core, og_error *err)
{
    if (core->detected || (core->in.framing.ops && !og_framing_is_raw(core->in.framing))) return 1;
    if (core->pending.len > core->at && og__peer_core_hold(core) < 0)
        return og__peer_core_no_memory(core, err);
    size_t len;
    const uint8_t *data = og__peer_core_window(core, &len);
    int status = og__peer_core_detect(core, data, len, err);
    if (status == 0 && og__peer_core_hold(core) < 0) return og__peer_core_no_memory(core, err);
    return status < 0 ? refuse_stream(core, status, core->consumed, err) : status;
}

/* The peer has closed: nothing but white space left is a clean end. */
static bool only_space_left(const og__core *core)
{
    size_t len;
    const uint8_t *data = og__peer_core_window(core, &len);
    for (size_t i = 0; i < len; i++)
        if (!og__peer_core_is_space(data[i])) return false;
    return true;
}

/* Nothing unconsumed is there: memory goes, so that ten thousand silent peers cost little. */
static int nothing_left(og__core *core)
{
    if (core->pending.len == core->at) {
        core->pending.len = core->at = 0;
        og_buf_free(&core->pending);
    }
    return 0;
}

/* The first bytes of a stream may be those of a layer that this connection does not have. */
static int check_foreign(og__core *core, og_error *err)
{
    size_t len;
    const uint8_t *data = og__peer_core_window(core, &len);
    core->begun = core->consumed > 0 || core->setup->datagram;
    int status = core->begun ? OG_OK : og__layer_foreign(data, len, core->setup->role, err);
    return status < 0 ? refuse_stream(core, status, 0, err) : OG_OK;
}

/* What the first message tells about lines. */
static void look_at_end(og__core *core, const uint8_t *data, const og_frame *frame)
{
    size_t end = frame->body + frame->body_len;
    if (memchr(data + frame->body, '\n', frame->body_len)) core->spans_lines = true;
    if (core->setup->framing_given && core->in.framing.ops->drops_cr)
        og__peer_core_settle_line(core, data + end, frame->size - end);
}

/* The next message that a framing delimits. */
static int take_framed(og__core *core, og__message *message, og_error *err)
{
    if (core->broken && core->setup->datagram) return 0; /* the next datagram is on its own */
    if (core->broken)
        return og_error_set(err, OG_ECLOSED, OG_NO_POSITION,
                            "nothing more can be read after what was refused");
    int foreign = core->begun ? OG_OK : check_foreign(core, err);
    if (foreign < 0) return foreign;
    for (;;) {
        if (core->detected && !core->settled && core->consumed > 0) og__peer_core_settle(core);
        skip_blanks(core);
        size_t len;
        og__peer_core_window(core, &len);
        if (len == 0) return nothing_left(core);
        if (!core->detected && core->ended && only_space_left(core)) return 0;
        int status = prepare(core, err);
        if (status <= 0) return status;
        og_frame frame;
        uint64_t start = core->consumed;
        status = find_growing(core, &frame, err);
        if (status < 0) return refuse_stream(core, status, start, err);
        if (status == 0) return 0;
        const uint8_t *data = og__peer_core_window(core, &len);
        const uint8_t *body = data + frame.body;
        if (!core->settled) look_at_end(core, data, &frame);
        og__peer_core_consume(core, frame.size);
        if (is_blank(core->in.codec, body, frame.body_len)) continue;
        *message = (og__message){.bytes = body, .len = frame.body_len, .position = start + frame.body};
        status = learn(core, body, frame.body_len, err);
        if (status < 0) return shift(status, (size_t)message->position, err);
        message->codec = core->in.codec;
        if (!core->settled) og__peer_core_settle(core);
        return 1;
    }
}

/* The next message that a layer delivers whole. */
static int take_whole(og__core *core, og__message *message, og_error *err)
{
    if (core->broken)
        return og_error_set(err, OG_ECLOSED, OG_NO_POSITION,
                            "nothing more can be read after what was refused");
    int status = og__peer_layered_take(core, message, err);
    if (status > 0) status = learn(core, message->bytes, message->len, err);
    if (status < 0) return shift(status, (size_t)message->position, err);
    message->codec = core->in.codec;
    return message->bytes != NULL;
}

int og__peer_core_take(og__core *core, og__message *message, og_error *err)
{
    if (!core->layered) return take_framed(core, message, err);
    *message = (og__message){0};
    bool whole = og__peer_layered_is_whole(core);
    int status = whole ? take_whole(core, message, err) : take_framed(core, message, err);
    if (status == 0) og__peer_layered_rest(core);
    return status;
}

int og__peer_message_read(const og__setup *setup, const og__message *message, og_doc *doc, og_value *value,
                          og_error *err)
{
    int status = message->codec->read(doc, message->bytes, message->len, &setup->codecs, err);
    if (status < 0) {
        if (err && err->position != OG_NO_POSITION) err->position += (size_t)message->position;
        return status;
    }
    *value = og_doc_root(doc);
    return 1;
}

bool og__peer_core_refused(og__core *core)
{
    bool raw = og__peer_core_reads_raw(core);
    if (raw) core->broken = true;
    return raw;
}

int og__peer_core_next(og__core *core, og_value *value, og_error *err)
{
    if (!core->doc) {
        core->doc = og_doc_new(core->setup->alloc);
        if (!core->doc) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a document");
    }
    og__message message = {0};
    int status = og__peer_core_take(core, &message, err);
    if (status <= 0 || !message.codec) return status;
    status = og__peer_message_read(core->setup, &message, core->doc, value, err);
    if (status < 0) og__peer_core_refused(core);
    return status;
}
