#!/bin/sh
echo "Coverage reports need Bazel 7 or later (MODULE.bazel)." >&2
exit 1
