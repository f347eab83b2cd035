/* SPDX-License-Identifier: MIT */
/* Shows: og_policy_new, og_policy_parse, og_policy_free. */
#include <onggi/onggi.h>

#include <stdio.h>

int main(void)
{
    static const char rules[] = "include plain-data\n";
    static const char pickle[] = "cos\nsystem\n(S'true'\ntR."; /* os.system('true') */
    og_error err = OG_ERROR_INIT;
    og_policy *policy = og_policy_new(NULL);
    if (policy == NULL || og_policy_parse(policy, rules, sizeof(rules) - 1, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    og_pickle_read_options options = OG_INIT;
    options.size = sizeof(options);
    options.policy = policy;
    og_doc *doc = og_pickle_loads(pickle, sizeof(pickle) - 1, &options, &err);
    printf("%s\n", doc != NULL ? "read" : og_status_name(err.code));
    og_doc_free(doc);
    og_policy_free(policy);
    return 0;
}

/* Prints: OG_EPOLICY */
