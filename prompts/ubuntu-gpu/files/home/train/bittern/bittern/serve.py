import os

import torch
from fastapi import FastAPI, UploadFile

from .model import load

app = FastAPI(title="bittern", version="0.9.3")
device = os.environ.get("BITTERN_DEVICE", "cuda:1")
model = load("/data/checkpoints/reed-l/head.safetensors", device)


@app.get("/health")
def health():
    return {"status": "ok", "device": device, "model": model.name}


@app.post("/classify")
async def classify(file: UploadFile):
    with torch.inference_mode():
        return model.classify(await file.read())
