/* SPDX-License-Identifier: MIT */
/* Feeding a stream in pieces. Every piece is fed from memory of exactly its size, so that sanitizers see each
 * byte read past it. */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

int toy_scan_end(void *ctx, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                 og_error *err)
{
    toy_scan *scan = ctx;
    for (; scan->at < len; scan->at++) {
        uint8_t byte = data[scan->at];
        if (scan->depth == 0 && (byte == ' ' || byte == '\n')) continue;
        if (scan->depth == 0 && byte != '[') return og_error_set(err, OG_ESYNTAX, scan->at, "expected '['");
        if (byte == '[' && scan->depth++ == 0) scan->start = scan->at;
        if (byte != ']' || --scan->depth > 0) continue;
        *start = scan->start;
        *end = scan->at + 1;
        return 1;
    }
    if (ended) return og_error_set(err, OG_ETRUNCATED, len, "the toy ended early");
    return 0;
}

og_framing framing_of(const char *name)
{
    og_framing framing;
    og_error err;
    assert_int_equal(og_framing_find(&framing, name, &err), 0);
    return framing;
}

static void take(outcome *out, const uint8_t *data, const og_frame *frame)
{
    assert_true(frame->body + frame->body_len <= frame->size);
    assert_true(out->count < MAX_MESSAGES);
    assert_true(frame->body_len <= sizeof out->messages[0].bytes);
    memcpy(out->messages[out->count].bytes, data + frame->body, frame->body_len);
    out->messages[out->count++].len = frame->body_len;
}

/* All whole messages in stream[*from, to): false once an error has come. */
static bool drain(outcome *out, og_frame_reader *reader, toy_scan *scan, char *stream, size_t *from,
                  size_t to, bool ended)
{
    for (;;) {
        size_t len = to - *from;
        uint8_t *data = malloc(len ? len : 1);
        assert_non_null(data);
        memcpy(data, stream + *from, len);
        og_frame frame;
        out->status = og_frame_next(reader, data, len, ended, &frame, &out->err);
        if (out->status > 0) {
            assert_true(frame.size > 0 && frame.size <= len);
            take(out, data, &frame);
            *from += frame.size;
            *scan = (toy_scan){0};
        }
        free(data);
        if (out->status > 0) continue;
        if (out->status < 0 && out->err.position != OG_NO_POSITION) out->err.position += *from;
        if (out->status == 0 && !ended) {
            assert_true(og_frame_need(reader) > len);
            if (og_frame_need(reader) > out->most) out->most = og_frame_need(reader);
            /* The last byte may be looked at again: a '\r' means something only with what follows. */
            if (out->scramble && reader->at > 1) memset(stream + *from, 0x55, reader->at - 1);
        }
        return out->status == 0;
    }
}

void feed(outcome *out, og_framing framing, size_t max_message, const char *stream, size_t len,
          const size_t *cuts, size_t cut_count)
{
    og_frame_reader reader;
    toy_scan scan = {0};
    size_t from = 0;
    bool going = true;
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, stream, len);
    memset(out->messages, 0, sizeof out->messages);
    out->count = 0;
    out->most = 0;
    og_frame_reader_init(&reader, framing, max_message, toy_scan_end, &scan);
    for (size_t i = 0; i < cut_count && going; i++)
        going = drain(out, &reader, &scan, copy, &from, cuts[i], false);
    if (going) going = drain(out, &reader, &scan, copy, &from, len, false);
    if (going) drain(out, &reader, &scan, copy, &from, len, true);
    out->rest = len - from;
    free(copy);
}

static void assert_same(const outcome *a, const outcome *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->messages[i].len, b->messages[i].len);
        assert_memory_equal(a->messages[i].bytes, b->messages[i].bytes, a->messages[i].len);
    }
    assert_int_equal(a->status, b->status);
    if (a->status >= 0) return;
    assert_int_equal(a->err.code, b->err.code);
    assert_int_equal(a->err.position, b->err.position);
    assert_string_equal(a->err.text, b->err.text);
}

void feed_every_way(outcome *out, og_framing framing, size_t max_message, const char *stream, size_t len)
{
    static outcome other;
    size_t *cuts = malloc((len + 2) * sizeof *cuts);
    assert_non_null(cuts);
    *out = (outcome){0};
    feed(out, framing, max_message, stream, len, NULL, 0);
    for (size_t i = 0; i <= len; i++) {
        other = (outcome){0};
        feed(&other, framing, max_message, stream, len, &i, 1);
        assert_same(out, &other);
    }
    for (size_t i = 0; len <= 40 && i < len; i++) {
        for (size_t j = i + 1; j <= len; j++) {
            cuts[0] = i;
            cuts[1] = j;
            other = (outcome){0};
            feed(&other, framing, max_message, stream, len, cuts, 2);
            assert_same(out, &other);
        }
    }
    for (size_t i = 0; i < len; i++)
        cuts[i] = i;
    other = (outcome){0};
    feed(&other, framing, max_message, stream, len, cuts, len);
    assert_same(out, &other);
    free(cuts);
}
