/* SPDX-License-Identifier: MIT */
/* onggi policy: is a policy well formed, what would it say of a name or of pickles, and why. */
#include "cli/cli.h"

#include <string.h>

/* ---- check ---- */

static int check(const cli_options *options)
{
    int worst = CLI_DONE;
    for (size_t i = 0; i < options->arg_count; i++) {
        og_policy *policy;
        og_buf text = OG_BUF_INIT;
        const char *name = options->args[i];
        int status = cli_rules(&policy, &text, name);
        size_t warnings = status == 0 ? cli_rules_warn(name, policy, &text) : 0;
        if (status == 0) printf("%s: well formed%s\n", name, warnings ? ", but look at the warnings" : "");
        og_policy_free(policy);
        og_buf_free(&text);
        if (status == CLI_USAGE) status = CLI_REFUSED; /* the file is the data here */
        if (status > worst) worst = status;
    }
    return worst;
}

/* ---- explain ---- */

/* Where the module ends: at the colon, or else at the last dot. NULL: there is neither. */
static const char *split(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon ? colon : strrchr(name, '.');
}

static int explain_name(const og_policy *policy, const char *rules, const char *name)
{
    og_buf row = OG_BUF_INIT;
    const char *end = split(name);
    if (!end || end == name || !end[1])
        return cli_usage("'%s' is not a name: write module.Name or module:Outer.Inner", name);
    size_t len = (size_t)(end - name);
    bool allowed = og_policy_allows(policy, name, len, end + 1, strlen(end + 1), NULL);
    int status = og_policy_explain(policy, name, len, end + 1, strlen(end + 1), &row);
    if (status == OG_OK) {
        printf("%s: %s by '%.*s' of %s\n", name, allowed ? "allowed" : "refused", (int)row.len,
               (const char *)row.data, rules);
        const char *unsafe = og_policy_unsafe(name, len, end + 1, strlen(end + 1));
        if (unsafe) printf("  it %s\n", unsafe);
        if (!allowed) printf("  to allow it, add the line: %s %s\n", unsafe ? "allow-unsafe" : "allow", name);
    } else {
        cli_log(OG_LOG_ERROR, "out of memory");
    }
    og_buf_free(&row);
    return allowed && status == OG_OK ? CLI_DONE : CLI_REFUSED;
}

static int explain(const cli_options *options)
{
    int worst = CLI_DONE;
    const char *rules = options->policy ? options->policy : "plain-data";
    og_policy *plain = options->rules ? NULL : og_policy_builtin("plain-data", NULL);
    const og_policy *policy = options->rules ? options->rules : plain;
    if (!policy) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    for (size_t i = 0; i < options->arg_count && worst != CLI_USAGE; i++) {
        int status = explain_name(policy, rules, options->args[i]);
        if (status) worst = status;
    }
    og_policy_free(plain);
    return worst;
}

/* ---- test ---- */

/* As 'onggi inspect --verdict --policy FILE PICKLE...'. */
static int test(const cli_options *options)
{
    cli_options verdicts = *options;
    if (options->policy)
        return cli_usage("'onggi policy test' takes the policy as its first argument: leave --policy out");
    if (options->arg_count < 2)
        return cli_usage("what should be tested? Write: onggi policy test %s PICKLE...", options->args[0]);
    og_buf text = OG_BUF_INIT;
    int status = cli_rules(&verdicts.rules, &text, options->args[0]);
    og_buf_free(&text);
    if (status == 0) status = cli_rules_nest(&verdicts);
    if (status) return status;
    verdicts.verdict = true;
    verdicts.args++;
    verdicts.arg_count--;
    status = cli_inspect.run(&verdicts);
    og_policy_free(verdicts.rules);
    return status;
}

/* ---- The whole ---- */

static const struct {
    const char *name;
    int (*run)(const cli_options *options);
} deeds[] = {{"check", check}, {"explain", explain}, {"test", test}};

static int run(const cli_options *options)
{
    cli_options rest = *options;
    rest.args++;
    rest.arg_count--;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (strcmp(options->args[0], deeds[i].name) == 0) return deeds[i].run(&rest);
    }
    return cli_usage("'onggi policy' does check, explain or test, not '%s'", options->args[0]);
}

const cli_command cli_policy = {
    .name = "policy",
    .bit = CLI_POLICY,
    .synopsis = "check|explain|test ...",
    .summary = "check a policy, ask it, try it on files",
    .description = "  check FILE...           is each policy well formed, which rows are risky?\n"
                   "  explain NAME...         which row decides about a class\n"
                   "  test FILE PICKLE...     what a policy says of files, as 'inspect --verdict'",
    .example = "  onggi policy check ours.policy\n"
               "  onggi policy explain collections.deque --policy numpy-data\n"
               "  onggi policy test ours.policy models/\n",
    .min_args = 2,
    .max_args = SIZE_MAX,
    .run = run,
};
