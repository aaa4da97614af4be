# Everything a developer runs. `make demo` and `make test` need only Python, pip and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# One thread for torch in each of the two workers, as small machines have two cores.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadgroup
PHOTO := tools/photos/cat.jpg
INSTRUCTION := Make it much brighter with vivid colours, sharpen it, and add a white border

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; run make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing EditThinker into .venv ..."
	@$(PIP) -e .
	@touch $@

.venv/dev: .venv/base
	@echo "Installing the tools for developers, torch, diffusers and Ray (2 GB) ..."
	@# The extra `diffusers` without torchvision: built for another torch it stops transformers.
	@$(PIP) -e ".[dev,studio,ui,darkroom,local,serve,evals,train]" diffusers sentencepiece torchao
	@touch $@

.PHONY: demo
demo: .venv/base ## edit a photo with the embedded editor and thinker
	@$(BIN)/editthinker edit $(PHOTO) "$(INSTRUCTION)"

.PHONY: test
test: lint types ## everything that CI runs
	$(PYTEST) -m "not (ray or vllm or soak or pack or slow)"

.PHONY: test-ray
test-ray: .venv/dev ## test serving on a real Ray on loopback
	$(PYTEST) -m ray -rs tests/tools/serving

.PHONY: test-models
test-models: .venv/dev ## test what takes minutes with tiny weights, such as torch.compile
	$(PYTEST) -m slow -rs

.PHONY: test-vllm
test-vllm: .venv/dev ## test thinkers against real vLLM on a CPU (installs 3.5 GB)
	tests/graph/thinkers/real_vllm.sh $(BIN)/python

.PHONY: test-pack
test-pack: .venv/dev ## test the darkroom with its pretrained models (pulls 290 MB once)
	@$(PIP) -e ".[darkroom]"
	$(BIN)/editthinker models pull
	$(BIN)/pytest -m pack -rs

.PHONY: test-soak
test-soak: .venv/dev ## 50 threads and 500 runs on one server
	$(BIN)/pytest -m soak tests/graph/embed/test_soak.py

.PHONY: lint
lint: .venv/dev ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: fmt
fmt: .venv/dev ## mend style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: .venv/dev ## check types
	$(BIN)/mypy

.PHONY: studio
studio: .venv/dev ## open the graph in LangGraph Studio
	LANGGRAPH_CLI_NO_ANALYTICS=1 LANGGRAPH_NO_VERSION_CHECK=true LANGSMITH_TRACING=$${LANGSMITH_TRACING:-false} \
		$(BIN)/langgraph dev --no-reload

.PHONY: bench
bench: .venv/dev ## measure speed: medians of one run
	$(BIN)/python tests/bench/bench_loop.py
	$(BIN)/python tests/bench/bench_driver.py
	$(BIN)/python tests/bench/bench_darkroom.py
	$(BIN)/python tests/bench/bench_reward.py
	$(BIN)/python tests/bench/bench_diffusion.py --tiny
	$(BIN)/python tests/bench/bench_serving.py

.PHONY: pocket
pocket: .venv/dev ## teach a tiny thinker a simulated editor's habits (an hour; SMALL=1 for two minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m editthinker.training.pocket.experiment \
		$(if $(SMALL),--small out/pocket-small,out/pocket)

.PHONY: outcomes
outcomes: .venv/dev ## how the loop ends over 70 photos and instructions, and 62 wishes checked
	$(BIN)/python tests/outcomes/table.py
	PYTHONPATH=tests/support $(BIN)/python tests/outcomes/everyday.py out/everyday.png

.PHONY: free
free: .venv/dev ## sixty wishes in free words, with a sheet to look at (LIST=first ... seventh)
	PYTHONPATH=tests/support $(BIN)/python tests/outcomes/free.py $(or $(LIST),seventh)

.PHONY: pairs
pairs: .venv/dev ## whether the observer prefers good edits of real photos to bad ones
	PYTHONPATH=tests/support $(BIN)/python tests/observer_pairs/ranking.py

.PHONY: picture
picture: .venv/dev ## take the picture in README again (needs Chromium)
	rm -rf out/picture
	$(BIN)/editthinker edit $(PHOTO) "$(INSTRUCTION)" --out out/picture
	$(BIN)/python docs/picture.py out/picture/index.html docs/demo.jpg

.PHONY: lock-train-vllm
lock-train-vllm: ## prove that GRPO with vLLM resolves in one environment (needs uv)
	uv pip compile pyproject.toml --extra train-vllm --python-version 3.11 --no-header \
		--no-annotate --no-emit-index-url --quiet -o constraints-train-vllm.txt

.PHONY: lock
lock: .venv/dev ## write down the versions that are installed, without addresses
	$(BIN)/python -m pip freeze --exclude-editable | sed -E 's/\+[a-z0-9]+$$//' > constraints.txt
