/* SPDX-License-Identifier: MIT */
/* Unpacking with zlib, within a limit. */
#include "codec/container/unpack.h"

#include <zlib.h>

enum { PIECE = 1 << 16, INPUT = 1 << 30 };

/* One call of zlib with room for at most `room` bytes. Z_OK to go on. */
static int step(z_stream *z, size_t room, og_buf *out)
{
    z->next_out = out->data + out->len;
    z->avail_out = (uInt)room;
    uInt before = z->avail_in;
    int status = inflate(z, Z_NO_FLUSH);
    size_t made = room - z->avail_out;
    out->len += made;
    if (status == Z_BUF_ERROR || (status == Z_OK && made == 0 && before == z->avail_in)) return Z_BUF_ERROR;
    return status;
}

static const char *run(z_stream *z, size_t len, size_t most, og_buf *out, bool *ended)
{
    size_t left = len;
    while (out->len < most) {
        size_t room = most - out->len < PIECE ? most - out->len : PIECE;
        if (z->avail_in == 0 && left > 0) {
            z->avail_in = (uInt)(left < INPUT ? left : INPUT);
            left -= z->avail_in;
        }
        if (og_buf_reserve(out, room) < 0) return "out of memory";
        int status = step(z, room, out);
        *ended = status == Z_STREAM_END;
        if (*ended || (status == Z_BUF_ERROR && z->avail_in == 0 && left == 0)) return NULL;
        if (status != Z_OK && status != Z_BUF_ERROR) return "what is packed in it is damaged";
    }
    return NULL;
}

const char *og__container_inflate(const uint8_t *bytes, size_t len, int bits, size_t most, og_buf *out,
                                  size_t *used, bool *ended)
{
    z_stream z = {0};
    *used = 0;
    *ended = false;
    if (inflateInit2(&z, bits) != Z_OK) return "out of memory";
    union {
        const uint8_t *in;
        Bytef *z; /* zlib does not write there */
    } data = {bytes};
    z.next_in = data.z;
    const char *wrong = run(&z, len, most, out, ended);
    *used = (size_t)(z.next_in - data.z);
    inflateEnd(&z);
    return wrong;
}

uint32_t og__container_crc32(const uint8_t *bytes, size_t len)
{
    uLong crc = crc32(0, NULL, 0);
    for (size_t at = 0; at < len;) {
        size_t piece = len - at < INPUT ? len - at : INPUT;
        crc = crc32(crc, bytes + at, (uInt)piece);
        at += piece;
    }
    return (uint32_t)crc;
}
