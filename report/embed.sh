#!/bin/sh
# Prints the source of report/page_files.h for the files given.
#
# Each becomes a raw string, which costs the compiler next to nothing. A file must not hold the
# string's delimiter.
set -eu
delimiter='embedded~'

echo '// Made by report/embed.sh.'
echo '#include "report/page_files.h"'
echo 'namespace sturgeon {'
echo 'namespace {'
i=0
for file; do
  if grep -qF ")$delimiter\"" "$file"; then
    echo "$file holds )$delimiter\"" >&2
    exit 1
  fi
  printf 'constexpr char kFile%d[] = R"%s(' $i "$delimiter"
  cat "$file"
  printf ')%s";\n' "$delimiter"
  i=$((i + 1))
done
echo 'constexpr EmbeddedFile kFiles[] = {'
i=0
for file; do
  printf '    {"%s", absl::string_view(kFile%d, sizeof(kFile%d) - 1)},\n' "${file##*/}" $i $i
  i=$((i + 1))
done
echo '};'
echo '}  // namespace'
echo 'absl::Span<const EmbeddedFile> PageFiles() { return kFiles; }'
echo '}  // namespace sturgeon'
