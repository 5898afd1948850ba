#!/usr/bin/env bash
# A fresh WordPress of Debian's package with a MariaDB of its own, reached by its socket. Answers at /wp-login.php when ready.
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
need php-cli php-mysql php-xml php-mbstring php-gd php-curl wordpress mariadb-server
mkdir -p www db run
cp -rL /usr/share/wordpress/. www 2>/dev/null || true
cp -rL /var/lib/wordpress/wp-content/. www/wp-content 2>/dev/null || true
rm -f www/wp-config.php
user=()
if [ "$(id -u)" = 0 ]; then
  # MariaDB does not run as root.
  user=(--user=mysql)
  chown -R mysql db run
  chmod 755 "$DIR"
fi
mariadb-install-db --no-defaults "${user[@]}" --datadir="$DIR/db" --auth-root-authentication-method=normal >>install.log 2>&1
mariadbd --no-defaults "${user[@]}" --datadir="$DIR/db" --skip-networking --socket="$DIR/run/db.sock" --pid-file="$DIR/run/db.pid" --innodb-buffer-pool-size=64M >>database.log 2>&1 &
database=$!
trap 'kill "$database" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  mariadb --no-defaults --user=root --socket="$DIR/run/db.sock" --execute 'select 1' >/dev/null 2>&1 && break
  sleep 0.1
done
mariadb --no-defaults --user=root --socket="$DIR/run/db.sock" --execute "create database wp; create user wp@localhost identified by 'wp'; grant all on wp.* to wp@localhost;"
salt() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
{
  echo '<?php'
  for pair in DB_NAME=wp DB_USER=wp DB_PASSWORD=wp "DB_HOST=localhost:$DIR/run/db.sock" DB_CHARSET=utf8mb4 DB_COLLATE= \
    "WP_SITEURL=http://127.0.0.1:$PORT" "WP_HOME=http://127.0.0.1:$PORT"; do
    echo "define('${pair%%=*}', '${pair#*=}');"
  done
  for key in AUTH SECURE_AUTH LOGGED_IN NONCE; do echo "define('${key}_KEY', '$(salt)'); define('${key}_SALT', '$(salt)');"; done
  # shellcheck disable=SC2016
  echo '$table_prefix = "wp_"; define("WP_HTTP_BLOCK_EXTERNAL", true); define("DISABLE_WP_CRON", true); define("AUTOMATIC_UPDATER_DISABLED", true);'
  echo 'defined("ABSPATH") || define("ABSPATH", __DIR__ . "/"); require_once ABSPATH . "wp-settings.php";'
} >www/wp-config.php
cd www
php -r "\$_SERVER['HTTP_HOST'] = '127.0.0.1:$PORT'; define('WP_INSTALLING', true); require 'wp-load.php'; require 'wp-admin/includes/upgrade.php';
  wp_install('Checked site', 'admin', 'admin@example.com', false, '', getenv('APP_PASSWORD'));
  for (\$i = 0; \$i < 30; \$i++) { wp_insert_user(['user_login' => \"extra\$i\", 'user_email' => \"extra\$i@example.com\", 'user_pass' => wp_generate_password(), 'role' => 'subscriber']); }" >>"$DIR/install.log" 2>&1
export PHP_CLI_SERVER_WORKERS=4
php -d display_errors=0 -d opcache.enable_cli=1 -S "127.0.0.1:$PORT" -t "$DIR/www" >>"$DIR/server.log" 2>&1 &
server=$!
trap 'kill "$server" "$database" 2>/dev/null || true' EXIT TERM
wait "$server"
