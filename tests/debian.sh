#!/bin/sh
# Install what some tests need from Debian, where we are root and apt works: a browser to look at
# pages with, a PostgreSQL server to export to, a virtual screen for windows, and the libraries that
# SUMO's wheel is linked to. Elsewhere the tests of the first three skip and say so.
set -eu
packages=""
command -v chromium >/dev/null && command -v chromedriver >/dev/null || packages="chromium chromium-driver"
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages="$packages postgresql"
command -v Xvfb >/dev/null || packages="$packages xvfb"
for library in libX11.so.6 libXext.so.6 libXrender.so.1 libGL.so.1 libatomic.so.1; do
    ldconfig -p 2>/dev/null | grep -q "$library" && continue
    packages="$packages libatomic1 libgl1 libx11-6 libxext6 libxrender1"
    break
done
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
