/* SPDX-License-Identifier: MIT */
/* Parsing options by their table. */
#include "cli/options_table.h"
#include "cli/suggest.h"
#include "cli/template.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

static void *member(cli_options *options, const cli_option_row *row)
{
    return (char *)options + row->offset;
}

static int bad_argument(const cli_option_row *row, const char *text, const char *expected)
{
    return cli_usage("--%s takes %s, not '%s'", row->name, expected, text);
}

static bool is_known(cli_option_kind of, const char *text, og_error *err)
{
    og_framing framing;
    switch (of) {
    case PEER: return og_profile_find(text, err) != NULL;
    case CODEC: return strcmp(text, "auto") == 0 || og_codec_find(text, err) != NULL;
    default: return strcmp(text, "auto") == 0 || og_framing_find(&framing, text, err) == 0;
    }
}

/* Names are checked here, so that a wrong one is an error of usage. */
static int set_name(const cli_option_row *row, const char *text, const char **out)
{
    og_error err;
    *out = text;
    if (is_known(row->kind, text, &err)) return 0;
    return cli_usage("--%s: %s", row->name, err.text);
}

/* Whether it is well-formed does not depend on what it is to reach into. */
static int set_pointer(const cli_option_row *row, const char *text, const char **out)
{
    char what[24];
    og_error err = {.code = OG_OK};
    *out = text;
    og_json_pointer(og_none(), text, &err);
    if (err.code != OG_EINVAL) return 0;
    snprintf(what, sizeof what, "--%s", row->name);
    cli_fail_in(what, text, strlen(text), NULL, &err);
    return CLI_USAGE;
}

static int set_template(const char *text, const char **out)
{
    og_error err;
    *out = text;
    if (cli_template_check(text, &err) == 0) return 0;
    cli_fail_in("--format", text, strlen(text), NULL, &err);
    return CLI_USAGE;
}

static int set_form(const cli_option_row *row, const char *text, cli_form *out)
{
    for (size_t i = 1; i < CLI_FORMS; i++) {
        const char *name = cli_option_form(row->kind, i);
        if (!name || strcmp(name, text) != 0) continue;
        *out = (cli_form)i;
        return 0;
    }
    if (row->kind == FORM_SHOWN) return bad_argument(row, text, "text or json");
    return bad_argument(row, text,
                        row->kind == FORM_IN
                            ? "json, lossless, repr, pickle or text"
                            : "json, pretty, lossless, repr, pickle, canonical, text, envelope or log");
}

static int set_number(const cli_option_row *row, const char *text, uint64_t *out)
{
    char expected[64];
    bool from_zero = row->kind == PROTOCOL || row->kind == DEPTH;
    uint64_t least = from_zero ? 0 : 1;
    if (cli_parse_number(text, out) && *out >= least && *out <= row->most) {
        *out += from_zero; /* 0 is that it was not given */
        return 0;
    }
    if (row->most > 1000000)
        snprintf(expected, sizeof expected, "a number from 1 on");
    else
        snprintf(expected, sizeof expected, "a number from %d to %d", (int)least, (int)row->most);
    return bad_argument(row, text, expected);
}

/* A number, or as many as there are processors for us. */
static int set_threads(const cli_option_row *row, const char *text, uint64_t *out)
{
    if (strcmp(text, "auto") != 0) return set_number(row, text, out);
    cpu_set_t set;
    *out = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint64_t)CPU_COUNT(&set) : 1;
    if (*out > row->most) *out = row->most;
    return 0;
}

/* The number of the word among those that the option takes; `all` names them. */
static int set_word(const cli_option_row *row, const char *text, const char *all, int *out)
{
    const char *const *names = cli_option_words(row->kind);
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], text) != 0) continue;
        *out = i;
        return 0;
    }
    return bad_argument(row, text, all);
}

static int set_when_full(const cli_option_row *row, const char *text, cli_when_full *out)
{
    int word = 0;
    int status = set_word(row, text, "wait, drop or stop", &word);
    *out = (cli_when_full)word;
    return status;
}

static int set_when_crowded(const cli_option_row *row, const char *text, og_when_crowded *out)
{
    int word = 0;
    int status = set_word(row, text, "wait or refuse", &word);
    *out = (og_when_crowded)word;
    return status;
}

static int set_colour(const cli_option_row *row, const char *text, cli_when_colour *out)
{
    int word = 0;
    int status = set_word(row, text, "auto, always or never", &word);
    *out = (cli_when_colour)word;
    return status;
}

