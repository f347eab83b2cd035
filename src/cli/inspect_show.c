/* SPDX-License-Identifier: MIT */
/* What onggi inspect prints: listings, classes, verdicts; for people and for machines. */
#include "cli/colour.h"
#include "cli/inspect.h"
#include "cli/output.h"

#include <stdarg.h>
#include <string.h>

enum { FLUSH_AT = 1 << 16, NAMES_SHOWN = 5, COLUMN = 30, COLUMN_MAX = 50, REASON_SIZE = 320 };

int inspect_flush(inspection *run)
{
    int status = run->out.len ? cli_write_out(run->out.data, run->out.len) : 0;
    run->out.len = 0;
    return status;
}

static int no_memory(void)
{
    cli_log(OG_LOG_ERROR, "out of memory");
    return CLI_UNREACHED;
}

static int end_line(inspection *run)
{
    if (og_buf_putc(&run->out, '\n') < 0) return no_memory();
    return run->out.len < FLUSH_AT ? 0 : inspect_flush(run);
}

/* ---- Text for terminals ---- */

static int put(inspection *run, const char *format, ...) OG_PRINTF(2, 3);

static int put(inspection *run, const char *format, ...)
{
    char text[640];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return og_buf_puts(&run->out, text);
}

/* Bytes as a str where they are UTF-8, else with '?' for what is not ASCII. */
static og_value text_value(og_doc *doc, const char *text, size_t len)
{
    og_value v = og_strn(doc, text, len);
    if (og_valid(v)) return v;
    og_buf copy = OG_BUF_INIT;
    for (size_t i = 0; i < len; i++)
        og_buf_putc(&copy, (uint8_t)text[i] < 0x80 ? (uint8_t)text[i] : '?');
    v = og_strn(doc, (const char *)copy.data, copy.len);
    og_buf_free(&copy);
    return v;
}

/* Text that came from elsewhere, as repr() escapes it: it must not steer the terminal. */
static int put_foreign(inspection *run, const char *text, size_t len)
{
    og_buf shown = OG_BUF_INIT;
    og_doc *doc = og_doc_new(NULL);
    int status = doc ? og_repr(text_value(doc, text, len), &shown, NULL, NULL) : OG_ENOMEM;
    if (status == OG_OK) status = og_buf_put(&run->out, shown.data + 1, shown.len - 2);
    og_buf_free(&shown);
    og_doc_free(doc);
    return status;
}

static int put_colour(inspection *run, const char *colour)
{
    return run->colour ? og_buf_puts(&run->out, colour) : OG_OK;
}

/* "FILE" or "FILE, pickle 2 at byte 100", and a colon. */
static int put_place(inspection *run, const char *name, size_t number, size_t at)
{
    int status = put_foreign(run, name, strlen(name));
    if (status == OG_OK && number > 1) status = put(run, ", pickle %zu at byte %zu", number, at);
    return status;
}

/* ---- JSON ---- */

static int put_json(inspection *run, og_value value)
{
    og_error err;
    if (!og_valid(value)) return no_memory();
    size_t from = run->out.len;
    int status = og_json_write(value, &run->out, NULL, &err);
    if (status < 0) return cli_fail(NULL, &err);
    if (run->paints && cli_paint(&run->out, from) < 0) return no_memory();
    return end_line(run);
}

static og_value new_record(og_doc *doc, const char *name, size_t number, size_t at)
{
    og_value record = og_dict(doc);
    if (og_dict_sets(doc, record, "file", text_value(doc, name, strlen(name)), NULL) < 0 ||
        og_dict_sets(doc, record, "pickle", og_int((int64_t)number), NULL) < 0 ||
        og_dict_sets(doc, record, "offset", og_int((int64_t)at), NULL) < 0)
        return (og_value){0};
    return record;
}

/* ---- Listings ---- */

/* Characters after the position and its colon, as Python counts them. */
static size_t count_characters(const og_buf *text)
{
    size_t count = 0;
    const uint8_t *colon = memchr(text->data, ':', text->len);
    for (size_t i = colon ? (size_t)(colon - text->data) + 2 : 0; i < text->len; i++)
        count += (text->data[i] & 0xc0) != 0x80;
    return count;
}

