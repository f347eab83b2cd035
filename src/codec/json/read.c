/* SPDX-License-Identifier: MIT */
/* The JSON reader: which pass takes the text, and what it starts with. */
#include "base/number.h"
#include "base/options.h"
#include "codec/json/begins.h"
#include "codec/json/reader.h"
#include "codec/json/reader_start.h"
#include "codec/json/shape.h"
#include "codec/shape.h"

enum { WORK_PER_BYTE = 64, WORK_LEAST = 4096, VERY_SHORT_TEXT = 512, SHORT_TEXT = 704 };

og__json_kernel og__json_best_kernel(void)
{
#if defined(OG__JSON_X86)
    if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("pclmul"))
        return OG__JSON_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) return OG__JSON_AVX2;
#endif
    return OG__JSON_SHORT;
}

/* The best way to look at this text. For a very short one, asking the processor would take too long. */
static inline og__json_kernel kernel_for(size_t len)
{
    if (len <= VERY_SHORT_TEXT) return OG__JSON_SHORT;
    og__json_kernel best = og__json_best_kernel();
    return len <= SHORT_TEXT && best != OG__JSON_AVX512 ? OG__JSON_SHORT : best;
}

/* Takes a pass that has all sentences over the text. */
static int pass_with_sentences(og__json_reader *r, int (*pass)(og__json_reader *r))
{
    enum { SHORT = 2048 /* has too few dicts to remember them */ };
    og__json_shapes shapes;
    if (r->end - r->text <= SHORT || r->tree) return pass(r);
    memset(&shapes, 0, sizeof shapes);
    r->shapes = &shapes;
    int status = pass(r);
    r->shapes = NULL;
    return status;
}

/* Forgets what a pass has read that says nothing of what is wrong, and takes the one that does. */
static __attribute__((noinline)) int read_again(og__json_reader *r, const uint8_t *text, size_t len,
                                                bool padded, og__doc_mark mark)
{
    og__json_set_text(r, text, len, padded); /* the pass may have gone over to a copy */
    if (r->status == OG_ENOMEM) {
        og__json_no_memory(r);
        return r->status;
    }
    og__value_doc_rewind(r->doc, mark);
    r->doc->work = 0;
    r->status = OG_OK;
    return pass_with_sentences(r, og__json_pass);
}

static inline int pass_without_sentences(og__json_reader *r, bool (*pass)(og__json_reader *r))
{
    og_error *err = r->err;
    const uint8_t *text = r->text;
    size_t len = (size_t)(r->end - text);
    bool padded = r->fast_end == r->end;
    og__doc_mark mark = og__value_doc_marked(r->doc);
    r->err = NULL;
    bool good = pass(r);
    r->err = err;
    return __builtin_expect(good, 1) ? OG_OK : read_again(r, text, len, padded, mark);
}

static inline int pass_over(og__json_reader *r)
{
    if (r->tree) return pass_with_sentences(r, og__json_pass);
    if (r->kernel == OG__JSON_SHORT) return pass_without_sentences(r, og__json_pass_short);
#if defined(OG__JSON_X86)
    if (r->kernel == OG__JSON_AVX512) return pass_without_sentences(r, og__json_pass_avx512);
    if (r->kernel == OG__JSON_AVX2 && r->fast_end == r->end)
        return pass_with_sentences(r, og__json_pass_avx2);
#endif
    return pass_with_sentences(r, og__json_pass);
}

static inline int read_into(og_doc *doc, og__json_reader *r)
{
    doc->work = 0;
    doc->work_limit = WORK_LEAST + (uint64_t)(r->end - r->text) * WORK_PER_BYTE;
    const uint8_t *text = r->fast_end == r->end ? r->text : NULL;
    int status = pass_over(r);
    if (status == OG_OK) {
        og_value root;
        og__value_copy_fresh(&root, doc->stack + 1, 1);
        if (!r->tree)
            og__value_doc_set_own_root(doc, root);
        else if ((status = og__json_from_tags(r, root, &root)) == OG_OK)
            og_doc_set_root(doc, root);
    }
    doc->work_limit = 0;
    /* A pass that went over to a copy of the end has a text that is nowhere. */
    if (status == OG_OK && text && r->text == text && !r->tree && r->kernel != OG__JSON_ANY)
        og__json_shape_learn(r);
    return status;
}

/* Leaves every number to the reader that counts digits: the fast ways take whatever fits an int64_t. */
static void count_digits(og__json_reader *r)
{
    r->kernel = OG__JSON_ANY;
    r->fast_end = NULL;
}

