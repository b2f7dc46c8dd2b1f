#!/bin/bash
# usage: deploy.sh release-X.Y.Z.tar.gz
set -e
cd /var/www/tarnholt
tar xzf "$HOME/$1"
php bin/migrate.php
sudo systemctl reload php8.2-fpm
echo "$(date '+%F %T') $1" >> "$HOME/deployed.log"
