/* SPDX-License-Identifier: MIT */
/* Framing mp: Python's multiprocessing.connection; four bytes of length, or -1 and eight more. */
#include "frame/frame.h"

enum { SHORT = 4, LONG = 12 };

static uint64_t get_be(const uint8_t *data, size_t width)
{
    uint64_t number = 0;
    for (size_t i = 0; i < width; i++)
        number = number << 8 | data[i];
    return number;
}

static void put_be(uint8_t *data, size_t width, uint64_t number)
{
    for (size_t i = width; i-- > 0; number >>= 8)
        data[i] = (uint8_t)number;
}

/* A short length is written just as u32be does; one byte of the long form's mark tells them apart. */
static int mp_head(const og_framing *framing, const uint8_t *data, size_t len, og_frame_head *head,
                   og_error *err)
{
    (void)framing;
    head->size = SHORT;
    for (size_t i = 0; i < SHORT && i < len; i++)
        head->odd = head->odd || data[i] != 0xff;
    if (len < SHORT) return 0;
    head->body = get_be(data, SHORT);
    if (head->odd && head->body > INT32_MAX)
        return og_error_set(
            err, OG_ESYNTAX, 0,
            "expected the length of a message, or -1 before a longer one, but found %lld: the peer seems not "
            "to be Python's multiprocessing",
            (long long)(int32_t)(uint32_t)head->body);
    if (head->odd) return 1;
    head->size = LONG;
    head->body = 0;
    if (len < LONG) return 0;
    head->body = get_be(data + SHORT, LONG - SHORT);
    return 1;
}

static int mp_next(og_frame_reader *reader, const uint8_t *data, size_t len, bool ended, og_frame *frame,
                   og_error *err)
{
    return og__frame_counted(mp_head, reader, data, len, ended, frame, err);
}

static size_t mp_lead(const og_framing *framing)
{
    (void)framing;
    return SHORT;
}

static int mp_end(const og_framing *framing, og_buf *out, size_t mark, og_error *err)
{
    (void)framing;
    uint64_t length = out->len - mark - SHORT;
    if (length <= INT32_MAX) {
        put_be(out->data + mark, SHORT, length);
        return OG_OK;
    }
    uint8_t bytes[LONG - SHORT];
    put_be(out->data + mark, SHORT, UINT32_MAX);
    put_be(bytes, sizeof bytes, length);
    return og__frame_insert(out, mark + SHORT, bytes, sizeof bytes, err);
}

const og_frame_ops og__frame_mp = {
    .name = "mp",
    .summary = "as Python's multiprocessing.connection counts its messages",
    .before = "ff ff ff ff and a length in 8 bytes",
    .head = mp_head,
    .next = mp_next,
    .lead = mp_lead,
    .end = mp_end,
};
