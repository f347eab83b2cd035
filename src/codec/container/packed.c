/* SPDX-License-Identifier: MIT */
/* Streams packed by gzip, zlib (bare, and as joblib before 0.10 wrote them) and lzma. All but the last are
 * unpacked, as far as the limits allow. */
#include "codec/container/container.h"
#include "codec/container/unpack.h"

#include <string.h>

enum { GZIP_BITS = 15 + 16, ZLIB_BITS = 15, TRIAL = 64, LZMA_HEAD = 14, ZFILE_HEAD = 21 };

/* ---- Knowing them ---- */

bool og__container_is_gzip(const og__block *block)
{
    return block->len >= 3 && memcmp(block->bytes, "\x1f\x8b\x08", 3) == 0;
}

/* Two bytes are too few to tell it from text: something must come out as well. */
bool og__container_is_zlib(const og__block *block)
{
    const uint8_t *bytes = block->bytes;
    if (block->len < 6 || (bytes[0] & 0x8f) != 8 || (bytes[0] << 8 | bytes[1]) % 31 != 0) return false;
    if (bytes[1] & 0x20) return bytes[0] == 0x78 && !og__container_text(bytes, block->len);
    og_buf out = OG_BUF_INIT;
    size_t used;
    bool ended;
    const char *wrong = og__container_inflate(bytes, block->len, ZLIB_BITS, TRIAL, &out, &used, &ended);
    bool found = (!wrong && ended) || out.len >= TRIAL || (out.len > 0 && block->len < TRIAL);
    og_buf_free(&out);
    return found;
}

/* Where the packed bytes begin: after "ZF" and a number of 19 characters, and a blank more from some. */
static size_t zfile_head(const og__block *block)
{
    return (size_t)ZFILE_HEAD + (block->len > ZFILE_HEAD && block->bytes[ZFILE_HEAD] == ' ');
}

bool og__container_is_zfile(const og__block *block)
{
    size_t head = zfile_head(block);
    if (block->len < head || memcmp(block->bytes, "ZF", 2) != 0) return false;
    og__block rest = {.bytes = block->bytes + head, .len = block->len - head};
    return og__container_is_zlib(&rest);
}

/* Sizes that an encoder would choose: 2^n, or 2^n + 2^(n-1). */
static bool is_usual_dictionary(uint32_t size)
{
    uint32_t low = size & (0 - size);
    uint32_t rest = size - low;
    return size == UINT32_MAX || (size && (rest == 0 || (rest == low << 1 && low <= UINT32_MAX / 2)));
}

/* A byte of properties, the size of a dictionary, the length of all or -1, and a zero. */
bool og__container_is_lzma(const og__block *block)
{
    const uint8_t *bytes = block->bytes;
    if (block->len < LZMA_HEAD || bytes[0] >= 225 || bytes[13] != 0) return false;
    uint64_t size = og__container_le(bytes + 5, 8);
    if (size != UINT64_MAX && size >> 38) return false;
    bool usual = is_usual_dictionary((uint32_t)og__container_le(bytes + 1, 4));
    return bytes[0] == 0x5d ? usual || size == UINT64_MAX : usual && size == UINT64_MAX;
}

/* ---- Unpacking ---- */

typedef struct packed {
    const og__block *block;
    og__budget *budget;
    size_t at;
    og_buf out;
    const char *wrong; /* said after what came out */
    unsigned step;
} packed;

static const char *begin(void *state, const og__block *block, og__budget *budget)
{
    packed *p = state;
    p->block = block;
    p->budget = budget;
    og_buf_init(&p->out, NULL);
    return NULL;
}

static const char *begin_zfile(void *state, const og__block *block, og__budget *budget)
{
    packed *p = state;
    begin(state, block, budget);
    p->at = zfile_head(block);
    return NULL;
}

/* Streams of gzip may follow one another, and mean what is in them one after the other. */
static void unpack_all(packed *p, int bits)
{
    size_t most = p->budget->item < p->budget->total ? p->budget->item : p->budget->total;
    bool ended = true;
    do {
        size_t used = 0;
        p->wrong = og__container_inflate(p->block->bytes + p->at, p->block->len - p->at, bits, most, &p->out,
                                         &used, &ended);
        p->at += used;
        og__block rest = {.bytes = p->block->bytes + p->at, .len = p->block->len - p->at};
        if (p->wrong || bits != GZIP_BITS || !og__container_is_gzip(&rest)) break;
    } while (ended);
    p->budget->total -= p->out.len < p->budget->total ? p->out.len : p->budget->total;
    if (!p->wrong && !ended)
        p->wrong = p->out.len < most ? "what is packed in it is cut" : og__container_too_long;
}

/* What came out; then what is wrong with the rest; then what comes after it. */
static int next_part(packed *p, int bits, og__part *part)
{
    if (p->step == 0) {
        p->step = 1;
        unpack_all(p, bits);
        if (p->out.len > 0 || !p->wrong) {
            *part = (og__part){.kind = OG__PART_MEMBER, .bytes = p->out.data, .len = p->out.len};
            return 1;
        }
    }
    if (p->step == 1) {
        p->step = 2;
        if (p->wrong) {
            p->step = 3;
            *part = (og__part){0};
            return og__container_wrong(part, p->wrong, p->at);
        }
    }
    size_t len = p->block->len - p->at;
    if (p->step == 3 || og__container_is_padding(p->block->bytes + p->at, len)) return 0;
    p->step = 3;
    *part = (og__part){.kind = OG__PART_MEMBER,
                       .name = "after the end",
                       .name_len = sizeof "after the end" - 1,
                       .bytes = p->block->bytes + p->at,
                       .len = len,
                       .offset = p->at};
    return 1;
}

static int next_gzip(void *state, size_t used, og__part *part)
{
    (void)used;
    return next_part(state, GZIP_BITS, part);
}

static int next_zlib(void *state, size_t used, og__part *part)
{
    (void)used;
    return next_part(state, ZLIB_BITS, part);
}

static void end(void *state)
{
    packed *p = state;
    og_buf_free(&p->out);
}

const og__container_reader og__container_gzip = {sizeof(packed), begin, next_gzip, end};
const og__container_reader og__container_zlib = {sizeof(packed), begin, next_zlib, end};
const og__container_reader og__container_zfile = {sizeof(packed), begin_zfile, next_zlib, end};
