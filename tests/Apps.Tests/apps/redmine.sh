#!/usr/bin/env bash
# A fresh Redmine of Debian's package on SQLite. Prints nothing; answers at /login when ready. The API key lies in api-key.
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
if ! dpkg-query --show --showformat '${db:Status-Status}' redmine 2>/dev/null | grep -qx installed; then
  as_root=""; [ "$(id -u)" = 0 ] || as_root="sudo -n"
  # The package would else want to set up a database of its own.
  echo "redmine redmine/instances/default/dbconfig-install boolean false" | $as_root debconf-set-selections
fi
need redmine redmine-sqlite puma
APP=$DIR/app
mkdir -p "$APP"
cp -rL /usr/share/redmine/. "$APP" 2>/dev/null || true
rm -rf "$APP/instances" "$APP/Gemfile.lock"
mkdir -p "$APP"/tmp/pdf "$APP"/tmp/pids "$APP"/log "$APP"/files "$APP"/instances/default/{config,tmp/pdf,log,files,public/plugin_assets}
cat >"$APP/config/database.yml" <<YAML
production:
  adapter: sqlite3
  database: $DIR/redmine.sqlite3
  timeout: 5000
YAML
cp "$APP"/config/*.yml "$APP/instances/default/config/" 2>/dev/null || true
sed -i "s#/usr/share/redmine/{config,instances/\*/config}/database.yml#$APP/config/database.yml#; /group :test do/,/^end/d" "$APP/Gemfile"
echo 'gem "puma"' >"$APP/Gemfile.local"
cd "$APP"
export RAILS_ENV=production REDMINE_LANG=en BUNDLE_GEMFILE=$APP/Gemfile BUNDLE_APP_CONFIG=$APP/.bundle HOME=${HOME:-$DIR}
SECRET_KEY_BASE=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
export SECRET_KEY_BASE
bundle config set --local without 'test development' >>"$DIR/install.log" 2>&1 || true
bundle exec rake db:migrate >>"$DIR/install.log" 2>&1
# In a process of its own: the one that migrated does not know the columns of all tables.
bundle exec rake redmine:load_default_data >>"$DIR/install.log" 2>&1
bundle exec rails runner "
  admin = User.find_by_login('admin')
  admin.password = admin.password_confirmation = ENV.fetch('APP_PASSWORD')
  admin.must_change_passwd = false
  admin.save!
  Setting.rest_api_enabled = '1'
  Setting.login_required = '1'
  40.times { |i| u = User.new(firstname: 'Extra', lastname: i.to_s, mail: \"extra#{i}@example.net\"); u.login = \"extra#{i}\"; u.random_password; u.save! }
  File.write('$DIR/api-key', admin.api_key)
" >>"$DIR/install.log" 2>&1
exec bundle exec puma --bind "tcp://127.0.0.1:$PORT" --threads 4:4 --environment production config.ru >>"$DIR/server.log" 2>&1
