cd /var/www/tarnholt
tar xzf ~/release-2.14.1.tar.gz
php bin/migrate.php
sudo systemctl reload php8.2-fpm
cat .env
ls -la public
exit
