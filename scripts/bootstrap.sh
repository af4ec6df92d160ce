# Sourced by run.sh and test.sh: a virtual environment with nmrcam in it, on a machine
# that has Python and may have nothing else. POSIX sh.
#
#   root=...            folder of the checkout, set by the caller
#   bootstrap [EXTRA]   make or refresh $root/.venv and install the package into it
#   has_display         whether there is a screen to open a window on
#   qt_ready            make sure that Qt can be loaded; otherwise say what is missing
#   chromium_ready      make sure that there is a Chromium, for the tests only
#   screen_ready        make sure that there are a virtual screen and hands for it, likewise
#
# $python is the environment's interpreter afterwards.

venv="$root/.venv"
python="$venv/bin/python"

QT_PACKAGES="libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 libx11-6"
XCB_PACKAGES="libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-image0 libxcb-render-util0 \
libxcb-xkb1 libxcb-randr0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxkbcommon-x11-0 \
libx11-xcb1"

say() {
    printf '%s\n' "nmrcam: $*" >&2
}

die() {
    say "$*"
    exit 1
}

# Run a command as root: directly, or by sudo where it asks for no password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# Install Debian packages; fails where there is no apt-get or we may not use it. What
# apt-get says is shown only when it fails.
apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    as_root true 2>/dev/null || return 1
    say "installing system packages: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >/dev/null 2>&1 || true
    if ! said=$(as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends "$@" 2>&1); then
        printf '%s\n' "$said" >&2
        return 1
    fi
}

# The first interpreter of a supported version becomes $base_python.
find_python() {
    for name in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$name" >/dev/null 2>&1 && supported "$name"; then
            base_python=$(command -v "$name")
            return 0
        fi
    done
    die "no Python 3.11, 3.12 or 3.13 was found; install one of them and call this again"
}

venv_works() {
    [ -x "$python" ] && supported "$python" && "$python" -m pip --version >/dev/null 2>&1
}

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

make_venv() {
    venv_works && return 0
    # An environment that somebody made without pip is completed, not replaced.
    if [ -x "$python" ] && supported "$python" && "$python" -m ensurepip >/dev/null 2>&1; then
        return 0
    fi
    find_python
    say "making the virtual environment .venv with $("$base_python" --version)"
    if ! has_ensurepip; then
        version=$("$base_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        apt_install python3-venv || true
        has_ensurepip || apt_install "python$version-venv" || true
    fi
    if has_ensurepip; then
        "$base_python" -m venv --clear "$venv" || die "the virtual environment cannot be made"
    elif "$base_python" -m pip --version >/dev/null 2>&1 &&
        "$base_python" -m venv --clear --without-pip "$venv" >/dev/null 2>&1; then
        # No ensurepip, but a pip outside: it can install another one into the environment.
        "$base_python" -m pip --python "$python" install -q pip ||
            die "pip cannot be installed into the virtual environment"
    elif "$base_python" -m virtualenv --version >/dev/null 2>&1; then
        "$base_python" -m virtualenv --clear -q "$venv" ||
            die "the virtual environment cannot be made"
    else
        die "Python's venv is missing and cannot be installed from here;" \
            "ask an administrator for: apt-get install python3-venv"
    fi
    venv_works || die "the virtual environment in .venv has no working pip"
}

has_ensurepip() {
    "$base_python" -c 'import ensurepip, venv' >/dev/null 2>&1
}

# What an installation depends on: the project file, the place, the interpreter.
stamp_text() {
    cksum <"$root/pyproject.toml"
    printf '%s\n' "$root"
    "$python" --version
}

up_to_date() {
    [ -f "$1" ] && [ "$(cat "$1")" = "$(stamp_text)" ]
}

bootstrap() {
    extra=${1:-}
    make_venv
    stamp="$venv/.nmrcam-installed${extra:+-$extra}"
    up_to_date "$stamp" && return 0
    # The test environment holds everything that the application needs.
    [ -z "$extra" ] && up_to_date "$venv/.nmrcam-installed-test" && return 0
    say "installing nmrcam and what it needs into .venv (a few minutes, about 2 GB)"
    # pip passes on pages of remarks that help nobody; they are shown where it fails.
    if ! said=$("$python" -m pip install -q --disable-pip-version-check \
        -e "$root${extra:+[$extra]}" 2>&1); then
        printf '%s\n' "$said" >&2
        die "the installation failed; pip says why above"
    fi
    stamp_text >"$stamp"
}

has_display() {
    [ "$(uname -s)" = Darwin ] || [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ]
}

# Whether Qt's libraries load, and with "window" also those that X11 needs.
qt_loads() {
    "$python" - "${1:-}" <<'PY' >/dev/null 2>&1
import ctypes
import pathlib
import sys

from PySide6 import QtCore, QtGui, QtWidgets

if sys.argv[1] == "window" and sys.platform == "linux":
    plugins = pathlib.Path(QtCore.QLibraryInfo.path(QtCore.QLibraryInfo.LibraryPath.PluginsPath))
    ctypes.CDLL(str(plugins / "platforms" / "libqxcb.so"))
PY
}

qt_ready() {
    qt_loads "${1:-}" && return 0
    packages=$QT_PACKAGES
    [ "${1:-}" = window ] && packages="$QT_PACKAGES $XCB_PACKAGES"
    # Word splitting is meant here.
    # shellcheck disable=SC2086
    apt_install $packages || true
    qt_loads "${1:-}" && return 0
    say "libraries that Qt needs are missing and cannot be installed from here;" \
        "on Debian ask an administrator for: apt-get install $packages"
    return 1
}

has_chromium() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

# A browser without a window, for the test of the exported report.
chromium_ready() {
    has_chromium && return 0
    apt_install chromium-headless-shell || apt_install chromium || true
    has_chromium && return 0
    say "the exported report is not tested: there is no Chromium and it cannot be installed" \
        "from here; on Debian ask an administrator for: apt-get install chromium-headless-shell"
    return 1
}

# A virtual screen, and mouse and keys for it, for the test that works with the real window.
screen_ready() {
    has_screen && return 0
    apt_install xvfb xdotool || true
    has_screen && return 0
    say "the real window is not tested: Xvfb or xdotool is missing and cannot be installed" \
        "from here; on Debian ask an administrator for: apt-get install xvfb xdotool"
    return 1
}

has_screen() {
    command -v Xvfb >/dev/null 2>&1 && command -v xdotool >/dev/null 2>&1
}
