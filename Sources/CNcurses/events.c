#define _GNU_SOURCE
#include "CNcurses.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static const int blocked_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
enum { BLOCKED_COUNT = sizeof blocked_signals / sizeof *blocked_signals };

int cn_block_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < BLOCKED_COUNT; i++) {
    struct sigaction action;
    // A signal that is blocked is queued even when it is ignored, so it would come back to life here.
    if (sigaction(blocked_signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
      sigaddset(&set, blocked_signals[i]);
  }
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int cn_next_signal(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

static sigset_t only(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

void cn_stop_self(void) {
  sigset_t stop = only(SIGTSTP), go_on = only(SIGCONT);
  raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, NULL);  // The process stops here.
  pthread_sigmask(SIG_BLOCK, &stop, NULL);
  sigtimedwait(&go_on, NULL, &(struct timespec){0});  // The news that it goes on is known already.
}

void cn_die_by(int signal) {
  sigset_t set = only(signal);
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(signal, &action, NULL);
  raise(signal);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  _exit(128 + signal);  // Reached only if the signal does not end a process.
}

int cn_new_wake(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
