#!/bin/bash
# Formats all C++ (clang-format) and Starlark (buildifier), or checks that it is formatted, and
# Starlark's style too.
#
#     tools/format.sh [--check] [c++] [starlark]
#
# As root it installs what it needs, pinned since formatters change their mind between releases.
set -euo pipefail
cd "$(dirname "$0")/.."

clang_format_major=14 # Debian 12's
buildifier_version=8.2.1

die() { echo "format.sh: $*" >&2; exit 1; }

apt_install() {
  [ "$(id -u)" -eq 0 ] || die "please apt-get install $*"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
    >&2 </dev/null
}

# Prints the command of the pinned clang-format.
clang_format() {
  local name=clang-format-$clang_format_major
  if ! command -v "$name" >/dev/null; then apt_install "$name"; fi
  command -v "$name"
}

# Prints the command of the pinned buildifier, which npm has as a plain program for each platform.
buildifier() {
  local folder=${XDG_CACHE_HOME:-$HOME/.cache}/sturgeon/buildifier-$buildifier_version machine work
  if ! [ -x "$folder/buildifier" ]; then
    command -v npm >/dev/null || apt_install npm ca-certificates
    case $(uname -m) in
      x86_64) machine=amd64 ;;
      aarch64) machine=arm64 ;;
      *) die "there is no buildifier for $(uname -m)" ;;
    esac
    work=$(mktemp -d)
    (cd "$work" && npm pack --silent "@bazel/buildifier@$buildifier_version" >/dev/null &&
      tar xzf ./*.tgz) >&2 || die "buildifier could not be fetched"
    mkdir -p "$folder"
    mv "$work/package/buildifier-linux_$machine" "$folder/buildifier"
    chmod +x "$folder/buildifier"
    rm -rf "$work"
  fi
  echo "$folder/buildifier"
}

# Lists our files with the names given to find, NUL between them.
files() {
  find . -name 'bazel-*' -prune -o -path ./.git -prune -o -type f '(' "$@" ')' -print0 | sort -z
}

check=
[ "${1:-}" != --check ] || { check=1; shift; }
[ $# -gt 0 ] || set -- c++ starlark
for language in "$@"; do
  case $language in
    c++)
      command=$(clang_format)
      files -name '*.cc' -o -name '*.h' |
        if [ "$check" ]; then
          xargs -0 "$command" --dry-run -Werror
        else
          xargs -0 "$command" -i
        fi
      ;;
    starlark)
      command=$(buildifier)
      files -name BUILD -o -name '*.BUILD' -o -name '*.bzl' -o -name WORKSPACE -o -name MODULE.bazel |
        if [ "$check" ]; then
          xargs -0 "$command" --mode=check --lint=warn
        else
          xargs -0 "$command" --mode=fix
        fi
      ;;
    *) die "unknown language: $language" ;;
  esac
done
