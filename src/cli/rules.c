/* SPDX-License-Identifier: MIT */
/* Policies from the command line: the name of a built-in one, or a file, which may be read anew. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { POLICY_MAX = 1 << 20 };

/* NULL, or why it cannot be read. */
static const char *read_file(const char *path, og_buf *text)
{
    char piece[4096];
    FILE *file = fopen(path, "re");
    if (!file) return strerror(errno);
    size_t got;
    text->limit = POLICY_MAX;
    int status = OG_OK;
    while (status == OG_OK && (got = fread(piece, 1, sizeof piece, file)) > 0)
        status = og_buf_put(text, piece, got);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed) return strerror(EIO);
    return status == OG_OK ? NULL : "longer than a policy may be";
}

static int from_file(og_policy *policy, const char *path)
{
    og_buf text = OG_BUF_INIT;
    og_error err;
    int status = 0;
    const char *unread = read_file(path, &text);
    if (unread) {
        cli_log(OG_LOG_ERROR, "policy %s: %s", path, unread);
        status = CLI_UNREACHED;
    } else if (text.len > 0 && og_policy_parse(policy, (const char *)text.data, text.len, &err) < 0) {
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

bool cli_rules_may_change(const cli_options *options)
{
    return options->policy && !is_builtin(options->policy);
}

/* One line for the log, as nobody waits at a terminal. */
static void keep_old(const char *path, const og_buf *text, const og_error *err)
{
    size_t line = 0;
    size_t column = 0;
    if (err->position <= text->len)
        og_text_position((const char *)text->data, text->len, err->position, &line, &column);
    cli_log(
        OG_LOG_ERROR,
        "policy %s, line %zu, column %zu: %s; the old policy stays: correct the file and send SIGHUP again",
        path, line, column, err->text);
}

void cli_rules_reload(const cli_options *options)
{
    og_buf text = OG_BUF_INIT;
    og_error err;
    const char *path = options->policy;
    if (!cli_rules_may_change(options)) return;
    const char *unread = read_file(path, &text);
    og_policy *fresh = unread ? NULL : og_policy_new(NULL);
    if (!fresh) {
        cli_log(OG_LOG_ERROR, "policy %s: %s; the old policy stays: make it readable and send SIGHUP again",
                path, unread ? unread : "out of memory");
    } else if (text.len > 0 && og_policy_parse(fresh, (const char *)text.data, text.len, &err) < 0) {
        keep_old(path, &text, &err);
        og_policy_free(fresh);
    } else {
        og_policy_replace(options->rules, fresh);
        cli_log(OG_LOG_INFO, "policy %s was read anew", path);
    }
    og_buf_free(&text);
}
