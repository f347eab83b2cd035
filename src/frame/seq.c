/* SPDX-License-Identifier: MIT */
/* Framing seq: RFC 7464, a record separator before each JSON text and a line feed behind. */
#include "frame/frame.h"

#include <string.h>

enum { RECORD_SEPARATOR = 0x1e };

/* reader->state */
enum { SEPARATED = 1, SCANNED = 2 };

/* Separators and white space before a message, at most. */
enum { LEAD_MAX = 4096 };

/*
 * reader->at: the next byte to look at. reader->number: the first byte of the message, after the separators;
 * 0 before it came. reader->state: what is known. Texts over several lines are allowed by the RFC,
 * so a line feed alone ends nothing: the scanner, where there is one, says whether the text is whole by then.
 * Without one, the next separator does.
 */

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static int give(og_frame_reader *reader, size_t end, size_t size, og_frame *frame, og_error *err)
{
    size_t body = (size_t)reader->number;
    if (end - body > reader->max_message)
        return og__frame_passes_limit(reader, body + reader->max_message, err);
    *frame = (og_frame){.body = body, .body_len = end - body, .size = size};
    return 1;
}

/* A scanner that was asked about a part of the message is told its end, so that it starts over. */
static void end_scan(og_frame_reader *reader, const uint8_t *data, size_t end)
{
    size_t from;
    size_t to;
    size_t body = (size_t)reader->number;
    if (reader->state & SCANNED)
        reader->scan(reader->scan_ctx, data + body, end - body, true, &from, &to, NULL);
}

/*
 * The message stops at `end` by a separator or the end of the stream. Without white space after it a
 * number may have been cut ("12" of "123"), which the RFC wants refused; what closes itself is whole.
 */
static int give_stopped(og_frame_reader *reader, const uint8_t *data, size_t end, og_frame *frame,
                        og_error *err)
{
    uint8_t last = data[end - 1];
    end_scan(reader, data, end);
    if (last == '\n') return give(reader, end - 1, end, frame, err);
    if (is_space(last) || last == '}' || last == ']' || last == '"')
        return give(reader, end, end, frame, err);
    return og_error_set(err, OG_ETRUNCATED, end,
                        "a message of framing seq stopped without the line feed that shows that it is whole");
}

/* The line feed at `at`: 1 when it ends the message, 0 when the text goes on. What is no text at all ends as
 * well, for the codec to say why. */
static int try_line_feed(og_frame_reader *reader, const uint8_t *data, size_t at)
{
    size_t start;
    size_t end;
    size_t body = (size_t)reader->number;
    if (!reader->scan) return 0;
    reader->state |= SCANNED;
    return reader->scan(reader->scan_ctx, data + body, at + 1 - body, false, &start, &end, NULL) != 0;
}

/* Passes over what comes before the message: white space after the last text, and separators with nothing
 * between them. 0, OG_ESYNTAX or OG_ELIMIT. */
static int find_start(og_frame_reader *reader, const uint8_t *data, size_t len, og_error *err)
{
    for (; reader->at < len; reader->at++) {
        uint8_t byte = data[reader->at];
        if (reader->at == LEAD_MAX)
            return og_error_set(err, OG_ELIMIT, LEAD_MAX,
                                "more than %d bytes of record separators or white space before a message",
                                LEAD_MAX);
        if (byte == RECORD_SEPARATOR) {
            reader->state |= SEPARATED;
            continue;
        }
        if (reader->state == 0 && is_space(byte)) continue;
        char text[8];
        if (reader->state == 0)
            return og_error_set(err, OG_ESYNTAX, reader->at,
                                "expected the record separator 0x1e before a message but found %s: the peer "
                                "seems not to frame as seq",
                                og__frame_byte(byte, text));
        reader->number = reader->at;
        return 0;
    }
    return 0;
}

static int seq_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                    og_error *err)
{
    if (reader->number == 0) {
        int status = find_start(reader, data, len, err);
        if (status < 0) return status;
        reader->need = len + 1;
        if (reader->number == 0) return 0;
    }
    for (; reader->at < len; reader->at++) {
        /* A line feed after the longest message may still come. */
        if (reader->at - reader->number > reader->max_message + 1)
            return og__frame_passes_limit(reader, (size_t)reader->number + reader->max_message, err);
        uint8_t byte = data[reader->at];
        if (byte == RECORD_SEPARATOR) return give_stopped(reader, data, reader->at, frame, err);
        if (byte == '\n' && try_line_feed(reader, data, reader->at))
            return give(reader, reader->at, reader->at + 1, frame, err);
    }
    reader->need = len + 1;
    return ended ? give_stopped(reader, data, len, frame, err) : 0;
}

static size_t seq_lead(const og_framing *framing)
{
    (void)framing;
    return 1;
}

static int seq_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    (void)framing;
    const uint8_t *body = out->data + mark + 1;
    size_t len = out->len - mark - 1;
    const uint8_t *bad = memchr(body, RECORD_SEPARATOR, len);
    if (bad)
        return og_error_set(err, OG_EVALUE, (size_t)(bad - body),
                            "the message holds the record separator 0x1e, which framing seq starts messages "
                            "with: use a framing that counts bytes, e.g. u32be");
    if (len == 0)
        return og_error_set(err, OG_EVALUE, OG_NO_POSITION,
                            "framing seq cannot carry an empty message: use e.g. u32be");
    out->data[mark] = RECORD_SEPARATOR;
    return og__frame_insert(out, out->len, "\n", 1, err);
}

const og_frame_ops og__frame_seq = {
    .name = "seq",
    .summary = "RFC 7464: the byte 0x1e, a JSON text, a line feed",
    .before = "a record separator",
    .opener = RECORD_SEPARATOR,
    .closers = {'\n', RECORD_SEPARATOR},
    .next = seq_next,
    .lead = seq_lead,
    .end = seq_end,
};
