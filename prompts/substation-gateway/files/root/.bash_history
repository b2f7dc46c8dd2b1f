apt update
apt list --upgradable
vi /opt/scada/conf/runtime.ini
systemctl restart scada-runtime
tcpdump -ni enp2s0 port 102
