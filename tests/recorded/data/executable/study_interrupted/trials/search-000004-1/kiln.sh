#!/bin/sh
# usage: kiln.sh TEMPERATURE MINUTES PROGRAMME [FAN]
set -eu
sleep 0.1
awk -v t="$1" -v m="$2" -v p="$3" -v f="${4:-0}" 'BEGIN {
    if (t * m > 20000) { print "the kiln cracked" > "/dev/stderr"; exit 3 }
    crust = (t + 10 * f - 230) / 40; crumb = (m - 42) / 15
    printf "{\"uneven\": %.9f, \"energy\": %.6f}\n", crust * crust + crumb * crumb + (p == "grill"), t * m / 1000
}' > result.json
