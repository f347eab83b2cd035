/* SPDX-License-Identifier: MIT */
/* Answering for serve. */
#include "cli/answer.h"
#include "cli/client.h"
#include "cli/exec.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/pairs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

bool cli_answers(const cli_options *options)
{
    return options->echo || options->reply || options->exec || options->pool.command || options->to;
}

static int check(const cli_options *options)
{
    int ways = options->echo + (options->reply != NULL) + (options->exec != NULL) +
               (options->pool.command != NULL) + (options->to != NULL);
    if (ways > 1) return cli_usage("only one of --echo, --reply, --exec, --exec-pool and --to can answer");
    if (options->retry && !options->to) return cli_usage("--retry is for --to, which is not given");
    if (options->exec_retry && !options->pool.command)
        return cli_usage("--exec-retry is for --exec-pool, which is not given");
    og_endpoint endpoint;
    int status = options->to ? cli_endpoint(&endpoint, options, options->to) : 0;
    if (status || !options->to || !endpoint.inherited) return status;
    return cli_usage("--to: %s is for listening; name the server to pass objects on to", options->to);
}

static bool is_eof(const char *framing)
{
    return strcmp(framing, "eof") == 0;
}

/* True when some endpoint speaks eof. */
static bool may_be_eof(const cli_options *options)
{
    og_endpoint endpoint;
    for (size_t i = 0; i < options->arg_count; i++) {
        if (og_endpoint_parse(&endpoint, options->args[i], NULL) == 0 &&
            is_eof(cli_framing(options, &endpoint)))
            return true;
    }
    return false;
}

static int read_option(const cli_answer *answer, og_doc *doc, const char *text, const char *name,
                       og_value *value)
{
    if (!text) return 0;
    if (doc) {
        cli_form form = answer->text ? CLI_FORM_TEXT : CLI_FORM_JSON;
        int status = cli_read_argument(doc, text, form, answer->options, name, value);
        return status ? CLI_USAGE : 0;
    }
    cli_log(OG_LOG_ERROR, "out of memory");
    return CLI_REFUSED;
}

int cli_answer_init(cli_answer *answer, const cli_options *options, const char *codec)
{
    *answer =
        (cli_answer){.options = options, .text = cli_is_text(codec), .one_message = may_be_eof(options)};
    int status = check(options);
    if (status) return status;
    cli_quota_init(&answer->lost);
    answer->quota = &answer->lost;
    answer->replies = og_doc_new(NULL);
    answer->greets = og_doc_new(NULL);
    status = read_option(answer, answer->replies, options->reply, "--reply", &answer->reply);
    if (status == 0) status = read_option(answer, answer->greets, options->greet, "--greet", &answer->greet);
    if (status) cli_answer_fini(answer);
    return status;
}

int cli_answer_start(cli_answer *answer)
{
    if (!answer->options->pool.command) return 0;
    answer->pool = cli_pool_new(answer->options);
    return answer->pool ? 0 : CLI_REFUSED;
}

void cli_answer_fini(cli_answer *answer)
{
    if (!answer->quota) return;
    size_t left_out = cli_quota_left_out(answer->quota);
    if (left_out > 0)
        cli_log(OG_LOG_WARNING, "%zu more answer%s not sent", left_out, left_out == 1 ? " was" : "s were");
    cli_quota_fini(answer->quota);
    answer->quota = NULL;
    og_doc_free(answer->replies);
    og_doc_free(answer->greets);
    cli_pool_free(answer->pool);
    answer->pool = NULL;
    answer->replies = NULL;
    answer->greets = NULL;
}

/* What is kept of a stream's connection. */
typedef struct peer {
    cli_quota quota;    /* of lines about answers that were not sent */
    cli_client *client; /* of --to, or NULL */
} peer;

/* A client that is sent no answer to anything must not fill the log. */
static void not_sent(const cli_answer *answer, const og_conn *conn, const char *why)
{
    char said[640];
    size_t left_out;
    peer *p = og_conn_user(conn);
    if (!cli_quota_take(p ? &p->quota : answer->quota, &left_out)) return;
    if (left_out > 0) {
        snprintf(said, sizeof said, "%zu more answer%s not sent before this", left_out,
                 left_out == 1 ? " was" : "s were");
        cli_log_of(conn, OG_LOG_WARNING, said);
    }
    size_t len = (size_t)snprintf(said, sizeof said, "no answer was sent: ");
    cli_put_in_words(said + len, sizeof said - len, why);
    cli_log_of(conn, OG_LOG_WARNING, said);
}

