/* SPDX-License-Identifier: MIT */
/* name=John age:=30 to an object in JSON. */
#include "cli/pairs.h"
#include "cli/object.h"

#include <string.h>

typedef struct pair {
    const char *name;
    size_t name_len;
    bool json;     /* := */
    bool brackets; /* name[...]=, which HTTPie knows */
    const char *value;
    size_t len; /* of the value, or of all that may be it */
} pair;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_letter(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_inside_name(char c)
{
    return is_letter(c) || c == '-' || c == '.' || (c >= '0' && c <= '9');
}

/* Takes the name and what follows it off `text`. False when that is no pair. A name that is missing is
 * refused later: no other form begins with = or :=. */
static bool take_name(const char *text, size_t len, pair *p)
{
    size_t at = 0;
    while (at < len && (at ? is_inside_name(text[at]) : is_letter(text[at])))
        at++;
    *p = (pair){.name = text, .name_len = at};
    while (at > 0 && at < len && text[at] == '[') {
        const char *end = memchr(text + at, ']', len - at);
        if (!end) return false;
        p->brackets = true;
        at = (size_t)(end - text) + 1;
    }
    p->json = at + 1 < len && text[at] == ':' && text[at + 1] == '=';
    if (at == len || (text[at] != '=' && !p->json)) return false;
    at += p->json ? 2 : 1;
    p->value = text + at;
    p->len = len - at;
    return true;
}

bool cli_is_pair(const char *text, size_t len)
{
    pair p;
    return take_name(text, len, &p);
}

bool cli_takes_pairs(cli_form form)
{
    return form == CLI_FORM_JSON || form == CLI_FORM_LOSSLESS || form == CLI_FORM_REPR;
}

/* ---- One member ---- */

/* A text that is one member, and looks like several. */
static bool holds_another(const pair *p)
{
    pair other;
    for (size_t i = 0; i + 1 < p->len; i++)
        if (is_blank(p->value[i]) && take_name(p->value + i + 1, p->len - i - 1, &other) &&
            other.name_len > 0)
            return true;
    return false;
}

static int refuse(const pair *p, const char *why)
{
    int len = (int)(p->value + p->len - p->name);
    cli_log(OG_LOG_ERROR, "%.*s: %s", len < 200 ? len : 200, p->name, why);
    return CLI_REFUSED;
}

/* What HTTPie's users may mean otherwise, and what can be meant in two ways, is not guessed. */
static int check(const pair *p)
{
    char why[160];
    const char *value = "\"TEXT\"";
    if (p->name_len == 0)
        return refuse(p, "a name is missing before the =, as in name=John age:=30; a text alone is JSON, in "
                         "quotes: '\"...\"'");
    if (p->brackets)
        return refuse(p, "names have no brackets here: write the inner object in JSON, as in "
                         "address:='{\"city\": \"Seoul\"}'");
    if (p->len > 0 && (p->value[0] == '@' || (p->value[0] == '=' && !p->json))) {
        snprintf(
            why, sizeof why, "HTTPie does something else with %s%c: for this text write %.*s:='%s' with it",
            p->json ? ":=" : "=", p->value[0], (int)(p->name_len < 40 ? p->name_len : 40), p->name, value);
        return refuse(p, why);
    }
    return 0;
}

static int check_json(const pair *p, cli_form form, const cli_options *options)
{
    char what[64];
    og_value value;
    og_doc *doc = og_doc_new(NULL);
    snprintf(what, sizeof what, "%.*s:=", (int)(p->name_len < 40 ? p->name_len : 40), p->name);
    int status = doc ? cli_read_object(doc, p->value, p->len, form, options, what, &value) : CLI_REFUSED;
    if (!doc) cli_log(OG_LOG_ERROR, "out of memory");
    if (doc && status) cli_log(OG_LOG_ERROR, "after := comes JSON; for a text write = instead");
    og_doc_free(doc);
    return status;
}

static int put_text(og_buf *out, const char *text, size_t len)
{
    og_error err;
    og_doc *doc = og_doc_new(NULL);
    if (!doc) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    int status = og_text_read(doc, text, len, &err); /* is it UTF-8? */
    if (status == 0) status = og_json_write(og_doc_root(doc), out, NULL, &err);
    og_doc_free(doc);
    return status ? cli_fail_in("a text", text, len, NULL, &err) : 0;
}

static int add(og_buf *out, const pair *p, cli_form form, const cli_options *options)
{
    int status = check(p);
    if (status == 0 && p->json) status = check_json(p, form, options);
    if (status == 0) og_buf_puts(out, out->data[out->len - 1] == '{' ? "" : ", ");
    if (status == 0) status = put_text(out, p->name, p->name_len);
    if (status == 0) og_buf_puts(out, ": ");
    if (status == 0 && !p->json) return put_text(out, p->value, p->len);
    if (status == 0) og_buf_put(out, p->value, p->len);
    return status;
}

/* Python's dicts keep the last of two, HTTPie makes a list of them: neither is guessed. */
static int check_new(const pair *before, size_t count, const pair *p)
{
    for (size_t i = 0; i < count; i++)
        if (before[i].name_len == p->name_len && memcmp(before[i].name, p->name, p->name_len) == 0)
            return refuse(p, "this name is given twice: for a list write NAME:='[\"a\", \"b\"]'");
    return 0;
}

/* ---- All members ---- */

typedef struct members {
    pair *items;
    og_buf room; /* of the items */
    size_t count;
} members;

static int keep(members *all, const pair *p)
{
    int status = check_new(all->items, all->count, p);
    if (status) return status;
    if (og_buf_put(&all->room, p, sizeof *p) < 0) {
        cli_log(OG_LOG_ERROR, "out of memory");
        return CLI_REFUSED;
    }
    all->items = (pair *)(void *)all->room.data;
    all->count++;
    return 0;
}

static int write_all(const members *all, cli_form form, const cli_options *options, og_buf *out)
{
    int status = og_buf_putc(out, '{') < 0 ? CLI_REFUSED : 0;
    for (size_t i = 0; i < all->count && status == 0; i++)
        status = add(out, &all->items[i], form, options);
    if (status == 0 && og_buf_putc(out, '}') < 0) status = CLI_REFUSED;
    return status;
}

int cli_pairs_of_words(char **words, size_t count, cli_form form, const cli_options *options, og_buf *out)
{
    members all = {.room = OG_BUF_INIT};
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        pair p;
        take_name(words[i], strlen(words[i]), &p);
        if (holds_another(&p))
            status = refuse(&p, "one text, or several members? Give each member a word of its own, as in "
                                "name=John age:=30, or write JSON");
        if (status == 0) status = keep(&all, &p);
    }
    if (status == 0) status = write_all(&all, form, options, out);
    og_buf_free(&all.room);
    return status;
}

