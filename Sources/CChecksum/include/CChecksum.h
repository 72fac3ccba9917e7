#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// CRC-32C (Castagnoli) as RFC 3720 gives it, and SHA-256 as FIPS 180-4 gives it. Each has two ways that give the same
// result: the processor's own instructions where it has them, and plain C. For CRC-32C the faster one is taken: an
// emulated instruction can be slower. The ways in plain C can be asked for by name, so that they can be compared on a
// machine that would never take them.

/// The checksum of what came before (0 at the start) and of these bytes behind it.
uint32_t cc_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same in plain C.
uint32_t cc_crc32c_plain(uint32_t crc, const void *bytes, size_t count);

/// Whether `cc_crc32c` uses the processor's instruction.
bool cc_crc32c_is_fast(void);

/// A SHA-256 of the bytes so far.
typedef struct {
  uint32_t state[8];
  uint64_t count;     // bytes so far
  uint8_t block[64];  // what does not fill a block yet
  bool plain;
} cc_sha256;

/// Starts one; `plain` leaves the processor's instructions alone.
void cc_sha256_start(cc_sha256 *sha, bool plain);

/// Takes bytes.
void cc_sha256_update(cc_sha256 *sha, const void *bytes, size_t count);

/// Gives the 32 bytes. The state is used up.
void cc_sha256_finish(cc_sha256 *sha, uint8_t *digest);

/// Whether `cc_sha256_update` uses the processor's instructions.
bool cc_sha256_is_fast(void);

#endif
