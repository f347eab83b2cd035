/* SPDX-License-Identifier: MIT */
/*
 * Framings: however a stream is cut, the same messages and the same refusal come out; nothing outside is
 * read; each message, written again, is read back. Input: framing, limit, seed of the cuts, then the stream.
 */
#include <onggi/frame.h>

#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 64 };

typedef struct toy_scan {
    size_t at;
    size_t start;
    size_t depth;
} toy_scan;

typedef struct run {
    og_framing framing;
    size_t limit;
    const uint8_t *stream;
    size_t len;
    size_t count;
    size_t offset[MESSAGES];
    size_t length[MESSAGES];
    int status;
    size_t position;
} run;

static void check(int truth)
{
    if (!truth) __builtin_trap();
}

/* Brackets in balance, for the framings that ask the codec. */
static int scan_end(void *ctx, const uint8_t *data, size_t len, bool ended, size_t *start, size_t *end,
                    og_error *err)
{
    toy_scan *scan = ctx;
    (void)ended;
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
    return 0;
}

/* One step on memory of exactly the size that came. */
static int step(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                og_error *err)
{
    uint8_t *copy = malloc(len ? len : 1);
    check(copy != NULL);
    memcpy(copy, data, len);
    int status = og_frame_next(reader, copy, len, ended, frame, err);
    free(copy);
    return status;
}

/* Feeds the stream in pieces of 1 to `piece` bytes, 0: in one. */
static void feed(run *r, unsigned piece, uint32_t seed)
{
    og_frame_reader reader;
    toy_scan scan = {0};
    size_t from = 0;
    size_t to = 0;
    og_frame_reader_init(&reader, r->framing, r->limit, scan_end, &scan);
    r->count = 0;
    for (;;) {
        og_frame frame;
        og_error err = {0};
        r->status = step(&reader, r->stream + from, to - from, to == r->len, &frame, &err);
        if (r->status < 0) r->position = from + err.position;
        if (r->status > 0) {
            check(frame.size > 0 && frame.size <= to - from && frame.body + frame.body_len <= frame.size);
            check(frame.body_len <= r->limit);
            if (r->count < MESSAGES) {
                r->offset[r->count] = from + frame.body;
                r->length[r->count] = frame.body_len;
            }
            r->count++;
            from += frame.size;
            scan = (toy_scan){0};
            continue;
        }
        if (r->status < 0 || to == r->len) return;
        check(og_frame_need(&reader) > to - from);
        seed = seed * 1664525u + 1013904223u;
        to += piece ? 1 + (seed >> 16) % piece : r->len;
        if (to > r->len) to = r->len;
    }
}

static void check_round_trip(const run *r, size_t index)
{
    og_buf out = OG_BUF_INIT;
    size_t mark;
    const uint8_t *body = r->stream + r->offset[index];
    check(og_frame_begin(&r->framing, &out, &mark, NULL) == 0);
    check(og_buf_put(&out, body, r->length[index]) == 0);
    int status = og_frame_end(&r->framing, &out, mark, NULL);
    check(status == 0 || (status == OG_EVALUE && out.len == 0));
    if (status == 0) {
        og_frame_reader reader;
        og_frame frame;
        toy_scan scan = {0};
        og_frame_reader_init(&reader, r->framing, r->limit, scan_end, &scan);
        status = og_frame_next(&reader, out.data, out.len, true, &frame, NULL);
        if (status > 0) {
            check(frame.body_len == r->length[index]);
            check(memcmp(out.data + frame.body, body, frame.body_len) == 0);
        }
        /* An empty message is no message where only the stream's end tells. */
        check(status > 0 || r->length[index] == 0);
    }
    og_buf_free(&out);
}

/* Any framing of the table, and of those with a parameter several. */
static og_framing framing_number(uint8_t number)
{
    static const char *const more[] = {"digits:1", "digits:4"};
    og_framing framing;
    size_t count = 0;
    while (og_framing_at(count))
        count++;
    size_t index = number % (count + sizeof more / sizeof more[0]);
    const og_frame_ops *ops = og_framing_at(index);
    const char *name = !ops ? more[index - count] : ops->example ? ops->example : ops->name;
    check(og_framing_find(&framing, name, NULL) == 0);
    return framing;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run whole = {0};
    if (size < 3) return 0;
    whole.framing = framing_number(data[0]);
    whole.limit = data[1] == 255 ? SIZE_MAX : data[1];
    whole.stream = data + 3;
    whole.len = size - 3;
    run cut = whole;
    feed(&whole, 0, 0);
    feed(&cut, 1u + data[2] % 7, data[2]);
    check(whole.count == cut.count && whole.status == cut.status);
    check(whole.status >= 0 || whole.position == cut.position);
    for (size_t i = 0; i < whole.count && i < MESSAGES; i++) {
        check(whole.offset[i] == cut.offset[i] && whole.length[i] == cut.length[i]);
        check_round_trip(&whole, i);
    }
    return 0;
}
