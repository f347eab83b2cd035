/* SPDX-License-Identifier: MIT */
/* The help, printed from the tables. */
#include "cli/suggest.h"

#include <string.h>

enum { NAMES = 32 }; /* columns of a subcommand and what it takes */

static void print_list(const char *title, const char *name, const char *summary, size_t index)
{
    char left[32];
    if (index == 0) printf("%s\n", title);
    snprintf(left, sizeof left, "  %s", name);
    cli_print_row(stdout, 13, left, summary);
}

static void print_command(const char *name, const char *synopsis, const char *summary)
{
    char left[64];
    snprintf(left, sizeof left, "  %s %s", name, synopsis);
    cli_print_row(stdout, NAMES, left, summary);
}

int cli_help(void)
{
    const cli_command *command;
    printf("onggi %s: objects between programs over sockets, in JSON and pickle.\n"
           "What arrives is never run: a pickle is data here.\n\n"
           "onggi COMMAND [OPTIONS] ARGUMENT...\n",
           og_version());
    for (size_t i = 0; (command = cli_command_at(i)); i++)
        print_command(command->name, command->synopsis, command->summary);
    print_command("completion", "bash|zsh|fish", "print what the shell needs to complete these words");
    print_command("help", "[COMMAND|recipes|codecs|framings|peers]", "this, or more about one thing");
    printf("\n");
    cli_print_row(
        stdout, 13, "Endpoints:",
        "tcp://HOST:PORT, udp://HOST:PORT, tls://HOST:PORT, unix:///PATH or unixgram:///PATH. No host is this machine "
        "alone, * every interface; ?codec=NAME&framing=NAME may follow.");
    cli_print_row(stdout, 13, "Exit status:",
                  "0 done, 1 the data or the peer said no, 2 usage, 3 not connected, bound or read, 4 timed "
                  "out. inspect: see the manual.");
    printf("\nTwenty commands by task: onggi help recipes\n"
           "\nTry, in two terminals:\n"
           "  onggi serve tcp://127.0.0.1:8080 --echo\n"
           "  onggi call tcp://127.0.0.1:8080 '{\"name\": \"John\", \"age\": 30}'\n");
    return CLI_DONE;
}

int cli_help_command(const cli_command *command)
{
    printf("onggi %s [OPTIONS] %s\n\n", command->name, command->synopsis);
    cli_print_row(stdout, 0, "", command->description);
    printf("\n");
    cli_print_options(stdout, command->bit);
    printf("\nExample%s:\n%s", strchr(command->example, '\n')[1] ? "s" : "", command->example);
    return CLI_DONE;
}

static int help_codecs(void)
{
    const og_codec *codec;
    for (size_t i = 0; (codec = og_codec_at(i)); i++)
        print_list("Codecs: the bytes of one message", codec->name, codec->summary, i);
    return CLI_DONE;
}

static int help_framings(void)
{
    const og_frame_ops *framing;
    for (size_t i = 0; (framing = og_framing_at(i)); i++)
        print_list("Framings: how messages are set apart in a stream", framing->name, framing->summary, i);
    return CLI_DONE;
}

static int help_peers(void)
{
    const og_profile *peer;
    for (size_t i = 0; (peer = og_profile_at(i)); i++)
        print_list("Kinds of peer, for --as and ?as=", peer->name, peer->summary, i);
    return CLI_DONE;
}

/* A table for doc/detection.md, which a test compares with it. */
static int help_signatures(void)
{
    const og_signature *row;
    printf("| the first bytes | what it is | what to do |\n| --- | --- | --- |\n");
    for (size_t i = 0; (row = og_signature_at(i)); i++)
        printf("| `%s`%s | %s | %s |\n", row->bytes, row->unsure ? " *" : "", row->what, row->advice);
    return CLI_DONE;
}

static int help_completion(void)
{
    printf("onggi completion bash|zsh|fish\n\n");
    cli_print_row(
        stdout, 0, "",
        "Prints what the shell needs to complete the words of onggi. Packages install it. Without one, put "
        "the line for your shell into its start file (in zsh, after compinit).");
    printf("\nExamples:\n"
           "  source <(onggi completion bash)\n"
           "  source <(onggi completion zsh)\n"
           "  onggi completion fish | source\n");
    return CLI_DONE;
}

static int help_about(const char *topic)
{
    const cli_command *command = cli_command_find(topic);
    if (command) return cli_help_command(command);
    if (strcmp(topic, "help") == 0) return cli_help();
    if (strcmp(topic, "completion") == 0) return help_completion();
    if (strcmp(topic, "recipes") == 0) return cli_recipes();
    if (strcmp(topic, "codecs") == 0) return help_codecs();
    if (strcmp(topic, "framings") == 0) return help_framings();
    if (strcmp(topic, "peers") == 0) return help_peers();
    if (strcmp(topic, "signatures") == 0) return help_signatures();
    return cli_usage("there is no help about '%s': see 'onggi help'", topic);
}

static int unknown_command(const char *word)
{
    const char *names[16];
    size_t count = 0;
    for (const cli_command *c; count < 13 && (c = cli_command_at(count)); count++)
        names[count] = c->name;
    names[count++] = "completion";
    names[count++] = "help";
    names[count] = NULL;
    const char *nearest = og_nearest(word, names);
    if (nearest) return cli_usage("there is no command '%s': did you mean '%s'?", word, nearest);
    return cli_usage("there is no command '%s': see 'onggi help'", word);
}

int cli_help_or_unknown(int argc, char **argv)
{
    const char *word = argv[0];
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        printf("onggi %s\n", og_version());
        return CLI_DONE;
    }
    if (strcmp(word, "completion") == 0) {
        if (argc != 2) return cli_usage("'onggi completion' takes the name of a shell: bash, zsh or fish");
        return cli_completion(argv[1]);
    }
    if (strcmp(word, "help") == 0 && argc > 1) return help_about(argv[1]);
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return cli_help();
    if (word[0] == '-') return cli_usage("the command comes before its options: onggi COMMAND [OPTIONS] ...");
    int status = unknown_command(word);
    cli_suggest_command(argc, argv);
    return status;
}
