#!/bin/sh
# Lint the Dockerfile, then build targets and try them with whatever builds images here:
#   sh docker/check.sh [TARGET...]        cli by default; cli rl fenics sumo mpijob dashboard
# docker and podman pull Debian's image. buildah needs neither engine nor registry: as root, it
# makes the base with debootstrap. With none of them it says so; REQUIRE_BUILD=1 makes that a
# failure. BUILD_FLAGS go to the build command; a certificate named by PIP_CERT and a folder of
# wheels named by PIP_FIND_LINKS (where a CPU build of torch may lie) are lent to the pip of a build
# by buildah or podman, for as long as it runs.
set -eu
cd "$(dirname "$0")/.."
${HADOLINT:-.venv/bin/hadolint} docker/Dockerfile
echo "docker/Dockerfile: lint passed"
[ $# -gt 0 ] || set -- cli

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

can_build_with_buildah() {
    make_base debian:bookworm-slim bookworm && container=$(buildah_ from --pull-never debian:bookworm-slim) &&
        buildah_ run --isolation chroot "$container" -- true && buildah_ rm "$container"
} >/dev/null 2>&1

run_with_buildah() { # TARGET COMMAND...
    container=$(buildah_ from --pull-never "simhelm:$1")
    shift
    status=0
    buildah_ run --isolation chroot "$container" -- "$@" || status=$?
    buildah_ rm "$container" >/dev/null
    return $status
}

if docker info >/dev/null 2>&1; then
    build() { build_with docker "$@"; }
    try() { run_with docker "$@"; }
elif podman info >/dev/null 2>&1; then
    lend_to_pip
    build() { build_with podman "$@"; }
    try() { run_with podman "$@"; }
elif command -v buildah >/dev/null && command -v debootstrap >/dev/null && [ "$(id -u)" = 0 ] &&
    can_build_with_buildah; then
    lend_to_pip
    build() { build_with_buildah "$@"; }
    try() { run_with_buildah "$@"; }
else
    echo "images NOT BUILT ($*): no docker, no podman, no buildah that can make and run a Debian tree as root was found"
    exit "${REQUIRE_BUILD:-0}"
fi

for target in "$@"; do
    build "$target"
    if [ "$target" = dashboard ]; then
        try dashboard /opt/simhelm/bin/optuna-dashboard --help >/dev/null
    else
        [ "$(try "$target" id -u)" = 1000 ]
        try "$target" simhelm list --format csv | grep -q '^environment,simhelm/Heat2D-v0,'
    fi
    case $target in
    rl) try rl python -c 'import stable_baselines3, torch' ;;
    fenics) try fenics python -c 'import dolfinx_solver, dolfinx.fem' ;;
    sumo) try sumo sumo --version ;;
    mpijob) try mpijob /usr/sbin/sshd -V ;;
    esac
    echo "image simhelm:$target: built and tried"
done
