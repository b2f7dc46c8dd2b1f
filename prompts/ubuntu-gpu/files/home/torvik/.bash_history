nvidia-smi
cd /data/recordings
ls north-fen | head
sox nf-A1-0003.wav -n spectrogram
docker run --rm --gpus '"device=1"' -v /data:/data bittern/frogs python train.py
exit
