systemctl status scada-runtime
tail -f /opt/scada/log/batches.log
printf "\001I20100" | nc -w2 gauge-console 10001
sudo systemctl restart scada-runtime
