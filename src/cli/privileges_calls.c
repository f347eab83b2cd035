/* SPDX-License-Identifier: MIT */
/* The system calls that serving needs. Others fail with ENOSYS (seccomp), so that a C library falls back on
 * older ones. */
#include "cli/privileges.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Where a processor's call has its arguments. The old mmap of s390x and i386 has one: where the others are.
 */
#if defined(__s390x__)
enum { CLONE_FLAGS = 1, MMAP_PROTECTION_MASK = 0 };
#else
enum { CLONE_FLAGS = 0, MMAP_PROTECTION_MASK = PROT_EXEC };
#endif
#ifdef __NR_mmap2
#    define MMAP "mmap2"
#else
#    define MMAP "mmap"
#endif

enum {
    SERVING = CLI_NEEDS_SERVING,
    CONNECT = CLI_NEEDS_CONNECT,
    LOOK_UP = CLI_NEEDS_LOOK_UP,
    DATAGRAMS = CLI_NEEDS_DATAGRAMS
};

/* A call, and what it is needed for. With a mask only where those bits of an argument have this value. */
typedef struct row {
    const char *name;
    unsigned needs;
    unsigned argument;
    uint32_t mask;
    uint32_t value;
} row;

#define WHOLE UINT32_MAX

/* Names that a processor does not have are passed over: those of 64-bit times are for 32-bit processors. */
static const row rows[] = {
    /* messages, and lines of the log and of standard output */
    {"read", SERVING, 0, 0, 0},
    {"readv", SERVING, 0, 0, 0},
    {"recv", SERVING, 0, 0, 0},
    {"recvfrom", SERVING, 0, 0, 0},
    {"recvmsg", SERVING, 0, 0, 0},
    {"recvmmsg", SERVING, 0, 0, 0},
    {"recvmmsg_time64", SERVING, 0, 0, 0},
    {"write", SERVING, 0, 0, 0},
    {"writev", SERVING, 0, 0, 0},
    {"send", SERVING, 0, 0, 0},
    {"sendto", SERVING, 0, 0, 0},
    {"sendmsg", SERVING, 0, 0, 0},
    {"sendmmsg", SERVING, 0, 0, 0},
    /* connections */
    {"accept", SERVING, 0, 0, 0},
    {"accept4", SERVING, 0, 0, 0},
    {"close", SERVING, 0, 0, 0},
    {"getpeername", SERVING, 0, 0, 0},
    {"getsockname", SERVING, 0, 0, 0},
    {"getsockopt", SERVING, 0, 0, 0},
    {"setsockopt", SERVING, 0, 0, 0},
    {"shutdown", SERVING, 0, 0, 0},
    {"fcntl", SERVING, 0, 0, 0},
    {"fcntl64", SERVING, 0, 0, 0},
    {"ioctl", SERVING, 1, WHOLE, FIONBIO},
    {"ioctl", SERVING, 1, WHOLE, FIONREAD},
    {"ioctl", SERVING, 1, WHOLE, SIOCOUTQ},
    {"ioctl", SERVING, 1, WHOLE, TCGETS}, /* is it a terminal? */
    {"ioctl", SERVING, 1, WHOLE, TIOCGWINSZ},
    /* a server behind */
    {"connect", CONNECT, 0, 0, 0},
    {"socket", CONNECT, 0, WHOLE, AF_UNIX},
    {"socket", CONNECT | DATAGRAMS, 0, WHOLE, AF_INET},
    {"socket", CONNECT | DATAGRAMS, 0, WHOLE, AF_INET6},
    {"bind", CONNECT | DATAGRAMS, 0, 0, 0}, /* unixgram; is this address ours? */
    {"ioctl", CONNECT, 1, WHOLE, SIOCOUTQNSD},
    {"ioctl", CONNECT | DATAGRAMS, 1, WHOLE, SIOCGIFNAME},
    {"ioctl", CONNECT | DATAGRAMS, 1, WHOLE, SIOCGIFINDEX},
    /* the loop, timers and locks */
    {"epoll_ctl", SERVING, 0, 0, 0},
    {"epoll_wait", SERVING, 0, 0, 0},
    {"epoll_pwait", SERVING, 0, 0, 0},
    {"epoll_pwait2", SERVING, 0, 0, 0},
    {"poll", SERVING, 0, 0, 0},
    {"ppoll", SERVING, 0, 0, 0},
    {"ppoll_time64", SERVING, 0, 0, 0},
    {"futex", SERVING, 0, 0, 0},
    {"futex_time64", SERVING, 0, 0, 0},
    {"nanosleep", SERVING, 0, 0, 0},
    {"clock_nanosleep", SERVING, 0, 0, 0},
    {"clock_nanosleep_time64", SERVING, 0, 0, 0},
    {"restart_syscall", SERVING, 0, 0, 0},
    {"sched_yield", SERVING, 0, 0, 0},
    /* clocks, where the kernel is asked for them */
    {"clock_gettime", SERVING, 0, 0, 0},
    {"clock_gettime64", SERVING, 0, 0, 0},
    {"clock_getres", SERVING, 0, 0, 0},
    {"clock_getres_time64", SERVING, 0, 0, 0},
    {"gettimeofday", SERVING, 0, 0, 0},
    {"time", SERVING, 0, 0, 0},
    /* memory, none of which can be run */
    {"brk", SERVING, 0, 0, 0},
    {MMAP, SERVING, 2, MMAP_PROTECTION_MASK, 0},
    {"mprotect", SERVING, 2, PROT_EXEC, 0},
    {"munmap", SERVING, 0, 0, 0},
    {"mremap", SERVING, 0, 0, 0},
    {"madvise", SERVING, 0, 0, 0},
    /* threads, but no processes. clone3's flags cannot be seen: without it, C libraries use clone. */
    {"clone", SERVING, CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD},
    {"set_robust_list", SERVING, 0, 0, 0},
    {"rseq", SERVING, 0, 0, 0},
    {"gettid", SERVING, 0, 0, 0},
    {"sched_getaffinity", SERVING, 0, 0, 0}, /* malloc: how many processors */
    {"prctl", SERVING, 0, WHOLE, PR_SET_NAME},
    {"exit", SERVING, 0, 0, 0},
    {"exit_group", SERVING, 0, 0, 0},
    /* signals: SIGHUP, the end, and a crash that tells of itself */
    {"rt_sigaction", SERVING, 0, 0, 0},
    {"rt_sigprocmask", SERVING, 0, 0, 0},
    {"rt_sigreturn", SERVING, 0, 0, 0},
    {"sigreturn", SERVING, 0, 0, 0},
    {"tgkill", SERVING, 0, 0, 0},
    {"getpid", SERVING, 0, 0, 0},
    /* files: read anew, the log opened anew, a policy of --learn put in its place, a Unix socket removed */
    {"open", SERVING, 0, 0, 0},
    {"openat", SERVING, 0, 0, 0},
    {"lseek", SERVING, 0, 0, 0},
    {"_llseek", SERVING, 0, 0, 0},
    {"stat", SERVING, 0, 0, 0},
    {"stat64", SERVING, 0, 0, 0},
    {"fstat", SERVING, 0, 0, 0},
    {"fstat64", SERVING, 0, 0, 0},
    {"newfstatat", SERVING, 0, 0, 0},
    {"fstatat64", SERVING, 0, 0, 0},
    {"statx", SERVING, 0, 0, 0},
    {"lstat", SERVING, 0, 0, 0},
    {"lstat64", SERVING, 0, 0, 0},
    {"getdents64", SERVING, 0, 0, 0}, /* folders of authorities */
    {"dup2", SERVING, 0, 0, 0},
    {"dup3", SERVING, 0, 0, 0},
    {"rename", SERVING, 0, 0, 0},
    {"renameat", SERVING, 0, 0, 0},
    {"renameat2", SERVING, 0, 0, 0},
    {"unlink", SERVING, 0, 0, 0},
    {"unlinkat", SERVING, 0, 0, 0},
    /* keys of TLS */
    {"getrandom", SERVING, 0, 0, 0},
    /* looking up names: modules of the C library that are loaded then, and services that they ask */
    {MMAP, LOOK_UP, 0, 0, 0},
    {"mprotect", LOOK_UP, 0, 0, 0},
    {"socket", LOOK_UP, 0, WHOLE, AF_NETLINK},
    {"pread64", LOOK_UP, 0, 0, 0},
    {"access", LOOK_UP, 0, 0, 0},
    {"faccessat", LOOK_UP, 0, 0, 0},
    {"faccessat2", LOOK_UP, 0, 0, 0},
    {"readlink", LOOK_UP, 0, 0, 0},
    {"readlinkat", LOOK_UP, 0, 0, 0},
    {"uname", LOOK_UP, 0, 0, 0},
    {"getuid", LOOK_UP, 0, 0, 0},
    {"getuid32", LOOK_UP, 0, 0, 0},
    {"geteuid", LOOK_UP, 0, 0, 0},
    {"geteuid32", LOOK_UP, 0, 0, 0},
    {"getgid", LOOK_UP, 0, 0, 0},
    {"getgid32", LOOK_UP, 0, 0, 0},
    {"getegid", LOOK_UP, 0, 0, 0},
    {"getegid32", LOOK_UP, 0, 0, 0},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* What an older libseccomp has not heard of, or another processor has not, cannot be called either. */
static int add(scmp_filter_ctx filter, const row *r)
{
    const struct scmp_arg_cmp only = {
        .arg = r->argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = r->mask, .datum_b = r->value};
    int number = seccomp_syscall_resolve_name(r->name);
    if (number == __NR_SCMP_ERROR) return 0;
    int status = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, r->mask ? 1 : 0, &only);
    return status == -EDOM || status == -EEXIST ? 0 : status;
}

