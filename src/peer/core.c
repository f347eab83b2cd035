/* SPDX-License-Identifier: MIT */
/*
 * The sans-I/O heart of a connection: joins framing and codec, and decides which they are.
 *
 * Unconsumed bytes are pending[at..] followed by fed[lent..fed_len]. A message that is whole in what was fed
 * is used where it is; of one that is not, as little as possible is copied behind the pending rest.
 */
#include "peer/core.h"

#include "base/alloc.h"
#include "peer/detect.h"

#include <string.h>

enum {
    FIRST_LENT = 256,     /* bytes copied behind a pending rest before looking whether that was enough */
    LONG_MESSAGE = 16384, /* from so many bytes on reading straight into `pending` pays */
    LOOK_ALWAYS = 512, /* detection looks at each arrival up to here, then each time the bytes have doubled */
    PROTOCOL_DEFAULT = OG_PICKLE_DEFAULT_PROTOCOL
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_codec(const og_codec *codec, const char *name)
{
    return codec && strcmp(codec->name, name) == 0;
}

/* ---- Making and unmaking ---- */

static og__codec_kind kind_of(const og_codec *codec)
{
    if (is_codec(codec, "json")) return OG__JSON;
    if (is_codec(codec, "pickle")) return OG__PICKLE;
    return codec ? OG__PLAIN : OG__UNKNOWN;
}

static void start_scan(og__core *core)
{
    memset(&core->scan, 0, sizeof core->scan);
    if (core->kind == OG__JSON) core->scan.json.max_depth = core->setup->codecs.json_read.max_depth;
    if (core->kind == OG__JSON) core->scan.json.allow_comments = core->setup->codecs.json_read.allow_comments;
}

/* The codec's scanner as a framing wants it; starts over after each message. */
static int scan_message(void *ctx, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                        og_error *err)
{
    og__core *core = ctx;
    int found = core->in.codec->scan(&core->scan, data, len, ended, start, end, err);
    if (found != 0) start_scan(core);
    return found;
}

static void start_reading(og__core *core)
{
    core->kind = (uint8_t)kind_of(core->in.codec);
    start_scan(core);
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
    core->settled = core->detected;
    core->ended = core->broken = core->wrote = core->spans_lines = false;
    core->protocol = OG__PROTOCOL_UNKNOWN;
    core->unsettled_answers = 0;
    core->silences = 0;
    core->pending.len = core->at = core->lent = core->fed_len = core->looked = 0;
    core->consumed = 0;
    start_reading(core);
}

void og__peer_core_fini(og__core *core)
{
    if (!core->doc_lent) og_doc_free(core->doc);
    core->doc = NULL;
    og_buf_free(&core->pending);
    og_buf_free(&core->out);
}

/* ---- The bytes that are there ---- */

/* The unconsumed bytes that stand in one piece, in `pending` if any are there. */
static const uint8_t *window(const og__core *core, size_t *len)
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

static void consume(og__core *core, size_t len)
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
    /* What is left stands in the feeder's memory too: go on there. */
    core->fed += core->lent - left;
    core->fed_len -= core->lent - left;
    core->pending.len = core->at = core->lent = 0;
}

static int out_of_memory(og__core *core, og_error *err)
{
    core->broken = true;
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the bytes of a message");
}

/* Copies `len` more of the fed bytes behind the pending ones. */
static int lend(og__core *core, size_t len)
{
    if (core->at > 0) {
        og_buf_drop(&core->pending, core->at);
        core->at = 0;
    }
    int status = og_buf_reserve(&core->pending, len + OG__PADDING);
    if (status < 0) return status;
    if (len > 0) memcpy(core->pending.data + core->pending.len, core->fed + core->lent, len);
    core->pending.len += len;
    core->lent += len;
    memset(core->pending.data + core->pending.len, 0, OG__PADDING);
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
        memset(core->pending.data + core->pending.len, 0, OG__PADDING);
        return;
    }
    core->fed = data;
    core->fed_len = len;
    core->lent = 0;
}