static bool speaks_text(const og_conn *conn)
{
    const char *codec = og_conn_codec(conn);
    return strcmp(codec, "text") == 0 || strcmp(codec, "bytes") == 0;
}

static size_t max_message(const cli_options *options)
{
    return options->max_message ? (size_t)options->max_message : OG_MAX_MESSAGE_DEFAULT;
}

/* Whoever speaks text gets objects that are no text as JSON. */
static int send_as_text(const cli_answer *answer, og_conn *conn, og_value value, og_error *err)
{
    og_json_write_options json = {.size = sizeof json,
                                  .form = OG_JSON_PLAIN,
                                  .max_bytes = max_message(answer->options),
                                  .max_growth = (size_t)answer->options->max_growth};
    og_buf buf = OG_BUF_INIT;
    int status = og_json_write(value, &buf, &json, err);
    if (status == 0) status = og_send(conn, og_str_borrow((const char *)buf.data, buf.len), err);
    og_buf_free(&buf);
    return status;
}

static void send_value(const cli_answer *answer, og_conn *conn, og_value value)
{
    og_error err;
    bool text =
        og_kind_of(value) == OG_STR || og_kind_of(value) == OG_BYTES || og_kind_of(value) == OG_BYTEARRAY;
    bool as_text = !text && speaks_text(conn);
    int status = as_text ? send_as_text(answer, conn, value, &err) : og_send(conn, value, &err);
    if (status < 0) not_sent(answer, conn, err.text);
}

/* ---- --reply ---- */

/* The reply with each {} replaced by what arrived. */
static int fill_in(og_value reply, og_value value, og_buf *out)
{
    size_t len;
    size_t value_len;
    const char *at = og_data(reply, &len);
    const char *text = og_data(value, &value_len);
    const char *end = at + len;
    int status = 0;
    while (status == 0 && at < end) {
        const char *braces = memmem(at, (size_t)(end - at), "{}", 2);
        size_t before = (size_t)((braces ? braces : end) - at);
        status = og_buf_put(out, at, before);
        at += before + (braces ? 2 : 0);
        if (status == 0 && braces && text) status = og_buf_put(out, text, value_len);
    }
    return status;
}

static void reply(const cli_answer *answer, og_conn *conn, og_value value)
{
    if (!answer->text) {
        send_value(answer, conn, answer->reply);
        return;
    }
    og_buf buf = OG_BUF_INIT;
    if (fill_in(answer->reply, value, &buf) < 0)
        not_sent(answer, conn, "out of memory");
    else if (og_kind_of(value) == OG_STR)
        send_value(answer, conn, og_str_borrow((const char *)buf.data, buf.len));
    else
        send_value(answer, conn, og_bytes_borrow(buf.data, buf.len));
    og_buf_free(&buf);
}

/* ---- --exec and --exec-pool ---- */

/* What the command printed, as a value, sent. Nothing printed is no answer. False after saying why. */
static bool send_output(const cli_answer *answer, og_conn *conn, og_buf *out, cli_form form)
{
    og_value value;
    if (form == CLI_FORM_TEXT && out->len > 0 && out->data[out->len - 1] == '\n') out->len--;
    if (out->len == 0) return true;
    og_doc *doc = og_doc_new(NULL);
    bool good = doc && cli_read_object(doc, (const char *)out->data, out->len, form, answer->options,
                                       "the command's answer", &value) == 0;
    if (good) send_value(answer, conn, value);
    og_doc_free(doc);
    return good;
}

/* Whoever asks a pool gets an answer to each object, be it why there is none. */
static void send_failure(const cli_answer *answer, og_conn *conn, const og_error *why)
{
    og_doc *doc = og_doc_new(NULL);
    og_value value = doc ? og_pack(doc, NULL, "{s:s}", "error", why->text) : og_none();
    cli_log(OG_LOG_WARNING, "%s: answered with an error: %s", og_conn_peer(conn), why->text);
    if (doc && og_kind_of(value) != OG_INVALID) send_value(answer, conn, value);
    og_doc_free(doc);
}

