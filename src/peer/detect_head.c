/* SPDX-License-Identifier: MIT */
/* Reading the headers that framings put before a message, for detection. */
#include "peer/detect_head.h"

#include <stdbool.h>

/* Longest run of digits and padding that is taken for a length. */
enum { MAX_DIGITS_WIDTH = 32, MAX_LENGTH_DIGITS = 18 };

static int fixed(const uint8_t *data, size_t len, size_t width, bool big, og__head *head)
{
    uint64_t body = 0;
    if (len < width) {
        for (size_t i = 0; big && i < width; i++)
            body = body << 8 | (i < len ? data[i] : 0);
        head->body = body;
        return 0;
    }
    for (size_t i = 0; i < width; i++)
        body = body << 8 | data[big ? i : width - 1 - i];
    *head = (og__head){width, body, 0};
    return 1;
}

int og__peer_head_u8(const uint8_t *data, size_t len, og__head *head)
{
    return fixed(data, len, 1, true, head);
}

int og__peer_head_u16be(const uint8_t *data, size_t len, og__head *head)
{
    return fixed(data, len, 2, true, head);
}

int og__peer_head_u16le(const uint8_t *data, size_t len, og__head *head)
{
    return fixed(data, len, 2, false, head);
}

int og__peer_head_u32be(const uint8_t *data, size_t len, og__head *head)
{
    return fixed(data, len, 4, true, head);
}

int og__peer_head_u32le(const uint8_t *data, size_t len, og__head *head)
{
    return fixed(data, len, 4, false, head);
}

int og__peer_head_u64be(const uint8_t *data, size_t len, og__head *head)
{
    return fixed(data, len, 8, true, head);
}

int og__peer_head_u64le(const uint8_t *data, size_t len, og__head *head)
{
    return fixed(data, len, 8, false, head);
}

int og__peer_head_varint(const uint8_t *data, size_t len, og__head *head)
{
    uint64_t body = 0;
    for (size_t i = 0; i < len; i++) {
        uint64_t bits = data[i] & 0x7f;
        if (i == 9 && bits > 1) return -1;
        body |= bits << (7 * i);
        if ((data[i] & 0x80) == 0) {
            if (i > 0 && bits == 0) return -1; /* nobody pads on purpose */
            *head = (og__head){i + 1, body, 0};
            return 1;
        }
        if (i == 9) return -1;
    }
    return 0;
}

int og__peer_head_mp(const uint8_t *data, size_t len, og__head *head)
{
    for (size_t i = 0; i < 4; i++) {
        if (i == len) return 0;
        if (data[i] != 0xff) return -1;
    }
    int status = fixed(data + 4, len - 4, 8, true, head);
    head->size += 4;
    return status;
}

/* The digits from `at`: their value in `number`, the end as result; 0 when there are too many. */
static size_t digits_end(const uint8_t *data, size_t len, size_t at, uint64_t *number)
{
    size_t significant = 0;
    *number = 0;
    while (at < len && data[at] >= '0' && data[at] <= '9') {
        *number = *number * 10 + (uint64_t)(data[at] - '0');
        if ((significant > 0 || data[at] != '0') && ++significant > MAX_LENGTH_DIGITS) return 0;
        at++;
    }
    return at;
}

int og__peer_head_netstring(const uint8_t *data, size_t len, og__head *head)
{
    uint64_t body = 0;
    size_t end = digits_end(data, len, 0, &body);
    if (end == 0) return len == 0 ? 0 : -1;
    if (data[0] == '0') return -1; /* an empty string, which is no message here, or padding */
    if (end == len) return 0;
    if (data[end] != ':') return -1;
    *head = (og__head){end + 1, body, 1};
    return 1;
}

static size_t spaces_end(const uint8_t *data, size_t len, size_t at)
{
    while (at < len && data[at] == ' ')
        at++;
    return at;
}

int og__peer_head_digits(const uint8_t *data, size_t len, og__head *head)
{
    size_t start = spaces_end(data, len, 0);
    uint64_t body = 0;
    size_t end = digits_end(data, len, start, &body);
    if (end == 0 && len > 0) return -1;
    if (end == start && end < len) return -1;
    size_t width = start > 0 ? end : spaces_end(data, len, end); /* padded on one side only */
    if (width > MAX_DIGITS_WIDTH) return -1;
    if (width == len) return 0;
    *head = (og__head){width, body, 0};
    return 1;
}
