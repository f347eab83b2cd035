/* SPDX-License-Identifier: MIT */
/* The core of a connection: the bytes that have come, and taking messages out of them. */
#include "peer/changed.h"

#include "base/plural.h"
#include "peer/core_parts.h"
#include "peer/detect_refuse.h"
#include "peer/layered.h"
#include "peer/message.h"

#include <string.h>

enum {
    FIRST_LENT = 256,     /* bytes copied after a pending rest before looking whether that was enough */
    LONG_MESSAGE = 16384, /* from so many bytes on reading straight into `pending` pays */
    BORROWS = 65536 /* so many bytes have come before memory is borrowed, so that it follows what came */
};

/* ---- The bytes that are there ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The unconsumed bytes that stand in one piece, in `pending` if any are there. */
static inline const uint8_t *window(const og__core *core, size_t *len)
{
    if (core->pending.len > core->at) {
        *len = core->pending.len - core->at;
        return core->pending.data + core->at;
    }
    *len = core->fed_len;
    return core->fed;
}

/* True when the window holds all that came. */
static bool window_is_all(const og__core *core)
{
    return core->pending.len == core->at || core->lent == core->fed_len;
}

static inline void consume(og__core *core, size_t len)
{
    core->consumed += len;
    if (core->pending.len == core->at) {
        core->fed += len;
        core->fed_len -= len;
        return;
    }
    core->at += len;
    size_t left = core->pending.len - core->at;
    if (left > core->lent) return;
    /* What is left is in the feeder's memory too: go on there. */
    core->fed += core->lent - left;
    core->fed_len -= core->lent - left;
    core->pending.len = core->at = core->lent = 0;
}

/* True when nothing surrounds the messages that are read from a stream. */
static bool reads_raw(const og__core *core)
{
    return core->detected && og_framing_is_raw(core->in.framing) && !core->setup->datagram;
}

static int no_memory(og__core *core, og_error *err)
{
    core->broken = true;
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the bytes of a message");
}

/* Moves `pending` into memory of the owner's, if that is larger; `need` bytes are known to come. */
static void borrow(og__core *core, size_t need)
{
    og_buf *pending = &core->pending;
    og_buf borrowed;
    if (!core->loan || pending->len < BORROWS ||
        !og__peer_spares_take(&core->loan->spares, need + OG_PADDING, pending->cap, &borrowed))
        return;
    memcpy(borrowed.data, pending->data, pending->len);
    borrowed.len = pending->len;
    og_buf_free(pending);
    *pending = borrowed;
}

/* Room for `len` bytes more; of a message whose length is known for as many as came, so that it is copied
 * less. */
static int make_room(og__core *core, size_t len)
{
    const og_buf *pending = &core->pending;
    if (pending->cap - pending->len >= len + OG_PADDING) return OG_OK;
    size_t need = core->detected ? og_frame_need(&core->reader) : 0;
    borrow(core, need > pending->len + len ? need : pending->len + len);
    if (pending->cap - pending->len >= len + OG_PADDING) return OG_OK;
    size_t want = need > pending->len ? need - pending->len : 0;
    if (want > pending->len) want = pending->len; /* memory follows what really came */
    return og_buf_reserve(&core->pending, (want > len ? want : len) + OG_PADDING);
}

/* Lets the memory of `pending` go: to the owner if it is large. */
static void give_back(og__core *core)
{
    if (core->loan && core->pending.cap > BORROWS) og__peer_spares_give(&core->loan->spares, &core->pending);
    og_buf_free(&core->pending);
}