/* What the opcode does, in the column of the line before as far as there is room: as pickletools -a. */
static int put_summary(inspection *run, const og_pickle_line *line, size_t width)
{
    int status = OG_OK;
    for (; width < run->column && status == OG_OK; width++)
        status = og_buf_putc(&run->out, ' ');
    run->column = width > COLUMN_MAX ? COLUMN : width;
    return status == OG_OK ? put(run, " %s", line->summary) : status;
}

static int put_opcode(inspection *run, const og_pickle_line *line)
{
    if (!run->colour) return og_pickle_line_write(line, &run->out);
    og_buf plain = OG_BUF_INIT;
    int status = og_pickle_line_write(line, &plain);
    size_t name = 12 + 4 * (line->marks < 100 ? line->marks : 100) + (line->position > 99999 ? 1 : 0);
    for (size_t rest = line->position / 1000000; rest > 0; rest /= 10)
        name++;
    size_t end = name + strlen(line->name);
    if (status == OG_OK) status = put_colour(run, "\033[2m");
    if (status == OG_OK) status = og_buf_put(&run->out, plain.data, name);
    if (status == OG_OK) status = put_colour(run, "\033[0;1m");
    if (status == OG_OK) status = og_buf_put(&run->out, plain.data + name, end - name);
    if (status == OG_OK) status = put_colour(run, "\033[0m");
    if (status == OG_OK) status = og_buf_put(&run->out, plain.data + end, plain.len - end);
    og_buf_free(&plain);
    return status;
}

static int put_line(inspection *run, const og_pickle_line *line)
{
    og_buf plain = OG_BUF_INIT;
    int status = put_opcode(run, line);
    if (status != OG_OK || !run->options->annotate) return status;
    status = og_pickle_line_write(line, &plain);
    if (status == OG_OK) status = put_summary(run, line, count_characters(&plain));
    og_buf_free(&plain);
    return status;
}

static int put_json_line(inspection *run, const char *name, size_t number, size_t at,
                         const og_pickle_line *line)
{
    og_doc *doc = og_doc_new(NULL);
    if (!doc) return no_memory();
    og_value record = new_record(doc, name, number, at);
    int status = og_dict_sets(doc, record, "position", og_int((int64_t)line->position), NULL);
    if (status == OG_OK) status = og_dict_sets(doc, record, "opcode", og_str(doc, line->name), NULL);
    if (status == OG_OK && line->has_argument)
        status =
            og_dict_sets(doc, record, "argument", text_value(doc, line->argument, line->argument_len), NULL);
    if (status == OG_OK && line->note[0])
        status = og_dict_sets(doc, record, "note", og_str(doc, line->note), NULL);
    if (status == OG_OK) status = og_dict_sets(doc, record, "protocol", og_int(line->protocol), NULL);
    if (status == OG_OK && run->options->annotate)
        status = og_dict_sets(doc, record, "summary", og_str(doc, line->summary), NULL);
    status = status < 0 ? no_memory() : put_json(run, record);
    og_doc_free(doc);
    return status;
}

static int fail_listing(inspection *run, const char *name, size_t at, og_error *err)
{
    int status = inspect_flush(run);
    if (err->position != OG_NO_POSITION) err->position += at;
    cli_fail(name, err);
    run->fate = FATE_UNREADABLE;
    return status;
}

/* The heading that pickletools gives each file of several. */
static int put_heading(inspection *run, const char *name, size_t number, size_t at)
{
    if (run->json || (!run->many && number == 1)) return 0;
    int status = og_buf_puts(&run->out, "==> ");
    if (status == OG_OK) status = put_place(run, name, number, at);
    if (status == OG_OK) status = og_buf_puts(&run->out, " <==");
    return status < 0 ? no_memory() : end_line(run);
}

static int list_lines(inspection *run, og_pickle_dis *dis, const char *name, size_t number, size_t at,
                      size_t *size)
{
    for (;;) {
        og_pickle_line line;
        og_error err;
        bool shown;
        int found = og_pickle_dis_next(dis, &line, &shown, &err);
        if (shown) {
            int status = run->json                  ? put_json_line(run, name, number, at, &line)
                         : put_line(run, &line) < 0 ? no_memory()
                                                    : end_line(run);
            if (status) return status;
            *size = line.position + line.size;
        }
        if (found < 0) {
            *size = 0;
            return fail_listing(run, name, at, &err);
        }
        if (found == 0) return 0;
    }
}

