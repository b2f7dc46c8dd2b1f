conda activate lab
nvidia-smi
cd notebooks
jupyter lab list
python -c "import torch; print(torch.cuda.device_count())"
aws s3 ls s3://marsh-recordings/
du -sh /data/recordings/*
tmux attach -t label
ssh nas
sudo systemctl restart jupyter
exit
