/* SPDX-License-Identifier: MIT */
/*
 * Reads JSON and writes it again, case after case, for tests in Python. A case on standard input is one line,
 * "INDENT FLAGS LENGTH" (FLAGS: letters, '-' for none), then LENGTH bytes. The answer is a line "ok LENGTH"
 * and LENGTH bytes, or a line "error CODE POSITION SENTENCE".
 *
 * s sort_keys, a ensure_ascii, n allow_nan, u allow_surrogates, p Python's own separators, l write lossless,
 * P write plain, L read lossless, d refuse duplicates, k read a pickle, K write one;
 * t three lines come before what is read: the text of a level, the separators of items and of keys
 */
#include <onggi/json.h>
#include <onggi/pickle.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const og_error *err)
{
    printf("error %s %zd %s\n", og_status_name(err->code), (ssize_t)err->position, err->text);
    return 0;
}

static og_doc *read_case(const char *flags, const char *text, size_t len, og_error *err)
{
    og_json_read_options in = {
        .size = sizeof in,
        .allow_nan = strchr(flags, 'n') != NULL,
        .allow_surrogates = strchr(flags, 'u') != NULL,
        .lossless = strchr(flags, 'L') != NULL,
        .refuse_duplicates = strchr(flags, 'd') != NULL,
    };
    if (strchr(flags, 'k')) return og_pickle_loads(text, len, NULL, err);
    return og_json_loads(text, len, &in, err);
}

static char *write_case(og_value value, const og_json_write_options *options, const char *flags, size_t *len,
                        og_error *err)
{
    if (strchr(flags, 'K')) return og_pickle_dumps(value, len, NULL, err);
    return og_json_dumps(value, len, options, err);
}

/* Takes a line off the front of what is read. */
static const char *take_line(char **text, size_t *len)
{
    char *line = *text;
    char *end = memchr(line, '\n', *len);
    if (!end) exit(2);
    *end = '\0';
    *len -= (size_t)(end + 1 - line);
    *text = end + 1;
    return line;
}

static int run(int indent, const char *flags, char *text, size_t len)
{
    og_error err = {.code = OG_OK};
    bool python = strchr(flags, 'p') != NULL;
    og_json_write_options out = {
        .size = sizeof out,
        .indent = indent,
        .sort_keys = strchr(flags, 's') != NULL,
        .ensure_ascii = strchr(flags, 'a') != NULL,
        .allow_nan = strchr(flags, 'n') != NULL,
        .item_separator = python && indent == 0 ? ", " : NULL,
        .key_separator = python ? ": " : NULL,
        .max_growth = 1000, /* Python has no such limit */
        .form = strchr(flags, 'l')   ? OG_JSON_LOSSLESS
                : strchr(flags, 'P') ? OG_JSON_PLAIN
                                     : OG_JSON_STRICT,
    };
    if (strchr(flags, 't')) {
        out.indent_text = take_line(&text, &len);
        if (strcmp(out.indent_text, "none") == 0) out.indent_text = NULL;
        out.item_separator = take_line(&text, &len);
        out.key_separator = take_line(&text, &len);
    }
    og_doc *doc = read_case(flags, text, len, &err);
    if (!doc) return fail(&err);
    char *written = write_case(og_doc_root(doc), &out, flags, &len, &err);
    og_doc_free(doc);
    if (!written) return fail(&err);
    printf("ok %zu\n", len);
    size_t n = fwrite(written, 1, len, stdout);
    free(written);
    return n == len ? 0 : -1;
}

int main(void)
{
    int indent;
    char flags[32];
    size_t len;
    while (scanf("%d %31s %zu", &indent, flags, &len) == 3) {
        if (getchar() != '\n') return 2;
        char *text = malloc(len + 1);
        if (!text || fread(text, 1, len, stdin) != len || run(indent, flags, text, len) < 0) return 2;
        free(text);
    }
    return 0;
}
