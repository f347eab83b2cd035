/* SPDX-License-Identifier: MIT */
/* Objects out of what people write instead of them. */
#include "cli/suggest.h"

#include <string.h>

/* Python's own text for a value, which may not be JSON. */
static bool is_repr(const char *text, og_buf *json)
{
    og_doc *doc = og_doc_new(NULL);
    bool read = doc && og_literal_read(doc, text, strlen(text), NULL, NULL) == 0;
    if (read && json) {
        og_json_write_options options = {.size = sizeof options, .form = OG_JSON_PLAIN};
        options.item_separator = ", ";
        options.key_separator = ": ";
        read = og_json_write(og_doc_root(doc), json, &options, NULL) == 0 && og_buf_putc(json, '\0') == 0;
    }
    og_doc_free(doc);
    return read;
}

/* The objects of the command line as one text: the shell takes a text with spaces apart. */
static void join_objects(const cli_options *options, og_buf *out)
{
    for (size_t i = 1; i < options->arg_count; i++) {
        if (i > 1) og_buf_putc(out, ' ');
        og_buf_puts(out, options->args[i]);
    }
    og_buf_putc(out, '\0');
}

static void suggest_file(const cli_options *options, const char *text, const char *path)
{
    og_buf more = OG_BUF_INIT;
    cli_put_redirection(&more, path);
    cli_say_instead(options, text, NULL, (const char *)more.data, true);
    og_buf_free(&more);
}

/* Values without anything between them, each as a word. False when there is only one, or something else. */
static bool put_values(const char *text, og_buf *out)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t left = strlen(text);
    size_t count = 0;
    for (; left > 0; count++) {
        og_json_scan scan = {0};
        og_buf value = OG_BUF_INIT;
        size_t start;
        size_t end;
        bool found = og_json_scan_end(&scan, at, left, true, &start, &end, NULL) > 0 && end > start;
        if (found && og_buf_put(&value, at + start, end - start) == 0 && og_buf_putc(&value, '\0') == 0)
            cli_put_word(out, (const char *)value.data);
        og_buf_free(&value);
        if (!found) return false;
        at += end;
        left -= end;
    }
    return count > 1;
}

static bool put_object(const char *text, og_buf *out)
{
    og_buf better = OG_BUF_INIT;
    og_buf values = OG_BUF_INIT;
    og_doc *json = og_json_loads(text, strlen(text), NULL, NULL);
    bool known = json != NULL || cli_mend_json(text, strlen(text), &better);
    if (known) {
        cli_put_word(out, json ? text : (const char *)better.data);
    } else if (put_values(text, &values)) {
        known = true;
        og_buf_putc(out, ' ');
        og_buf_put(out, values.data, values.len);
    }
    og_doc_free(json);
    og_buf_free(&better);
    og_buf_free(&values);
    return known;
}

/* Every object of the command line, if each is JSON or can be mended, and a NUL. */
static bool put_objects(const cli_options *options, og_buf *out)
{
    bool known = true;
    for (size_t i = 1; known && i < options->arg_count; i++)
        known = put_object(options->args[i], out);
    return og_buf_putc(out, '\0') == 0 && known;
}

static void say_objects(const cli_options *options, const char *text, const og_buf *objects)
{
    og_buf more = OG_BUF_INIT;
    og_buf_putc(&more, ' ');
    if (og_buf_put(&more, objects->data, objects->len) == 0)
        cli_say_instead(options, text, NULL, (const char *)more.data, true);
    og_buf_free(&more);
}

/* a:1 b:2, which a shell makes of {"a":1,"b":2} without quotes around it. */
static bool put_members(const cli_options *options, og_buf *out)
{
    og_buf joined = OG_BUF_INIT;
    bool members = true;
    og_buf_putc(&joined, '{');
    for (size_t i = 1; members && i < options->arg_count; i++) {
        const char *word = options->args[i];
        const char *colon = strchr(word, ':');
        members = colon && colon > word && colon[1] && colon[1] != '/' &&
                  !memchr(word, '{', (size_t)(colon - word));
        if (i > 1) og_buf_putc(&joined, ',');
        og_buf_puts(&joined, word);
    }
    og_buf_putc(&joined, '}');
    members = members && cli_mend_json((const char *)joined.data, joined.len, out);
    og_buf_free(&joined);
    return members;
}

/* "-" and "@file", as other commands take them. */
static bool suggest_input(const cli_options *options, const char *text)
{
    if (strcmp(text, "-") == 0)
        cli_say_instead(options, text, NULL, " < FILE", true);
    else if (*text == '@' && cli_is_file(text + 1))
        suggest_file(options, text, text + 1);
    else if (cli_is_file(text))
        suggest_file(options, text, text);
    else
        return false;
    return true;
}

/* An object among the arguments, which -i says the form of. */
static void suggest_argument(const cli_options *options, const char *text)
{
    og_buf objects = OG_BUF_INIT;
    og_buf members = OG_BUF_INIT;
    og_buf better = OG_BUF_INIT;
    og_buf joined = OG_BUF_INIT;
    join_objects(options, &joined);
    const char *whole = joined.data ? (const char *)joined.data : "";
    if (suggest_input(options, text))
        ;
    else if (is_repr(text, NULL))
        cli_say_instead(options, text, text, " -i repr", false);
    else if (put_objects(options, &objects))
        say_objects(options, text, &objects);
    else if (is_repr(whole, NULL))
        cli_say_instead(options, text, whole, " -i repr", true);
    else if (put_members(options, &members))
        cli_say_instead(options, text, (const char *)members.data, "", true);
    else if (cli_mend_json(whole, strlen(whole), &better))
        cli_say_instead(options, text, (const char *)better.data, "", true);
    og_buf_free(&objects);
    og_buf_free(&members);
    og_buf_free(&joined);
    og_buf_free(&better);
}

static bool is_argument(const cli_options *options, const char *text)
{
    for (size_t i = 1; i < options->arg_count; i++)
        if (options->args[i] == text) return true;
    return false;
}

void cli_suggest_object(const cli_options *options, const char *text)
{
    og_buf better = OG_BUF_INIT;
    if (cli_place_of(options, text) == options->word_count) return; /* what --exec printed */
    if (is_argument(options, text)) {
        suggest_argument(options, text);
        return;
    }
    bool known = is_repr(text, &better);
    if (!known) {
        better.len = 0;
        known = cli_mend_json(text, strlen(text), &better);
    }
    if (known) cli_say_instead(options, text, (const char *)better.data, "", false);
    og_buf_free(&better);
}

/* An object in the place of a file's name. */
static bool suggest_echo(const char *text)
{
    og_buf command = OG_BUF_INIT;
    og_buf better = OG_BUF_INIT;
    og_doc *json = og_json_loads(text, strlen(text), NULL, NULL);
    bool repr = !json && is_repr(text, NULL);
    bool object = json || repr || cli_mend_json(text, strlen(text), &better);
    if (object) {
        og_buf_puts(&command, "echo");
        cli_put_word(&command, json || repr ? text : (const char *)better.data);
        og_buf_puts(&command, repr ? " | onggi convert -i repr" : " | onggi convert");
        cli_say_command("try", &command);
    }
    og_doc_free(json);
    og_buf_free(&command);
    og_buf_free(&better);
    return object;
}

void cli_suggest_text(const char *text)
{
    bool object = *text && strchr("{[\"'", *text) && suggest_echo(text);
    if (!object) cli_suggest_receiving(text, "");
}
