/* SPDX-License-Identifier: MIT */
/*
 * What the subcommands share: their table, exit statuses, and talking to people. The command stands on the
 * public headers of onggi alone.
 */
#ifndef ONGGI_CLI_CLI_H
#define ONGGI_CLI_CLI_H

#include <onggi/onggi.h>

#include "cli/options.h"

/* Exit statuses, as doc and man page promise them. */
enum {
    CLI_DONE = 0,
    CLI_REFUSED = 1,   /* the data or the peer said no */
    CLI_USAGE = 2,     /* the command line makes no sense */
    CLI_UNREACHED = 3, /* could not connect, bind, read or write */
    CLI_TIMED_OUT = 4,
    CLI_NOT_EXAMINED = 5, /* inspect: something could not be looked at */
    CLI_NO_PICKLE = 6,    /* inspect: nothing there was a pickle, an archive or an array */
};

/* Time limits of serve when no option says another. */
enum { CLI_ANSWER_MS = 30000, CLI_GRACE_MS = 5000 };

typedef struct cli_command {
    const char *name;
    int bit;                 /* CLI_SERVE, …: which options belong to it */
    const char *synopsis;    /* behind "onggi NAME [OPTIONS] " */
    const char *summary;     /* one line */
    const char *description; /* a few lines for its own help */
    const char *example;     /* lines that work as they are */
    size_t min_args;         /* without its options */
    size_t max_args;
    int (*run)(const cli_options *options); /* returns the exit status */
} cli_command;

#define COMMAND(id, name) extern const cli_command cli_##name;
#include "cli/commands.def"
#undef COMMAND

/* The subcommands, in the order of the help; NULL from their number on. */
const cli_command *cli_command_at(size_t index);
const cli_command *cli_command_find(const char *name);

/* Prints the help of the whole command, or of one subcommand, to standard output; returns the exit status. */
int cli_help(void);
int cli_help_command(const cli_command *command);

/* Prints commands by task; returns the exit status. */
int cli_recipes(void);

/* Prints `left`, then `text` from the column `indent` on, in lines of at most 80 columns; a line feed in it
 * starts a new one. */
void cli_print_row(FILE *file, int indent, const char *left, const char *text);

/* Prints what `shell` needs to complete the command's words; returns the exit status. */
int cli_completion(const char *shell);

/* What to do with a first word that is no subcommand: help, the version, or an error of usage. */
int cli_help_or_unknown(int argc, char **argv);

/* ---- Talking to people: one line each, on standard error or where --log says ---- */

/* From now on lines are dropped, and counted, rather than wait for whoever reads them. */
void cli_log_may_drop(void);

/* What happened, at which level; whether it is shown is for cli_log_levels() to say. Any thread. */
void cli_log(og_log_level level, const char *format, ...) OG_PRINTF(2, 3);

/* The same, of a connection (or NULL). */
void cli_log_of(const og_conn *conn, og_log_level level, const char *text);

/* What is shown, and in which form: --quiet, --verbose, --log-level, --log-format. */
void cli_log_levels(const cli_options *options);
bool cli_log_wants(og_log_level level);

/* Lines go to this file from now on (NULL and "-": standard error). 0, or the exit status after saying why.
 */
int cli_log_open(const char *file);

/* Opens the file anew, after it was moved, say; when that fails the old one is kept, and the next line says
 * so. For signal handlers too. */
void cli_log_reopen(void);

/* A member of a line in JSON: a text, or (NULL) a number. The name of the last one is NULL. */
typedef struct cli_log_field {
    const char *name;
    const char *text;
    uint64_t number;
} cli_log_field;

/* One line as it is; `fields` (or NULL) are for JSON alone. For cli_log() and its like. */
void cli_log_line(og_log_level level, const og_conn *conn, const char *text, const cli_log_field *fields);

/* One line that was made elsewhere: a line feed is added. Any thread. */
void cli_log_made(og_buf *made);

/* An error of the command line: says it and where help is; returns CLI_USAGE. */
int cli_usage(const char *format, ...) OG_PRINTF(1, 2);

/* Says why `what` failed, with the byte where there is one; returns the exit status for it. `what` may be
 * NULL. */
int cli_fail(const char *what, const og_error *err);

/* The ending of a noun after its number. */
static inline const char *cli_plural(unsigned long long number)
{
    return number == 1 ? "" : "s";
}

/* A sentence of the library with options of the command for the members of structs that it names. */
void cli_put_in_words(char *out, size_t size, const char *text);

/* The exit status that an og_status means. */
int cli_exit_status(int status);

/* How much of a text came before the part that is at hand. */
typedef struct cli_place {
    size_t bytes;
    size_t lines;
    size_t columns; /* of the line that the part starts in */
} cli_place;

/* As cli_fail() for text that a person wrote: says line and column too, and shows the line, or what of it
 * fits a terminal, with a caret under the place. `before` is NULL for a word of the command line. */
int cli_fail_in(const char *what, const char *text, size_t len, const cli_place *before, const og_error *err);

/* ---- Endpoints and connections ---- */

/* Takes an endpoint of the command line apart: 0, or CLI_USAGE after saying why. */
int cli_endpoint(og_endpoint *endpoint, const cli_options *options, const char *text);

/* The codec that will be spoken as far as options say: the endpoint's, --codec, or "auto". */
const char *cli_codec(const cli_options *options, const og_endpoint *endpoint);
const char *cli_framing(const cli_options *options, const og_endpoint *endpoint);

/* True for the codecs whose objects are texts as they are. */
bool cli_is_text(const char *codec);

void cli_conn_options(og_conn_options *conn, const cli_options *options);
void cli_codec_options(og_codec_options *codecs, const cli_options *options);

/* The policy called `name`: a built-in one, or a file, whose text is added to `text`. 0 and a new policy, or
 * the exit status after saying why. */
int cli_rules(og_policy **policy, og_buf *text, const char *name);

/* Has --nested hold for the policy, whatever that says itself. 0, or the exit status after saying why not. */
int cli_rules_nest(cli_options *options);

/* Says which rows of the policy's text people should look at; how many that were. */
size_t cli_rules_warn(const char *name, const og_policy *policy, const og_buf *text);

/* True when --policy names a file: it is read anew on SIGHUP. */
bool cli_rules_may_change(const cli_options *options);

/* Reads the file of --policy anew, for all connections, those that are open too. A bad file leaves the policy
 * as it was; the log says why. Any thread. */
void cli_rules_reload(const cli_options *options);

/* Milliseconds of a clock that never goes back. */
int64_t cli_now_ms(void);

#endif
