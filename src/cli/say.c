/* SPDX-License-Identifier: MIT */
/* What the command says to people, and in which words. */
#include "cli/cli.h"
#include "cli/glyph.h"

#include <errno.h>
#include <string.h>

enum { TEXT_SIZE = 512 }; /* of an error's sentence in the command's words */

/* The library names options as it knows them, "option authkey-file"; people type them with two dashes. */
static void name_options(char *text)
{
    static const char word[] = "option ";
    enum { WORD = sizeof word - 1 };
    const og_layer_option_info *info;
    for (char *at = text; (at = strstr(at, word)) != NULL; at++) {
        for (size_t i = 0; (info = og_layer_option_at(i)) != NULL; i++) {
            size_t len = strlen(info->name);
            if (strncmp(at + WORD, info->name, len) != 0) continue;
            if (at[WORD + len] == '-' || (at[WORD + len] >= 'a' && at[WORD + len] <= 'z')) continue;
            memcpy(at, "--", 2);
            memmove(at + 2, at + WORD, strlen(at + WORD) + 1);
            break;
        }
    }
}

void cli_log_of(const og_conn *conn, og_log_level level, const char *text)
{
    char said[TEXT_SIZE * 2];
    if (!cli_log_wants(level)) return;
    snprintf(said, sizeof said, "%s", text);
    name_options(said);
    cli_blunt(said); /* what came from elsewhere must not steer the terminal */
    cli_log_line(level, conn, said, NULL);
}

static void say_v(og_log_level level, const char *format, va_list args)
{
    char text[TEXT_SIZE * 2];
    vsnprintf(text, sizeof text, format, args);
    cli_log_of(NULL, level, text);
}

void cli_log(og_log_level level, const char *format, ...)
{
    va_list args;
    if (!cli_log_wants(level)) return;
    va_start(args, format);
    say_v(level, format, args);
    va_end(args);
}

int cli_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_v(OG_LOG_ERROR, format, args);
    va_end(args);
    return CLI_USAGE;
}

int cli_exit_status(int status)
{
    switch (status) {
    case OG_OK: return CLI_DONE;
    case OG_ETIMEOUT: return CLI_TIMED_OUT;
    case OG_EADDRESS:
    case OG_ECONNECT:
    case OG_EBIND:
    case OG_EIO: return CLI_UNREACHED;
    default: return CLI_REFUSED;
    }
}

/* What the library calls by members of its structs, in words of the command. */
static const struct {
    const char *member;
    const char *words;
} members[] = {
    {"max_message", "--max-message"},
    {"max_bytes", "--max-message"},
    {"max_growth", "--max-growth"},
    {"max_amplification", "--max-amplification"},
    {"max_rate", "--max-rate"},
    {"max_queued", "--max-queued"},
    {"max_total", "--max-total"},
    {"max_connections", "--max-connections"},
    {"message_timeout_ms", "--timeout"},
    {"send_timeout_ms", "--timeout"},
    {"idle_timeout_ms", "--idle-timeout"},
    {"handshake_timeout_ms", "--handshake-timeout"},
    {"max_depth", "--max-depth"},
    {"max_digits", "--max-digits"},
    {"allow_nan", "onggi without --strict"},
    {"allow_bom", "onggi without --strict"},
    {"allow_surrogates", "onggi without --strict"},
    {"ensure_ascii", "--codec pickle"},
    {"raw_reader", "--reader"},
    {"recv_size", "--reader recv:N"},
    {"og_policy_set_nested()", "--nested"},
    {"rewrite", "--rewrite"},
    {"skip_bytes", "--skip-bytes"},
    {"fresh_unpickler", "--fresh-unpickler"},
};

static bool is_word(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The words of the command for the member that `text` starts with, or NULL. */
static const char *words_for(const char *text, size_t *len)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        *len = strlen(members[i].member);
        if (strncmp(text, members[i].member, *len) == 0 && !is_word(text[*len])) return members[i].words;
    }
    return NULL;
}

/* Where "framing=line" or "skip=1 and framing=line" begins before the bracket that says the same as options,
 * of which `option` is the first, after its dashes. NULL: it is not there. */
