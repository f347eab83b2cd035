/* SPDX-License-Identifier: MIT */
/* TFRecord: records with a checksum of their length and of their bytes. */
#include "codec/container/other.h"

enum { RECORD_HEAD = 12, RECORD_TAIL = 4 };

/* CRC-32C, four bits at a time. */
static uint32_t crc32c(const uint8_t *bytes, uint64_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t sum = UINT32_MAX;
    for (uint64_t i = 0; i < size; i++) {
        sum ^= bytes[i];
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return ~sum;
}

/* A checksum as it is written: turned, and with a number added, so that one over another one is safe. */
static bool has_sum(const uint8_t *bytes, uint64_t size)
{
    uint32_t sum = crc32c(bytes, size);
    uint32_t masked = (sum >> 15 | sum << 17) + 0xa282ead8u;
    return masked == og__container_le(bytes + size, 4);
}

/* A program may keep anything in a record: what a loader would unpickle or open is not passed over. */
static bool is_looked_into(const uint8_t *bytes, size_t len)
{
    og__block block = {.bytes = bytes, .len = len, .name = ""};
    if (len == 0) return false;
    if (og__container_says_protocol(bytes, len) || og__container_find(&block)) return true;
    og__begun begun = og__container_prefix(bytes, len);
    return begun.prefix != OG__PREFIX_STOPS && !begun.tainted;
}

uint64_t og__container_tfrecord(const og__other *f)
{
    uint64_t at = 0;
    while (og__other_has(f, at, RECORD_HEAD) && has_sum(f->bytes + at, 8)) {
        const uint8_t *bytes = f->bytes + at + RECORD_HEAD;
        uint64_t size = og__container_le(f->bytes + at, 8);
        if (size > f->len || !og__other_has(f, at + RECORD_HEAD, size + RECORD_TAIL)) return 0;
        if (!has_sum(bytes, size) || is_looked_into(bytes, (size_t)size)) return 0;
        at += RECORD_HEAD + size + RECORD_TAIL;
    }
    return at;
}
