/* Counts what a process does to the files below a folder, and breaks the n-th of it: the process is killed before the
   operation, in the middle of a write or just after another operation, or the operation fails. Loaded by LD_PRELOAD, so that DuckDB and Python are
   counted alike. Dagster's own folder does not count: its database is Dagster's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { NOTHING, KILL, HALF, FAIL };

static char root[PATH_MAX];
static size_t root_length;
static int mode = NOTHING, error_number;
static long target;
static atomic_long count;
static atomic_int is_on;
static char broken[PATH_MAX + 64];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void crash_start(const char *folder, long n, int how, int error) {
    snprintf(root, sizeof root, "%s/", folder);
    root_length = strlen(root);
    target = n;
    mode = how;
    error_number = error;
    atomic_store(&count, 0);
    broken[0] = 0;
    atomic_store(&is_on, 1);
}

long crash_count(void) { return atomic_load(&count); }

const char *crash_operation(void) { return broken; }

static int is_below(const char *path) {
    return strncmp(path, root, root_length) == 0 && strncmp(path + root_length, "dagster/", 8) != 0;
}

static int path_counts(int folder, const char *path) {
    if (!atomic_load(&is_on) || !path) return 0;
    if (path[0] == '/' || folder == AT_FDCWD) return is_below(path);
    char whole[PATH_MAX + 256], link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, whole, PATH_MAX);
    if (length < 0) return 0;
    snprintf(whole + length, sizeof whole - length, "/%s", path);
    return is_below(whole);
}

static int descriptor_counts(int file) {
    if (!atomic_load(&is_on)) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

/* Whether the operation is the one to break; a kill does not come back. */
static int is_broken(const char *name, const char *what) {
    if (atomic_fetch_add(&count, 1) + 1 != target || mode == NOTHING) return 0;
    snprintf(broken, sizeof broken, "%s %s", name, what ? what : "");
    if (mode == KILL) _exit(137);
    errno = error_number;
    return 1;
}

#define ON_PATH(type, name, folder, path, parameters, arguments)                                                       \
    type name parameters {                                                                                             \
        int hit = path_counts(folder, path) && is_broken(#name, path);                                                 \
        if (hit && mode == FAIL) return -1;                                                                            \
        type result = REAL(name) arguments;                                                                            \
        if (hit) _exit(137);                                                                                           \
        return result;                                                                                                 \
    }
ON_PATH(int, rename, AT_FDCWD, to, (const char *from, const char *to), (from, to))
ON_PATH(int, renameat, to_folder, to, (int from_folder, const char *from, int to_folder, const char *to), (from_folder, from, to_folder, to))
ON_PATH(int, unlink, AT_FDCWD, path, (const char *path), (path))
ON_PATH(int, unlinkat, folder, path, (int folder, const char *path, int flags), (folder, path, flags))
ON_PATH(int, rmdir, AT_FDCWD, path, (const char *path), (path))
ON_PATH(int, mkdir, AT_FDCWD, path, (const char *path, mode_t bits), (path, bits))
ON_PATH(int, link, AT_FDCWD, to, (const char *from, const char *to), (from, to))
ON_PATH(int, symlink, AT_FDCWD, path, (const char *to, const char *path), (to, path))
ON_PATH(int, symlinkat, folder, path, (const char *to, int folder, const char *path), (to, folder, path))

#define ON_FILE(type, name, file, parameters, arguments)                                                               \
    type name parameters {                                                                                             \
        int hit = descriptor_counts(file) && is_broken(#name, "");                                                     \
        if (hit && mode == FAIL) return -1;                                                                            \
        type result = REAL(name) arguments;                                                                            \
        if (hit) _exit(137);                                                                                           \
        return result;                                                                                                 \
    }
ON_FILE(int, fsync, file, (int file), (file))
ON_FILE(int, fdatasync, file, (int file), (file))
ON_FILE(int, ftruncate, file, (int file, off_t length), (file, length))
ON_FILE(int, ftruncate64, file, (int file, off64_t length), (file, length))
ON_FILE(ssize_t, sendfile, out, (int out, int in, off_t *offset, size_t size), (out, in, offset, size))
ON_FILE(ssize_t, sendfile64, out, (int out, int in, off64_t *offset, size_t size), (out, in, offset, size))
ON_FILE(ssize_t, copy_file_range, out, (int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags), (in, from, out, to, size, flags))

#define ON_WRITE(name, parameters, arguments, half)                                                                    \
    ssize_t name parameters {                                                                                          \
        if (descriptor_counts(file) && is_broken(#name, "")) {                                                         \
            if (mode == HALF) {                                                                                        \
                REAL(name) half;                                                                                       \
                _exit(137);                                                                                            \
            }                                                                                                          \
            return -1;                                                                                                 \
        }                                                                                                              \
        return REAL(name) arguments;                                                                                   \
    }
ON_WRITE(write, (int file, const void *bytes, size_t size), (file, bytes, size), (file, bytes, size / 2))
ON_WRITE(pwrite, (int file, const void *bytes, size_t size, off_t at), (file, bytes, size, at), (file, bytes, size / 2, at))
ON_WRITE(pwrite64, (int file, const void *bytes, size_t size, off64_t at), (file, bytes, size, at), (file, bytes, size / 2, at))

#define ON_OPEN(name)                                                                                                  \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t bits = va_arg(rest, mode_t);                                                                            \
        va_end(rest);                                                                                                  \
        int hit = (flags & (O_WRONLY | O_RDWR)) && path_counts(AT_FDCWD, path) && is_broken(#name, path);              \
        if (hit && mode == FAIL) return -1;                                                                            \
        int file = REAL(name)(path, flags, bits);                                                                      \
        if (hit) _exit(137);                                                                                           \
        return file;                                                                                                   \
    }
ON_OPEN(open)
ON_OPEN(open64)

#define ON_OPEN_AT(name)                                                                                               \
    int name(int folder, const char *path, int flags, ...) {                                                           \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t bits = va_arg(rest, mode_t);                                                                            \
        va_end(rest);                                                                                                  \
        int hit = (flags & (O_WRONLY | O_RDWR)) && path_counts(folder, path) && is_broken(#name, path);                \
        if (hit && mode == FAIL) return -1;                                                                            \
        int file = REAL(name)(folder, path, flags, bits);                                                              \
        if (hit) _exit(137);                                                                                           \
        return file;                                                                                                   \
    }
ON_OPEN_AT(openat)
ON_OPEN_AT(openat64)
