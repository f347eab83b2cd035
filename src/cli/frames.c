/* SPDX-License-Identifier: MIT */
/* Finds out what is around the messages of a file. */
#include "cli/frames.h"

#include <string.h>

enum { PROTO = 0x80, FIRST = 2, ENOUGH = 1 << 20 };

bool cli_framing_given(const cli_options *options, og_framing *framing)
{
    if (!options->framing || strcmp(options->framing, "auto") == 0) return false;
    return og_framing_find(framing, options->framing, NULL) == OG_OK;
}

cli_form cli_form_of(const uint8_t *data, size_t len)
{
    uint8_t first = data[0];
    /* NaN and Infinity; no pickle goes on so after its opcodes N and I. */
    if (len > 1 && ((first == 'N' && data[1] == 'a') || (first == 'I' && data[1] == 'n')))
        return CLI_FORM_JSON;
    return first && strchr(" \t\r\n{[\"-0123456789tfn\xef", first) ? CLI_FORM_JSON : CLI_FORM_PICKLE;
}

static bool begins_message(const uint8_t *data, size_t len)
{
    if (len < 2) return false;
    if (data[0] == PROTO) return data[1] >= FIRST && data[1] <= OG_PICKLE_HIGHEST_PROTOCOL;
    return data[0] == '{' || data[0] == '[';
}

/* Whether the header, of which the message is not all here, comes before something that begins as one. */
static bool fits_head(og_framing framing, const uint8_t *data, size_t len)
{
    og_frame_head head = {0};
    og_error err;
    if (!framing.ops->head || framing.ops->head(&framing, data, len, &head, &err) != 1) return false;
    return head.size < len && begins_message(data + head.size, len - head.size);
}

/* How many messages follow one another to the end of the data; 0 when that is not what the bytes are. */
static size_t count_messages(og_framing framing, const uint8_t *data, size_t len, bool ended)
{
    og_frame_reader reader;
    og_error err;
    size_t count = 0;
    size_t at = 0;
    og_frame_reader_init(&reader, framing, SIZE_MAX / 4, NULL, NULL);
    for (; at < len; count++) {
        og_frame frame;
        int status = og_frame_next(&reader, data + at, len - at, ended, &frame, &err);
        if (status < 0) return 0;
        if (status == 0) return ended ? 0 : count;
        if (!begins_message(data + at + frame.body, frame.body_len)) return 0;
        at += frame.size;
    }
    return count;
}

/* Bytes of a length may look like the start of a JSON text. */
static bool is_text(const og_frame_ops *ops, const uint8_t *data)
{
    if (ops->in_text || ops->opener || cli_form_of(data, 1) != CLI_FORM_JSON) return false;
    return ops->prefix < 2 || data[1] >= ' ';
}

int cli_framing_of(const uint8_t *data, size_t len, bool ended, og_framing *framing)
{
    const og_frame_ops *ops;
    og_framing by_head = {0};
    if (len == 0 || begins_message(data, len)) return ended || len ? -1 : 0;
    if (len < 3) return ended || cli_form_of(data, len) == CLI_FORM_JSON ? -1 : 0;
    for (size_t i = 0; (ops = og_framing_at(i)); i++) {
        og_framing one;
        if (!ops->before || ops->set || is_text(ops, data) || og_framing_find(&one, ops->name, NULL) != OG_OK)
            continue;
        if (count_messages(one, data, len, ended) > 0) {
            *framing = one;
            return 1;
        }
        if (!by_head.ops && fits_head(one, data, len)) by_head = one;
    }
    if (!by_head.ops || ended) return -1;
    if (len < ENOUGH) return 0;
    *framing = by_head;
    return 1;
}
