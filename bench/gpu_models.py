"""The full-size architectures, configured by hand as they were published, with random weights.

Timing and memory are those of trained weights; what they paint is noise. Tokenizers are the tests'
small ones: prompts are padded to full length, so encoders work as much as with the real ones.

Sources: config.json files of black-forest-labs/FLUX.2-klein-4B, Qwen/Qwen3-4B,
black-forest-labs/FLUX.1-dev, google/t5-v1_1-xxl, openai/clip-vit-large-patch14,
stabilityai/stable-diffusion-xl-base-1.0 and xinsir's ControlNets, written from their descriptions
in the papers and in diffusers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import diffusers
import torch
import transformers

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.store import Pin, PinnedFile, Store
from tests.pipeline.diffusion import tiny

# Random weights come from no commit; a pin wants one.
RANDOM: Final = "0" * 40
# Standard deviation of random weights: activations stay finite through any depth of these models.
SPREAD: Final = 0.02
VAE_BLOCKS: Final = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "sample_size": 1024,
    "force_upcast": False,
}
UNET: Final = {
    "in_channels": 4,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "layers_per_block": 2,
    "attention_head_dim": (5, 10, 20),
    "transformer_layers_per_block": (1, 2, 10),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}


def klein_transformer() -> Any:
    return diffusers.Flux2Transformer2DModel(
        in_channels=128,
        num_layers=5,
        num_single_layers=20,
        attention_head_dim=128,
        num_attention_heads=24,
        joint_attention_dim=7680,
        guidance_embeds=False,
    )


def qwen3_4b() -> Any:
    return transformers.Qwen3ForCausalLM(
        transformers.Qwen3Config(
            vocab_size=151936,
            hidden_size=2560,
            intermediate_size=9728,
            num_hidden_layers=36,
            num_attention_heads=32,
            num_key_value_heads=8,
            head_dim=128,
            tie_word_embeddings=True,
        )
    )


def flux1_transformer() -> Any:
    return diffusers.FluxTransformer2DModel(guidance_embeds=True)


def t5_xxl() -> Any:
    return transformers.T5EncoderModel(
        transformers.T5Config(
            vocab_size=32128,
            d_model=4096,
            d_kv=64,
            d_ff=10240,
            num_layers=24,
            num_heads=64,
            feed_forward_proj="gated-gelu",
        )
    )


def clip(width: int, layers: int, heads: int, *, projected: bool) -> Any:
    config = transformers.CLIPTextConfig(
        vocab_size=49408,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        projection_dim=width,
        bos_token_id=512,  # the small tokenizer's
        eos_token_id=513,
        pad_token_id=513,
    )
    kind = transformers.CLIPTextModelWithProjection if projected else transformers.CLIPTextModel
    return kind(config)


def clip_large() -> Any:
    return clip(768, 12, 12, projected=False)


def clip_big() -> Any:
    return clip(1280, 32, 20, projected=True)


def flux1_vae() -> Any:
    return diffusers.AutoencoderKL(
        **VAE_BLOCKS,
        latent_channels=16,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def sdxl_vae() -> Any:
    return diffusers.AutoencoderKL(**VAE_BLOCKS, latent_channels=4, scaling_factor=0.13025)


def sdxl_unet() -> Any:
    up = ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")
    return diffusers.UNet2DConditionModel(**UNET, sample_size=128, up_block_types=up)


def sdxl_controlnet() -> Any:
    return diffusers.ControlNetModel(**UNET)


# Components of each catalogue entry, by the names that `ModelEntry.sizes` uses.
FLUX1: Final[Mapping[str, Callable[[], Any]]] = {
    "text_encoder": clip_large,
    "text_encoder_2": t5_xxl,
    "transformer": flux1_transformer,
    "vae": flux1_vae,
}
ENCODERS: Final[Mapping[str, Callable[[], Any]]] = {
    "text_encoder": clip_large,
    "text_encoder_2": clip_big,
}
COMPONENTS: Final[Mapping[str, Mapping[str, Callable[[], Any]]]] = {
    "flux2-klein-4b": {
        "text_encoder": qwen3_4b,
        "transformer": klein_transformer,
        "vae": diffusers.AutoencoderKLFlux2,
    },
    "flux1-schnell": FLUX1,
    "flux1-dev": FLUX1,
    "sdxl": {**ENCODERS, "unet": sdxl_unet},
    "sdxl-lightning": ENCODERS,
    "controlnet-depth-sdxl": {"controlnet": sdxl_controlnet},
    "controlnet-canny-sdxl": {"controlnet": sdxl_controlnet},
    "sdxl-vae-fp16-fix": {"vae": sdxl_vae},
    "sdxl-lightning-unet": {"unet": sdxl_unet},
}


def empty(make: Callable[[], Any], dtype: torch.dtype) -> Any:
    """A network without memory, for its shapes."""
    with torch.device("meta"):
        return make().to(dtype).eval()


def bytes_of(module: Any) -> int:
    """What its weights take; tied ones once."""
    return sum(tensor.numel() * tensor.element_size() for tensor in module.parameters())


def filled(make: Callable[[], Any], dtype: torch.dtype, device: str) -> Any:
    """The network in host memory, its random weights drawn on the device, which is much faster."""
    module = empty(make, dtype).to_empty(device="cpu")
    with torch.no_grad():
        for name, tensor in module.named_parameters():
            if tensor.ndim > 1:
                drawn = torch.empty(tensor.shape, dtype=dtype, device=device)
                tensor.copy_(drawn.normal_(0, SPREAD))
            else:
                tensor.fill_(1.0 if name.endswith("weight") else 0.0)
        for name, tensor in module.named_buffers():
            tensor.fill_(1.0 if name.endswith("var") else 0.0)
    if hasattr(module, "tie_weights"):  # a move off the meta device unties them
        module.tie_weights()
    return module


def pipeline_of(key: str, parts: dict[str, Any]) -> Any:
    flow = diffusers.FlowMatchEulerDiscreteScheduler
    match catalog.model(key).pipeline:
        case "Flux2KleinPipeline":
            scheduler = flow(shift=3.0, use_dynamic_shifting=True)
            return diffusers.Flux2KleinPipeline(
                scheduler=scheduler, tokenizer=tiny.qwen_tokenizer(), is_distilled=True, **parts
            )
        case "FluxPipeline":
            return diffusers.FluxPipeline(
                scheduler=flow(shift=3.0, use_dynamic_shifting=True),
                tokenizer=tiny.clip_tokenizer(),
                tokenizer_2=tiny.t5_tokenizer(),
                **parts,
            )
    return diffusers.StableDiffusionXLPipeline(
        scheduler=diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        ),
        tokenizer=tiny.clip_tokenizer(),
        tokenizer_2=tiny.clip_tokenizer(),
        vae=tiny.vae(4, 0.13025),  # not fetched, not kept: a part replaces it
        add_watermarker=False,
        **parts,
    )


def build(store: Store, key: str, device: str) -> None:
    """Save a full-size model of random weights, laid out and pinned (without hashes)."""
    entry = catalog.model(key)
    dtype, folder = getattr(torch, entry.dtype), store.folder(key)
    parts = {name: filled(make, dtype, device) for name, make in COMPONENTS[key].items()}
    if entry.pipeline.endswith("Pipeline"):
        pipeline_of(key, parts).save_pretrained(folder, variant=entry.variant)
    else:
        next(iter(parts.values())).save_pretrained(folder)
    tiny.remove_what_is_not_fetched(folder, entry.files)
    pin(store, key, folder)


def pin(store: Store, key: str, folder: Path) -> None:
    files = {
        path.relative_to(folder).as_posix(): PinnedFile(path.stat().st_size, "")
        for path in folder.rglob("*")
        if path.is_file()
    }
    store.record(key, Pin(catalog.model(key).repo_id, RANDOM, files))
