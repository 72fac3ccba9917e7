#include "processor.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

enum { ASKED = 1, CRC32C = 2, SHA256 = 4 };

static int ask(void) {
  int found = ASKED;
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  if (c & bit_SSE4_2) found |= CRC32C;
  bool shuffles = (c & bit_SSSE3) && (c & bit_SSE4_1);
  if (shuffles && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA)) found |= SHA256;
#elif defined(__aarch64__)
  if (getauxval(AT_HWCAP) & HWCAP_CRC32) found |= CRC32C;
#endif
  return found;
}

// cpuid takes long in a virtual machine, so it is asked once. Two threads that ask at the same time find the same.
static int features(void) {
  static atomic_int known;
  int found = atomic_load_explicit(&known, memory_order_relaxed);
  if (!found) {
    found = ask();
    atomic_store_explicit(&known, found, memory_order_relaxed);
  }
  return found;
}

bool cc_has_crc32c(void) { return features() & CRC32C; }

bool cc_has_sha256(void) { return features() & SHA256; }
