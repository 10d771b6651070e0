#!/bin/sh
# Prints the source of a function that gives a page's files (report/html.h): its name, then the page's
# HTML, its styles and its scripts, in this order or another.
#
# Each kind becomes a raw string, which costs the compiler next to nothing. A file must not hold the
# string's delimiter. What a content security policy needs to know of the styles and the scripts, their
# hashes, is worked out here, once a build.
set -eu
delimiter='embedded~'
function=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo '"use strict";' >"$folder/script"
for file; do
  if grep -qF ")$delimiter\"" "$file"; then
    echo "$file holds )$delimiter\"" >&2
    exit 1
  fi
  case $file in
    *.js) kind=script ;;
    *.css) kind=style ;;
    *) kind=html ;;
  esac
  cat "$file" >>"$folder/$kind"
  [ $kind = html ] || echo >>"$folder/$kind"
done

# "sha256-" and the hash in base 64.
hash() {
  sum=$(sha256sum <"$folder/$1")
  printf 'sha256-%s' "$(printf '%s' "${sum%% *}" | tr a-f A-F | basenc --base16 --decode | base64)"
}

echo '// Made by report/embed.sh.'
echo '#include "report/html.h"'
echo 'namespace sturgeon {'
for kind in html style script; do
  printf 'static constexpr char k_%s[] = R"%s(' $kind "$delimiter"
  cat "$folder/$kind"
  printf ')%s";\n' "$delimiter"
done
echo "const PageFiles& $function();"
echo "const PageFiles& $function() {"
echo '  static constexpr PageFiles page = {'
for kind in html style script; do
  printf '      absl::string_view(k_%s, sizeof(k_%s) - 1),\n' $kind $kind
done
printf '      "%s",\n      "%s"};\n' "$(hash style)" "$(hash script)"
echo '  return page;'
echo '}'
echo '}  // namespace sturgeon'