/* Copies `len` more of the fed bytes after the pending ones. */
static int lend(og__core *core, size_t len)
{
    if (core->at > 0) {
        og_buf_drop(&core->pending, core->at);
        core->at = 0;
    }
    int status = make_room(core, len);
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
        int status = lend(core, rest);
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

/* Bytes that the message under way is known to lack; 0: that is not known. */
static size_t lacks(const og__core *core)
{
    size_t have = core->pending.len - core->at;
    size_t need = core->detected ? og_frame_need(&core->reader) : 0;
    return need > have + 1 ? need - have : 0; /* one more is asked for where nobody knows */
}

og_buf *og__peer_core_growing(og__core *core, size_t least)
{
    size_t have = core->pending.len - core->at;
    if (have < LONG_MESSAGE || core->fed_len > 0 || core->setup->datagram) return NULL;
    size_t rest = lacks(core);
    size_t want = rest > 0 && rest < have ? rest : have; /* memory follows what really came */
    if (want < least) want = least;
    return lend(core, 0) < 0 || make_room(core, want) < 0 ? NULL : &core->pending;
}

uint8_t *og__peer_core_space(og__core *core, size_t *size)
{
    size_t rest = lacks(core);
    size_t least = rest > 0 && rest < LONG_MESSAGE ? rest : LONG_MESSAGE; /* the last bytes need no more */
    const og_buf *pending = core->layered ? NULL : og__peer_core_growing(core, least);
    if (!pending) return NULL;
    *size = pending->cap - pending->len - OG_PADDING;
    return pending->data + pending->len;
}

void og__peer_core_end(og__core *core)
{
    core->ended = true;
}

bool og__peer_core_midway(const og__core *core)
{
    size_t len;
    window(core, &len);
    return len > 0 && !core->broken;
}

/* ---- Silence ---- */

bool og__peer_core_wants_idle(const og__core *core)
{
    size_t len;
    const uint8_t *data = window(core, &len);
    if (len == 0 || core->broken || core->ended) return false;
    if (!core->detected)
        return core->silences < OG__SILENCES &&
               (!core->setup->framing_given || og_framing_is_raw(core->in.framing));
    if (core->silences >= OG__SILENT || !reads_raw(core)) return false;
    const og_codec *codec = core->in.codec;
    return codec->opaque || (codec->may_be_whole && codec->may_be_whole(data, len));
}

void og__peer_core_idle(og__core *core)
{
    if (core->silences < OG__SILENCES) core->silences++;
}

/* ---- Finding ---- */

static bool is_blank_byte(const og_codec *codec, uint8_t byte)
{
    return byte < 64 && (codec->blanks >> byte & 1);
}

/* Silence ends a bare value: looks without changing what the scanner knows. */
static int find_after_silence(og__core *core, const uint8_t *data, size_t len, og_frame *frame, og_error *err)
{
    if (core->silences < OG__SILENT || !reads_raw(core)) return 0;
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
        const uint8_t *data = window(core, &len);
        bool all = window_is_all(core);
        int found = find(core, data, len, all, frame, err);
        if (found != 0) return found;
        if (all) return og__peer_core_hold(core) < 0 ? no_memory(core, err) : 0;
        size_t need = og_frame_need(&core->reader);
        size_t more = core->fed_len - core->lent;
        if (need > len && need - len > step) step = need - len;
        if (lend(core, more < step ? more : step) < 0) return no_memory(core, err);
        step *= 2;
    }
}

/* What means nothing between bare messages. */
static void skip_blanks(og__core *core)
{
    const og_codec *codec = core->in.codec;
    if (!codec || !codec->blanks || !reads_raw(core)) return;
    if (codec->blanks_after && core->consumed == 0) return;
    for (;;) {
        size_t len;
        const uint8_t *data = window(core, &len);
        size_t n = 0;
        while (n < len && is_blank_byte(codec, data[n]))
            n++;
        if (n == 0 || (codec->exact && codec->exact(&core->setup->codecs))) return;
        consume(core, n);
        og__peer_core_start(core);
    }
}

