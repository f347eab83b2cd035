/* SPDX-License-Identifier: MIT */
/* onggi completion: what shells need to complete onggi's words, made from the tables. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

/* What help knows besides the subcommands. */
#define TOPICS "recipes codecs framings peers"

/* What `onggi policy` does. */
#define POLICY_WORDS "check explain test"

static bool takes_file(const cli_option_info *option)
{
    return option->argument && strcmp(option->argument, "FILE") == 0;
}

static void print_commands(void)
{
    const cli_command *command;
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        printf("%s ", command->name);
    printf("completion help");
}

/* Text within single quotes; `special` characters get a backslash. */
static void print_quoted(const char *text, const char *special, const char *quote)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("%s", quote);
        else
            printf("%s%c", strchr(special, *text) ? "\\" : "", *text);
    }
}

/* ---- bash ---- */

/* Whether commands differ in what an option of this name takes. */
static bool differs(const char *name)
{
    cli_option_info option;
    size_t at = 0;
    int count = 0;
    while (cli_option_next(CLI_EVERY, &at, &option))
        count += strcmp(option.name, name) == 0;
    return count > 1;
}

/* The pattern of a command and the option after it; `before` is what comes first. */
static void bash_pattern(const char *command, const cli_option_info *option, const char *before)
{
    printf("%s%s\\ --%s", before, command, option->name);
    if (option->letter) printf("|%s\\ -%c", command, option->letter);
}

static void bash_patterns(const cli_option_info *option)
{
    const cli_command *command;
    const char *before = "    ";
    bool same = !differs(option->name);
    if (same) bash_pattern("*", option, before);
    for (size_t i = 0; !same && (command = cli_command_at(i)); i++) {
        if (!(command->bit & option->commands)) continue;
        bash_pattern(command->name, option, before);
        before = "|";
    }
    printf(") ");
}

static void bash_arguments(void)
{
    cli_option_info option;
    size_t at = 0;
    while (cli_option_next(CLI_EVERY, &at, &option)) {
        if (!option.argument) continue;
        bash_patterns(&option);
        if (takes_file(&option)) printf("_onggi_files; ");
        if (option.choices[0]) printf("COMPREPLY+=($(compgen -W '%s' -- \"$cur\")) ", option.choices);
        printf(";;\n");
    }
}

static void bash_options(void)
{
    const cli_command *command;
    cli_option_info option;
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        size_t at = 0;
        printf("        %s) words='", command->name);
        while (cli_option_next(command->bit, &at, &option))
            printf("--%s ", option.name);
        printf("' ;;\n");
    }
}

/* The names of the commands that take endpoints, one of them after the other. */
static void print_wire_commands(const char *between)
{
    const cli_command *command;
    const char *before = "";
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        if (!(command->bit & CLI_WIRE)) continue;
        printf("%s%s", before, command->name);
        before = between;
    }
}

static void bash_first_lines(void)
{
    printf("# Completion of onggi for bash, made by: onggi completion bash\n"
           "_onggi_files() {\n"
           "    compopt -o filenames 2>/dev/null\n"
           "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
           "}\n"
           "_onggi() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
           "    COMPREPLY=()\n"
           "    if [ \"$cur\" = = ]; then cur=\n" /* bash takes --codec=p for three words */
           "    elif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n");
}

static void bash(void)
{
    bash_first_lines();
    printf("    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        case $cur in -*) words='--help --version' ;; *) words='");
    print_commands();
    printf("' ;; esac\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "        return\n"
           "    fi\n"
           "    case \"${COMP_WORDS[1]} $prev\" in\n");
    bash_arguments();
    printf("    *)\n"
           "        case $cur in\n"
           "        -*)\n"
           "        case ${COMP_WORDS[1]} in\n");
    bash_options();
    printf("        esac\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
           "        *)\n"
           "        case ${COMP_WORDS[1]} in\n"
           "        help) COMPREPLY=($(compgen -W '");
    print_commands();
    printf(" " TOPICS "' -- \"$cur\")) ;;\n"
           "        completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\")) ;;\n"
           "        policy) if [ \"$COMP_CWORD\" -eq 2 ]; then COMPREPLY=($(compgen -W '" POLICY_WORDS
           "' -- \"$cur\"))\n"
           "            else _onggi_files; fi ;;\n"
           "        ");
    print_wire_commands("|");
    printf(") COMPREPLY=($(compgen -W '" CLI_SCHEMES "' -- \"$cur\")) ;;\n"
           "        *) _onggi_files ;;\n"
           "        esac ;;\n"
           "        esac ;;\n"
           "    esac\n"
           "    case $COMPREPLY in *[:/]) compopt -o nospace 2>/dev/null ;; esac\n" /* something follows */
           "}\n"
           "complete -F _onggi onggi\n");
}

