/* SPDX-License-Identifier: MIT */
/* The prompt of call and send on a terminal. */
#include "cli/prompt.h"

#include <histedit.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum { LINES_KEPT = 1000, PATH_SIZE = 4096 };

struct cli_prompt {
    EditLine *editor;
    History *history;
    char file[PATH_SIZE]; /* of the history; "": none */
    bool goes_on;
    bool cancelled;
};

bool cli_prompt_wanted(void)
{
    return isatty(STDIN_FILENO) && (isatty(STDOUT_FILENO) || isatty(STDERR_FILENO));
}

static char *prompt_text(EditLine *editor)
{
    static char first[] = "onggi> ";
    static char next[] = "   ... ";
    void *prompt;
    el_get(editor, EL_CLIENTDATA, &prompt);
    return ((cli_prompt *)prompt)->goes_on ? next : first;
}

/* Ctrl-C drops the line. */
static unsigned char cancel(EditLine *editor, wint_t key)
{
    void *prompt;
    (void)key;
    el_get(editor, EL_CLIENTDATA, &prompt);
    ((cli_prompt *)prompt)->cancelled = true;
    return CC_NEWLINE;
}

/* $ONGGI_HISTORY, or ~/.onggi_history. Empty: none is kept. */
static void find_history(cli_prompt *prompt)
{
    const char *file = getenv("ONGGI_HISTORY");
    const char *home = getenv("HOME");
    if (!file && (!home || !*home)) return;
    int len = file ? snprintf(prompt->file, PATH_SIZE, "%s", file)
                   : snprintf(prompt->file, PATH_SIZE, "%s/.onggi_history", home);
    if (len >= PATH_SIZE) prompt->file[0] = '\0';
}

static void open_history(cli_prompt *prompt)
{
    HistEvent event;
    find_history(prompt);
    history(prompt->history, &event, H_SETSIZE, LINES_KEPT);
    history(prompt->history, &event, H_SETUNIQUE, 1);
    if (prompt->file[0]) history(prompt->history, &event, H_LOAD, prompt->file);
}

/* Also after each line: Ctrl-C while an answer is awaited ends the command. A line that begins with a blank
 * is not kept, as in shells. */
static void remember(cli_prompt *prompt, const char *line)
{
    HistEvent event;
    if (strchr(" \t\r\n", line[0])) return;
    history(prompt->history, &event, H_ENTER, line);
    if (prompt->file[0]) history(prompt->history, &event, H_SAVE, prompt->file);
}

/* Characters of more than one byte need a locale that knows them. */
static void choose_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
}

static void set_up(cli_prompt *prompt)
{
    EditLine *editor = prompt->editor;
    el_set(editor, EL_CLIENTDATA, prompt);
    el_set(editor, EL_PROMPT, prompt_text);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_SIGNAL, 1);
    el_set(editor, EL_HIST, history, prompt->history);
    el_wset(editor, EL_ADDFN, L"onggi-cancel", L"Drop the line", cancel); /* el_set() leaks the words */
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(editor, NULL);
    el_set(editor, EL_BIND, "^C", "onggi-cancel", NULL);
    /* A Ctrl-D that the terminal took for its own end, between two prompts, is a NUL afterwards. */
    el_set(editor, EL_BIND, "^@", "em-delete-or-list", NULL);
}

cli_prompt *cli_prompt_new(void)
{
    cli_prompt *prompt = calloc(1, sizeof *prompt);
    if (!prompt) return NULL;
    choose_locale();
    prompt->history = history_init();
    prompt->editor = el_init("onggi", stdin, isatty(STDOUT_FILENO) ? stdout : stderr, stderr);
    if (!prompt->history || !prompt->editor) {
        cli_prompt_free(prompt);
        return NULL;
    }
    open_history(prompt);
    set_up(prompt);
    return prompt;
}

void cli_prompt_free(cli_prompt *prompt)
{
    if (!prompt) return;
    if (prompt->editor) el_end(prompt->editor);
    if (prompt->history) history_end(prompt->history);
    free(prompt);
}

/* A line; Ctrl-C is a key while it is typed, and a signal again after it. */
static const char *read_line(cli_prompt *prompt, int *len)
{
    struct termios before = {0};
    bool known = tcgetattr(STDIN_FILENO, &before) == 0;
    struct termios during = before;
    during.c_cc[VINTR] = _POSIX_VDISABLE;
    if (known) tcsetattr(STDIN_FILENO, TCSADRAIN, &during);
    /* Before the prompt shows: an end that is typed at once would be the terminal's to take, and be lost. */
    el_set(prompt->editor, EL_PREP_TERM, 1);
    const char *line = el_gets(prompt->editor, len);
    if (known) tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    return line;
}

static void show(cli_prompt *prompt, const char *text)
{
    FILE *shown;
    el_get(prompt->editor, EL_GETFP, 1, &shown);
    fputs(text, shown);
}

cli_typed cli_prompt_line(cli_prompt *prompt, bool goes_on, og_buf *out)
{
    int len = 0;
    prompt->goes_on = goes_on;
    prompt->cancelled = false;
    const char *line = read_line(prompt, &len);
    if (prompt->cancelled) {
        show(prompt, "^C\n");
        return CLI_TYPED_CANCEL;
    }
    if (!line || len <= 0) {
        show(prompt, "\n"); /* else the shell's prompt comes right after the ^D */
        return CLI_TYPED_END;
    }
    remember(prompt, line);
    if (og_buf_put(out, line, (size_t)len) == 0) return CLI_TYPED_LINE;
    cli_log(OG_LOG_ERROR, "out of memory");
    return CLI_TYPED_CANCEL;
}
