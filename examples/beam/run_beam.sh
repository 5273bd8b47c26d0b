#!/bin/sh
# Runs BEAM with its own configuration and our overrides, in the fresh directory of a trial.
set -eu
: "${BEAM_HOME:?a checkout of BEAM that builds}" "${BEAM_CONFIG:?its beam.conf}"
{
    printf 'include file("%s")\n' "$BEAM_CONFIG"
    printf 'beam.inputDirectory = "%s"\n' "$(dirname "$BEAM_CONFIG")"
    cat overrides.conf
} > beam.conf
mkdir output
# Without the daemon BEAM is a child of this process, and ends when the trial is ended.
exec "$BEAM_HOME/gradlew" --no-daemon -p "$BEAM_HOME" :run "-PappArgs=['--config','$PWD/beam.conf']"
