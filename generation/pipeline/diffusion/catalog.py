"""The models the diffusion engine may use: where they come from, what they cost, who may use them.

Pure figures and words, no torch. Revisions and file hashes are not written here: they are recorded
by `manage.py models fetch --pin` from the hub that really answered, in the lock file that
`store.py` reads, and nothing that is not pinned there is ever loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generation.pipeline.errors import ModelUnknown

GIB: Final = 1024**3
# The area models were trained at, in pixels; FLUX.2's pipelines shrink what is larger.
MOST_PIXELS: Final = 1024 * 1024


class Kind(StrEnum):
    """What a model is for; ControlNets, VAEs and U-Nets are parts of another's pipeline."""

    CUTOUT = "cutout"
    BACKGROUND = "background"
    LETTERING = "lettering"
    CONTROLNET = "controlnet"
    VAE = "vae"
    UNET = "unet"


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model.

    `sizes`: bytes of each component at `dtype`, of a pipeline without its `parts`. `files`:
    patterns (fnmatch) of what is fetched of the repository: weights as safetensors or ONNX,
    configurations, tokenizers; never code, never pickles. `pipeline`: the diffusers class, or a
    component's. `variant`: the name part of half-precision files. `steps`, `guidance`: what these
    weights were distilled or tuned for; the pipelines' own defaults are wrong for distilled ones.
    `negative_prompts`: the weights heed them, because guidance runs a second pass. `true_cfg`:
    scale of that pass where it runs only for a negative prompt (weights with guidance distilled
    in), and each step takes twice as long then. `working`: bytes it takes beside its weights while
    it runs, of a library that torch's working memory does not serve (an estimate).
    """

    key: str
    title: str
    repo_id: str
    licence: str
    commercial: bool
    kind: Kind
    pipeline: str
    files: tuple[str, ...]
    sizes: Mapping[str, int]
    dtype: str = "bfloat16"
    variant: str | None = None
    parts: tuple[str, ...] = ()
    steps: int = 0
    guidance: float = 0.0
    negative_prompts: bool = False
    true_cfg: float = 0.0
    working: int = 0
    max_prompt_tokens: int = 77

    @property
    def bytes_in_memory(self) -> int:
        """Bytes of all components together."""
        return sum(self.sizes.values())


DIFFUSERS_LAYOUT: Final = (
    "model_index.json",
    "scheduler/*.json",
    "tokenizer*/*.json",
    "tokenizer*/*.txt",
    "tokenizer*/*.jinja",
    "tokenizer*/spiece.model",
    "text_encoder*/*.json",
    "text_encoder*/*.safetensors",
    "transformer/*.json",
    "transformer/*.safetensors",
    "vae/*.json",
    "vae/*.safetensors",
)
# The repository also carries full-precision, ONNX, OpenVINO and Flax weights; its VAE is replaced.
SDXL_LAYOUT: Final = (
    "model_index.json",
    "scheduler/*.json",
    "tokenizer*/*.json",
    "tokenizer*/*.txt",
    "text_encoder*/config.json",
    "text_encoder*/model.fp16.safetensors",
    "unet/config.json",
    "unet/diffusion_pytorch_model.fp16.safetensors",
)
COMPONENT: Final = ("config.json", "diffusion_pytorch_model.safetensors")
KLEIN_SIZES: Final = {
    "text_encoder": int(7.49 * GIB),
    "transformer": int(7.22 * GIB),
    "vae": int(0.16 * GIB),
}
FLUX1_SIZES: Final = {
    "text_encoder": int(0.23 * GIB),
    "text_encoder_2": int(8.87 * GIB),
    "transformer": int(22.17 * GIB),
    "vae": int(0.16 * GIB),
}
SDXL_ENCODERS: Final = {"text_encoder": int(0.23 * GIB), "text_encoder_2": int(1.29 * GIB)}
SDXL_UNET: Final = int(4.78 * GIB)
SDXL_PARTS: Final = ("controlnet-depth-sdxl", "controlnet-canny-sdxl", "sdxl-vae-fp16-fix")

ENTRIES: Final = (
    ModelEntry(
        key="birefnet",
        title="BiRefNet, ONNX export",
        repo_id="onnx-community/BiRefNet-ONNX",
        licence="mit",
        commercial=True,
        kind=Kind.CUTOUT,
        pipeline="onnx",
        files=("onnx/model.onnx", "onnx/model.onnx_data"),
        sizes={"session": int(0.91 * GIB)},
        working=4 * GIB,
        dtype="float32",
    ),
    ModelEntry(
        key="flux2-klein-4b",
        title="FLUX.2 [klein] 4B",
        repo_id="black-forest-labs/FLUX.2-klein-4B",
        licence="apache-2.0",
        commercial=True,
        kind=Kind.BACKGROUND,
        pipeline="Flux2KleinPipeline",
        files=DIFFUSERS_LAYOUT,
        sizes=KLEIN_SIZES,
        steps=4,
        guidance=1.0,
        max_prompt_tokens=512,
    ),
    ModelEntry(
        key="flux1-schnell",
        title="FLUX.1 [schnell]",
        repo_id="black-forest-labs/FLUX.1-schnell",
        licence="apache-2.0",
        commercial=True,
        kind=Kind.BACKGROUND,
        pipeline="FluxPipeline",
        files=DIFFUSERS_LAYOUT,
        sizes=FLUX1_SIZES,
        steps=4,
        guidance=0.0,
        max_prompt_tokens=256,
    ),
    ModelEntry(
        key="flux1-dev",
        title="FLUX.1 [dev]",
        repo_id="black-forest-labs/FLUX.1-dev",
        licence="flux-1-dev-non-commercial-license",
        commercial=False,
        kind=Kind.BACKGROUND,
        pipeline="FluxPipeline",
        files=DIFFUSERS_LAYOUT,
        sizes=FLUX1_SIZES,
        steps=28,
        guidance=3.5,
        negative_prompts=True,
        true_cfg=2.0,
        max_prompt_tokens=512,
    ),
    ModelEntry(
        key="sdxl",
        title="Stable Diffusion XL 1.0 with depth and canny ControlNets",
        repo_id="stabilityai/stable-diffusion-xl-base-1.0",
        licence="openrail++",
        commercial=True,
        kind=Kind.LETTERING,
        pipeline="StableDiffusionXLControlNetImg2ImgPipeline",
        files=SDXL_LAYOUT,
        sizes={**SDXL_ENCODERS, "unet": SDXL_UNET},
        dtype="float16",
        variant="fp16",
        parts=SDXL_PARTS,
        steps=30,
        guidance=5.0,
        negative_prompts=True,
    ),
    ModelEntry(
        key="sdxl-lightning",
        title="SDXL-Lightning, 4 steps, with depth and canny ControlNets",
        repo_id="stabilityai/stable-diffusion-xl-base-1.0",
        licence="openrail++",
        commercial=True,
        kind=Kind.LETTERING,
        pipeline="StableDiffusionXLControlNetImg2ImgPipeline",
        files=tuple(name for name in SDXL_LAYOUT if not name.startswith("unet/diff")),
        sizes=SDXL_ENCODERS,
        dtype="float16",
        variant="fp16",
        parts=(*SDXL_PARTS, "sdxl-lightning-unet"),
        steps=4,
        guidance=0.0,
    ),
    ModelEntry(
        key="controlnet-depth-sdxl",
        title="ControlNet depth for SDXL",
        repo_id="xinsir/controlnet-depth-sdxl-1.0",
        licence="apache-2.0",
        commercial=True,
        kind=Kind.CONTROLNET,
        pipeline="ControlNetModel",
        files=COMPONENT,
        sizes={"controlnet": int(2.33 * GIB)},
        dtype="float16",
    ),
    ModelEntry(
        key="controlnet-canny-sdxl",
        title="ControlNet canny for SDXL",
        repo_id="xinsir/controlnet-canny-sdxl-1.0",
        licence="apache-2.0",
        commercial=True,
        kind=Kind.CONTROLNET,
        pipeline="ControlNetModel",
        files=COMPONENT,
        sizes={"controlnet": int(2.33 * GIB)},
        dtype="float16",
    ),
    # SDXL's own VAE overflows in float16 and gives black pictures.
    ModelEntry(
        key="sdxl-vae-fp16-fix",
        title="SDXL's VAE, finetuned to stay finite in float16",
        repo_id="madebyollin/sdxl-vae-fp16-fix",
        licence="mit",
        commercial=True,
        kind=Kind.VAE,
        pipeline="AutoencoderKL",
        files=COMPONENT,
        sizes={"vae": int(0.16 * GIB)},
        dtype="float16",
    ),
    ModelEntry(
        key="sdxl-lightning-unet",
        title="SDXL-Lightning's U-Net, 4 steps",
        repo_id="ByteDance/SDXL-Lightning",
        licence="openrail++",
        commercial=True,
        kind=Kind.UNET,
        pipeline="UNet2DConditionModel",
        files=("sdxl_lightning_4step_unet.safetensors",),
        sizes={"unet": SDXL_UNET},
        dtype="float16",
    ),
)

MODELS: Final[Mapping[str, ModelEntry]] = {entry.key: entry for entry in ENTRIES}
DEFAULT_BACKGROUND: Final = "flux2-klein-4b"
DEFAULT_LETTERING: Final = "sdxl"
# What a deployment fetches unless it names models; parts come along with what needs them.
DEFAULT_SET: Final = ("birefnet", DEFAULT_BACKGROUND, DEFAULT_LETTERING)


def model(key: str) -> ModelEntry:
    """Return the entry. Raises ModelUnknown, which names the ones there are."""
    try:
        return MODELS[key]
    except KeyError:
        known = ", ".join(MODELS)
        raise ModelUnknown(f"no model {key!r}; there are: {known}", model=key) from None


def with_parts(key: str) -> tuple[ModelEntry, ...]:
    """Return the entry and the entries of its parts, the entry first. Raises ModelUnknown."""
    entry = model(key)
    return (entry, *(model(part) for part in entry.parts))


def bytes_with_parts(key: str) -> int:
    """Return what the model takes with its parts."""
    return sum(entry.bytes_in_memory for entry in with_parts(key))
