# What the steps share: the lab's places, messages, and the cache. Sourced by bash scripts.

set -euo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$lab/../.." && pwd)
cache=$project/.cache/lab

say() { echo "lab: $*" >&2; }
die() {
  say "$*"
  exit 1
}

# hash_of PATH...: a short name for the contents of files and folders of the lab.
hash_of() {
  (cd "$lab" && find "$@" -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-12
}

# cached NAME FUNCTION: the folder NAME in the cache. If it is not there, FUNCTION fills an empty
# folder (its argument), which takes the name only when it is complete: an interrupted run leaves
# nothing that looks finished.
cached() {
  local done=$cache/$1 making
  if [ ! -d "$done" ]; then
    making=$(mktemp -d "$cache/making.XXXXXX")
    "$2" "$making" >&2
    mv -T "$making" "$done"
  fi
  echo "$done"
}
