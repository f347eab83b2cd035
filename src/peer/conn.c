/* SPDX-License-Identifier: MIT */
/*
 * The sans-I/O heart of a connection: joins framing and codec, and decides which they are.
 *
 * Unconsumed bytes are pending[at..] followed by fed[lent..fed_len]. A message that is whole in what was fed
 * is used where it is; of one that is not, as little as possible is copied behind the pending rest.
 */
#include "peer/conn.h"

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

static void start_scan(og__conn *conn)
{
    memset(&conn->scan, 0, sizeof conn->scan);
    if (conn->kind == OG__JSON) conn->scan.json.max_depth = conn->setup->codecs.json_read.max_depth;
    if (conn->kind == OG__JSON) conn->scan.json.allow_comments = conn->setup->codecs.json_read.allow_comments;
}

/* The codec's scanner as a framing wants it; starts over after each message. */
static int scan_message(void *ctx, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                        og_error *err)
{
    og__conn *conn = ctx;
    int found = conn->in.codec->scan(&conn->scan, data, len, ended, start, end, err);
    if (found != 0) start_scan(conn);
    return found;
}

static void start_reading(og__conn *conn)
{
    conn->kind = (uint8_t)kind_of(conn->in.codec);
    start_scan(conn);
    if (conn->in.framing.ops)
        og_frame_reader_init(&conn->reader, conn->in.framing, conn->setup->max_message,
                             conn->in.codec ? scan_message : NULL, conn);
}

void og__peer_conn_init(og__conn *conn, const og__setup *setup)
{
    memset(conn, 0, sizeof *conn);
    conn->setup = setup;
    og_buf_init(&conn->pending, setup->alloc);
    og_buf_init(&conn->out, setup->alloc);
    og__peer_conn_reset(conn);
}

void og__peer_conn_reset(og__conn *conn)
{
    const og__setup *setup = conn->setup;
    conn->in = setup->in;
    conn->out_wire = setup->out;
    conn->detected = setup->codec_given && setup->framing_given;
    conn->settled = conn->detected;
    conn->ended = conn->broken = conn->wrote = conn->spans_lines = false;
    conn->protocol = OG__PROTOCOL_UNKNOWN;
    conn->unsettled_answers = 0;
    conn->silences = 0;
    conn->pending.len = conn->at = conn->lent = conn->fed_len = conn->looked = 0;
    conn->consumed = 0;
    start_reading(conn);
}

void og__peer_conn_fini(og__conn *conn)
{
    if (!conn->doc_lent) og_doc_free(conn->doc);
    conn->doc = NULL;
    og_buf_free(&conn->pending);
    og_buf_free(&conn->out);
}

/* ---- The bytes that are there ---- */

/* The unconsumed bytes that stand in one piece, in `pending` if any are there. */
static const uint8_t *window(const og__conn *conn, size_t *len)
{
    if (conn->pending.len > conn->at) {
        *len = conn->pending.len - conn->at;
        return conn->pending.data + conn->at;
    }
    *len = conn->fed_len;
    return conn->fed;
}

/* True when the window holds all that came. */
static bool window_is_all(const og__conn *conn)
{
    return conn->pending.len == conn->at || conn->lent == conn->fed_len;
}

static void consume(og__conn *conn, size_t len)
{
    conn->consumed += len;
    if (conn->pending.len == conn->at) {
        conn->fed += len;
        conn->fed_len -= len;
        return;
    }
    conn->at += len;
    size_t left = conn->pending.len - conn->at;
    if (left > conn->lent) return;
    /* What is left stands in the feeder's memory too: go on there. */
    conn->fed += conn->lent - left;
    conn->fed_len -= conn->lent - left;
    conn->pending.len = conn->at = conn->lent = 0;
}

static int out_of_memory(og__conn *conn, og_error *err)
{
    conn->broken = true;
    return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the bytes of a message");
}

/* Copies `len` more of the fed bytes behind the pending ones. */
static int lend(og__conn *conn, size_t len)
{
    if (conn->at > 0) {
        og_buf_drop(&conn->pending, conn->at);
        conn->at = 0;
    }
    int status = og_buf_reserve(&conn->pending, len + OG__PADDING);
    if (status < 0) return status;
    if (len > 0) memcpy(conn->pending.data + conn->pending.len, conn->fed + conn->lent, len);
    conn->pending.len += len;
    conn->lent += len;
    memset(conn->pending.data + conn->pending.len, 0, OG__PADDING);
    return OG_OK;
}

