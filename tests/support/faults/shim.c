/* Loaded into the product's processes by LD_PRELOAD: a clock that jumps, a disk that is full, an fsync that fails.
 *
 * The file named by FAULTS_FILE holds three int64: nanoseconds to add to the clock of day; 1 if the disk is full;
 * 1 if fsync fails. The monotonic clock stays as it is, as it does when an administrator sets the clock. Only
 * databases of SQLite (paths with ".db") have a bad disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *faults;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS_FILE");
    int fd = path ? open(path, O_RDONLY) : -1;
    if (fd < 0) return;
    void *at = mmap(NULL, 24, PROT_READ, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) faults = at;
    close(fd);
}

int clock_gettime(clockid_t which, struct timespec *ts) {
    int r = (int)syscall(SYS_clock_gettime, which, ts);
    if (r == 0 && faults && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
        int64_t ns = (int64_t)ts->tv_sec * 1000000000 + ts->tv_nsec + faults[0];
        ts->tv_sec = ns / 1000000000;
        ts->tv_nsec = ns % 1000000000;
    }
    return r;
}

time_t time(time_t *to) {
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    if (to) *to = ts.tv_sec;
    return ts.tv_sec;
}

int gettimeofday(struct timeval *tv, void *zone) {
    struct timespec ts;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}

static int hit(int fd, int which) {
    char link[64], path[4096];
    if (!faults || !faults[which]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return strstr(path, ".db") != NULL;
}

#define FULL(fd) do { if (hit(fd, 1)) { errno = ENOSPC; return -1; } } while (0)
#define BAD(fd) do { if (hit(fd, 2)) { errno = EIO; return -1; } } while (0)

ssize_t write(int fd, const void *b, size_t n) { FULL(fd); return syscall(SYS_write, fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { FULL(fd); return syscall(SYS_pwrite64, fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { FULL(fd); return syscall(SYS_pwrite64, fd, b, n, o); }
int ftruncate(int fd, off_t n) { FULL(fd); return (int)syscall(SYS_ftruncate, fd, n); }
int ftruncate64(int fd, off64_t n) { FULL(fd); return (int)syscall(SYS_ftruncate, fd, n); }
int fsync(int fd) { BAD(fd); return (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { BAD(fd); return (int)syscall(SYS_fdatasync, fd); }
