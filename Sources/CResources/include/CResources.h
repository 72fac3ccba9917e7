/* What ships as data, compiled in: the program has no files beside it and can be moved anywhere. */
#pragma once

#include <stddef.h>

/* The simulator's device profiles, Resources/Devices: name without suffix and text of the one at `index`;
 * NULL behind the last. */
const char *cr_device_name(size_t index);
const char *cr_device_text(size_t index);

/* The rulebook, Resources/Rulebook, in the same way: the sources, and the rules of each protocol. */
const char *cr_rulebook_name(size_t index);
const char *cr_rulebook_text(size_t index);

/* The scenarios, Resources/Scenarios, in the same way. */
const char *cr_scenario_name(size_t index);
const char *cr_scenario_text(size_t index);
