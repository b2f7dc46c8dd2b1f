apt update && apt full-upgrade
systemctl status nginx
nginx -t && systemctl reload nginx
tail -f /var/log/nginx/error.log
mysql
mysql tw_portal -e 'select count(*) from orders'
vim /etc/nginx/sites-available/tarnholt
df -h
du -sh /srv/backup/* | sort -h | tail
/usr/local/sbin/nightly-backup
ls -l /srv/backup
ssh borg-web@backup01
journalctl -u php8.2-fpm --since today
fail2ban-client status sshd
vim /var/www/tarnholt/.env
systemctl restart php8.2-fpm
passwd deploy
reboot
uptime
exit
