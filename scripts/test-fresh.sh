#!/usr/bin/env bash
# Runs the README's two commands as a newcomer would: a clean Debian root with Node copied in, python3-venv, rsync and the
# ssh client from Debian, an unprivileged user, and nothing else. Needs root and debootstrap (installed when missing).
# The root gets this machine's npm, pip, apt, certificate and name-resolution settings at run time; none is committed.
#
#   npm run test:fresh              both commands
#   npm run test:fresh -- run       only: npm ci && npx pipeline run all
#   npm run test:fresh -- test      only: npm ci && npm test
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD
what=${1:-both}

if [ "$(id -u)" != 0 ]; then
  echo 'skipped: making a clean root needs root'
  echo '0 passed, 0 failed, 1 skipped'
  exit 0
fi
if ! command -v debootstrap >/dev/null; then
  apt-get update -q >/dev/null
  apt-get install -y -q debootstrap >/dev/null
fi

# The mirror and suite that this machine's own apt uses.
read -r mirror suite < <(
  awk '$1=="URIs:"{uri=$2} $1=="Suites:"{print uri, $2; exit} $1=="deb"{for(i=2;i<=NF;i++) if($i ~ /:\/\//){print $i, $(i+1); exit}}' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null
)
packages=python3,python3-venv,rsync,openssh-client,ca-certificates
lab=${EDGELINE_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/edgeline-lab}
base=$lab/fresh-$suite-$(printf '%s' "$packages" | sha256sum | cut -c1-12).tar
mkdir -p "$lab"
root=$(mktemp -d "$lab/fresh-root.XXXXXX")
cleanup() {
  for mounted in dev/pts dev/shm dev proc; do mountpoint -q "$root/$mounted" && umount -l "$root/$mounted"; done
  rm -rf --one-file-system "$root"
}
trap cleanup EXIT
# Without these bash ends at once, and the mounts stay.
trap 'exit 130' INT
trap 'exit 143' TERM

if [ ! -f "$base" ]; then
  echo "fresh: making a clean $suite root (once; kept in the lab cache)"
  debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror" >"$lab/debootstrap.log"
  tar -C "$root" -cf "$base.part" .
  mv "$base.part" "$base"
else
  tar -C "$root" -xf "$base"
fi

# mktemp made it for root alone.
chmod 755 "$root"

echo 'fresh: copying Node, this machine'"'"'s settings and the project'
node=$(readlink -f "$(command -v node)")
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/node_modules"
cp "$node" "$root/usr/local/bin/node"
cp -r "$npm" "$root/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
# Libraries that a Node from elsewhere may need and Debian's minimum lacks.
ldd "$node" | awk '$3 ~ /^\//{print $3}' | while read -r library; do
  [ -e "$root$library" ] || install -D "$(readlink -f "$library")" "$root$library"
done
chroot "$root" useradd --create-home --shell /bin/bash newcomer
home=$root/home/newcomer
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do [ -f "$file" ] && cp -L "$file" "$root$file"; done
cp -rL /etc/ssl/certs "$root/etc/ssl/" 2>/dev/null || true
[ -f "$HOME/.npmrc" ] && cp "$HOME/.npmrc" "$home/.npmrc"
for file in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
  [ -f "$file" ] && install -D "$file" "$home/.config/pip/pip.conf"
done
mkdir -p "$home/edgeline"
git -C "$project" archive HEAD | tar -x -C "$home/edgeline"
chroot "$root" chown -R newcomer:newcomer /home/newcomer
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mkdir -p "$root/dev/shm" "$root/dev/pts"
# Terminals of pseudo-terminal tests; a bind of /dev does not bring what is mounted below it.
mountpoint -q "$root/dev/pts" || mount --bind /dev/pts "$root/dev/pts"
mountpoint -q "$root/dev/shm" || mount -t tmpfs tmpfs "$root/dev/shm"
chmod 1777 "$root/dev/shm" "$root/tmp"

settings=()
while IFS='=' read -r name value; do
  case $name in
    PIP_* | SSL_* | NODE_EXTRA_CA_CERTS | REQUESTS_CA_BUNDLE | CURL_CA_BUNDLE | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | http_proxy | https_proxy | no_proxy)
      settings+=("$name=$value") ;;
  esac
done < <(env)

passed=0
failed=0
attempt() {
  echo "fresh: $1"
  local started=$SECONDS
  # The group of the user alone: no root, no other groups, an empty environment but for the settings above.
  if chroot --userspec=newcomer:newcomer "$root" /usr/bin/env -i HOME=/home/newcomer USER=newcomer LANG=C.UTF-8 \
    PATH=/usr/local/bin:/usr/bin:/bin "${settings[@]}" /bin/bash -c "cd ~/edgeline && $2" </dev/null; then
    passed=$((passed + 1))
    echo "fresh: $1: passed in $((SECONDS - started)) s"
  else
    failed=$((failed + 1))
    echo "fresh: $1: FAILED after $((SECONDS - started)) s"
  fi
}
if [ "$what" != test ]; then
  attempt 'npm ci && npx pipeline run all' 'npm ci && npx pipeline run all && test -s artifacts/out/report/report/report.html'
  attempt 'again: nothing executes' 'npx pipeline plan all --check'
fi
[ "$what" = run ] || attempt 'npm ci && npm test' 'npm ci && npm test'
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
