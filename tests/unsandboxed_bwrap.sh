#!/bin/sh
# Stands in for bwrap where that may not make namespaces, as in a chroot and in most containers: an
# action runs in the folder that has its inputs, but sees the machine. Takes what BuildBox passes.
unset folder inner
while :; do
  case $1 in
    --bind) [ "$3" != / ] || folder=$2; shift 3 ;;
    --chdir) inner=$2; shift 2 ;;
    --setenv) export "$2=$3"; shift 3 ;;
    --unsetenv) unset "$2"; shift 2 ;;
    --ro-bind | --dev-bind) shift 3 ;;
    --unshare-* | --die-with-parent) shift ;;
    --*) shift 2 ;;
    *) break ;;
  esac
done
cd "$folder/$inner" && exec "$@"
