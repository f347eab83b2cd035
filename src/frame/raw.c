/* SPDX-License-Identifier: MIT */
/* Framing raw: nothing on the wire; the message itself tells where it ends. */
#include "frame/frame.h"

#include "base/plural.h"

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* White space before a message is not held against the limit: counted as it comes, in reader->at. */
static void count_space(og_frame_reader *reader, const uint8_t *data, size_t len)
{
    while (reader->at < len && is_space(data[reader->at]))
        reader->at++;
}

/* The scanner wants more than the `len` bytes that came. */
static int wait_more(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_error *err)
{
    count_space(reader, data, len);
    if (len - reader->at > reader->max_message)
        return og__frame_passes_limit(reader, reader->at + reader->max_message, err);
    reader->need = len + 1;
    if (!ended || reader->at == len) return 0;
    return og_error_set(err, OG_ETRUNCATED, len, "the stream ended inside a message, after %zu byte%s of it",
                        len - reader->at, og__base_plural(len - reader->at));
}

/* The scanner says that the stream ended too early: but white space after the last message is no message,
 * and one that is too long already is refused for that, however it was cut. */
static int ended_early(og_frame_reader *reader, const uint8_t *data, size_t len, og_error *err)
{
    count_space(reader, data, len);
    if (reader->at == len) return 0;
    if (len - reader->at <= reader->max_message) return OG_ETRUNCATED;
    return og__frame_passes_limit(reader, reader->at + reader->max_message, err);
}

static int raw_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                    og_error *err)
{
    if (!reader->scan)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "framing raw needs a function that finds where a message ends");
    if (len == 0) return 0;
    size_t start = 0;
    size_t end = 0;
    int status = reader->scan(reader->scan_ctx, data, len, ended, &start, &end, err);
    if (status == OG_ETRUNCATED) return ended_early(reader, data, len, err);
    if (status < 0) return status;
    if (status == 0) return wait_more(reader, data, len, ended, err);
    if (start == end) return 0; /* the stream ended, and what was left is no message */
    if (end - start > reader->max_message)
        return og__frame_passes_limit(reader, start + reader->max_message, err);
    *frame = (og_frame){.body = start, .body_len = end - start, .size = end};
    return 1;
}

const og_frame_ops og__frame_raw = {
    .name = "raw",
    .summary = "nothing: a JSON value or a pickle ends where it ends",
    .is_raw = true,
    .next = raw_next,
};
