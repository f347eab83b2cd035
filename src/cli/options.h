/* SPDX-License-Identifier: MIT */
/* The options of the command: one table, from which they are parsed and the help is printed. */
#ifndef ONGGI_CLI_OPTIONS_H
#define ONGGI_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Which subcommands an option belongs to: a bit for each, CLI_SERVE, CLI_CALL, … */
enum {
#define COMMAND(id, name) CLI_NUMBER_##id,
#include "cli/commands.def"
#undef COMMAND
};

enum {
#define COMMAND(id, name) CLI_##id = 1 << CLI_NUMBER_##id,
#include "cli/commands.def"
#undef COMMAND
    CLI_CLIENTS = CLI_CALL | CLI_SEND | CLI_RECV | CLI_BENCH,
    CLI_SERVERS = CLI_SERVE | CLI_PROXY,
    CLI_WIRE = CLI_SERVERS | CLI_CLIENTS,
    CLI_ALL = CLI_WIRE | CLI_CONVERT,
    CLI_EVERY = -1,
};

/* What endpoints begin with. */
#define CLI_SCHEMES "tcp:// udp:// unix:// unixgram:// tls://"

/* How objects are written down: name, for -i, for -o. */
#define CLI_FORM_MAP(X)                             \
    X(CLI_FORM_NONE, "", false, false)              \
    X(CLI_FORM_JSON, "json", true, true)            \
    X(CLI_FORM_PRETTY, "pretty", false, true)       \
    X(CLI_FORM_LOSSLESS, "lossless", true, true)    \
    X(CLI_FORM_REPR, "repr", true, true)            \
    X(CLI_FORM_PICKLE, "pickle", true, true)        \
    X(CLI_FORM_CANONICAL, "canonical", false, true) \
    X(CLI_FORM_TEXT, "text", true, true)            \
    X(CLI_FORM_ENVELOPE, "envelope", false, true)   \
    X(CLI_FORM_LOG, "log", false, true)

typedef enum cli_form {
#define X(id, name, in, out) id,
    CLI_FORM_MAP(X)
#undef X
} cli_form;

enum { CLI_FORMS = CLI_FORM_LOG + 1 };

/* Options for layers on one command line. */
enum { CLI_LAYER_OPTIONS = 32 };

/* Words of an option that may be given several times. */
enum { CLI_WORDS_MAX = 64 };

typedef struct cli_words {
    const char *items[CLI_WORDS_MAX];
    size_t count;
} cli_words;

/* What to do with an object that cannot be printed since nobody reads standard output. */
typedef enum cli_when_full { CLI_WAIT, CLI_DROP, CLI_STOP } cli_when_full;

/* The two words of --exec-pool. */
typedef struct cli_pool_words {
    uint64_t count;
    const char *command; /* NULL: there is no pool */
} cli_pool_words;

/* Whether what is printed has colours. */
typedef enum cli_when_colour { CLI_COLOUR_AUTO, CLI_COLOUR_ALWAYS, CLI_COLOUR_NEVER } cli_when_colour;

/* What lines for people look like. */
typedef enum cli_log_format { CLI_LOG_TEXT, CLI_LOG_JSON } cli_log_format;

/* What the command line said. Zero is: not said. */
typedef struct cli_options {
    const char *as;
    const char *codec;
    const char *framing;
    const char *interface;
    cli_form in;
    cli_form out;
    bool echo;
    const char *reply;
    const char *greet;
    uint64_t skip;
    uint64_t skip_bytes;
    uint64_t answers;
    const char *exec;
    cli_pool_words pool; /* of --exec-pool */
    bool exec_retry;
    const char *to;
    bool retry;
    uint64_t count;
    uint64_t threads;
    uint64_t busy_poll_us;
    uint64_t connections;
    uint64_t in_flight;
    uint64_t rate;
    int64_t duration_ms;
    int64_t warm_up_ms; /* OG_FOREVER: none */
    const char *sizes;  /* separated by commas */
    const char *svg;    /* a file */
    uint64_t protocol;  /* of pickles, plus 1 */
    og_pickle_encoding encoding;
    uint64_t max_message;
    uint64_t max_growth;
    uint64_t max_depth;
    uint64_t max_digits;
    uint64_t max_connections;
    uint64_t max_queued;
    uint64_t max_total;
    uint64_t max_amplification;
    uint64_t max_rate;
    cli_when_full when_full;
    og_when_crowded when_crowded;
    const char *user; /* who to be once it listens */
    const char *group;
    bool keep_privileges;
    const char *log; /* a file */
    cli_log_format log_format;
    int log_level; /* an og_log_level, plus 1 */
    int64_t answer_timeout_ms;
    int64_t grace_ms;
    int64_t connect_timeout_ms; /* OG_FOREVER: none */
    int64_t timeout_ms;
    int64_t idle_timeout_ms;
    bool strict;
    bool force;
    const char *get;    /* a JSON Pointer */
    const char *format; /* a template, well formed */
    int64_t handshake_timeout_ms;
    og_layer_option layer_options[CLI_LAYER_OPTIONS]; /* --authkey-file and the like */
    size_t layer_option_count;
    const char *expect;    /* of a proxy: a codec, or any */
    const char *on_refuse; /* what becomes of who sent what is refused */
    const char *reader;    /* how the server behind reads what nothing sets apart */
    const char *learn;     /* a file for the names of what is refused */
    const char *rewrite;   /* in which bytes messages are passed on */
    bool fresh_unpickler;
    bool dry_run;
    const char *policy;
    struct og_policy *rules; /* what --policy names, once it is read; or NULL */
    og_buf rules_text;       /* of its file */
    uint64_t nested;         /* plus 1; 0: not given */
    bool globals;
    bool verdict;
    bool annotate;     /* explain each opcode */
    cli_words exclude; /* patterns of names of files */
    cli_words include;
    cli_when_colour colour;
    bool quiet;
    bool verbose;
    bool help;
    const struct cli_command *command;
    char **words; /* the whole command line from the subcommand on */
    size_t word_count;
    char **args; /* those of the words that are neither options nor their arguments */
    size_t arg_count;
    char **given; /* the same as they were given: servers put others in their place */
    size_t given_count;
} cli_options;

struct cli_command;

/* Parses the words from the subcommand on, which must outlive the options. 0, or the exit status after saying
 * why; cli_options_fini() in either case. */
int cli_parse(cli_options *options, const struct cli_command *command, int argc, char **argv);
void cli_options_fini(cli_options *options);

/* One option as completions need it. */
typedef struct cli_option_info {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL for flags */
    const char *help;
    int commands;      /* that have it so */
    char choices[512]; /* what the argument may be, with spaces between; "" if that is not known */
} cli_option_info;

/* The next option of the subcommands in `bits` from number `*index` on, which moves past it; false at the
 * end. */
bool cli_option_next(int bits, size_t *index, cli_option_info *info);

/* Prints the options of the subcommands in `bits`, one a line. */
void cli_print_options(FILE *file, int bits);

/* A number of digits alone. False when it is none, or too large. */
bool cli_parse_number(const char *text, uint64_t *number);

/* "64M" to bytes, "1.5" or "500ms" to milliseconds: false when it is no such thing. */
bool cli_parse_size(const char *text, uint64_t *bytes);
bool cli_parse_time(const char *text, int64_t *ms);

#endif
