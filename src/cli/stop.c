/* SPDX-License-Identifier: MIT */
/* When a server of the command was asked to stop. */
#include "cli/stop.h"
#include "cli/cli.h"

#include <stdatomic.h>

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