static bool is_new(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(rows[i].name, rows[index].name) == 0) return false;
    return true;
}

/* 0 or an errno below 0. */
static int begin(scmp_filter_ctx filter)
{
    /* No foreign code runs here that could guess at memory, so loads need not wait for stores. */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    /* Calls of another processor's kind, such as those of 32-bit programs, fail as well and end nobody. */
    return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
}

void cli_limit_rings(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter && begin(filter) == 0 &&
        seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(io_uring_setup), 0, NULL) == 0)
        seccomp_load(filter);
    seccomp_release(filter);
}

/* 0 or an errno below 0. `count` gets how many calls there are. */
static int fill(scmp_filter_ctx filter, unsigned needs, unsigned *count)
{
    *count = 0;
    int status = begin(filter);
    if (status == 0) seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (status == 0) status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t i = 0; i < ROWS && status == 0; i++) {
        if (!(rows[i].needs & needs)) continue;
        status = add(filter, &rows[i]);
        *count += is_new(i);
    }
    return status;
}

cli_limited cli_limit_calls(unsigned needs, char *said, size_t size)
{
    unsigned count = 0;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int status = filter ? fill(filter, needs, &count) : -ENOMEM;
    if (status == 0) status = seccomp_load(filter);
    seccomp_release(filter);
    if (status < 0) {
        snprintf(said, size, "%s", strerror(-status));
        return CLI_LIMIT_FAILED;
    }
    snprintf(said, size, "%u system calls", count);
    return CLI_LIMITED;
}
