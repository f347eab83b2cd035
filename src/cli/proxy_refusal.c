/* SPDX-License-Identifier: MIT */
/* The line of the log about a message that 'onggi proxy' has refused. */
#include "cli/origin.h"
#include "cli/proxy.h"

#include <string.h>

enum { NAMES_MOST = 32 }; /* a line is for people */

typedef struct line {
    og_doc *doc;
    og_value dict;
} line;

static void add(const line *l, const char *name, og_value value)
{
    og_dict_sets(l->doc, l->dict, name, value, NULL);
}

static void add_text(const line *l, const char *name, const char *text)
{
    og_value value = og_str(l->doc, text);
    add(l, name, og_valid(value) ? value : og_str(l->doc, "?")); /* a cut UTF-8 sequence */
}

static void add_number(const line *l, const char *name, uint64_t number)
{
    add(l, name, og_uint(l->doc, number));
}

int cli_proxy_put_name(og_buf *out, const og_pickle_use *use)
{
    bool dotted = memchr(use->qualname, '.', use->qualname_len) != NULL;
    int status = og_buf_put(out, use->module, use->module_len);
    if (status == OG_OK && use->module_len > 0) status = og_buf_putc(out, dotted ? ':' : '.');
    return status == OG_OK ? og_buf_put(out, use->qualname, use->qualname_len) : status;
}

static void add_buf(const line *l, og_value list, const og_buf *text)
{
    og_value value = og_strn(l->doc, (const char *)text->data, text->len);
    if (og_valid(value)) og_list_append(l->doc, list, value, NULL);
}

/* One name: how it is used and where, which row says no, and which one would say yes. */
static void add_use(const line *l, const og_pickle_use *use, const og_policy *policy, bool placed,
                    og_value names, og_value allow)
{
    og_buf text = OG_BUF_INIT;
    const line name = {l->doc, og_dict(l->doc)};
    cli_proxy_put_name(&text, use);
    add(&name, "name", og_strn(l->doc, (const char *)text.data, text.len));
    add_text(&name, "use", og_use_text(use->how));
    if (placed) add_number(&name, "position", use->position);
    if (use->depth > 0) add_number(&name, "depth", use->depth);
    add(&name, "allowed", og_bool(use->allowed));
    text.len = 0;
    if (og_policy_explain(policy, use->module, use->module_len, use->qualname, use->qualname_len, &text) == 0)
        add(&name, "rule", og_strn(l->doc, (const char *)text.data, text.len));
    og_list_append(l->doc, names, name.dict, NULL);
    text.len = 0;
    bool nameless = use->qualname_len == 0 || use->how == OG_USE_EXTENSION || use->how == OG_USE_PERSISTENT;
    bool unsafe = og_policy_unsafe(use->module, use->module_len, use->qualname, use->qualname_len) != NULL;
    if (!use->allowed && !nameless && og_buf_puts(&text, unsafe ? "allow-unsafe " : "allow ") == OG_OK &&
        cli_proxy_put_name(&text, use) == OG_OK)
        add_buf(l, allow, &text);
    og_buf_free(&text);
}

static bool is_repeated(const og_pickle_report *report, size_t index)
{
    const og_pickle_use *use = &report->uses[index];
    for (size_t i = 0; i < index; i++) {
        const og_pickle_use *other = &report->uses[i];
        if (other->module_len == use->module_len && other->qualname_len == use->qualname_len &&
            memcmp(other->module, use->module, use->module_len) == 0 &&
            memcmp(other->qualname, use->qualname, use->qualname_len) == 0 && !other->allowed)
            return true;
    }
    return false;
}

static bool is_pickle(const og_refusal *refusal)
{
    return strcmp(refusal->codec, "pickle") == 0;
}

