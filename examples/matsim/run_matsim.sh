#!/bin/sh
# Runs MATSim on its own configuration, with the changes of a trial as arguments.
set -eu
: "${MATSIM_JAR:?the jar with MATSim}" "${MATSIM_CONFIG:?its config.xml}"
exec java -cp "$MATSIM_JAR" "${MATSIM_MAIN:-org.matsim.run.Controler}" "$MATSIM_CONFIG" "$@"
