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

/* Says of each line that is wrong why. */
static int take_text(og_policy *policy, const char *path, const char *text, size_t len)
{
    const cli_place start = {0};
    og_error err;
    int status = 0;
    for (size_t at = 0; at < len;) {
        const char *feed = memchr(text + at, '\n', len - at);
        size_t end = feed ? (size_t)(feed - text) : len;
        if (og_policy_parse(policy, text + at, end - at, &err) < 0) {
            if (err.position != OG_NO_POSITION) err.position += at;
            cli_fail_in(path, text, len, &start, &err);
            status = CLI_USAGE;
        }
        at = end + 1;
    }
    return status;
}

static const char *nearest_builtin(const char *name)
{
    enum { MOST = 8 };
    const char *names[MOST + 1];
    size_t count = 0;
    while (count < MOST && (names[count] = og_policy_builtin_at(count)) != NULL)
        count++;
    names[count] = NULL;
    return og_nearest(name, names);
}

static int from_file(og_policy *policy, const char *path, og_buf *text)
{
    const char *unread = read_file(path, text);
    if (!unread) return text->len ? take_text(policy, path, (const char *)text->data, text->len) : 0;
    const char *nearest = errno == ENOENT ? nearest_builtin(path) : NULL;
    cli_log(OG_LOG_ERROR, "policy %s: %s%s%s%s", path, unread, nearest ? ": did you mean '" : "",
            nearest ? nearest : "", nearest ? "'?" : "");
    return CLI_UNREACHED;
}

static bool is_builtin(const char *name)
{
    const char *builtin;
    for (size_t i = 0; (builtin = og_policy_builtin_at(i)); i++) {
        if (strcmp(name, builtin) == 0) return true;
    }
    return false;
}

size_t cli_rules_warn(const char *name, const og_policy *policy, const og_buf *text)
{
    og_error warning;
    size_t count = 0;
    const char *at = (const char *)text->data;
    for (size_t next = 0; og_policy_next_warning(policy, at, text->len, &next, &warning); count++) {
        size_t line = 0;
        size_t column = 0;
        og_text_position(at, text->len, warning.position, &line, &column);
        cli_log(OG_LOG_WARNING, "policy %s, line %zu: %s", name, line, warning.text);
    }
    return count;
}

int cli_rules(og_policy **policy, og_buf *text, const char *name)
{
    og_error err;
    *policy = is_builtin(name) ? og_policy_builtin(name, &err) : og_policy_new(NULL);
    if (!*policy) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    int status = is_builtin(name) ? 0 : from_file(*policy, name, text);
    if (status) {
        og_policy_free(*policy);
        *policy = NULL;
    }
    return status;
}

static void nest(const cli_options *options, og_policy *policy)
{
    if (options->nested) og_policy_set_nested(policy, (unsigned)options->nested - 1);
}

/* These judge without --policy too, and by plain-data. */
enum { ALWAYS_JUDGE = CLI_PROXY | CLI_INSPECT | CLI_POLICY };

int cli_rules_nest(cli_options *options)
{
    if (!options->nested) return 0;
    if (!options->rules && !(options->command->bit & ALWAYS_JUDGE))
        return cli_usage(
            "--nested is for what a policy checks, and none is given: write --policy plain-data as "
            "well");
    int status = options->rules ? 0 : cli_rules(&options->rules, &options->rules_text, "plain-data");
    if (status == 0) nest(options, options->rules);
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
        cli_rules_warn(path, fresh, &text);
        nest(options, fresh);
        og_policy_replace(options->rules, fresh);
        cli_log(OG_LOG_INFO, "policy %s was read anew", path);
    }
    og_buf_free(&text);
}
