#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "CChecksum.h"
#include "processor.h"

// The polynomial 0x1EDC6F41 with its bits in reverse order, as the checksum has them: bit 31 is x^0.
static const uint32_t polynomial = 0x82F63B78;

// Plain C: eight bytes a step, a table for each.

static uint32_t tables[8][256];
static pthread_once_t tables_made = PTHREAD_ONCE_INIT;

static void make_tables(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (polynomial & -(crc & 1));
    tables[0][byte] = crc;
  }
  for (int table = 1; table < 8; table++) {
    for (int byte = 0; byte < 256; byte++) {
      uint32_t crc = tables[table - 1][byte];
      tables[table][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
    }
  }
}

uint32_t cc_crc32c_plain(uint32_t crc, const void *bytes, size_t count) {
  pthread_once(&tables_made, make_tables);
  const uint8_t *next = bytes;
  crc = ~crc;
  for (; count >= 8; count -= 8, next += 8) {
    uint32_t sum = 0;
    for (int byte = 0; byte < 8; byte++) {
      uint8_t mixed = next[byte] ^ (byte < 4 ? (uint8_t)(crc >> 8 * byte) : 0);
      sum ^= tables[7 - byte][mixed];
    }
    crc = sum;
  }
  for (; count > 0; count--, next++) crc = (crc >> 8) ^ tables[0][(crc ^ *next) & 0xff];
  return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
#define INSTRUCTION __attribute__((target("sse4.2")))
#define STEP_WORD(crc, word) ((uint32_t)_mm_crc32_u64(crc, word))
#define STEP_BYTE(crc, byte) _mm_crc32_u8(crc, byte)
#elif defined(__aarch64__)
#include <arm_acle.h>
#define INSTRUCTION __attribute__((target("crc")))
#define STEP_WORD(crc, word) __crc32cd(crc, word)
#define STEP_BYTE(crc, byte) __crc32cb(crc, byte)
#endif

#ifdef INSTRUCTION

// The instruction takes several cycles, but a new one can start in each: so three parts of a block go side by side. The
// checksum of the first has then to be moved past the other two, which is a multiplication by x^(8 * length).
typedef struct {
  size_t length;   // bytes of a part
  uint32_t shift;  // x^(8 * length) modulo the polynomial
} part;

static const part parts[] = {{8192, 0x28461564}, {1024, 0xe4172b16}};

// a * b modulo the polynomial.
static uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (int bit = 31; bit >= 0; bit--) {
    product ^= b & -(a >> bit & 1);
    b = (b >> 1) ^ (polynomial & -(b & 1));
  }
  return product;
}

static inline uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

INSTRUCTION static uint32_t three_parts(uint32_t crc, const uint8_t *bytes, part part) {
  const uint8_t *second_bytes = bytes + part.length, *third_bytes = second_bytes + part.length;
  uint32_t second = 0, third = 0;
  for (size_t at = 0; at < part.length; at += 8) {
    crc = STEP_WORD(crc, word_at(bytes + at));
    second = STEP_WORD(second, word_at(second_bytes + at));
    third = STEP_WORD(third, word_at(third_bytes + at));
  }
  return multiply(multiply(crc, part.shift) ^ second, part.shift) ^ third;
}

INSTRUCTION static uint32_t fast(uint32_t crc, const uint8_t *next, size_t count) {
  crc = ~crc;
  for (size_t size = 0; size < sizeof parts / sizeof *parts; size++) {
    const size_t block = 3 * parts[size].length;
    for (; count >= block; count -= block, next += block) crc = three_parts(crc, next, parts[size]);
  }
  for (; count >= 8; count -= 8, next += 8) crc = STEP_WORD(crc, word_at(next));
  for (; count > 0; count--, next++) crc = STEP_BYTE(crc, *next);
  return ~crc;
}

typedef uint32_t way(uint32_t crc, const void *bytes, size_t count);

static uint32_t by_instruction(uint32_t crc, const void *bytes, size_t count) { return fast(crc, bytes, count); }

// The shortest of three times, which nothing has come between.
static int64_t nanoseconds(way *way) {
  static const uint8_t bytes[4096];
  int64_t best = INT64_MAX;
  for (int round = 0; round < 3; round++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    volatile uint32_t crc = way(0, bytes, sizeof bytes);
    (void)crc;
    clock_gettime(CLOCK_MONOTONIC, &end);
    const int64_t took = (end.tv_sec - start.tv_sec) * INT64_C(1000000000) + end.tv_nsec - start.tv_nsec;
    if (took < best) best = took;
  }
  return best;
}

// An emulator may say that it has the instruction and make it bit by bit, which takes longer than the tables. So it is
// tried once: a processor is more than five times as fast by its instruction.
static way *choose(void) {
  if (!cc_has_crc32c()) return cc_crc32c_plain;
  return nanoseconds(by_instruction) < nanoseconds(cc_crc32c_plain) ? by_instruction : cc_crc32c_plain;
}

static way *chosen(void) {
  static _Atomic(way *) known;
  way *found = atomic_load_explicit(&known, memory_order_relaxed);
  if (found == NULL) {
    found = choose();
    atomic_store_explicit(&known, found, memory_order_relaxed);
  }
  return found;
}

bool cc_crc32c_is_fast(void) { return chosen() == by_instruction; }

uint32_t cc_crc32c(uint32_t crc, const void *bytes, size_t count) { return chosen()(crc, bytes, count); }

#else

bool cc_crc32c_is_fast(void) { return false; }

uint32_t cc_crc32c(uint32_t crc, const void *bytes, size_t count) { return cc_crc32c_plain(crc, bytes, count); }

#endif