int og__peer_conn_hold(og__conn *conn)
{
    size_t rest = conn->fed_len - conn->lent;
    if (rest > 0 || conn->lent > 0) {
        int status = lend(conn, rest);
        if (status < 0) return status;
    }
    conn->fed_len = conn->lent = 0;
    return OG_OK;
}

void og__peer_conn_feed(og__conn *conn, const uint8_t *data, size_t len)
{
    conn->silences = 0;
    if (conn->setup->datagram) og__peer_conn_reset(conn);
    if (conn->pending.data && data == conn->pending.data + conn->pending.len) {
        conn->pending.len += len;
        memset(conn->pending.data + conn->pending.len, 0, OG__PADDING);
        return;
    }
    conn->fed = data;
    conn->fed_len = len;
    conn->lent = 0;
}

uint8_t *og__peer_conn_space(og__conn *conn, size_t *size)
{
    size_t have = conn->pending.len - conn->at;
    if (have < LONG_MESSAGE || conn->fed_len > 0 || conn->setup->datagram) return NULL;
    size_t need = og_frame_need(&conn->reader);
    size_t want = conn->detected && need > have + 1 ? need - have : have;
    if (want > have) want = have; /* memory follows what really came */
    if (want < LONG_MESSAGE) want = LONG_MESSAGE;
    if (lend(conn, 0) < 0 || og_buf_reserve(&conn->pending, want + OG__PADDING) < 0) return NULL;
    *size = conn->pending.cap - conn->pending.len - OG__PADDING;
    return conn->pending.data + conn->pending.len;
}

void og__peer_conn_end(og__conn *conn)
{
    conn->ended = true;
}

bool og__peer_conn_midway(const og__conn *conn)
{
    size_t len;
    window(conn, &len);
    return len > 0 && !conn->broken;
}

bool og__peer_conn_settled(const og__conn *conn)
{
    return conn->settled;
}

/* ---- Silence ---- */

static bool reads_raw(const og__conn *conn)
{
    return conn->detected && og_framing_is_raw(conn->in.framing) && !conn->setup->datagram;
}

/* True for bytes that are a whole JSON value, though the next byte might belong to it. */
static bool may_be_bare(const uint8_t *data, size_t len)
{
    return (data[0] == '-' || (data[0] >= '0' && data[0] <= '9')) && data[len - 1] >= '0' &&
           data[len - 1] <= '9';
}

bool og__peer_conn_wants_idle(const og__conn *conn)
{
    size_t len;
    const uint8_t *data = window(conn, &len);
    if (len == 0 || conn->broken || conn->ended) return false;
    if (!conn->detected)
        return conn->silences < OG__SILENCES &&
               (!conn->setup->framing_given || og_framing_is_raw(conn->in.framing));
    if (conn->silences > 0 || !reads_raw(conn)) return false;
    return conn->kind == OG__PLAIN || (conn->kind == OG__JSON && may_be_bare(data, len));
}

void og__peer_conn_idle(og__conn *conn)
{
    if (conn->silences < OG__SILENCES) conn->silences++;
}

/* ---- Deciding ---- */

/* True for raw framing in which a line's end after the first value would mean lines. */
static bool may_be_lines(const og__conn *conn)
{
    return !conn->setup->framing_given && og_framing_is_raw(conn->in.framing) &&
           (conn->kind == OG__JSON || is_codec(conn->in.codec, "text"));
}

static void decided(og__conn *conn, const og__detected *found)
{
    if (!conn->setup->codec_given) conn->in.codec = found->codec;
    if (!conn->setup->framing_given) conn->in.framing = found->framing;
    conn->detected = conn->in.codec != NULL;
    start_reading(conn);
    conn->settled = !may_be_lines(conn);
    if (conn->seen) memcpy(conn->seen, found->seen, sizeof found->seen);
    if (!conn->detected) return;
    bool same_codec = conn->out_wire.codec == conn->in.codec;
    if (!conn->setup->codec_given) conn->out_wire.codec = conn->in.codec;
    if (conn->setup->framing_given) return;
    if (conn->wrote && same_codec && !conn->settled)
        conn->settled = true; /* our lines are as good as bare values to whoever reads these */
    else
        conn->out_wire.framing = conn->in.framing;
}

