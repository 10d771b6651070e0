# Sourced by the check_*.sh scripts: a fresh Debian in a temporary folder, with the repository in it.
# Needs root and debootstrap. With STURGEON_CHROOT_CACHE set to a folder, the bare system is kept
# there as SUITE.tar and used again.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
chroot=
extra_ca=

say() { echo "$(basename "$0"): $*" >&2; }
die() { say "$*"; exit 1; }

# Sets $chroot to a new system of the suite $1 with /repository, a copy of what git has or would add.
make_chroot() {
  local suite=$1 script tar=
  [ "$(id -u)" -eq 0 ] || die "run it as root: it makes a chroot"
  command -v debootstrap >/dev/null || die "please apt-get install debootstrap"
  chroot=$(mktemp -d "${TMPDIR:-/tmp}/sturgeon-$suite.XXXXXX")
  trap remove_chroot EXIT
  trap 'exit 130' INT TERM
  [ -z "${STURGEON_CHROOT_CACHE:-}" ] || tar=$STURGEON_CHROOT_CACHE/$suite.tar
  if [ -n "$tar" ] && [ -e "$tar" ]; then
    tar -C "$chroot" -xf "$tar"
  else
    say "making a fresh Debian $suite"
    # A suite that is newer than this debootstrap is made like sid.
    script=/usr/share/debootstrap/scripts/$suite
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    debootstrap --variant=minbase "$suite" "$chroot" http://deb.debian.org/debian "$script" \
      >"$chroot.log" 2>&1 || { tail -n 20 "$chroot.log" >&2; die "debootstrap failed, as above"; }
    rm -f "$chroot.log"
    if [ -n "$tar" ]; then
      mkdir -p "$(dirname "$tar")"
      tar -C "$chroot" -cf "$tar.new" . && mv "$tar.new" "$tar"
    fi
  fi
  chmod 755 "$chroot"  # users in there, such as PostgreSQL's, need it; mktemp gives it to root alone
  mount --bind /proc "$chroot/proc"
  mount --bind /sys "$chroot/sys"
  mount --bind /dev "$chroot/dev"
  # Of this machine's network settings: where names are looked up, and whom Node.js and pip trust
  # (a proxy may have a certificate of its own).
  cp /etc/resolv.conf "$chroot/etc/resolv.conf"
  if [ -e "${NODE_EXTRA_CA_CERTS:-}" ]; then
    cp "$NODE_EXTRA_CA_CERTS" "$chroot/etc/extra-ca.crt"
    extra_ca=1
  fi
  mkdir "$chroot/repository"
  git -C "$repository" ls-files -z --cached --others --exclude-standard --deduplicate |
    (cd "$repository" && while IFS= read -r -d '' file; do
      [ ! -e "$file" ] || printf '%s\0' "$file"
    done | tar --null -T - -c) | tar -x -C "$chroot/repository"
}

# Runs a command line in the chroot, in /repository, with a bare environment.
in_chroot() {
  env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    NODE_EXTRA_CA_CERTS=/etc/extra-ca.crt ${extra_ca:+PIP_CERT=/etc/extra-ca.crt} \
    ${chroot_environment:-} \
    chroot "$chroot" /bin/sh -c "cd /repository && $1" </dev/null
}

remove_chroot() {
  local file folder
  # A Bazel server for each workspace that was used in there.
  for file in "$chroot"/root/.cache/bazel/_bazel_root/*/server/server.pid.txt; do
    [ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
  done
  for folder in dev sys proc; do
    ! mountpoint -q "$chroot/$folder" || umount --lazy "$chroot/$folder" || return
  done
  rm -rf --one-file-system "$chroot" 2>/dev/null || { sleep 3; rm -rf --one-file-system "$chroot"; }
}
