/* SPDX-License-Identifier: MIT */
/*
 * Both ends of a conversation: one reads bytes of anybody's in odd cuts and echoes what it understood, the
 * other reads the echoes. What the first could say the second must understand, and cuts must not change what
 * is read.
 */
#include "peer/core.h"
#include <onggi/json.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_MESSAGE = 1 << 16, MOST = 64 };

/* Row `number` of the tables, or NULL: to be detected. */
static const char *codec_number(uint8_t number)
{
    size_t count = 0;
    while (og_codec_at(count))
        count++;
    const og_codec *codec = og_codec_at(number % (count + 1));
    return codec ? codec->name : NULL;
}

static const char *framing_number(uint8_t number)
{
    size_t count = 0;
    while (og_framing_at(count))
        count++;
    const og_frame_ops *ops = og_framing_at(number % (count + 1));
    return !ops ? NULL : ops->example ? ops->example : ops->name;
}

typedef struct end {
    og__setup setup;
    og__core conn;
    uint8_t *fed; /* must stay until all of it is taken */
} end;

/* What came of a conversation: how many messages, refusals, and what was answered. */
typedef struct outcome {
    size_t messages;
    size_t refused;
    og_buf answers;
} outcome;

static bool open_end(end *e, const char *codec, const char *framing, bool datagram)
{
    og_conn_options options = {
        .size = sizeof options, .codec = codec, .framing = framing, .max_message = MAX_MESSAGE};
    og_endpoint endpoint = {.transport = datagram ? OG_UDP : OG_TCP};
    og_json_of(&options.codecs)->write.form = OG_JSON_LOSSLESS;
    if (og__peer_setup_init(&e->setup, &options, &endpoint, OG_ROLE_SERVER, NULL) < 0) return false;
    og__peer_core_init(&e->conn, &e->setup);
    e->fed = NULL;
    return true;
}

static void close_end(end *e)
{
    og__peer_core_fini(&e->conn);
    free(e->fed);
}

static void feed(end *e, const uint8_t *bytes, size_t len)
{
    size_t size = 0;
    uint8_t *space = og__peer_core_space(&e->conn, &size);
    if (space && size >= len) {
        memcpy(space, bytes, len);
        og__peer_core_feed(&e->conn, space, len);
        return;
    }
    free(e->fed);
    e->fed = calloc(1, len + OG_PADDING);
    if (!e->fed) abort();
    memcpy(e->fed, bytes, len);
    og__peer_core_feed(&e->conn, e->fed, len);
}

/* Takes all that is there, and answers each. */
static void converse(end *e, outcome *o)
{
    og_error err = {0};
    og_value value;
    int status;
    while ((status = og__peer_core_next(&e->conn, &value, &err)) != 0) {
        if (status > 0) {
            o->messages++;
            og__peer_core_put(&e->conn, value, &err);
        } else {
            o->refused++;
            if (err.text[0] == '\0') abort();
            if (e->conn.broken) break;
        }
    }
    if (e->conn.pending.len > MAX_MESSAGE + 200000) abort();
    if (og_buf_put(&o->answers, e->conn.out.data, e->conn.out.len) < 0) abort();
    e->conn.out.len = 0;
}

static void run(end *e, const uint8_t *bytes, size_t len, const uint8_t *cuts, size_t cut_count, outcome *o)
{
    size_t at = 0;
    for (size_t i = 0; at < len && !e->conn.broken; i++) {
        size_t n = cut_count > 0 ? (size_t)cuts[i % cut_count] + 1 : len;
        if (n > len - at) n = len - at;
        feed(e, bytes + at, n);
        at += n;
        converse(e, o);
        if (cut_count > 0 && cuts[i % cut_count] == 7 && og__peer_core_hold(&e->conn) < 0) abort();
        if (cut_count > 0 && cuts[i % cut_count] == 9) og__peer_core_idle(&e->conn);
    }
    og__peer_core_end(&e->conn);
    if (!e->conn.broken) converse(e, o);
}

/* What one of our ends has written in a wire that is known, the other reads without a refusal. */
static void read_answers(const end *first, const outcome *o)
{
    end second;
    char framing[40];
    if (o->answers.len == 0 || !first->conn.detected || !first->conn.settled) return;
    const og_codec *codec = first->conn.out_wire.codec;
    og_framing out = first->conn.out_wire.framing;
    og_framing_name(out, framing, sizeof framing);
    if (og_framing_ends_stream(out) || (og_framing_is_raw(out) && (codec->lines || codec->opaque))) return;
    if (!open_end(&second, codec->name, framing, false)) abort();
    outcome answers = {0};
    run(&second, o->answers.data, o->answers.len, NULL, 0, &answers);
    if (answers.refused > 0) abort();
    og_buf_free(&answers.answers);
    close_end(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) return 0;
    const char *codec = codec_number(data[0]);
    const char *framing = framing_number(data[1]);
    bool datagram = (data[2] & 0x80) != 0;
    size_t cut_count = data[2] & 15;
    if (size < 3 + cut_count) return 0;
    const uint8_t *cuts = data + 3;
    const uint8_t *bytes = data + 3 + cut_count;
    size_t len = size - 3 - cut_count;

    end first;
    outcome cut = {0};
    if (!open_end(&first, codec, framing, datagram)) abort();
    run(&first, bytes, len, cuts, cut_count, &cut);
    if (!datagram) read_answers(&first, &cut); /* each datagram is answered in its own way */
    close_end(&first);
    og_buf_free(&cut.answers);

    /* With a framing that was named, where the cuts are makes no difference. */
    if (!codec || !framing || datagram || og_framing_is_raw(first.setup.in.framing)) return 0;
    outcome whole = {0};
    if (!open_end(&first, codec, framing, false)) abort();
    run(&first, bytes, len, NULL, 0, &whole);
    close_end(&first);
    og_buf_free(&whole.answers);
    if (whole.messages != cut.messages || whole.refused != cut.refused) abort();
    return 0;
}
