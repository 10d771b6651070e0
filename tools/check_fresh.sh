#!/bin/bash
# Checks that a machine with nothing but Debian 12 can build and test Sturgeon: makes a fresh bookworm
# chroot, copies the repository in, and runs commands there (by default the two below).
#
#     tools/check_fresh.sh [COMMAND…]
set -euo pipefail
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"

[ $# -gt 0 ] || set -- './bazelw build //...' './bazelw test //...'
make_chroot bookworm
for command in "$@"; do
  say "running: $command"
  in_chroot "$command" || die "FAILED in a fresh Debian 12: $command"
done
say "PASSED in a fresh Debian 12: $*"
