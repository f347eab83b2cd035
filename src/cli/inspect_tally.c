/* SPDX-License-Identifier: MIT */
/* What became of all files that onggi inspect was given. */
#include "cli/inspect.h"

#include <stdio.h>
#include <string.h>

void inspect_count(inspection *run, fate what)
{
    run->tally.files[what]++;
}

void inspect_pass_over(inspection *run, const char *name, const char *why)
{
    tally *t = &run->tally;
    size_t i = 0;
    cli_log(OG_LOG_DEBUG, "%s: passed over: %s", name, why);
    t->passed_over++;
    while (i < REASONS_MAX - 1 && t->reasons[i].why && strcmp(t->reasons[i].why, why) != 0)
        i++;
    t->reasons[i].why = t->reasons[i].why && strcmp(t->reasons[i].why, why) != 0 ? "others" : why;
    t->reasons[i].count++;
}

void inspect_say_tally(const inspection *run)
{
    const tally *t = &run->tally;
    char why[400] = "";
    size_t len = 0;
    size_t seen = 0;
    for (size_t i = 0; i < FATES; i++)
        seen += t->files[i];
    for (size_t i = 0; i < REASONS_MAX && t->reasons[i].why && len < sizeof why - 60; i++)
        len += (size_t)snprintf(why + len, sizeof why - len, "%s%s: %zu", i ? ", " : " (", t->reasons[i].why,
                                t->reasons[i].count);
    if (len) snprintf(why + len, sizeof why - len, ")");
    cli_log(
        OG_LOG_INFO,
        "looked at %zu: %zu harmless, %zu not harmless, %zu unreadable, %zu not a pickle; passed over %zu%s",
        seen, t->files[FATE_HARMLESS], t->files[FATE_HARMFUL], t->files[FATE_UNREADABLE],
        t->files[FATE_NO_PICKLE], t->passed_over, why);
}

/* The worst counts; that there was nothing to judge, only when nothing else applies. */
int inspect_verdict_status(const inspection *run)
{
    const size_t *files = run->tally.files;
    if (files[FATE_HARMFUL]) return CLI_REFUSED;
    if (files[FATE_UNREADABLE]) return CLI_NOT_EXAMINED;
    if (files[FATE_HARMLESS]) return CLI_DONE;
    cli_log(OG_LOG_WARNING, "nothing was inspected: there was no pickle, archive or array");
    return CLI_NO_PICKLE;
}