static void ask_command(const cli_answer *answer, og_conn *conn, og_value value)
{
    cli_output format;
    og_error err;
    og_buf in = OG_BUF_INIT;
    og_buf out = OG_BUF_INIT;
    cli_form form = answer->text && !answer->pool ? CLI_FORM_TEXT : CLI_FORM_JSON;
    out.limit = max_message(answer->options);
    cli_output_init(&format, answer->options, form);
    format.get = NULL; /* these are of what is printed alone */
    format.format = NULL;
    format.terminal = false;
    format.colour = false;
    int status = cli_format(&format, value, conn, &in, &err);
    if (status == 0 && og_buf_putc(&in, '\n') < 0)
        status = og_error_set(&err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    if (status == 0)
        status = answer->pool ? cli_pool_ask(answer->pool, &in, &out, &err)
                              : cli_exec(answer->options, conn, &in, &out, &err);
    if (status == 0 && !send_output(answer, conn, &out, form))
        status = og_error_set(&err, OG_EVALUE, OG_NO_POSITION, "the command's answer cannot be read");
    if (status < 0 && answer->pool)
        send_failure(answer, conn, &err);
    else if (status < 0)
        not_sent(answer, conn, err.text);
    cli_output_fini(&format);
    og_buf_free(&in);
    og_buf_free(&out);
}

/* ---- --to ---- */

/* What one connection to the other server has shown holds for the next ones. */
static atomic_bool upstream_keeps;
static atomic_bool upstream_answers_one;

/* How the other server is spoken to is for its endpoint to say. */
static void upstream_init(cli_client *client, const cli_options *options)
{
    og_conn_options conn;
    cli_conn_options(&conn, options);
    conn.codec = NULL;
    conn.framing = NULL;
    conn.interface = NULL;
    conn.skip = conn.skip_bytes = 0;
    conn.layer_option_count = 0;
    cli_client_init(client, options, options->to, &conn);
    cli_client_serves(client, options);
    client->keeps |= upstream_keeps;
    client->one_answer = upstream_answers_one;
}

static void pass_on(const cli_answer *answer, og_conn *conn, og_value value)
{
    cli_client once;
    og_value reply_value;
    og_error err;
    const peer *p = og_conn_user(conn);
    cli_client *client = p ? p->client : NULL;
    if (!client) {
        upstream_init(&once, answer->options);
        client = &once;
    }
    int status = cli_client_ask(client, value, &reply_value, &err);
    if (client->keeps) upstream_keeps = true;
    if (client->one_answer) upstream_answers_one = true;
    if (status > 0)
        send_value(answer, conn, reply_value);
    else
        not_sent(answer, conn, err.text);
    /* After a failure the next message starts with a new connection, so that no late answer goes astray. */
    if (client == &once || status <= 0) cli_client_close(client);
}

void cli_answer_open(const cli_answer *answer, og_conn *conn)
{
    if (!cli_answers(answer->options)) return;
    peer *p = malloc(sizeof *p);
    if (!p) return;
    cli_quota_init(&p->quota);
    p->client = answer->options->to ? malloc(sizeof *p->client) : NULL;
    if (p->client) upstream_init(p->client, answer->options);
    og_conn_set_user(conn, p);
}

void cli_answer_close(const cli_answer *answer, og_conn *conn)
{
    char said[80];
    peer *p = cli_answers(answer->options) ? og_conn_user(conn) : NULL;
    if (!p) return;
    size_t left_out = cli_quota_left_out(&p->quota);
    snprintf(said, sizeof said, "%zu more answer%s not sent", left_out, left_out == 1 ? " was" : "s were");
    if (left_out > 0) cli_log_of(conn, OG_LOG_WARNING, said);
    if (p->client) cli_client_close(p->client);
    free(p->client);
    cli_quota_fini(&p->quota);
    free(p);
    og_conn_set_user(conn, NULL);
}

/* ---- All of them ---- */

/* With framing eof the end of the direction is what ends the message. */
static void end_message(const cli_answer *answer, og_conn *conn)
{
    char framing[40];
    og_error err;
    if (answer->one_message && is_eof(og_conn_framing(conn, framing, sizeof framing)))
        og_shutdown(conn, &err);
}

void cli_answer_greet(const cli_answer *answer, og_conn *conn)
{
    og_error err;
    send_value(answer, conn, answer->greet);
    if (!cli_answers(answer->options)) og_shutdown(conn, &err);
}

void cli_answer_message(const cli_answer *answer, og_conn *conn, og_value value)
{
    if (answer->options->echo)
        send_value(answer, conn, value);
    else if (answer->options->reply)
        reply(answer, conn, value);
    else if (answer->options->exec || answer->pool)
        ask_command(answer, conn, value);
    else if (answer->options->to)
        pass_on(answer, conn, value);
    else
        return;
    end_message(answer, conn);
}