/* A blank line is a message only where every byte counts. */
static bool is_blank(const og__core *core, const uint8_t *data, size_t len)
{
    const og_codec *codec = core->in.codec;
    if (codec && (codec->opaque || (codec->blanks_after && (len > 0 || core->setup->enforced)))) return false;
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

static void note(og__core *core, int note)
{
    if (note != OG_CODEC_NO_NOTE) atomic_store_explicit(&core->note, note, memory_order_relaxed);
}

/* Notes what the message tells about its peer. 0 or < 0. */
static int learn(og__core *core, const uint8_t *body, size_t len, og_error *err)
{
    if (!core->detected) {
        int status = og__peer_core_detect_codec(core, body, len, err);
        if (status < 0) return status;
    }
    if (core->in.codec->learn) note(core, core->in.codec->learn(body, len));
    return OG_OK;
}

/* Makes sure that framing (and for raw the codec) is known. As og__peer_core_take(). */
static int prepare(og__core *core, og_error *err)
{
    if (core->detected || (core->in.framing.ops && !og_framing_is_raw(core->in.framing))) return 1;
    if (core->pending.len > core->at && og__peer_core_hold(core) < 0) return no_memory(core, err);
    size_t len;
    const uint8_t *data = window(core, &len);
    int status = og__peer_core_detect(core, data, len, err);
    if (status == 0 && og__peer_core_hold(core) < 0) return no_memory(core, err);
    return status < 0 ? refuse_stream(core, status, core->consumed, err) : status;
}

/* The peer has closed: nothing but white space left is a clean end. */
static bool only_space_left(const og__core *core)
{
    size_t len;
    const uint8_t *data = window(core, &len);
    for (size_t i = 0; i < len; i++)
        if (!is_space(data[i])) return false;
    return true;
}

/* Nothing unconsumed is there: memory goes, so that ten thousand silent peers cost little. */
static int nothing_left(og__core *core)
{
    if (core->pending.len == core->at) {
        core->pending.len = core->at = 0;
        give_back(core);
    }
    return 0;
}

/* The first bytes of a stream may be those of a layer that this connection does not have. */
static int check_foreign(og__core *core, const uint8_t *data, size_t len, og_error *err)
{
    core->begun = core->consumed > 0 || core->setup->datagram;
    int status = core->begun ? OG_OK : og__layer_foreign(data, len, core->setup->role, err);
    return status < 0 ? refuse_stream(core, status, 0, err) : OG_OK;
}

/* True while a message is awaited that begins at once: what it is may be clear before its end comes. */
static bool awaits_end(const og__core *core)
{
    const og_codec *codec = core->in.codec;
    return core->in.framing.ops->ending && !(codec && codec->asked);
}

/* The same for what is known by its first bytes, where no message was found in them: `found` is 0 or < 0. */
static int check_known(og__core *core, int found, const uint8_t *data, size_t len, og_error *err)
{
    og_error seen = {0};
    if (found == 0 && !awaits_end(core)) return 0;
    if (found < 0 && err) seen = *err;
    const og_codec *asked = core->setup->codec_given ? core->in.codec : NULL;
    if (og__peer_refuse_named(core->in.codec, asked, data, len, true, &seen) == OG_OK) return found;
    og__peer_refuse_strange(core->in.framing, asked, data, len, &seen);
    if (err) *err = seen;
    return refuse_stream(core, seen.code, 0, err);
}

/* The same where the framing was named, after the first message was looked for. What comes after that message
 * is not looked at, since it might not have come yet. As og__peer_core_take(). */
static int check_first(og__core *core, int found, const og_frame *frame, og_error *err)
{
    size_t len;
    const uint8_t *data = window(core, &len);
    int status = check_foreign(core, data, found > 0 ? frame->size : len, err);
    core->begun = core->begun || found > 0;
    if (status < 0) return status;
    if (found > 0 && !awaits_end(core)) return found;
    return check_known(core, found, data, found > 0 ? frame->size : len, err);
}

/* What the first message tells about lines. */
static void look_at_end(og__core *core, const uint8_t *data, const og_frame *frame)
{
    size_t end = frame->body + frame->body_len;
    if (memchr(data + frame->body, '\n', frame->body_len)) core->spans_lines = true;
    if (core->setup->framing_given && core->in.framing.ops->drops_cr)
        og__peer_core_settle_line(core, data + end, frame->size - end);
}

static void settle(og__core *core)
{
    size_t len;
    const uint8_t *data = window(core, &len);
    size_t size = og__peer_core_settle(core, data, len);
    if (size > 0) consume(core, size);
}

/* What is done before a message is looked for, until all is decided; where messages are bare, before each. As
 * og__peer_core_take(). */
static int get_ready(og__core *core, og_error *err)
{
    size_t len;
    const uint8_t *data = window(core, &len);
    int foreign = core->begun || core->setup->framing_given ? OG_OK : check_foreign(core, data, len, err);
    if (foreign < 0) return foreign;
    if (core->detected && !core->settled && core->consumed > 0) settle(core);
    skip_blanks(core);
    window(core, &len);
    if (len == 0) return nothing_left(core);
    if (!core->detected && core->ended && only_space_left(core)) return 0;
    int status = prepare(core, err);
    core->steady = core->begun && core->settled && core->detected && !og_framing_is_raw(core->in.framing);
    return status;
}

static int refuse_more(og_error *err)
{
    return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "nothing more can be read after what was refused");
}

og__greeting og__peer_core_pass_greeting(og__core *core)
{
    size_t len;
    size_t size = 0;
    if (core->broken || og__peer_core_hold(core) < 0) return OG__NO_GREETING;
    const uint8_t *data = window(core, &len);
    og__greeting seen = og__peer_core_greeting(core, data, len, &size);
    if (seen == OG__GREETING) {
        consume(core, size);
        core->looked = core->silences = 0;
    }
    return seen;
}

/* The next message where all is decided, as it is for nearly every one. 1, 0: look in general, or < 0. */
static int take_steady(og__core *core, og__message *message, og_error *err)
{
    size_t len;
    og_frame frame;
    const og_codec *codec = core->in.codec;
    const uint8_t *data = window(core, &len);
    if (core->broken || len == 0) return 0;
    int found = og_frame_next(&core->reader, data, len, false, &frame, err);
    if (found < 0) return refuse_stream(core, found, core->consumed, err);
    if (found == 0 || frame.body_len == 0 || is_blank_byte(codec, data[frame.body])) return 0;
    const uint8_t *body = data + frame.body;
    *message = (og__message){
        .codec = codec, .bytes = body, .len = frame.body_len, .position = core->consumed + frame.body};
    consume(core, frame.size);
    if (codec->learn) note(core, codec->learn(body, frame.body_len));
    message->more = core->fed_len > 0 || core->pending.cap > 0 || core->layered;
    return 1;
}

