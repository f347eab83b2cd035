/* SPDX-License-Identifier: MIT */
/* Framing eof: one message per direction, which ends as its sender shuts the direction down. */
#include "frame/frame.h"

static int eof_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                    og_error *err)
{
    (void)data;
    if (len > reader->max_message) return og__frame_passes_limit(reader, reader->max_message, err);
    reader->at = len;
    reader->need = len + 1;
    /* Who shuts down without a word has sent no message. */
    if (!ended || len == 0) return 0;
    *frame = (og_frame){.body = 0, .body_len = len, .size = len};
    return 1;
}

const og_frame_ops og__frame_eof = {
    .name = "eof",
    .summary = "one message per direction, ended by shutdown",
    .ends_stream = true,
    .next = eof_next,
};
