#!/usr/bin/env python3
"""Checks a vfio-user server against the protocol's text: peer.py TOPIC MINOR SOCKET...

Prints a line for each check, `ok …` or `FAILED …`; ends with 1 when one has failed.
"""

import sys
import traceback

import checks
import conversation
import descriptors
import device
import errors
import interrupts
import logging_v1
import logging_v2
import memory
import migration_v1
import migration_v2
import regions
import states_v2

TOPICS = {
    "version": conversation.version,
    "order": conversation.order,
    "errors": errors.errors,
    "descriptors": descriptors.descriptors,
    "info": device.info,
    "regions": regions.regions,
    "write-multi": regions.write_multi,
    "interrupts": interrupts.interrupts,
    "told-to-end": interrupts.told_to_end,
    "map": memory.maps,
    "dma": memory.dma,
    "truncated": memory.truncated,
    "dirty-pages": logging_v1.dirty_pages,
    "migrate-v1": migration_v1.migrate,
    "features": states_v2.features,
    "states": states_v2.states,
    "migrate-v2": migration_v2.migrate,
    "failing": migration_v2.failing,
    "logging": logging_v2.logging,
}


def main(topic, minor, *paths):
    checked = checks.Checks()
    try:
        TOPICS[topic](checked, int(minor), *paths)
    except Exception:
        # Whatever was not foreseen: in one line, as everything else.
        checked.failures += 1
        last = traceback.extract_tb(sys.exc_info()[2])[-3:]
        where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(last))
        print(f"FAILED {topic}: {sys.exc_info()[0].__name__} {sys.exc_info()[1]} in {where}", flush=True)
    return 1 if checked.failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
