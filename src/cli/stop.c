/* SPDX-License-Identifier: MIT */
/* When the command was asked to stop. */
#include "cli/stop.h"
#include "cli/cli.h"
#include "cli/ready.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int_fast64_t began; /* 0: it was not */

void cli_stop_begin(void)
{
    int_fast64_t none = 0;
    atomic_compare_exchange_strong(&began, &none, cli_now_ms() + 1);
}

bool cli_stop_is_over(int64_t ms)
{
    int64_t at = atomic_load(&began);
    return at != 0 && cli_now_ms() - at >= ms;
}

static void on_alarm(int number)
{
    static const char said[] = "onggi: stopped, though something was still waited for\n";
    (void)number;
    ssize_t told = cli_can_write(STDERR_FILENO, 0) ? write(STDERR_FILENO, said, sizeof said - 1) : 0;
    (void)told;
    _exit(CLI_UNREACHED);
}

static void on_signal(int number)
{
    (void)number;
    cli_stop_begin();
    alarm(CLI_GRACE_MS / 1000);
}

void cli_stop_catch(void)
{
    const struct sigaction late = {.sa_handler = on_alarm};
    const struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGALRM, &late, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
}
