#!/bin/sh
# Install what some tests need from Debian, where we are root and apt works: a browser to look at
# pages with, and a PostgreSQL server to export to. Elsewhere those tests skip and say so.
set -eu
packages=""
command -v chromium >/dev/null && command -v chromedriver >/dev/null || packages="chromium chromium-driver"
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages="$packages postgresql"
[ -n "$packages" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "tests that need these Debian packages will skip, as we are not root or have no apt: $packages"
    exit 0
fi
echo "installing Debian packages for the tests: $packages ..."
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
{ apt-get update -qq && apt-get install -qq -y --no-install-recommends $packages; } >/dev/null 2>&1 ||
    echo "tests that need these Debian packages will skip, as apt could not install them: $packages"