/* Bytes of the JSON value at `at`, with its blanks: as far as the first blank outside of brackets and
 * strings. */
static size_t json_len(const char *at, size_t len)
{
    size_t depth = 0;
    bool string = false;
    size_t i = 0;
    for (; i < len && (string || depth > 0 || !is_blank(at[i])); i++) {
        if (string && at[i] == '\\')
            i++;
        else if (at[i] == '"')
            string = !string;
        else if (!string && (at[i] == '{' || at[i] == '['))
            depth++;
        else if (!string && depth > 0 && (at[i] == '}' || at[i] == ']'))
            depth--;
    }
    return i < len ? i : len;
}

/* Cuts the value of `p` off the rest of the line; `*end` is where that goes on. 0 or the exit status. */
static int cut_value(pair *p, const char **end)
{
    const char *stop = p->value + p->len;
    const char quote = p->len > 0 ? p->value[0] : '\0';
    if (quote == '\'' || (quote == '"' && !p->json)) {
        const char *close = memchr(p->value + 1, quote, p->len - 1);
        if (!close || (close + 1 < stop && !is_blank(close[1])))
            return refuse(p,
                          close ? "a blank must follow the closing quote" : "the closing quote is missing");
        p->len = (size_t)(close - p->value) - 1;
        p->value++;
        *end = close + 1;
        return 0;
    }
    size_t len = p->json ? json_len(p->value, p->len) : 0;
    while (!p->json && len < p->len && !is_blank(p->value[len]))
        len++;
    p->len = len;
    *end = p->value + len;
    return 0;
}

int cli_pairs_of_line(const char *text, size_t len, cli_form form, const cli_options *options, og_buf *out)
{
    members all = {.room = OG_BUF_INIT};
    const char *end = text + len;
    int status = 0;
    while (text < end && is_blank(end[-1]))
        end--;
    while (status == 0) {
        pair p;
        while (text < end && is_blank(*text))
            text++;
        if (text >= end) break;
        if (!take_name(text, (size_t)(end - text), &p)) {
            cli_log(OG_LOG_ERROR,
                    "'%.*s' is no member: put a text with blanks in quotes, as in name='John Smith'",
                    (int)(end - text < 80 ? end - text : 80), text);
            status = CLI_REFUSED;
            break;
        }
        status = cut_value(&p, &text);
        if (status == 0) status = keep(&all, &p);
    }
    if (status == 0) status = write_all(&all, form, options, out);
    og_buf_free(&all.room);
    return status;
}

int cli_read_argument(og_doc *doc, const char *text, cli_form form, const cli_options *options,
                      const char *what, og_value *value)
{
    size_t len = strlen(text);
    if (!cli_takes_pairs(form) || !cli_is_pair(text, len))
        return cli_read_object(doc, text, len, form, options, what, value);
    og_buf object = OG_BUF_INIT;
    int status = cli_pairs_of_line(text, len, form, options, &object);
    if (status == 0)
        status = cli_read_object(doc, (const char *)object.data, object.len, form, options, what, value);
    og_buf_free(&object);
    return status;
}
