/* Kill at call: a preload library that ends its process with SIGKILL at the N-th system call that stores or sends.
 *
 * Counted are writes to files and sockets, fsync, rename, unlink, truncate and send; not the standard streams, pipes
 * or terminals. `arm` says at which call of the calling process, and how: 0 = before the call, 1 = after it, 2 = after
 * half of what it should write. The count stands in memory that a forked child shares, so that its parent can read it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BEFORE, AFTER, TORN };

static _Atomic long *count;
static long kill_at;
static int how;
static pid_t armed;

__attribute__((constructor)) static void begin(void) {
  count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* In the process that is to die: at which call (0 = never, only count), and how. */
void arm(long at, int mode) {
  kill_at = at;
  how = mode;
  armed = getpid();
  atomic_store(count, 0);
}

long counted(void) { return atomic_load(count); }

static void die(void) {
  kill(getpid(), SIGKILL);
  pause();
}

/* Whether this call is the one. */
static int due(void) { return armed == getpid() && atomic_fetch_add(count, 1) + 1 == kill_at; }

static int stores(int fd) {
  struct stat what;
  return fd > 2 && fstat(fd, &what) == 0 && (S_ISREG(what.st_mode) || S_ISSOCK(what.st_mode));
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The call, unless it is the one to die at. */
#define AT_CALL(counts, call, half)   \
  do {                                \
    int now = (counts) && due();      \
    if (now && how == BEFORE) die();  \
    if (now && how == TORN) {         \
      half;                           \
      die();                          \
    }                                 \
    __auto_type answer = call;        \
    if (now) die();                   \
    return answer;                    \
  } while (0)

ssize_t write(int fd, const void *bytes, size_t size) {
  AT_CALL(stores(fd), REAL(write)(fd, bytes, size), (void)!REAL(write)(fd, bytes, size / 2));
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  AT_CALL(stores(fd), REAL(pwrite)(fd, bytes, size, at), (void)!REAL(pwrite)(fd, bytes, size / 2, at));
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  AT_CALL(stores(fd), REAL(pwrite64)(fd, bytes, size, at), (void)!REAL(pwrite64)(fd, bytes, size / 2, at));
}
ssize_t writev(int fd, const struct iovec *parts, int number) {
  AT_CALL(stores(fd), REAL(writev)(fd, parts, number), (void)!REAL(writev)(fd, parts, number / 2));
}
ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  AT_CALL(stores(fd), REAL(send)(fd, bytes, size, flags), (void)!REAL(send)(fd, bytes, size / 2, flags));
}
ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
  AT_CALL(stores(fd), REAL(sendto)(fd, bytes, size, flags, to, length),
          (void)!REAL(sendto)(fd, bytes, size / 2, flags, to, length));
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  AT_CALL(stores(fd), REAL(sendmsg)(fd, message, flags), (void)0);
}
int fsync(int fd) { AT_CALL(stores(fd), REAL(fsync)(fd), (void)0); }
int fdatasync(int fd) { AT_CALL(stores(fd), REAL(fdatasync)(fd), (void)0); }
int ftruncate(int fd, off_t size) { AT_CALL(stores(fd), REAL(ftruncate)(fd, size), (void)0); }
int ftruncate64(int fd, off64_t size) { AT_CALL(stores(fd), REAL(ftruncate64)(fd, size), (void)0); }
int rename(const char *from, const char *to) { AT_CALL(1, REAL(rename)(from, to), (void)0); }
int renameat(int from_in, const char *from, int to_in, const char *to) {
  AT_CALL(1, REAL(renameat)(from_in, from, to_in, to), (void)0);
}
int unlink(const char *path) { AT_CALL(1, REAL(unlink)(path), (void)0); }
int unlinkat(int in, const char *path, int flags) { AT_CALL(1, REAL(unlinkat)(in, path, flags), (void)0); }
