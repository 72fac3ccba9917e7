#ifndef CCHECKSUM_PROCESSOR_H
#define CCHECKSUM_PROCESSOR_H

#include <stdbool.h>

/// Whether this processor has the CRC-32C instruction (SSE4.2, or ARMv8's CRC extension).
bool cc_has_crc32c(void);

/// Whether this processor has the SHA instructions of x86, and the shuffles that go with them.
bool cc_has_sha256(void);

#endif
