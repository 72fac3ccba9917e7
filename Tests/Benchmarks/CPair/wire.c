#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

bool wire_send(int socket, wire_header header, const void *head, size_t head_size, const void *data, size_t data_size,
               int descriptor) {
  header.size = (uint32_t)(sizeof header + head_size + data_size);
  struct iovec parts[3] = {{&header, sizeof header}, {(void *)head, head_size}, {(void *)data, data_size}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    *CMSG_FIRSTHDR(&message) =
        (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &descriptor, sizeof descriptor);
  }
  // A blocking socket takes all of it.
  return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)header.size;
}

bool wire_receive(int socket, void *bytes, size_t size, int *descriptor) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  for (size_t got = 0; got < size;) {
    struct iovec part = {(char *)bytes + got, size - got};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor) message.msg_control = control, message.msg_controllen = sizeof control;
    ssize_t came = recvmsg(socket, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
    if (came < 0 && errno == EINTR) continue;
    if (came <= 0) return false;
    struct cmsghdr *rights = descriptor ? CMSG_FIRSTHDR(&message) : NULL;
    if (rights) memcpy(descriptor, CMSG_DATA(rights), sizeof *descriptor);
    got += (size_t)came;
  }
  return true;
}