/* Reads the message once more, as its side does, and writes the pickle that no policy lets pass. */
static void report_translated(const cli_judge *judge, const og_refusal *refusal, og_pickle_report *report)
{
    og_buf pickle = OG_BUF_INIT;
    og_doc *doc = og_doc_new(NULL);
    const og_codec *codec = og_codec_find(refusal->codec, NULL);
    const og_codec_options *options = refusal->answer ? &judge->behind : &judge->front;
    if (doc && codec && codec->read(doc, refusal->bytes, refusal->len, options, NULL) == OG_OK &&
        og_pickle_write(og_doc_root(doc), &pickle, NULL, NULL) == OG_OK)
        og_pickle_check(pickle.data, pickle.len, judge->policy, report, NULL);
    og_buf_free(&pickle);
    og_doc_free(doc);
}

void cli_proxy_report(const cli_judge *judge, const og_refusal *refusal, og_pickle_report *report)
{
    *report = (og_pickle_report){.verdict = OG_UNREADABLE};
    if (!refusal->bytes) return;
    if (is_pickle(refusal))
        og_pickle_check(refusal->bytes, refusal->len, judge->policy, report, NULL);
    else if (refusal->why->code == OG_EPOLICY)
        report_translated(judge, refusal, report);
}

static void add_names(const line *l, const og_refusal *refusal, const cli_judge *judge)
{
    og_pickle_report report;
    og_value names = og_list(l->doc);
    og_value allow = og_list(l->doc);
    size_t added = 0;
    cli_proxy_report(judge, refusal, &report);
    for (size_t i = 0; i < report.use_count && added < NAMES_MOST; i++) {
        if (report.uses[i].allowed) continue;
        const og_value none = og_list(l->doc);
        add_use(l, &report.uses[i], judge->policy, is_pickle(refusal), names,
                is_repeated(&report, i) ? none : allow);
        added++;
    }
    og_pickle_report_fini(&report);
    if (added == 0) return;
    add(l, "names", names);
    add(l, "allow", allow);
}

static const char *outcome(const og_refusal *refusal)
{
    if (refusal->passed) return "UNPROTECTED: passed on";
    return refusal->closing ? "closed" : "dropped";
}

static void fill(const line *l, const og_refusal *refusal, const cli_judge *judge)
{
    char field[CLI_ORIGIN_SIZE];
    char why[2048];
    cli_put_in_words(why, sizeof why, refusal->why->text);
    add_text(l, "time", cli_origin_text(NULL, CLI_ORIGIN_TIME, field));
    add_text(l, "level", "warning");
    add_text(l, "event", "refused");
    add_text(l, "peer", cli_origin_text(refusal->conn, CLI_ORIGIN_PEER, field));
    add_number(l, "connection", og_conn_id(refusal->conn));
    add_text(l, "direction", refusal->answer ? "to client" : "to upstream");
    add_text(l, "codec", refusal->codec);
    add_text(l, "why", why);
    if (refusal->why->position != OG_NO_POSITION) add_number(l, "position", refusal->why->position);
    if (refusal->bytes) add_number(l, "bytes", refusal->len);
    if (refusal->why->code == OG_EPOLICY) add_names(l, refusal, judge);
    add_text(l, "then", outcome(refusal));
    if (refusal->left_out > 0) add_number(l, "left_out", refusal->left_out);
}

void cli_proxy_refused(const og_refusal *refusal, const cli_judge *judge)
{
    og_buf text = OG_BUF_INIT;
    if (!cli_log_wants(OG_LOG_WARNING)) return;
    const og_json_write_options spaced = {
        .size = sizeof spaced, .item_separator = ", ", .key_separator = ": ", .allow_surrogates = true};
    line whole = {.doc = og_doc_new(NULL)};
    if (whole.doc) whole.dict = og_dict(whole.doc);
    if (whole.doc) fill(&whole, refusal, judge);
    if (whole.doc && og_json_write(whole.dict, &text, &spaced, NULL) == OG_OK)
        cli_log_made(&text);
    else
        cli_log_of(refusal->conn, OG_LOG_WARNING, "refused a message; no memory to say more");
    og_buf_free(&text);
    og_doc_free(whole.doc);
}
