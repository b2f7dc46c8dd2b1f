systemctl status mirthconnect
systemctl restart mirthconnect
tail -100 /opt/mirthconnect/logs/mirth.log
vi /opt/mirthconnect/conf/mirth.properties
sudo -u postgres psql mirthdb
ss -tlnp
ls -l /srv/dicom/failed
mount /mnt/backup
/usr/local/bin/backup-integration
tcpdump -i ens192 port 2575 -c 20
apachectl configtest
exit
