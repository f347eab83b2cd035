/* SPDX-License-Identifier: MIT */
/* Writing down the command that would work. */
#include "cli/suggest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A word as the shell takes it. */
static void put_word(og_buf *out, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@%+,-";
    if (out->len) og_buf_putc(out, ' ');
    if (*word && strspn(word, plain) == strlen(word)) {
        og_buf_puts(out, word);
        return;
    }
    bool twice = strchr(word, '\'') && !strpbrk(word, "\"$`\\!");
    const char *quote = twice ? "\"" : "'";
    og_buf_puts(out, quote);
    for (; *word; word++) {
        if (*word == '\'' && !twice)
            og_buf_puts(out, "'\\''");
        else
            og_buf_putc(out, (uint8_t)*word);
    }
    og_buf_puts(out, quote);
}

static void say_try(og_buf *command)
{
    if (og_buf_putc(command, '\0') == 0) cli_log(OG_LOG_ERROR, "try: %s", (const char *)command->data);
    og_buf_free(command);
}

/* The place of `text` in the command line: the word that it is, or that it ends. */
static size_t place_of(const cli_options *options, const char *text)
{
    size_t i = 0;
    while (i < options->word_count) {
        const char *word = options->words[i];
        if (word <= text && text <= word + strlen(word)) break;
        i++;
    }
    return i;
}

/* The command with `better` for the text, and with what `more` has between spaces after it. Words that are
 * `gone` (its objects) are left out. */
static void say_instead(const cli_options *options, const char *text, const char *better, const char *more,
                        bool objects_gone)
{
    og_buf command = OG_BUF_INIT;
    size_t place = place_of(options, text);
    og_buf_puts(&command, "onggi");
    for (size_t i = 0; i < options->word_count; i++) {
        const char *word = options->words[i];
        bool gone = false;
        for (size_t k = 1; objects_gone && k < options->arg_count; k++)
            gone |= options->args[k] == word;
        if (i == place && better) {
            og_buf whole = OG_BUF_INIT;
            og_buf_put(&whole, word, (size_t)(text - word)); /* "--reply=" */
            og_buf_puts(&whole, better);
            if (og_buf_putc(&whole, '\0') == 0) put_word(&command, (const char *)whole.data);
            og_buf_free(&whole);
        } else if (i != place && !gone) {
            put_word(&command, word);
        }
    }
    og_buf_puts(&command, more);
    say_try(&command);
}

/* A file that is there, or a name as files of objects have them. */
static bool is_file(const char *path)
{
    static const char *const ends[] = {".json", ".jsonl", ".pickle", ".pkl"};
    struct stat info;
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(ends[i]);
        if (len > n && !strpbrk(path, "{[\"' ") && strcmp(path + len - n, ends[i]) == 0) return true;
    }
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static bool is_pickle(const char *path)
{
    char first = '\0';
    FILE *file = fopen(path, "rb");
    if (file) {
        if (fread(&first, 1, 1, file) != 1) first = '\0';
        fclose(file);
    }
    return first && !strchr(" \t\r\n{[\"-0123456789tfn\xef", first);
}

/* What gives a file to a command that takes objects: appends it, with a NUL. */
static void put_redirection(og_buf *out, const char *path)
{
    og_buf word = OG_BUF_INIT;
    put_word(&word, path);
    og_buf_puts(out, is_pickle(path) ? " -i pickle < " : " < ");
    og_buf_put(out, word.data, word.len);
    og_buf_putc(out, '\0');
    og_buf_free(&word);
}

/* ---- Endpoints ---- */

static bool is_endpoint(const char *text)
{
    og_endpoint endpoint;
    return og_endpoint_parse(&endpoint, text, NULL) == 0;
}

/* Schemes of other protocols, over the transport that they use. */
static const struct {
    const char *scheme;
    const char *transport;
    const char *port;
} foreign[] = {{"http://", "tcp", ":80"}, {"https://", "tls", ":443"}, {"ws://", "tcp", ":80"},
               {"wss://", "tls", ":443"}, {"ssl://", "tls", ":443"},   {"socket://", "tcp", ""}};

/* HOST[:PORT] of a URL, with the port that its scheme means. */
static bool mend_url(const char *text, char *better, size_t size)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        size_t len = strlen(foreign[i].scheme);
        if (strncmp(text, foreign[i].scheme, len) != 0) continue;
        const char *host = text + len;
        int n = (int)strcspn(host, "/?#");
        const char *colon = memchr(host, ':', (size_t)n);
        snprintf(better, size, "%s://%.*s%s", foreign[i].transport, n, host, colon ? "" : foreign[i].port);
        return is_endpoint(better);
    }
    return false;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* "tcp:host:80", "tcp:/host:80" and "udp:80". */
static bool mend_scheme(const char *text, char *better, size_t size)
{
    static const char *const schemes[] = {"tcp", "udp", "tls", "unix", "unixgram"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i]);
        if (strncmp(text, schemes[i], len) != 0 || text[len] != ':') continue;
        const char *rest = text + len + 1;
        if (strncmp(schemes[i], "unix", 4) != 0) rest += strspn(rest, "/");
        snprintf(better, size, "%s://%s%s", schemes[i], is_number(rest) ? "127.0.0.1:" : "", rest);
        return is_endpoint(better);
    }
    return false;
}

/* The endpoint that `text` is, or was probably meant to be. */
static bool mend_endpoint(const char *text, char *better, size_t size)
{
    if (is_endpoint(text)) return (size_t)snprintf(better, size, "%s", text) < size;
    if (mend_url(text, better, size) || mend_scheme(text, better, size)) return true;
    if (strstr(text, "://") || is_file(text)) return false;
    bool port = is_number(text);
    if (strchr(text, '/') || (strlen(text) > 5 && strcmp(text + strlen(text) - 5, ".sock") == 0))
        snprintf(better, size, "unix://%s", text);
    else
        snprintf(better, size, "tcp://%s%s", port ? "127.0.0.1:" : *text == ':' ? "127.0.0.1" : "", text);
    return is_endpoint(better);
}

