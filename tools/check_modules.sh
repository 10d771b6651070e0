#!/bin/bash
# Checks that Sturgeon builds and passes its tests as a module: with MODULE.bazel, on Bazel 7.7, g++ 16
# and the newest libraries, as Debian forky has them, in a fresh chroot and offline. The modules of
# the registry are stood in for by the system's libraries, under the same labels.
#
#     tools/check_modules.sh [COMMAND…]
set -euo pipefail
# shellcheck source=tools/chroot.sh
. "$(dirname "$0")/chroot.sh"

[ $# -gt 0 ] || set -- './bazelw build //...' './bazelw test //...'
make_chroot forky
# shellcheck disable=SC2034  # read by in_chroot
chroot_environment=JAVA_HOME=/usr/lib/jvm/default-java

say "installing packages"
# A testing release's lists expire within a week, and a mirror may lag.
in_chroot "
  apt-get -o Acquire::Check-Valid-Until=false update &&
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-common &&
  sed -i 's/^#* *create_main_cluster.*/create_main_cluster = false/' \
    /etc/postgresql-common/createcluster.conf &&
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    bazel-bootstrap bazel-features bazel-platforms bazel-rules-cc bazel-rules-java \
    bazel-rules-license bazel-rules-proto bazel-rules-python bazel-skylib bubblewrap dataset-fashion-mnist g++ \
    libabsl-dev libbenchmark-dev libcpp-httplib-dev libeigen3-dev libgflags-dev libgmock-dev libnlopt-dev \
    libpq-dev libsqlite3-dev nlohmann-json3-dev node-d3 postgresql python3 python3-venv zlib1g-dev \
    chromium chromium-driver" >"$chroot/apt.log" 2>&1 ||
  { tail -n 20 "$chroot/apt.log" >&2; die "apt-get failed"; }

# The repository rules of third_party/ make the libraries' repositories, and what they make becomes
# modules. The others, Bazel's own dependencies that no build here uses, are empty.
libraries='abseil-cpp cpp-httplib eigen gflags google_benchmark googletest nlohmann_json nlopt postgres rules_shell sqlite3 zlib'
say "making modules of the system's libraries"
in_chroot "
  bazel query --noenable_bzlmod --enable_workspace 'set($(printf '@%s//... ' $libraries))' &&
  mkdir /modules &&
  external=\$(bazel info --noenable_bzlmod --enable_workspace output_base)/external &&
  for name in $libraries; do cp -a \$external/\$name /modules/; done &&
  bazel shutdown" >"$chroot/fetch.log" 2>&1 ||
  { tail -n 20 "$chroot/fetch.log" >&2; die "the libraries' repositories could not be made"; }
{
  for name in $libraries apple_support buildozer protobuf; do
    mkdir -p "$chroot/modules/$name"
    {
      echo "module(name = \"$name\")"
      case " $libraries " in
        *" $name "*) echo 'bazel_dep(name = "rules_cc", version = "0.0.11")' ;;
      esac
    } >"$chroot/modules/$name/MODULE.bazel"
    echo "common --override_module=$name=/modules/$name"
  done
} >"$chroot/root/.bazelrc"

for command in "$@"; do
  say "running: $command"
  in_chroot "$command" || die "FAILED as a module on $(in_chroot 'bazel --version'): $command"
done
say "PASSED as a module on $(in_chroot 'bazel --version'): $*"