uint8_t *og__peer_core_space(og__core *core, size_t *size)
{
    size_t have = core->pending.len - core->at;
    if (have < LONG_MESSAGE || core->fed_len > 0 || core->setup->datagram) return NULL;
    size_t need = og_frame_need(&core->reader);
    size_t want = core->detected && need > have + 1 ? need - have : have;
    if (want > have) want = have; /* memory follows what really came */
    if (want < LONG_MESSAGE) want = LONG_MESSAGE;
    if (lend(core, 0) < 0 || og_buf_reserve(&core->pending, want + OG__PADDING) < 0) return NULL;
    *size = core->pending.cap - core->pending.len - OG__PADDING;
    return core->pending.data + core->pending.len;
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

bool og__peer_core_settled(const og__core *core)
{
    return core->settled;
}

/* ---- Silence ---- */

static bool reads_raw(const og__core *core)
{
    return core->detected && og_framing_is_raw(core->in.framing) && !core->setup->datagram;
}

/* True for bytes that are a whole JSON value, though the next byte might belong to it. */
static bool may_be_bare(const uint8_t *data, size_t len)
{
    return (data[0] == '-' || (data[0] >= '0' && data[0] <= '9')) && data[len - 1] >= '0' &&
           data[len - 1] <= '9';
}

bool og__peer_core_wants_idle(const og__core *core)
{
    size_t len;
    const uint8_t *data = window(core, &len);
    if (len == 0 || core->broken || core->ended) return false;
    if (!core->detected)
        return core->silences < OG__SILENCES &&
               (!core->setup->framing_given || og_framing_is_raw(core->in.framing));
    if (core->silences > 0 || !reads_raw(core)) return false;
    return core->kind == OG__PLAIN || (core->kind == OG__JSON && may_be_bare(data, len));
}

void og__peer_core_idle(og__core *core)
{
    if (core->silences < OG__SILENCES) core->silences++;
}

/* ---- Deciding ---- */

/* True for raw framing in which a line's end after the first value would mean lines. */
static bool may_be_lines(const og__core *core)
{
    return !core->setup->framing_given && og_framing_is_raw(core->in.framing) &&
           (core->kind == OG__JSON || is_codec(core->in.codec, "text"));
}

static void decided(og__core *core, const og__detected *found)
{
    if (!core->setup->codec_given) core->in.codec = found->codec;
    if (!core->setup->framing_given) core->in.framing = found->framing;
    core->detected = core->in.codec != NULL;
    start_reading(core);
    core->settled = !may_be_lines(core);
    if (core->seen) memcpy(core->seen, found->seen, sizeof found->seen);
    if (!core->detected) return;
    bool same_codec = core->out_wire.codec == core->in.codec;
    if (!core->setup->codec_given) core->out_wire.codec = core->in.codec;
    if (core->setup->framing_given) return;
    if (core->wrote && same_codec && !core->settled)
        core->settled = true; /* our lines are as good as bare values to whoever reads these */
    else
        core->out_wire.framing = core->in.framing;
}

/* Looks at the first bytes. 1 decided, 0 needs more, < 0 refused. */
static int detect(og__core *core, const uint8_t *data, size_t len, og_error *err)
{
    bool due = core->ended || core->silences > 0 || core->setup->datagram;
    if (len == core->looked && core->silences > 1 && core->silences < OG__SILENCES && !core->ended) return 0;
    if (len > LOOK_ALWAYS && len < 2 * core->looked && !due) return 0;
    core->looked = len;
    const og__look look = {
        .data = data,
        .len = len,
        .silent = core->silences > 0,
        .still = core->silences >= OG__SILENCES,
        .ended = core->ended,
        .datagram = core->setup->datagram,
        .codec = core->setup->codec_given ? core->in.codec : NULL,
        .bare = core->setup->framing_given,
        .max_message = core->setup->max_message,
    };
    og__detected found;
    int status = og__peer_detect(&look, &found, err);
    if (status > 0) decided(core, &found);
    return status;
}

/* The codec of the first message, where the framing is known. */
static int detect_codec(og__core *core, const uint8_t *data, size_t len, og_error *err)
{
    og__detected found;
    int status = og__peer_detect_codec(data, len, &found, err);
    if (status < 0) return status;
    found.framing = core->in.framing;
    bool settled = core->settled;
    og_frame_reader reader = core->reader; /* stands behind this message already */
    decided(core, &found);
    core->reader = reader;
    core->reader.scan = scan_message;
    core->reader.scan_ctx = core;
    core->settled = settled || core->settled;
    return OG_OK;
}

/* From now on answers end in `framing`'s way; an answer already given gets the end that it lacks. */
static void settle_on(og__core *core, const char *framing, uint8_t end, bool read_too)
{
    og_framing chosen;
    if (og_framing_find(&chosen, framing, NULL) < 0) return;
    core->out_wire.framing = chosen;
    core->settled = true;
    if (core->unsettled_answers == 1) og_buf_putc(&core->out, end);
    if (!read_too) return;
    core->in.framing = chosen;
    start_reading(core);
}

/* Looks at the byte after a first bare value, if it has come: does it end a line? */
static void settle(og__core *core)
{
    size_t len;
    const uint8_t *data = window(core, &len);
    if (len == 0 || (data[0] == '\r' && len == 1)) return;
    size_t crlf = data[0] == '\r' && data[1] == '\n';
    if (data[crlf] == '\n') {
        settle_on(core, "line", '\n', !core->spans_lines);
        consume(core, crlf + 1);
    } else if (data[0] == '\0') {
        settle_on(core, "nul", '\0', true);
        consume(core, 1);
    }
    core->settled = true;
}

/* ---- Taking messages ---- */

/* Silence ends a bare value: looks without changing what the scanner knows. */
static int find_after_silence(og__core *core, const uint8_t *data, size_t len, og_frame *frame, og_error *err)
{
    if (core->silences == 0 || !reads_raw(core)) return 0;
    og_codec_scan scan = core->scan;
    size_t start = 0;
    size_t end = 0;
    if (core->in.codec->scan(&scan, data, len, true, &start, &end, NULL) <= 0) return 0;
    if (start == end) return 0;
    if (end - start > core->setup->max_message)
        return og_error_set(err, OG_ELIMIT, 0, "found a message of %zu bytes, expected at most %zu",
                            end - start, core->setup->max_message);
    *frame = (og_frame){start, end - start, end};
    start_reading(core);
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
        if (all) return og__peer_core_hold(core) < 0 ? out_of_memory(core, err) : 0;
        size_t need = og_frame_need(&core->reader);
        size_t more = core->fed_len - core->lent;
        if (need > len && need - len > step) step = need - len;
        if (lend(core, more < step ? more : step) < 0) return out_of_memory(core, err);
        step *= 2;
    }
}

