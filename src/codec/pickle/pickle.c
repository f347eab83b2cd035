/* SPDX-License-Identifier: MIT */
/* Reads pickles: fast, strictly, or under a policy. Joins the reader and what judges it. */
#include <onggi/pickle.h>

#include "base/options.h"
#include "codec/pickle/judge/watch.h"
#include "codec/pickle/read/reader.h"

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
        status = o->policy   ? run_watched(&r, o)
                 : o->strict ? og__pickle_reader_run_strict(&r)
                             : og__pickle_reader_run(&r);
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