/* Looks at the first bytes. 1 decided, 0 needs more, < 0 refused. */
static int detect(og__conn *conn, const uint8_t *data, size_t len, og_error *err)
{
    bool due = conn->ended || conn->silences > 0 || conn->setup->datagram;
    if (len == conn->looked && conn->silences > 1 && conn->silences < OG__SILENCES && !conn->ended) return 0;
    if (len > LOOK_ALWAYS && len < 2 * conn->looked && !due) return 0;
    conn->looked = len;
    const og__look look = {
        .data = data,
        .len = len,
        .silent = conn->silences > 0,
        .still = conn->silences >= OG__SILENCES,
        .ended = conn->ended,
        .datagram = conn->setup->datagram,
        .codec = conn->setup->codec_given ? conn->in.codec : NULL,
        .bare = conn->setup->framing_given,
        .max_message = conn->setup->max_message,
    };
    og__detected found;
    int status = og__peer_detect(&look, &found, err);
    if (status > 0) decided(conn, &found);
    return status;
}

/* The codec of the first message, where the framing is known. */
static int detect_codec(og__conn *conn, const uint8_t *data, size_t len, og_error *err)
{
    og__detected found;
    int status = og__peer_detect_codec(data, len, &found, err);
    if (status < 0) return status;
    found.framing = conn->in.framing;
    bool settled = conn->settled;
    og_frame_reader reader = conn->reader; /* stands behind this message already */
    decided(conn, &found);
    conn->reader = reader;
    conn->reader.scan = scan_message;
    conn->reader.scan_ctx = conn;
    conn->settled = settled || conn->settled;
    return OG_OK;
}

/* From now on answers end in `framing`'s way; an answer already given gets the end that it lacks. */
static void settle_on(og__conn *conn, const char *framing, uint8_t end, bool read_too)
{
    og_framing chosen;
    if (og_framing_find(&chosen, framing, NULL) < 0) return;
    conn->out_wire.framing = chosen;
    conn->settled = true;
    if (conn->unsettled_answers == 1) og_buf_putc(&conn->out, end);
    if (!read_too) return;
    conn->in.framing = chosen;
    start_reading(conn);
}

/* Looks at the byte after a first bare value, if it has come: does it end a line? */
static void settle(og__conn *conn)
{
    size_t len;
    const uint8_t *data = window(conn, &len);
    if (len == 0 || (data[0] == '\r' && len == 1)) return;
    size_t crlf = data[0] == '\r' && data[1] == '\n';
    if (data[crlf] == '\n') {
        settle_on(conn, "line", '\n', !conn->spans_lines);
        consume(conn, crlf + 1);
    } else if (data[0] == '\0') {
        settle_on(conn, "nul", '\0', true);
        consume(conn, 1);
    }
    conn->settled = true;
}

/* ---- Taking messages ---- */

/* Silence ends a bare value: looks without changing what the scanner knows. */
static int find_after_silence(og__conn *conn, const uint8_t *data, size_t len, og_frame *frame, og_error *err)
{
    if (conn->silences == 0 || !reads_raw(conn)) return 0;
    og_codec_scan scan = conn->scan;
    size_t start = 0;
    size_t end = 0;
    if (conn->in.codec->scan(&scan, data, len, true, &start, &end, NULL) <= 0) return 0;
    if (start == end) return 0;
    if (end - start > conn->setup->max_message)
        return og_error_set(err, OG_ELIMIT, 0, "found a message of %zu bytes, expected at most %zu",
                            end - start, conn->setup->max_message);
    *frame = (og_frame){start, end - start, end};
    start_reading(conn);
    return 1;
}

static int find(og__conn *conn, const uint8_t *data, size_t len, bool all, og_frame *frame, og_error *err)
{
    bool ended = all && (conn->ended || conn->setup->datagram);
    if (conn->setup->datagram && og_framing_is_raw(conn->in.framing)) {
        *frame = (og_frame){0, len, len};
        return 1;
    }
    int found = og_frame_next(&conn->reader, data, len, ended, frame, err);
    return found == 0 && all ? find_after_silence(conn, data, len, frame, err) : found;
}

/* The next message's place. Lends more of what was fed to `pending` as needed; what is left over at 0 is in
 * `pending`. */