/* White space that stands between bare JSON values is no message. */
static void skip_space(og__core *core)
{
    if (core->kind != OG__JSON || !reads_raw(core)) return;
    for (;;) {
        size_t len;
        const uint8_t *data = window(core, &len);
        size_t n = 0;
        while (n < len && is_space(data[n]))
            n++;
        if (n == 0) return;
        consume(core, n);
        start_reading(core);
    }
}

/* A blank line is a message only where messages are texts or bytes. */
static bool is_blank(const og__core *core, const uint8_t *data, size_t len)
{
    if (core->kind == OG__PLAIN) return false;
    for (size_t i = 0; i < len; i++)
        if (!is_space(data[i])) return false;
    return len == 0 || core->kind == OG__JSON;
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
        int status = detect_codec(core, body, len, err);
        if (status < 0) return status;
    }
    if (core->kind != OG__PICKLE || len < 2) return OG_OK;
    int protocol = OG__PROTOCOL_UNKNOWN;
    if (body[0] == 0x80)
        protocol = body[1] <= OG_PICKLE_HIGHEST_PROTOCOL ? body[1] : OG__PROTOCOL_UNKNOWN;
    else
        og__peer_start_of(body, len, len, OG__COME_ALL, &protocol);
    if (protocol != OG__PROTOCOL_UNKNOWN) core->protocol = (int8_t)protocol;
    return OG_OK;
}

