# need PACKAGE...: installs the Debian packages that are missing, or says how to.
#
# Sourced by tests/run, examples/run and bench/run. Installing takes root or a sudo that asks
# nothing. On a system without dpkg nothing happens: there meson says what it misses.

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config libuv1-dev libck-dev"

need() {
    command -v dpkg-query > /dev/null || return 0
    missing=
    for package; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) in
        installed) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0

    as_root=
    if [ "$(id -u)" != 0 ]; then
        as_root="sudo "
        if ! sudo -n true 2> /dev/null; then
            echo "Some Debian packages are missing. Type this, and start again:" >&2
            echo "    sudo apt-get update && sudo apt-get install -y$missing" >&2
            return 1
        fi
    fi
    echo "Installing$missing ..." >&2
    log=$(mktemp)
    if ${as_root}apt-get update -q > "$log" 2>&1 &&
        ${as_root}env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends $missing >> "$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "That did not work; the packages are:$missing" >&2
    return 1
}