static int set_expect(const cli_option_row *row, const char *text, const char **out)
{
    int word = 0;
    *out = text;
    return set_word(row, text, "pickle, json or any", &word);
}

static int set_log_format(const cli_option_row *row, const char *text, cli_log_format *out)
{
    int word = 0;
    int status = set_word(row, text, "text or json", &word);
    *out = (cli_log_format)word;
    return status;
}

static int set_log_level(const cli_option_row *row, const char *text, int *out)
{
    int word = 0;
    int status = set_word(row, text, "debug, info, warning or error", &word);
    *out = word + 1;
    return status;
}

static int set_encoding(const cli_option_row *row, const char *text, og_pickle_encoding *out)
{
    int word = 0;
    int status = set_word(row, text, "ascii, latin1, utf-8 or bytes", &word);
    *out = (og_pickle_encoding)word;
    return status;
}

static int set_layer_option(cli_options *options, const cli_option_row *row, const char *text)
{
    if (options->layer_option_count == CLI_LAYER_OPTIONS)
        return cli_usage("--%s: too many options", row->name);
    const char *warning = og_layer_option_at(row->offset)->warning;
    if (warning) cli_log(OG_LOG_WARNING, "%s", warning);
    options->layer_options[options->layer_option_count++] =
        (og_layer_option){.name = row->name, .value = text};
    return 0;
}

static int add_word(const cli_option_row *row, const char *text, cli_words *out)
{
    if (out->count == CLI_WORDS_MAX)
        return cli_usage("--%s can be given %d times at most", row->name, CLI_WORDS_MAX);
    out->items[out->count++] = text;
    return 0;
}

static int set_option(cli_options *options, const cli_option_row *row, const char *text)
{
    void *out = member(options, row);
    if (!text && row->kind != FLAG && row->kind != LAYER) text = ""; /* the others have an argument */
    switch (row->kind) {
    case FLAG: *(bool *)out = true; return 0;
    case TEXT:
    case POLICY:
    case REFUSAL:
    case READER:
    case REWRITE:
    case ENDPOINT: *(const char **)out = text; return 0;
    case WORDS: return add_word(row, text, out);
    case POINTER: return set_pointer(row, text, out);
    case TEMPLATE: return set_template(text, out);
    case PEER:
    case CODEC:
    case FRAMING: return set_name(row, text, out);
    case FORM_IN:
    case FORM_OUT:
    case FORM_SHOWN: return set_form(row, text, out);
    case NUMBER:
    case PROTOCOL:
    case DEPTH: return set_number(row, text, out);
    case ENCODING: return set_encoding(row, text, out);
    case THREADS: return set_threads(row, text, out);
    case POOL: return set_number(row, text, &((cli_pool_words *)out)->count);
    case WHEN_FULL: return set_when_full(row, text, out);
    case COLOUR: return set_colour(row, text, out);
    case EXPECT: return set_expect(row, text, out);
    case LOG_FORMAT: return set_log_format(row, text, out);
    case LOG_LEVEL: return set_log_level(row, text, out);
    case WHEN_CROWDED: return set_when_crowded(row, text, out);
    case SIZE:
        if (cli_parse_size(text, out) && *(uint64_t *)out > 0) return 0;
        return bad_argument(row, text, "a size such as 1000, 512K, 64M or 2G");
    case TIME:
        if (cli_parse_time(text, out)) return 0;
        return bad_argument(row, text, "a time such as 10, 2.5, 500ms or 1m");
    case LAYER: return set_layer_option(options, row, text);
    }
    return 0;
}

