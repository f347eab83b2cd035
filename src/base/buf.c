/* SPDX-License-Identifier: MIT */
/* Growing byte buffers. */
#include "base/alloc.h"

#include <string.h>

enum { SMALLEST = 256 };

void og_buf_init(og_buf *buf, const og_allocator *alloc)
{
    *buf = (og_buf){.alloc = alloc};
}

void og_buf_free(og_buf *buf)
{
    og__base_free(buf->alloc, buf->data, buf->cap);
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
}

int og_buf_reserve(og_buf *buf, size_t extra)
{
    if (extra <= buf->cap - buf->len && (buf->limit == 0 || extra + buf->len <= buf->limit)) return OG_OK;
    if (extra > SIZE_MAX - buf->len) return OG_ENOMEM;
    size_t need = buf->len + extra;
    if (buf->limit && need > buf->limit) return OG_ELIMIT;
    if (need <= buf->cap) return OG_OK;
    /* Growing by halves keeps appending linear and the slack small. */
    size_t cap = buf->cap <= SIZE_MAX / 2 ? buf->cap + buf->cap / 2 : need;
    if (cap < need) cap = need;
    if (cap < SMALLEST) cap = SMALLEST;
    uint8_t *data = og__base_realloc(buf->alloc, buf->data, buf->cap, cap);
    if (!data && cap > need) {
        cap = need;
        data = og__base_realloc(buf->alloc, buf->data, buf->cap, cap);
    }
    if (!data) return OG_ENOMEM;
    buf->data = data;
    buf->cap = cap;
    return OG_OK;
}

int og_buf_put(og_buf *buf, const void *bytes, size_t len)
{
    int status = og_buf_reserve(buf, len);
    if (status < 0 || len == 0) return status;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    return OG_OK;
}

int og_buf_putc(og_buf *buf, uint8_t byte)
{
    int status = og_buf_reserve(buf, 1);
    if (status < 0) return status;
    buf->data[buf->len++] = byte;
    return OG_OK;
}

int og_buf_puts(og_buf *buf, const char *text)
{
    return og_buf_put(buf, text, strlen(text));
}

void og_buf_drop(og_buf *buf, size_t len)
{
    if (len >= buf->len) {
        buf->len = 0;
        return;
    }
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
}
