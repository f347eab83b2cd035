/* SPDX-License-Identifier: MIT */
/* Reads a pickle: from opcode to opcode, without recursion, into a document. */
#include "base/options.h"
#include "codec/pickle/judge/watch.h"

#include <string.h>

enum {
    DEFAULT_DEPTH = 1000,
    MOST_DEPTH = 65000, /* heights are kept in 16 bits */
    DEFAULT_DIGITS = 4300,
    WORK_A_BYTE = 256, /* of hashing and comparing keys */
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
    size_t len = (size_t)(r->end - r->start);
    return og_error_set(r->err, OG_ETRUNCATED, len, "the pickle ends after %zu bytes, before its STOP opcode",
                        len);
}

/* Sets the reader up with options whose defaults are put in place. */
static int take_options(og__reader *r, const og_pickle_read_options *o)
{
    r->max_depth = o->max_depth ? o->max_depth : DEFAULT_DEPTH;
    r->max_digits = o->max_digits ? o->max_digits : DEFAULT_DIGITS;
    r->encoding = o->encoding;
    r->buffers = o->buffers;
    r->buffer_count = o->buffers ? o->buffer_count : 0;
    r->strict = o->strict;
    r->extensions = o->extensions;
    r->extension_count = o->extensions ? o->extension_count : 0;
    if (r->max_depth <= MOST_DEPTH) return OG_OK;
    return og_error_set(r->err, OG_EINVAL, OG_NO_POSITION, "max_depth may be at most %d", MOST_DEPTH);
}

int og__pickle_reader_finish(og__reader *r, bool allow_trailing)
{
    og_value root = r->top[-1];
    r->op = r->at - 1;
    int status = og__pickle_reader_check_depth(r, root);
    if (status < 0) return status;
    if (r->at < r->end && !allow_trailing) {
        size_t at = (size_t)(r->at - r->start);
        return og_error_set(r->err, OG_ETRAILING, at, "%zu bytes follow after the pickle's end at %zu",
                            (size_t)(r->end - r->at), at);
    }
    og__pickle_unplace(root); /* it stands in nothing else */
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

/* What the document may hold while it reads `len` bytes: no pickle may claim more, whatever opcodes it has.
 */
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
    if (og__value_doc_stack_reserve(doc, 1) < 0) {
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory for the reader's stack");
        return OG_ENOMEM;
    }
    r->top = doc->stack;
    r->limit = doc->stack + doc->stack_cap;
    r->fence = 0;
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

/* What a GLOBAL, INST, … has just named, where all readers must take the names for the same. */
static bool is_plain_name(og_value v)
{
    size_t len = 0;
    const char *text = og_data(v, &len);
    return og__pickle_strict_name(text, len);
}

static bool named_plainly(const og__reader *r)
{
    uint8_t op = *r->op;
    if (op != OG__OP_INST && op != OG__OP_GLOBAL && op != OG__OP_STACK_GLOBAL) return true;
    og_value v = op == OG__OP_INST ? og_object_class(r->top[-1]) : r->top[-1];
    return is_plain_name(og_class_module(v)) && is_plain_name(og_class_qualname(v));
}

/* Runs to STOP, and refuses what readers take for different things. */
static int run_strict(og__reader *r)
{
    og__level level = {.reader = r};
    r->wary = OG__WARY_FRAMES;
    while (og__pickle_run_on_in_frame(&level), r->at < r->end) {
        r->op = r->at++;
        const char *why = og__pickle_opcodes[*r->op].name ? og__pickle_strict_why(&level) : NULL;
        if (why)
            return og__pickle_reader_fail(r, OG_EPOLICY,
                                          "%s, which Python's readers take for different things", why);
        int status = og__pickle_reader_step(r);
        if (status != 0) return status < 0 ? status : OG_OK;
        if (!named_plainly(r))
            return og__pickle_reader_fail(r, OG_EPOLICY,
                                          "a name that Python's readers take for different ones");
    }
    return og__pickle_reader_no_stop(r);
}

/* Runs to STOP under a policy: the first refusal ends it. */
static int run_watched(og__reader *r, const og_pickle_read_options *o)
{
    og__watch watch;
    og__pickle_watch_init(&watch, o->policy, NULL, &r->doc->alloc);
    if (o->policy_inert) watch.default_allow = true;
    int status = og__pickle_watch_run(&watch, r);
    og__pickle_watch_fini(&watch);
    return status;
}

/* Reads into a document that is empty but for what the caller keeps in it. */
static int read_into(og_doc *doc, const uint8_t *bytes, size_t len, size_t *used,
                     const og_pickle_read_options *o, og_error *err)
{
    og__reader r;
    int status = og__pickle_reader_init(&r, doc, bytes, len, o, err);
    if (status == OG_OK)
        status = o->policy ? run_watched(&r, o) : o->strict ? run_strict(&r) : og__pickle_reader_run(&r);
    if (status == OG_OK) status = og__pickle_reader_finish(&r, o->allow_trailing);
    og__pickle_reader_fini(&r);
    if (status == OG_OK && used) *used = (size_t)(r.at - r.start);
    return status;
}

int og_pickle_read(og_doc *doc, const void *bytes, size_t len, size_t *used,
                   const og_pickle_read_options *options, og_error *err)
{
    og_pickle_read_options o;
    og_doc_reset(doc);
    int status = og__base_options_take(&o, sizeof o, options, err);
    if (status < 0) return status;
    status = read_into(doc, bytes, len, used, &o, err);
    if (status < 0) og_doc_reset(doc);
    return status;
}

og_doc *og_pickle_loads(const void *bytes, size_t len, const og_pickle_read_options *options, og_error *err)
{
    og_pickle_read_options o;
    if (og__base_options_take(&o, sizeof o, options, err) < 0) return NULL;
    og_doc *doc = og_doc_new(NULL);
    uint8_t *copy =
        doc ? og__value_doc_keep(doc, bytes, len, 1) : NULL; /* the document outlives the caller's bytes */
    if (!copy)
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to read a pickle of %zu bytes", len);
    else if (read_into(doc, copy, len, NULL, &o, err) == OG_OK)
        return doc;
    og_doc_free(doc);
    return NULL;
}