/* Reads with the containers of the text in a document of their own until their tags are understood. */
static int read_lossless(og_doc *doc, og__json_reader *r)
{
    r->tree = og_doc_new(&doc->alloc);
    if (!r->tree) {
        og__json_no_memory(r);
        return r->status;
    }
    og_doc_set_memory_limit(r->tree, doc->memory_limit);
    int status = read_into(doc, r);
    og_doc_free(r->tree);
    return status;
}

/* Goes over to a copy of the text that has padding. False without memory. */
static bool take_padded_copy(og__json_reader *r)
{
    size_t len = (size_t)(r->end - r->text);
    const uint8_t *copy = og__value_doc_padded(r->doc, r->text, len);
    if (!copy) {
        og__json_no_memory(r);
        return false;
    }
    og__json_set_text(r, copy, len, true);
    return true;
}

static inline __attribute__((always_inline)) int read_document(og__json_kernel kernel, og_doc *doc,
                                                               const uint8_t *text, size_t len, bool padded,
                                                               const og_json_read_options *o, og_error *err)
{
    og__json_reader r;
    og__json_set_out(&r, kernel, doc, o, err);
    og__json_set_text(&r, text, len, padded);
    if (o->allow_comments) {
        text = og__json_blank_comments(&r, text, len);
        if (!text) return r.status;
        og__json_set_text(&r, text, len, false);
    }
    bool counted = r.max_digits < OG__INT64_DIGITS;
    if (counted) count_digits(&r);
    if (o->lossless) return read_lossless(doc, &r);
    bool short_text = kernel == OG__JSON_SHORT || (size_t)(r.end - r.text) <= OG__SHAPE_MOST;
    if (!counted && short_text && r.fast_end != r.end && !take_padded_copy(&r)) return r.status;
    return read_into(doc, &r);
}

/* The bytes of a byte order mark before the text. */
static size_t mark_of(const og_json_read_options *o, const char *text, size_t len)
{
    return o->allow_bom && len >= OG__JSON_BOM_LEN && memcmp(text, OG__JSON_BOM, OG__JSON_BOM_LEN) == 0
               ? OG__JSON_BOM_LEN
               : 0;
}

/* As read_document(), past a byte order mark. */
static int read_marked(og__json_kernel kernel, og_doc *doc, const char *text, size_t len, bool padded,
                       const og_json_read_options *o, og_error *err)
{
    size_t mark = mark_of(o, text, len);
    int status = read_document(kernel, doc, (const uint8_t *)text + mark, len - mark, padded, o, err);
    if (status < 0 && err && err->position != OG_NO_POSITION) err->position += mark;
    if (status == OG_OK) og__value_doc_was_read(doc, len);
    return status;
}

/* Reads into a document that is empty. Not inlined: what is read by a shape does not pay for the registers.
 */
static __attribute__((noinline)) int read_anew(og__json_kernel kernel, og_doc *doc, const char *text,
                                               size_t len, const og_json_read_options *options, og_error *err)
{
    og_json_read_options o;
    int status = og__base_options_take(&o, sizeof o, options, err);
    if (status < 0) return status;
    const char *from = text ? text : ""; /* nothing at all may have no address */
    return read_marked(kernel, doc, from, len, text && o.padded, &o, err);
}

int og__json_read_by(og__json_kernel kernel, og_doc *doc, const char *text, size_t len,
                     const og_json_read_options *options, og_error *err)
{
    og_doc_reset(doc);
    return read_anew(kernel, doc, text, len, options, err);
}

int og_json_read(og_doc *doc, const char *text, size_t len, const og_json_read_options *options,
                 og_error *err)
{
    og_doc_reset(doc);
    if (doc->lessons && og__json_shape_read(doc, text, len, options)) return OG_OK;
    return read_anew(kernel_for(len), doc, text, len, options, err);
}

og_doc *og_json_loads(const char *text, size_t len, const og_json_read_options *options, og_error *err)
{
    og_json_read_options o;
    if (og__base_options_take(&o, sizeof o, options, err) < 0) return NULL;
    og_doc *doc = og_doc_new(NULL);
    const uint8_t *copy = doc ? og__value_doc_keep(doc, text, len, OG_PADDING) : NULL;
    if (!copy)
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory while reading JSON");
    else if (read_marked(kernel_for(len), doc, (const char *)copy, len, true, &o, err) == OG_OK)
        return doc;
    og_doc_free(doc);
    return NULL;
}
