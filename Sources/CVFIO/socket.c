#define _GNU_SOURCE /* accept4, memfd_create, seals */
#include "VFIOUser.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int named_socket(const char *path, struct sockaddr_un *address) {
  size_t length = strlen(path);
  if (length > CU_PATH_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  memcpy(address->sun_path, path, length);
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int close_keeping_errno(int fd) {
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* So that a large message leaves in fewer pieces. The system allows less to most. */
static int with_large_buffer(int fd) {
  int size = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  return fd;
}

int cu_connect(const char *path) {
  struct sockaddr_un address;
  int fd = named_socket(path, &address);
  if (fd < 0) return -1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return close_keeping_errno(fd);
  fcntl(fd, F_SETFL, 0);
  return with_large_buffer(fd);
}

int cu_listen(const char *path, int backlog) {
  struct sockaddr_un address;
  int fd = named_socket(path, &address);
  if (fd < 0) return -1;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return close_keeping_errno(fd);
  if (listen(fd, backlog) != 0) return close_keeping_errno(fd);
  return fd;
}

int cu_accept(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  return fd < 0 ? fd : with_large_buffer(fd);
}

void cu_limit_waits(int socket, long milliseconds) {
  struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

int cu_memory(size_t size) {
  int fd = memfd_create("vfioscope", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -1;
  if (ftruncate(fd, (off_t)size) != 0) return close_keeping_errno(fd);
  // Who is passed it must not be able to take the pages away from under us.
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return close_keeping_errno(fd);
  return fd;
}

int cu_memory_clear(int memory, off_t start, off_t size) {
  return fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, size);
}

ptrdiff_t cu_send(int socket, const struct iovec *parts, size_t part_count, const int *descriptors,
                  size_t descriptor_count) {
  if (descriptor_count > CU_DESCRIPTORS_MAX) {
    errno = EINVAL;
    return -1;
  }
  struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = part_count};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(CU_DESCRIPTORS_MAX * sizeof(int))];
  if (descriptor_count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptor_count * sizeof(int));
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptor_count * sizeof(int));
    memcpy(CMSG_DATA(rights), descriptors, descriptor_count * sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static long microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The other side often answers at once. To sleep, and to be woken on another processor, takes longer than that; and whoever
   wants this processor meanwhile, such as the other side, goes first. */
static ptrdiff_t receive_soon(int socket, struct msghdr *message) {
  size_t room = message->msg_controllen;
  for (long start = microseconds(); microseconds() - start < 50;) {
    ptrdiff_t got = recvmsg(socket, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got >= 0 || (errno != EAGAIN && errno != EINTR)) return got;
    message->msg_controllen = room;
    sched_yield();
  }
  return recvmsg(socket, message, MSG_CMSG_CLOEXEC);
}

ptrdiff_t cu_receive(int socket, void *buffer, size_t count, int *descriptors, size_t *descriptor_count, bool waits) {
  size_t room = *descriptor_count < CU_DESCRIPTORS_MAX ? *descriptor_count : CU_DESCRIPTORS_MAX;
  *descriptor_count = 0;
  struct iovec part = {buffer, count};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(CU_DESCRIPTORS_MAX * sizeof(int))];
  struct msghdr message = {
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = room > 0 ? control : NULL,
      .msg_controllen = room > 0 ? CMSG_LEN(room * sizeof(int)) : 0,
  };
  ptrdiff_t got =
      waits ? receive_soon(socket, &message) : recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return -1;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t came = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < came; index++) {
      int fd;
      memcpy(&fd, CMSG_DATA(part) + index * sizeof(int), sizeof fd);
      /* The kernel sends one such part at most; more than there is room for is not kept, and not leaked. */
      if (*descriptor_count < room) descriptors[(*descriptor_count)++] = fd;
      else close(fd);
    }
  }
  return got;
}
