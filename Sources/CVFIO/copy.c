#include "CVFIO.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

/* Where the running copy of this thread comes out when its memory is gone. */
static _Thread_local sigjmp_buf *volatile landing;
static struct sigaction before;

static void on_bus_error(int signal, siginfo_t *info, void *context) {
  if (landing != NULL && info->si_code > 0) siglongjmp(*landing, 1);
  /* Somebody else's: as if nobody had been here. */
  sigaction(signal, &before, NULL);
  if (before.sa_flags & SA_SIGINFO) before.sa_sigaction(signal, info, context);
  else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) before.sa_handler(signal);
  /* A faulting instruction runs again and faults again; a signal that was sent would be lost. */
  else if (info->si_code <= 0) raise(signal);
}

/* Once and never again: two handlers that each take the other for the one before would call each other for ever. */
static void catch_bus_errors(void) {
  struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  sigaction(SIGBUS, &action, &before);
}

int cv_copy_mapped(void *target, const void *source, size_t count) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, catch_bus_errors);
  sigjmp_buf out;
  if (sigsetjmp(out, 0) != 0) {
    landing = NULL;
    errno = EIO;
    return -1;
  }
  landing = &out;
  atomic_signal_fence(memory_order_seq_cst); /* The copy must not be moved out from between. */
  memcpy(target, source, count);
  atomic_signal_fence(memory_order_seq_cst);
  landing = NULL;
  return 0;
}
