/* SPDX-License-Identifier: MIT */
/* The JSON reader: which pass takes the text, and what it starts with. */
#include "base/options.h"
#include "base/text16.h"
#include "codec/json/reader.h"

enum { WORK_PER_BYTE = 64, WORK_LEAST = 4096 };

static void set_text(og__json_reader *r, const uint8_t *text, size_t len, bool padded)
{
    r->text = text;
    r->end = text + len;
    if (padded)
        r->vector_end = r->fast_end = r->end;
    else {
        r->vector_end = len >= OG__TEXT16 ? r->end - OG__TEXT16 : NULL;
        r->fast_end = len >= OG_PADDING ? r->end - OG_PADDING : NULL;
    }
}

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
    return OG__JSON_ANY;
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

#if defined(OG__JSON_X86)
/* What is not right is read again by the pass that says what is wrong. */
static int pass_avx512(og__json_reader *r)
{
    og_error *err = r->err;
    const uint8_t *text = r->text;
    size_t len = (size_t)(r->end - text);
    bool padded = r->fast_end == r->end;
    og__doc_mark mark = og__value_doc_marked(r->doc);
    r->err = NULL;
    bool good = og__json_pass_avx512(r);
    r->err = err;
    if (good) return OG_OK;
    set_text(r, text, len, padded); /* the pass may have gone over to a copy */
    if (r->status == OG_ENOMEM) {
        og__json_no_memory(r);
        return r->status;
    }
    og__value_doc_rewind(r->doc, mark);
    r->doc->work = 0;
    r->status = OG_OK;
    return pass_with_sentences(r, og__json_pass);
}
#endif

/* The pass for AVX2 reads padded texts only, and the fastest one no tags. */
static inline int pass_over(og__json_reader *r)
{
#if defined(OG__JSON_X86)
    bool padded = r->fast_end == r->end;
    if (r->kernel == OG__JSON_AVX512 && !r->tree) return pass_avx512(r);
    if (padded && r->kernel != OG__JSON_ANY) return pass_with_sentences(r, og__json_pass_avx2);
#endif
    return pass_with_sentences(r, og__json_pass);
}

static inline int read_into(og_doc *doc, og__json_reader *r)
{
    doc->work = 0;
    doc->work_limit = WORK_LEAST + (uint64_t)(r->end - r->text) * WORK_PER_BYTE;
    int status = pass_over(r);
    if (status == OG_OK) {
        og_value root = doc->stack[1];
        if (r->tree) status = og__json_from_tags(r, root, &root);
        if (status == OG_OK) og_doc_set_root(doc, root);
    }
    doc->work_limit = 0;
    return status;
}

/* Field by field: to clear it all first takes longer than to read a short text. */
static void set_out(og__json_reader *r, og__json_kernel kernel, og_doc *doc, const og_json_read_options *o,
                    og_error *err)
{
    r->depth = 0;
    r->max_depth = o->max_depth ? o->max_depth : OG_MAX_DEPTH_DEFAULT;
    r->max_digits = o->max_digits ? o->max_digits : OG_MAX_DIGITS_DEFAULT;
    r->doc = doc;
    r->tree = NULL;
    r->err = err;
    r->shapes = NULL;
    r->status = OG_OK;
    r->kernel = kernel;
    r->allow_nan = o->allow_nan;
    r->allow_surrogates = o->allow_surrogates || o->lossless;
    r->allow_trailing_comma = o->allow_trailing_comma;
    r->duplicate = o->refuse_duplicates ? OG__DUPLICATE_REFUSE : OG__DUPLICATE_LAST;
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

static inline int read_document(og__json_kernel kernel, og_doc *doc, const uint8_t *text, size_t len,
                                bool padded, const og_json_read_options *o, og_error *err)
{
    og__json_reader r;
    set_out(&r, kernel, doc, o, err);
    set_text(&r, text, len, padded);
    if (o->allow_comments) {
        text = og__json_blank_comments(&r, text, len);
        if (!text) return r.status;
        set_text(&r, text, len, false);
    }
    return o->lossless ? read_lossless(doc, &r) : read_into(doc, &r);
}

int og__json_read_by(og__json_kernel kernel, og_doc *doc, const char *text, size_t len,
                     const og_json_read_options *options, og_error *err)
{
    og_json_read_options o;
    int status = og__base_options_take(&o, sizeof o, options, err);
    if (status < 0) return status;
    og_doc_reset(doc);
    const char *from = text ? text : ""; /* nothing at all may have no address */
    return read_document(kernel, doc, (const uint8_t *)from, len, text && o.padded, &o, err);
}

int og_json_read(og_doc *doc, const char *text, size_t len, const og_json_read_options *options,
                 og_error *err)
{
    return og__json_read_by(og__json_best_kernel(), doc, text, len, options, err);
}

og_doc *og_json_loads(const char *text, size_t len, const og_json_read_options *options, og_error *err)
{
    og_json_read_options o;
    if (og__base_options_take(&o, sizeof o, options, err) < 0) return NULL;
    og_doc *doc = og_doc_new(NULL);
    const uint8_t *copy = doc ? og__value_doc_keep(doc, text, len, OG_PADDING) : NULL;
    if (!copy)
        og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory while reading JSON");
    else if (read_document(og__json_best_kernel(), doc, copy, len, true, &o, err) == OG_OK)
        return doc;
    og_doc_free(doc);
    return NULL;
}
