/* SPDX-License-Identifier: MIT */
/* Printing values. */
#include "cli/output.h"
#include "cli/colour.h"
#include "cli/origin.h"
#include "cli/plain.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "cli/template.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { GATHER = 65536 };

/* Forms that are texts of values from end to end. */
static bool has_colours(const cli_options *options, cli_form form)
{
    bool values = form == CLI_FORM_JSON || form == CLI_FORM_PRETTY || form == CLI_FORM_LOSSLESS ||
                  form == CLI_FORM_REPR || form == CLI_FORM_ENVELOPE;
    return values && !options->format && cli_wants_colour(options->colour, STDOUT_FILENO);
}

int cli_output_check(const cli_options *options, cli_form form)
{
    if (options->format && options->out != CLI_FORM_NONE)
        return cli_usage("--format and -o exclude each other");
    if (!cli_is_binary(form) || options->force || !isatty(STDOUT_FILENO)) return 0;
    return cli_usage("the bytes of pickles can do anything to a terminal: put '> FILE' or '| COMMAND' after "
                     "this command, or add --force");
}

/* What is printed may be as long as a message: shared nodes written out can grow beyond all bounds. */
void cli_output_init(cli_output *output, const cli_options *options, cli_form form)
{
    og_codec_options codecs;
    size_t limit = options->max_message ? (size_t)options->max_message : OG_MAX_MESSAGE_DEFAULT;
    cli_codec_options(&codecs, options);
    *output = (cli_output){
        .form = form,
        .json = og_json_of(&codecs)->write,
        .repr = *og_repr_of(&codecs),
        .pickle = og_pickle_of(&codecs)->write,
        .get = options->get,
        .format = options->format,
        .terminal = isatty(STDOUT_FILENO) && !cli_is_binary(form),
        .colour = has_colours(options, form),
    };
    output->json.form = form == CLI_FORM_LOSSLESS ? OG_JSON_LOSSLESS : OG_JSON_PLAIN;
    output->json.indent = form == CLI_FORM_PRETTY ? 2 : 0;
    output->json.allow_nan = false; /* plain JSON shows null, lossless a tag */
    output->json.max_bytes = limit;
    output->repr.max_bytes = limit;
    output->pickle.max_bytes = limit;
    og_buf_init(&output->buf, NULL);
}

void cli_output_fini(cli_output *output)
{
    og_buf_free(&output->buf);
}

cli_form cli_output_form(const cli_options *options, const char *codec)
{
    if (options->out != CLI_FORM_NONE) return options->out;
    return strcmp(codec, "text") == 0 ? CLI_FORM_TEXT : CLI_FORM_JSON;
}

/* Bytes of the control character at `at`: 0 when it is none, or ends a line, or is a tab. */
static size_t control_at(const uint8_t *at, size_t len)
{
    if (at[0] == 0xc2 && len > 1 && at[1] < 0xa0) return 2;
    bool line = at[0] == '\n' || at[0] == '\t' || (at[0] == '\r' && len > 1 && at[1] == '\n');
    return (at[0] < 0x20 && !line) || at[0] == 0x7f;
}

/* Whoever sent a value must not steer the terminal: what JSON leaves as it is (and texts have) becomes \u00xx
 * there. */
static int disarm(og_buf *out, size_t from, og_error *err)
{
    og_buf copy = OG_BUF_INIT;
    const uint8_t *at = out->data + from;
    const uint8_t *end = out->data + out->len;
    int status = 0;
    while (at < end && status == 0) {
        char shown[8];
        size_t n = control_at(at, (size_t)(end - at));
        if (n) snprintf(shown, sizeof shown, "\\u%04x", at[n - 1]);
        status = n ? og_buf_puts(&copy, shown) : og_buf_putc(&copy, *at);
        at += n ? n : 1;
    }
    out->len = from;
    if (status == 0) status = og_buf_put(out, copy.data, copy.len);
    og_buf_free(&copy);
    return status < 0 ? og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory") : 0;
}

/* What the layers know of the peer: "tls.subject" and the like. */
static int put_properties(const cli_output *output, const og_conn *conn, og_buf *out, og_error *err)
{
    char value[CLI_PROPERTY_SIZE];
    const char *name;
    int status = 0;
    for (size_t i = 0; status == 0 && (name = cli_origin_property(conn, &i, value));) {
        status = og_buf_puts(out, ",\"");
        if (status == 0) status = og_buf_puts(out, name);
        if (status == 0) status = og_buf_puts(out, "\":");
        if (status == 0) status = og_json_write(og_str_borrow(value, strlen(value)), out, &output->json, err);
    }
    return status;
}