int inspect_list(inspection *run, const char *name, const uint8_t *bytes, size_t len, size_t number,
                 size_t at, size_t *size)
{
    og_error err;
    *size = 0;
    run->column = COLUMN;
    og_pickle_dis *dis = og_pickle_dis_new(bytes, len);
    if (!dis) return no_memory();
    int status = put_heading(run, name, number, at);
    if (status == 0) status = list_lines(run, dis, name, number, at, size);
    if (status == 0 && *size > 0 && !run->json) {
        put(run, "highest protocol among opcodes = %u", og_pickle_dis_protocol(dis));
        status = end_line(run);
    }
    if (status == 0 && *size > 0 && og_pickle_dis_end(dis, &err) < 0)
        status = fail_listing(run, name, at, &err);
    og_pickle_dis_free(dis);
    run->shown++;
    return status;
}

/* ---- Reports ---- */

static int put_use_name(inspection *run, const og_pickle_use *use)
{
    if (use->how == OG_USE_PERSISTENT) return og_buf_puts(&run->out, "a persistent id");
    if (use->how == OG_USE_EXTENSION) return put(run, "extension code %s", use->qualname);
    if (use->qualname_len == 0) return og_buf_puts(&run->out, "what is no class by name");
    int status = put_foreign(run, use->module, use->module_len);
    /* As a policy names it. */
    bool dotted = memchr(use->qualname, '.', use->qualname_len) != NULL;
    if (status == OG_OK) status = og_buf_putc(&run->out, dotted ? ':' : '.');
    return status == OG_OK ? put_foreign(run, use->qualname, use->qualname_len) : status;
}

static int put_use(inspection *run, const char *name, const og_pickle_use *use, size_t at)
{
    int status = put_foreign(run, name, strlen(name));
    if (status == OG_OK) status = put(run, ":%zu: %s ", at + use->position, og_use_text(use->how));
    if (status == OG_OK) status = put_use_name(run, use);
    if (status == OG_OK && use->count > 1) status = put(run, ", %zu times", use->count);
    if (status == OG_OK && use->depth) status = put(run, ", at %zu of a pickle in its bytes", use->inside);
    if (status == OG_OK && use->depth > 1) status = put(run, ", %u deep", use->depth);
    return status < 0 ? no_memory() : end_line(run);
}

static int put_uses(inspection *run, const char *name, const og_pickle_report *report, size_t at)
{
    for (size_t i = 0; i < report->use_count; i++) {
        int status = put_use(run, name, &report->uses[i], at);
        if (status) return status;
    }
    if (!report->left_out) return 0;
    put(run, "%zu further uses are left out", report->left_out);
    return end_line(run);
}

/* What a pickle that cannot be read to its end names all the same. */
static int put_names(inspection *run, const og_pickle_report *report)
{
    size_t shown = 0;
    int status = OG_OK;
    for (size_t i = 0; i < report->use_count && status == OG_OK; i++) {
        const og_pickle_use *use = &report->uses[i];
        if (use->how != OG_USE_IMPORTED || use->qualname_len == 0) continue;
        if (shown == NAMES_SHOWN) return og_buf_puts(&run->out, ", …");
        status = og_buf_puts(&run->out, shown++ ? ", " : "; it names ");
        if (status == OG_OK) status = put_use_name(run, use);
    }
    return status;
}

static int put_verdict(inspection *run, const char *name, const og_pickle_report *report, size_t number,
                       size_t at)
{
    static const char *const colours[] = {"\033[32m", "\033[31m", "\033[33m"};
    int status = put_place(run, name, number, at);
    if (status == OG_OK) status = og_buf_puts(&run->out, ": ");
    if (status == OG_OK) status = put_colour(run, colours[report->verdict]);
    if (status == OG_OK) status = og_buf_puts(&run->out, og_verdict_text(report->verdict));
    if (status == OG_OK) status = put_colour(run, "\033[0m");
    if (status == OG_OK && report->verdict != OG_HARMLESS) {
        char reason[REASON_SIZE];
        cli_put_in_words(reason, sizeof reason, report->reason.text);
        status = og_buf_puts(&run->out, ": ");
        if (status == OG_OK) status = put_foreign(run, reason, strlen(reason));
        if (status == OG_OK && report->reason.position != OG_NO_POSITION)
            status = put(run, " (byte %zu)", at + report->reason.position);
    }
    if (status == OG_OK && report->verdict == OG_UNREADABLE) status = put_names(run, report);
    return status < 0 ? no_memory() : end_line(run);
}