/* Makes sure that framing (and for raw the codec) is known. As og__peer_core_take(). */
static int prepare(og__core *core, og_error *err)
{
    bool raw = og_framing_is_raw(core->in.framing);
    if (core->detected || (core->in.framing.ops && !raw)) return 1;
    if (core->pending.len > core->at && og__peer_core_hold(core) < 0) return out_of_memory(core, err);
    size_t len;
    const uint8_t *data = window(core, &len);
    int status = detect(core, data, len, err);
    if (status == 0 && og__peer_core_hold(core) < 0) return out_of_memory(core, err);
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
        og_buf_free(&core->pending);
    }
    return 0;
}

int og__peer_core_take(og__core *core, og__message *message, og_error *err)
{
    if (core->broken && core->setup->datagram) return 0; /* the next datagram stands for itself */
    if (core->broken)
        return og_error_set(err, OG_ECLOSED, OG_NO_POSITION,
                            "nothing more can be read after what was refused");
    for (;;) {
        if (core->detected && !core->settled && core->consumed > 0) settle(core);
        skip_space(core);
        size_t len;
        window(core, &len);
        if (len == 0) return nothing_left(core);
        if (!core->detected && core->ended && only_space_left(core)) return 0;
        int status = prepare(core, err);
        if (status <= 0) return status;
        og_frame frame;
        uint64_t start = core->consumed;
        status = find_growing(core, &frame, err);
        if (status < 0) return refuse_stream(core, status, start, err);
        if (status == 0) return 0;
        const uint8_t *data = window(core, &len);
        const uint8_t *body = data + frame.body;
        if (!core->settled && memchr(body, '\n', frame.body_len)) core->spans_lines = true;
        consume(core, frame.size);
        if (is_blank(core, body, frame.body_len)) continue;
        *message = (og__message){NULL, body, frame.body_len, start + frame.body};
        status = learn(core, body, frame.body_len, err);
        if (status < 0) return shift(status, (size_t)message->position, err);
        message->codec = core->in.codec;
        if (!core->settled) settle(core);
        return 1;
    }
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

void og__peer_core_refused(og__core *core)
{
    if (reads_raw(core)) core->broken = true;
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

/* ---- Putting ---- */

/* Answers to a pickle are of no higher protocol than it had: an old Python must be able to read them. */
static const og_codec_options *answer_options(const og__core *core, og_codec_options *own)
{
    const og_codec_options *given = &core->setup->codecs;
    if (core->protocol == OG__PROTOCOL_UNKNOWN || given->pickle_write.protocol != 0) return given;
    if (!is_codec(core->out_wire.codec, "pickle")) return given;
    *own = *given;
    int protocol = core->protocol < PROTOCOL_DEFAULT ? core->protocol : PROTOCOL_DEFAULT;
    own->pickle_write.protocol = protocol == 0 ? OG_PICKLE_PROTOCOL_0 : protocol;
    return own;
}

/* Behind a bare number in a raw stream stands a space, or the next one would go on where it ends. */
static int end_number(og__core *core, og_value value, og_error *err)
{
    og_kind kind = og_kind_of(value);
    bool stream = og_framing_is_raw(core->out_wire.framing) && !core->setup->datagram;
    bool json = strcmp(core->out_wire.codec->name, "json") == 0;
    if (!stream || !json || (kind != OG_INT && kind != OG_FLOAT)) return OG_OK;
    int status = og_buf_putc(&core->out, ' ');
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
    if (status >= 0) status = end_number(core, value, err);
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
