/* SPDX-License-Identifier: MIT */
/* Policies from the command line: the name of a built-in one, or a file. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { POLICY_MAX = 1 << 20 };

static int read_file(const char *path, og_buf *text)
{
    char piece[4096];
    FILE *file = fopen(path, "re");
    if (!file) {
        cli_log(OG_LOG_ERROR, "policy %s: %s", path, strerror(errno));
        return CLI_UNREACHED;
    }
    size_t got;
    text->limit = POLICY_MAX;
    int status = OG_OK;
    while (status == OG_OK && (got = fread(piece, 1, sizeof piece, file)) > 0)
        status = og_buf_put(text, piece, got);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (!failed && status == OG_OK) return 0;
    cli_log(OG_LOG_ERROR, "policy %s: %s", path, failed ? strerror(EIO) : "longer than a policy may be");
    return CLI_UNREACHED;
}

static int from_file(og_policy *policy, const char *path)
{
    og_buf text = OG_BUF_INIT;
    og_error err;
    int status = read_file(path, &text);
    if (status == 0 && text.len > 0 && og_policy_parse(policy, (const char *)text.data, text.len, &err) < 0) {
        const cli_place start = {0};
        cli_fail_in(path, (const char *)text.data, text.len, &start, &err);
        status = CLI_USAGE;
    }
    og_buf_free(&text);
    return status;
}

static bool is_builtin(const char *name)
{
    const char *builtin;
    for (size_t i = 0; (builtin = og_policy_builtin_at(i)); i++) {
        if (strcmp(name, builtin) == 0) return true;
    }
    return false;
}

int cli_rules(og_policy **policy, const char *name)
{
    og_error err;
    *policy = is_builtin(name) ? og_policy_builtin(name, &err) : og_policy_new(NULL);
    if (!*policy) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    int status = is_builtin(name) ? 0 : from_file(*policy, name);
    if (status) {
        og_policy_free(*policy);
        *policy = NULL;
    }
    return status;
}
