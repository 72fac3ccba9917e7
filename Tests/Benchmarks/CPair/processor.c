#define _GNU_SOURCE
#include <sched.h>

#include "CPair.h"

bool cp_run_on(int process, int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  return sched_setaffinity(process, sizeof set, &set) == 0;
}