/* The word among the objects that is an endpoint, or NULL. */
static const char *misplaced(const cli_options *options)
{
    for (size_t i = 1; i < options->arg_count && options->command->bit & CLI_CLIENTS; i++)
        if (is_endpoint(options->args[i])) return options->args[i];
    return NULL;
}

/* A host, and the port as the next word, as nc takes them. False when it is not so. */
static bool suggest_joined(const cli_options *options, const char *text)
{
    char better[512];
    if (options->arg_count < 2 || (text != options->args[0] && text != options->args[1])) return false;
    const char *host = options->args[0];
    const char *port = options->args[1];
    size_t digits = strlen(port);
    if (!is_number(port) || is_number(host) || digits < 2 || digits > 5 || strpbrk(host, ":/{[\"' ") ||
        is_file(host))
        return false;
    snprintf(better, sizeof better, "tcp://%s:%s", host, port);
    if (!is_endpoint(better)) return false;
    og_buf command = OG_BUF_INIT;
    og_buf_puts(&command, "onggi");
    for (size_t i = 0; i < options->word_count; i++)
        if (options->words[i] != port)
            put_word(&command, options->words[i] == host ? better : options->words[i]);
    say_try(&command);
    return true;
}

static void say_in_order(const cli_options *options, const char *endpoint)
{
    og_buf command = OG_BUF_INIT;
    og_buf_puts(&command, "onggi");
    put_word(&command, options->words[0]);
    put_word(&command, endpoint);
    for (size_t i = 1; i < options->word_count; i++)
        if (options->words[i] != endpoint) put_word(&command, options->words[i]);
    say_try(&command);
}

/* A file in the place of the endpoint: to be sent, or just to be looked at. */
static void suggest_convert(const cli_options *options, const char *path)
{
    og_buf command = OG_BUF_INIT;
    if (options->command->bit & (CLI_CALL | CLI_SEND)) {
        og_buf_puts(&command, "onggi");
        put_word(&command, options->command->name);
        put_word(&command, "tcp://127.0.0.1:8080");
        put_redirection(&command, path);
    } else {
        og_buf_puts(&command, "onggi convert");
        put_word(&command, path);
    }
    say_try(&command);
}

void cli_suggest_endpoint(const cli_options *options, const char *text)
{
    char better[512];
    const char *other = misplaced(options);
    if (suggest_joined(options, text)) return;
    if (mend_endpoint(text, better, sizeof better))
        say_instead(options, text, better, "", false);
    else if (other)
        say_in_order(options, other);
    else if (is_file(text))
        suggest_convert(options, text);
    else if (options->command->bit & CLI_CLIENTS && *text && strchr("{[\"'", *text))
        say_in_order(options, "tcp://127.0.0.1:8080");
}

void cli_suggest_command(int argc, char **argv)
{
    char better[512];
    const char *name = argc > 1 ? "call" : "serve";
    bool mended = mend_endpoint(argv[0], better, sizeof better);
    if (!mended && !is_file(argv[0])) return;
    og_buf command = OG_BUF_INIT;
    og_buf_puts(&command, "onggi");
    put_word(&command, mended ? name : "convert");
    put_word(&command, mended ? better : argv[0]);
    for (int i = 1; i < argc; i++)
        put_word(&command, argv[i]);
    say_try(&command);
}

/* ---- Objects ---- */

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

static void suggest_file(const cli_options *options, const char *path)
{
    og_buf more = OG_BUF_INIT;
    put_redirection(&more, path);
    say_instead(options, path, NULL, (const char *)more.data, true);
    og_buf_free(&more);
}

/* An object among the arguments, which -i says the form of. */
static void suggest_argument(const cli_options *options, const char *text)
{
    og_buf better = OG_BUF_INIT;
    og_buf joined = OG_BUF_INIT;
    join_objects(options, &joined);
    const char *whole = joined.data ? (const char *)joined.data : "";
    if (is_file(text))
        suggest_file(options, text);
    else if (is_repr(text, NULL))
        say_instead(options, text, text, " -i repr", false);
    else if (cli_mend_json(text, strlen(text), &better))
        say_instead(options, text, (const char *)better.data, "", false);
    else if (options->arg_count > 2 && is_repr(whole, NULL))
        say_instead(options, text, whole, " -i repr", true);
    else {
        better.len = 0;
        if (options->arg_count > 2 && cli_mend_json(whole, strlen(whole), &better))
            say_instead(options, text, (const char *)better.data, "", true);
    }
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
    if (place_of(options, text) == options->word_count) return; /* what --exec printed */
    if (is_argument(options, text)) {
        suggest_argument(options, text);
        return;
    }
    bool known = is_repr(text, &better);
    if (!known) {
        better.len = 0;
        known = cli_mend_json(text, strlen(text), &better);
    }
    if (known) say_instead(options, text, (const char *)better.data, "", false);
    og_buf_free(&better);
}

void cli_suggest_text(const char *text)
{
    og_buf command = OG_BUF_INIT;
    og_doc *json = og_json_loads(text, strlen(text), NULL, NULL);
    bool object = *text && strchr("{[\"'", *text) && (json || is_repr(text, NULL));
    if (object) {
        og_buf_puts(&command, "echo");
        put_word(&command, text);
        og_buf_puts(&command, json ? " | onggi convert" : " | onggi convert -i repr");
        say_try(&command);
    }
    og_doc_free(json);
}
