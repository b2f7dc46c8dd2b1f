apt update
vi /opt/scada/conf/runtime.ini
systemctl restart scada-runtime apache2
tcpdump -ni enp2s0 port 44818
