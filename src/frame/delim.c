/* SPDX-License-Identifier: MIT */
/* Framings crlf and delim:TEXT: a text of one or more bytes after each message. */
#include "frame/frame.h"

#include <string.h>

/* The text after each message: the row's own, or the one that was given. */
static const void *text_of(const og_framing *framing, size_t *len)
{
    const og_frame_ops *ops = framing->ops;
    *len = ops->ending ? ops->ending_len : framing->text_len;
    return ops->ending ? (const void *)ops->ending : framing->text;
}

/* The first place of `text` in the data; NULL when it is not there. */
static const uint8_t *find_text(const uint8_t *data, size_t len, const unsigned char *text, size_t text_len)
{
    const uint8_t *at = data;
    while (len - (size_t)(at - data) >= text_len) {
        at = memchr(at, text[0], len - (size_t)(at - data) - text_len + 1);
        if (!at) return NULL;
        if (memcmp(at, text, text_len) == 0) return at;
        at++;
    }
    return NULL;
}

static int delim_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                      og_error *err)
{
    size_t size;
    const unsigned char *text = text_of(&reader->framing, &size);
    /* The longest message and its end: what has none by then is too long. */
    size_t most = reader->max_message + size;
    size_t end = len < most ? len : most;
    const uint8_t *at = find_text(data + reader->at, end - reader->at, text, size);
    if (at) {
        size_t before = (size_t)(at - data);
        *frame = (og_frame){.body = 0, .body_len = before, .size = before + size};
        return 1;
    }
    if (len >= most) return og__frame_passes_limit(reader, reader->max_message, err);
    if (end >= size) reader->at = end - size + 1;
    reader->need = len + 1;
    if (!ended || len == 0) return 0;
    if (len > reader->max_message) return og__frame_passes_limit(reader, reader->max_message, err);
    /* Many senders leave the last end out. */
    *frame = (og_frame){.body = 0, .body_len = len, .size = len};
    return 1;
}

static int delim_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    size_t size;
    const void *text = text_of(framing, &size);
    int status = og__frame_insert(out, out->len, text, size, err);
    if (status < 0) return status;
    const uint8_t *body = out->data + mark;
    const uint8_t *found = find_text(body, out->len - mark, text, size);
    if (found == out->data + out->len - size) return OG_OK;
    char name[OG_FRAMING_NAME_MAX];
    return og_error_set(
        err, OG_EVALUE, (size_t)(found - body),
        "the message holds what framing %s ends messages with: leave it out, or use a framing "
        "that counts bytes, e.g. u32be",
        og_framing_name(*framing, name, sizeof name));
}

int og__frame_delim(og_framing *framing, const uint8_t *text, size_t len)
{
    if (len == 0 || len > OG_FRAMING_TEXT_MAX) return OG_EINVAL;
    *framing = (og_framing){.ops = &og__frame_delimiters[OG__FRAME_DELIMITERS - 1], .text_len = (uint8_t)len};
    memcpy(framing->text, text, len);
    return OG_OK;
}

static int delim_set(og_framing *framing, const char *parameter, og_error *err)
{
    return og__frame_take_text(framing, parameter, OG_FRAMING_TEXT_MAX, err);
}

const og_frame_ops og__frame_delimiters[OG__FRAME_DELIMITERS] = {
    {
        .name = "crlf",
        .summary = "a carriage return and a line feed after each message",
        .ending = "\r\n",
        .ending_len = 2,
        .next = delim_next,
        .end = delim_end,
    },
    {
        .name = "delim:TEXT",
        .summary = "TEXT after each message, up to 32 bytes; escapes as in C: \\n, \\0, \\x1f",
        .example = "delim:<END>",
        .set = delim_set,
        .show = og__frame_show_text,
        .next = delim_next,
        .end = delim_end,
    },
};
