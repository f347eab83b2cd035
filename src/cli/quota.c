/* SPDX-License-Identifier: MIT */
/* Lines of the log that would repeat without end. */
#include "cli/quota.h"
#include "cli/cli.h"

enum { LINES = 5, PERIOD_MS = 10000 };

void cli_quota_init(cli_quota *quota)
{
    *quota = (cli_quota){.lines = 0};
    pthread_mutex_init(&quota->lock, NULL);
}

void cli_quota_fini(cli_quota *quota)
{
    pthread_mutex_destroy(&quota->lock);
}

static size_t left_out_of(const cli_quota *quota)
{
    return quota->lines > LINES ? quota->lines - LINES : 0;
}

bool cli_quota_take(cli_quota *quota, size_t *left_out)
{
    int64_t now = cli_now_ms();
    *left_out = 0;
    pthread_mutex_lock(&quota->lock);
    if (quota->lines == 0 || now - quota->since >= PERIOD_MS) {
        *left_out = left_out_of(quota);
        quota->since = now;
        quota->lines = 0;
    }
    bool taken = ++quota->lines <= LINES;
    pthread_mutex_unlock(&quota->lock);
    return taken;
}

size_t cli_quota_left_out(cli_quota *quota)
{
    pthread_mutex_lock(&quota->lock);
    size_t left_out = left_out_of(quota);
    pthread_mutex_unlock(&quota->lock);
    return left_out;
}