/* What other programs have options for, and here is in the endpoint. */
static bool is_in_endpoint(const char *word)
{
    static const char *const words[] = {"--port", "--host", "--bind", "--address", "--listen", "-p", "-H"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

/* Says which subcommands have an option that this one has not. */
static int option_of_others(const cli_command *command, const char *word, int commands)
{
    char names[160] = "";
    size_t len = 0;
    const cli_command *other;
    for (size_t i = 0; (other = cli_command_at(i)) && len < sizeof names; i++)
        if (other->bit & commands)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "", other->name);
    return cli_usage("%s is no option of 'onggi %s', only of: %s; see 'onggi help %s'", word, command->name,
                     names, command->name);
}

/* Says what an unknown option may have been meant to be. */
static int unknown_option(const cli_command *command, const char *arg, size_t len)
{
    char word[40];
    const char *names[CLI_OPTION_ROWS_MAX + 1];
    size_t count = 0;
    cli_option_row row;
    snprintf(word, sizeof word, "%.*s", (int)(len < 39 ? len : 39), arg);
    for (size_t i = 0; cli_option_row_at(i, &row) && count < CLI_OPTION_ROWS_MAX; i++) {
        if (!(row.commands & command->bit)) {
            if (arg[1] == '-' && strcmp(row.name, word + 2) == 0)
                return option_of_others(command, word, row.commands);
            continue;
        }
        names[count++] = row.name;
    }
    names[count] = NULL;
    if (is_in_endpoint(word) && command->bit & (CLI_CLIENTS | CLI_SERVE))
        return cli_usage("there is no option %s: host and port are in the endpoint, as in 'onggi %s "
                         "tcp://127.0.0.1:8080'",
                         word, command->name);
    const char *nearest = arg[1] == '-' ? og_nearest(word + 2, names) : NULL;
    if (nearest) return cli_usage("there is no option %s: did you mean --%s?", word, nearest);
    return cli_usage("there is no option %s: see 'onggi %s --help'", word, command->name);
}

/* The option that `arg` names; `*value` is what is in the same word, or NULL. False when there is none. */
static bool find_option(const cli_command *command, const char *arg, size_t *len, const char **value,
                        cli_option_row *row)
{
    *value = NULL;
    *len = strcspn(arg, "=");
    if (arg[1] == '-' && arg[*len] == '=') *value = arg + *len + 1;
    for (size_t i = 0; cli_option_row_at(i, row); i++) {
        if (!(row->commands & command->bit)) continue;
        if (arg[1] == '-') {
            if (strlen(row->name) == *len - 2 && memcmp(arg + 2, row->name, *len - 2) == 0) return true;
        } else if (row->letter == arg[1]) {
            if (arg[2]) *value = arg + 2;
            return true;
        }
    }
    return false;
}

/* One option at argv[*index]; moves on past its argument. 0 or CLI_USAGE. */
static int parse_option(cli_options *options, const cli_command *command, int argc, char **argv, int *index)
{
    size_t len;
    const char *value;
    cli_option_row row;
    const char *arg = argv[*index];
    if (!find_option(command, arg, &len, &value, &row)) return unknown_option(command, arg, len);
    if (!row.argument && value) return cli_usage("--%s takes no argument", row.name);
    if (row.argument && !value) {
        if (*index + 1 >= argc) return cli_usage("--%s needs an argument: %s", row.name, row.argument);
        value = argv[++*index];
    }
    int status = set_option(options, &row, value);
    if (status || row.kind != POOL) return status;
    if (*index + 1 >= argc) return cli_usage("--%s needs two arguments: %s", row.name, row.argument);
    options->pool.command = argv[++*index];
    return 0;
}

/* "-" is standard input, "-5" an object. */
static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != '\0' && !(arg[1] >= '0' && arg[1] <= '9');
}

static int check_args(const cli_options *options, const cli_command *command)
{
    if (options->arg_count < command->min_args)
        return cli_usage("'onggi %s' needs %s: onggi %s [OPTIONS] %s", command->name,
                         command->bit & CLI_WIRE ? "an endpoint, e.g. tcp://127.0.0.1:8080" : "more",
                         command->name, command->synopsis);
    if (options->arg_count <= command->max_args) return 0;
    cli_usage("'%s' is one argument too many: onggi %s [OPTIONS] %s", options->args[command->max_args],
              command->name, command->synopsis);
    cli_suggest_fewer(options);
    return CLI_USAGE;
}

int cli_parse(cli_options *options, const cli_command *command, int argc, char **argv)
{
    bool only_args = false;
    *options = (cli_options){.command = command, .words = argv, .word_count = (size_t)argc};
    options->args = calloc((size_t)argc, sizeof *options->args);
    if (!options->args) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    for (int i = 1; i < argc; i++) {
        if (only_args || !is_option(argv[i])) {
            options->args[options->arg_count++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else {
            int status = parse_option(options, command, argc, argv, &i);
            if (status) return status;
        }
    }
    options->given = options->args;
    options->given_count = options->arg_count;
    return options->help ? 0 : check_args(options, command);
}

void cli_options_fini(cli_options *options)
{
    og_policy_free(options->rules);
    og_buf_free(&options->rules_text);
    free(options->args);
}