/* The next message that a framing delimits. */
static int take_framed(og__core *core, og__message *message, og_error *err)
{
    if (core->broken && core->setup->datagram) return 0; /* the next datagram is on its own */
    if (core->broken) return refuse_more(err);
    for (;;) {
        size_t len;
        window(core, &len);
        if (len == 0) return nothing_left(core);
        int status = core->steady ? 1 : get_ready(core, err);
        if (status <= 0) return status;
        og_frame frame;
        uint64_t start = core->consumed;
        status = find_growing(core, &frame, err);
        if (!core->begun) status = check_first(core, status, &frame, err);
        if (core->broken) return status;
        const uint8_t *data = window(core, &len);
        if (status < 0 && err && start > 0 && reads_raw(core))
            og__peer_refuse_changed(core->setup, core->in.codec, data, len, true, err);
        if (status < 0) return refuse_stream(core, status, start, err);
        if (status == 0) return 0;
        const uint8_t *body = data + frame.body;
        if (!core->settled) look_at_end(core, data, &frame);
        consume(core, frame.size);
        if (is_blank(core, body, frame.body_len)) continue;
        *message = (og__message){.bytes = body, .len = frame.body_len, .position = start + frame.body};
        status = learn(core, body, frame.body_len, err);
        if (status < 0) return shift(status, (size_t)message->position, err);
        message->codec = core->in.codec;
        if (!core->settled) settle(core);
        message->more = core->fed_len > 0 || core->pending.cap > 0 || core->layered;
        return 1;
    }
}

/* The next message that a layer delivers whole. */
static int take_whole(og__core *core, og__message *message, og_error *err)
{
    if (core->broken) return refuse_more(err);
    int status = og__peer_layered_take(core, message, err);
    if (status > 0) status = learn(core, message->bytes, message->len, err);
    if (status < 0) return shift(status, (size_t)message->position, err);
    message->codec = core->in.codec;
    message->more = true;
    return message->bytes != NULL;
}

static int take_next(og__core *core, og__message *message, og_error *err)
{
    if (!core->layered) return take_framed(core, message, err);
    *message = (og__message){0};
    bool whole = og__peer_layered_is_whole(core);
    int status = whole ? take_whole(core, message, err) : take_framed(core, message, err);
    if (status == 0) og__peer_layered_rest(core);
    return status;
}

/* ---- Passing over what comes first ---- */

/* False when more bytes must come. */
static bool skip_bytes(og__core *core)
{
    size_t len;
    window(core, &len);
    size_t n = len < core->skip_bytes ? len : core->skip_bytes;
    if (n == 0) return core->skip_bytes == 0;
    consume(core, n);
    og__peer_core_start(core);
    core->skip_bytes -= n;
    core->looked = core->silences = 0;
    return core->skip_bytes == 0;
}

/* Lines of text before the first message. False when one has begun. */
static bool skip_lines(og__core *core)
{
    og__greeting seen = OG__GREETING;
    if (core->greeted || (core->layered && og__peer_layered_is_whole(core))) return true;
    while (seen == OG__GREETING && core->skip > 0) {
        seen = og__peer_core_pass_greeting(core);
        core->skip -= seen == OG__GREETING;
    }
    return seen != OG__GREETING_PART;
}

/* The peer has said nothing but what was to be passed over. A server is also asked whether it is there. */
static int skipped_all(og__core *core, og_error *err)
{
    core->skips = core->skip_bytes > 0 || core->skip > 0;
    if (!core->skips || !core->ended || core->broken) return 0;
    if (core->consumed == 0 && core->setup->role == OG_ROLE_SERVER) return 0;
    size_t count = core->skip_bytes > 0 ? core->skip_bytes : core->skip;
    og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the peer closed with %zu %s%s still to pass over", count,
                 core->skip_bytes > 0 ? "byte" : "message", og__base_plural(count));
    return refuse_stream(core, OG_ECLOSED, 0, err);
}

/* As og__peer_core_take() until all is passed over. */
static int take_after_skipping(og__core *core, og__message *message, og_error *err)
{
    for (;;) {
        bool come = skip_bytes(core) && skip_lines(core);
        int status = come ? take_next(core, message, err) : 0;
        if (status == 0) return skipped_all(core, err);
        core->greeted = true;
        if (status < 0 || core->skip == 0) return status;
        core->skip--;
    }
}

int og__peer_core_take(og__core *core, og__message *message, og_error *err)
{
    if (core->skips) return take_after_skipping(core, message, err);
    int status = core->steady ? take_steady(core, message, err) : 0;
    return status != 0 ? status : take_next(core, message, err);
}

bool og__peer_core_refused(og__core *core)
{
    bool raw = reads_raw(core);
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