static int find_growing(og__conn *conn, og_frame *frame, og_error *err)
{
    size_t step = FIRST_LENT;
    for (;;) {
        size_t len;
        const uint8_t *data = window(conn, &len);
        bool all = window_is_all(conn);
        int found = find(conn, data, len, all, frame, err);
        if (found != 0) return found;
        if (all) return og__peer_conn_hold(conn) < 0 ? out_of_memory(conn, err) : 0;
        size_t need = og_frame_need(&conn->reader);
        size_t more = conn->fed_len - conn->lent;
        if (need > len && need - len > step) step = need - len;
        if (lend(conn, more < step ? more : step) < 0) return out_of_memory(conn, err);
        step *= 2;
    }
}

/* White space that stands between bare JSON values is no message. */
static void skip_space(og__conn *conn)
{
    if (conn->kind != OG__JSON || !reads_raw(conn)) return;
    for (;;) {
        size_t len;
        const uint8_t *data = window(conn, &len);
        size_t n = 0;
        while (n < len && is_space(data[n]))
            n++;
        if (n == 0) return;
        consume(conn, n);
        start_reading(conn);
    }
}

/* A blank line is a message only where messages are texts or bytes. */
static bool is_blank(const og__conn *conn, const uint8_t *data, size_t len)
{
    if (conn->kind == OG__PLAIN) return false;
    for (size_t i = 0; i < len; i++)
        if (!is_space(data[i])) return false;
    return len == 0 || conn->kind == OG__JSON;
}

static int shift(int status, size_t by, og_error *err)
{
    if (err && err->position != OG_NO_POSITION) err->position += by;
    return status;
}

static int refuse_stream(og__conn *conn, int status, uint64_t position, og_error *err)
{
    conn->broken = true;
    return shift(status, (size_t)position, err);
}

/* Notes what the message tells about its peer. 0 or < 0. */
static int learn(og__conn *conn, const uint8_t *body, size_t len, og_error *err)
{
    if (!conn->detected) {
        int status = detect_codec(conn, body, len, err);
        if (status < 0) return status;
    }
    if (conn->kind != OG__PICKLE || len < 2) return OG_OK;
    int protocol = OG__PROTOCOL_UNKNOWN;
    if (body[0] == 0x80)
        protocol = body[1] <= OG_PICKLE_HIGHEST_PROTOCOL ? body[1] : OG__PROTOCOL_UNKNOWN;
    else
        og__peer_start_of(body, len, len, OG__COME_ALL, &protocol);
    if (protocol != OG__PROTOCOL_UNKNOWN) conn->protocol = (int8_t)protocol;
    return OG_OK;
}

/* Makes sure that framing (and for raw the codec) is known. As og__peer_conn_take(). */
static int prepare(og__conn *conn, og_error *err)
{
    bool raw = og_framing_is_raw(conn->in.framing);
    if (conn->detected || (conn->in.framing.ops && !raw)) return 1;
    if (conn->pending.len > conn->at && og__peer_conn_hold(conn) < 0) return out_of_memory(conn, err);
    size_t len;
    const uint8_t *data = window(conn, &len);
    int status = detect(conn, data, len, err);
    if (status == 0 && og__peer_conn_hold(conn) < 0) return out_of_memory(conn, err);
    return status < 0 ? refuse_stream(conn, status, conn->consumed, err) : status;
}

/* The peer has closed: nothing but white space left is a clean end. */
static bool only_space_left(const og__conn *conn)
{
    size_t len;
    const uint8_t *data = window(conn, &len);
    for (size_t i = 0; i < len; i++)
        if (!is_space(data[i])) return false;
    return true;
}

/* Nothing unconsumed is there: memory goes, so that ten thousand silent peers cost little. */
static int nothing_left(og__conn *conn)
{
    if (conn->pending.len == conn->at) {
        conn->pending.len = conn->at = 0;
        og_buf_free(&conn->pending);
    }
    return 0;
}

