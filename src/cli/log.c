/* SPDX-License-Identifier: MIT */
/* Where lines for people go: standard error, or the file of --log; as text or as JSON. */
#include "cli/cli.h"
#include "cli/colour.h"
#include "cli/origin.h"
#include "cli/progress.h"
#include "cli/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 4096, FILE_MODE = 0640 };

/* A pipe without a reader is refused, and one that nobody reads is not waited for. */
enum { FILE_FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK };

static int out = STDERR_FILENO;
static const char *path; /* of `out`; NULL: standard error */
static bool as_json;
static cli_when_colour when_colour;
static og_log_level lowest = OG_LOG_INFO;
static bool may_drop;
static atomic_ullong dropped; /* lines, since the last one that could be written */
static volatile sig_atomic_t reopen_error;

static const char *const level_names[] = {
    [OG_LOG_DEBUG] = "debug", [OG_LOG_INFO] = "info", [OG_LOG_WARNING] = "warning", [OG_LOG_ERROR] = "error"};

void cli_log_levels(const cli_options *options)
{
    lowest = options->verbose ? OG_LOG_DEBUG : options->quiet ? OG_LOG_WARNING : OG_LOG_INFO;
    if (options->log_level) lowest = (og_log_level)(options->log_level - 1);
    when_colour = options->colour;
    as_json = options->log_format == CLI_LOG_JSON;
}

bool cli_log_wants(og_log_level level)
{
    return level >= lowest;
}

void cli_log_may_drop(void)
{
    may_drop = true;
}

void cli_log_reopen(void)
{
    int before = errno;
    if (!path) return;
    int fd = open(path, FILE_FLAGS, FILE_MODE);
    if (fd < 0 || dup3(fd, out, O_CLOEXEC) < 0) reopen_error = errno;
    if (fd >= 0) close(fd);
    errno = before;
}

/* ---- Lines ---- */

static bool wants_colour(void)
{
    return !path && cli_wants_colour(when_colour, STDERR_FILENO);
}

typedef struct line {
    char text[LINE_SIZE];
    size_t len;
} line;

static void add(line *l, const char *text)
{
    size_t len = strlen(text);
    size_t room = sizeof l->text - 8 - l->len; /* for what ends it */
    if (len > room) len = room;
    memcpy(l->text + l->len, text, len);
    l->len += len;
}

static void add_string(line *l, const char *text)
{
    add(l, "\"");
    for (; *text; text++) {
        const char piece[3] = {*text == '"' || *text == '\\' ? '\\' : *text, *text, '\0'};
        if (piece[0] != *text || *text == '\\')
            add(l, piece);
        else
            add(l, (const char[2]){*text == '\n' || *text == '\t' ? ' ' : *text, '\0'});
    }
    add(l, "\"");
}

static void add_fields(line *l, const cli_log_field *fields)
{
    char number[32];
    for (; fields && fields->name; fields++) {
        add(l, ", ");
        add_string(l, fields->name);
        add(l, ": ");
        snprintf(number, sizeof number, "%llu", (unsigned long long)fields->number);
        if (fields->text)
            add_string(l, fields->text);
        else
            add(l, number);
    }
}

static void make_json(line *l, og_log_level level, const og_conn *conn, const char *text,
                      const cli_log_field *fields)
{
    char field[CLI_ORIGIN_SIZE];
    add(l, "{\"time\": ");
    add_string(l, cli_origin_text(NULL, CLI_ORIGIN_TIME, field));
    add(l, ", \"level\": ");
    add_string(l, level_names[level]);
    if (conn) {
        add(l, ", \"peer\": ");
        add_string(l, cli_origin_text(conn, CLI_ORIGIN_PEER, field));
        add(l, ", \"connection\": ");
        add(l, cli_origin_text(conn, CLI_ORIGIN_CONNECTION, field));
        char subject[CLI_PROPERTY_SIZE];
        if (og_conn_property(conn, "tls.subject", subject, sizeof subject) > 0) {
            add(l, ", \"tls.subject\": ");
            add_string(l, subject);
        }
    }
    add(l, ", \"text\": ");
    add_string(l, text);
    add_fields(l, fields);
    add(l, "}");
}

/* A file has nobody else to say when it was. */
static void make_text(line *l, og_log_level level, const og_conn *conn, const char *text)
{
    static const char *const colours[] = {"\033[2m", "", "\033[33m", "\033[31m"};
    char field[CLI_ORIGIN_SIZE];
    const char *colour = wants_colour() ? colours[level] : "";
    if (path) {
        add(l, cli_origin_text(NULL, CLI_ORIGIN_TIME, field));
        add(l, " ");
        add(l, level_names[level]);
        add(l, ": ");
    } else {
        add(l, colour);
        add(l, "onggi:");
        add(l, *colour ? "\033[0m " : " ");
    }
    if (conn) {
        add(l, og_conn_peer(conn));
        add(l, ": ");
    }
    add(l, text);
}

/* One write for a line, so that threads do not mix theirs. */
static void write_line(og_log_level level, const og_conn *conn, const char *text, const cli_log_field *fields)
{
    line l = {.len = 0};
    if (as_json)
        make_json(&l, level, conn, text, fields);
    else
        make_text(&l, level, conn, text);
    l.text[l.len++] = '\n';
    if (!path) cli_progress_clear(STDERR_FILENO);
    if (write(out, l.text, l.len) < 0) dropped++;
}

/* Makes sure that a line can be written, and says what is missing before it. */
static bool get_ready(void)
{
    char note[128];
    if (may_drop && !cli_can_write(out, 0)) {
        dropped++;
        return false;
    }
    unsigned long long lost = atomic_exchange(&dropped, 0);
    if (lost > 0) {
        snprintf(note, sizeof note, "%llu line%s missing here: nobody read %s", lost,
                 lost == 1 ? " is" : "s are", path ? "the log" : "standard error");
        write_line(OG_LOG_WARNING, NULL, note, NULL);
    }
    int failed = reopen_error;
    if (failed) {
        reopen_error = 0;
        snprintf(note, sizeof note, "the file of --log cannot be opened anew, the old one is kept: %s",
                 strerror(failed));
        write_line(OG_LOG_ERROR, NULL, note, NULL);
    }
    return true;
}

void cli_log_made(og_buf *made)
{
    if (!get_ready() || og_buf_putc(made, '\n') < 0) return;
    if (write(out, made->data, made->len) < 0) dropped++;
}

void cli_log_line(og_log_level level, const og_conn *conn, const char *text, const cli_log_field *fields)
{
    if (cli_log_wants(level) && get_ready()) write_line(level, conn, text, fields);
}

int cli_log_open(const char *file)
{
    char text[LINE_SIZE / 4];
    if (!file || strcmp(file, "-") == 0) return 0;
    int fd = open(file, FILE_FLAGS, FILE_MODE);
    if (fd < 0) {
        snprintf(text, sizeof text, "--log: %s: %s", file, strerror(errno));
        cli_log_line(OG_LOG_ERROR, NULL, text, NULL);
        return CLI_UNREACHED;
    }
    out = fd;
    path = file;
    return 0;
}
