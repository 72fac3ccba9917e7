// SPDX-License-Identifier: GPL-2.0-only
/* Which blocks of the memory are left to send. */

#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/minmax.h>

#include "common.h"

int vs_pass_init(struct vs_pass *pass, unsigned int blocks)
{
	pass->blocks = blocks;
	pass->bits = bitmap_zalloc(blocks, GFP_KERNEL);
	return pass->bits ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_GPL(vs_pass_init);

void vs_pass_free(struct vs_pass *pass)
{
	bitmap_free(pass->bits);
}
EXPORT_SYMBOL_GPL(vs_pass_free);

/* Nothing is sent yet. */
void vs_pass_start(struct vs_pass *pass)
{
	bitmap_zero(pass->bits, pass->blocks);
	pass->dirty = 0;
	pass->first = 0;
}
EXPORT_SYMBOL_GPL(vs_pass_start);

void vs_pass_touch(struct vs_pass *pass, unsigned int first, unsigned int last)
{
	/* What was not sent yet will be sent as it is then. */
	for (; first <= last && first < pass->first; first++)
		pass->dirty += !__test_and_set_bit(first, pass->bits);
}
EXPORT_SYMBOL_GPL(vs_pass_touch);

/*
 * Takes the blocks that come next, not more than most. They count as sent from now on, so what is
 * written to them later is sent again. Gives how many there are from *block on; 0 is the end.
 */
unsigned int vs_pass_next(struct vs_pass *pass, unsigned int most, unsigned int *block)
{
	unsigned int count;

	if (pass->first < pass->blocks) {
		*block = pass->first;
		count = min(most, pass->blocks - pass->first);
		pass->first += count;
		return count;
	}
	if (!pass->dirty)
		return 0;
	*block = find_first_bit(pass->bits, pass->blocks);
	count = min(most, pass->blocks - *block);
	count = find_next_zero_bit(pass->bits, *block + count, *block) - *block;
	bitmap_clear(pass->bits, *block, count);
	pass->dirty -= count;
	return count;
}
EXPORT_SYMBOL_GPL(vs_pass_next);
