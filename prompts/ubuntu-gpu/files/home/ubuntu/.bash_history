sudo apt update
nvidia-smi
sudo systemctl status train-queue
sudo journalctl -u jupyter -n 50
df -h /data
docker ps -a
docker system prune
sudo apt-mark hold nvidia-driver-550-server
sudo usermod -aG docker torvik
cat /home/train/.env
exit
