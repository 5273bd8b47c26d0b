#!/bin/sh
# A "simulator" in a dozen lines: how evenly a loaf bakes at a temperature for so many minutes.
# usage: oven.sh TEMPERATURE MINUTES PROGRAMME
set -eu
awk -v t="$1" -v m="$2" -v p="$3" 'BEGIN {
    if (t * m > 16000) { print "the loaf caught fire" > "/dev/stderr"; exit 3 }
    fan = (p == "fan") ? 20 : 0
    crust = (t + fan - 230) / 40; crumb = (m - 42) / 15
    printf "unevenness = %.9f\n", crust * crust + crumb * crumb + 0.3 * crust * crumb + (p == "grill")
}'
