#!/bin/sh
# Writes the pages of docs/plugins/ anew: ./bazelw run //docs:update
set -eu
for kind in sampler strategy stopping_rule model runner storage; do
  "$1" plugins --kind="$kind" --format=markdown >"$BUILD_WORKSPACE_DIRECTORY/docs/plugins/$kind.md"
done