static char *said_before(char *text, char *bracket, const char *option)
{
    size_t len = strcspn(option, " )");
    for (char *end = bracket - 1; end > text;) { /* at the blank after a word */
        char *at = end;
        while (at > text && at[-1] != ' ')
            at--;
        if (strncmp(at, option, len) == 0 && at[len] == '=') return at;
        bool between = memchr(at, '=', (size_t)(end - at)) || strncmp(at, "and ", 4) == 0;
        if (!between || at == text) return NULL;
        end = at - 1;
    }
    return NULL;
}

/* The library says "framing=line (--framing line)" to programs and to people; the command says the option. */
static void say_once(char *text)
{
    for (char *at = text; (at = strstr(at, " (--")) != NULL;) {
        char *bracket = at + 1;
        char *start = said_before(text, bracket, bracket + 3);
        char *end = strchr(bracket, ')');
        at = bracket;
        if (!start || !end) continue;
        memmove(end, end + 1, strlen(end));
        memmove(start, bracket + 1, strlen(bracket));
        at = start;
    }
}

void cli_put_in_words(char *out, size_t size, const char *text)
{
    size_t used = 0;
    for (bool inside = false; *text && used + 1 < size; inside = is_word(out[used - 1])) {
        size_t len = 0;
        const char *words = inside ? NULL : words_for(text, &len);
        int n = words ? snprintf(out + used, size - used, "%s", words)
                      : snprintf(out + used, size - used, "%c", *text);
        used += (size_t)n < size - used ? (size_t)n : size - used - 1;
        text += words ? len : 1;
        if (words && *text == '=' && words[0] == '-' && used + 1 < size) {
            out[used++] = ' ';
            text++;
        }
    }
    out[used] = '\0';
    name_options(out);
    say_once(out);
}

/* What to type next. */
static void say_next(const char *what, const og_error *err)
{
    bool nobody = err->code == OG_ECONNECT && (err->sys == ECONNREFUSED || err->sys == ENOENT);
    if (nobody && what && strstr(what, "://"))
        cli_log(OG_LOG_ERROR, "nobody listens there: start the server first, e.g. onggi serve '%s' --echo",
                what);
    bool names =
        err->code == OG_EPOLICY && err->position != OG_NO_POSITION; /* a handshake refuses without a place */
    if (names)
        cli_log(OG_LOG_ERROR,
                "if the sender may name it, allow it in a file for --policy: 'onggi policy explain "
                "NAME --policy FILE' says which row to write");
}

int cli_fail(const char *what, const og_error *err)
{
    char said[TEXT_SIZE];
    char at[48] = "";
    if (err->position != OG_NO_POSITION) snprintf(at, sizeof at, " (byte %zu)", err->position);
    bool late = err->code == OG_ETIMEOUT && !strstr(err->text, "timed out");
    cli_put_in_words(said, sizeof said, err->text);
    cli_log(OG_LOG_ERROR, "%s%s%s%s%s", what ? what : "", what ? ": " : "", late ? "timed out: " : "", said,
            at);
    say_next(what, err);
    return cli_exit_status(err->code);
}

/* ---- The line and the caret ---- */

/* Where the error is, as people and editors count: words of the command line have no lines. */
static void say_place(const char *what, const cli_place *before, size_t line, size_t column,
                      const og_error *err)
{
    char said[TEXT_SIZE];
    size_t byte = (before ? before->bytes : 0) + err->position;
    cli_put_in_words(said, sizeof said, err->text);
    if (before || line > 1)
        cli_log(OG_LOG_ERROR, "%s: %s (byte %zu, line %zu, column %zu)", what, said, byte, line, column);
    else
        cli_log(OG_LOG_ERROR, "%s: %s (byte %zu)", what, said, byte);
}

int cli_fail_in(const char *what, const char *text, size_t len, const cli_place *before, const og_error *err)
{
    char shown[CLI_LINE_SIZE];
    size_t line;
    size_t column;
    if (err->position == OG_NO_POSITION || err->position > len) return cli_fail(what, err);
    og_text_position(text, len, err->position, &line, &column);
    if (before && line == 1) column += before->columns;
    if (before) line += before->lines;
    say_place(what, before, line, column, err);
    int indent = cli_line_around(text, len, err->position, shown);
    fprintf(stderr, "  %s\n  %*s^\n", shown, indent, "");
    return cli_exit_status(err->code);
}
