sudo -i
telnet hollab 6661
echoscu -aet HCROUTER -aec HCPACS hcpacs 104
sudo systemctl status dcm-router
sudo journalctl -u mirthconnect --since yesterday
less /opt/mirthconnect/RUNBOOK.txt
df -h /srv/dicom
exit
