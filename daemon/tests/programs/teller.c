/* Tells what its clocks read: a line of name=number for each line of input. Built as a dynamic and as a static program.
 *   (anything)   every clock, in nanoseconds; `raw` is the kernel's own answer to a system call
 *   cost         nanoseconds per read, the least of several batches
 *   fork         a child that lives on: its pid, and how far off it reads
 *   exec N       N new programs of the same file, one after the other: how far off each reads first
 *   brood N      the same, but each forks at once, and its child says how far off it reads 100 ms later
 *   busy N       N more threads that read the clock for ever
 *   idle N       N more threads that wait for ever
 * With the argument `once` it says how far off it reads at its very first look, and ends; with `brood` its child does, later. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef long long ns;

static ns of(struct timespec t) { return (ns)t.tv_sec * 1000000000 + t.tv_nsec; }

static ns read_clock(clockid_t clock) {
    struct timespec t = {0};
    return clock_gettime(clock, &t) == 0 ? of(t) : -1;
}

static ns ask_kernel(clockid_t clock) {
    struct timespec t = {0};
    return syscall(SYS_clock_gettime, clock, &t) == 0 ? of(t) : -1;
}

static ns off(void) {
    ns read = read_clock(CLOCK_REALTIME);
    return read - ask_kernel(CLOCK_REALTIME);
}

static void tell(void) {
    struct timeval tv;
    gettimeofday(&tv, NULL);
    time_t stored, returned = time(&stored);
    printf("wall=%lld tv=%lld time=%lld coarse=%lld mono=%lld boot=%lld tai=%lld cpu=%lld same=%d raw=%lld\n",
           read_clock(CLOCK_REALTIME), (ns)tv.tv_sec * 1000000000 + (ns)tv.tv_usec * 1000, (ns)returned,
           read_clock(CLOCK_REALTIME_COARSE), read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_BOOTTIME),
           read_clock(CLOCK_TAI), read_clock(CLOCK_PROCESS_CPUTIME_ID), stored == returned, ask_kernel(CLOCK_REALTIME));
}

#define READS 10000
#define BATCHES 200
/* The least of the batches: whatever else the machine does only makes a batch longer, and some are too short to be disturbed. */
#define COST(name, read)                                                        \
    do {                                                                        \
        double least = 1e9;                                                     \
        for (int batch = 0; batch < BATCHES; batch++) {                         \
            ns began = ask_kernel(CLOCK_MONOTONIC_RAW);                         \
            for (int i = 0; i < READS; i++) { read; }                           \
            double each = (double)(ask_kernel(CLOCK_MONOTONIC_RAW) - began) / READS; \
            if (each < least) least = each;                                     \
        }                                                                       \
        printf(name "=%.0f ", least * 1000);                                    \
    } while (0)

static void tell_cost(void) {
    struct timespec t;
    struct timeval tv;
    volatile time_t seconds;
    COST("clock_gettime", clock_gettime(CLOCK_REALTIME, &t));
    COST("monotonic", clock_gettime(CLOCK_MONOTONIC, &t));
    COST("coarse", clock_gettime(CLOCK_REALTIME_COARSE, &t));
    COST("gettimeofday", gettimeofday(&tv, NULL));
    COST("time", seconds = time(NULL));
    COST("system_call", syscall(SYS_clock_gettime, CLOCK_REALTIME, &t));
    (void)seconds;
    printf("\n");
}

static ns from_pipe(int end) {
    ns told = 0;
    if (read(end, &told, sizeof told) != sizeof told) exit(3);
    close(end);
    return told;
}

static void fork_one(void) {
    int ends[2];
    if (pipe(ends) != 0) exit(3);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        ns first = off();
        if (write(ends[1], &first, sizeof first) != sizeof first) _exit(3);
        for (;;) pause();
    }
    close(ends[1]);
    printf("pid=%d off=%lld\n", child, from_pipe(ends[0]));
}

static ns exec_one(const char *how) {
    int ends[2];
    if (pipe(ends) != 0) exit(3);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execl("/proc/self/exe", "teller", how, (char *)NULL);
        _exit(3);
    }
    close(ends[1]);
    ns told = from_pipe(ends[0]);
    waitpid(child, NULL, 0);
    return told;
}

static void exec_some(int programs, const char *how) {
    for (int i = 0; i < programs; i++) printf("off%d=%lld ", i, exec_one(how));
    printf("\n");
}

static void *read_for_ever(void *unused) {
    for (;;) read_clock(CLOCK_REALTIME);
    return unused;
}

static void *wait_for_ever(void *unused) {
    for (;;) pause();
    return unused;
}

static void more_threads(int threads, void *(*work)(void *)) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    int begun = 0;
    for (pthread_t thread; begun < threads; begun++)
        if (pthread_create(&thread, &small, work, NULL) != 0) break;
    printf("threads=%d\n", begun);
}

static void obey(const char *line) {
    if (strncmp(line, "cost", 4) == 0) tell_cost();
    else if (strncmp(line, "fork", 4) == 0) fork_one();
    else if (strncmp(line, "exec ", 5) == 0) exec_some(atoi(line + 5), "once");
    else if (strncmp(line, "brood ", 6) == 0) exec_some(atoi(line + 6), "brood");
    else if (strncmp(line, "busy ", 5) == 0) more_threads(atoi(line + 5), read_for_ever);
    else if (strncmp(line, "idle ", 5) == 0) more_threads(atoi(line + 5), wait_for_ever);
    else tell();
    fflush(stdout);
}

int main(int count, char **words) {
    int broods = count > 1 && strcmp(words[1], "brood") == 0;
    if (broods) {
        pid_t child = fork();
        if (child != 0) return waitpid(child, NULL, 0) == child ? 0 : 3;
        usleep(100000);
    }
    if (broods || (count > 1 && strcmp(words[1], "once") == 0)) {
        ns first = off();
        return write(1, &first, sizeof first) == sizeof first ? 0 : 3;
    }
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) obey(line);
    return 0;
}
