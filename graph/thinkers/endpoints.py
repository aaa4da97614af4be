"""Thinkers behind OpenAI-compatible endpoints, through `langchain-openai`.

Its client retries 408, 409, 429, server errors and lost connections with exponential back-off and
jitter, waits as long as `Retry-After` says (up to two minutes), and retries nothing else.
"""

import os
import re
from collections.abc import Mapping

from langchain_openai import ChatOpenAI
from openai import DEFAULT_CONNECTION_LIMITS, DefaultAsyncHttpxClient
from pydantic import Field, SecretStr, field_validator

from editthinker.graph.thinkers.chat_model import ChatModelThinker
from editthinker.graph.thinkers.conversation import Schema
from editthinker.graph.thinkers.options import ModelOptions, check_options
from editthinker.graph.thinkers.pricing import price_of
from editthinker.tools.errors import ConfigError

EDITTHINKER_8B = "appletea2333/EditThinker-8B"
"""The released model on the hub; also its name at a server started by `editthinker serve`."""

EDITTHINKER_8B_KONTEXT = "appletea2333/EditThinker8B-Flux.1-Kontext-Dev"
"""The released variant that was trained with FLUX.1-Kontext alone."""


class EndpointOptions(ModelOptions):
    """How to reach a chat model, and how it is asked."""

    base_url: str | None = Field(None, description="Address of the API, with its /v1.")
    api_key_env: str = Field(description="Environment variable that holds the key.")
    json_schema: bool = Field(True, description="Whether the endpoint enforces JSON schemas.")
    timeout_s: float = Field(180, gt=0, description="Seconds of silence before a call is retried.")
    max_retries: int = Field(4, ge=0, le=20, description="Retries of one call.")

    @field_validator("base_url")
    @classmethod
    def _check_address(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://\S+", url):
            raise ValueError("write it like http://HOST:8000/v1")
        return url


def editthinker_8b(**options: object) -> ChatModelThinker:
    """Make a thinker of EditThinker-8B behind vLLM; see `EndpointOptions`.

    `base_url` defaults to the environment variable VLLM_BASE_URL. Sampling defaults are those that
    its base model was published with.

    Raises:
        ConfigError: if an option is wrong or there is no address.
    """
    return _own_server("editthinker-8b", EDITTHINKER_8B, options)


def editthinker_8b_kontext(**options: object) -> ChatModelThinker:
    """Make a thinker of the variant for FLUX.1-Kontext; otherwise as `editthinker_8b`."""
    return _own_server("editthinker-8b-kontext", EDITTHINKER_8B_KONTEXT, options)


def gpt_4_1(**options: object) -> ChatModelThinker:
    """Make a thinker of GPT-4.1; see `EndpointOptions`.

    Raises:
        ConfigError: if an option is wrong or OPENAI_API_KEY is not set.
    """
    defaults: dict[str, object] = {
        "model": "gpt-4.1",
        "base_url": os.environ.get("OPENAI_BASE_URL"),
        "api_key_env": "OPENAI_API_KEY",
        "protocol": "json",
        "temperature": 0.0,
    }
    return make_thinker("gpt-4.1", check_options(EndpointOptions, "gpt-4.1", defaults, options))


def chat(**options: object) -> ChatModelThinker:
    """Make a thinker of any vision model at an OpenAI-compatible endpoint.

    Without `base_url` the endpoint is OpenAI's, with the key in OPENAI_API_KEY; with it the key is
    in VLLM_API_KEY, if the server wants one. `api_key_env` names another variable.

    Raises:
        ConfigError: if an option is wrong or missing.
    """
    if not options.get("model"):
        raise ConfigError("thinker 'chat' needs the name of a model (--model)")
    defaults: dict[str, object] = {
        "api_key_env": "VLLM_API_KEY" if options.get("base_url") else "OPENAI_API_KEY",
        "protocol": "json",
    }
    return make_thinker("chat", check_options(EndpointOptions, "chat", defaults, options))


def make_thinker(name: str, options: EndpointOptions) -> ChatModelThinker:
    """Make a thinker of checked options.

    Raises:
        ConfigError: if the key is missing, the template is unusable, or options contradict.
    """
    key = os.environ.get(options.api_key_env)
    if not key and options.api_key_env == "OPENAI_API_KEY":
        raise ConfigError(f"thinker {name!r} needs an API key in the environment: OPENAI_API_KEY")
    # A kept connection belongs to the event loop that opened it and fails in the next one, even
    # for another thinker: langchain-openai shares its client. A new one per call costs little.
    limits = type(DEFAULT_CONNECTION_LIMITS)(max_keepalive_connections=0)
    model = ChatOpenAI(
        model=options.model,
        base_url=options.base_url,
        api_key=SecretStr(key or "none"),
        temperature=options.temperature,
        top_p=options.top_p,
        max_completion_tokens=options.max_tokens,
        timeout=options.timeout_s,
        max_retries=options.max_retries,
        use_responses_api=False,
        http_async_client=DefaultAsyncHttpxClient(limits=limits),
    )
    return ChatModelThinker(
        model,
        options.protocol,
        name=name,
        options=options.thinker_options(),
        structured=response_format if options.json_schema else None,
        price=price_of(options.model),
    )


def response_format(schema: Schema) -> Mapping[str, object]:
    """Return call arguments that hold an OpenAI-compatible endpoint to a JSON schema.

    They go through `extra_body`, since langchain-openai's own way drops the text and the usage of
    a reply that was cut at the token limit.
    """
    form = {"name": schema["title"], "schema": schema, "strict": True}
    return {"extra_body": {"response_format": {"type": "json_schema", "json_schema": form}}}


def _own_server(name: str, model: str, options: Mapping[str, object]) -> ChatModelThinker:
    url = options.get("base_url") or os.environ.get("VLLM_BASE_URL")
    if not url:
        raise ConfigError(
            f"thinker {name!r} needs the address of its server: --base-url http://HOST:8000/v1 or "
            "VLLM_BASE_URL; 'editthinker serve thinker' starts one"
        )
    defaults: dict[str, object] = {
        "model": model,
        "api_key_env": "VLLM_API_KEY",
        "protocol": "tags",
        "temperature": 0.7,
        "top_p": 0.8,
    }
    return make_thinker(
        name, check_options(EndpointOptions, name, defaults, {**options, "base_url": url})
    )
