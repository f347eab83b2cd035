/* SPDX-License-Identifier: MIT */
/* To be loaded before a program: its calendar is an hour ahead of the one by which the kernel ends waits, as
 * when somebody sets the date back while it waits. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (failed == 0 && clock == CLOCK_REALTIME) now->tv_sec += 3600;
    return failed;
}
