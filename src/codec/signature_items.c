/* SPDX-License-Identifier: MIT */
/* MessagePack and CBOR: a value that ends just where the bytes end, whatever is in it. */
#include "base/utf8.h"
#include "codec/signature.h"

enum { YES = 1, MORE = 0, NO = -1 };
enum { SCALAR_LEAST = 5 /* bytes; in fewer a single value says little */ };

/* How many bytes there are from `at` on. */
typedef struct items {
    const uint8_t *data;
    size_t len;
    size_t at;
    uint64_t left; /* items that are still to come */
} items;

/* The number in the next `width` bytes, highest first. */
static bool take_number(items *in, size_t width, uint64_t *number)
{
    *number = 0;
    if (in->len - in->at < width) return false;
    for (size_t i = 0; i < width; i++)
        *number = *number << 8 | in->data[in->at++];
    return true;
}

static int pass_bytes(items *in, uint64_t count)
{
    if (count > in->len - in->at) return MORE;
    in->at += (size_t)count;
    return YES;
}

static int add_items(items *in, uint64_t count, unsigned each)
{
    enum { MOST = 1 << 24 };
    if (count > MOST || in->left > MOST) return NO;
    in->left += count * each;
    return YES;
}

/* Goes on until no item is left: YES when the bytes end there. */
static int walk(items *in, int (*item)(items *in))
{
    for (in->left = 1; in->left > 0; in->left--) {
        int status = in->at < in->len ? item(in) : MORE;
        if (status != YES) return status;
    }
    return in->at == in->len ? YES : NO;
}

bool og__codec_is_text(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((data[i] < ' ' && data[i] != '\t' && data[i] != '\n' && data[i] != '\r') || data[i] == 0x7f)
            return false;
    return og__base_utf8_valid(data, len, NULL) == len;
}

/* One value that is all of the bytes, and no text. */
static int is_one(const uint8_t *data, size_t len, int (*item)(items *in))
{
    items in = {.data = data, .len = len};
    return !og__codec_is_text(data, len) && walk(&in, item) == YES ? YES : NO;
}

/* ---- MessagePack ---- */

/* c4 to df: what comes after each is a number of 1, 2, 4 or 8 bytes, or the length of something. */
static int msgpack_long(items *in, uint8_t c)
{
    static const uint8_t before[] = {1, 2, 4, 1, 2, 4};                            /* c4 to c9 */
    static const uint8_t plain[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17}; /* ca to d8 */
    static const uint8_t after[] = {1, 2, 4, 2, 4, 2, 4};                          /* d9 to df */
    uint64_t count;
    if (c >= 0xca && c <= 0xd8) return pass_bytes(in, plain[c - 0xca]);
    if (!take_number(in, c < 0xca ? before[c - 0xc4] : after[c - 0xd9], &count)) return MORE;
    if (c >= 0xdc) return add_items(in, count, c < 0xde ? 1 : 2);
    return pass_bytes(in, count + (c >= 0xc7 && c <= 0xc9));
}

static int msgpack_item(items *in)
{
    uint8_t c = in->data[in->at++];
    if (c < 0x80 || c >= 0xe0 || c == 0xc0 || c == 0xc2 || c == 0xc3) return YES;
    if (c < 0x90) return add_items(in, c & 15u, 2);
    if (c < 0xa0) return add_items(in, c & 15u, 1);
    if (c < 0xc0) return pass_bytes(in, c & 31u);
    return c == 0xc1 ? NO : msgpack_long(in, c);
}

/* Two bytes that are an array of one small number are too few to tell. */
int og__codec_msgpack(const uint8_t *data, size_t len)
{
    items in = {.data = data, .len = len};
    if (len == 0) return MORE;
    bool holds = (data[0] > 0x80 && data[0] < 0xa0 && data[0] != 0x90) || data[0] >= 0xdc;
    if (!holds || data[0] >= 0xe0) return NO;
    int found = walk(&in, msgpack_item);
    return found == YES && len < 3 ? NO : found;
}

int og__codec_msgpack_scalar(const uint8_t *data, size_t len)
{
    if (len < SCALAR_LEAST || data[0] < 0xc4 || data[0] > 0xdb) return NO;
    return is_one(data, len, msgpack_item);
}

/* Numbers below 0x80 and from 0xe0 on are any bytes at all. */
int og__codec_msgpack_small(const uint8_t *data, size_t len)
{
    if (len == 0 || len >= SCALAR_LEAST || data[0] < 0x80 || data[0] >= 0xe0) return NO;
    return is_one(data, len, msgpack_item);
}

/* ---- CBOR ---- */

static int cbor_item(items *in)
{
    enum { NUMBER, MINUS, BYTES, TEXT, ARRAY, MAP, TAG, OTHER };
    uint8_t c = in->data[in->at++];
    unsigned kind = c >> 5;
    uint64_t count = c & 31u;
    if (count > 27 || (kind == OTHER && count == 24)) return NO;
    if (count >= 24 && !take_number(in, (size_t)1 << (count - 24), &count)) return MORE;
    switch (kind) {
    case BYTES:
    case TEXT: return pass_bytes(in, count);
    case ARRAY: return add_items(in, count, 1);
    case MAP: return add_items(in, count, 2);
    case TAG: return add_items(in, 1, 1);
    case OTHER: return c >= 0xf4 ? YES : NO;
    default: return YES;
    }
}

int og__codec_cbor(const uint8_t *data, size_t len)
{
    items in = {.data = data, .len = len};
    if (len == 0) return MORE;
    if (data[0] < 0x81 || data[0] > 0xbb || data[0] == 0xa0 || (data[0] & 31) > 27) return NO;
    int found = walk(&in, cbor_item);
    return found == YES && len < 3 ? NO : found;
}

/* An array or a map that does not say how much is in it: values up to the byte ff. */
static int is_open(const uint8_t *data, size_t len)
{
    items in = {.data = data, .len = len - 1, .at = 1};
    unsigned each = data[0] == 0xbf ? 2 : 1;
    if (data[len - 1] != 0xff) return NO;
    while (in.at < in.len)
        for (in.left = each; in.left > 0; in.left--)
            if (in.at == in.len || cbor_item(&in) != YES) return NO;
    return YES;
}

int og__codec_cbor_scalar(const uint8_t *data, size_t len)
{
    if (len >= 3 && (data[0] == 0x9f || data[0] == 0xbf)) return is_open(data, len);
    if (len < SCALAR_LEAST || data[0] < 0x18) return NO;
    return is_one(data, len, cbor_item);
}

/* Numbers of one byte are any bytes at all. */
int og__codec_cbor_small(const uint8_t *data, size_t len)
{
    if (len == 0 || len >= SCALAR_LEAST || data[0] < 0x18 || (data[0] >= 0x20 && data[0] < 0x38)) return NO;
    return is_one(data, len, cbor_item);
}
