#define _GNU_SOURCE /* SCHED_IDLE */
#include "CVFIO.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

struct work {
  void (*body)(void *);
  void *context;
};

static void *start(void *argument) {
  struct work work = *(struct work *)argument;
  free(argument);
  /* Where it is not allowed, the work gets its share like any other. */
  sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
  work.body(work.context);
  return NULL;
}

int cv_run_idle(void (*body)(void *), void *context) {
  struct work *work = malloc(sizeof *work);
  if (work == NULL) return -1;
  *work = (struct work){body, context};
  /* Signals are for the program's other threads. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int failure = pthread_create(&thread, NULL, start, work);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failure != 0) {
    free(work);
    return -1;
  }
  pthread_detach(thread);
  return 0;
}
