#define _GNU_SOURCE
#include "CNcurses.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS, SIGQUIT};
enum { CRASH_COUNT = sizeof crash_signals / sizeof *crash_signals };

static struct sigaction before[CRASH_COUNT];
static struct termios modes;  // the terminal's, before the screen
static char restore[512];
static size_t restore_length;
static bool active;
static int caught_error = -1;  // a file in memory that stands for standard error
static int real_error = -1;
static bool started;

static void write_all(int descriptor, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(descriptor, bytes, count);
    if (written < 0 && errno != EINTR) return;
    if (written > 0) bytes += written, count -= (size_t)written;
  }
}

// ---- Standard error ----

static void catch_error(void) {
  if (!isatty(STDERR_FILENO)) return;
  caught_error = memfd_create("stderr", MFD_CLOEXEC);
  real_error = caught_error < 0 ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (real_error >= 0) dup2(caught_error, STDERR_FILENO);
}

/// What was caught is text from anywhere: control bytes would act on the terminal.
static void print_caught_error(void) {
  if (real_error < 0) return;
  dup2(real_error, STDERR_FILENO);
  char bytes[1024];
  ssize_t count;
  for (off_t at = 0; (count = pread(caught_error, bytes, sizeof bytes, at)) > 0; at += count) {
    for (ssize_t i = 0; i < count; i++) {
      unsigned char byte = (unsigned char)bytes[i];
      if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) bytes[i] = '?';
    }
    write_all(STDERR_FILENO, bytes, (size_t)count);
  }
  close(real_error);
  close(caught_error);
  real_error = caught_error = -1;
}

// ---- A crash, or exit() with the screen up; only calls that are safe in a signal handler ----

static void restore_terminal(void) {
  if (__atomic_exchange_n(&active, false, __ATOMIC_SEQ_CST)) {
    write_all(STDOUT_FILENO, restore, restore_length);
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
  }
  print_caught_error();
}

static const struct sigaction *action_before(int signal) {
  for (int i = 0; i < CRASH_COUNT; i++)
    if (crash_signals[i] == signal) return &before[i];
  return NULL;
}

static bool faults(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE;
}

static void on_crash(int signal, siginfo_t *info, void *context) {
  restore_terminal();
  const struct sigaction *next = action_before(signal);
  sigaction(signal, next, NULL);
  if (next->sa_flags & SA_SIGINFO) next->sa_sigaction(signal, info, context);
  else if (next->sa_handler != SIG_DFL && next->sa_handler != SIG_IGN) next->sa_handler(signal);
  // A faulting instruction runs again and faults again; any other signal, or one that was sent, would be lost.
  else if (!(faults(signal) && info->si_code > 0)) raise(signal);
}

static void catch_crashes(void) {
  static char stack[64 * 1024];  // A stack overflow leaves no room on the thread's own.
  stack_t current;
  if (sigaltstack(NULL, &current) == 0 && (current.ss_flags & SS_DISABLE))
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
  struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaddset(&action.sa_mask, SIGTTOU);  // Or tcsetattr() would stop a process in the background.
  for (int i = 0; i < CRASH_COUNT; i++) sigaction(crash_signals[i], &action, &before[i]);
}

void cn_guard_start(void) {
  static bool registered;
  if (!registered) registered = atexit(restore_terminal) == 0;
  tcgetattr(STDIN_FILENO, &modes);
  catch_error();
  catch_crashes();
  started = true;
}

void cn_guard_set_restore(const char *bytes, size_t count) {
  restore_length = count < sizeof restore ? count : sizeof restore;
  memcpy(restore, bytes, restore_length);
}

void cn_guard_set_active(bool value) { __atomic_store_n(&active, value, __ATOMIC_SEQ_CST); }

void cn_guard_stop(void) {
  if (!started) return;
  started = false;
  for (int i = 0; i < CRASH_COUNT; i++) sigaction(crash_signals[i], &before[i], NULL);
  print_caught_error();
}
