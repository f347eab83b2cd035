/* SPDX-License-Identifier: MIT */
/* Reads a pickle: from opcode to opcode, without recursion, into a document. */
#include "codec/pickle/read/reader.h"

#include <string.h>

enum {
    MOST_DEPTH = 65000, /* heights are kept in 16 bits */
    WORK_A_BYTE = 256,  /* of hashing and comparing keys */
    WORK_MORE = 1 << 16,
    MEMORY_A_BYTE = 64,
    MEMORY_MORE = 64000
};

static int unknown_opcode(og__reader *r)
{
    return og__pickle_no_opcode(r->start, (size_t)(r->op - r->start), (size_t)(r->end - r->start), r->err);
}

static const og__pickle_op_fn functions[256] = {
#define OP(name, byte, argument, protocol, before, after, summary) [byte] = og__pickle_op_##name,
#include "codec/pickle/opcodes.def"
#undef OP
};

int og__pickle_reader_step(og__reader *r)
{
    og__pickle_op_fn function = functions[*r->op];
    return function ? function(r) : unknown_opcode(r);
}

int og__pickle_reader_no_stop(og__reader *r)
{
    return og__pickle_no_stop(r->start, (size_t)(r->end - r->start), r->err);
}

/* Sets the reader up with options whose defaults are put in place. */
static int take_options(og__reader *r, const og_pickle_read_options *o)
{
    r->max_depth = o->max_depth ? o->max_depth : OG_MAX_DEPTH_DEFAULT;
    r->max_digits = o->max_digits ? o->max_digits : OG_MAX_DIGITS_DEFAULT;
    r->encoding = o->encoding;
    r->buffers = o->buffers;
    r->buffer_count = o->buffers ? o->buffer_count : 0;
    r->strict = o->strict;
    r->extensions = o->extensions;
    r->extension_count = o->extensions ? o->extension_count : 0;
    if (r->max_depth <= MOST_DEPTH) return OG_OK;
    return og_error_set(r->err, OG_EINVAL, OG_NO_POSITION, "max_depth may be at most %d", MOST_DEPTH);
}

/* What pickle.load() leaves alone after STOP: line ends of those who print pickles, padding of fixed sizes.
 */
static bool is_blank(uint8_t byte)
{
    return byte == 0 || byte == ' ' || (byte >= '\t' && byte <= '\r');
}

int og__pickle_reader_finish(og__reader *r, bool allow_trailing, bool strict)
{
    og_value root = r->top[-1];
    r->op = r->at - 1;
    int status = og__pickle_reader_check_depth(r, root);
    if (status < 0) return status;
    const uint8_t *rest = r->at;
    while (!strict && rest < r->end && is_blank(*rest))
        rest++;
    if (rest < r->end && !allow_trailing) {
        size_t at = (size_t)(r->at - r->start);
        return og_error_set(r->err, OG_ETRAILING, at, "%zu byte%s after the pickle's end",
                            (size_t)(r->end - r->at), r->end - r->at == 1 ? " follows" : "s follow");
    }
    og__pickle_unplace(root); /* it is in nothing else */
    r->doc->root = root;
    return OG_OK;
}

/* Bytes of the buffers that are copied when the pickle asks for them, once each; they were received too. */
static size_t copied(const og__reader *r)
{
    size_t sum = 0;
    for (size_t i = 0; i < r->buffer_count; i++) {
        size_t len = og_kind_of(r->buffers[i]) == OG_BYTEARRAY ? og_len(r->buffers[i]) : 0;
        sum = len < SIZE_MAX / 4 - sum ? sum + len : SIZE_MAX / 4;
    }
    return sum;
}

/* What the document may hold while it reads `len` bytes. No pickle may claim more. */
static size_t promised(const og__reader *r, const og_doc *doc, size_t len)
{
    size_t limit = SIZE_MAX;
    if (len < SIZE_MAX / MEMORY_A_BYTE / 4)
        limit = doc->memory + len * MEMORY_A_BYTE + MEMORY_MORE + copied(r);
    return doc->memory_limit && doc->memory_limit < limit ? doc->memory_limit : limit;
}

int og__pickle_reader_init(og__reader *r, og_doc *doc, const uint8_t *bytes, size_t len,
                           const og_pickle_read_options *o, og_error *err)
{
    r->doc = NULL;
    r->start = r->op = r->at = bytes;
    r->end = bytes + len;
    r->readable = o->padded ? r->end + OG_PADDING : r->end;
    if (og__value_doc_stack_reserve(doc, 1) < 0) {
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the reader's stack");
        return OG_ENOMEM;
    }
    r->top = doc->stack;
    r->limit = doc->stack + doc->stack_cap;
    r->fence = 0;
    r->frame_end = 0;
    r->buffer_next = 0;
    r->protocol = 0;
    r->regrown = false;
    r->wary = 0;
    memset(r->models, 0, sizeof r->models);
    r->err = err;
    int status = take_options(r, o);
    if (status < 0) return status;
    r->doc = doc;
    r->memory_limit = doc->memory_limit;
    doc->limited = false;
    doc->work = 0;
    doc->work_limit = (uint64_t)len * WORK_A_BYTE + WORK_MORE;
    doc->memory_limit = promised(r, doc, len);
    og__pickle_memo_init(&r->memo, doc);
    return OG_OK;
}

void og__pickle_reader_fini(og__reader *r)
{
    if (!r->doc) return;
    og__pickle_memo_fini(&r->memo);
    r->doc->memory_limit = r->memory_limit;
    r->doc->work_limit = 0;
}