/* ---- zsh ---- */

/* What offers the argument of an option. Something follows a word that ends so: no space comes after it. */
static void zsh_argument(const cli_option_info *option)
{
    bool is_open = strchr(option->choices, ':') != NULL;
    if (takes_file(option) && option->choices[0]) {
        printf("{compadd %s; _files}", option->choices);
    } else if (takes_file(option)) {
        printf("_files");
    } else if (is_open) {
        printf("compadd -S \"\" ");
        print_quoted(option->choices, ":", "");
    } else if (option->choices[0]) {
        printf("(%s)", option->choices);
    }
}

static void zsh_option(const cli_option_info *option)
{
    char letter[4] = "";
    for (int i = option->letter ? 0 : 1; i < 2; i++) { /* the letter, then the name */
        if (i == 0) snprintf(letter, sizeof letter, "-%c", option->letter);
        const char *joined = i == 1 && option->argument ? "=" : ""; /* --codec=json, or two words */
        printf("            '%s%s%s[", i == 0 ? letter : "--", i == 0 ? "" : option->name, joined);
        print_quoted(option->help, "[]\\", "'\\''");
        printf("]");
        if (option->argument) printf(":%s:", option->argument);
        zsh_argument(option);
        printf("' \\\n");
    }
}

static void zsh(void)
{
    const cli_command *command;
    cli_option_info option;
    printf("#compdef onggi\n"
           "# Completion of onggi for zsh, made by: onggi completion zsh\n"
           "_onggi() {\n"
           "    local -a commands=(\n");
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        printf("        '%s:", command->name);
        print_quoted(command->summary, "\\", "'\\''");
        printf("'\n");
    }
    printf("        'completion:what shells complete'\n"
           "        'help:more about one thing'\n"
           "    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    case $words[2] in\n");
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        size_t at = 0;
        printf("    %s)\n        _arguments \\\n", command->name);
        while (cli_option_next(command->bit, &at, &option))
            zsh_option(&option);
        if (command->bit & CLI_POLICY) printf("            '2:what:(" POLICY_WORDS ")' \\\n");
        if (command->bit & CLI_WIRE)
            printf("            '*:argument:compadd -S \"\" " CLI_SCHEMES "' ;;\n");
        else
            printf("            '*:argument:_files' ;;\n");
    }
    printf("    completion) _values shell bash zsh fish ;;\n"
           "    help) _values topic ");
    print_commands();
    printf(" " TOPICS " ;;\n"
           "    esac\n"
           "}\n"
           "if [[ $funcstack[1] == _onggi ]]; then _onggi \"$@\"; else compdef _onggi onggi; fi\n");
}

/* ---- fish ---- */

static void fish_option(const cli_command *command, const cli_option_info *option)
{
    printf("complete -c onggi -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
    if (option->letter) printf(" -s %c", option->letter);
    if (option->argument) printf(takes_file(option) ? " -r -F" : " -x");
    if (option->choices[0]) printf(" -a '%s'", option->choices);
    printf(" -d '");
    print_quoted(option->help, "\\", "\\'");
    printf("'\n");
}

static void fish(void)
{
    const cli_command *command;
    cli_option_info option;
    printf("# Completion of onggi for fish, made by: onggi completion fish\n"
           "complete -c onggi -n __fish_use_subcommand -l help -d 'more about one thing'\n"
           "complete -c onggi -n __fish_use_subcommand -l version -d 'which one this is'\n"
           "complete -c onggi -n __fish_use_subcommand -f -a help -d 'more about one thing'\n"
           "complete -c onggi -n __fish_use_subcommand -f -a completion -d 'what shells complete'\n"
           "complete -c onggi -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n"
           "complete -c onggi -n '__fish_seen_subcommand_from help' -f -a '");
    print_commands();
    printf(
        " " TOPICS "'\n"
        "complete -c onggi -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from " POLICY_WORDS
        "' -f -a '" POLICY_WORDS "'\n");
    for (size_t i = 0; (command = cli_command_at(i)); i++) {
        size_t at = 0;
        printf("complete -c onggi -n __fish_use_subcommand -f -a %s -d '", command->name);
        print_quoted(command->summary, "\\", "\\'");
        printf("'\n");
        while (cli_option_next(command->bit, &at, &option))
            fish_option(command, &option);
        if (command->bit & CLI_WIRE)
            printf("complete -c onggi -n '__fish_seen_subcommand_from %s' -f -a '" CLI_SCHEMES "'\n",
                   command->name);
    }
}

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

int cli_completion(const char *shell)
{
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, shell) != 0) continue;
        shells[i].print();
        return CLI_DONE;
    }
    return cli_usage("there is no completion for '%s': say bash, zsh or fish", shell);
}
