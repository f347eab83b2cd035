/* SPDX-License-Identifier: MIT */
/* Framing netstring: "12:hello world!," */
#include "frame/frame.h"

#include <stdio.h>

static int refuse(size_t position, uint8_t byte, const char *expected, og_error *err)
{
    char text[8];
    return og_error_set(err, OG_ESYNTAX, position, "expected %s of a netstring but found %s", expected,
                        og__frame_byte(byte, text));
}

static int netstring_head(const og_framing *framing, const uint8_t *data, size_t len, og_frame_head *head,
                          og_error *err)
{
    (void)framing;
    head->odd = len > 0 && data[0] == '0'; /* nothing, which is no message elsewhere */
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = data[i];
        if (byte == ':' && i > 0) {
            head->size = i + 1;
            return 1;
        }
        if (i == 1 && data[0] == '0') return refuse(i, byte, "':' after the length 0", err);
        if (byte < '0' || byte > '9')
            return refuse(i, byte, i > 0 ? "a digit or ':' in the length" : "the length", err);
        if (head->body > (UINT64_MAX - 9) / 10) {
            head->over = true;
            return 0;
        }
        head->body = head->body * 10 + (uint64_t)(byte - '0');
    }
    head->size = len + 1;
    return 0;
}

static int netstring_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended,
                          og_frame *frame, og_error *err)
{
    return og__frame_counted(netstring_head, reader, data, len, ended, frame, err);
}

static int netstring_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    (void)framing;
    char text[24];
    int count = snprintf(text, sizeof text, "%zu:", out->len - mark);
    int status = og__frame_insert(out, mark, text, (size_t)count, err);
    return status < 0 ? status : og__frame_insert(out, out->len, ",", 1, err);
}

const og_frame_ops og__frame_netstring = {
    .name = "netstring",
    .summary = "the length in digits, a colon, the message, a comma",
    .before = "a length and ':'",
    .in_text = true,
    .tail = ',',
    .head = netstring_head,
    .next = netstring_next,
    .end = netstring_end,
};