int og__peer_conn_take(og__conn *conn, og__message *message, og_error *err)
{
    if (conn->broken && conn->setup->datagram) return 0; /* the next datagram stands for itself */
    if (conn->broken)
        return og_error_set(err, OG_ECLOSED, OG_NO_POSITION,
                            "nothing more can be read after what was refused");
    for (;;) {
        if (conn->detected && !conn->settled && conn->consumed > 0) settle(conn);
        skip_space(conn);
        size_t len;
        window(conn, &len);
        if (len == 0) return nothing_left(conn);
        if (!conn->detected && conn->ended && only_space_left(conn)) return 0;
        int status = prepare(conn, err);
        if (status <= 0) return status;
        og_frame frame;
        uint64_t start = conn->consumed;
        status = find_growing(conn, &frame, err);
        if (status < 0) return refuse_stream(conn, status, start, err);
        if (status == 0) return 0;
        const uint8_t *data = window(conn, &len);
        const uint8_t *body = data + frame.body;
        if (!conn->settled && memchr(body, '\n', frame.body_len)) conn->spans_lines = true;
        consume(conn, frame.size);
        if (is_blank(conn, body, frame.body_len)) continue;
        *message = (og__message){NULL, body, frame.body_len, start + frame.body};
        status = learn(conn, body, frame.body_len, err);
        if (status < 0) return shift(status, (size_t)message->position, err);
        message->codec = conn->in.codec;
        if (!conn->settled) settle(conn);
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

void og__peer_conn_refused(og__conn *conn)
{
    if (reads_raw(conn)) conn->broken = true;
}

int og__peer_conn_next(og__conn *conn, og_value *value, og_error *err)
{
    if (!conn->doc) {
        conn->doc = og_doc_new(conn->setup->alloc);
        if (!conn->doc) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for a document");
    }
    og__message message = {0};
    int status = og__peer_conn_take(conn, &message, err);
    if (status <= 0 || !message.codec) return status;
    status = og__peer_message_read(conn->setup, &message, conn->doc, value, err);
    if (status < 0) og__peer_conn_refused(conn);
    return status;
}

/* ---- Putting ---- */

/* Answers to a pickle are of no higher protocol than it had: an old Python must be able to read them. */
static const og_codec_options *answer_options(const og__conn *conn, og_codec_options *own)
{
    const og_codec_options *given = &conn->setup->codecs;
    if (conn->protocol == OG__PROTOCOL_UNKNOWN || given->pickle_write.protocol != 0) return given;
    if (!is_codec(conn->out_wire.codec, "pickle")) return given;
    *own = *given;
    int protocol = conn->protocol < PROTOCOL_DEFAULT ? conn->protocol : PROTOCOL_DEFAULT;
    own->pickle_write.protocol = protocol == 0 ? OG_PICKLE_PROTOCOL_0 : protocol;
    return own;
}

/* Behind a bare number in a raw stream stands a space, or the next one would go on where it ends. */
static int end_number(og__conn *conn, og_value value, og_error *err)
{
    og_kind kind = og_kind_of(value);
    bool stream = og_framing_is_raw(conn->out_wire.framing) && !conn->setup->datagram;
    bool json = strcmp(conn->out_wire.codec->name, "json") == 0;
    if (!stream || !json || (kind != OG_INT && kind != OG_FLOAT)) return OG_OK;
    int status = og_buf_putc(&conn->out, ' ');
    return status < 0 ? og_error_set(err, (og_status)status, OG_NO_POSITION, "no room for an answer") : OG_OK;
}

int og__peer_conn_put(og__conn *conn, og_value value, og_error *err)
{
    og_codec_options own;
    size_t mark = 0;
    int status = og_frame_begin(conn->out_wire.framing, &conn->out, &mark, err);
    if (status < 0) return status;
    size_t before = conn->out.len;
    status = conn->out_wire.codec->write(value, &conn->out, answer_options(conn, &own), err);
    if (status >= 0 && conn->out.len - before > conn->setup->max_message)
        status = og_error_set(err, OG_ELIMIT, OG_NO_POSITION,
                              "the message is %zu bytes long, more than the limit of %zu",
                              conn->out.len - before, conn->setup->max_message);
    if (status >= 0) status = end_number(conn, value, err);
    if (status < 0) {
        og_frame_cancel(&conn->out, mark);
        return status;
    }
    status = og_frame_end(conn->out_wire.framing, &conn->out, mark, err);
    if (status < 0) return status;
    if (!conn->detected) conn->wrote = true;
    if (conn->detected && !conn->settled) conn->unsettled_answers++;
    return OG_OK;
}

/* ---- Names ---- */

const char *og__peer_conn_codec(const og__conn *conn)
{
    return conn->in.codec ? conn->in.codec->name : "auto";
}

const char *og__peer_conn_framing(const og__conn *conn, char *text, size_t size)
{
    static const og_framing none;
    og_framing framing = conn->settled ? conn->out_wire.framing : conn->in.framing;
    if (!conn->in.framing.ops) framing = none;
    if (!framing.ops) {
        if (size > 0) {
            strncpy(text, "auto", size - 1);
            text[size - 1] = '\0';
        }
        return text;
    }
    return og_framing_name(framing, text, size);
}
