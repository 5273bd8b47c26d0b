#!/bin/sh
# Lint the Dockerfile, then build targets and try them with whatever builds images here:
#   sh docker/check.sh [TARGET...]        cli by default; cli rl fenics sumo mpijob dashboard, or all
# docker and podman pull Debian's image. buildah needs neither engine nor registry: as root, it
# makes the base with debootstrap. With none of them it says so; REQUIRE_BUILD=1 makes that a
# failure. BUILD_FLAGS go to the build command; a certificate named by PIP_CERT and a folder of
# wheels named by PIP_FIND_LINKS (where a CPU build of torch may lie) are lent to the pip of a build
# by buildah or podman, for as long as it runs. Every image must run as user 1000, carry its labels,
# work without a network, and hand SIGTERM to a study, which then is saved.
set -eu
cd "$(dirname "$0")/.."
${HADOLINT:-.venv/bin/hadolint} docker/Dockerfile
echo "docker/Dockerfile: lint passed"
[ $# -gt 0 ] || set -- cli
[ "$1" != all ] || set -- cli rl fenics sumo mpijob dashboard

lent=$(mktemp -d)
trap 'rm -rf "$lent"' EXIT
lend_to_pip() {
    echo '[global]' >"$lent/pip.conf"
    flags="--volume $lent/pip.conf:/etc/pip.conf:ro"
    if [ -n "${PIP_CERT:-}" ]; then
        cp "$PIP_CERT" "$lent/pip.crt"
        echo 'cert = /etc/pip.crt' >>"$lent/pip.conf"
        flags="$flags --volume $lent/pip.crt:/etc/pip.crt:ro"
    fi
    if [ -d "${PIP_FIND_LINKS:-}" ]; then
        echo 'find-links = /etc/pip.wheels' >>"$lent/pip.conf"
        flags="$flags --volume $PIP_FIND_LINKS:/etc/pip.wheels:ro"
    fi
    BUILD_FLAGS="$flags ${BUILD_FLAGS:-}"
}

build_with() { # ENGINE TARGET
    # shellcheck disable=SC2086 # several flags
    "$1" build ${BUILD_FLAGS:-} -f docker/Dockerfile --target "$2" -t "simhelm:$2" .
}

run_with() { # ENGINE TARGET COMMAND...
    engine=$1 target=$2
    shift 2
    "$engine" run --rm --network none --entrypoint "" "simhelm:$target" "$@"
}

buildah_() { buildah --storage-driver vfs "$@"; }

make_base() { # IMAGE SUITE
    buildah_ inspect --type image "$1" >/dev/null 2>&1 && return
    tree=$(mktemp -d)
    debootstrap --variant=minbase "$2" "$tree" >/dev/null
    rm -f "$tree"/var/cache/apt/archives/*.deb
    container=$(buildah_ from scratch)
    buildah_ add --quiet "$container" "$tree" / >/dev/null
    buildah_ commit --quiet "$container" "$1" >/dev/null
    buildah_ rm "$container" >/dev/null
    rm -rf "$tree"
}

build_with_buildah() { # TARGET
    case $1 in
    fenics) make_base debian:trixie-slim trixie ;;
    *) make_base debian:bookworm-slim bookworm ;;
    esac
    # shellcheck disable=SC2086 # several flags
    buildah_ bud --isolation chroot --pull-never --format docker ${BUILD_FLAGS:-} \
        -f docker/Dockerfile --target "$1" -t "simhelm:$1" .
}

run_image() { # IMAGE COMMAND...
    container=$(buildah_ from --pull-never "$1")
    shift
    status=0
    # By itself chroot isolation would leave the machine's network.
    unshare --net buildah --storage-driver vfs run --isolation chroot "$container" -- "$@" || status=$?
    buildah_ rm "$container" >/dev/null
    return $status
}

can_build_with_buildah() {
    make_base debian:bookworm-slim bookworm && run_image debian:bookworm-slim true
} >/dev/null 2>&1

run_with_buildah() { # TARGET COMMAND...
    target=$1
    shift
    run_image "simhelm:$target" "$@"
}

# In an image with simhelm, as one command, since a container of buildah's is a copy of the image:
# the user, the list, then a long study that is told to stop, is saved and can be read.
# shellcheck disable=SC2016 # expanded in there
use_simhelm='
set -e
[ "$(id -u)" = 1000 ]
simhelm list --format csv | grep -q "^environment,simhelm/Heat2D-v0,"
cd "$(mktemp -d)"
printf "seed = 1\ntrials = 1000000\n[problem]\nname = \"RelaxationFactor\"\n[sampler]\nname = \"RandomSampler\"\n" >long.toml
tini -s -- simhelm --quiet run long.toml --out long >output 2>&1 &
simhelm=$!
for _ in $(seq 300); do
    if simhelm status long --format json 2>/dev/null | grep -q completed; then break; fi
    sleep 1
done
kill -TERM $simhelm
status=0
wait $simhelm || status=$?
if [ $status != 143 ]; then
    cat output
    exit 1
fi
simhelm show long >/dev/null
'

if docker info >/dev/null 2>&1; then
    build() { build_with docker "$@"; }
    try() { run_with docker "$@"; }
    labels() { docker inspect "simhelm:$1"; }
elif podman info >/dev/null 2>&1; then
    lend_to_pip
    build() { build_with podman "$@"; }
    try() { run_with podman "$@"; }
    labels() { podman inspect "simhelm:$1"; }
elif command -v buildah >/dev/null && command -v debootstrap >/dev/null && [ "$(id -u)" = 0 ] &&
    can_build_with_buildah; then
    lend_to_pip
    build() { build_with_buildah "$@"; }
    try() { run_with_buildah "$@"; }
    labels() { buildah_ inspect --type image "simhelm:$1"; }
else
    echo "images NOT BUILT ($*): no docker, no podman, no buildah that can make and run a Debian tree as root was found"
    exit "${REQUIRE_BUILD:-0}"
fi

built=
trap 'rm -rf "$lent"; echo "images built and tried:${built:- none}, of: $*"' EXIT
for target in "$@"; do
    build "$target"
    # What is particular to a target.
    own=
    case $target in
    rl) own='python -c "import stable_baselines3, torch"' ;;
    fenics) own='python -c "import dolfinx_solver, dolfinx.fem"' ;;
    sumo) own='sumo --version' ;;
    mpijob) own='/usr/sbin/sshd -V' ;;
    dashboard) own='[ "$(id -u)" = 1000 ]; optuna-dashboard --help; python -c "import psycopg"' ;;
    esac
    labels "$target" | grep -q '"org.opencontainers.image.licenses": "MIT"'
    case $target in
    dashboard) try dashboard sh -c "set -e; $own" >/dev/null ;;
    *) try "$target" sh -c "$use_simhelm $own" >/dev/null ;;
    esac
    built="$built $target"
done
