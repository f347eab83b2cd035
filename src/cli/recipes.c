/* SPDX-License-Identifier: MIT */
/* onggi help recipes: commands by task. doc/recipes.md and doc/recipes.ko.md have the same ones. */
#include "cli/cli.h"

static const struct {
    const char *group; /* NULL: that of the row before */
    const char *task;
    const char *command;
} recipes[] = {
    {"Receive and answer", "Print every object that programs send, JSON or pickle",
     "onggi serve tcp://127.0.0.1:8080"},
    {NULL, "Answer every object with one that is fixed",
     "onggi serve tcp://127.0.0.1:8080 --reply 'status=ok code:=0'"},
    {NULL, "Answer with what a command makes of it", "onggi serve tcp://127.0.0.1:8080 --exec 'tr a-z A-Z'"},
    {NULL, "Hand a pickle to everybody who connects",
     "onggi serve tcp://127.0.0.1:8080 --codec pickle --greet name=John"},
    {NULL, "Collect the log records of Python programs (SocketHandler)",
     "onggi serve tcp://127.0.0.1:9020 -o log"},
    {NULL, "Answer datagrams of text",
     "onggi serve udp://127.0.0.1:8080 --codec text --reply 'You said: {}'"},
    {NULL, "Show who sent each object, and when", "onggi serve tcp://127.0.0.1:8080 -o envelope"},
    {NULL, "Keep the first two objects in a file",
     "onggi serve tcp://127.0.0.1:8080 --count 2 > objects.jsonl"},
    {NULL, "Refuse pickles that name anything but plain data",
     "onggi serve tcp://127.0.0.1:8080 --policy plain-data"},
    {NULL, "Let JSON programs talk to a server that speaks pickle",
     "onggi serve tcp://127.0.0.1:8080 --to 'tcp://127.0.0.1:9000?codec=pickle'"},
    {"Send and ask", "Send an object, print the answer", "onggi call tcp://127.0.0.1:8080 name=John age:=30"},
    {NULL, "Ask one thing after the other, at a prompt", "onggi call tcp://127.0.0.1:8080"},
    {NULL, "Send all objects of a file", "onggi send tcp://127.0.0.1:8080 < objects.jsonl"},
    {NULL, "Send a pickle with its length in four bytes before it",
     "onggi send tcp://127.0.0.1:9020 --codec pickle --framing u32be msg=full"},
    {NULL, "Ask a server that puts the length in ten characters first",
     "onggi call tcp://127.0.0.1:8080 --as digits name=John"},
    {NULL, "Print one member of all that a server sends",
     "onggi recv tcp://127.0.0.1:8080 --get /name -o text"},
    {"Look into pickles, without running them", "Show what is in a pickle",
     "onggi convert -o pretty data.pickle"},
    {NULL, "Write a pickle", "echo '{\"name\": \"John\"}' | onggi convert -o pickle > john.pickle"},
    {NULL, "Which classes and functions does it name?", "onggi inspect --globals data.pickle"},
    {NULL, "Is all of a folder harmless?", "onggi inspect --verdict downloads/"},
};

int cli_recipes(void)
{
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++) {
        if (recipes[i].group) printf("%s%s\n", i ? "\n" : "", recipes[i].group);
        printf("  %s\n      %s\n", recipes[i].task, recipes[i].command);
    }
    return CLI_DONE;
}
