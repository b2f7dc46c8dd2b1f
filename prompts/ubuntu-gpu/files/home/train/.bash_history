cd bittern
git pull
conda activate train
python -m bittern.train --config configs/reed-l.yaml
tail -f /home/train/bittern/runs/reed-xl/train.log
cat queue.yaml
docker compose -f ~/label-studio/docker-compose.yml up -d
exit