/* What an envelope says before its value. The names are JSON as they are, and so is the number. */
static int format_envelope(const cli_output *output, og_value value, const og_conn *conn, og_buf *out,
                           og_error *err)
{
    char text[CLI_ORIGIN_SIZE];
    int status = og_buf_putc(out, '{');
    for (int i = 0; i < CLI_ORIGIN_FIELDS && status == 0; i++) {
        cli_origin_text(conn, (cli_origin_field)i, text);
        status = og_buf_puts(out, i ? ",\"" : "\"");
        if (status == 0) status = og_buf_puts(out, cli_origin_names[i]);
        if (status == 0) status = og_buf_puts(out, "\":");
        bool number = i == CLI_ORIGIN_CONNECTION || !text[0];
        if (status == 0 && number) status = og_buf_puts(out, text[0] ? text : "null");
        if (status == 0 && !number)
            status = og_json_write(og_str_borrow(text, strlen(text)), out, &output->json, err);
    }
    if (status == 0) status = put_properties(output, conn, out, err);
    if (status == 0) status = og_buf_puts(out, ",\"value\":");
    if (status < 0) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    status = og_json_write(value, out, &output->json, err);
    if (status == 0 && og_buf_putc(out, '}') < 0)
        status = og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    return status;
}

static int format(const cli_output *output, og_value value, const og_conn *conn, og_buf *out, og_error *err)
{
    if (output->format) return cli_template_write(output->format, &output->json, value, conn, out, err);
    switch (output->form) {
    case CLI_FORM_TEXT: return cli_plain_write(&output->json, value, out, err);
    case CLI_FORM_ENVELOPE: return format_envelope(output, value, conn, out, err);
    case CLI_FORM_LOG:
        if (cli_is_record(value)) return cli_record_write(&output->json, value, out, err);
        return og_json_write(value, out, &output->json, err);
    case CLI_FORM_REPR: return og_repr(value, out, &output->repr, err);
    case CLI_FORM_CANONICAL: return og_pickle_canonical(value, out, &output->pickle, err);
    case CLI_FORM_PICKLE: return og_pickle_write(value, out, &output->pickle, err);
    default: return og_json_write(value, out, &output->json, err);
    }
}

int cli_format(const cli_output *output, og_value value, const og_conn *conn, og_buf *out, og_error *err)
{
    size_t from = out->len;
    if (output->get) {
        value = og_json_pointer(value, output->get, err);
        if (!og_valid(value)) return err->code;
    }
    int status = format(output, value, conn, out, err);
    if (status == 0 && (output->terminal || output->colour)) status = disarm(out, from, err);
    if (status == 0 && output->colour && cli_paint(out, from) < 0)
        status = og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    if (status < 0) out->len = from;
    return status;
}

int cli_not_printed(const cli_output *output, const og_conn *conn, const og_error *err)
{
    char what[CLI_ORIGIN_SIZE + 32];
    bool get = err->code == OG_ENOTFOUND && err->position != OG_NO_POSITION;
    snprintf(what, sizeof what, "%s%s%s", conn ? og_conn_peer(conn) : "", conn ? ": " : "",
             get                         ? "--get"
             : err->code == OG_ENOTFOUND ? "--format"
                                         : "a value cannot be printed");
    return get ? cli_fail_in(what, output->get, strlen(output->get), NULL, err) : cli_fail(what, err);
}

bool cli_is_binary(cli_form form)
{
    return form == CLI_FORM_PICKLE || form == CLI_FORM_CANONICAL;
}

int cli_write_out(const uint8_t *data, size_t len)
{
    if (len > 0) cli_progress_clear(STDOUT_FILENO);
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, data, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EPIPE) return CLI_OUTPUT_GONE;
        if (n < 0) {
            cli_log(OG_LOG_ERROR, "standard output: %s", strerror(errno));
            return CLI_UNREACHED;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

int cli_output_flush(cli_output *output)
{
    int status = cli_write_out(output->buf.data, output->buf.len);
    output->buf.len = 0;
    return status;
}

int cli_print(cli_output *output, og_value value, const og_conn *conn)
{
    og_error err;
    if (cli_format(output, value, conn, &output->buf, &err) < 0) {
        /* What came before it goes first. */
        int status = cli_output_flush(output);
        return status ? status : cli_not_printed(output, conn, &err);
    }
    if (!cli_is_binary(output->form) && og_buf_putc(&output->buf, '\n') < 0) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    return output->lazy && output->buf.len < GATHER ? 0 : cli_output_flush(output);
}
