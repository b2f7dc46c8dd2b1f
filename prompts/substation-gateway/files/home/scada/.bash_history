systemctl status scada-runtime
tail -f /opt/scada/log/events.log
ping -c 3 bay-t1
sudo systemctl restart scada-runtime
