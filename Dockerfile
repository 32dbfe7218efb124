# Hindsight in a container: no root, a read-only root file system, all data in the volume /data.
# docs/operations.md has the command that runs it.
FROM python:3.11-slim AS build
# PyTorch's own index has builds for processors alone; the usual ones bring gigabytes for graphics cards.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /venv
COPY pyproject.toml README.md LICENSE /source/
COPY bot /source/bot
COPY cogs /source/cogs
COPY models /source/models
RUN /venv/bin/pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" /source

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin hindsight \
    && install -d -m 700 -o hindsight /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HINDSIGHT_DATA_DIR=/data \
    HINDSIGHT_METRICS_PORT=9464 \
    HF_HUB_OFFLINE=1 \
    MPLCONFIGDIR=/tmp
USER hindsight
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['HINDSIGHT_METRICS_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
