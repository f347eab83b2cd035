/* SPDX-License-Identifier: MIT */
/*
 * Protocol Buffers. A message has no mark of its own, so that almost any few bytes may be one. What its
 * writers do tells them from others: fields in the order of their numbers, and no number longer than it must
 * be.
 */
#include "codec/signature.h"

enum { YES = 1, MORE = 0, NO = -1 };
enum { MOST_NUMBER = 4096, /* of a field; larger ones are rare */ ENOUGH = 3 /* fields of a cut message */ };

/* The kinds of fields, as the low bits of a tag say. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

typedef struct message {
    const uint8_t *data;
    size_t len;
    size_t at;
    uint64_t number; /* of the last field */
    size_t fields;
} message;

/* A number of seven bits a byte, lowest first: YES, MORE at the end of the bytes, or NO. */
static int take_varint(const uint8_t *data, size_t len, size_t *at, uint64_t *number)
{
    enum { LONGEST = 10 };
    *number = 0;
    for (unsigned i = 0; i < LONGEST; i++, (*at)++) {
        if (*at == len) return MORE;
        uint8_t byte = data[*at];
        *number |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (byte & 0x80) continue;
        (*at)++;
        return byte == 0 && i > 0 ? NO : YES; /* shorter without it */
    }
    return NO;
}

/* What comes after a tag. */
static int pass_content(message *m, unsigned kind)
{
    uint64_t size = kind == FIXED64 ? 8 : 4;
    if (kind == VARINT || kind == BYTES) {
        int status = take_varint(m->data, m->len, &m->at, &size);
        if (status != YES || kind == VARINT) return status;
    }
    if (size > m->len - m->at) return MORE;
    m->at += (size_t)size;
    return YES;
}

static int pass_field(message *m)
{
    uint64_t tag;
    int status = take_varint(m->data, m->len, &m->at, &tag);
    if (status != YES) return status;
    unsigned kind = tag & 7;
    uint64_t number = tag >> 3;
    bool known = kind == VARINT || kind == FIXED64 || kind == BYTES || kind == FIXED32;
    if (!known || number == 0 || number > MOST_NUMBER || number < m->number) return NO;
    m->number = number;
    return pass_content(m, kind);
}

/* Goes through the fields: YES at the end of the last one, MORE within one, NO where none can be. */
static int pass_fields(message *m)
{
    while (m->at < m->len) {
        int status = pass_field(m);
        if (status != YES) return status;
        m->fields++;
    }
    return YES;
}

/* Two bytes may be anything; so may text. */
int og__codec_protobuf(const uint8_t *data, size_t len)
{
    message m = {.data = data, .len = len};
    if (len < 3 || og__codec_is_text(data, len)) return NO;
    int status = pass_fields(&m);
    return status == YES || (status == MORE && m.fields >= ENOUGH) ? YES : NO;
}

typedef int take_length(const uint8_t *data, size_t len, size_t *at, uint64_t *number);

/* Messages with a length before each, one of them of three bytes or several; the last one may be cut when one
 * is whole. */
static int is_delimited(const uint8_t *data, size_t len, take_length *take)
{
    size_t at = 0;
    size_t said = 0; /* bytes of messages, all of which say what they are */
    while (at < len) {
        uint64_t size;
        int status = take(data, len, &at, &size);
        if (status == NO) return NO;
        if (status == MORE || size > len - at) break;
        message m = {.data = data + at, .len = (size_t)size};
        if (size < 2 || og__codec_is_text(m.data, m.len) || pass_fields(&m) != YES) return NO;
        at += (size_t)size;
        said += (size_t)size;
    }
    return said > 2 ? YES : NO;
}

int og__codec_protobuf_delimited(const uint8_t *data, size_t len)
{
    return is_delimited(data, len, take_varint);
}

/* Whether it is packed, and the length in four bytes. */
static int take_grpc(const uint8_t *data, size_t len, size_t *at, uint64_t *size)
{
    enum { HEADER = 5 };
    if (len - *at < HEADER) return MORE;
    const uint8_t *h = data + *at;
    if (h[0] != 0) return NO; /* packed ones cannot be looked at */
    *size = (uint64_t)h[1] << 24 | (uint64_t)h[2] << 16 | (uint64_t)h[3] << 8 | h[4];
    *at += HEADER;
    return YES;
}

int og__codec_protobuf_grpc(const uint8_t *data, size_t len)
{
    return is_delimited(data, len, take_grpc);
}
