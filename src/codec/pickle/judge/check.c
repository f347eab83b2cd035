/* SPDX-License-Identifier: MIT */
/* Checks a pickle by a policy, and reports what it uses. */
#include "codec/pickle/judge/watch.h"

#include "base/alloc.h"

#include <string.h>

/* A report holds so many different uses, and so many bytes of their names. */
enum { USES_MAX = 4096, NAMES_MAX = 1 << 20 };

const char *og_use_text(og_use_how how)
{
    switch (how) {
#define X(name, text) \
    case name: return text;
        OG_USE_MAP(X)
#undef X
    default: return "used";
    }
}

const char *og_verdict_text(og_verdict verdict)
{
    switch (verdict) {
#define X(name, text) \
    case name: return text;
        OG_VERDICT_MAP(X)
#undef X
    default: return "unreadable";
    }
}

/* ---- Findings ---- */

/* What makes a use different from others: how, depth, length of the module, then both names, each with a NUL.
 */
typedef struct key {
    uint8_t bytes[2 + sizeof(size_t) + (size_t)2 * (OG__NAME_MAX + 1)];
    size_t len;
    size_t module;   /* where it stands */
    size_t qualname; /* likewise */
} key;

static size_t put_name(key *k, const char *name, size_t len)
{
    size_t at = k->len;
    if (len > OG__NAME_MAX) len = OG__NAME_MAX; /* no policy allows it, so its start will do */
    if (len) memcpy(k->bytes + at, name, len);
    k->bytes[at + len] = 0;
    k->len = at + len + 1;
    return at;
}

static void make_key(key *k, const og_pickle_use *use)
{
    k->bytes[0] = (uint8_t)use->how;
    k->bytes[1] = (uint8_t)use->depth;
    memcpy(k->bytes + 2, &use->module_len, sizeof use->module_len);
    k->len = 2 + sizeof use->module_len;
    k->module = put_name(k, use->module, use->module_len);
    k->qualname = put_name(k, use->qualname, use->qualname_len);
}

static int grow(og__findings *findings)
{
    if (findings->count < findings->cap) return OG_OK;
    size_t cap = findings->cap ? findings->cap * 2 : 16;
    og_pickle_use *uses =
        og__base_realloc(NULL, findings->uses, findings->cap * sizeof *uses, cap * sizeof *uses);
    if (!uses) return OG_ENOMEM;
    findings->uses = uses;
    findings->cap = cap;
    return OG_OK;
}

int og__pickle_findings_add(og__findings *findings, const og_pickle_use *use)
{
    key k;
    make_key(&k, use);
    int64_t number;
    if (og_as_int64(og_dict_get(findings->index, og_bytes_borrow(k.bytes, k.len)), &number) == OG_OK) {
        findings->uses[number].count++;
        return OG_OK;
    }
    if (findings->count == USES_MAX || findings->bytes + k.len > NAMES_MAX) {
        findings->left_out++;
        return OG_OK;
    }
    og_value own = og_bytes(findings->doc, k.bytes, k.len);
    if (grow(findings) < 0 || !og_valid(own)) return OG_ENOMEM;
    if (og_dict_set(findings->doc, findings->index, own, og_int((int64_t)findings->count), NULL) < 0)
        return OG_ENOMEM;
    og_pickle_use *added = &findings->uses[findings->count++];
    findings->bytes += k.len;
    *added = *use;
    const char *names = og_data(own, NULL);
    added->module = names + k.module;
    added->module_len = k.qualname - k.module - 1;
    added->qualname = names + k.qualname;
    added->qualname_len = k.len - k.qualname - 1;
    return OG_OK;
}

static og__findings *findings_new(void)
{
    og__findings *findings = og__base_alloc(NULL, sizeof *findings);
    if (!findings) return NULL;
    *findings = (og__findings){.doc = og_doc_new(NULL)};
    if (findings->doc) findings->index = og_dict(findings->doc);
    if (findings->doc && og_valid(findings->index)) return findings;
    og_doc_free(findings->doc);
    og__base_free(NULL, findings, sizeof *findings);
    return NULL;
}