static og_value use_record(og_doc *doc, const og_pickle_use *use)
{
    og_value record = og_pack(doc, NULL, "{s:v, s:v, s:s, s:b, s:U, s:U, s:i}", "module",
                              text_value(doc, use->module, use->module_len), "qualname",
                              text_value(doc, use->qualname, use->qualname_len), "how", og_use_text(use->how),
                              "allowed", (int)use->allowed, "position", (uint64_t)use->position, "count",
                              (uint64_t)use->count, "depth", (int)use->depth);
    if (og_valid(record) && use->depth &&
        og_dict_sets(doc, record, "inside", og_int((int64_t)use->inside), NULL) < 0)
        return (og_value){0};
    return record;
}

static int put_json_report(inspection *run, const char *name, const og_pickle_report *report, size_t number,
                           size_t at)
{
    og_doc *doc = og_doc_new(NULL);
    if (!doc) return no_memory();
    og_value record = new_record(doc, name, number, at);
    og_value uses = og_list(doc);
    int status = OG_OK;
    for (size_t i = 0; i < report->use_count && status == OG_OK; i++)
        status = og_list_append(doc, uses, use_record(doc, &report->uses[i]), NULL);
    if (status == OG_OK)
        status = og_dict_sets(doc, record, "verdict", og_str(doc, og_verdict_text(report->verdict)), NULL);
    if (status == OG_OK && report->verdict != OG_HARMLESS) {
        char reason[REASON_SIZE];
        cli_put_in_words(reason, sizeof reason, report->reason.text);
        status = og_dict_sets(doc, record, "reason", text_value(doc, reason, strlen(reason)), NULL);
        if (status == OG_OK && report->reason.position != OG_NO_POSITION)
            status = og_dict_sets(doc, record, "position", og_int((int64_t)report->reason.position), NULL);
    }
    if (status == OG_OK) status = og_dict_sets(doc, record, "uses", uses, NULL);
    if (status == OG_OK && report->left_out)
        status = og_dict_sets(doc, record, "left_out", og_int((int64_t)report->left_out), NULL);
    status = status < 0 ? no_memory() : put_json(run, record);
    og_doc_free(doc);
    return status;
}

int inspect_report(inspection *run, const char *name, const og_pickle_report *report, size_t number,
                   size_t at)
{
    run->shown++;
    if (run->json) return put_json_report(run, name, report, number, at);
    int status = run->options->globals ? put_uses(run, name, report, at) : 0;
    if (status) return status;
    if (run->options->verdict) return put_verdict(run, name, report, number, at);
    if (report->unreadable.code == OG_OK) return 0;
    og_error err = report->unreadable;
    return fail_listing(run, name, at, &err);
}

int inspect_unreadable(inspection *run, const char *name, const og_pickle_report *found, const char *format,
                       ...)
{
    og_pickle_report report = found ? *found : (og_pickle_report){0};
    va_list args;
    report.verdict = OG_UNREADABLE;
    report.unreadable.code = report.reason.code = OG_ESYNTAX;
    report.reason.position = OG_NO_POSITION;
    va_start(args, format);
    vsnprintf(report.reason.text, sizeof report.reason.text, format, args);
    va_end(args);
    report.unreadable = report.reason;
    if (run->judging || run->json) return inspect_report(run, name, &report, 1, 0);
    return fail_listing(run, name, 0, &report.reason);
}

static int put_json_no_pickle(inspection *run, const char *name, const char *what)
{
    og_doc *doc = og_doc_new(NULL);
    if (!doc) return no_memory();
    og_value record = new_record(doc, name, 1, 0);
    int status = og_dict_sets(doc, record, "verdict", og_str(doc, "not a pickle"), NULL);
    if (status == OG_OK) status = og_dict_sets(doc, record, "reason", og_str(doc, what), NULL);
    status = status < 0 ? no_memory() : put_json(run, record);
    og_doc_free(doc);
    return status;
}

int inspect_no_pickle(inspection *run, const char *name, const char *what)
{
    if (run->json) return put_json_no_pickle(run, name, what);
    int status = put_place(run, name, 1, 0);
    if (status == OG_OK) status = put(run, ": not a pickle: %s", what);
    return status < 0 ? no_memory() : end_line(run);
}
