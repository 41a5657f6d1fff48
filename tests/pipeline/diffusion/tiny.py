"""The real pipelines, a few layers wide, with random weights, saved as their repositories are.

Every class is the one that the full-size model uses; tokenizers are the real classes over a small
vocabulary. What comes out of them is noise in the right shape.
"""

from __future__ import annotations

import string
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.store import Pin, PinnedFile, Store, sha256

# Latents are 1/8 of the picture (three halvings), as in the full-size VAEs.
VAE_CHANNELS = (8, 8, 8, 8)
# Flux2KleinPipeline takes the hidden states after layers 9, 18 and 27.
QWEN_LAYERS = 28
HIDDEN = 32
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_vocabulary() -> list[str]:
    """The 256 characters by which byte-level tokenizers write bytes."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(len(rest))]


def qwen_tokenizer() -> Any:
    words = [*byte_vocabulary(), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return transformers.Qwen2Tokenizer(
        vocab={word: n for n, word in enumerate(words)},
        merges=[],
        chat_template=CHAT_TEMPLATE,
        model_max_length=512,
    )


def clip_tokenizer() -> Any:
    letters = byte_vocabulary()
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return transformers.CLIPTokenizer(
        vocab={word: n for n, word in enumerate(words)}, merges=[], model_max_length=77
    )


def t5_tokenizer() -> Any:
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    letters = [(letter, -3.0) for letter in string.ascii_letters + string.digits + ",.-"]
    return transformers.T5Tokenizer(vocab=special + letters, extra_ids=0, model_max_length=512)


def qwen_encoder() -> Any:
    config = transformers.Qwen3Config(
        vocab_size=512,
        hidden_size=HIDDEN,
        intermediate_size=HIDDEN,
        num_hidden_layers=QWEN_LAYERS,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        tie_word_embeddings=True,
    )
    return transformers.Qwen3ForCausalLM(config)


def clip_encoder(*, projected: bool) -> Any:
    config = transformers.CLIPTextConfig(
        vocab_size=600,
        hidden_size=HIDDEN,
        intermediate_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=HIDDEN,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )
    kind = transformers.CLIPTextModelWithProjection if projected else transformers.CLIPTextModel
    return kind(config)


def t5_encoder() -> Any:
    config = transformers.T5Config(
        vocab_size=128, d_model=HIDDEN, d_kv=16, d_ff=HIDDEN, num_layers=2, num_heads=2
    )
    return transformers.T5EncoderModel(config)


def vae(latent_channels: int, scaling: float, shift: float | None = None) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=VAE_CHANNELS,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=latent_channels,
        norm_num_groups=4,
        sample_size=64,
        scaling_factor=scaling,
        shift_factor=shift,
        force_upcast=False,
        use_quant_conv=shift is None,
        use_post_quant_conv=shift is None,
    )


def klein() -> Any:
    return diffusers.Flux2KleinPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(
            shift=3.0, use_dynamic_shifting=True, time_shift_type="exponential"
        ),
        vae=diffusers.AutoencoderKLFlux2(
            block_out_channels=VAE_CHANNELS,
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=4,
            sample_size=64,
        ),
        text_encoder=qwen_encoder(),
        tokenizer=qwen_tokenizer(),
        transformer=diffusers.Flux2Transformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=3 * HIDDEN,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        ),
        is_distilled=True,
    )


def flux1(*, guidance_embeds: bool) -> Any:
    return diffusers.FluxPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(
            shift=3.0 if guidance_embeds else 1.0, use_dynamic_shifting=guidance_embeds
        ),
        vae=vae(4, 0.3611, 0.1159),
        text_encoder=clip_encoder(projected=False),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5_encoder(),
        tokenizer_2=t5_tokenizer(),
        transformer=diffusers.FluxTransformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=HIDDEN,
            pooled_projection_dim=HIDDEN,
            guidance_embeds=guidance_embeds,
            axes_dims_rope=(4, 6, 6),
        ),
    )


# What the U-Net and its ControlNets share.
UNET = {
    "in_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "attention_head_dim": (2, 4),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "transformer_layers_per_block": (1, 1),
    "projection_class_embeddings_input_dim": 6 * 8 + HIDDEN,
    "cross_attention_dim": 2 * HIDDEN,
}


def unet() -> Any:
    return diffusers.UNet2DConditionModel(
        **UNET, out_channels=4, sample_size=16, up_block_types=("CrossAttnUpBlock2D", "UpBlock2D")
    )


def controlnet() -> Any:
    return diffusers.ControlNetModel(**UNET, conditioning_embedding_out_channels=(8, 16, 16, 16))


def sdxl() -> Any:
    return diffusers.StableDiffusionXLPipeline(
        scheduler=diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        ),
        vae=vae(4, 0.13025),
        text_encoder=clip_encoder(projected=False),
        text_encoder_2=clip_encoder(projected=True),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=unet(),
        add_watermarker=False,
    )


def save_birefnet(folder: Path) -> None:
    """A network with BiRefNet's interface: what is darker than the mean is product."""
    import onnx

    helper: Any = onnx.helper
    kind, shape = onnx.TensorProto.FLOAT, [1, 3, 256, 256]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input_image", "kernel"], ["output_image"])],
        "tiny",
        [helper.make_tensor_value_info("input_image", kind, shape)],
        [helper.make_tensor_value_info("output_image", kind, [1, 1, 256, 256])],
        [helper.make_tensor("kernel", kind, [1, 3, 1, 1], [-4.0] * 3)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (folder / "onnx").mkdir(parents=True)
    onnx.save(model, str(folder / "onnx" / "model.onnx"))


def save_lightning_unet(folder: Path) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    save_file(unet().half().state_dict(), folder / "sdxl_lightning_4step_unet.safetensors")


def save_model(key: str, folder: Path) -> None:
    """Save a tiny model of that catalogue key, laid out as its repository."""
    dtype = getattr(torch, catalog.model(key).dtype)
    match key:
        case "birefnet":
            save_birefnet(folder)
        case "flux2-klein-4b":
            klein().to(dtype).save_pretrained(folder)
        case "flux1-schnell" | "flux1-dev":
            flux1(guidance_embeds=key == "flux1-dev").to(dtype).save_pretrained(folder)
        case "sdxl" | "sdxl-lightning":
            sdxl().to(dtype).save_pretrained(folder, variant="fp16")
        case "controlnet-depth-sdxl" | "controlnet-canny-sdxl":
            controlnet().to(dtype).save_pretrained(folder)
        case "sdxl-vae-fp16-fix":
            vae(4, 0.13025).to(dtype).save_pretrained(folder)
        case "sdxl-lightning-unet":
            save_lightning_unet(folder)
    remove_what_is_not_fetched(folder, catalog.model(key).files)


def remove_what_is_not_fetched(folder: Path, patterns: tuple[str, ...]) -> None:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(fnmatch(name, pattern) for pattern in patterns):
            path.unlink()


def pin(store: Store, key: str) -> None:
    """Pin what lies in the model's folder, as a fetch would have."""
    folder = store.folder(key)
    files = {
        path.relative_to(folder).as_posix(): PinnedFile(path.stat().st_size, sha256(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    store.record(key, Pin(catalog.model(key).repo_id, "0" * 40, files))


def build_models(root: Path) -> Store:
    """Save and pin a tiny version of every model of the catalogue; its licences count as bought."""
    torch.manual_seed(1)
    store = Store(root, licences=frozenset(catalog.MODELS))
    for key in catalog.MODELS:
        save_model(key, store.folder(key))
        pin(store, key)
    return store