void og_pickle_report_fini(og_pickle_report *report)
{
    og__findings *findings = report->memory;
    if (findings) {
        og__base_free(NULL, findings->uses, findings->cap * sizeof *findings->uses);
        og_doc_free(findings->doc);
        og__base_free(NULL, findings, sizeof *findings);
    }
    *report = (og_pickle_report){.verdict = OG_UNREADABLE};
}

/* ---- Checking ---- */

/* Reads the pickle into a document that is thrown away. */
static int run(og__watch *watch, const uint8_t *bytes, size_t len, bool first, size_t *size, og_error *err)
{
    static const og_pickle_read_options options = {.size = sizeof options, .encoding = OG_PICKLE_LATIN1};
    og__reader reader;
    og_doc *doc = og_doc_new(NULL);
    if (!doc) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "no memory to check a pickle");
    int status = og__pickle_reader_init(&reader, doc, bytes, len, &options, err);
    if (status == OG_OK) status = og__pickle_watch_run(watch, &reader);
    if (status == OG_OK) {
        *size = (size_t)(reader.at - reader.start);
        status = og__pickle_reader_finish(&reader, first);
    }
    og__pickle_reader_fini(&reader);
    og__pickle_watch_fini(watch);
    og_doc_free(doc);
    return status;
}

/* `status` and `err` are of the reading; `denied` is the first refusal. */
static int conclude(og_pickle_report *report, og__findings *findings, int status, const og_error *err,
                    const og_error *denied)
{
    report->verdict = denied->code != OG_OK ? OG_HARMFUL : status < 0 ? OG_UNREADABLE : OG_HARMLESS;
    if (status < 0 && status != OG_EPOLICY) report->unreadable = *err;
    if (denied->code != OG_OK) {
        report->reason = *denied;
    } else if (status < 0) {
        report->reason = *err;
    }
    if (findings) {
        report->uses = findings->uses;
        report->use_count = findings->count;
        report->left_out = findings->left_out;
    }
    report->memory = findings;
    return report->reason.code;
}

static int check(const void *bytes, size_t len, const og_policy *policy, bool first, og_pickle_report *report,
                 og_error *err)
{
    og_error own = {0};
    og__watch watch;
    *report = (og_pickle_report){.verdict = OG_UNREADABLE};
    og_policy *plain = policy ? NULL : og_policy_builtin("plain-data", NULL);
    og__findings *findings = findings_new();
    int status = OG_ENOMEM;
    watch.outer.denied.code = OG_OK;
    if ((policy || plain) && findings) {
        og__pickle_watch_init(&watch, policy ? policy : plain, findings, og_allocator_default());
        status = run(&watch, bytes, len, first, &report->size, &own);
    } else {
        og_error_set(&own, OG_ENOMEM, OG_NO_POSITION, "no memory to check a pickle");
    }
    og_policy_free(plain);
    status = conclude(report, findings, status, &own, &watch.outer.denied);
    if (status < 0 && err) *err = report->reason;
    return status;
}

static int check_any(const void *bytes, size_t len, const og_policy *policy, bool first,
                     og_pickle_report *report, og_error *err)
{
    og_pickle_report own;
    int status = check(bytes, len, policy, first, report ? report : &own, err);
    if (!report) og_pickle_report_fini(&own);
    return status;
}

int og_pickle_check(const void *bytes, size_t len, const og_policy *policy, og_pickle_report *report,
                    og_error *err)
{
    return check_any(bytes, len, policy, false, report, err);
}

int og_pickle_check_first(const void *bytes, size_t len, const og_policy *policy, og_pickle_report *report,
                          og_error *err)
{
    return check_any(bytes, len, policy, true, report, err);
}
