sudo apt update
sudo tail -50 /var/log/nginx/access.log
cd /var/www/tarnholt
ls -la
mysql -u tw_portal -p{{honeytoken:password:tw_portal}} tw_portal
cp ~/pricelist-2026.csv storage/uploads/
less storage/logs/app.log
sudo systemctl reload nginx
exit
