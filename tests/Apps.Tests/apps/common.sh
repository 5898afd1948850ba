# What the start scripts share. Sourced by them; $1 is a directory of their own, $2 the port on loopback.
set -eu
DIR=$1
PORT=$2
rm -rf "$DIR"
mkdir -p "$DIR"
cd "$DIR"

# Installs Debian packages that are missing; as root, or by sudo where it asks for no password.
need() {
  missing=""
  for package in "$@"; do
    dpkg-query --show --showformat '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  [ -z "$missing" ] && return
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo -n --preserve-env=DEBIAN_FRONTEND"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  $as_root apt-get install -y --no-install-recommends $missing >>install.log 2>&1 && return
  $as_root apt-get update >>install.log 2>&1
  # shellcheck disable=SC2086
  $as_root apt-get install -y --no-install-recommends $missing >>install.log 2>&1
}
