/* SPDX-License-Identifier: MIT */
/* Writing down the command that would work: words as a shell takes them, and commands of them. */
#include "cli/suggest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void cli_put_word(og_buf *out, const char *word)
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

void cli_say_command(const char *lead, og_buf *command)
{
    if (og_buf_putc(command, '\0') == 0) cli_log(OG_LOG_ERROR, "%s: %s", lead, (const char *)command->data);
}

size_t cli_place_of(const cli_options *options, const char *text)
{
    size_t i = 0;
    while (i < options->word_count) {
        const char *word = options->words[i];
        if (word <= text && text <= word + strlen(word)) break;
        i++;
    }
    return i;
}

void cli_say_instead(const cli_options *options, const char *text, const char *better, const char *more,
                     bool objects_gone)
{
    og_buf command = OG_BUF_INIT;
    size_t place = cli_place_of(options, text);
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
            if (og_buf_putc(&whole, '\0') == 0) cli_put_word(&command, (const char *)whole.data);
            og_buf_free(&whole);
        } else if (i != place && !gone) {
            cli_put_word(&command, word);
        }
    }
    og_buf_puts(&command, more);
    cli_say_command("try", &command);
    og_buf_free(&command);
}

bool cli_is_file(const char *path)
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

void cli_put_redirection(og_buf *out, const char *path)
{
    og_buf word = OG_BUF_INIT;
    cli_put_word(&word, path);
    og_buf_puts(out, is_pickle(path) ? " -i pickle < " : " < ");
    og_buf_put(out, word.data, word.len);
    og_buf_putc(out, '\0');
    og_buf_free(&word);
}
