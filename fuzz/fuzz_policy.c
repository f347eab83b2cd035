/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes checking by a policy. The first byte chooses it. Checking and reading by the same policy must agree,
 * a harmless pickle must be readable without one, and everything that a report calls allowed must be so.
 */
#include <onggi/pickle.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) abort();
}

static og_policy *choose(uint8_t choice)
{
    og_policy *policy = og_policy_builtin(choice & 1 ? "numpy-data" : "plain-data", NULL);
    check(policy != NULL);
    if (choice & 128) check(og_policy_include(policy, "torch-data", NULL) == OG_OK);
    if (choice & 2) check(og_policy_deny(policy, "builtins.*", NULL) == OG_OK);
    if (choice & 4) og_policy_set_default(policy, true);
    if (choice & 8) og_policy_set_strict(policy, false);
    og_policy_set_nested(policy, choice >> 4 & 7);
    return policy;
}

static void check_report(const og_policy *policy, const og_pickle_report *report, int status)
{
    check((status == OG_OK) == (report->verdict == OG_HARMLESS));
    check((status == OG_EPOLICY) == (report->verdict == OG_HARMFUL));
    for (size_t i = 0; i < report->use_count; i++) {
        const og_pickle_use *use = &report->uses[i];
        check(use->count > 0 && use->module[use->module_len] == 0 && use->qualname[use->qualname_len] == 0);
        if (!use->allowed) check(status != OG_OK);
        if (use->allowed && use->how == OG_USE_IMPORTED)
            check(og_policy_allows(policy, use->module, use->module_len, use->qualname, use->qualname_len,
                                   NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    og_policy *policy = choose(*data);
    og_pickle_report report;
    og_error err = {0};
    int status = og_pickle_check(data + 1, size - 1, policy, &report, &err);
    check(status == OG_OK || (err.code == status && err.text[0]));
    check_report(policy, &report, status);
    og_pickle_report_fini(&report);

    /* Reading stops at the first refusal, which a report goes beyond: what is harmless, and what is refused,
     * is so for both. */
    og_doc *doc = og_doc_new(NULL);
    check(doc != NULL);
    og_pickle_read_options options = {.size = sizeof options, .encoding = OG_PICKLE_LATIN1, .policy = policy};
    int read = og_pickle_read(doc, data + 1, size - 1, NULL, &options, &err);
    check(read == status);
    options.policy = NULL;
    if (status == OG_OK) check(og_pickle_read(doc, data + 1, size - 1, NULL, &options, NULL) == OG_OK);
    og_doc_free(doc);
    og_policy_free(policy);

    policy = og_policy_new(NULL);
    check(policy != NULL);
    if (og_policy_parse(policy, (const char *)data, size, &err) < 0)
        check(err.position <= size && err.text[0]);
    og_policy_free(policy);
    return 0;
}
