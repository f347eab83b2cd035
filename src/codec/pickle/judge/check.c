/* SPDX-License-Identifier: MIT */
/* Checks a pickle by a policy, and reports what it uses. */
#include "codec/pickle/judge/watch.h"

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

void og_pickle_report_fini(og_pickle_report *report)
{
    og__pickle_findings_free(report->memory);
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
        status = og__pickle_reader_finish(&reader, first, !watch->policy->lenient);
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
    og_policy *fallback = policy ? NULL : og_policy_builtin("plain-data", NULL);
    og__findings *findings = og__pickle_findings_new();
    int status = OG_ENOMEM;
    watch.outer.denied.code = OG_OK;
    const og__rules *rules = og__pickle_rules_hold(policy ? policy : fallback);
    if (rules && findings) {
        og__pickle_watch_init(&watch, rules, findings, og_allocator_default());
        status = run(&watch, bytes, len, first, &report->size, &own);
    } else {
        og_error_set(&own, OG_ENOMEM, OG_NO_POSITION, "no memory to check a pickle");
    }
    og__pickle_rules_let_go(rules);
    og_policy_free(fallback);
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
