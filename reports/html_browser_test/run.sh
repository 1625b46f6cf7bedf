#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Opens sample reports in Chromium (browser_test.mjs): run.sh PROGRAM FOLDER. PROGRAM writes the reports
# (reports/html/write_samples.cc); FOLDER, below build/, gets them, and Playwright and axe-core from the npm registry.
set -euo pipefail

here=$(readlink -f -- "${BASH_SOURCE[0]}")
here=${here%/*}
program=$1 folder=$2

for needed in node npm chromium; do
  if ! command -v "$needed" >/dev/null; then
    printf 'html_browser: %s is missing: install the packages of group test (ci/packages.txt), as ci/test does\n' "$needed" >&2
    exit 1
  fi
done

mkdir -p -- "$folder"
for file in package.json package-lock.json .npmrc; do
  if ! cmp -s -- "$here/$file" "$folder/$file"; then
    rm -f -- "$folder/installed"
    cp -- "$here/$file" "$folder/$file"
  fi
done
if [[ ! -e $folder/installed ]]; then
  (cd -- "$folder" && npm ci --ignore-scripts --no-audit --no-fund)
  : >"$folder/installed"
fi
# Beside node_modules, where node looks for packages.
cp -- "$here"/*.mjs "$folder/"
"$program" "$folder/reports"
cd -- "$folder"
exec node --test browser_test.mjs
