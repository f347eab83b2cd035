/* SPDX-License-Identifier: MIT */
/* The writer's fast way for any processor. */
#include "base/number.h"
#include "codec/json/writer.h"

#define OG__HOT inline __attribute__((always_inline))

enum { PIECE = 16, LONG = 256, SHORT_TEXT = 31 };

/* Copies up to 15 bytes as two pieces that overlap. */
static OG__HOT void copy_few(uint8_t *to, const char *from, size_t len)
{
    if (len >= 8) {
        uint64_t a;
        uint64_t b;
        memcpy(&a, from, 8);
        memcpy(&b, from + len - 8, 8);
        memcpy(to, &a, 8);
        memcpy(to + len - 8, &b, 8);
    } else if (len >= 4) {
        uint32_t a;
        uint32_t b;
        memcpy(&a, from, 4);
        memcpy(&b, from + len - 4, 4);
        memcpy(to, &a, 4);
        memcpy(to + len - 4, &b, 4);
    } else if (len > 0) {
        to[0] = (uint8_t)from[0];
        to[len / 2] = (uint8_t)from[len / 2];
        to[len - 1] = (uint8_t)from[len - 1];
    }
}

static OG__HOT void og__copy_text(uint8_t *to, const char *from, size_t len)
{
    if (len < PIECE) {
        copy_few(to, from, len);
    } else if (len > LONG) {
        memcpy(to, from, len);
    } else {
        for (size_t i = 0; i < len - PIECE; i += PIECE)
            memcpy(to + i, from + i, PIECE);
        memcpy(to + len - PIECE, from + len - PIECE, PIECE);
    }
}

/* Nothing is needed to write strings. */
typedef char og__constants;

static OG__HOT const og__constants *og__constants_get(void)
{
    return NULL;
}

static OG__HOT void og__put_short(const og__constants *c, uint8_t *to, const char *from, size_t len)
{
    (void)c;
    *to = '"';
    og__copy_text(to + 1, from, len);
}

static OG__HOT size_t og__put_int(int64_t number, char *text)
{
    return og__base_int64_write(number, text);
}

static OG__HOT size_t og__json_put_double(double number, char *text)
{
    return og__base_double_write(number, text);
}

#define OG__CALLED
#define OG__ITEMS og__json_write_items
#include "codec/json/items_body.h"
